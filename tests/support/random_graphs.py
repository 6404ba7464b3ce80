"""Random graphs from bytes: what `test_fuzz.py` runs, and what any fuzzer that makes bytes can run.

A tape of bytes becomes a program, as source text: leaves (placeholders, variables), lines that each
make one tensor of earlier ones, a loss, its gradients, the gradients of those, updates. The
text is executed to make the graph, so that what a failure prints is what ran.

A line whose value would not be finite, or so large that rounding decides the result, is dropped:
comparing overflows would test nothing. Everything a tape can encode is a valid program, which
lets hypothesis shrink a failure by dropping and lowering bytes.
"""

import inspect

import numpy as np
from numpy.linalg import LinAlgError
from random_lines import LINES, OPTIMIZERS, ROW_UPDATES, SLOPED, UPDATES

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.errors import FastgradError
from fastgrad.graph.shapes import size_of
from fastgrad.testing import Interpreter

LARGEST, MOST_LINES = 1e3, 24
# rows, columns, most elements of a value: the large ones reach threads, strips and row strips
SMALL = [3, 2, 4, 1, 5, 0], [2, 3, 1, 4, 7], 1500
LARGE = [5000, 4096, 600, 20_000, 4099], [3, 20, 2, 64, 1], 400_000


def value(seed, shape, dtype):
    """An array for a leaf; of every fourth seed with zeros of both signs and subnormal numbers."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape) * 1.5
    if seed % 4 == 3 and np.dtype(dtype).kind == "f":
        tiny = float(np.finfo(dtype).tiny) / 8
        x = np.where(rng.random(shape) < 0.4, rng.choice([0.0, -0.0, tiny, -tiny], shape), x)
    return np.asarray(x * 2 if np.dtype(dtype).kind in "iu" else x).astype(dtype)


class halved_cube(fg.Operation):
    """An operation of a user's whose rule takes tensors."""

    def compute(self, x):
        return 0.5 * x ** 3


class clipped(fg.Operation):
    """An operation of a user's whose rule takes arrays."""

    def compute(self, x):
        return np.clip(x, -1, 1)


@fg.RegisterGradient("halved_cube")
def _(op, dy):
    return dy * 1.5 * fg.square(op.inputs[0])


@fg.RegisterGradient("clipped")
def _(op, dy):
    return np.where(np.abs(op.inputs[0]) < 1, dy, 0)


class Tape:
    """Bytes read one by one; zeros after the end."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def pick(self, options):
        """One of `options`, a sequence or a count."""
        if isinstance(options, int):
            return self._byte() % options
        number = self._byte() if len(options) <= 64 else 256 * self._byte() + self._byte()
        return options[number % len(options)]

    def _byte(self):
        self.at += 1
        return self.data[self.at - 1] if self.at <= len(self.data) else 0

    @property
    def ended(self):
        return self.at >= len(self.data)


# ---- programs ---------------------------------------------------------------------------

AXES = ["None", "0", "-1", "1", "(0, 1)", "(0, -1)", "[0]", "2"]
FLOATS = ("float32", "float64")


class Program:
    """A random program.

    Attributes
    ----------
    module : module
        `fastgrad`, or `fastgrad.compat.v1` for a graph with TensorFlow's rules.
    source : str
        Needs `fg`, `np`, `value` and the two operations; `__str__` adds them.
    names : dict
        What the source defined: `feed`, `outs`, `grads`, `second`, `updates`, `variables`.
    """

    def __init__(self, source, module=fg):
        self.source, self.module = source, module
        self.graph = module.Graph()
        with self.graph.as_default():
            self.names = _execute(source, {})

    def __getattr__(self, name):
        if name == "names" or name not in self.names:
            raise AttributeError(name)
        return self.names[name]

    def __str__(self):
        operations = "\n".join(
            inspect.getsource(c) for c in (halved_cube, clipped) if c.__name__ in self.source)
        rules = {"halved_cube": "lambda op, dy: dy * 1.5 * fg.square(op.inputs[0])",
                 "clipped": "lambda op, dy: np.where(np.abs(op.inputs[0]) < 1, dy, 0)"}
        registered = "\n".join(f'fg.RegisterGradient("{k}")({v})' for k, v in rules.items()
                               if k in self.source)
        return "\n".join(["import numpy as np", "import fastgrad as fg",
                          "import fastgrad.compat.v1 as tf",
                          "from fastgrad.testing import reference", "", inspect.getsource(value),
                          operations, registered,
                          f"{'fg' if self.module is fg else 'tf'}.Graph().as_default()",
                          self.source, _ENDING])


_ENDING = """
fetches = [outs, grads, second]
print(fg.Session().run(fetches, feed))
print(reference(fetches, feed))
values = {}
print(reference(updates, feed, values), values)
print(fg.Session().run(updates, feed), [v.value for v in variables])
"""


def _execute(source, names):
    names.update(fg=fg, tf=tf, np=np, value=value, halved_cube=halved_cube, clipped=clipped)
    exec(source, names)
    return names


class _Bounded(Interpreter):
    """The reference, but for what would take too much memory on the way."""

    most = 0

    def evaluate(self, op, inputs):
        opdef = op.opdef
        if opdef is not None and opdef.infer is not None and opdef.outputs:
            static = {opdef.tensors[i]: inputs[i] for i in opdef.static}
            found = opdef.infer([v.shape for i, v in enumerate(inputs) if i not in opdef.static],
                                {**opdef.attrs, **op.attrs, **static})
            for shape in [found] if opdef.outputs == 1 else found:
                if None not in shape and size_of(shape) > 4 * self.most:
                    raise ValueError(f"a value of shape {shape} on the way")
        return super().evaluate(op, inputs)


class _Writer:
    """Writes a program line by line, evaluating as it goes."""

    def __init__(self, tape, sizes):
        self.dtypes = {}
        self.tape, self.lines, self.names = tape, [], {"feed": {}}
        self.tensors, self.floats, self.leaves, self.variables = [], [], [], []
        rows, columns, self.most = sizes
        self.m, self.n = tape.pick(rows), tape.pick(columns)

    def write(self):
        self.lines.append("feed = {}")
        for i in range(2 + self.tape.pick(3)):
            self._leaf(f"x{i}")
        self.interpreter = _Bounded(
            {k: np.asarray(v) for k, v in self.names["feed"].items()})
        self.interpreter.most = self.most
        tries = 0
        while not self.tape.ended and len(self.lines) < MOST_LINES and tries < 60:
            tries += 1
            self._line(f"t{tries}")
        self._ending()
        return "\n".join(self.lines)

    def _run(self, line):
        _execute(line, self.names)

    def _shape(self):
        m, n = self.m, self.n
        return self.tape.pick([(m, n), (n,), (m, n), (n, m), (), (m, 1), (1, n), (2, m, n), (n, n)])

    def _leaf(self, name):
        shape, seed = self._shape(), self.tape.pick(256)
        dtype = self.tape.pick(["float64", "float64", "float32", "float64", "int64", "int32"])
        if name == "x0":                                # something to differentiate by
            dtype = "float64"
        text = f'value({seed}, {shape}, "{dtype}")'
        kind = self.tape.pick(["placeholder", "variable", "shapeless", "batch", "constant",
                               "variable", "batch", "loose"])
        kind = "variable" if name == "x0" and kind == "constant" else kind
        if kind == "variable":
            line = f"{name} = fg.Variable({text})"
            self.variables.append(name)
        elif kind == "constant":
            line = f"{name} = fg.constant({text})"
        else:
            declared = {"placeholder": f"np.{dtype}, {shape}", "shapeless": f"np.{dtype}",
                        "loose": "",
                        "batch": f"np.{dtype}, {(None,) + shape[1:] if shape else ()}"}[kind]
            line = f"{name} = fg.placeholder({declared})\nfeed[{name}] = {text}"
        self.lines.append(line)
        self._run(line)
        self._add(name, dtype)
        if kind != "constant" and dtype in FLOATS:
            self.leaves.append(name)

    def _add(self, name, dtype):
        self.tensors.append(name)
        self.dtypes[name] = str(dtype)
        if str(dtype) in FLOATS:
            self.floats.append(name)

    def _line(self, name):
        tape = self.tape
        text = tape.pick(tape.pick([LINES, SLOPED]))
        parts = {k: tape.pick(self.tensors) for k in "abc" if f"{{{k}}}" in text}
        if "{f}" in text:
            if not self.floats:
                return
            parts["f"] = tape.pick(self.floats)
        if "{axis" in text:
            parts["axis"] = tape.pick(AXES)
            parts["axis1"] = {"None": "-1", "(0, 1)": "0", "(0, -1)": "1", "[0]": "-2"}.get(
                parts["axis"], parts["axis"])
        parts["keep"] = "keepdims=True" if "{keep}" in text and tape.pick(2) else "keepdims=False"
        if "{shape}" in text:
            parts["shape"] = str(self._shape())
        line = f"{name} = {text.format(**parts)}"
        dtype = self._fits(name, line)
        if dtype is not None:
            self.lines.append(line)
            self._add(name, dtype)

    def _fits(self, name, line):
        """The dtype of the line's value, or None if the line is of no use."""
        try:
            self._run(line)
            found, = self.interpreter.run([fg.convert_to_tensor(self.names[name])])
        except (FastgradError, ValueError, TypeError, IndexError, LinAlgError):
            return None
        found = np.asarray(found)
        if found.size > self.most or found.dtype.kind not in "fiu":
            return None
        if found.size and not np.abs(found.astype(np.float64)).max() < LARGEST:
            return None
        return found.dtype

    def _ending(self):
        outs = self.tensors[-3:]
        ends = [t for t in self.floats if t in outs] or self.floats[-1:]
        self.lines.append(f"outs = [{', '.join(outs)}]")
        self.lines.append(f"xs = [{', '.join(self.leaves)}]")
        self.lines.append(f"variables = [{', '.join(self.variables)}]")
        if not ends or not self.leaves:
            self.lines.append("grads, second, updates = [], [], []")
            return
        # tanh keeps the loss small; the shift, the gradient of a sum of softmax from being zero
        # of one dtype: the sum of a float32 one would be held to the precision of float64
        ends = [t for t in ends if self.dtypes[t] == self.dtypes[ends[-1]]]
        loss = " + ".join(f"fg.reduce_sum(fg.tanh({t} * {t} + 0.3))" for t in ends)
        self.lines.append(f"loss = {loss}")
        self.lines.append("grads = [fg.convert_to_tensor(g) for g in fg.gradients(loss, xs)"
                          " if g is not None]")
        if any("clipped" in line for line in self.lines):        # its rule takes arrays
            self.lines.append("second = []")
        else:
            self.lines.append("second = fg.gradients([fg.reduce_sum(fg.square(g)) for g in grads],"
                              " xs) if grads else []")
        self.lines.append("second = [fg.convert_to_tensor(g) for g in second if g is not None]")
        self._updates()

    def _updates(self):
        """One training operation, and plain updates of variables by tensors of their shape."""
        floats = [v for v in self.variables if v in self.floats]
        self.lines.append("updates = [loss]")
        if floats and self.tape.pick(4):
            names = ", ".join(floats)
            self.lines.append(
                f"trained = [v for v, g in zip([{names}], fg.gradients(loss, [{names}]))"
                " if g is not None]\n"
                "if trained:\n"
                f"    updates += [{self.tape.pick(OPTIMIZERS)}.minimize(loss,"
                " var_list=trained)]\n"
                "variables = fg.global_variables()")
        for v in self.variables:
            kind = self.tape.pick(6)
            if kind < 2:
                t = self.tape.pick(self.tensors)
                line = self.tape.pick(UPDATES).format(v=v, t=f"fg.cast({t}, {v}.dtype)")
                self.lines.append(
                    f"shape = fg.convert_to_tensor({t}).shape\n"
                    f"if shape.is_fully_defined() and shape == {v}.shape:\n"
                    f"    updates += [{line}, {v} * 2]")
            elif kind == 2:
                line = self.tape.pick(ROW_UPDATES).format(v=v)
                self.lines.append(f"if {v}.shape.ndims and {v}.shape[0] > 0:\n"
                                  f"    updates += [{line}, {v} * 2]")


def program(data, sizes=SMALL):
    """The Program that a tape of bytes encodes."""
    tape = Tape(data)
    library = tf if tape.pick(4) == 3 else fg
    with library.Graph().as_default():
        source = _Writer(tape, sizes).write()
    return Program(source, library)
