"""OpDef: everything that the package knows of one type of operation, and the rules read off it.

Shape and dtype rules, NumPy reference, kernel, aliasing. Nothing here knows any particular op.
"""

from fastgrad.errors import LateShapeError, ShapeError
from fastgrad.graph import hooks

OPS = {}                    # op type -> OpDef


class OpDef:
    """What an op means. One instance an op type, made by `@op`.

    Attributes
    ----------
    type : str
    name : str, TensorFlow's default node name ("Add"); the type, if not given
    node : str, TensorFlow's type of such nodes, or callable(operation) -> str; by the name, if not
        given
    infer : callable(list of shapes, attrs) -> shape, or list of shapes if `outputs` > 1
    dtype : callable(list of dtypes) -> dtype the op computes in, or None: no conversion
    out : dtype, callable(dtypes, attrs) -> dtype(s), or None: the computing dtype
    casts : indices of the inputs that are converted to the computing dtype (None: all)
    form : str, the kernel family that `layout` lays the step out by
    kernel : str, symbol stem; None: `ref` runs as a NumPy step
    ref : callable(*arrays, **attrs) -> array(s); the readable twin
    draw : callable(generator, *arrays, **attrs) -> array(s), in place of `ref` where numbers are
        drawn
    evaluate : callable(session, operation, inputs, known, done) -> list of arrays, in place of
        `ref` where a session evaluates the operation between plans
    after_run : callable(operation, values) -> what a fetch shows, made of the fetched inputs
    writes : the op writes its first `outputs` inputs, which are variables; output i is the new
        value of input i
    inplace : inputs whose memory the output may take over
    view : the input that the output is a reshaped view of, or None
    shape_only : inputs of which only the shape is used
    static : inputs whose value must be known when a plan is specialised (shapes, axes); rules
        and `ref` find them among the attributes, under the parameter's name
    whole : inputs that must be integers: indices, and static inputs that are not cast
    truth : inputs that must be truth values in a TensorFlow graph
    pure : no state read or written, same inputs give same outputs
    text : whether it takes and makes strings: True, indices of the inputs that may be such, or a
        callable(attrs); others refuse them
    dynamic : the output's shape depends on values: `ref` runs in a stage of its own, before the
        rest of the run can be planned
    """

    __slots__ = ("type", "infer", "dtype", "out", "casts", "form", "kernel", "ref", "draw",
                 "evaluate", "after_run", "writes", "inplace", "view", "shape_only", "static",
                 "pure", "outputs", "commutes", "doc", "tensors", "attrs", "site", "name",
                 "dynamic", "whole", "truth", "text", "node")

    def __init__(self, **fields):
        for name in self.__slots__:
            setattr(self, name, fields.get(name))
        for name in ("whole", "truth"):
            setattr(self, name, fields.get(name, ()))


def node_type(op):
    """TensorFlow's type of an operation's node; a user's own type as it is."""
    opdef = op.opdef
    if opdef is None:
        return op.op_type
    if opdef.node is not None:
        return opdef.node if isinstance(opdef.node, str) else opdef.node(op)
    return opdef.name if opdef.name[:1].isupper() else "".join(
        word.capitalize() for word in opdef.type.split("_"))


def check_dims(shape):
    """Refuse a result with a negative dimension: a user's number was wrong."""
    if shape and any(n is not None and n < 0 for n in shape):
        raise ShapeError(f"the result would have shape {tuple(shape)}; no dimension can be "
                         "negative.")


def static_values(opdef, inputs, attrs):
    """`attrs` and, under their parameters' names, what is known of the static inputs."""
    values = dict(attrs)
    for i in opdef.static:
        op_ = inputs[i].op
        values[opdef.tensors[i]] = (op_.attrs["value"] if op_.op_type == "constant"
                                    else hooks.partial_value(inputs[i]))
    return values


def infer_specs(opdef, in_shapes, in_dtypes, attrs, lenient=False):
    """[(shape, dtype), ...] of the outputs, as far as the inputs tell.

    `lenient` leaves to the run what TensorFlow leaves to it.
    """
    try:
        shape = opdef.infer(in_shapes, attrs)
    except LateShapeError as e:
        if not lenient:
            raise
        shape = e.shape
    dtype = output_dtype(opdef, in_dtypes, attrs)
    if opdef.outputs == 1:
        return [(shape, dtype)]
    dtypes = dtype if isinstance(dtype, (list, tuple)) else [dtype] * len(shape)
    return list(zip(shape, dtypes))


def computing_dtype(opdef, in_dtypes):
    """The dtype the inputs listed in `casts` are converted to; None: unknown or no rule."""
    if opdef.dtype is None or not in_dtypes:
        return None
    return opdef.dtype(in_dtypes if opdef.casts is None else
                       [in_dtypes[i] for i in opdef.casts])


def output_dtype(opdef, in_dtypes, attrs):
    if callable(opdef.out):
        return opdef.out(in_dtypes, attrs)
    if opdef.out is not None:
        return opdef.out
    return computing_dtype(opdef, in_dtypes)
