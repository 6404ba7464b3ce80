"""TensorArray: an array of tensors of its own, written element by element in a run.

Decisions
- As in TensorFlow an array is a *handle*, which says which array of the run is meant, and a *flow*,
  a number without meaning that orders what is done with it: every write gives a new flow, every
  read takes one. What loops carry is the flow.
- Gradients are arrays as well, one for each array and each call of `gradients`: the gradient of a
  read is a write to it, that of a write is a read from it.
"""

import numpy as np

from fastgrad.errors import DTypeError, ShapeError
from fastgrad.flow.array_ops import (tensor_array, tensor_array_close, tensor_array_concat,
                                     tensor_array_gather, tensor_array_grad, tensor_array_read,
                                     tensor_array_scatter, tensor_array_size, tensor_array_split,
                                     tensor_array_write)
from fastgrad.flow.control import add_session_op
from fastgrad.graph import shapes
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32, INT32, INT64, as_dtype, strong, to_np
from fastgrad.graph.nodes import Tensor, as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient
from fastgrad.graph.tensor_shape import TensorShape, to_shape
from fastgrad.ops.cast import cast
from fastgrad.ops.make import range as range_
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.state import identity
from fastgrad.wording import where


class TensorArray:
    """An array of tensors that a run writes element by element, for loops.

    Parameters
    ----------
    dtype : dtype
        None, where the graph does not follow TensorFlow: that of what is written first.
    size : int or int32 scalar node
        Needed unless `handle` is given.
    dynamic_size : bool
        Whether writing behind the end makes the array longer; False if not given.
    clear_after_read : bool
        Whether an element can be read only once; True if not given.
    tensor_array_name : str, optional
    handle, flow : tensors, optional
        Of an array that is there already.
    infer_shape : bool
        All elements have one shape.
    element_shape : shape, optional
        What is known of it. An element that was never written is read as zeros if it is known.
    colocate_with_first_write_call : bool
        Accepted for TensorFlow's sake.
    name : str, optional

    Notes
    -----
    Each element is written once. Writing methods return the array after the write, and what is read
    from that sees it: go on with what they return.

    Gradient: an array of gradients, in which several reads of an element add up.

    Raises
    ------
    ValueError
        If neither `size` nor `handle` is given, or both, or a value's shape does not fit.
    InvalidArgumentError
        In a run: an index out of range, an element that is written twice, read twice, or read
        before it was written, a value of another dtype.

    Examples
    --------
    >>> squares = TensorArray(float64, size=3)
    >>> _, squares = while_loop(lambda i, a: i < 3,
    ...                         lambda i, a: (i + 1, a.write(i, cast(i * i, float64))),
    ...                         [constant(0), squares])
    >>> Session().run(squares.stack())
    array([0., 1., 4.])
    """

    @door
    def __init__(self, dtype, size=None, dynamic_size=None, clear_after_read=None,
                 tensor_array_name=None, handle=None, flow=None, infer_shape=True,
                 element_shape=None, colocate_with_first_write_call=True, name=None):
        _check_given(handle, size, flow, tensor_array_name, dict(
            element_shape=element_shape, dynamic_size=dynamic_size,
            clear_after_read=clear_after_read))
        graph = next((n.graph for n in (handle, size) if is_node(n)), None) or get_default_graph()
        if dtype is None and graph.literals == "tf":
            raise TypeError("TensorArray: dtype is None; expected the dtype of its elements.")
        self._dynamic, self._infer = bool(dynamic_size), infer_shape
        self._known = [to_shape(element_shape), to_np(dtype)]
        self._handle, self._flow = handle, flow
        if handle is None:
            self._handle, self._flow = self._create(
                graph, size, clear_after_read is None or bool(clear_after_read),
                name or tensor_array_name or "TensorArray")

    def _create(self, graph, size, clears, name):
        with graph.as_default(), graph.name_scope(name) as scope:
            size = _whole(size, graph, "size")
            return add_session_op(tensor_array, [size], {
                "dtype": self._np, "shape": self._known[0], "same": self._infer,
                "dynamic": self._dynamic, "clears": clears},
                [((), INT64), ((), FLOAT32)], scope, graph).outputs

    _np = property(lambda self: self._known[1])
    dtype = property(lambda self: as_dtype(self._np))
    handle = property(lambda self: self._handle)
    flow = property(lambda self: self._flow)
    graph = property(lambda self: self._flow.graph)
    element_shape = property(lambda self: TensorShape(self._known[0]))
    dynamic_size = property(lambda self: self._dynamic)

    def __repr__(self):
        return (f"<TensorArray {self._handle.op.name!r} of {self.dtype.name}, element shape "
                f"{self.element_shape}>")

    def with_flow(self, flow):
        """The same array after `flow`; what is known of the shapes stays common to both."""
        array = object.__new__(type(self))
        array.__dict__.update(self.__dict__)
        array._flow = flow
        return array

    def _fits(self, shape, dtype=None):
        """Check the static shape of an element, and note it; so its dtype if none is known."""
        known = self._known[0]
        if self._np is None:
            self._known[1] = strong(dtype)
        if not shapes.compatible(known, shape):
            raise ShapeError(f"Inconsistent shapes: {where(self._handle)}: the element has shape "
                             f"{shape}; expected {known}. Give infer_shape=False for elements of "
                             "several shapes.")
        if self._infer:
            self._known[0] = shapes.merge(known, shape)

    def _op(self, opdef, inputs, specs, name, **attrs):
        return add_session_op(opdef, [self._handle, *inputs], {"dtype": self._np, **attrs}, specs,
                              name, self.graph)

    def _value(self, value):
        literal = not is_node(value)
        tensor = as_tensor(value, self._np if literal and self._takes(value) else None,
                           self.graph, "value")
        both = self._np is not None and tensor._dtype is not None
        if both and self.graph.literals != "tf" and strong(tensor._dtype) != self._np:
            raise DTypeError(f"TensorArray: {where(tensor)} has dtype {tensor.dtype.name}; the "
                             f"array's is {self._np.name}. Use cast().")
        return tensor

    def _takes(self, value):
        """Whether a literal is converted to the array's dtype: not where numbers would be cut."""
        return self._np is not None and (self._np.kind in "fc"
                                         or np.asarray(value).dtype.kind not in "fc")

    # ---- writing ----
    @door
    def write(self, index, value, name=None):
        """The array with element `index` set to `value`."""
        graph = self.graph
        with graph.as_default(), graph.name_scope(name or "TensorArrayWrite"):
            value = self._value(value)
            self._fits(value._shape, value._dtype)
            op = self._op(tensor_array_write, [_whole(index, graph), value, self._flow],
                          [((), FLOAT32)], "TensorArrayWriteV3")
        return self.with_flow(op.outputs[0])

    @door
    def unstack(self, value, name=None):
        """The array with its elements set to the rows of `value`."""
        graph = self.graph
        with graph.as_default(), graph.name_scope(name or "TensorArrayUnstack"):
            value = self._value(value)
            return self.scatter(range_(0, shape_of(value)[0]), value)

    @door
    def scatter(self, indices, value, name=None):
        """The array with element `indices[i]` set to row `i` of `value`."""
        graph = self.graph
        with graph.as_default(), graph.name_scope(name or "TensorArrayScatter"):
            value = self._value(value)
            shape = value._shape
            if shape is not None:
                if not shape:
                    raise ShapeError(f"TensorArray: {where(value)} is a scalar and has no rows.")
                self._fits(shape[1:], value._dtype)
            indices = _whole(indices, graph, "indices", 1)
            counts = [t._shape[0] for t in (indices, value) if t._shape]
            if None not in counts and len(set(counts)) > 1:
                raise ShapeError(f"TensorArray.scatter: {counts[0]} indices for {counts[1]} rows "
                                 f"of {where(value)}.")
            op = self._op(tensor_array_scatter, [indices, value, self._flow], [((), FLOAT32)],
                          "TensorArrayScatterV3")
        return self.with_flow(op.outputs[0])

    @door
    def split(self, value, lengths, name=None):
        """The array with its elements set to pieces of `value`, of these lengths."""
        graph = self.graph
        with graph.as_default(), graph.name_scope(name or "TensorArraySplit"):
            value = self._value(value)
            lengths = cast(as_tensor(lengths, None, graph), INT64)
            known = lengths.op.attrs.get("value") if lengths.op.op_type == "constant" else None
            if known is not None and len(set(known)) == 1 and value._shape:
                self._fits((int(known[0]), *value._shape[1:]), value._dtype)
            op = self._op(tensor_array_split, [value, lengths, self._flow], [((), FLOAT32)],
                          "TensorArraySplitV3")
        return self.with_flow(op.outputs[0])

    # ---- reading ----
    @door
    def read(self, index, name=None):
        """The value of element `index`."""
        return self._op(tensor_array_read, [_whole(index, self.graph), self._flow],
                        [(self._known[0], self._np)], name or "TensorArrayReadV3").outputs[0]

    @door
    def stack(self, name=None):
        """All elements as the rows of one tensor."""
        graph = self.graph
        with graph.as_default(), graph.name_scope(name or "TensorArrayStack"):
            return self.gather(range_(0, self.size()))

    @door
    def gather(self, indices, name=None):
        """The elements `indices` as the rows of one tensor."""
        known = self._known[0]
        return self._op(tensor_array_gather, [_whole(indices, self.graph, "indices", 1),
                                              self._flow],
                        [(None if known is None else (None, *known), self._np)],
                        name or "TensorArrayGatherV3", shape=known).outputs[0]

    @door
    def concat(self, name=None):
        """The elements, joined along their first axis."""
        known = self._known[0]
        return self._op(tensor_array_concat, [self._flow], [
            ((None, *known[1:]) if known else None, self._np), ((None,), INT64)],
            name or "TensorArrayConcatV3", shape=known).outputs[0]

    # ---- the array itself ----
    @door
    def identity(self):
        """The same array, as an object of its own."""
        return self.with_flow(identity(self._flow))

    @door
    def size(self, name=None):
        """The number of elements, an int32 scalar."""
        return self._op(tensor_array_size, [self._flow], [((), INT32)],
                        name or "TensorArraySizeV3").outputs[0]

    @door
    def close(self, name=None):
        """An operation behind which the array can be used no more."""
        return self._op(tensor_array_close, [], [], name or "TensorArrayCloseV3")

    @door
    def grad(self, source, flow=None, name=None):
        """The array that holds the gradients of this one for the call of `gradients` that `source`
        names; in it several writes to an element add up."""
        graph, flow = self.graph, self._flow if flow is None else flow
        with graph.as_default(), graph.name_scope(name or "TensorArrayGrad"):
            handle = self._op(tensor_array_grad, [flow], [((), INT64)], "TensorArrayGradV3",
                              source=source).outputs[0]
            with graph.control_dependencies([handle]):
                flow = identity(flow, name="gradient_flow")
        slope = self.with_flow(flow)
        slope._handle, slope._dynamic = handle, False
        return slope


def _check_given(handle, size, flow, array_name, others):
    if handle is not None and array_name:
        raise ValueError("Cannot construct with both handle and tensor_array_name")
    if handle is not None and not isinstance(handle, Tensor):
        raise TypeError("Handle must be a Tensor")
    if handle is None and size is None:
        raise ValueError("Size must be provided if handle is not provided")
    if handle is not None:
        for what, given in {"size": size, **others}.items():
            if given is not None:
                raise ValueError(f"Cannot provide both a handle and {what} at the same time")
        if flow is None:
            raise ValueError("flow must not be None if handle is not None.")


def _whole(value, graph, name="index", rank=0):
    """An int32 tensor of an index or a size, or of a vector of them."""
    tensor = as_tensor(value, None if is_node(value) else INT32, graph, name)
    dtype = strong(tensor._dtype)
    if dtype is not None and (dtype.kind not in "iu" or graph.literals == "tf" and dtype != INT32):
        raise DTypeError(f"TensorArray: the {name}, {where(tensor)}, has dtype "
                         f"{tensor.dtype.name}; expected int32.")
    if tensor._shape is not None and len(tensor._shape) != rank:
        raise ShapeError(f"TensorArray: the {name}, {where(tensor)}, has shape {tensor._shape}; "
                         f"expected {'a vector' if rank else 'a scalar'}.")
    return tensor


# ---- gradients --------------------------------------------------------------------------

for _type in ("tensor_array", "tensor_array_grad", "tensor_array_size", "tensor_array_close"):
    NotDifferentiable(_type)


def _slope_of(op, flow, shape=None):
    """The array of gradients of the array that `op` works on, with elements of `shape`."""
    array = TensorArray(op.attrs["dtype"], handle=op._inputs[0], flow=flow, infer_shape=False)
    array._known[0] = shape
    return array.grad(op.graph.gradient_source, flow)


def _rows_of(tensor):
    return None if not tensor._shape else tensor._shape[1:]


@RegisterGradient("tensor_array_read")
def tensor_array_read_gradient(op, dy):
    _, index, flow = op._inputs
    return [None, None, _slope_of(op, flow).write(index, dy).flow]


@RegisterGradient("tensor_array_gather")
def tensor_array_gather_gradient(op, dy):
    _, indices, flow = op._inputs
    return [None, None, _slope_of(op, flow).scatter(indices, dy).flow]


@RegisterGradient("tensor_array_concat")
def tensor_array_concat_gradient(op, dy, _):
    flow = op._inputs[1]
    return [None, _slope_of(op, flow).split(dy, op.outputs[1]).flow]


@RegisterGradient("tensor_array_write")
def tensor_array_write_gradient(op, d_flow):
    _, index, value, _ = op._inputs
    slope = _slope_of(op, d_flow, value._shape)
    return [None, None, slope.read(index), d_flow]


@RegisterGradient("tensor_array_scatter")
def tensor_array_scatter_gradient(op, d_flow):
    _, indices, value, _ = op._inputs
    slope = _slope_of(op, d_flow, _rows_of(value))
    return [None, None, slope.gather(indices), d_flow]


@RegisterGradient("tensor_array_split")
def tensor_array_split_gradient(op, d_flow):
    return [None, _slope_of(op, d_flow).concat(), None, d_flow]


__all__ = ["TensorArray"]
