"""What this machine can do at most, measured once when a profile first asks.

Two figures a thread count: the rate of a large product, by BLAS or by our own tiles (GFLOP/s,
float32 and float64), and of a copy that no cache holds (GB/s, bytes read and written).
`Plan.profile` gives each step's share of the nearer of the two. They come from our own kernels
through our own threads, so a share says how far a step is from what this library reaches
elsewhere, not from a data sheet. `plan`, the only user of the kernels, hands them in as
`kernels`.
"""

import numpy as np

PRODUCT = 768                   # m = n = k: large enough to be at the top, about 10 ms
COPY_BYTES = 1 << 26            # 64 MB, beyond any cache
_measured = {}                  # threads -> (GFLOP/s f32, GFLOP/s f64, GB/s)
_again = set()                  # threads that were measured twice


def measured(kernels, threads):
    """(float32 GFLOP/s, float64 GFLOP/s, GB/s) with that many threads."""
    if threads not in _measured:
        _measured[threads] = _measure(kernels, threads)
    return _measured[threads]


def _measure(kernels, threads):
    flops = 2.0 * PRODUCT ** 3
    return (flops / _product(kernels, "f32", threads) * 1e-9,
            flops / _product(kernels, "f64", threads) * 1e-9,
            2.0 * COPY_BYTES / _copy(kernels, threads) * 1e-9)


def measure_again(kernels, threads):
    """Measure once more and keep the better figures, once a thread count."""
    if threads not in _again:
        _again.add(threads)
        _measured[threads] = tuple(map(max, measured(kernels, threads),
                                       _measure(kernels, threads)))


def shares(kernels, flops, moved, seconds, itemsize, threads):
    """Shares of the peak that a step reaches, of arithmetic and of memory."""
    f32, f64, gb = measured(kernels, threads)
    seconds = max(seconds, 1e-12)
    return (flops / seconds * 1e-9 / (f64 if itemsize == 8 else f32),
            moved / seconds * 1e-9 / gb)


def _product(kernels, kind, threads):
    n = PRODUCT
    a = np.full((n, n), 0.5, np.float32 if kind == "f32" else np.float64)
    return min(_fastest(kernels, (
        kernels.address(f"{stem}_{kind}"), ((1, 0), (2, 0), (3, 0), None),
        (n, n, 0, 0, 0, n, n, n), (1.0, 0.0), None, 0, n, 1, 1, 0),
        [a.copy(), a, a], threads) for stem in ("gemm", "gemm_tiles"))


def _copy(kernels, threads):
    source = np.zeros(COPY_BYTES, np.uint8)
    step = (kernels.address("move"), ((1, 0), (2, 0)), (1,), (), None, 0, COPY_BYTES, 64, 1, 0)
    return _fastest(kernels, step, [np.ones_like(source), source], threads)


def _fastest(kernels, step, arrays, threads):
    program = kernels.Program([step], 0, arrays, [], [], num_threads=threads, blas=True)
    return float(program.profile([], 5)[0])
