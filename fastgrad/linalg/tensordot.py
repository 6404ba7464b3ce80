"""Contractions over chosen dimensions: tensordot, einsum, matvec, trace, cross.

All are made of transposes, reshapes, products and sums, so their gradients need no rule here. Sizes
that are not known while the graph is built are taken from `shape`, which costs a run nothing.
"""

import string

import numpy as np

from fastgrad.errors import AxisIndexError, ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.linalg.diagonal import matrix_diag_part
from fastgrad.linalg.matmul import matmul
from fastgrad.ops.join import concat, stack
from fastgrad.ops.reduce import reduce_prod, reduce_sum
from fastgrad.ops.reshape import expand_dims, reshape, shape_ends_with, squeeze, transpose
from fastgrad.ops.shape import known_value, rank, scoped, shape
from fastgrad.wording import where


def tensors_of(*values):
    """Tensors of values of one dtype: literals take that of the first tensor among them."""
    known = next((as_tensor(v)._dtype for v in values if is_node(v)), None)
    graph = next((as_tensor(v).graph for v in values if is_node(v)), None) or get_default_graph()
    policy = known if graph.literals == "tf" else None
    return [as_tensor(v, None if is_node(v) else policy, graph) for v in values]


# ---- tensordot --------------------------------------------------------------------------

def _axes_of(axes, rank_a, rank_b):
    if isinstance(axes, (int, np.integer)):
        n = int(axes)
        if not 0 <= n <= min(rank_a, rank_b):
            raise ShapeError(f"tensordot: axes={n} for tensors of {rank_a} and {rank_b} "
                             "dimensions.")
        return list(range(rank_a - n, rank_a)), list(range(n))
    first, second = axes if not is_node(axes) else known_value(axes, "axes")
    first, second = (np.atleast_1d(known_value(v)).tolist() for v in (first, second))
    if len(first) != len(second):
        raise ValueError(f"tensordot: {len(first)} axes of a against {len(second)} of b.")
    for axes, count in ((first, rank_a), (second, rank_b)):
        if any(not -count <= i < count for i in axes):
            raise AxisIndexError(f"tensordot: axes {axes} are out of range for {count} dimensions.")
    return [i % rank_a for i in first], [i % rank_b for i in second]


def _sizes(tensor, axes):
    """The sizes of these dimensions, as an integer vector."""
    known = tensor._shape
    if all(known[i] is not None for i in axes):
        return np.array([known[i] for i in axes], np.int32)
    whole = shape(tensor)
    return stack([whole[i] for i in axes])


def _product(sizes):
    return int(np.prod(sizes)) if isinstance(sizes, np.ndarray) else reduce_prod(sizes)


def _joined(*vectors):
    if all(isinstance(v, np.ndarray) for v in vectors):
        return np.concatenate(vectors)
    return concat([v for v in vectors if not isinstance(v, np.ndarray) or v.size], 0)


def _rank(tensor, what):
    if tensor._shape is None:
        raise ValueError(f"{what} needs tensors whose number of dimensions is known; "
                         f"{where(tensor)} is not such. Declare its shape, or call set_shape.")
    return len(tensor._shape)


@door
def tensordot(a, b, axes, name=None):
    """Tensor contraction: sum of products over pairs of dimensions.

    Parameters
    ----------
    a, b : tensors
        Of known rank, if `axes` is a pair.
    axes : int or pair of sequences
        A number n: the last n dimensions of `a` with the first n of `b`. A pair: those of `a` and
        those of `b` that belong together.

    Returns
    -------
    Tensor
        The other dimensions of `a`, then those of `b`.

    Notes
    -----
    Gradient: as of the matrix product it is.

    Examples
    --------
    >>> Session().run(tensordot([[1., 2.], [3., 4.]], [[1., 0.], [0., 1.]], axes=2))
    np.float64(5.0)
    """
    a, b = tensors_of(a, b)
    if isinstance(axes, (int, np.integer)) and axes >= 0 and None in (a._shape, b._shape):
        with a.graph.name_scope(name or "Tensordot") as scope:
            return _tensordot_of_any_rank(a, b, int(axes), scope)
    ra, rb = _rank(a, "tensordot"), _rank(b, "tensordot")
    over_a, over_b = _axes_of(axes, ra, rb)
    free_a = [i for i in range(ra) if i not in over_a]
    free_b = [i for i in range(rb) if i not in over_b]
    with a.graph.name_scope(name or "Tensordot") as scope:
        inner = [_product(_sizes(a, over_a)), _product(_sizes(b, over_b))]
        left = reshape(_moved(a, free_a + over_a), [_product(_sizes(a, free_a)), inner[0]])
        right = reshape(_moved(b, over_b + free_b), [inner[1], _product(_sizes(b, free_b))])
        product = matmul(left, right)
        return reshape(product, _joined(_sizes(a, free_a), _sizes(b, free_b)), name=scope)


def _tensordot_of_any_rank(a, b, n, name):
    """The last `n` dimensions of `a` with the first `n` of `b`; only a run knows the ranks."""
    (outer_a, inner_a), (inner_b, outer_b) = _cut(a, rank(a) - n), _cut(b, n)
    product = matmul(reshape(a, stack([reduce_prod(outer_a), reduce_prod(inner_a)])),
                     reshape(b, stack([reduce_prod(inner_b), reduce_prod(outer_b)])))
    return reshape(product, concat([outer_a, outer_b], 0), name=name)


def _cut(x, at):
    """Split sizes: those of the dimensions before `at`, and of the others."""
    sizes = shape(x)
    return sizes[:at], sizes[at:]


def _moved(x, perm):
    return x if perm == list(range(len(perm))) else transpose(x, perm)


# ---- einsum -----------------------------------------------------------------------------

def _parse(equation, count):
    """(letters of each input, letters of the output)"""
    text = equation.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    parts = inputs.split(",")
    if len(parts) != count:
        raise ValueError(f"einsum: the equation {equation!r} is for {len(parts)} inputs; "
                         f"got {count}.")
    if not arrow:
        letters = sorted(set(inputs) - {","})
        output = "".join(c for c in letters if inputs.count(c) == 1)
    for part in parts:
        if len(set(part)) < len(part):
            raise ValueError(f"einsum: the letter pattern {part!r} names a dimension twice, which "
                             "is not supported.")
    if len(set(output)) < len(output) or set(output) - set(inputs):
        raise ValueError(f"einsum: the output {output!r} must name letters of the inputs, once.")
    return parts, output


def _spelled_out(equation, tensors):
    """The equation with letters of their own for the dimensions that `...` stands for."""
    if "." not in equation:
        return equation
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    parts = inputs.split(",")
    free = [c for c in string.ascii_letters if c not in equation]
    hidden = [_rank(t, "einsum") - len(p.replace("...", "")) if "..." in p else 0
              for t, p in zip(tensors, parts)]
    if min(hidden) < 0 or max(hidden) > len(free):
        raise ShapeError(f"einsum: {equation!r} names more dimensions than a tensor has.")
    letters = "".join(free[:max(hidden)])
    parts = [p.replace("...", letters[len(letters) - n:]) for p, n in zip(parts, hidden)]
    if not arrow:
        once = "".join(c for c in sorted(set(inputs) - set(",.")) if inputs.count(c) == 1)
        return ",".join(parts) + "->" + letters + once
    return ",".join(parts) + arrow + output.replace("...", letters)


@door
def einsum(equation, *inputs, name=None):
    """Einstein summation: `einsum("ij,jk->ik", a, b)` is the matrix product.

    Parameters
    ----------
    equation : str
        A letter for each dimension of each input; letters that the output leaves out are summed.
    *inputs : tensors

    Notes
    -----
    Gradient: as of the products and sums it is made of.

    Examples
    --------
    >>> Session().run(einsum('ij,j->i', [[1., 2.], [3., 4.]], [10., 1.]))
    array([12., 34.])
    """
    tensors = tensors_of(*(inputs[0] if len(inputs) == 1 and isinstance(inputs[0], (list, tuple))
                           else inputs))
    parts, output = _parse(_spelled_out(equation, tensors), len(tensors))
    for t, letters in zip(tensors, parts):
        if _rank(t, "einsum") != len(letters):
            raise ShapeError(f"einsum: {letters!r} names {len(letters)} dimensions of a tensor "
                             f"that has {_rank(t, 'einsum')}.")
    with tensors[0].graph.name_scope(name or "einsum") as scope:
        product, letters = tensors[0], parts[0]
        for i, (t, more) in enumerate(zip(tensors[1:], parts[1:]), 1):
            needed = set(output).union(*parts[i + 1:])
            product, letters = _multiply_letters(product, letters, t, more, needed)
        product, letters = _drop(product, letters, set(output))
        perm = [letters.index(c) for c in output]
        return transpose(product, perm, name=scope) if perm else product


def _drop(x, letters, needed):
    """Sum over the letters that neither the output nor a later input has."""
    gone = [i for i, c in enumerate(letters) if c not in needed]
    if not gone:
        return x, letters
    return reduce_sum(x, gone), "".join(c for c in letters if c in needed)


def _multiply_letters(a, la, b, lb, needed):
    """The product of two inputs, summed over what only they have: a batch of matrix products."""
    a, la = _drop(a, la, needed | set(lb))
    b, lb = _drop(b, lb, needed | set(la))
    batch = [c for c in la if c in lb and c in needed]
    inner = [c for c in la if c in lb and c not in needed]
    free_a = [c for c in la if c not in lb]
    free_b = [c for c in lb if c not in la]
    left = _moved(a, [la.index(c) for c in batch + free_a + inner])
    right = _moved(b, [lb.index(c) for c in batch + inner + free_b])
    of = {c: (a, la.index(c)) for c in la}
    of.update({c: (b, lb.index(c)) for c in free_b})

    def sizes(group):
        vectors = [_sizes(of[c][0], [of[c][1]]) for c in group]
        return _joined(*vectors) if vectors else np.zeros(0, np.int32)
    m, k, n = (_product(sizes(g)) for g in (free_a, inner, free_b))
    head = sizes(batch)
    left = reshape(left, _joined(head, *_vectors(m, k)))
    right = reshape(right, _joined(head, *_vectors(k, n)))
    product = reshape(matmul(left, right), _joined(head, sizes(free_a), sizes(free_b)))
    return product, "".join(batch + free_a + free_b)


def _vectors(*numbers):
    return [np.array([v], np.int32) if isinstance(v, int) else v[None] for v in numbers]


# ---- smaller products -------------------------------------------------------------------

@scoped("matvec", last=True)
def matvec(a, b, transpose_a=False, adjoint_a=False, a_is_sparse=False, b_is_sparse=False,
           name=None):
    """Matrix-vector product, batched over leading dimensions.

    Gradient: as of `matmul`.

    Examples
    --------
    >>> Session().run(linalg.matvec([[1., 2.], [3., 4.]], [10., 1.]))
    array([12., 34.])
    """
    a, b = tensors_of(a, b)
    column = matmul(a, expand_dims(b, -1), transpose_a=transpose_a, adjoint_a=adjoint_a)
    return squeeze(column, axis=-1, name=name)


@scoped("Trace", last=True)
def trace(x, name=None):
    """Trace: sum of the diagonal of the last two dimensions.

    Gradient: `dy` on the diagonal.

    Examples
    --------
    >>> Session().run(trace([[1., 2.], [3., 4.]]))
    np.float64(5.0)
    """
    return reduce_sum(matrix_diag_part(x), [-1], name=name)


@scoped("Cross", last=True)
def cross(a, b, name=None):
    """Cross product of vectors of three elements along the last dimension.

    Gradient: `da = cross(b, dy)`, `db = cross(dy, a)`.

    Examples
    --------
    >>> Session().run(linalg.cross([1., 0., 0.], [0., 1., 0.]))
    array([0., 0., 1.])
    """
    a, b = (shape_ends_with(t, dims=(3,)) for t in tensors_of(a, b))
    if a.graph.literals == "tf" and not shapes.compatible(a._shape, b._shape):
        raise ShapeError(f"cross: vectors of shapes {a.shape} and {b.shape}; expected one shape.")
    ax, ay, az = (a[..., i] for i in range(3))
    bx, by, bz = (b[..., i] for i in range(3))
    return stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], -1,
                 name=name)


__all__ = ["tensordot", "einsum", "matvec", "trace", "cross"]
