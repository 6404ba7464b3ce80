"""What a row says of an operation: shapes, values and attributes; how it is built from them.

A row has variants: the inputs' shapes, with attributes or static inputs where they matter. Rows
build operations by `build.make`, so that ops without a public function (`tanh_grad`, `sum_to`) are
met as directly as others. `at` builds variants with inputs whose values must be known when a plan
is made, by position.
"""

import dataclasses

import numpy as np

from fastgrad.graph.build import make
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.opdef import OPS


@dataclasses.dataclass(frozen=True)
class Variant:
    """Shapes of the tensor inputs, attributes, and values of static inputs by position."""
    shapes: tuple
    attrs: dict = dataclasses.field(default_factory=dict)
    static: dict = dataclasses.field(default_factory=dict)

    def __str__(self):
        return " ".join([str(self.shapes), str(self.attrs or ""), str(self.static or "")]).strip()


@dataclasses.dataclass(frozen=True)
class Case:
    """What an op is tested on.

    Attributes
    ----------
    variants : list of Variant
    domain : a name from DOMAINS for each input
    ulps : how far from the reference, in units of the dtype's epsilon times the result's size
    ints : whether integers are tried
    order : derivatives that exist and are checked: 0, 1 or 2
    skip : inputs without a gradient
    specials : whether rows with NaN and infinities are compared too
    """
    variants: list
    domain: tuple
    ulps: float = 0
    ints: bool = True
    order: int = 2
    skip: tuple = ()
    specials: bool = True


def build(op_type, inputs, variant):
    """The op on these nodes or arrays; its outputs, as a list of Tensors."""
    opdef, inputs = OPS[op_type], [as_tensor(x) for x in inputs]
    for i, value in sorted(variant.static.items()):
        inputs.insert(i, as_tensor(np.array(value)))
    found = make(opdef, inputs, {**opdef.attrs, **variant.attrs})
    return found if isinstance(found, list) else [found]


def _apart(random, shape, start):
    """Values at least 0.05 from each other, from those of another start, and from 0."""
    n = int(np.prod(shape))
    return (random.permutation(n) - n // 2 + start).reshape(shape) * 0.1


DOMAINS = {
    "real": lambda random, shape: 2 * random.standard_normal(shape),
    "positive": lambda random, shape: 0.5 + 2 * random.random(shape),
    "nonzero": lambda random, shape: (random.choice([-1, 1], shape) * (0.3 + random.random(shape))),
    "unit": lambda random, shape: 0.05 + 0.9 * random.random(shape),
    "apart": lambda random, shape: _apart(random, shape, 0.3),
    "apart2": lambda random, shape: _apart(random, shape, 0.8),
    "few": lambda random, shape: random.integers(-2, 3, shape),
    "bool": lambda random, shape: random.random(shape) < 0.5,
    "shares": lambda random, shape: _shares(random, shape),
    "log shares": lambda random, shape: np.log(_shares(random, shape)),
    "small whole": lambda random, shape: random.integers(0, 4, shape),
    "index": lambda random, shape: random.integers(0, 3, shape),
    "sorted index": lambda random, shape: np.sort(random.integers(0, 3, shape), axis=0),
    "permutation": lambda random, shape: random.permutation(shape[0]),
    "square": lambda random, shape: random.standard_normal(shape) * 0.3 + np.eye(shape[-1]),
    "symmetric": lambda random, shape: _symmetric(random, shape),
    "above one": lambda random, shape: 1.3 + random.random(shape),
    "inside": lambda random, shape: random.uniform(-0.6, 0.6, shape),
}
# domains that have a dtype of their own
FIXED = {"bool": np.bool_, "index": np.int64, "sorted index": np.int64, "permutation": np.int64}


def _shares(random, shape):
    """Rows that sum to 1."""
    x = 0.1 + random.random(shape)
    return x / x.sum(-1, keepdims=True) if x.ndim else x


def _symmetric(random, shape):
    """Positive definite, with eigenvalues apart."""
    x = random.standard_normal(shape) * 0.2
    return x @ np.swapaxes(x, -1, -2) + np.diag(1.0 + np.arange(shape[-1]))


def values(case, variant, dtype, seed=0):
    """Arrays for a variant; whole numbers from the same domain for integer dtypes."""
    random = np.random.default_rng(seed)
    found = []
    for name, shape in zip(case.domain, variant.shapes):
        x = DOMAINS[name](random, shape)
        kind = np.dtype(FIXED.get(name, dtype))
        if kind.kind in "iu" and name not in FIXED:
            x = np.rint(np.asarray(x) * 3)
            x = np.where(x == 0, 1, x) if name in ("nonzero", "positive", "unit") else x
            x = x % 4 if name == "small whole" else x
        found.append(np.asarray(x).astype(kind))
    return found


ONE = [Variant((s,)) for s in
       [(), (1,), (7,), (257,), (3, 5), (0,), (2, 0, 3), (1, 4, 1)]]
SAME = [Variant((s, s)) for s in [(), (1,), (7,), (259,), (3, 5), (0,), (2, 0, 3)]]
TWO = SAME + [Variant(s) for s in [
    ((3, 5), (5,)), ((3, 5), (3, 1)), ((5,), (3, 5)), ((1, 5), (3, 1)), ((), (4,)), ((4,), ()),
    ((2, 1, 3), (4, 1)), ((0,), (1,)), ((2, 0, 3), (3,)), ((2, 3, 4, 5), (3, 1, 5)),
    ((3, 1), (1, 7)), ((1,), (33,)), ((67,), (1,)), ((4, 33), (1, 1)), ((2, 3), (2, 1, 1))]]


def static(position, pairs):
    return [Variant((s,), static={position: v}) for s, v in pairs]


BOTH = ("real", "real")


def at(shapes, static=None, **attrs):
    return Variant(tuple(shapes), attrs, static or {})


def unary(domain="real", ulps=4, **fields):
    return Case(ONE, (domain,), ulps=ulps, **fields)


def binary(*domains, **fields):
    return Case(TWO, domains or ("real", "real"), **fields)


def saved(*domains, **fields):
    return Case(SAME, domains, ulps=4, **fields)


LABELS = [at([(4, 3), (4,)]), at([(2, 4, 5), (2, 4)]), at([(1, 3), (1,)]), at([(33, 7), (33,)])]
