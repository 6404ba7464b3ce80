"""Operations that hold or change state: placeholder, constant, variable, assign, group.

They have no kernel of their own: a placeholder is a slot of the plan, a constant and a
variable are fixed memory, an update is a step that writes a variable's memory. The plan
runs every update after all the steps that read the old values.
"""

import numpy as np

from fastgrad.errors import DTypeError, FeedTypeError, ShapeError
from fastgrad.graph import hooks, shapes
from fastgrad.graph.build import make
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import TEXT, WEAK, to_np
from fastgrad.graph.interned import held
from fastgrad.graph.literals import array_of
from fastgrad.graph.nodes import Node, Tensor, as_tensor, is_node, operation_of
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op
from fastgrad.graph.tensor_shape import to_shape
from fastgrad.ops.cast import cast
from fastgrad.ops.join import stack


def _declared(_, attrs):
    return attrs["shape"]


def _declared_dtype(_, attrs):
    return attrs["dtype"]


@op(_declared, dtype=None, out=_declared_dtype, pure=False, name="Placeholder")
def _placeholder(dtype=None, shape=None):
    pass


class placeholder(Tensor):
    """A node whose value is fed at each run.

    Parameters
    ----------
    dtype : dtype, optional
        Fed values are converted to it. Without one, they keep the dtype that they have.
    shape : sequence of int or None, optional
        What fed values must look like; None is a free dimension. Without one, any shape.
    name : str, optional
        What errors call it.

    Raises
    ------
    FeedError
        In a run, if it is fed with a value of another shape, or one that its dtype cannot hold.
    MissingFeedError
        In a run that needs it, if it is not fed.

    Examples
    --------
    >>> x = placeholder(shape=[None, 2])
    >>> Session().run(reduce_sum(x), {x: [[1, 2], [3, 4]]})
    np.int64(10)
    """

    __slots__ = ()

    def __new__(cls, dtype=None, shape=None, name=None):
        graph = get_default_graph()
        attrs = {"dtype": to_np(dtype), "shape": to_shape(shape)}
        node = graph.add_op(_placeholder.opdef, [], attrs, [(attrs["shape"], attrs["dtype"])],
                            name or "Placeholder", cls)
        graph._placeholders.append(node.id)
        return node.outputs[0]

    def __init__(self, *_, **__):
        pass                      # __new__ has done it


# ---- constants --------------------------------------------------------------------------

def _constant_shape(_, attrs):
    return attrs["value"].shape


def _constant_dtype(_, attrs):
    return attrs["weak"] or attrs["value"].dtype


@op(_constant_shape, dtype=None, out=_constant_dtype, ref=lambda value, weak: value, name="Const")
def _constant(value=None, weak=None):
    pass


@door
def constant(value, dtype=None, shape=None, name="Const", verify_shape=False):
    """A tensor with a fixed value, copied now.

    Parameters
    ----------
    value : array, nested list or number
    dtype : dtype, optional
        Without one, what `np.array(value)` makes of it (in a "numpy" graph).
    shape : sequence of int, optional
        A single element is repeated to fill it, fewer elements than fit repeat the last.
    verify_shape : bool
        Whether the value must have `shape` already.
    name : str, optional

    Examples
    --------
    >>> Session().run(constant(7.0, float32, shape=[2]))
    array([7., 7.], dtype=float32)
    """
    graph = get_default_graph()
    array = array_of(value, to_np(dtype), graph.literals)
    if shape is not None:
        wanted = to_shape(shape)
        if not shapes.is_known(wanted):
            raise ShapeError(f"constant: the shape {shape} must be known.")
        if verify_shape and array.shape != wanted:
            raise FeedTypeError(f"Expected Tensor's shape: {wanted}, got {array.shape}.")
        array = _fill_shape(array, wanted, graph.literals)
    return _frozen(graph, array, None, name)


def _fill_shape(array, shape, literals):
    missing = shapes.size_of(shape) - array.size
    if missing and not array.size and literals == "tf":
        return np.zeros(shape, array.dtype)
    if missing < 0 or (missing and not array.size):
        raise ShapeError(
            f"constant: {array.size} elements do not fit shape {shape}; "
            f"give {shapes.size_of(shape)} elements, or one to repeat.")
    flat = array.reshape(-1)
    filled = np.concatenate([flat, np.repeat(flat[-1:], missing)]).reshape(shape)
    return held(filled) if filled.dtype == TEXT else filled     # `array` may be their last holder


def _frozen(graph, array, weak, name):
    array = np.ascontiguousarray(array).reshape(array.shape)
    if array.dtype == TEXT:
        array = held(array)
    array.flags.writeable = False
    node = graph.add_op(
        _constant.opdef, [], {"value": array, "weak": weak},
        [(array.shape, weak or array.dtype)], name or "Const")
    return node.outputs[0]


@hooks.fills("make_constant")
def _as_constant(value, dtype, graph, name):
    """What `as_tensor` makes of a plain value: a Python number stays weak in a "numpy" graph, and
    where its own type is the dtype."""
    graph = graph or get_default_graph()
    weak = dtype is type(value) or dtype is None and graph.literals == "numpy"
    if weak and type(value) in WEAK:
        array = np.array(value)
        if array.dtype.kind == "O" or array.dtype.kind == "u":
            raise DTypeError(f"the number {value} does not fit int64")
        return _frozen(graph, array, type(value), name)
    text = dtype == TEXT or dtype is None and graph.literals == "tf"
    if value is None or isinstance(value, str) and not text:
        raise FeedTypeError(f"expected a node, array or number; got {value!r:.60} "
                            f"of type {type(value).__name__}.")
    if isinstance(value, (list, tuple)) and _holds_node(value):
        return stack(value) if name is None else stack(value, name=name)
    return _frozen(graph, array_of(value, dtype, graph.literals), None, name)


def _holds_node(values):
    return any(isinstance(v, Node) or
               (isinstance(v, (list, tuple)) and _holds_node(v)) for v in values)


@door
def convert_to_tensor(value, dtype=None, name=None, preferred_dtype=None):
    """A tensor for any value: a node as it is, anything else as a constant.

    Examples
    --------
    >>> Session().run(convert_to_tensor([1, 2], dtype=float32))
    array([1., 2.], dtype=float32)
    """
    if is_node(value) or isinstance(value, (list, tuple)):
        preferred = _preferred(value, dtype, preferred_dtype, name)
        return as_tensor(value, to_np(dtype), name=name) if preferred is None else preferred
    return constant(value, dtype or preferred_dtype, name=name)


def _preferred(value, dtype, preferred_dtype, name):
    """A list as a constant of the preferred dtype, if its numbers can be of that."""
    if dtype is not None or preferred_dtype is None or is_node(value) or _holds_node(value):
        return None
    try:
        return constant(value, preferred_dtype, name=name or "Const")
    except (TypeError, ValueError):
        return None


# ---- variables and updates --------------------------------------------------------------

@op(_declared, dtype=None, out=_declared_dtype, pure=False, name="Variable",
    node="VariableV2")
def _variable(dtype=None, shape=None):
    pass


def _like_first(in_shapes, _):
    return in_shapes[0]


def _like_both(in_shapes, _):
    """The variable's shape, which the value must have too."""
    if not shapes.compatible(in_shapes[0], in_shapes[1]):
        raise ShapeError(f"the variable has shape {in_shapes[0]}; "
                         f"cannot take a value of shape {in_shapes[1]}.")
    return in_shapes[0]


def _first_of(in_dtypes):
    """The computing dtype of an assignment: the variable's."""
    return in_dtypes[0]


@op(_like_both, dtype=_first_of, form="assign", ref=lambda ref, value: np.array(value),
    pure=False, writes=True, name="Assign", text=True)
def _assign(ref, value):
    pass


@op(_like_both, dtype=_first_of, form="assign_zip", kernel="add", ref=np.add, pure=False,
    writes=True, name="AssignAdd")
def _assign_add(ref, value):
    pass


@op(_like_both, dtype=_first_of, form="assign_zip", kernel="sub", ref=np.subtract, pure=False,
    writes=True, name="AssignSub")
def _assign_sub(ref, value):
    pass


@op(_like_both, dtype=_first_of, form="assign_zip", kernel="mul", ref=np.multiply, pure=False,
    writes=True)
def _assign_mul(ref, value):
    pass


@door
def assign(ref, value, validate_shape=None, use_locking=None, name=None):
    """Set a variable to `value`; the result is its new value.

    With `validate_shape=False` the value may have any shape, which the variable then has.

    Examples
    --------
    >>> v = Variable([1., 2.])
    >>> Session().run(assign(v, [3., 4.]))
    array([3., 4.])
    """
    if validate_shape is False:
        return assign_shaped(ref, value, name)
    return ref.assign(value, name=name)


def _shaped_ref(session, node, inputs, known, done):
    value = np.asarray(inputs[1])
    session._write(node._inputs[0].op, value)
    return [value]


@op(None, dtype=None, evaluate=_shaped_ref, pure=False, dynamic=True, writes=True)
def _assign_shaped(ref, value):
    """Assignment of another shape, between plans: later plans are compiled for that shape."""


def assign_shaped(ref, value, name=None):
    """Set a variable to a value of any shape; the result is its new value."""
    graph, want = ref.graph, ref.op.attrs["dtype"]
    tensor = as_tensor(value, want if graph.literals == "tf" else None, graph)
    if want is not None and tensor._dtype != want:
        tensor = cast(tensor, want)
    return graph.add_op(_assign_shaped.opdef, [ref, tensor], {}, [(tensor._shape, ref._dtype)],
                        name or "Assign").outputs[0]


@door
def assign_add(ref, value, use_locking=None, name=None):
    """Add to a variable in place; the result is its new value.

    Examples
    --------
    >>> v = Variable([1., 2.])
    >>> Session().run(assign_add(v, [10., 10.]))
    array([11., 12.])
    """
    return ref.assign_add(value, name=name)


@door
def assign_sub(ref, value, use_locking=None, name=None):
    """Subtract from a variable in place; the result is its new value.

    Examples
    --------
    >>> v = Variable([1., 2.])
    >>> Session().run(assign_sub(v, [1., 1.]))
    array([0., 1.])
    """
    return ref.assign_sub(value, name=name)


# ---- grouping ---------------------------------------------------------------------------

@op(lambda s, a: [], dtype=None, out=lambda d, a: [], outputs=0, pure=False, name="group_deps",
    node="NoOp")
def _group():
    pass


@door
def group(*inputs, name=None):
    """An operation that runs all `inputs`; its value is None.

    Examples
    --------
    >>> a, b = Variable(1.0), Variable(2.0)
    >>> Session().run(group(a.assign(b), b.assign(a)))
    >>> a.value, b.value
    (array(2.), array(1.))
    """
    ops = [operation_of(n) for n in _leaves(inputs) if n is not None]
    graph = ops[0].graph if ops else get_default_graph()
    with graph.control_dependencies(ops):
        return graph.add_op(_group.opdef, [], {}, [], name or "group_deps")


def _leaves(nested):
    if isinstance(nested, dict):
        nested = [nested[k] for k in sorted(nested)]
    if isinstance(nested, (list, tuple)):
        return [leaf for part in nested for leaf in _leaves(part)]
    return [nested]


@door
def no_op(name=None):
    """An operation that does nothing; useful under `control_dependencies`.

    Examples
    --------
    >>> Session().run(no_op()) is None
    True
    """
    return get_default_graph().add_op(_group.opdef, [], {}, [], name or "NoOp")


@door
def placeholder_with_default(input, shape, name=None):
    """A placeholder with a default: the value of `input`, unless it is fed.

    Gradient: passes to `input`.

    Examples
    --------
    >>> x = placeholder_with_default(2.0, [])
    >>> session = Session()
    >>> session.run(x * 3), session.run(x * 3, {x: 5.0})
    (np.float64(6.0), np.float64(15.0))
    """
    node = identity(input, name=name or "PlaceholderWithDefault")
    declared = to_shape(shape)
    if not shapes.compatible(declared, node._shape):
        raise ShapeError(f"placeholder_with_default: the default has shape {node._shape}, "
                         f"which does not fit {declared}.")
    node._declare(declared)
    node.graph.node_types[node.op.id] = "PlaceholderWithDefault"
    return node


@op(_like_first, ref=lambda x: x, view=0, name="Identity", text=True)
def identity(x):
    """Identity: the same values, as a node of its own.

    Gradient: `dx = dy`.

    Examples
    --------
    >>> Session().run(identity([1., 2.]))
    array([1., 2.])
    """


@RegisterGradient("identity")
def identity_gradient(op, dy):
    return dy


@op(_like_first, ref=lambda x: x, view=0, name="StopGradient", text=True)
def stop_gradient(x):
    """Identity that no gradient flows through.

    Examples
    --------
    >>> x = constant(3.0)
    >>> Session().run(gradients(x * stop_gradient(x), x))
    [np.float64(3.0)]
    """


for _type in ("stop_gradient", "placeholder", "constant", "variable", "assign", "assign_add",
              "assign_sub", "assign_mul", "assign_shaped", "group"):
    NotDifferentiable(_type)

__all__ = ["placeholder", "constant", "convert_to_tensor", "assign", "assign_add", "assign_sub",
           "placeholder_with_default", "group", "no_op", "identity", "stop_gradient", "make"]
