"""Tensors made from a shape or a few numbers: fill, zeros, range, eye, one_hot, ...

Sizes are static inputs: the plan knows them, so most of these fold to constants, and those that
repeat one number take no memory until a kernel reads them.
"""

import numpy as np

from fastgrad.errors import DTypeError, ShapeError
from fastgrad.graph.build import call
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import BOOL, FLOAT32, INT32, INT64, promote_float, strong, to_np
from fastgrad.graph.literals import array_of, scalar
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.graph.shapes import normal_axes
from fastgrad.ops.arithmetic import maximum
from fastgrad.ops.broadcast import _broadcast_to
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import less
from fastgrad.ops.reduce import reduce_max
from fastgrad.ops.reshape import expand_dims, reshape
from fastgrad.ops.shape import check_rank, dims_of, number_of, plain_shape, scoped, size


def _given_dtype(_, attrs):
    return attrs["dtype"]


# ---- one number everywhere --------------------------------------------------------------

def _scalar(dims, value):
    """Refuse a value of `fill` that is no scalar; the op itself refuses wrong dims, before that."""
    shape_ = as_tensor(value)._shape if is_node(value) else np.shape(value)
    if is_node(dims) and as_tensor(dims).dtype not in (INT32, INT64):
        return
    if shape_:
        raise ShapeError(f"fill takes a scalar; got a value of shape {shape_}.")
    check_rank(dims, 1, "the dims of fill")


@door
def fill(dims, value, name=None):
    """A tensor of shape `dims`, all of whose elements are `value`.

    Gradient: `dvalue = sum(dy)`.

    Examples
    --------
    >>> Session().run(fill([2, 2], 7))
    array([[7, 7],
           [7, 7]])
    """
    if get_default_graph().literals == "tf":
        _scalar(dims, value)
    return _broadcast_to(value, plain_shape(dims), name=name or "Fill")


@op(lambda s, a: a["shape"], dtype=None, out=_given_dtype, form="fill",
    ref=lambda number, dtype, shape: np.broadcast_to(scalar(number, dtype), shape),
    text=True, node="Fill")
def _filled(number=0, dtype=FLOAT32, shape=()):
    pass


@op(lambda s, a: dims_of(a["dims"]), dtype=None, out=_given_dtype, static=(0,), form="fill",
    ref=lambda dims, number, dtype: np.broadcast_to(scalar(number, dtype), dims_of(dims)),
    text=True, node="Fill")
def _filled_as(dims, number=0, dtype=FLOAT32):
    pass


def _repeated(number, shape, dtype, name):
    shape, dtype = plain_shape(shape), to_np(dtype)
    scalar(number, dtype)               # refuses a number that the dtype has not
    if isinstance(shape, np.ndarray):
        return _filled(number=number, dtype=dtype, shape=dims_of(shape), name=name)
    return _filled_as(shape, number=number, dtype=dtype, name=name)


@door
def zeros(shape, dtype=FLOAT32, name=None):
    """A tensor of zeros.

    Gradient: none; the result is constant.

    Examples
    --------
    >>> Session().run(zeros([2]))
    array([0., 0.], dtype=float32)
    """
    return _repeated(0, shape, dtype, name or "zeros")


@door
def ones(shape, dtype=FLOAT32, name=None):
    """A tensor of ones.

    Gradient: none; the result is constant.

    Examples
    --------
    >>> Session().run(ones([2]))
    array([1., 1.], dtype=float32)
    """
    return _repeated(1, shape, dtype, name or "ones")


# ---- sequences --------------------------------------------------------------------------

def _range_shape(_, attrs):
    bounds = [attrs[k] for k in ("start", "limit", "delta")]
    if any(b is None or isinstance(b, list) for b in bounds):
        return (None,)
    bounds = [np.asarray(b).item() for b in bounds]
    if all(isinstance(b, (int, float)) for b in bounds) or not isinstance(bounds[2], int):
        return _stepped(*bounds, attrs["strict"]).shape
    start, limit, delta = bounds                # sizes of a plan among them
    _check_range(start, limit, delta, attrs["strict"])
    span = (limit - start if delta > 0 else start - limit) + abs(delta) - 1
    return (span // abs(delta) if span > 0 else 0,)


def _stepped(start, limit, delta, strict):
    """`np.arange`; if strict, bounds in the wrong order are an error and not an empty range."""
    _check_range(start, limit, delta, strict)
    return np.arange(start, limit, delta)


def _check_range(start, limit, delta, strict):
    if delta == 0:
        raise ShapeError("Requires delta != 0: 0")
    if strict and (limit - start) * delta < 0:
        order = "<=" if delta > 0 else ">="
        raise ShapeError(f"Requires start {order} limit when delta {'>' if delta > 0 else '<'} 0: "
                         f"{start}/{limit}")


def _range_ref(start, limit, delta, strict):
    start, limit, delta = (np.asarray(v) for v in (start, limit, delta))
    return _stepped(start.item(), limit.item(), delta.item(), strict).astype(start.dtype)


@op(_range_shape, static=(0, 1, 2), ref=_range_ref, name="range")
def _range(start, limit, delta, strict=False):
    pass


def range(start, limit=None, delta=1, dtype=None, name=None):
    """Numbers from `start` (0 if only one bound is given) up to below `limit`.

    Empty if the bounds are in the wrong order; in a TensorFlow graph that is an error.

    Gradient: none.
    """
    if limit is None:
        start, limit = 0, start
    values = (start, limit, delta)
    for value, what in zip(values, ("start", "limit", "delta")):
        check_rank(value, 0, f"the {what} of range")
    want = to_np(dtype)
    if want is not None:
        values = [cast(v, want) if is_node(v) else np.asarray(v, want) for v in values]
    elif not any(is_node(v) for v in values):
        want = np.result_type(*values)
        if get_default_graph().literals == "tf" and not any(
                isinstance(v, (np.ndarray, np.generic)) for v in values):
            want = FLOAT32 if want.kind == "f" else INT32
        values = [np.asarray(v, want) for v in values]
    known = next((as_tensor(v)._dtype for v in values if is_node(v)), want)
    graph = next((as_tensor(v).graph for v in values if is_node(v)), get_default_graph())
    strict = graph.literals == "tf"
    return call(_range.opdef, values, {"strict": strict}, name, known)


def _linspace_shape(_, attrs):
    if attrs["num"] is None:
        return (None,)
    num = int(np.asarray(attrs["num"]).item())
    if num < 0 or num < 1 and get_default_graph().literals == "tf":
        raise ShapeError(f"linspace: num must be positive; got {num}.")
    return (num,)


@op(_linspace_shape, casts=(0, 1), dtype=promote_float, static=(2,), name="LinSpace",
    ref=lambda start, stop, num: np.linspace(start, stop, int(num)).astype(start.dtype))
def _linspace(start, stop, num):
    pass


@door
def linspace(start, stop, num, name=None):
    """`num` numbers at equal distances, from `start` to `stop`, both included.

    Gradient: none.

    Examples
    --------
    >>> Session().run(linspace(0., 1., 3))
    array([0. , 0.5, 1. ])
    """
    for value, what in ((start, "start"), (stop, "stop"), (num, "num")):
        check_rank(value, 0, f"the {what} of linspace")
    return _linspace(start, stop, num, name=name)


NotDifferentiable("filled")
NotDifferentiable("filled_as")
NotDifferentiable("range")
NotDifferentiable("linspace")


@door
def lin_space(start, stop, num, name=None):
    """The same as `linspace`.

    Examples
    --------
    >>> Session().run(lin_space(0., 1., 3))
    array([0. , 0.5, 1. ])
    """
    return linspace(start, stop, num, name)


@scoped("meshgrid")
def meshgrid(*args, indexing="xy", name=None):
    """Coordinate matrices of vectors, as `np.meshgrid` makes them.

    Gradient: `dy` summed over what was repeated.

    Examples
    --------
    >>> Session().run(meshgrid([1, 2], [3, 4]))
    [array([[1, 2],
           [1, 2]]), array([[3, 3],
           [4, 4]])]
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing must be 'xy' or 'ij'; got {indexing!r}.")
    vectors = [reshape(v, [-1]) for v in args]
    dtypes = sorted({v.dtype.name for v in vectors if v._dtype is not None})
    if len(dtypes) > 1 and vectors[0].graph.literals == "tf":
        raise DTypeError(f"meshgrid: vectors of {' and '.join(dtypes)}; expected one dtype. Use "
                         "cast().")
    count = len(vectors)
    order = list(np.arange(count))
    if indexing == "xy" and count > 1:
        order[0], order[1] = order[1], order[0]
    sizes = [size(vectors[i]) for i in order]
    grids = []
    for i, v in enumerate(vectors):
        place = [1] * count
        place[order.index(i)] = -1
        grids.append(_broadcast_to(reshape(v, place), sizes))
    return grids


# ---- matrices and masks -----------------------------------------------------------------

def _eye_shape(_, attrs):
    rows, columns = attrs["rows"], attrs["columns"]
    batch = dims_of(attrs["batch"])
    rows, columns = (v if v is None else int(np.asarray(v).item()) for v in (rows, columns))
    return None if batch is None else batch + (rows, columns)


def _eye_ref(rows, columns, batch, dtype):
    one = np.eye(int(rows), int(columns), dtype=dtype)
    return np.broadcast_to(one, dims_of(batch) + one.shape)


@op(_eye_shape, dtype=None, out=_given_dtype, static=(0, 1, 2), ref=_eye_ref, name="eye")
def _eye(rows, columns, batch, dtype=FLOAT32):
    pass


NotDifferentiable("eye")


@scoped("eye")
def eye(num_rows, num_columns=None, batch_shape=None, dtype=FLOAT32, name=None):
    """Identity matrix, or a batch of them if `batch_shape` is given.

    Gradient: none; the result is constant.

    Examples
    --------
    >>> Session().run(eye(2))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    batch = np.zeros(0, np.int32) if batch_shape is None else plain_shape(batch_shape)
    rows = _size_number(num_rows)
    columns = rows if num_columns is None else _size_number(num_columns)
    return _eye(rows, columns, batch, dtype=to_np(dtype), name="diag")


def _size_number(value):
    return value if is_node(value) else number_of(value, "depth")


@scoped("SequenceMask")
def sequence_mask(lengths, maxlen=None, dtype=BOOL, name=None):
    """Mask of sequences: rows of `lengths` true elements and then false ones.

    Gradient: none.

    Examples
    --------
    >>> Session().run(sequence_mask([1, 3], maxlen=3))
    array([[ True, False, False],
           [ True,  True,  True]])
    """
    lengths = as_tensor(lengths)
    if maxlen is None:          # rows are empty if no length is above 0
        maxlen = maximum(reduce_max(lengths), 0)
    check_rank(maxlen, 0, "the maxlen of sequence_mask")
    columns = range(0, maxlen, dtype=lengths.dtype)
    mask = less(columns, expand_dims(lengths, -1))
    return cast(mask, dtype)


# ---- one_hot ----------------------------------------------------------------------------

def _one_hot_shape(in_shapes, attrs):
    known, depth = in_shapes[0], attrs["depth"]
    if known is None:
        return None
    depth = None if depth is None else int(np.asarray(depth).item())
    if depth is not None and depth < 0:
        raise ShapeError(f"depth must be non-negative; got {depth}.")
    axis, = normal_axes(attrs["axis"], len(known) + 1)
    return known[:axis] + (depth,) + known[axis:]


def _one_hot_ref(indices, on, off, depth, axis):
    at = np.expand_dims(indices, axis)
    places = [1] * at.ndim
    places[axis] = -1
    return np.where(at == np.arange(int(depth)).reshape(places), on, off).astype(on.dtype)


@op(_one_hot_shape, casts=(2, 3), static=(1,), whole=(0,), form="one_hot",
    ref=_one_hot_ref, name="one_hot", text=(2, 3))
def _one_hot(indices, depth, on, off, axis=-1):
    pass


NotDifferentiable("one_hot")


def _check_values(on, off, dtype):
    """In a TensorFlow graph the two values of a one_hot are of one dtype, that of the result."""
    if get_default_graph().literals != "tf":
        return
    dtypes = {what: as_tensor(v)._dtype if is_node(v) else array_of(v, None, "tf").dtype
              for what, v in (("on_value", on), ("off_value", off)) if v is not None}
    if dtype is not None:
        dtypes["the dtype parameter"] = to_np(dtype)
    if len({d for d in dtypes.values() if d is not None}) > 1:
        raise DTypeError("one_hot: " + ", ".join(f"{k} has dtype {d}" for k, d in dtypes.items())
                         + "; they must be one.")


@door
def one_hot(indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None):
    """One-hot vectors: `on_value` (1) at the index and `off_value` (0) elsewhere.

    Parameters
    ----------
    indices : integer tensor
        An index outside [0, depth) gives a vector of `off_value`.
    depth : int
    axis : int, optional
        Where the new dimension goes; the last place if not given.
    dtype : dtype, optional
        That of the given values; float32 if there are none.

    Notes
    -----
    Gradient: none.

    Examples
    --------
    >>> Session().run(one_hot([2, 0], depth=3))
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    if get_default_graph().literals == "tf" and isinstance(
            indices, np.ndarray) and indices.dtype.kind == "f":
        indices = indices.astype(np.int64)          # what TensorFlow does with an array
    check_rank(depth, 0, "the depth of one_hot")
    if axis is not None and get_default_graph().literals == "tf" and number_of(axis) < -1:
        raise ShapeError(f"one_hot: axis must be at least -1; got {axis!r:.60}.")
    value = next((v for v in (on_value, off_value) if v is not None), None)
    _check_values(on_value, off_value, dtype)
    if dtype is None:
        dtype = FLOAT32 if value is None else as_tensor(value)._dtype
    dtype = strong(to_np(dtype) if not isinstance(dtype, type) else dtype)
    on, off = (v if is_node(v) else array_of(d if v is None else v, dtype)
               for v, d in ((on_value, 1), (off_value, 0)))
    return _one_hot(indices, _size_number(depth), on, off,
                    axis=-1 if axis is None else number_of(axis), name=name)


__all__ = ["fill", "zeros", "ones", "range", "linspace", "lin_space", "meshgrid", "eye",
           "sequence_mask", "one_hot"]
