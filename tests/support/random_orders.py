"""Random programs of ordered reads and writes: what a line computes hangs on its place among them.

A tape of bytes becomes lines that read and write a few variables, each after some of the lines
before it. The expressions come from a short list, so that equal ones are read between different
writes. A program in which each line comes after the one before has a meaning that needs no
graph: `in_order` runs its lines one after the other on arrays.
"""

import numpy as np
from random_graphs import Tape

import fastgrad as fg
from fastgrad.ops.update import apply_gradient_descent, apply_momentum

SHAPES = [(), (3,), (2, 2), (1, 3)]
# V: variables, T: what earlier lines made, s: the shape of all; writes name variables by number
LINES = ["V[{v}] * 1.0", "read({v})", "identity(V[{v}])", "V[{v}] * 1.5", "V[{v}] + 0.0",
         "tanh(V[{v}])", "reshape(V[{v}], s)", "square(V[{v}] - 0.5)", "T[{a}] * 0.5",
         "T[{a}] + V[{v}]", "tanh(V[{v}]) * T[{a}]", "maximum(V[{v}], V[{w}])",
         "reduce_sum(V[{v}]) + V[{w}] * 0.0", "V[{v}] - V[{w}]", "stop_gradient(T[{a}])",
         "reshape(expand_dims(V[{v}], 0), s)", "reshape(read({v}), s) * 1.0",
         "assign({v}, T[{a}])", "assign({v}, V[{w}])", "assign({v}, V[{v}] * 0.5 + k)",
         "assign({v}, tanh(V[{w}]))", "assign({v}, reshape(V[{w}], s))",
         "assign_add({v}, T[{a}] * 0.1)", "assign_add({v}, k + V[{w}] * 0.0)",
         "assign_sub({v}, V[{w}] * 0.5)", "assign_sub({v}, V[{v}])", "descend({v}, V[{w}])",
         "descend({v}, tanh(T[{a}]))", "push({v}, {w}, T[{a}])", "push({v}, {w}, V[{v}])"]
MOST = 16


class Orders:
    """A random program.

    Attributes
    ----------
    lines : list of (text, places of the lines that it comes after)
    start : list of arrays, the variables' initial values
    in_turn : whether every line comes after the one before
    """

    def __init__(self, data):
        tape = Tape(data)
        self.shape = tape.pick(SHAPES)
        random = np.random.default_rng(tape.pick(256))
        self.start = [random.uniform(-1, 1, self.shape) for _ in range(1 + tape.pick(3))]
        self.in_turn = tape.pick(3) > 0
        self.lines = [("V[0] * 1.0", [])]
        while not tape.ended and len(self.lines) < MOST:
            self._line(tape, tape.pick(LINES))

    def _line(self, tape, text):
        count = len(self.lines)
        v, w = tape.pick(len(self.start)), tape.pick(len(self.start))
        if "push" in text and v == w:           # a variable that is its own slot
            return
        after = [count - 1] if self.in_turn else [
            i for i in {tape.pick(count) for _ in range(tape.pick(3))}]
        self.lines.append((text.format(v=v, w=w, a=tape.pick(count)), after))

    def __str__(self):
        return "\n".join([f"s = {self.shape}", *(f"V[{i}] = {v.tolist()}" for i, v in
                                                 enumerate(self.start)),
                          *(f"T[{i}] = {text}    # after {after}" for i, (text, after) in
                            enumerate(self.lines))])

    def in_order(self):
        """(what each line gives, final values), line after line on arrays."""
        V, T = [v.copy() for v in self.start], []
        names = {**_arrays(V), "V": V, "T": T, "s": self.shape, "k": 0.25}
        for text, _ in self.lines:
            T.append(np.array(eval(text, names)))
        return T, V

    def in_graph(self):
        """(the node of each line, variables), in the default graph."""
        V, T = [fg.Variable(v) for v in self.start], []
        names = {**_nodes(V), "V": V, "T": T, "s": self.shape, "k": fg.constant(0.25)}
        for text, after in self.lines:
            with fg.control_dependencies([T[i] for i in after]):
                T.append(eval(text, names))
        return T, V


def _arrays(V):
    """What the words of a line mean, done at once."""
    def put(i, value):
        V[i] = np.array(value)
        return V[i]

    def push(i, slot, g):
        g = g.copy()
        put(slot, V[slot] * 0.5 + g)
        return put(i, V[i] - 0.1 * V[slot])
    same = np.array
    return {"read": lambda i: V[i], "identity": same, "stop_gradient": same, "tanh": np.tanh,
            "reshape": np.reshape, "square": np.square, "maximum": np.maximum,
            "reduce_sum": np.sum, "expand_dims": np.expand_dims, "assign": put,
            "assign_add": lambda i, x: put(i, V[i] + x), "assign_sub": lambda i, x: put(i, V[i] - x),
            "descend": lambda i, g: put(i, V[i] - 0.25 * g), "push": push}


def _nodes(V):
    """What they mean in a graph."""
    names = {n: getattr(fg, n) for n in ("identity", "stop_gradient", "tanh", "reshape", "square",
                                         "maximum", "reduce_sum", "expand_dims")}
    writes = {n: lambda i, x, n=n: getattr(V[i], n)(x)
              for n in ("assign", "assign_add", "assign_sub")}
    return {**names, **writes, "read": lambda i: V[i].read_value(),
            "descend": lambda i, g: apply_gradient_descent(V[i], 0.25, g),
            "push": lambda i, slot, g: apply_momentum(V[i], V[slot], 0.1, g, 0.5)[0]}
