"""Owns one peer's process: builds a workload, checks it against NumPy, times batches of steps.

Started by file path, under any Python from 3.7 on, as `worker.py PEER` (a conversation: one JSON
object a line on standard input, one JSON answer a line on standard output) or `worker.py PEER
--cold WORKLOAD STEPS` (imports, builds, steps, exits). Requests: {"do": "hello"}, {"do":
"build", "workload": {...}}, {"do": "time", "seconds": s}, {"do": "drop"}.

Decisions
- Steps are timed in blocks of about 0.2 ms, so that reading the clock (about 0.1 us) does not
  count against a peer whose step takes 2 us. A sample is one block's time over its number of
  steps.
- Each batch begins with untimed steps: other peers ran meanwhile and the caches are theirs.
- The garbage collector stays on, as it is for users.
"""
import importlib
import json
import os
import sys
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BLOCK = 200e-6
CHECKED_STEPS = 4
# Largest accepted distance from NumPy's result, relative to the size of what the steps changed.
TOLERANCE = {"float32": 1e-2, "float64": 1e-7}


def load_peer(name):
    """The peer's module. The repository is searched last: an installed fastgrad wins."""
    sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != os.path.join(ROOT, "bench")]
    sys.path.append(ROOT)
    return importlib.import_module("bench.peers.%s_peer" % name)


def distance(mine, reference, start):
    """Worst distance of arrays, relative to how far the reference moved from the start."""
    import numpy as np

    worst = 0.0
    for a, b, s in zip(mine, reference, start):
        a = np.asarray(a, dtype="float64")
        if a.shape != b.shape:
            return float("inf")
        moved = float(np.linalg.norm(b.astype("float64") - s))
        gap = float(np.linalg.norm(a - b)) / max(moved, 1e-30)
        worst = max(worst, gap if gap == gap else float("inf"))
    return worst


def check(job, workload):
    """Take a few steps on both sides; compare weights, or probabilities if nothing trains."""
    from bench.peers import numpy_peer
    from bench.sequences import Judge, Sequence
    from bench.sequences import make_weights as weights_of_sequence
    from bench.workloads import make_weights

    if isinstance(workload, Sequence):
        make_weights = weights_of_sequence
        judge = Judge(workload, getattr(job, "reset_after", False))
    else:
        judge = numpy_peer.build(workload)
    for _ in range(CHECKED_STEPS):
        answer, right = job.step(), judge.step()
    if workload.trains:
        return distance(job.weights(), judge.weights(), make_weights(workload))
    return distance([answer], [right], [0.0])


def finite(job, workload):
    import numpy as np

    arrays = job.weights() if workload.trains else [job.step()]
    return all(bool(np.isfinite(np.asarray(a)).all()) for a in arrays)


class Worker:
    def __init__(self, name):
        self.peer = load_peer(name)
        self.workload = self.job = None

    def hello(self, request):
        return {"versions": self.peer.versions(), "python": sys.version.split()[0]}

    def build(self, request):
        from bench.peers import Unsupported
        from bench.workloads import made

        self.workload = made(request["workload"])
        try:
            self.job = self.peer.build(self.workload)
        except Unsupported as reason:
            return {"unsupported": str(reason)}
        gap = check(self.job, self.workload)
        return {"distance": gap, "agrees": gap <= TOLERANCE[self.workload.dtype]}

    def time(self, request):
        step, clock = self.job.step, time.perf_counter
        budget = request["seconds"]
        begin, count = clock(), 0
        while count < 2 or clock() - begin < 0.2 * budget:
            step()
            count += 1
        block = max(1, int(BLOCK * count / (clock() - begin)))
        samples, begin = [], clock()
        while len(samples) < request["least"] or clock() - begin < budget:
            start = clock()
            for _ in range(block):
                step()
            samples.append((clock() - start) / block)
        samples.sort()
        return {"median": samples[len(samples) // 2], "best": samples[0],
                "steps": block * len(samples)}

    def drop(self, request):
        answer = {"finite": finite(self.job, self.workload)}
        self.job = None
        return answer


def converse(name, replies):
    """Answer requests until the input ends; a failure is an answer too."""
    try:
        worker = Worker(name)
    except Exception as error:
        return send(replies, {"error": "%s: %s" % (type(error).__name__, error)})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(worker, request["do"])(request)
        except Exception as error:
            traceback.print_exc()   # to the log, for whoever wants more than one line
            answer = {"error": "%s: %s" % (type(error).__name__, error)}
        send(replies, answer)


def send(replies, answer):
    replies.write(json.dumps(answer) + "\n")
    replies.flush()


def cold(name, workload, steps):
    peer = load_peer(name)
    from bench.workloads import made

    job = peer.build(made(json.loads(workload)))
    for _ in range(steps):
        job.step()


def main(arguments):
    if "--cold" in arguments:
        return cold(arguments[0], arguments[2], int(arguments[3]))
    # Libraries print to standard output as they please; the conversation gets a channel of its own.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    converse(arguments[0], replies)


if __name__ == "__main__":
    main(sys.argv[1:])
