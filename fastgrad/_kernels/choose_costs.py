"""ns that each way to make a small product takes for what choose.py counts; see there.

Written by `python -m bench.gemm_costs`, one thread of a 4 GHz Zen 5, OpenBLAS 0.3.34. Only their
ratios matter.
"""

COSTS = {
}
