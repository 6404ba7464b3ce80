"""Folds what hangs on sizes: repeated numbers of a symbolic shape, arithmetic on shapes.

A number repeated to a shape stays one, whatever the shape; the elements of `shape(x)` are Sizes,
and the references of operations compute with arrays of them as with numbers. What cannot be
folded so is left to a run, or pins the sizes that it needs.
"""

import numpy as np

from fastgrad.compiler import families
from fastgrad.compiler.ir import Numbers, Repeated, const_value, repeated
from fastgrad.graph.dtypes import strong
from fastgrad.graph.reference import twin

MOST_NUMBERS = 64               # elements of a constant of sizes
MOST = {np.dtype(t): np.iinfo(t).max for t in (np.int32, np.int64, np.uint8)}
LEAST = {np.dtype(t): np.iinfo(t).min for t in (np.int32, np.int64, np.uint8)}
OUTLINED = ("shape", "size", "rank")        # operations that only look at their operand's shape


class Outline:
    """What the reference of an operation that only looks at shapes gets in place of an array."""

    def __init__(self, value):
        self.shape, self.ndim = value.shape, len(value.shape)
        self.size, self.dtype = value.size, strong(value.dtype)


def folded(b, opdef, inputs, attrs, shapes, dtypes):
    """The outs of an operation, as constants, or None where a step must make them."""
    if opdef.ref is None or any(not v.known and v.kind != "ghost" for v in inputs):
        return None
    facts, dtype = families.of(opdef), strong(dtypes[0])
    if opdef.type in OUTLINED:
        return _computed(b, opdef, [Outline(inputs[0])], attrs, dtypes)
    if any(isinstance(v, Numbers) for v in inputs) and all(
            isinstance(v, Numbers) or v.known and not _large(v) for v in inputs):
        return _computed(b, opdef, [_array(v) for v in inputs], attrs, dtypes)
    if not b.fold or opdef.outputs > 1:
        return None
    if opdef.form == "fill":
        one = np.asarray(b.calculate(twin(opdef, _flat(attrs)), *_ones(inputs))).astype(dtype)
        return [repeated(one.reshape(-1)[0], shapes[0])]
    if not inputs or any(v.splat is None for v in inputs if v.kind != "ghost"):
        return None
    real = [np.asarray(v.splat) for v in inputs if v.kind != "ghost"]
    if facts.elementwise and len(real) == len(inputs):
        with np.errstate(all="ignore"):
            number = np.asarray(b.calculate(twin(opdef, attrs), *real)).astype(dtype)
        return [repeated(number[()], shapes[0])]
    if facts.keeps_numbers or opdef.view is not None:
        return [repeated(real[0].astype(dtype)[()], shapes[0])]
    return None


def _large(v):
    return isinstance(v, Repeated) or v.size > MOST_NUMBERS


def _array(v):
    return v.numbers if isinstance(v, Numbers) else v.const.astype(object)


def _ones(inputs):
    return [np.zeros((1,), strong(v.dtype)) for v in inputs]


def _flat(attrs):
    """The attributes of an operation that repeats a number, for an array of one."""
    return {k: (1,) if k == "shape" else np.array([1]) if k == "dims" else v
            for k, v in attrs.items()}


def _computed(b, opdef, args, attrs, dtypes):
    """The outs by the reference, on arrays of ints and Sizes; None where that cannot be."""
    if any(strong(d).kind not in "iub" for d in dtypes):
        return None
    try:
        results = b.calculate(twin(opdef, attrs), *args)
    except (TypeError, AttributeError, ValueError, IndexError, ArithmeticError):
        return None                         # with numbers it works, or says what is wrong
    results = [results] if opdef.outputs == 1 else results
    arrays, dtypes = [_objects(r) for r in results], [strong(d) for d in dtypes]
    # a run's numbers would wrap
    if not all(LEAST[d] <= n <= MOST[d] for a, d in zip(arrays, dtypes) if d in MOST
               for n in a.flat):
        return None
    return [const_value(a, d) for a, d in zip(arrays, dtypes)]


def _objects(result):
    array = np.empty(np.shape(result), object)
    array[...] = result
    return array
