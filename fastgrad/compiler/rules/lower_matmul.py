"""Lowers `matmul` and its two gradients to products that kernels know.

A kernel multiplies two matrices (`gemm`), each possibly transposed, or two equally long
batches of them (`bgemm`). Vectors become matrices by a reshape, which costs nothing; a transposed
operand becomes a flag; a batch against one matrix becomes one tall product.
"""

from fastgrad.compiler.ir import const_value
from fastgrad.graph.registry import op
from fastgrad.compiler.rewrite import int_array, reshaped, rule
from fastgrad.compiler.size import same
from fastgrad.graph.shapes import broadcast, size_of


def _gemm_shape(in_shapes, attrs):
    a, b = in_shapes[:2]
    m = a[1] if attrs["ta"] else a[0]
    n = b[0] if attrs["tb"] else b[1]
    return m, n


def _gemm_ref(a, b, ta, tb):
    return (a.T if ta else a) @ (b.T if tb else b)


@op(_gemm_shape, form="gemm", kernel="gemm", ref=_gemm_ref)
def _gemm(a, b, ta=False, tb=False):
    pass


def _bgemm_shape(in_shapes, attrs):
    a, b = in_shapes
    return (max(a[0], b[0]) if a[0] and b[0] else 0,) + _gemm_shape((a[1:], b[1:]), attrs)


def _bgemm_ref(a, b, ta, tb):
    return (a.swapaxes(1, 2) if ta else a) @ (b.swapaxes(1, 2) if tb else b)


@op(_bgemm_shape, form="bgemm", kernel="bgemm", ref=_bgemm_ref)
def _bgemm(a, b, ta=False, tb=False):
    pass


@rule("lower", "matmul", "matmul_grad_a", "matmul_grad_b")
def _lower(b, s):
    """The value of a matmul step by plain products."""
    if s.type == "matmul":
        a, c = s.inputs
        ta, tb = s.attrs["transpose_a"], s.attrs["transpose_b"]
        a, ta = _matrix(b, a, ta, row=True)
        c, tb = _matrix(b, c, tb, row=False)
        return reshaped(b, _product(b, a, c, ta, tb), s.out.shape)
    return _gradient(b, s)


def _matrix(b, v, transposed, row):
    """A vector as a row or a column; a matrix as it is."""
    if len(v.shape) > 1:
        return v, transposed
    return reshaped(b, v, (1,) + v.shape if row else v.shape + (1,)), False


def _gradient(b, s):
    dy, x, w = s.inputs                        # x and w are the operands of the product
    ta = s.attrs["transpose_a"] and len(x.shape) > 1
    tb = s.attrs["transpose_b"] and len(w.shape) > 1
    x_shape = x.shape if len(x.shape) > 1 else (1,) + x.shape
    w_shape = w.shape if len(w.shape) > 1 else w.shape + (1,)
    batch = broadcast([x_shape[:-2], w_shape[:-2]])
    m = x_shape[-1] if ta else x_shape[-2]
    n = w_shape[-2] if tb else w_shape[-1]
    dy = reshaped(b, dy, batch + (m, n))
    if s.type == "matmul_grad_a":
        w = reshaped(b, w, w_shape)
        product = _product(b, w, dy, tb, True) if ta else _product(b, dy, w, False, not tb)
        target, like = x_shape, x.shape
    else:
        x = reshaped(b, x, x_shape)
        if not tb and len(w_shape) == 2 and len(batch) > 0 and not ta:
            product = _tall_product(b, x, dy)
        else:
            product = _product(b, dy, x, True, ta) if tb else _product(b, x, dy, not ta, False)
        target, like = w_shape, w.shape
    return reshaped(b, _sum_batch(b, product, target), like)


def _tall_product(b, x, dy):
    """x^T dy summed over the batch, as one product of all rows."""
    k, n = x.shape[-1], dy.shape[-1]
    if not same(x.shape[:-1], dy.shape[:-1]):
        return _product(b, x, dy, True, False)
    rows = size_of(x.shape[:-1])
    return _product(b, reshaped(b, x, (rows, k)), reshaped(b, dy, (rows, n)), True, False)


def _sum_batch(b, value, target):
    """Sum over the batch dimensions that `target` lacks or has as 1."""
    lead = len(value.shape) - len(target)
    axes = tuple(range(lead)) + tuple(
        i for i, d in enumerate(target[:-2], lead) if d == 1 and value.shape[i] != 1)
    return b.step("reduce_sum", value, axis=axes, keepdims=True) if axes else value


def _product(b, a, c, ta, tb):
    """op(a) op(c) for operands of two or more dimensions."""
    a, ta = _untransposed(a, ta)
    c, tb = _untransposed(c, tb)
    if len(a.shape) == 2 and len(c.shape) == 2:
        return b.step("gemm", a, c, ta=ta, tb=tb)
    batch = broadcast([a.shape[:-2], c.shape[:-2]])
    m = a.shape[-1] if ta else a.shape[-2]
    n = c.shape[-2] if tb else c.shape[-1]
    if len(c.shape) == 2 and not ta:                  # many rows against one matrix
        rows = reshaped(b, a, (size_of(a.shape[:-1]), a.shape[-1]))
        return reshaped(b, b.step("gemm", rows, c, ta=False, tb=tb), batch + (m, n))
    flat = [_flat_batch(b, v, batch) for v in (a, c)]
    return reshaped(b, b.step("bgemm", *flat, ta=ta, tb=tb), batch + (m, n))


def _flat_batch(b, v, batch):
    """One batch dimension: of 1 if the matrix repeats, else all of `batch`."""
    own = v.shape[:-2]
    if size_of(own) == 1:
        return reshaped(b, v, (1,) + v.shape[-2:])
    if not same(own, batch):
        v = b.step("broadcast_to", v, const_value(int_array(batch + v.shape[-2:])))
    return reshaped(b, v, (size_of(batch),) + v.shape[-2:])


def _untransposed(v, flag):
    """A transposed operand becomes the flag of the one before."""
    if v.type == "transpose":
        rank = len(v.shape)
        perm = v.step.attrs["perm"] or tuple(range(rank))[::-1]
        if tuple(perm) == tuple(range(rank - 2)) + (rank - 1, rank - 2):
            return v.step.inputs[0], not flag
    return v, flag
