"""Indexing: `tensor[...]` and strided_slice, with their gradients.

`tensor[...]` is one op, `strided_slice`. What was written is in its attribute `spec`, one short
text a part, and the numbers are one integer vector, `bounds`, so that they may be tensors too:

- "i": an index, one number; "s": a slice, three numbers (start, stop, step), with "b" and "e" for a
  start or stop that was left out;
- "n": a new dimension; "...": as many whole dimensions as fit.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import BOOL
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.graph.tensor_shape import Dimension
from fastgrad.ops.cast import cast
from fastgrad.ops.gather import take_at
from fastgrad.ops.shape import known_value, whole_numbers, whole_of
from fastgrad.ops.where import boolean_mask
from fastgrad.wording import where


# ---- what an index means ----------------------------------------------------------------

def slices_of(spec, bounds):
    """The NumPy index that `spec` with these numbers stands for."""
    numbers = iter(whole_of(np.asarray(bounds)))
    index = []
    for part in spec:
        if part == "i":
            index.append(next(numbers))
        elif part[0] == "s":
            start, stop, step = next(numbers), next(numbers), next(numbers)
            index.append(slice(None if "b" in part else start, None if "e" in part else stop,
                               step))
        else:
            index.append(None if part == "n" else Ellipsis)
    return tuple(index)


def extent(part, n):
    """(start, step, length) of a slice of a dimension of n; both may hang on a plan's sizes."""
    start, stop, step = part.start, part.stop, 1 if part.step is None else part.step
    if all(v is None or isinstance(v, int) for v in (start, stop, n)):
        start, stop, step = part.indices(n)
        return start, step, len(range(start, stop, step))
    low, high = (0, n) if step > 0 else (-1, n - 1)
    start = (low if step > 0 else high) if start is None else _clipped(start, n, low, high)
    stop = (high if step > 0 else low) if stop is None else _clipped(stop, n, low, high)
    span = stop - start if step > 0 else start - stop
    return start, step, (span + abs(step) - 1) // abs(step) if span > 0 else 0


def _clipped(place, n, low, high):
    place = place + n if place < 0 else place
    return low if place < low else high if place > high else place


def spread(spec, rank):
    """`spec` with the ellipsis written out for a tensor of this rank."""
    used = sum(part not in ("n", "...") for part in spec)
    if used > rank:
        raise ShapeError(f"too many indices ({used}) for a tensor of {rank} dimensions.")
    at = spec.index("...") if "..." in spec else len(spec)
    return spec[:at] + (":",) * (rank - used) + spec[at + 1:]


def _sliced(in_shapes, attrs):
    known, spec, bounds = in_shapes[0], attrs["spec"], attrs["bounds"]
    if known is None:
        return None
    numbers = iter(_flat(bounds, spec))
    dims = iter(known)
    shape = []
    for part in spread(spec, len(known)):
        if part == "n":
            shape.append(1)
        elif part == ":":
            shape.append(next(dims))
        elif part == "i":
            _check_index(next(numbers), next(dims))
        else:
            shape.append(_length(part, next(dims), next(numbers), next(numbers), next(numbers)))
    return tuple(shape)


def _flat(bounds, spec):
    if bounds is None:
        return [None] * sum(1 if p == "i" else 3 if p[0] == "s" else 0 for p in spec)
    return whole_of(bounds) if isinstance(bounds, np.ndarray) else [
        b if b is None else int(b) for b in bounds]


def _check_index(index, n):
    if index is not None and n is not None and not -n <= index < n:
        raise ShapeError(f"slice index {index} of dimension of size {n} is out of bounds.")


def _length(part, n, start, stop, step):
    start, stop = (None if "b" in part else start), (None if "e" in part else stop)
    unknown = (start is None and "b" not in part) or (stop is None and "e" not in part)
    if step is None or unknown:
        return None
    if step == 0:
        raise ShapeError("the step of a slice must not be 0.")
    if n is None:
        return None
    return extent(slice(start, stop, step), n)[2]


@op(_sliced, casts=(0,), static=(1,), form="slice", name="strided_slice",
    ref=lambda x, bounds, spec: x[slices_of(spec, bounds)], text=True)
def _strided_slice(x, bounds, spec=()):
    pass


@RegisterGradient("strided_slice")
def strided_slice_gradient(op, dy):
    x, bounds = op.inputs
    return strided_slice_grad(dy, x, bounds, spec=op.attrs["spec"]), None


def _slice_grad_ref(dy, x, bounds, spec):
    dx = np.zeros(x.shape, dy.dtype)
    dx[slices_of(spec, bounds)] = dy
    return dx


@op(lambda s, a: s[1], casts=(0,), shape_only=(1,), static=(2,), form="slice_grad",
    ref=_slice_grad_ref)
def strided_slice_grad(dy, x, bounds, spec=()):
    """Zeros of the shape of `x` with `dy` where the slice was taken.

    Gradient: the same slice of `g`.
    """


@RegisterGradient("strided_slice_grad")
def strided_slice_grad_gradient(op, g):
    return _strided_slice(g, op.inputs[2], spec=op.attrs["spec"]), None, None


def getitem(tensor, key, name=None):
    """Indexing, `tensor[key]`, with integers, slices, `...`, None and integer tensors.

    Gradient: zeros with `dy` where the slice was taken.
    """
    if is_node(key) and as_tensor(key)._dtype == BOOL or (
            isinstance(key, np.ndarray) and key.dtype == BOOL):
        return boolean_mask(tensor, key, name=name or "boolean_mask")
    key = key if isinstance(key, tuple) else (key,)
    if isinstance(key[0] if len(key) == 1 else None, list):
        key = tuple(key[0])
    spec, bounds, taken = [], [], []
    for part in key:
        kind, numbers, index = _part(part)
        if index is not None:
            taken.append((len(spec), index))
        spec.append(kind)
        bounds += numbers
    if spec.count("...") > 1:
        raise ValueError("an index may have one ellipsis (...) only.")
    bounds = bounds if any(is_node(b) for b in bounds) else whole_numbers(bounds)
    if not taken:
        return _strided_slice(tensor, bounds, spec=tuple(spec), name=name)
    tensor = as_tensor(tensor)
    with tensor.graph.name_scope(name or "strided_slice") as scope:
        sliced = _strided_slice(tensor, bounds, spec=tuple(spec))
        for at, index in reversed(taken):
            sliced = take_at(sliced, index, _axis_in_result(spec, at), scope)
        return sliced


def _axis_in_result(spec, at):
    """The dimension of the sliced tensor that the part at `at` means; from the end after `...`."""
    if "..." in spec[:at]:
        return -sum(p != "i" for p in spec[at:])
    return sum(p != "i" for p in spec[:at])


def _part(part):
    """(spec text, numbers, index tensor to take later or None) of one part of an index."""
    if part is None:
        return "n", [], None
    if part is Ellipsis:
        return "...", [], None
    if isinstance(part, slice):
        step = 1 if part.step is None else part.step
        text = "s" + ("b" if part.start is None else "") + ("e" if part.stop is None else "")
        return text, [_bound(part.start), _bound(part.stop), _bound(step)], None
    if is_node(part):
        node = as_tensor(part)
        if node._shape and node.graph.literals == "tf":
            raise TypeError(f"only scalars index a tensor in a TensorFlow graph; got {where(node)} "
                            f"of shape {node._shape}. Use gather() or boolean_mask().")
        if node.op.op_type != "constant":
            return "sbe", [0, 0, 1], node
        part = node.op.attrs["value"]
    if isinstance(part, (bool, np.bool_)) or not np.issubdtype(np.asarray(part).dtype, np.integer) \
            and not isinstance(part, Dimension):
        raise TypeError(f"an index must be an integer, slice, ellipsis, None or integer tensor; "
                        f"got {part!r:.60}.")
    return "i", [int(part)], None


def _bound(value):
    if value is None:
        return 0
    return _int32(as_tensor(value)) if is_node(value) else int(value)


@door
def strided_slice(input_, begin, end, strides=None, begin_mask=0, end_mask=0, ellipsis_mask=0,
                  new_axis_mask=0, shrink_axis_mask=0, var=None, name=None):
    """`input_[begin:end:strides]` with bit masks for what is left out, as in TensorFlow.

    Gradient: zeros with `dy` where the slice was taken.

    Examples
    --------
    >>> Session().run(strided_slice([1, 2, 3, 4, 5], [0], [5], [2]))
    array([1, 3, 5])
    """
    begin, end = known_value(begin, "begin"), known_value(end, "end")
    steps = np.ones_like(begin) if strides is None else known_value(strides, "strides")
    key = []
    for i, (b, e, s) in enumerate(zip(begin, end, steps)):
        bit = 1 << i
        if ellipsis_mask & bit:
            key.append(Ellipsis)
        elif new_axis_mask & bit:
            key.append(None)
        elif shrink_axis_mask & bit:
            key.append(int(b))
        else:
            key.append(slice(None if begin_mask & bit else int(b),
                             None if end_mask & bit else int(e), int(s)))
    return getitem(input_, tuple(key), name=name or "StridedSlice")


def _int32(x):
    return cast(x, np.int32)


__all__ = ["strided_slice"]
