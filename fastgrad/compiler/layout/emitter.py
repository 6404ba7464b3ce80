"""Lays out placed steps as the tuples that `_kernels.Program` takes, one function a kernel family.

The layouts are those of `_kernels/families.md`. Python decides here which symbol runs, on which
operands, over which range; a step whose kernel does not exist for its dtype becomes a
NumPy step that calls the op's `ref`, and `explain()` marks it.
"""

import numpy as np

from fastgrad.errors import ComputeError
from fastgrad.wording import where
from fastgrad.autodiff.user_ops import compute_gradient_values
from fastgrad.compiler.ir import const_value
from fastgrad.graph.reference import twin
from fastgrad.graph.shapes import normal_axes, size_of

# by the dtype itself: `dtype.name` takes NumPy a microsecond to put together
LETTERS = {np.dtype(name): text for name, text in (
    ("float32", "f32"), ("float64", "f64"), ("int32", "i32"), ("int64", "i64"), ("uint8", "u8"),
    ("bool", "b1"))}


class Kernel:
    """One kernel call of a plan, before it becomes a tuple.

    Attributes
    ----------
    symbol : str, or None for a NumPy step
    values : list of (Value or None), outputs first
    count : int
        The range is [0, count).
    writes : int
        How many of `values` are written.
    parts : list of Kernel
        The steps of a strip; empty for any other kernel.
    call : callable(outs, ins), or None
        What a NumPy step runs.
    foreign : bool
        Whether that is the user's code, and no operation's reference.
    """

    __slots__ = ("step", "symbol", "values", "offsets", "ext", "par", "aux", "count", "call",
                 "foreign", "writes", "parts", "parallel", "grain", "barrier")

    def __init__(self, step, symbol, values, count, ext=(), par=(), aux=None, offsets=None):
        self.step, self.symbol, self.values, self.count = step, symbol, values, count
        self.ext, self.par, self.aux, self.offsets = ext, par, aux, offsets
        self.call, self.parts, self.foreign = None, (), False
        pair = symbol is not None and step.opdef.form in ("xent", "xent_grad")
        self.writes = 2 if pair else max(1, len(step.outs))
        self.parallel, self.grain, self.barrier = False, 1, False     # set by `partition`

    @property
    def across(self):
        """Whether it is a product whose range is columns of C, not rows."""
        return self.symbol is not None and "_across_" in self.symbol


class Emitter:
    """Turns steps into Kernels.

    Parameters
    ----------
    symbols : dict symbol -> address
    choose_gemm : callable(m, n, k, ta, tb, dtype) -> (symbol stem, whether threads take columns)
    """

    def __init__(self, symbols, choose_gemm):
        self.symbols = symbols
        self.choose_gemm = choose_gemm

    def emit(self, step):
        """The kernels of one step; none for a view or an empty result."""
        if step.opdef.view is not None:
            return []
        form = FORMS.get(step.opdef.form)
        if not any(v.size for v in step.outs) and step.opdef.form != "python":
            return []
        found = form(self, step) if form is not None else None
        if found is None or any(k.symbol not in self.symbols for k in found):
            return [self.numpy_step(step)]
        return found

    def numpy_step(self, step):
        """A Kernel that runs the op's NumPy reference with the interpreter's lock."""
        if step.fused:
            raise AssertionError(f"no kernel for fused step {step!r}")
        kernel = Kernel(step, None, [*step.outs, *_read(step)], 1)
        kernel.call, kernel.foreign = _reference_call(step), step.opdef.form == "python"
        return kernel


def letter(dtype):
    return LETTERS.get(dtype) or dtype.name


def _read(step):
    return [v for v in step.inputs if v.kind != "ghost"]


def _reference_call(step):
    """callable(outs, ins) around the NumPy twin; ghosts become arrays of their shape."""
    opdef, inputs = step.opdef, step.inputs
    if step.opdef.form == "python":
        return _gradient_call(step)
    if opdef.ref is None and opdef.draw is None:
        raise ComputeError(f"{where(step.op)}: no kernel and no NumPy reference.", step.op)
    ghosts = [np.broadcast_to(np.zeros((), v.dtype), v.shape) if v.kind == "ghost" else None
              for v in inputs]
    function = twin(opdef, step.attrs, step.attrs.get("_generator"))
    several = len(step.outs) > 1

    def call(outs, ins):
        real = iter(ins)
        args = [next(real) if g is None else g for g in ghosts]
        with np.errstate(all="ignore"):
            found = function(*args)
        for out, value in zip(outs, found if several else (found,)):
            out[...] = value
    return call


def _gradient_call(step):
    """The gradient of a user's operation, whose rule works on arrays."""
    op, rule = step.op.get_attr("op"), step.attrs["rule"]

    def call(outs, ins):
        for out, value in zip(outs, compute_gradient_values(ins, op, rule)):
            out[...] = value
    return call


# ---- elementwise ------------------------------------------------------------------------

def _map(e, s):
    x = s.inputs[0]
    return [Kernel(s, f"{s.opdef.kernel}_{letter(x.dtype)}", [s.out, x], s.out.size,
                   par=_parameters(s))]


def _parameters(s):
    return (float(s.attrs["alpha"]),) if "alpha" in s.attrs else ()


def _map_grad(e, s):
    saved, dy = s.inputs
    if saved.shape != s.out.shape or dy.shape != s.out.shape:
        return None
    return [Kernel(s, f"{s.opdef.kernel}_{letter(dy.dtype)}", [s.out, saved, dy], s.out.size,
                   par=_parameters(s))]


def _zip(e, s, out=None):
    a, b = s.inputs
    out = s.out if out is None else out
    return [_zip_kernel(s, s.opdef.kernel, out, a, b)]


def one_element(value):
    """Whether a value is one number, however often it repeats."""
    return value.size == 1 or value.splat is not None


def _single(value):
    """A repeated number as a constant of one element."""
    if value.splat is None or value.size == 1:
        return value
    return const_value(value.const[(0,) * value.const.ndim][...])


def moves_within_rows(value, out):
    """Whether each element along the last dimension of `out` that has several is another one."""
    last = max(i for i, n in enumerate(out.shape) if n != 1)
    return strides_in(value.shape, out.shape)[last] != 0


def _zip_kernel(s, stem, out, a, b):
    kind, single = letter(a.dtype), (_single(a), _single(b))
    # A kernel repeats one side only along the last dimension: a repeated number stays an array
    # where the other side is a column.
    if out.size == 1 or any(v.size > 1 and moves_within_rows(v, out) for v in single):
        a, b = single
    if a.size == b.size == out.size:         # shapes may differ by dimensions of 1
        return Kernel(s, f"{stem}_{kind}", [out, a, b], out.size)
    if b.size == 1 and a.size == out.size:
        return Kernel(s, f"{stem}_s_{kind}", [out, a, b], out.size)
    if a.size == 1 and b.size == out.size:
        return Kernel(s, f"{stem}_rs_{kind}", [out, a, b], out.size)
    shape, (sa, sb) = collapse(out.shape, [strides_in(a.shape, out.shape),
                                           strides_in(b.shape, out.shape)])
    return Kernel(s, f"{stem}_nd_{kind}", [out, a, b], size_of(shape[:-1]),
                  ext=(shape[-1], sa[-1], sb[-1], len(shape) - 1),
                  aux=shape[:-1] + sa[:-1] + sb[:-1])


def strides_in(shape, full):
    """Element strides of a contiguous array of `shape` broadcast to `full` (0 where repeated)."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(0 if n == 1 else step)
        step *= n
    strides += [0] * (len(full) - len(shape))
    return tuple(reversed(strides))


def collapse(shape, operands):
    """Merge neighbouring dimensions that every operand walks alike; at least one is left."""
    dims = [i for i, n in enumerate(shape) if n != 1] or [len(shape) - 1]
    kept = [[shape[dims[0]], [s[dims[0]] for s in operands]]] if shape else [[1, [0] * 2]]
    for i in dims[1:]:
        n, inner = shape[i], [s[i] for s in operands]
        if all(outer == step * n for outer, step in zip(kept[-1][1], inner)):
            kept[-1] = [kept[-1][0] * n, inner]
        else:
            kept.append([n, inner])
    return (tuple(k[0] for k in kept),
            [tuple(k[1][j] for k in kept) for j in range(len(operands))])


def _select(e, s):
    c, a, b = s.inputs
    if not (c.shape == a.shape == b.shape == s.out.shape) or c.dtype != np.bool_:
        return None
    return [Kernel(s, f"select_{letter(a.dtype)}", [s.out, c, a, b], s.out.size)]


# ---- reductions -------------------------------------------------------------------------

def blocks(shape, axes):
    """(outer, reduced, inner) sizes of a reduction over neighbouring axes."""
    first, last = axes[0], axes[-1]
    return size_of(shape[:first]), size_of(shape[first:last + 1]), size_of(shape[last + 1:])


def _reduce(e, s):
    x = s.inputs[0]
    axes = normal_axes(s.attrs["axis"], len(x.shape))
    o, r, i = blocks(x.shape, axes) if axes else (x.size, 1, 1)
    return [_reduce_kernel(s, s.opdef.kernel, x, o, r, i,
                           1.0 / r if s.type == "reduce_mean" and r else 1.0)]


def _reduce_kernel(s, stem, x, o, r, i, scale=None):
    par = () if scale is None else (scale,)
    if s.type == "reduce_mean" and r == 0:
        par = (float("nan"),)
    if i == 1:
        return Kernel(s, f"{stem}_rows_{letter(x.dtype)}", [s.out, x], o, ext=(r,), par=par)
    return Kernel(s, f"{stem}_cols_{letter(x.dtype)}", [s.out, x], i, ext=(o, r, i), par=par)


def _arg(e, s):
    x = s.inputs[0]
    axis, = normal_axes(s.attrs["axis"], len(x.shape))
    if not x.shape[axis]:
        return None                                  # there is no place to give: NumPy says so
    return [_reduce_kernel(s, s.opdef.kernel, x, *blocks(x.shape, (axis,)))]


def _scan(e, s):
    x = s.inputs[0]
    axis, = normal_axes(s.attrs["axis"], len(x.shape))
    o, r, i = blocks(x.shape, (axis,))
    return [Kernel(s, f"{s.opdef.kernel}_{letter(x.dtype)}", [s.out, *s.inputs], o,
                   ext=(r, i, int(s.attrs["exclusive"]), int(s.attrs["reverse"]),
                        int(s.attrs.get("cut", False))))]


# ---- rows -------------------------------------------------------------------------------

def _rowwise(e, s):
    if any(v.shape != s.out.shape for v in s.inputs):
        return None
    n = s.out.shape[-1]
    return [Kernel(s, f"{s.opdef.kernel}_{letter(s.out.dtype)}", [s.out, *s.inputs],
                   s.out.size // n, ext=(n,))]


def _xent(e, s):
    """The loss of each row, and its gradient if fusion has joined that."""
    z, c = s.inputs[:2]
    n = z.shape[-1]
    dz, scale = (s.outs[1], s.inputs[2]) if len(s.outs) > 1 else (None, None)
    return [_xent_kernel(s, s.outs[0], dz, z, c, scale, n)]


def _xent_grad(e, s):
    z, c, scale = s.inputs
    return [_xent_kernel(s, None, s.out, z, c, scale, z.shape[-1])]


def _xent_kernel(s, loss, dz, z, c, scale, n):
    par = ()
    if scale is not None and scale.splat is not None:
        par, scale = (float(scale.splat),), None
    return Kernel(s, f"xent_{letter(z.dtype)}", [loss, dz, z, c, scale],
                  z.size // n if n else 0, ext=(n, int(s.attrs["plain"])), par=par)


# ---- movement ---------------------------------------------------------------------------

def _strided_copy(s, out, x, shape, out_strides, in_strides, offsets=None):
    """A copy with element strides on both sides; offsets are (out, in) in elements."""
    item = x.dtype.itemsize
    shape, (sy, sx) = collapse(shape, [out_strides, in_strides])
    sy, sx = tuple(d * item for d in sy), tuple(d * item for d in sx)
    return Kernel(s, f"copy_{item}", [out, x], size_of(shape[:-1]),
                  ext=(shape[-1], sy[-1], sx[-1], len(shape) - 1),
                  aux=shape[:-1] + sy[:-1] + sx[:-1],
                  offsets=offsets and tuple(o * item for o in offsets))


def _contiguous(shape):
    """Element strides of a C-ordered array."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))


def _transpose(e, s):
    x, perm = s.inputs[0], s.attrs["perm"]
    perm = tuple(range(len(x.shape)))[::-1] if perm is None else perm
    strides = _contiguous(x.shape)
    return [_strided_copy(s, s.out, x, s.out.shape, _contiguous(s.out.shape),
                          tuple(strides[p] for p in perm))]


def _broadcast(e, s):
    x = s.inputs[0]
    return [_strided_copy(s, s.out, x, s.out.shape, _contiguous(s.out.shape),
                          strides_in(x.shape, s.out.shape))]


def _concat(e, s):
    axis, = normal_axes(s.attrs["axis"], len(s.out.shape))
    strides, at, found = _contiguous(s.out.shape), 0, []
    for x in s.inputs:
        if x.size:
            found.append(_strided_copy(s, s.out, x, x.shape, strides, _contiguous(x.shape),
                                       (at * strides[axis], 0)))
        at += x.shape[axis]
    return found


def _concat_piece(e, s):
    dy = s.inputs[0]
    axis, = normal_axes(s.attrs["axis"], len(dy.shape))
    strides = _contiguous(dy.shape)
    start = sum(v.shape[axis] for v in s.inputs[1:1 + s.attrs["index"]])
    return [_strided_copy(s, s.out, dy, s.out.shape, _contiguous(s.out.shape), strides,
                          (0, start * strides[axis]))]


def _cast(e, s):
    x = s.inputs[0]
    if x.dtype == s.out.dtype:
        return [move(s, s.out, x)]
    return [Kernel(s, f"cast_{letter(x.dtype)}_{letter(s.out.dtype)}", [s.out, x], s.out.size)]


def move(s, out, x):
    """A plain copy of equal layouts."""
    return Kernel(s, "move", [out, x], out.size, ext=(out.dtype.itemsize,))


def _move(e, s):
    return [move(s, s.out, s.inputs[0])]


# ---- updates ----------------------------------------------------------------------------

def _assign(e, s):
    return [move(s, s.out, s.inputs[1])]


def _assign_zip(e, s):
    ref, value = s.inputs
    return [_zip_kernel(s, s.opdef.kernel, s.out, ref, value)]


def _update(e, s):
    """An optimizer's update: written operands, gradient, (indices), rate, other parameters."""
    if s.opdef.kernel is None:
        return None
    names = s.opdef.tensors
    named = dict(zip(names, s.inputs))
    rows = "indices" in named
    w, g, lr = s.inputs[0], named.pop("values" if rows else "grad"), named.pop("lr")
    written = [named.pop(n) for n in names[:s.opdef.outputs]]
    index = [named.pop("indices")] if rows else []
    par, rest = [], []
    for number in (lr, *named.values()):
        scalar = number.const is not None and number.size == 1
        par.append(float(number.const.reshape(-1)[0]) if scalar else 0.0)
        rest.append(None if scalar else number)
    par = par[:2 if "momentum" in named else 1]
    ext = (int(s.attrs["use_nesterov"]),) if "use_nesterov" in s.attrs else ()
    stem, count = s.opdef.kernel, w.size
    if rows:
        count = index[0].size
        stem += f"_{letter(index[0].dtype)}"
        ext = (count, w.size // max(1, w.shape[0]), w.shape[0], *ext)
    return [Kernel(s, f"{stem}_{letter(w.dtype)}", [*written, g, *index, *rest], count,
                   ext=ext, par=tuple(par))]


FORMS = {"map": _map, "map_grad": _map_grad, "zip": _zip, "select": _select, "reduce": _reduce,
         "arg": _arg, "scan": _scan, "rowwise": _rowwise, "xent": _xent, "xent_grad": _xent_grad,
         "transpose": _transpose, "broadcast": _broadcast, "concat": _concat,
         "concat_piece": _concat_piece, "cast": _cast, "move": _move, "assign": _assign,
         "assign_zip": _assign_zip, "update": _update}


def form(name):
    """Register the function below for steps of this form."""
    def register(fn):
        FORMS[name] = fn
        return fn
    return register


__all__ = ["Emitter", "Kernel", "form", "letter", "move", "one_element"]
