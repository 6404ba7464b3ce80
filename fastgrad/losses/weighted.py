"""Weighted losses of a batch as one number, collected: `Reduction`, `compute_weighted_loss`.

In a "tf" graph losses are computed in float32, as TensorFlow does; in a "numpy" graph in the
dtype of what is given. Weights broadcast to the losses; a loss is divided by the number of
weights that are not zero, unless `reduction` says otherwise.
"""

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32, FLOAT64, strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.losses.collection import add_loss
from fastgrad.ops.arithmetic import multiply, ones_like, zeros_like
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import not_equal
from fastgrad.ops.divide import div_no_nan
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.reshape import check_weights, weights_of
from fastgrad.ops.shape import size
from fastgrad.ops.where import where


class Reduction:
    """How the losses of a batch become one number.

    Examples
    --------
    >>> none = losses.Reduction.NONE
    >>> Session().run(losses.absolute_difference([1., 2.], [2., 4.], reduction=none))
    array([1., 2.])
    """

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls):
        return (cls.NONE, cls.SUM, cls.MEAN, cls.SUM_OVER_BATCH_SIZE,
                cls.SUM_OVER_NONZERO_WEIGHTS, cls.SUM_BY_NONZERO_WEIGHTS)

    @classmethod
    def validate(cls, key):
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}.")


BY_NONZERO = Reduction.SUM_BY_NONZERO_WEIGHTS


class LossScope:
    """The graph and name scope of a loss; checks that nothing is missing."""

    def __init__(self, name, default, **given):
        for key, value in given.items():
            if value is None:
                raise ValueError(f"{key} must not be None.")
        node = next((v for v in given.values() if is_node(v)), None)
        self.graph = node.graph if node is not None else get_default_graph()
        self._name = name or default

    def __enter__(self):
        self._default, self._names = self.graph.as_default(), self.graph.name_scope(self._name)
        self._default.__enter__()
        self.name = self._names.__enter__()
        return self

    def __exit__(self, *error):
        self._names.__exit__(*error)
        self._default.__exit__(*error)

    def real(self, value, name=None):
        """A tensor to compute losses with: float32 in a "tf" graph."""
        x = as_tensor(value, None, self.graph, name)
        if self.graph.literals == "tf":
            return cast(x, FLOAT32)
        dtype = strong(x._dtype)
        return cast(x, FLOAT64) if dtype is not None and dtype.kind != "f" else x


def same_shape(a, b):
    if not shapes.compatible(a._shape, b._shape):
        raise ShapeError(f"Shapes {a.shape} and {b.shape} are incompatible")


def checked_weights(weights, losses):
    """Weights are one number, or have in each dimension 1 or the size of the losses."""
    if weights._shape != () and None in (weights._shape, losses._shape):
        return weights_of(weights, losses)              # a run knows
    check_weights(weights._shape, losses._shape)
    return weights


@door
def compute_weighted_loss(losses, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES,
                          reduction=BY_NONZERO):
    """The losses times their weights, reduced to a number and collected.

    Parameters
    ----------
    losses : node
    weights : number or node
        A number, or of the losses' rank with dimensions of 1 or theirs.
    reduction : one of `Reduction`

    Examples
    --------
    >>> Session().run(losses.compute_weighted_loss([1., 3.], weights=[1., 0.]))
    np.float64(1.0)
    """
    Reduction.validate(reduction)
    with LossScope(scope, "weighted_loss", losses=losses, weights=weights) as s:
        given = as_tensor(losses, None, s.graph)
        plain = isinstance(weights, (int, float)) and weights != 0
        x, w = s.real(given), s.real(weights)
        w = checked_weights(w, x)
        whole = plain and weights == 1 and reduction != Reduction.NONE
        loss = x if whole else multiply(x, w)
        if reduction != Reduction.NONE:
            loss = _divided(reduce_sum(loss), x, w, reduction, plain, weights)
        if given._dtype is not None and loss._dtype != given._dtype:
            loss = cast(loss, strong(given._dtype))
        add_loss(loss, loss_collection)
        return loss


def _divided(total, x, w, reduction, plain, weights):
    """The sum over what the reduction divides by."""
    if reduction == Reduction.SUM:
        return total
    if reduction == Reduction.MEAN:
        count = reduce_sum(multiply(ones_like(x), w))
    elif reduction == Reduction.SUM_OVER_BATCH_SIZE or plain:
        count = cast(size(x), x._dtype) if x._dtype is not None else reduce_sum(ones_like(x))
    else:
        present = where(not_equal(w, 0), ones_like(w), zeros_like(w))
        count = reduce_sum(multiply(ones_like(x), present))
    return div_no_nan(total, count, name="value")


# ---- the losses -------------------------------------------------------------------------


__all__ = ["Reduction", "compute_weighted_loss"]
