"""Lays out placed steps as the tuples that `_kernels.Program` takes.

Owns Kernel and Emitter. A layout function decides which symbol runs, on which operands, over which
range; they are in the other files of this folder, one a kernel family, and fill Steps by the
rules of `_kernels/families.md`. A step whose kernel does not exist for its dtype becomes a
NumPy step that calls the op's `ref`, and `explain()` marks it.
"""

import numpy as np

from fastgrad.errors import ComputeError
from fastgrad.wording import where
from fastgrad.autodiff.user_ops import compute_gradient_values
from fastgrad.compiler import families
from fastgrad.compiler.families import family
from fastgrad.compiler.size import at, sizes_in
from fastgrad.graph.reference import twin

# by the dtype itself: `dtype.name` takes NumPy a microsecond to put together
LETTERS = {np.dtype(name): text for name, text in (
    ("float32", "f32"), ("float64", "f64"), ("int32", "i32"), ("int64", "i64"), ("uint8", "u8"),
    ("bool", "b1"))}
INDEX_DTYPES = ("int32", "int64")
OWN = frozenset("loop branch push pop put take gain".split())   # what a Program does itself


class Kernel:
    """One kernel call of a plan, before it becomes a tuple.

    Attributes
    ----------
    symbol : str, or None for a NumPy step
    family : Family, that of its step unless another is given
    values : list of (Value or None), outputs first
    count : int
        The range is [0, count).
    writes : int
        How many of `values` are written; as many as the step has outputs unless given.
    across : bool
        Whether it is a product whose range is columns of C, not rows.
    parts : list of Kernel
        The steps of a strip; empty for any other kernel.
    blocks : tuple of lists of Kernel
        Of a step that holds blocks; empty for any other kernel.
    choice : (Size, limits, symbols), or None
        Which symbol runs at which size, in place of the one that is right for the hint.
    call : callable(outs, ins), or None
        What a NumPy step runs.
    foreign : bool
        Whether that is the user's code, and no operation's reference.
    """

    __slots__ = ("step", "symbol", "choice", "family", "values", "offsets", "ext", "par", "aux",
                 "count", "across", "call", "foreign", "writes", "parts", "blocks", "parallel",
                 "grain",
                 "barrier")

    def __init__(self, step, symbol, values, count, ext=(), par=(), aux=None, offsets=None,
                 writes=None, across=False, family=None):
        self.step, self.symbol, self.values, self.count = step, symbol, values, count
        self.ext, self.par, self.aux, self.offsets = ext, par, aux, offsets
        self.family = families.of(step.opdef) if family is None else family
        self.writes = max(1, len(step.outs)) if writes is None else writes
        self.call, self.parts, self.foreign, self.across = None, (), False, across
        self.blocks = ()
        self.choice = None
        self.parallel, self.grain, self.barrier = False, 1, False     # set by `partition`

    @property
    def operands(self):
        """What it reads and writes of the plan's values: `values` without gaps and scratch."""
        return [v for v in self.values if v is not None and v.kind != "scratch"]

    @property
    def piece_bytes(self):
        """Bytes of scratch that each thread has, its last operand; 0: it needs none."""
        scratch = self.step.scratch
        return scratch.shape[1] if scratch is not None and self.values[-1] is scratch else 0


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
        self.choices = {}           # of products whose sizes change; see `products`

    def emit(self, step):
        """The kernels of one step; none for a view or an empty result."""
        if step.opdef.view is not None:
            return []
        facts = families.of(step.opdef)
        if not any(v.size for v in step.outs) and not (facts.foreign or facts.acts):
            return []
        kernels = facts.layout(self, step) if facts.layout is not None else None
        if kernels is None or not all(map(self._has, kernels)):
            return [self.numpy_step(step)]
        return kernels

    def _has(self, k):
        """Whether there is a symbol for a kernel, at any size."""
        return k.symbol in OWN or k.symbol in self.symbols and (
            k.choice is None or self.symbols.keys() >= {*k.choice[2]})

    def numpy_step(self, step):
        """A Kernel that runs the op's NumPy reference with the interpreter's lock."""
        if step.fused:
            raise AssertionError(f"no kernel for fused step {step!r}")
        kernel = Kernel(step, None, [*step.outs, *_read(step)], 1)
        kernel.foreign = kernel.family.foreign
        kernel.call = _gradient_call(step) if kernel.foreign else _reference_call(step)
        return kernel


def letter(dtype):
    """What a symbol says of a dtype; a name that no symbol has, if no kernel knows it."""
    return LETTERS.get(dtype) or dtype.name


def _read(step):
    return [v for v in step.inputs if v.kind != "ghost"]


def _reference_call(step):
    """callable(outs, ins) around the NumPy twin; ghosts become arrays of their shape."""
    opdef, inputs = step.opdef, step.inputs
    if opdef.ref is None and opdef.draw is None:
        raise ComputeError(f"{where(step.op)}: no kernel and no NumPy reference.", step.op)
    shapes = [v.shape if v.kind == "ghost" else None for v in inputs]
    several, generator = len(step.outs) > 1, step.attrs.get("_generator")

    def made(attrs, shapes):
        return twin(opdef, attrs, generator), [
            None if s is None else np.broadcast_to(np.zeros((), v.dtype), s)
            for s, v in zip(shapes, inputs)]
    sizes = sizes_in([step.attrs, *shapes])
    fixed = made(step.attrs, shapes) if sizes is None else None

    def call(outs, ins):
        function, ghosts = fixed or made(*at((step.attrs, shapes), sizes.present))
        real = iter(ins)
        args = [next(real) if g is None else g for g in ghosts]
        with np.errstate(all="ignore"):
            results = function(*args)
        for out, value in zip(outs, results if several else (results,)):
            out[...] = value
    return call


def _gradient_call(step):
    """The gradient of a user's operation, whose rule works on arrays."""
    op, rule = step.op.get_attr("op"), step.attrs["rule"]

    def call(outs, ins):
        for out, value in zip(outs, compute_gradient_values(ins, op, rule)):
            out[...] = value
    return call


# ---- families without a layout ----------------------------------------------------------

family(None)(None)                                          # NumPy runs them
family("matmul", "pack", "segment_sum", kernels=())(None)       # rules make other steps of them
family("sum_to", "unreduce", "broadcast_like", kernels=(), folds_in_parts=True)(None)
family("python", kernels=(), foreign=True)(None)            # gradients of the user's operations
