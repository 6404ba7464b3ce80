"""Layouts of steps that follow indices or cut pieces: gather, one_hot, slices, padding, diagonals.

They join the table of `emitter` when this file is imported. A piece is a copy with strides on one
side; where the rest of the result is one number, a fill goes before it.
"""

from fastgrad.compiler.layout.emitter import Kernel, _contiguous, _strided_copy, form, letter
from fastgrad.compiler.ir import Value
from fastgrad.ops.slice import slices_of, spread
from fastgrad.compiler.place import Storage
from fastgrad.graph.shapes import normal_axes, size_of

INDEX_LETTERS = ("int32", "int64")


def _one(kernel):
    """The kernel, of whose operands only the first is written."""
    kernel.writes = 1
    return kernel


def _fill_kernel(s, out, number):
    return _one(Kernel(s, f"fill_{letter(out.dtype)}", [out], out.size, par=(float(number),)))


def _exact(number, dtype):
    """Whether a parameter, which is a double, can hold the number."""
    return dtype.kind in "fb" or abs(int(number)) <= 2**53


# ---- one number -------------------------------------------------------------------------

@form("fill")
def _fill(e, s):
    number = s.attrs.get("number")
    if number is None:
        number = 0 if s.type == "zeros_like" else 1
    return [_fill_kernel(s, s.out, number)]


# ---- lookups ----------------------------------------------------------------------------

@form("gather")
def _gather(e, s):
    x, index = s.inputs
    if index.dtype.name not in INDEX_LETTERS:
        return None
    row = size_of(x.shape[1:]) * x.dtype.itemsize
    return [_one(Kernel(s, f"gather_{letter(index.dtype)}", [s.out, x, index], index.size,
                        ext=(row, x.shape[0])))]


@form("gather_grad")
def _gather_grad(e, s):
    dy, _, index = s.inputs
    if index.dtype.name not in INDEX_LETTERS:
        return None
    row = size_of(s.out.shape[1:])
    return [_one(Kernel(s, f"scatter_add_{letter(index.dtype)}_{letter(dy.dtype)}",
                        [s.out, dy, index], row, ext=(index.size, row, s.out.shape[0])))]


@form("take_label")
def _take_label(e, s):
    x, label = s.inputs
    return [_one(Kernel(s, f"take_label_{letter(label.dtype)}_{letter(x.dtype)}",
                        [s.out, x, label], s.out.size, ext=(x.shape[-1],)))]


@form("one_hot")
def _one_hot(e, s):
    index, on, off = s.inputs
    if on.const is None or off.const is None or index.dtype.name not in INDEX_LETTERS:
        return None
    par = (float(on.const), float(off.const))
    return [_one(Kernel(s, f"one_hot_{letter(index.dtype)}_{letter(s.out.dtype)}",
                        [s.out, index], index.size, ext=(s.out.shape[-1],), par=par))]


# ---- slices -----------------------------------------------------------------------------

def view_of(shape, spec, bounds):
    """(offset, shape, strides) in elements of the part of a contiguous array that a slice takes."""
    numbers = iter(slices_of(tuple(p for p in spec if p not in ("n", "...")), bounds))
    offset, taken, steps = 0, [], []
    dims = iter(zip(shape, _contiguous(shape)))
    for part in spread(spec, len(shape)):
        if part == "n":
            taken.append(1)
            steps.append(0)
            continue
        n, stride = next(dims)
        index = slice(None) if part == ":" else next(numbers)
        if isinstance(index, slice):
            start, stop, step = index.indices(n)
            taken.append(len(range(start, stop, step)))
            steps.append(stride * step if taken[-1] > 1 else stride)     # a step may be huge
            offset += start * stride
        else:
            offset += (index + n if index < 0 else index) * stride
    return offset, tuple(taken), tuple(steps)


@form("slice")
def _slice(e, s):
    x = s.inputs[0]
    offset, shape, strides = view_of(x.shape, s.attrs["spec"], s.attrs["bounds"])
    return [_one(_strided_copy(s, s.out, x, shape, _contiguous(shape), strides, (0, offset)))]


@form("slice_grad")
def _slice_grad(e, s):
    dy = s.inputs[0]
    found = [_fill_kernel(s, s.out, 0)]
    if dy.size:
        offset, shape, strides = view_of(s.out.shape, s.attrs["spec"], s.attrs["bounds"])
        found.append(_one(_strided_copy(s, s.out, dy, shape, strides, _contiguous(shape),
                                        (offset, 0))))
    return found


@form("pad")
def _pad(e, s):
    x, number = s.inputs[0], s.attrs["value"]
    if not _exact(number, x.dtype):
        return None
    found = [_fill_kernel(s, s.out, number)]
    if x.size:
        strides = _contiguous(s.out.shape)
        offset = sum(int(w[0]) * d for w, d in zip(s.attrs["paddings"], strides))
        found.append(_one(_strided_copy(s, s.out, x, x.shape, strides, _contiguous(x.shape),
                                        (offset, 0))))
    return found


@form("reverse")
def _reverse(e, s):
    x = s.inputs[0]
    axes = normal_axes(s.attrs["axis"], len(x.shape)) if s.attrs["axis"] else ()
    strides = _contiguous(x.shape)
    offset = sum((x.shape[a] - 1) * strides[a] for a in axes)
    turned = tuple(-d if i in axes else d for i, d in enumerate(strides))
    return [_one(_strided_copy(s, s.out, x, x.shape, strides, turned, (0, offset)))]


@form("split")
def _split(e, s):
    x = s.inputs[0]
    axis, = normal_axes(s.attrs["axis"], len(x.shape))
    strides, at, found = _contiguous(x.shape), 0, []
    for out in s.outs:
        if out.size:
            found.append(_one(_strided_copy(s, out, x, out.shape, _contiguous(out.shape), strides,
                                            (0, at * strides[axis]))))
        at += out.shape[axis]
    return found


@form("unpack")
def _unpack(e, s):
    x = s.inputs[0]
    axis, = normal_axes(s.attrs["axis"], len(x.shape))
    strides = _contiguous(x.shape)
    rest = strides[:axis] + strides[axis + 1:]
    return [_one(_strided_copy(s, out, x, out.shape, _contiguous(out.shape), rest,
                               (0, i * strides[axis]))) for i, out in enumerate(s.outs)]


# ---- diagonals --------------------------------------------------------------------------

@form("diag")
def _diag(e, s):
    x, n = s.inputs[0], s.out.shape[-1]
    flat, out = (x.size // n, n), (n * n, n + 1)
    return [_fill_kernel(s, s.out, 0),
            _one(_strided_copy(s, s.out, x, flat, out, (n, 1), (0, 0)))]


@form("diag_part")
def _diag_part(e, s):
    x, n = s.inputs[0], s.out.shape[-1]
    rows, columns = x.shape[-2:]
    return [_one(_strided_copy(s, s.out, x, (s.out.size // n, n), (n, 1),
                               (rows * columns, columns + 1), (0, 0)))]



# ---- draws ------------------------------------------------------------------------------

@form("random")
def _random(e, s):
    """The draw, then a step that counts the run; None for draws that NumPy makes."""
    if s.opdef.kernel is None:
        return None
    stream = s.attrs["_generator"]
    state = Value(stream.state.shape, stream.state.dtype, "stream", source=stream)
    state.storage = Storage("stream", stream.state.nbytes, stream)
    values, par = [s.out, state], ()
    if s.opdef.kernel == "dropout_mask":
        rate = s.inputs[-1]
        if rate.size != 1 or rate.dtype != s.out.dtype:
            return None
        known = rate.const is not None
        values, par = values + [None if known else rate], (_number_of(rate) if known else 0.0,)
    return [_one(Kernel(s, f"{s.opdef.kernel}_{letter(s.out.dtype)}", values, s.out.size, par=par)),
            _one(Kernel(s, "stream_advance", [state], 1))]


def _number_of(value):
    return float(value.const.reshape(-1)[0])


# ---- rows of a table --------------------------------------------------------------------

@form("merge_rows")
def _merge_rows(e, s):
    index, rows = s.inputs
    if index.dtype.name not in INDEX_LETTERS:
        return None
    kept, _, table = s.outs
    ext = (index.size, rows.size // max(1, index.size), s.attrs["rows"], table.size)
    return [Kernel(s, f"merge_rows_{letter(index.dtype)}_{letter(rows.dtype)}",
                   [*s.outs, index, rows], 1, ext=ext)]


# ---- cross-entropy against a class ------------------------------------------------------

@form("sparse_xent")
def _sparse_xent(e, s):
    """The loss of each row, and its gradient if fusion has joined that."""
    z, label = s.inputs[:2]
    dz, scale = (s.outs[1], s.inputs[2]) if len(s.outs) > 1 else (None, None)
    return _sparse_kernel(s, s.outs[0], dz, z, label, scale)


@form("sparse_xent_grad")
def _sparse_xent_grad(e, s):
    z, label, scale = s.inputs
    return _sparse_kernel(s, None, s.out, z, label, scale)


def _sparse_kernel(s, loss, dz, z, label, scale):
    if label.dtype.name not in INDEX_LETTERS:
        return None
    par = ()
    if scale is not None and scale.splat is not None:
        par, scale = (float(scale.splat),), None
    n = z.shape[-1]
    kernel = Kernel(s, f"sparse_xent_{letter(label.dtype)}_{letter(z.dtype)}",
                    [loss, dz, z, label, scale], z.size // n if n else 0, ext=(n,), par=par)
    kernel.writes = 2
    return [kernel]
