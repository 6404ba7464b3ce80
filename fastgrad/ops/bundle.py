"""Operations on whole lists of tensors: several as the outputs of one, and one of two."""

import numpy as np

from fastgrad.errors import RunShapeError
from fastgrad.graph import shapes
from fastgrad.graph.build import call
from fastgrad.graph.doors import door
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.arithmetic import zeros_like
from fastgrad.ops.where import where


@op(lambda in_shapes, _: list(in_shapes), dtype=None, out=lambda in_dtypes, _: list(in_dtypes),
    ref=lambda *values: list(values), outputs=None, text=True, name="IdentityN")
def _identity_n(*values):
    pass


@door
def identity_n(input, name=None):
    """The same tensors, as the outputs of one operation.

    Parameters
    ----------
    input : list of tensors

    Notes
    -----
    Gradient: `dx = dy`.

    Examples
    --------
    >>> Session().run(identity_n([constant(1.0), constant(2.0)]))
    [np.float64(1.0), np.float64(2.0)]
    """
    return list(call(_identity_n.opdef, list(input), {}, name))


def bundle(graph, tensors, name):
    """The operation named exactly so whose outputs are `tensors`, of any number."""
    return graph.add_op(_identity_n.opdef, tensors, {}, [(t._shape, t._dtype) for t in tensors],
                        name + "/")


@RegisterGradient("identity_n")
def identity_n_gradient(op, *dys):
    return list(dys)


def _of_one_shape(in_shapes, _):
    """That of the second and third input, which must be the same: nothing is broadcast."""
    try:
        return shapes.merge(in_shapes[1], in_shapes[2])
    except ValueError:
        raise RunShapeError(f"one of two values is taken, which must have one shape; got "
                            f"{in_shapes[1]} and {in_shapes[2]}.") from None


@op(_of_one_shape, casts=(1, 2), ref=lambda pred, x, y: np.where(pred, x, y), truth=(0,),
    text=True, name="Merge")
def choose(pred, x, y):
    """`x` where the one truth value `pred` holds, else `y`, whole.

    Gradient: `dy` to the one that was taken.
    """


@RegisterGradient("choose")
def choose_gradient(op, dy):
    pred = op.inputs[0]
    return None, where(pred, dy, zeros_like(dy)), where(pred, zeros_like(dy), dy)


__all__ = ["identity_n"]
