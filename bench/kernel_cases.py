"""Owns the kernels that micro and bench_kernels time one by one: symbol, operands, work done.

Operands follow fastgrad/_kernels/families.md. Kernels are called through the door that the
kernel tests use (tests/support/step.py), which costs about half a microsecond a call: micro
subtracts it, the suite uses sizes beside which it vanishes. One call runs on one thread, as a
kernel always does.
"""
import ctypes
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fastgrad import _kernels

DTYPES = {"f32": np.float32, "f64": np.float64}
MAP = "exp log expm1 log1p tanh sigmoid softplus sqrt rsqrt square abs neg relu".split()
MAP_GRAD = "relu_grad sigmoid_grad tanh_grad".split()
ZIP = "add sub mul div maximum add_s mul_s".split()
REDUCE = "sum_rows sum_cols max_rows max_cols argmax_rows argmax_cols".split()
ROWWISE = "softmax log_softmax".split()
ROWWISE_GRAD = "softmax_grad log_softmax_grad".split()
# (m, n, k, layout): C is (m, n), k is summed over; T marks an operand that is stored transposed.
# First what BLAS is made for, then where fastgrad has kernels of its own, each of which takes every
# product, so that all can be timed on all.
LARGE = ((64, 64, 64, "NN"), (128, 256, 784, "NN"), (784, 256, 128, "TN"), (128, 256, 256, "NT"),
         (512, 512, 512, "NN"), (1024, 1024, 1024, "NN"))
SMALL = ((100, 2, 2, "NN"), (2, 2, 100, "TN"), (32, 16, 16, "NN"), (16, 16, 32, "TN"),
         (32, 10, 32, "NN"), (1, 256, 784, "NN"), (128, 10, 256, "NN"), (20000, 2, 100, "NN"),
         (100, 2, 20000, "TN"))
OWN_PRODUCTS = ("gemm_tiles", "gemm_rows", "gemm_dots", "gemm_cols", "gemm_tiny")


@dataclass
class Case:
    """One call: elements count outputs or inputs, whichever are more; flops only for products."""

    symbol: str
    label: str
    arrays: list
    ext: tuple = ()
    par: tuple = ()
    aux: tuple = ()
    hi: int = 0
    flops: int = 0

    @property
    def elements(self):
        return max(a.size for a in self.arrays if a is not None)

    @property
    def nbytes(self):
        """Bytes of all operands: what a call must at least move when nothing is in cache."""
        return sum(a.nbytes for a in self.arrays if a is not None)

    def call(self):
        """A function of no arguments that runs the kernel over its whole range."""
        door = _door()
        step = door.make_step(self.symbol, self.arrays, self.ext, self.par, self.aux)
        function, reference, hi = door.KERNEL(step.fn), ctypes.byref(step), self.hi
        step.arrays = self.arrays   # a step alone holds bare pointers
        if function(reference, 0, hi) != 0:
            raise RuntimeError(f"{self.symbol} {self.label} stopped with an error code")
        return lambda: function(reference, 0, hi)


def _door():
    """tests/support/step.py, loaded by path: the name `tests` may belong to another package."""
    path = Path(__file__).resolve().parents[1] / "tests" / "step.py"
    spec = importlib.util.spec_from_file_location("fastgrad_kernel_door", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def random(shape, dtype):
    # Positive, so that log and sqrt stay on their ordinary path.
    return np.random.default_rng(0).uniform(0.1, 2.0, shape).astype(dtype)


def elementwise(stem, letters, n):
    dtype = DTYPES[letters]
    count = 2 if stem in MAP else 3
    arrays = [random(n, dtype) for _ in range(count)]
    if stem.endswith("_s"):
        arrays[2] = arrays[2][:1].copy()
    return Case(f"{stem}_{letters}", str(n), arrays, hi=n)


def reduction(stem, letters, n, width=64):
    rows, dtype = n // width, DTYPES[letters]
    by_row = stem.endswith("_rows")
    out = np.zeros(rows if by_row else width, np.int64 if stem.startswith("arg") else dtype)
    ext = (width,) if by_row else (1, rows, width)
    return Case(f"{stem}_{letters}", f"{rows}x{width}", [out, random((rows, width), dtype)],
                ext=ext, par=(1.0,), hi=out.size)


def rowwise(stem, letters, n, width=16):
    rows = n // width
    arrays = [random((rows, width), DTYPES[letters]) for _ in range(2 + stem.endswith("_grad"))]
    return Case(f"{stem}_{letters}", f"{rows}x{width}", arrays, ext=(width,), hi=rows)


def xent(letters, n, width=16):
    rows, dtype = n // width, DTYPES[letters]
    labels = np.eye(width, dtype=dtype)[np.arange(rows) % width]
    logits = random((rows, width), dtype)
    arrays = [np.empty(rows, dtype), np.empty_like(logits), logits, labels]
    return Case(f"xent_{letters}", f"{rows}x{width}", arrays, ext=(width,), par=(1.0,), hi=rows)


def sgd(letters, n):
    arrays = [random(n, DTYPES[letters]) for _ in range(2)]
    return Case(f"sgd_{letters}", str(n), arrays, par=(1e-6,), hi=n)


def transpose(letters, n):
    """A square transposed copy: the inner loop reads with the stride of a row."""
    side, dtype = int(n ** 0.5), np.dtype(DTYPES[letters])
    arrays = [random((side, side), dtype) for _ in range(2)]
    item = dtype.itemsize
    return Case(f"copy_{item}", f"{side}x{side}", arrays, ext=(side, item, side * item, 1),
                aux=((side,), (side * item,), (item,)), hi=side)


def product(letters, m, n, k, layout, stem="gemm"):
    dtype = DTYPES[letters]
    ta, tb = (int(letter == "T") for letter in layout)
    arrays = [np.zeros((m, n), dtype), random((k, m) if ta else (m, k), dtype),
              random((n, k) if tb else (k, n), dtype)]
    lda, ldb = arrays[1].shape[1], arrays[2].shape[1]
    return Case(f"{stem}_{letters}", f"{m}x{n}x{k} {layout}", arrays, par=(1.0, 0.0), hi=m,
                ext=(n, k, ta, tb, 0, lda, ldb, n), flops=2 * m * n * k)


def plans(letters, n):
    """(symbol, function that makes its case) of everything timed at n elements, products aside."""
    for stem in MAP + MAP_GRAD + ZIP:
        yield f"{stem}_{letters}", lambda stem=stem: elementwise(stem, letters, n)
    for stem in REDUCE:
        yield f"{stem}_{letters}", lambda stem=stem: reduction(stem, letters, n)
    for stem in ROWWISE + ROWWISE_GRAD:
        yield f"{stem}_{letters}", lambda stem=stem: rowwise(stem, letters, n)
    yield f"xent_{letters}", lambda: xent(letters, n)
    yield f"sgd_{letters}", lambda: sgd(letters, n)
    item = np.dtype(DTYPES[letters]).itemsize
    yield f"copy_{item}", lambda: transpose(letters, n)


def product_plans(letters):
    """The same for matrix products."""
    for sizes in LARGE + SMALL:
        for stem in ("gemm",) + (OWN_PRODUCTS if sizes in SMALL else OWN_PRODUCTS[:1]):
            yield f"{stem}_{letters}", lambda s=sizes, stem=stem: product(letters, *s, stem)


def built(plan):
    """The cases of a plan, one after the other, of those symbols that the build has."""
    known = _kernels.symbols()
    return (make() for symbol, make in plan if symbol in known)


def missing(letters):
    """Symbols named here that this build does not have: cases that no longer time anything."""
    known = _kernels.symbols()
    named = [symbol for symbol, _ in [*plans(letters, 1024), *product_plans(letters)]]
    return sorted(set(named) - set(known))
