"""Rules that lower elementwise, indexing and loss ops to ones that kernels know.

They belong to the group `lower` of `rewrite`, so they are always on. An op stands here when no
kernel does the whole of it, but some steps that have kernels do.
"""

import numpy as np

from fastgrad.compiler.ir import Value, const_value, ghost, number_value, repeated
from fastgrad.linalg.diagonal import band_mask
from fastgrad.ops.shape import dims_of
from fastgrad.ops.pad import mirror_index
from fastgrad.graph.opdef import OPS
from fastgrad.compiler.rewrite import int_array, reshaped, rule
from fastgrad.compiler.size import same, symbolic
from fastgrad.graph.shapes import normal_axes


@rule("lower", "div")
def _div(b, s):
    return b.step("divide" if s.out.dtype.kind == "f" else "floordiv", *s.inputs)


@rule("lower", "realdiv")
def _realdiv(b, s):
    return b.step("divide", *s.inputs)


@rule("lower", "rint")
def _rint(b, s):
    return b.step("round", *s.inputs)


@rule("lower", "matrix_transpose")
def _matrix_transpose(b, s):
    rank = len(s.out.shape)
    return b.step("transpose", *s.inputs, perm=tuple(range(rank - 2)) + (rank - 1, rank - 2))


@rule("lower", "pack")
def _pack(b, s):
    axis, = normal_axes(s.attrs["axis"], len(s.out.shape))
    slab = s.out.shape[:axis] + (1,) + s.out.shape[axis + 1:]
    return b.step("concat", *[reshaped(b, v, slab) for v in s.inputs], axis=axis)


@rule("lower", "diag")
def _diag(b, s):
    x = s.inputs[0]
    return reshaped(b, b.step("matrix_diag", reshaped(b, x, (x.size,))), s.out.shape)


@rule("lower", "diag_part")
def _diag_part(b, s):
    x, n = s.inputs[0], s.out.size
    return reshaped(b, b.step("matrix_diag_part", reshaped(b, x, (n, n))), s.out.shape)


@rule("lower", "matrix_band_part")
def _band(b, s):
    x, at = s.inputs[0], s.attrs
    mask = band_mask(*x.shape[-2:], int(at["num_lower"]), int(at["num_upper"]))
    return b.step("where", const_value(np.broadcast_to(mask, x.shape)), x,
                  repeated(x.dtype.type(0), x.shape))


@rule("lower", "slice")
def _slice(b, s):
    x = s.inputs[0]
    begin = dims_of(s.attrs["begin"])
    bounds = [v for start, n in zip(begin, s.out.shape) for v in (start, start + n, 1)]
    return b.step("strided_slice", x, const_value(int_array(bounds)),
                  spec=("s",) * len(begin))


@rule("lower", "range")
def _counted(b, s):
    """A range of a length that changes counts up; one whose length is known is a constant."""
    if not symbolic(s.out.shape) or s.out.dtype.name not in ("int32", "int64"):
        return None
    start, delta = (np.asarray(s.attrs[k]).item() for k in ("start", "delta"))
    one = s.out.dtype.type(1)
    count = b.step("cumsum", repeated(one, s.out.shape), axis=0, exclusive=True, reverse=False)
    steps = b.step("multiply", count, const_value(np.asarray(s.out.dtype.type(delta))))
    return b.step("add", steps, number_value(start, s.out.dtype))


@rule("lower", "tile")
def _tile(b, s):
    """Each dimension becomes (times, size), repeated along times."""
    x, times = s.inputs[0], dims_of(s.attrs["multiples"])
    apart = tuple(d for n in x.shape for d in (1, n))
    full = tuple(d for t, n in zip(times, x.shape) for d in (t, n))
    wide = b.step("broadcast_to", reshaped(b, x, apart), const_value(int_array(full)))
    return reshaped(b, wide, s.out.shape)


@rule("lower", "tile_grad")
def _tile_grad(b, s):
    """Each dimension becomes (times, size), summed along times."""
    dy, like = s.inputs
    times = dims_of(s.attrs["multiples"])
    pairs = tuple(n for pair in zip(times, like.shape) for n in pair)
    repeated = tuple(2 * i for i, t in enumerate(times) if t != 1)
    total = reshaped(b, dy, pairs)
    if repeated:
        total = b.step("reduce_sum", total, axis=repeated, keepdims=False)
    return reshaped(b, total, s.out.shape)


@rule("lower", "mirror_pad")
def _mirror(b, s):
    x = s.inputs[0]
    for axis, widths in enumerate(s.attrs["paddings"]):
        if widths.any():
            index = mirror_index(x.shape[axis], widths, s.attrs["mode"])
            x = b.step("gather", x, const_value(index.astype(np.int64)), axis=axis)
    return x


@rule("lower", "mirror_pad_grad")
def _mirror_grad(b, s):
    dy, like = s.inputs
    for axis, widths in enumerate(s.attrs["paddings"]):
        if widths.any():
            index = mirror_index(like.shape[axis], widths, s.attrs["mode"])
            shape = dy.shape[:axis] + (like.shape[axis],) + dy.shape[axis + 1:]
            dy = b.step("gather_grad", dy, ghost(Value(shape, dy.dtype)),
                        const_value(index.astype(np.int64)), axis=axis)
    return dy


@rule("lower", "gather", "gather_grad")
def _gather_first(b, s):
    """A lookup along another dimension: that dimension is brought to the front and back."""
    table = s.inputs[0] if s.type == "gather" else s.inputs[1]
    index = s.inputs[1] if s.type == "gather" else s.inputs[2]
    axis, = normal_axes(s.attrs["axis"], len(table.shape))
    if index.dtype.name not in ("int32", "int64"):
        index = b.convert(index, np.dtype(np.int64))
        return b.step(s.type, *s.inputs[:-1], index, axis=axis)
    if axis == 0:
        return None
    rank, k = len(table.shape), len(index.shape)
    if s.type == "gather":
        x = b.step("transpose", table, perm=_to_front(range(axis, axis + 1), rank))
        rows = b.step("gather", x, index, axis=0)
        return b.step("transpose", rows, perm=_from_front(range(axis, axis + k), rank + k - 1))
    dy = b.step("transpose", s.inputs[0],
                perm=_to_front(range(axis, axis + k), rank + k - 1))
    shape = (table.shape[axis],) + table.shape[:axis] + table.shape[axis + 1:]
    dx = b.step("gather_grad", dy, ghost(Value(shape, dy.dtype)), index, axis=0)
    return b.step("transpose", dx, perm=_from_front(range(axis, axis + 1), rank))


def _to_front(axes, rank):
    return tuple(axes) + tuple(i for i in range(rank) if i not in axes)


def _from_front(axes, rank):
    return tuple(int(i) for i in np.argsort(_to_front(axes, rank)))


@rule("lower", "unsorted_segment_sum")
def _segment_sum(b, s):
    """Negative ids are left out: they go to one more row before the others, which is cut off."""
    data, ids = s.inputs
    count = s.out.shape[0]
    if ids.dtype.name not in ("int32", "int64"):
        ids = b.convert(ids, np.dtype(np.int64))
    data = reshaped(b, data, (ids.size,) + data.shape[len(ids.shape):])
    ids = reshaped(b, ids, (ids.size,))
    rest = data.shape[1:]
    one, none = (repeated(ids.dtype.type(n), ids.shape) for n in (1, -1))
    rows = b.step("add", b.step("maximum", ids, none), one)
    sums = b.step("gather_grad", data, ghost(Value((count + 1,) + rest, data.dtype)), rows,
                   axis=0, _first=1)
    bounds = int_array((1, count + 1, 1))
    return b.step("strided_slice", sums, const_value(bounds), spec=("s",))


@rule("lower", "select", "where")
def _choose(b, s):
    """The kernel takes three arrays of one shape."""
    condition, x, y = s.inputs
    if condition.dtype != np.bool_:
        return None
    if s.type == "select" and len(condition.shape) == 1 and len(x.shape) > 1:
        condition = reshaped(b, condition, condition.shape + (1,) * (len(x.shape) - 1))
    full = const_value(int_array(s.out.shape))
    parts = [v if same(v.shape, s.out.shape) else b.step("broadcast_to", v, full)
             for v in (condition, x, y)]
    if s.type == "where" and all(p is v for p, v in zip(parts, s.inputs)):
        return None
    return b.step("where", *parts)


@rule("lower", "one_hot")
def _one_hot_last(b, s):
    rank = len(s.out.shape)
    axis, = normal_axes(s.attrs["axis"], rank)
    indices, on, off = s.inputs
    if indices.dtype.name not in ("int32", "int64"):
        indices = b.convert(indices, np.dtype(np.int64))
    elif axis == rank - 1:
        return None
    depth = const_value(np.array(int(np.asarray(s.attrs["depth"]).item()), np.int64))
    last = b.step("one_hot", indices, depth, on, off, axis=-1)
    perm = tuple(i for i in range(rank - 1))
    return b.step("transpose", last, perm=perm[:axis] + (rank - 1,) + perm[axis:])


@rule("lower", "strided_slice")
def _whole_slice(b, s):
    """A slice that takes everything is a view."""
    x = s.inputs[0]
    if same(x.size, s.out.size) and all(
            part in ("n", "...", "i") or step > 0
            for part, step in zip(s.attrs["spec"], _steps(s.attrs["spec"], s.attrs["bounds"]))):
        return reshaped(b, x, s.out.shape)


def _steps(spec, bounds):
    """The step of each part that is a slice, 1 for the others."""
    numbers = [int(v) for v in np.asarray(bounds).reshape(-1)]
    for part in spec:
        count = 1 if part == "i" else 3 if part[0] == "s" else 0
        taken, numbers = numbers[:count], numbers[count:]
        yield taken[2] if count == 3 else 1


@rule("lower", "add_n")
def _sum_in_turn(b, s):
    total = s.inputs[0]
    for v in s.inputs[1:]:
        total = b.step("add", total, v)
    return total


@rule("lower", "sigmoid_xent")
def _sigmoid_xent(b, s):
    """max(z, 0) - z y + softplus(-|z|)"""
    z, y = s.inputs
    soft = b.step("softplus", b.step("negative", b.step("abs", z)))
    return b.step("add", b.step("subtract", b.step("relu", z), b.step("multiply", z, y)), soft)


@rule("lower", "sparse_softmax_xent_grad")
def _scaled_after(b, s):
    """The kernel takes one scale for all rows; a scale a row is multiplied on afterwards."""
    z, labels, dy = s.inputs
    if dy.size == 1 or dy.splat is not None:
        return None
    one = const_value(z.dtype.type(1)[...].reshape((1,) * len(z.shape)))
    return b.step("multiply", b.step("sparse_softmax_xent_grad", z, labels, one), dy)


@rule("lower", "div_no_nan")
def _no_nan(b, s):
    """where(y == 0, 0, x / y)"""
    x, y = s.inputs
    full = const_value(int_array(s.out.shape))
    x, y = (v if same(v.shape, s.out.shape) else b.step("broadcast_to", v, full)
            for v in (x, y))
    zero = repeated(y.dtype.type(0), y.shape)
    return b.step("where", b.step("equal", y, zero), zero, b.step("divide", x, y))


@rule("lower", "argmax", "argmin")
def _narrow_place(b, s):
    if s.out.dtype != np.int64:
        return b.convert(b.step(s.type, *s.inputs, axis=s.attrs["axis"]), s.out.dtype)


@rule("lower", "in_top_k")
def _in_top_k(b, s):
    """Compare each row with its target's own value and count; a target outside counts as not in."""
    x, targets = s.inputs
    if x.dtype.kind != "f" or targets.dtype.name not in ("int32", "int64") or not x.size:
        return None

    def number(value):
        return repeated(targets.dtype.type(value), targets.shape)
    inside = b.step("logical_and", b.step("greater_equal", targets, number(0)),
                    b.step("less", targets, number(x.shape[1])))
    own = b.step("take_label", x, b.step("where", inside, targets, number(0)))
    above = b.step("greater", x, reshaped(b, own, own.shape + (1,)))
    count = b.step("reduce_sum", b.convert(above, np.dtype(np.int32)), axis=(1,))
    k = repeated(np.int32(int(s.attrs["k"])), count.shape)
    finite = b.step("reduce_all", b.step("is_finite", x), axis=(1,))
    return b.step("logical_and", b.step("logical_and", inside, b.step("less", count, k)), finite)


# ---- updates of rows --------------------------------------------------------------------

@rule("lower", "apply_momentum_rows", "apply_adagrad_rows", "apply_adadelta_rows",
      "apply_rms_prop_rows", "apply_centered_rms_prop_rows", "apply_ftrl_rows",
      "apply_proximal_gradient_descent_rows", "apply_proximal_adagrad_rows")
def _each_row_once(b, s):
    """Sum equal rows first: the kernels take no row twice. Before all updates if that can be."""
    *others, index, rows = s.inputs
    if (index.type == "merge_rows" or index.dtype not in (np.int32, np.int64)
            or rows.dtype not in (np.float32, np.float64) or index.size > MOST_MERGED):
        return None
    distinct, sums, _ = b.build(OPS["merge_rows"], [index, rows], {"rows": others[0].shape[0]})
    return b.build(s.opdef, [*others, distinct, sums], s.attrs)


MOST_MERGED = 2**28         # the kernel's table holds 32-bit places
