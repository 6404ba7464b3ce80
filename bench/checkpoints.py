"""How fast checkpoints of 400 MB are saved and read, from the page cache and without fsync.

    python -m bench.checkpoints [MEGABYTES]

Prints GB/s by wall time and by this process's own CPU time, the best of five each.
"""

import os
import sys
import tempfile
import time

import numpy as np

import fastgrad as fg
from fastgrad.io.checkpoint import open_checkpoint


def best(what, size, call):
    """Time a call and print its rates."""
    walls, owns = [], []
    for _ in range(5):
        wall, own = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        owns.append(time.process_time() - own)
    print(f"{what:28} {size / min(walls) / 1e9:6.2f} GB/s wall {size / min(owns) / 1e9:6.2f} CPU")


def main(megabytes=400):
    os.fsync = lambda number: None              # the disk is not what is measured
    count = max(megabytes // 16, 1)
    for i in range(count):
        fg.Variable(np.random.rand(1000, 4000).astype(np.float32), name=f"v{i}")
    session, saver, size = fg.Session(), fg.train.Saver(max_to_keep=2), count * 16_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = saver.save(session, folder + "/m")
        steps = iter(range(100))
        best("save", size, lambda: saver.save(session, folder + "/n", next(steps)))
        best("save in another's place", size, lambda: saver.save(session, folder + "/m"))
        best("restore", size, lambda: saver.restore(session, path))
        best("load_checkpoint, all tensors", size, lambda: dict(open_checkpoint(path)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
