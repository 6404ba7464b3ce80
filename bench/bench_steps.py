"""pytest-benchmark suite: a step of each workload through fastgrad, beside hand-written NumPy; fit.

For the comparison with other libraries run `python -m bench`: each needs a process of its own.
"""
import numpy as np
import pytest

pytest.importorskip("fastgrad")

from bench.peers import fastgrad_peer, numpy_peer
from bench.worker import TOLERANCE, check
from bench.workloads import WORKLOADS

PEERS = {"fastgrad": fastgrad_peer, "numpy": numpy_peer}


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("name", WORKLOADS)
def bench_step(benchmark, name, peer):
    workload = WORKLOADS[name]
    job = PEERS[peer].build(workload)
    assert check(job, workload) <= TOLERANCE[workload.dtype]
    benchmark.group = name
    benchmark(job.step)
    benchmark.extra_info["gflops"] = workload.flops / benchmark.stats.stats.median / 1e9


FIT_STEPS, FIT_BATCHES = 1600, 16


@pytest.mark.parametrize("rows", ["one batch", "in order", "shuffled", "shuffled, a rest"])
@pytest.mark.parametrize("name", ["perceptron_seed", "mlp_seed", "moons", "digits"])
def bench_fit(benchmark, name, rows):
    """Session.fit by minibatches; us_per_step is to be compared with bench_step's time."""
    workload = WORKLOADS[name]
    job = fastgrad_peer.build(workload)
    many = 1 if rows == "one batch" else FIT_BATCHES
    x, c = (np.tile(array, (many, 1)) for array in job.data)
    if "rest" in rows:
        x, c = x[:-workload.batch // 2], c[:-workload.batch // 2]
    epochs = FIT_STEPS // many
    benchmark.group = f"{name}, {FIT_STEPS} steps of fit"
    benchmark(lambda: job.session.fit(job.train, {job.x: x, job.c: c}, batch_size=workload.batch,
                                      epochs=epochs, shuffle="shuffled" in rows, seed=0,
                                      progress=False))
    benchmark.extra_info["us_per_step"] = benchmark.stats.stats.median / FIT_STEPS * 1e6
