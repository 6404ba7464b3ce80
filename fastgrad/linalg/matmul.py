"""Matrix products.

`matmul` takes 1-D operands as `np.matmul` does, and batches, `transpose_a` and `transpose_b`
as TensorFlow does. Its two gradients are ops of their own, because the ranks may not be known
while the graph is built; the plan lowers all three to plain 2-D products.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import hooks, shapes
from fastgrad.graph.build import call, describe
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.reshape import shape_ends_with
from fastgrad.wording import where


def _matrix(shape, transposed):
    return shape[:-2] + (shape[-1], shape[-2]) if transposed else shape


def _product_shape(in_shapes, attrs):
    a, b = in_shapes
    if a is None or b is None:
        return None
    if not a or not b:
        raise ShapeError("matmul needs operands of at least one dimension.")
    left = (1,) + a if len(a) == 1 else _matrix(a, attrs["transpose_a"])
    right = b + (1,) if len(b) == 1 else _matrix(b, attrs["transpose_b"])
    inner = left[-1], right[-2]
    if None not in inner and inner[0] != inner[1]:
        raise ShapeError(_inner_mismatch(a, b, inner, attrs))
    out = shapes.broadcast([left[:-2], right[:-2]])
    return out + (() if len(a) == 1 else left[-2:-1]) + (() if len(b) == 1 else right[-1:])


def _inner_mismatch(a, b, inner, attrs):
    text = f"inner dimensions differ: {inner[0]} against {inner[1]}."
    if len(b) > 1 and _matrix(b, not attrs["transpose_b"])[-2] == inner[0]:
        text += f" Did you mean transpose_b={not attrs['transpose_b']}?"
    elif len(a) > 1 and _matrix(a, not attrs["transpose_a"])[-1] == inner[1]:
        text += f" Did you mean transpose_a={not attrs['transpose_a']}?"
    return text


def _swap(x, transposed):
    return np.swapaxes(x, -1, -2) if transposed and x.ndim > 1 else x


def _matmul_ref(a, b, transpose_a, transpose_b):
    return np.matmul(_swap(a, transpose_a), _swap(b, transpose_b))


_product = dict(form="matmul", kernel="gemm")


@op(_product_shape, ref=_matmul_ref, **_product, name="MatMul",
    node=lambda op: "BatchMatMulV2" if len(op.outputs[0]._shape or ()) > 2 else "MatMul")
def _matmul(a, b, transpose_a=False, transpose_b=False):
    pass


@door
def matmul(a, b, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False,
           a_is_sparse=False, b_is_sparse=False, name=None):
    """Matrix product; 1-D operands as in `np.matmul`, leading dimensions are a batch.

    Parameters
    ----------
    a : tensor (..., n, k), or (k,)
    b : tensor (..., k, m), or (k,)
        Leading dimensions broadcast. Both are brought to one dtype by NumPy's rules; in a
        `compat.v1` graph they must have one.
    transpose_a, transpose_b : bool
        Whether the last two dimensions of an operand are swapped first; this costs nothing.
    adjoint_a, adjoint_b : bool
        The adjoint of a real matrix is its transpose.
    a_is_sparse, b_is_sparse : bool
        Accepted for TensorFlow's sake.

    Returns
    -------
    Tensor
        (..., n, m); a dimension goes where an operand is 1-D.

    Raises
    ------
    ShapeError
        If the inner dimensions differ; names both operands and where they were made.

    Notes
    -----
    Gradient: `da = dy b^T`, `db = a^T dy`.

    Examples
    --------
    >>> Session().run(matmul([[1., 2.], [3., 4.]], [1., 1.]))
    array([3., 7.])
    """
    if (transpose_a and adjoint_a) or (transpose_b and adjoint_b):
        raise ValueError("Only one of transpose and adjoint can be True for an operand.")
    a, b = _of_matrices(a), _of_matrices(b)
    product = _matmul(a, b, transpose_a=bool(transpose_a or adjoint_a),
                      transpose_b=bool(transpose_b or adjoint_b), name=name)
    if product.graph.literals == "tf":
        _refuse_vectors(product)
    return product


def _of_matrices(x):
    """`x`, checked in the run to be no vector if a TensorFlow graph does not know its rank."""
    if is_node(x):
        tensor = as_tensor(x)
        if tensor._shape is None and tensor.graph.literals == "tf":
            return shape_ends_with(tensor, dims=(None, None))
    return x


def _refuse_vectors(product):
    """Refuse vectors, as TensorFlow's matmul does."""
    for t in product.op._inputs:
        if t._shape is not None and len(t._shape) < 2:
            raise ShapeError(f"Shape must be rank 2 but is rank {len(t._shape)} for "
                             f"{describe(t)} in {where(product)}. Use expand_dims, or matvec.")


@RegisterGradient("matmul")
def matmul_gradient(op, dy):
    a, b = op.inputs
    return matmul_grad_a(dy, a, b, **op.attrs), matmul_grad_b(dy, a, b, **op.attrs)


def _as_matrices(dy, a, b):
    """The operands with 1-D ones made into a row (a) or a column (b), dy to match."""
    if a.ndim == 1:
        a, dy = a[None, :], np.expand_dims(dy, -1 if b.ndim == 1 else -2)
    if b.ndim == 1:
        b, dy = b[:, None], np.expand_dims(dy, -1)
    return dy, a, b


def _grad_a_ref(dy, a, b, transpose_a, transpose_b):
    transpose_a, transpose_b = transpose_a and a.ndim > 1, transpose_b and b.ndim > 1
    like = a.shape
    dy, a, b = _as_matrices(dy, a, b)
    b = _swap(b, transpose_b)
    da = np.matmul(b, _swap(dy, True)) if transpose_a else np.matmul(dy, _swap(b, True))
    return _sum_batch(da, a.shape).reshape(like)


def _grad_b_ref(dy, a, b, transpose_a, transpose_b):
    transpose_a, transpose_b = transpose_a and a.ndim > 1, transpose_b and b.ndim > 1
    like = b.shape
    dy, a, b = _as_matrices(dy, a, b)
    a = _swap(a, transpose_a)
    db = np.matmul(_swap(dy, True), a) if transpose_b else np.matmul(_swap(a, True), dy)
    return _sum_batch(db, b.shape).reshape(like)


def _sum_batch(x, shape):
    lead = x.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(
        i for i, d in enumerate(shape[:-2], lead) if d == 1 and x.shape[i] != 1)
    return x.sum(axes, keepdims=True).reshape(shape) if axes else x


@op(lambda s, a: s[1], casts=(0, 2), shape_only=(1,), ref=_grad_a_ref, **_product)
def matmul_grad_a(dy, a, b, transpose_a=False, transpose_b=False):
    """The gradient of `matmul` to its first operand; of `a` only the shape is used."""


@RegisterGradient("matmul_grad_a")
def matmul_grad_a_gradient(op, g):
    dy, _, b = op.inputs
    return _matmul(g, b, **op.attrs), None, matmul_grad_b(dy, g, b, **op.attrs)


@op(lambda s, a: s[2], casts=(0, 1), shape_only=(2,), ref=_grad_b_ref, **_product)
def matmul_grad_b(dy, a, b, transpose_a=False, transpose_b=False):
    """The gradient of `matmul` to its second operand; of `b` only the shape is used."""


@RegisterGradient("matmul_grad_b")
def matmul_grad_b_gradient(op, g):
    dy, a, _ = op.inputs
    return _matmul(a, g, **op.attrs), matmul_grad_a(dy, a, g, **op.attrs), None


@hooks.fills("matrix_product")
def _operator(x, y, dtype):
    product = call(_matmul.opdef, (x, y), dict(_matmul.opdef.attrs), "matmul", dtype)
    if product.graph.literals == "tf":
        _refuse_vectors(product)
    return product


__all__ = ["matmul"]
