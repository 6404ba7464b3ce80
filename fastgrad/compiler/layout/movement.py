"""Layouts of families that move values as they are: fills, copies with strides, joins and pieces.

A piece is a copy with strides on one side; where the rest of the result is one number, a fill goes
before it.
"""

from fastgrad.compiler import costs, shares
from fastgrad.compiler.families import family
from fastgrad.compiler.layout.emitter import Kernel, letter
from fastgrad.compiler.layout.strides import collapse, contiguous, strides_in
from fastgrad.graph.shapes import normal_axes, size_of
from fastgrad.ops.slice import extent, slices_of, spread


HUGE = 1 << 31


def move(s, out, x):
    """A plain copy of equal layouts."""
    return Kernel(s, "move", [out, x], out.size, ext=(out.dtype.itemsize,))


def copy(s, out, x, shape, out_strides, in_strides, offsets=None):
    """A copy with element strides on both sides; offsets are (out, in) in elements."""
    item = x.dtype.itemsize
    shape, (sy, sx) = collapse(shape, [out_strides, in_strides])
    sy, sx = tuple(d * item for d in sy), tuple(d * item for d in sx)
    return Kernel(s, f"copy_{item}", [out, x], size_of(shape[:-1]),
                  ext=(shape[-1], sy[-1], sx[-1], len(shape) - 1),
                  aux=shape[:-1] + sy[:-1] + sx[:-1],
                  offsets=offsets and tuple(o * item for o in offsets), writes=1)


def fill(s, out, number):
    """All elements become one number."""
    return Kernel(s, f"fill_{letter(out.dtype)}", [out], out.size, par=(float(number),), writes=1)


@family("move", kernels=("move",), keeps_numbers=True, flops=costs.nothing)
def _move(e, s):
    return [move(s, s.out, s.inputs[0])]


@family("fill", kernels=("fill",), flops=costs.nothing)
def _fill(e, s):
    number = s.attrs.get("number")
    if number is None:
        number = 0 if s.type == "zeros_like" else 1
    return [fill(s, s.out, number)]


# ---- the whole of an array --------------------------------------------------------------

@family("transpose", kernels=("copy_1", "copy_2", "copy_4", "copy_8", "copy_16"),
        keeps_numbers=True, share=shares.by_range, flops=costs.nothing)
def _transpose(e, s):
    x, perm = s.inputs[0], s.attrs["perm"]
    perm = tuple(range(len(x.shape)))[::-1] if perm is None else perm
    strides = contiguous(x.shape)
    return [copy(s, s.out, x, s.out.shape, contiguous(s.out.shape),
                 tuple(strides[p] for p in perm))]


@family("broadcast", kernels=(), keeps_numbers=True, share=shares.by_range,
        flops=costs.nothing)
def _broadcast(e, s):
    x = s.inputs[0]
    return [copy(s, s.out, x, s.out.shape, contiguous(s.out.shape),
                 strides_in(x.shape, s.out.shape))]


@family("reverse", kernels=(), keeps_numbers=True, flops=costs.nothing)
def _reverse(e, s):
    x = s.inputs[0]
    axes = normal_axes(s.attrs["axis"], len(x.shape)) if s.attrs["axis"] else ()
    strides = contiguous(x.shape)
    offset = sum((x.shape[a] - 1) * strides[a] for a in axes)
    turned = tuple(-d if i in axes else d for i, d in enumerate(strides))
    return [copy(s, s.out, x, x.shape, strides, turned, (0, offset))]


# ---- joins and their parts --------------------------------------------------------------

@family("concat", kernels=(), flops=costs.nothing)
def _concat(e, s):
    axis, = normal_axes(s.attrs["axis"], len(s.out.shape))
    strides, at, copies = contiguous(s.out.shape), 0, []
    for x in s.inputs:
        if x.size:
            copies.append(copy(s, s.out, x, x.shape, strides, contiguous(x.shape),
                               (at * strides[axis], 0)))
        at += x.shape[axis]
    return copies


@family("concat_piece", kernels=(), flops=costs.nothing)
def _concat_piece(e, s):
    dy = s.inputs[0]
    axis, = normal_axes(s.attrs["axis"], len(dy.shape))
    strides = contiguous(dy.shape)
    start = sum(v.shape[axis] for v in s.inputs[1:1 + s.attrs["index"]])
    return [copy(s, s.out, dy, s.out.shape, contiguous(s.out.shape), strides,
                 (0, start * strides[axis]))]


@family("split", kernels=(), flops=costs.nothing)
def _split(e, s):
    x = s.inputs[0]
    axis, = normal_axes(s.attrs["axis"], len(x.shape))
    strides, at, copies = contiguous(x.shape), 0, []
    for out in s.outs:
        if out.size:
            copies.append(copy(s, out, x, out.shape, contiguous(out.shape), strides,
                               (0, at * strides[axis])))
        at += out.shape[axis]
    return copies


@family("unpack", kernels=(), flops=costs.nothing)
def _unpack(e, s):
    x = s.inputs[0]
    axis, = normal_axes(s.attrs["axis"], len(x.shape))
    strides = contiguous(x.shape)
    rest = strides[:axis] + strides[axis + 1:]
    return [copy(s, out, x, out.shape, contiguous(out.shape), rest, (0, i * strides[axis]))
            for i, out in enumerate(s.outs)]


# ---- slices and padding -----------------------------------------------------------------

def view_of(shape, spec, bounds):
    """(offset, shape, strides) in elements of the part of a contiguous array that a slice takes."""
    numbers = iter(slices_of(tuple(p for p in spec if p not in ("n", "...")), bounds))
    offset, taken, steps = 0, [], []
    dims = iter(zip(shape, contiguous(shape)))
    for part in spread(spec, len(shape)):
        if part == "n":
            taken.append(1)
            steps.append(0)
            continue
        n, stride = next(dims)
        index = slice(None) if part == ":" else next(numbers)
        if isinstance(index, slice):
            start, step, length = extent(index, n)
            taken.append(length)
            # a step may be huge, where it leads nowhere
            steps.append(stride * step if abs(step) < HUGE or length > 1 else stride)
            offset += start * stride
        else:
            offset += (index + n if index < 0 else index) * stride
    return offset, tuple(taken), tuple(steps)


@family("slice", kernels=(), keeps_numbers=True, flops=costs.nothing)
def _slice(e, s):
    x = s.inputs[0]
    offset, shape, strides = view_of(x.shape, s.attrs["spec"], s.attrs["bounds"])
    return [copy(s, s.out, x, shape, contiguous(shape), strides, (0, offset))]


@family("slice_grad", kernels=(), flops=costs.nothing)
def _slice_grad(e, s):
    dy = s.inputs[0]
    kernels = [fill(s, s.out, 0)]
    if dy.size:
        offset, shape, strides = view_of(s.out.shape, s.attrs["spec"], s.attrs["bounds"])
        kernels.append(copy(s, s.out, dy, shape, strides, contiguous(shape), (offset, 0)))
    return kernels


@family("pad", kernels=(), flops=costs.nothing)
def _pad(e, s):
    x, number = s.inputs[0], s.attrs["value"]
    if x.dtype.kind not in "fb" and abs(int(number)) > 2**53:
        return None                     # a parameter is a double
    kernels = [fill(s, s.out, number)]
    if x.size:
        strides = contiguous(s.out.shape)
        offset = sum(int(w[0]) * d for w, d in zip(s.attrs["paddings"], strides))
        kernels.append(copy(s, s.out, x, x.shape, strides, contiguous(x.shape), (offset, 0)))
    return kernels


# ---- diagonals --------------------------------------------------------------------------

@family("diag", kernels=(), flops=costs.nothing)
def _diag(e, s):
    x, n = s.inputs[0], s.out.shape[-1]
    flat, out = (x.size // n, n), (n * n, n + 1)
    return [fill(s, s.out, 0), copy(s, s.out, x, flat, out, (n, 1), (0, 0))]


@family("diag_part", kernels=(), flops=costs.nothing)
def _diag_part(e, s):
    x, n = s.inputs[0], s.out.shape[-1]
    rows, columns = x.shape[-2:]
    return [copy(s, s.out, x, (s.out.size // n, n), (n, 1), (rows * columns, columns + 1), (0, 0))]
