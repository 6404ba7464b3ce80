"""Functions over the rows of tensors as loops of the graph: any number of rows, in TensorArrays.

`map_fn` owns the public names and takes these where the number of rows is known in a run only.
"""

from fastgrad.flow.part import flat, refill
from fastgrad.flow.tensor_array import TensorArray
from fastgrad.flow.while_loop import while_loop
from fastgrad.graph.dtypes import INT32, strong
from fastgrad.graph.nodes import as_tensor
from fastgrad.ops.shape import shape as shape_of
from fastgrad.wording import where


class Rows:
    """The rows of the tensors in a nesting, each tensor in an array of its own.

    Attributes
    ----------
    count : int32 scalar tensor
    tensors : list of Tensor
    """

    def __init__(self, elems, caller):
        self.structure = elems
        self.tensors = [as_tensor(e) for e in flat(elems)]
        for t in self.tensors:
            if t._shape == ():
                raise ValueError(f"{caller}: {where(t)} is a scalar; expected a tensor with rows.")
        self.count = shape_of(self.tensors[0])[0]
        self._arrays = [TensorArray(strong(t._dtype), self.count,
                                    element_shape=t._shape and t._shape[1:]).unstack(t)
                        for t in self.tensors]

    def read(self, index):
        return refill(self.structure, iter([a.read(index) for a in self._arrays]))


def map_rows(fn, elems, dtype, infer_shape, **options):
    """`map_fn`."""
    rows = Rows(elems, "map_fn")
    if dtype is None:
        tf = rows.tensors[0].graph.literals == "tf"     # else what is written says the dtype
        dtypes = [strong(t._dtype) if tf else None for t in rows.tensors]
        nesting = elems
    else:
        dtypes, nesting = flat(dtype), dtype
    results = refill(nesting, iter([
        TensorArray(d, rows.count, infer_shape=infer_shape) for d in dtypes]))

    def turn(i, arrays):
        value = fn(rows.read(i))
        check_nesting(value, nesting, "map_fn")
        return i + 1, refill(nesting, iter([a.write(i, v) for a, v in zip(
            flat(arrays), flat(value))]))
    _, results = while_loop(lambda i, _: i < rows.count, turn, (_number(0), results),
                            maximum_iterations=rows.count, **options)
    return refill(nesting, iter([a.stack() for a in flat(results)]))


def fold_rows(fn, elems, initializer, backwards, **options):
    """`foldl`, and `foldr` if backwards."""
    rows = Rows(elems, "foldr" if backwards else "foldl")
    value, done = _started(rows, initializer, backwards)

    def turn(i, value):
        return i + 1, fn(value, rows.read(rows.count - 1 - i if backwards else i))
    return while_loop(lambda i, _: i < rows.count, turn, (_number(done), value),
                      maximum_iterations=rows.count, **options)[1]


def scan_rows(fn, elems, initializer, backwards, infer_shape, **options):
    """`scan`."""
    rows = Rows(elems, "scan")
    value, done = _started(rows, initializer, backwards)
    arrays = [TensorArray(strong(t._dtype), rows.count, infer_shape=infer_shape,
                          element_shape=t._shape if infer_shape else None) for t in flat(value)]

    def place(i):
        return rows.count - 1 - i if backwards else i
    if done:
        arrays = [a.write(place(0), t) for a, t in zip(arrays, flat(value))]

    def turn(i, value, arrays):
        new = fn(value, rows.read(place(i)))
        check_nesting(new, value, "scan")
        return i + 1, new, [a.write(place(i), v) for a, v in zip(arrays, flat(new))]
    arrays = while_loop(lambda i, *_: i < rows.count, turn, (_number(done), value, arrays),
                        maximum_iterations=rows.count, **options)[2]
    return refill(value, iter([a.stack() for a in arrays]))


def _started(rows, initializer, backwards):
    """The value before the first turn, and how many rows it is made of."""
    if initializer is None:
        return rows.read(rows.count - 1 if backwards else 0), 1
    return refill(initializer, iter([as_tensor(t) for t in flat(initializer)])), 0


def _number(n):
    return as_tensor(n, INT32)


def check_nesting(value, expected, caller):
    """Refuse what a function returned if its nesting is not the declared one."""
    if len(flat(value)) != len(flat(expected)) or isinstance(
            value, (tuple, list, dict)) != isinstance(expected, (tuple, list, dict)):
        raise ValueError(f"{caller}: the function returned the nesting {value!r:.80}; expected "
                         f"that of {expected!r:.80}.")
