"""A coverage-guided fuzzer of Session.run: random graphs, feeds, dtypes, layouts and updates.

Not collected by pytest. Needs atheris, which follows the branches of the package's Python code:

    python tests/support/fuzz_run.py -max_total_time=600 [folder of earlier inputs]

An input is a program of one byte an operation. Whatever it asks for, a run may end in an error that
fastgrad has worded, or in an answer of the dtypes and shapes that the plan gives with every pass
left out (whether numbers are right is test_fuzz.py's question); anything else is a finding, which
atheris writes to a file that is replayed by naming it instead of the folder.
"""

import pathlib
import sys

import atheris
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
with atheris.instrument_imports(include=["fastgrad"]):
    import fastgrad as fg
    from fastgrad import errors
    from fastgrad.compiler import plan
    from fastgrad.runtime import session as session_module

DTYPES = ["float32", "float64", "int32", "int64", "uint8", "bool", "float16", None]
DIMS = [0, 1, 2, 3, 5, 17]
UNARY = ["abs", "exp", "log", "tanh", "square", "sqrt", "sign", "negative", "reduce_sum",
         "reduce_max", "reduce_mean", "argmax", "transpose", "identity", "zeros_like", "rank",
         "shape", "sigmoid", "floor", "cumsum"]
BINARY = ["add", "subtract", "multiply", "divide", "maximum", "matmul", "less", "equal", "pow",
          "gather", "reshape", "squared_difference", "floordiv", "mod"]
# what a user's mistake may end in: fastgrad's words, and NumPy's and Python's for sizes and types
WORDED = (errors.FastgradError, errors.OpError, ValueError, TypeError, MemoryError, OverflowError,
          ZeroDivisionError)


def array(data):
    """An array of any dtype, shape and layout."""
    dtype = np.dtype(data.PickValueInList(DTYPES) or "float64")
    shape = [data.PickValueInList(DIMS) for _ in range(data.ConsumeIntInRange(0, 3))]
    size = int(np.prod(shape))
    raw = data.ConsumeBytes(min(size, 32) * dtype.itemsize).ljust(size * dtype.itemsize, b"\x01")
    if dtype == bool:  # noqa: E721  (a dtype equals its type)
        raw = bytes(b & 1 for b in raw)
    found = np.frombuffer(raw, dtype).reshape(shape)
    layout = data.ConsumeIntInRange(0, 7)
    if layout == 1:
        found = found[::-1] if found.ndim else found
    elif layout == 2:
        found = np.asfortranarray(found)
    elif layout == 3:
        found = found.astype(dtype.newbyteorder(">"))
    elif layout == 4:
        found = np.frombuffer(b"\0" + raw, np.uint8)[1:].view(dtype).reshape(shape)
    return found


class Program:
    """A graph made of bytes, with its feeds."""

    def __init__(self, data):
        self.data, self.feeds, self.nodes, self.updates = data, {}, [], []
        for _ in range(data.ConsumeIntInRange(1, 3)):
            self.source()
        for _ in range(data.ConsumeIntInRange(1, 12)):
            try:
                self.operation()
            except WORDED:
                pass

    def source(self):
        data, value = self.data, array(self.data)
        if data.ConsumeBool():
            self.nodes.append(fg.Variable(value))
            return
        shape = [d if data.ConsumeBool() else None for d in value.shape]
        x = fg.placeholder(data.PickValueInList(DTYPES), data.PickValueInList([None, shape]))
        self.feeds[x] = value
        self.nodes.append(x)

    def operation(self):
        data, kind = self.data, self.data.ConsumeIntInRange(0, 9)
        x, y = data.PickValueInList(self.nodes), data.PickValueInList(self.nodes)
        if kind < 4:
            self.nodes.append(getattr(fg, data.PickValueInList(UNARY))(x))
        elif kind < 8:
            self.nodes.append(getattr(fg, data.PickValueInList(BINARY))(x, y))
        elif kind == 8:
            self.nodes += [g for g in fg.gradients(fg.reduce_sum(x), [y]) if g is not None]
        elif isinstance(x, fg.Variable):
            self.updates.append(data.PickValueInList([x.assign, x.assign_add, x.assign_sub])(y))


def outcome(nodes, feeds, variables, first):
    """(results, final values) of two runs in a new session, or the error's class."""
    for v, value in zip(variables, first):
        v.load(value)
    session = fg.Session(num_threads=2)
    try:
        for _ in range(2):
            found = session.run(nodes, feeds)
    except WORDED as e:
        return type(e), [v.value for v in variables]
    found = [part for r in found for part in (r if isinstance(r, tuple) else (r,))]  # IndexedSlices
    return found, [v.value for v in variables]


def one_input(raw):
    data = atheris.FuzzedDataProvider(raw)
    with fg.Graph().as_default() as graph, np.errstate(all="ignore"):
        program = Program(data)
        variables = graph.variables
        first = [v.value for v in variables]
        nodes = [*program.nodes[-4:], *program.updates]
        fast = outcome(nodes, program.feeds, variables, first)
        compile_plan = session_module.compile
        session_module.compile = lambda *a, **k: compile_plan(*a, off=frozenset(plan.PASSES), **k)
        try:
            slow = outcome(nodes, program.feeds, variables, first)
        finally:
            session_module.compile = compile_plan
    for a, b in ((fast[0], slow[0]), (fast[1], slow[1])):
        assert isinstance(a, type) == isinstance(b, type), (a, b)
        if not isinstance(a, type):
            for x, y in zip(a, b):
                assert np.shape(x) == np.shape(y) and np.asarray(x).dtype == np.asarray(y).dtype


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
