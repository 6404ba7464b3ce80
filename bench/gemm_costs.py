"""`python -m bench.gemm_costs`: fit the costs that choose_gemm estimates times from.

Owns: the timing of small products on every kernel, and the fit. Random shapes of up to
choose.SMALL multiplications, log-uniform sides from 1 to 512, half of them with a narrow C; forward
products with a bias (NN), gradients of inputs (NT), gradients of weights as updates (TN). Costs
are those that are not negative and have the least squares of relative errors (Lawson and Hanson's
NNLS, from SciPy). A third of the shapes is kept from the fit and tells what the choice loses.

Run it once for each CPU level, with nothing else running:
    python -m bench.gemm_costs > v4.txt
    FASTGRAD_CPU_LEVEL=v3 FASTGRAD_BLAS_CORE=Haswell python -m bench.gemm_costs > v3.txt
"""
import argparse
import math
import pprint
import time

import numpy as np

from bench.kernel_cases import DTYPES, product
from fastgrad import _kernels
from fastgrad._kernels import choose
from fastgrad._kernels.program import Program

WAYS = {"NN": dict(bias=True), "NT": {}, "TN": dict(alpha=-1e-3, beta=1.0)}
NARROW = (1, 2, 3, 4, 5, 8, 10, 12, 16)
EVERY = (32, 32, 32)    # a shape for which every stem is a candidate
RUN_NS = 15_000         # of products that a timed run makes


def product_time(stem, dtype, m, n, k, way, bias=False, alpha=1.0, beta=0.0, repeat=7):
    """ns of a product: a Program of many steps, divided by their number."""
    case = product(dtype, m, n, k, way, stem)
    arrays = [*case.arrays, np.zeros(n, DTYPES[dtype])]
    operands = ((1, 0), (2, 0), (3, 0), (4, 0) if bias else None)
    step = (_kernels.address(case.symbol), operands, case.ext, (alpha, beta), None, 0, case.hi, 1,
            False, False)
    copies = max(3, int(RUN_NS / max(30, m * n * k / 20)))
    program = Program([step] * copies, 0, arrays, [], [])
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        program.run([])
        times.append(time.perf_counter() - start)
    return min(times) / copies * 1e9


def random_shape(rng):
    while True:
        m, n, k = (round(2 ** rng.uniform(0, 9)) for _ in range(3))
        if rng.random() < 0.5:
            n = int(rng.choice(NARROW))
        if m * n * k <= choose.SMALL:
            return m, n, k


def measure(rng, count, way, dtype):
    """[(shape, {stem: ns})]"""
    stems = ["gemm_tiny", *choose.candidates(*EVERY, way, _kernels.level, True)]
    found = []
    for _ in range(count):
        shape = random_shape(rng)
        found.append((shape, {stem: product_time(stem, dtype, *shape, way, **WAYS[way])
                              for stem in stems}))
    return found


def fit(measured, way, dtype):
    """{stem: costs} from shapes for which the stem is a candidate."""
    from scipy.optimize import nnls

    costs = {}
    for stem in choose.candidates(*EVERY, way, _kernels.level, True):
        rows = [(choose.counts(stem, *shape, way, dtype, _kernels.level), times[stem])
                for shape, times in measured
                if stem in choose.candidates(*shape, way, _kernels.level, True)]
        counted, times = np.array([r[0] for r in rows], float), np.array([r[1] for r in rows])
        scale = counted.max(0) + 1e-9
        found, _ = nnls(counted / scale / times[:, None], np.ones(len(times)))
        costs[stem] = tuple(float(f"{c:.3g}") for c in found / scale)
    return costs


def loss(measured, way, dtype):
    """Geometric mean and largest of (time of the choice / time of the fastest way)."""
    logs = []
    for (m, n, k), times in measured:
        stem = choose.choose_gemm(m, n, k, way[0] == "T", way[1] == "T", dtype, _kernels.level)
        logs.append(math.log(times[stem] / min(times.values())))
    return math.exp(np.mean(logs)), math.exp(max(logs))


def main():
    parser = argparse.ArgumentParser(prog="python -m bench.gemm_costs", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", type=int, default=600, help="of each way and dtype")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    rng, level = np.random.default_rng(chosen.seed), _kernels.level
    for way in WAYS:
        for dtype in choose.ITEM:
            measured = measure(rng, chosen.shapes, way, dtype)
            kept, used = measured[::3], [m for i, m in enumerate(measured) if i % 3]
            before = loss(kept, way, dtype) if (level, way, dtype) in choose.COSTS else None
            choose.COSTS[level, way, dtype] = fit(used, way, dtype)
            after = loss(kept, way, dtype)
            print(f"    # loses {after[0] - 1:.1%} on average, {after[1]:.2f} times at most"
                  + (f"; with the costs before {before[0] - 1:.1%}" if before else ""))
            print(f"    ({level!r}, {way!r}, {dtype!r}):", end=" ")
            text = pprint.pformat(choose.COSTS[level, way, dtype], width=90, sort_dicts=False)
            print(text.replace("\n", "\n        ") + ",", flush=True)


if __name__ == "__main__":
    main()
