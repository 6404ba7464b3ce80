"""Random graphs with loops, branches and arrays inside one another, their gradients and updates.

`made` builds one from a generator: a loop whose body is made of random lines, each of which takes the
value so far, of shape (3, 2), to the next one. Values stay small, and are smooth but for branches.
"""

import numpy as np

import fastgrad as fg


class Made:
    """A graph with its fetches and feeds.

    Attributes
    ----------
    graph, fetches, feed
    variables : list of Variable that its loops may change
    lines : list of str, what the bodies are made of
    """

    def __init__(self, random, updates, draws):
        self.random, self.lines = random, []
        with fg.Graph().as_default() as self.graph:
            self.x = fg.placeholder(fg.float64, [3, 2])
            self.n = fg.placeholder(fg.int32, [])
            self.w = fg.Variable(random.standard_normal((2, 2)) * 0.5)
            self.total = fg.Variable(np.zeros((3, 2)))
            self.scale = fg.Variable(0.8)
            self.updates, self.draws = updates, draws
            outs = self._loop()
            loss = sum(fg.reduce_sum(fg.square(t)) for t in outs)
            self.fetches = [*outs, *fg.gradients(loss, [self.x, self.w, self.scale],
                                                 unconnected_gradients="zero")]
        self.variables = [self.total, self.scale]
        self.feed = {self.x: random.standard_normal((3, 2)), self.n: int(random.integers(0, 5))}

    def pick(self, n):
        return int(self.random.integers(n))

    def _loop(self):
        """A loop with a counter, a value and an array that takes a row of each turn."""
        rows = fg.TensorArray(fg.float64, 5, element_shape=[2])
        reads = fg.TensorArray(fg.float64, 3, clear_after_read=False).unstack(self.x)

        def body(i, v, rows):
            self.reads, self.turn = reads, i
            for _ in range(1 + self.pick(4)):
                v = self.line(v, 2)
            return i + 1, v, rows.write(i, fg.reduce_sum(v, 0))
        limit = [None, 3, self.n + 1][self.pick(3)]
        _, v, rows = fg.while_loop(
            lambda i, v, rows: fg.logical_and(i < self.n, fg.reduce_sum(fg.square(v)) < 1e4), body,
            (fg.constant(0, fg.int32), fg.tanh(self.x), rows), maximum_iterations=limit)
        return [v, rows.stack()]

    def line(self, v, depth):
        """The value after one random line."""
        lines = [self.product, self.smooth, self.row, self.captured, self.invariant, self.mask]
        if depth:
            lines += [self.branch, self.inner_loop, self.mapped]
        if self.updates:
            lines += [self.update, self.draw] if self.draws else [self.update]
        line = lines[self.pick(len(lines))]
        self.lines.append("  " * (2 - depth) + line.__name__)
        return line(v, depth)

    def product(self, v, _):
        return fg.tanh(fg.matmul(fg.concat([v, self.x], 1), fg.concat([self.w, self.w], 0)))

    def smooth(self, v, _):
        return fg.sin(v) - fg.reduce_mean(v) * self.scale

    def row(self, v, _):
        return v * 0.5 + self.reads.read(self.turn % 3) * fg.cast(self.turn, fg.float64) * 0.1

    def captured(self, v, _):
        return v * 0.7 + self.x[self.turn % 3] * fg.gather(self.x, [2, 0, 2])

    def invariant(self, v, _):
        return v * fg.tanh(fg.matmul(self.x, self.w)) + fg.reduce_sum(self.x) * 0.1

    def mask(self, v, _):
        return fg.where(v > 0.1, v, 0.3 * v)

    def branch(self, v, depth):
        limit = float(self.random.standard_normal())
        return fg.cond(fg.reduce_sum(v) > limit, lambda: self.line(v, depth - 1),
                       lambda: self.line(v * 0.9, depth - 1))

    def inner_loop(self, v, depth):
        turns = self.turn if self.pick(2) else fg.constant(self.pick(3), fg.int32)

        def body(j, u):
            return j + 1, self.line(u, depth - 1)
        return fg.while_loop(lambda j, u: j < turns, body, (fg.constant(0, fg.int32), v))[1]

    def mapped(self, v, depth):
        a = fg.TensorArray(fg.float64, 3, clear_after_read=False).unstack(v)
        return fg.stack([a.read(2), a.read(0) * a.read(0), a.read(self.turn % 3)])

    def update(self, v, _):
        target, value = [(self.total, v * 0.1), (self.scale, fg.reduce_mean(v) * 0.01)][
            self.pick(2)]
        before = target * 2.0
        with fg.control_dependencies([fg.assign_add(target, value)]):
            after = target * 1.0
        return v * 0.8 + 0.01 * (after - before)

    def draw(self, v, _):
        return v + 0.1 * fg.random_uniform([3, 2], dtype=fg.float64, seed=1 + self.pick(1000))


def made(seed, updates, draws=True):
    return Made(np.random.default_rng(seed), updates, draws)
