"""Functions over the rows of a tensor: map_fn, scan, foldl and foldr.

Decisions
- Where the number of rows is known when the graph is built, they are unrolled: the graph has the
  nodes of a call for each. Else they are loops over TensorArrays (`row_loops`).
"""

from fastgrad.flow.part import flat, refill
from fastgrad.flow.row_loops import check_nesting, fold_rows, map_rows, scan_rows
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.ops.join import stack
from fastgrad.ops.state import stop_gradient


def _tensors_of(elems, fn, caller):
    """The tensors in a nesting, as a nesting of tensors and as a list."""
    if not callable(fn):
        raise TypeError(f"{caller}: fn must be callable; got {fn!r:.60}.")
    node = next((n for n in flat(elems) if is_node(n)), None)
    graph = get_default_graph() if node is None else node.graph
    tensors = [as_tensor(e, None, graph, "elem") for e in flat(elems)]
    if not tensors:
        raise ValueError(f"{caller}: elems holds no tensor.")
    for t in tensors:
        if t._shape == ():
            raise ValueError(f"{caller}: elems must be tensors with rows, of rank 1 or more; got a "
                             "scalar.")
    return refill(elems, iter(tensors)), tensors


def _length(tensors, caller):
    """The number of rows if the graph knows it for all, else None."""
    lengths = {t._shape[0] if t._shape else None for t in tensors}
    known = lengths - {None}
    if len(known) > 1:
        raise ValueError(f"{caller}: lengths of the first axes differ: {sorted(known)}.")
    return None if None in lengths else known.pop()


def _rows(elems, tensors, length):
    """The rows of a nesting, each of its structure."""
    return [refill(elems, iter([t[i] for t in tensors])) for i in range(length)]


def _stacked(found, back_prop):
    """One structure of stacked tensors from a list of structures."""
    columns = zip(*map(flat, found), strict=True)
    whole = refill(found[0], iter([stack([as_tensor(v) for v in column]) for column in columns]))
    return whole if back_prop else _stopped(whole)


def _stopped(value):
    """A nesting through which no gradient flows."""
    return refill(value, iter([stop_gradient(t) for t in flat(value)]))


def _options(parallel_iterations, back_prop, swap_memory):
    return {"parallel_iterations": parallel_iterations or 10, "back_prop": back_prop,
            "swap_memory": swap_memory}


@door
def map_fn(fn, elems, dtype=None, parallel_iterations=None, back_prop=True, swap_memory=False,
           infer_shape=True, name=None):
    """Results of `fn` on each row, stacked.

    Parameters
    ----------
    fn : callable
        Takes a row of `elems`, in its nesting. May return a nesting of tensors.
    elems : tensor, or nesting of tensors with as many rows
    dtype : dtype, or nesting of dtypes
        Of what `fn` returns, if its nesting is not that of `elems`. In a TensorFlow graph needed
        for other dtypes too where the number of rows is not known when the graph is built.
    infer_shape : bool
        Whether all results have one shape.

    Returns
    -------
    tensor, or tensors in the nesting that `fn` returns

    Raises
    ------
    ValueError
        If `fn` returns another nesting than `dtype`, or a tensor has no rows.

    Examples
    --------
    >>> x = placeholder(float64, [None, 2])
    >>> Session().run(map_fn(reduce_sum, x), {x: [[1.0, 2.0], [3.0, 4.0]]})
    array([3., 7.])
    """
    elems, tensors = _tensors_of(elems, fn, "map_fn")
    length, graph = _length(tensors, "map_fn"), tensors[0].graph
    with graph.as_default(), graph.name_scope(name or "map"):
        if not length:
            return map_rows(fn, elems, dtype, infer_shape,
                            **_options(parallel_iterations, back_prop, swap_memory))
        found = [fn(row) for row in _rows(elems, tensors, length)]
        if graph.literals == "tf" or dtype is not None:
            check_nesting(found[0], elems if dtype is None else dtype, "map_fn")
        return _stacked(found, back_prop)


def _steps(fn, elems, tensors, length, initializer, backwards, caller):
    """The values of `fn(value so far, row)`, row by row."""
    rows = _rows(elems, tensors, length)
    rows = rows[::-1] if backwards else rows
    if initializer is None:
        value, steps, rows = rows[0], [rows[0]], rows[1:]
    else:
        value = refill(initializer, iter([as_tensor(i) for i in flat(initializer)]))
        steps = []
    for row in rows:
        new = fn(value, row)
        check_nesting(new, value, caller)
        value = new
        steps.append(value)
    return value, steps


@door
def scan(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False,
         infer_shape=True, reverse=False, name=None):
    """Left scan: all values of `value = fn(value, row)`, stacked.

    Parameters
    ----------
    elems : tensor, or nesting of tensors with as many rows
    initializer : tensor or nesting of tensors, optional
        The value before the first row; the first row itself, if not given.
    infer_shape : bool
        Whether all values have one shape.
    reverse : bool
        From the last row to the first.

    Examples
    --------
    >>> Session().run(scan(lambda total, x: total + x, constant([1.0, 2.0, 3.0])))
    array([1., 3., 6.])
    """
    elems, tensors = _tensors_of(elems, fn, "scan")
    length, graph = _length(tensors, "scan"), tensors[0].graph
    with graph.as_default(), graph.name_scope(name or "scan"):
        if not length:
            return scan_rows(fn, elems, initializer, reverse, infer_shape,
                             **_options(parallel_iterations, back_prop, swap_memory))
        steps = _steps(fn, elems, tensors, length, initializer, reverse, "scan")[1]
        return _stacked(steps[::-1] if reverse else steps, back_prop)


def _fold(fn, elems, initializer, backwards, options, name):
    caller = "foldr" if backwards else "foldl"
    elems, tensors = _tensors_of(elems, fn, caller)
    length, graph = _length(tensors, caller), tensors[0].graph
    with graph.as_default(), graph.name_scope(name or caller):
        if not length:
            return fold_rows(fn, elems, initializer, backwards, **options)
        value = _steps(fn, elems, tensors, length, initializer, backwards, caller)[0]
        return value if options["back_prop"] else _stopped(value)


@door
def foldl(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False,
          name=None):
    """Left fold: the last value of `value = fn(value, row)`; see `scan`."""
    return _fold(fn, elems, initializer, False,
                 _options(parallel_iterations, back_prop, swap_memory), name)


@door
def foldr(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False,
          name=None):
    """Right fold: as `foldl`, from the last row to the first; see `scan`."""
    return _fold(fn, elems, initializer, True,
                 _options(parallel_iterations, back_prop, swap_memory), name)


__all__ = ["map_fn", "scan", "foldl", "foldr"]
