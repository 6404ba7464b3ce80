"""TensorArrays in a plan: elements and flags in the arena, steps that write, read and add.

Owns what it takes that an array can be part of a plan: a size and a shape of elements that are
known. Any other raises NotPlanned, and then all arrays of the run are the session's.

Decisions
- A handle is a number, known when the plan is made; a flow is a Value that puts steps in order.
- The elements are made in the block that the array is made in, as soon as a write tells their
  shape: that may be outside of the block that is being specialised.
"""

import numpy as np

from fastgrad.compiler.ir import Numbers, Step, Value, const_value, number_value
from fastgrad.compiler.rewrite import reshaped
from fastgrad.graph.dtypes import FLOAT32, INT32, INT64, TEXT, strong
from fastgrad.graph.opdef import OPS
from fastgrad.graph.registry import op
from fastgrad.graph.shapes import is_known

FLAG = np.dtype(np.uint8)


class NotPlanned(Exception):
    """A loop, branch or array that no plan can hold; a session runs it."""


@op(None, dtype=None, form="array_new", outputs=2, pure=False)
def _array_new():
    """The elements of an array, zeros, and their flags."""


@op(None, dtype=None, form="array_put", pure=False)
def _array_put(elements, flags, index, value, flow):
    """Writes elements, each of which must not have been written."""


@op(None, dtype=None, form="array_take", pure=False)
def _array_take(elements, flags, index, flow):
    """Reads elements."""


@op(None, dtype=None, form="array_gain", pure=False)
def _array_gain(elements, index, value, flow):
    """Adds to elements."""


class Array:
    """An array of a plan.

    Attributes
    ----------
    home : Specialiser of the block that makes it
    size : int
    shape : tuple, of an element; None until a write tells
    zeros : int, whether elements that were never written are zeros: 0 never, 1 if others were
        written, 2 always, since the graph says their shape
    elements, flags : Values once the shape is known; arrays of gradients have no flags
    """

    def __init__(self, home, dtype, size, shape, clears, adds=False):
        self.home, self.dtype, self.size, self.shape = home, dtype, size, shape
        self.zeros, self.clears, self.adds = 2 if shape is not None or adds else 1, clears, adds
        self.elements = self.flags = None
        self.slopes = {}

    def made(self, shape=None, dtype=None):
        """Make the elements, of this shape if none is known."""
        if self.shape is None:
            self.shape = shape
        if self.dtype is None:
            self.dtype = dtype
        if self.shape is None or self.dtype is None:
            raise NotPlanned("an array whose elements have no known shape")
        if shape is not None and shape != self.shape or dtype is not None and dtype != self.dtype:
            raise NotPlanned("an array with elements of several shapes, or of another dtype")
        if self.elements is None:
            if self.dtype == TEXT or self.adds and self.dtype.name not in ("float32", "float64"):
                raise NotPlanned(f"an array of {self.dtype}")
            step = Step(OPS["array_new"], [], {}, None)
            self.elements = Value((self.size, *self.shape), self.dtype, step=step)
            self.flags = Value((self.size,), FLAG, step=step)
            step.outs = (self.elements, self.flags)
            self.home.b.append(step)
        return self


# ---- what the operations become ---------------------------------------------------------

def _array(s, node, handle):
    """The Array that a handle means."""
    array = s.root.arrays.get(int(handle.const)) if handle.kind == "const" else None
    level = s
    while level is not None and array is not None and level is not array.home:
        level = level.outer
    if array is None or level is None:
        raise NotPlanned("an array of another block or stage")
    return array


def _enter(s, array):
    s.root.arrays[len(s.root.arrays) + 1] = array
    return const_value(np.array(len(s.root.arrays), INT64))


def _step(s, node, type_, inputs, shape, dtype, **attrs):
    step = Step(OPS[type_], inputs, attrs, node)
    step.outs = (Value(shape, dtype, step=step),)
    s.b.append(step)
    if type_ != "array_gain":
        s.updates.append(step.out)          # it marks elements: it runs whether it is read or not
    return step.out


def _index(s, value):
    return value if value.dtype in (INT32, INT64) else s.b.convert(value, INT64)


def _number(value):
    """The number that a constant is, which may hang on sizes."""
    return value.numbers[()] if isinstance(value, Numbers) else int(value.const)


def plan_array(s, node, after):
    a, (size,) = node.attrs, s.inputs_of(node, after)
    if a["dynamic"] or size.kind != "const" or s.root.staged or _number(size) < 0:
        raise NotPlanned("an array whose size is not known, or an array of a stage")
    shape = a["shape"] if is_known(a["shape"]) else None
    array = Array(s, a["dtype"], _number(size), shape, a["clears"])
    array.zeros = array.zeros if a["same"] else 2 * (shape is not None)
    return _enter(s, array), const_value(np.zeros((), FLOAT32))


def plan_grad(s, node, after):
    handle, _ = s.inputs_of(node, after)
    array, source = _array(s, node, handle), node.attrs["source"]
    if source not in array.slopes:
        slope = Array(array.home, array.dtype, array.size, array.shape, False, adds=True)
        array.slopes[source] = _enter(s, slope)
    return (array.slopes[source],)


def plan_write(s, node, after):
    handle, index, value, flow = s.inputs_of(node, after)
    if index.shape != ():
        raise NotPlanned("an index that is no scalar")
    return (_write(s, node, _array(s, node, handle), index, value, value.shape, flow),)


def plan_scatter(s, node, after):
    handle, index, value, flow = s.inputs_of(node, after)
    if len(index.shape) != 1 or not value.shape or value.shape[0] < index.shape[0]:
        raise NotPlanned("indices and rows that do not fit")
    return (_write(s, node, _array(s, node, handle), index, value, value.shape[1:], flow),)


def plan_split(s, node, after):
    handle, value, lengths, flow = s.inputs_of(node, after)
    array = _array(s, node, handle)
    counts = set(np.ravel(lengths.const).tolist()) if lengths.kind == "const" else ()
    if len(counts) != 1 or lengths.shape != (array.size,) or not value.shape or (
            next(iter(counts)) * array.size != value.shape[0]):
        raise NotPlanned("pieces of several lengths")
    shape = (next(iter(counts)), *value.shape[1:])
    value = reshaped(s.b, value, (array.size, *shape))
    every = const_value(np.arange(int(array.size), dtype=INT64))
    return (_write(s, node, array, every, value, shape, flow),)


def _write(s, node, array, index, value, shape, flow):
    if strong(value.dtype) is not value.dtype:
        value = s.b.convert(value, strong(value.dtype))
    array.made(shape, value.dtype)
    if array.adds:
        return _step(s, node, "array_gain", [array.elements, _index(s, index), value, flow], (),
                     FLOAT32)
    return _step(s, node, "array_put", [array.elements, array.flags, _index(s, index), value, flow],
                 (), FLOAT32)


def plan_read(s, node, after):
    handle, index, flow = s.inputs_of(node, after)
    if index.shape != ():
        raise NotPlanned("an index that is no scalar")
    array = _array(s, node, handle).made()
    return (_read(s, node, array, index, array.shape, flow),)


def plan_gather(s, node, after):
    handle, index, flow = s.inputs_of(node, after)
    array, known = _array(s, node, handle), node.attrs["shape"]
    if array.shape is None and not array.size and is_known(known):
        array.shape = known
    array.made()
    return (_read(s, node, array, index, (*index.shape, *array.shape), flow),)


def plan_concat(s, node, after):
    handle, flow = s.inputs_of(node, after)
    array = _array(s, node, handle).made()
    if not array.shape or not array.size:
        raise NotPlanned("elements that are scalars, or none")
    every = const_value(np.arange(int(array.size), dtype=INT64))
    rows = _read(s, node, array, every, (array.size, *array.shape), flow)
    joined = reshaped(s.b, rows, (array.size * array.shape[0], *array.shape[1:]))
    return joined, const_value(np.full(int(array.size), int(array.shape[0]), INT64))


def _read(s, node, array, index, shape, flow):
    inputs = [array.elements, *([] if array.adds else [array.flags]), _index(s, index), flow]
    return _step(s, node, "array_take", inputs, shape, array.dtype, clears=array.clears,
                 zeros=array.zeros, flags=not array.adds)


def plan_size(s, node, after):
    handle, _ = s.inputs_of(node, after)
    return (number_value(_array(s, node, handle).size, INT32),)


PLANNED = {"tensor_array": plan_array, "tensor_array_grad": plan_grad,
           "tensor_array_write": plan_write, "tensor_array_scatter": plan_scatter,
           "tensor_array_split": plan_split, "tensor_array_read": plan_read,
           "tensor_array_gather": plan_gather, "tensor_array_concat": plan_concat,
           "tensor_array_size": plan_size}
