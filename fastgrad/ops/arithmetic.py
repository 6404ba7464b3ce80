"""Elementwise arithmetic, each op with its gradient directly below it.

Rules use ordinary operators and never mention broadcasting: the reverse walk sums each
gradient back to its input's shape. A rule uses the op's output where that saves work.
"""

import numpy as np

from fastgrad.graph import shapes
from fastgrad.graph.dtypes import FLOAT32, is_whole, promote, promote_float, strong, to_np
from fastgrad.graph.literals import scalar
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient, op


def elementwise(in_shapes, _):
    return shapes.broadcast(in_shapes) if len(in_shapes) > 1 else in_shapes[0]


def _map(ref, kernel, **fields):
    return op(elementwise, form="map", kernel=kernel, ref=ref, inplace=(0,), **fields)


def _float_map(ref, kernel, **fields):
    return _map(ref, kernel, dtype=promote_float, **fields)


def _zip(ref, kernel, **fields):
    return op(elementwise, form="zip", kernel=kernel, ref=ref, inplace=(0, 1), **fields)


def as_counted(function):
    """A NumPy function of floats that takes and makes subnormal numbers as the thread counts them.

    Where they count as zero, arithmetic and comparisons see that by themselves; functions that
    look at the bits of a number (powers, remainders) do not.
    """
    def counted(x):
        return np.where(x == 0, np.copysign(x.dtype.type(0), x), x) if x.dtype.kind == "f" else x
    return lambda *arrays: counted(function(*map(counted, arrays)))


def _grad_map(ref, kernel):
    """`dx = f(saved) * dy`: inputs are (saved, dy), of one shape."""
    return op(elementwise, dtype=promote_float, form="map_grad", kernel=kernel, ref=ref,
              inplace=(0, 1))


# ---- two operands -----------------------------------------------------------------------

@_zip(np.add, "add", name="Add", commutes=True)
def add(x, y):
    """Elementwise sum, broadcasting both sides as NumPy does.

    Gradient: `dx = dy = dz`.

    Examples
    --------
    >>> Session().run(add([1., 2.], 3.))
    array([4., 5.])
    """


@RegisterGradient("add")
def add_gradient(op, dz):
    return dz, dz


@_zip(np.subtract, "sub", name="Sub")
def subtract(x, y):
    """Elementwise difference, `x - y`.

    Gradient: `dx = dz`, `dy = -dz`.

    Examples
    --------
    >>> Session().run(subtract([1., 5.], 1.))
    array([0., 4.])
    """


@RegisterGradient("subtract")
def subtract_gradient(op, dz):
    return dz, -dz


@_zip(np.multiply, "mul", name="Mul", commutes=True)
def multiply(x, y):
    """Elementwise product.

    Gradient: `dx = dz * y`, `dy = dz * x`.

    Examples
    --------
    >>> Session().run(multiply([1., 2.], [3., 4.]))
    array([3., 8.])
    """


@RegisterGradient("multiply")
def multiply_gradient(op, dz):
    x, y = op.inputs
    return dz * y, dz * x


def quotient_dtype(in_dtypes):
    """The dtype of a quotient, as in TensorFlow: integers of up to 16 bits give float32, others
    float64."""
    promoted = promote(in_dtypes)
    if promoted is not None and promoted.kind in "iu" and promoted.itemsize <= 2:
        return FLOAT32
    return promote_float(in_dtypes)


@_zip(np.true_divide, "div", name="truediv", dtype=quotient_dtype, node="RealDiv")
def divide(x, y):
    """Elementwise true quotient, `x / y`; integers give float64, those of up to 16 bits float32.

    Gradient: `dx = dz / y`, `dy = -dz * z / y`; in a TensorFlow graph integers have none.

    Examples
    --------
    >>> Session().run(divide([1., 2.], 4.))
    array([0.25, 0.5 ])
    """


@RegisterGradient("divide")
def divide_gradient(op, dz):
    x, y = op.inputs
    if op.graph.literals == "tf" and is_whole(x._dtype):
        return None, None           # TensorFlow casts integers first, and a cast has no gradient
    dx = dz / y
    return dx, -dx * op.outputs[0]


@_zip(as_counted(np.power), "pow", name="Pow")
def pow(x, y):
    """Elementwise power, `x ** y`.

    Gradient: `dx = dz * y * x**(y - 1)`, 0 where `y` is; `dy = dz * z * log(x)`, 0 where `x <= 0`.
    The rule is in ops.unary.

    Examples
    --------
    >>> Session().run(math.pow([2., 3.], 2.))
    array([4., 9.])
    """


@_zip(np.maximum, "maximum", name="Maximum")
def maximum(x, y):
    """Elementwise maximum; NaN if either is.

    Gradient: to `x` where `x >= y`, else to `y`.

    Examples
    --------
    >>> Session().run(maximum([1., 5.], [3., 2.]))
    array([3., 5.])
    """


@RegisterGradient("maximum")
def maximum_gradient(op, dz):
    x, y = op.inputs
    return _by_condition(x >= y, dz)


@_zip(np.minimum, "minimum", name="Minimum")
def minimum(x, y):
    """Elementwise minimum; NaN if either is.

    Gradient: to `x` where `x <= y`, else to `y`.

    Examples
    --------
    >>> Session().run(minimum([1., 5.], [3., 2.]))
    array([1., 2.])
    """


@RegisterGradient("minimum")
def minimum_gradient(op, dz):
    x, y = op.inputs
    return _by_condition(x <= y, dz)


def _by_condition(condition, dz):
    zero = zeros_like(dz)
    return _where(condition, dz, zero), _where(condition, zero, dz)


@_zip(lambda x, y: np.square(x - y), "squared_difference", name="SquaredDifference")
def squared_difference(x, y):
    """Squared difference, `(x - y)**2`.

    Gradient: `dx = 2 dz (x - y)`, `dy = -dx`.

    Examples
    --------
    >>> Session().run(squared_difference([1., 5.], [3., 2.]))
    array([4., 9.])
    """


@RegisterGradient("squared_difference")
def squared_difference_gradient(op, dz):
    x, y = op.inputs
    dx = dz * (2 * (x - y))
    return dx, -dx


# ---- one operand ------------------------------------------------------------------------

@_map(np.negative, "neg", name="Neg")
def negative(x):
    """Numerical negative, `-x`.

    Gradient: `dx = -dy`.

    Examples
    --------
    >>> Session().run(negative([1., -2.]))
    array([-1.,  2.])
    """


@RegisterGradient("negative")
def negative_gradient(op, dy):
    return -dy


@_float_map(np.log, "log", name="Log")
def log(x):
    """Natural logarithm; -inf at 0, NaN below.

    Gradient: `dx = dy / x`.

    Examples
    --------
    >>> Session().run(log([1., 10.]))
    array([0.        , 2.30258509])
    """


@RegisterGradient("log")
def log_gradient(op, dy):
    return dy / op.inputs[0]


@_map(np.sign, "sign", name="Sign")
def sign(x):
    """Sign: -1, 0 or 1; NaN for NaN.

    Gradient: zero everywhere.

    Examples
    --------
    >>> Session().run(sign([-3., 0., 2.]))
    array([-1.,  0.,  1.])
    """


@RegisterGradient("sign")
def sign_gradient(op, dy):
    return zeros_like(op.inputs[0])


# ---- choice and comparison --------------------------------------------------------------

@op(elementwise, form="select", kernel="select", ref=np.where, casts=(1, 2), name="Select",
    text=(1, 2))
def _where(condition, x, y):
    """Elementwise selection: `x` where the condition holds, else `y`; all three broadcast."""


@RegisterGradient("where")
def where_gradient(op, dz):
    return None, *_by_condition(op.inputs[0], dz)


# ---- filled like another ----------------------------------------------------------------

def _like_dtype(in_dtypes, attrs):
    return attrs["dtype"] or strong(in_dtypes[0])


def _like(number, name, text=lambda attrs: attrs["dtype"] is not None):
    """Declare an op that repeats one number; the result takes no memory until a kernel reads it."""
    def ref(x, dtype):
        return np.broadcast_to(scalar(number, dtype or x.dtype), x.shape)
    return op(elementwise, out=_like_dtype, form="fill", ref=ref, shape_only=(0,), name=name,
              text=text)


@_like(0, "zeros_like", text=True)
def _zeros_like(x, dtype=None):
    pass


@_like(1, "ones_like")
def _ones_like(x, dtype=None):
    pass


def zeros_like(tensor, dtype=None, name=None, optimize=True):
    """A tensor of zeros, of the shape of `tensor`, and of its dtype unless another is given.

    Gradient: none; the result is constant.

    Examples
    --------
    >>> Session().run(zeros_like([[1., 2.]]))
    array([[0., 0.]])
    """
    return _zeros_like(tensor, dtype=to_np(dtype), name=name)


def ones_like(tensor, dtype=None, name=None, optimize=True):
    """A tensor of ones, of the shape of `tensor`, and of its dtype unless another is given.

    Gradient: none; the result is constant.

    Examples
    --------
    >>> Session().run(ones_like([[1., 2.]]))
    array([[1., 1.]])
    """
    return _ones_like(tensor, dtype=to_np(dtype), name=name)


NotDifferentiable("zeros_like")
NotDifferentiable("ones_like")


def scalar_mul(scalar, x, name=None):
    """Product of a scalar and a tensor.

    Gradient: `dx = dy * scalar`.

    Examples
    --------
    >>> Session().run(scalar_mul(2.0, constant([1., 2.])))
    array([2., 4.])
    """
    node = as_tensor(x)
    scalar = as_tensor(scalar, node._dtype if node.graph.literals == "tf" else None, node.graph)
    if scalar._shape:
        raise ValueError(f"Only scalar multiply works, got shape {scalar._shape}")
    if hasattr(x, "_as_tensor"):                          # IndexedSlices stay IndexedSlices
        return type(x)(multiply(scalar, x.values), x.indices, x.dense_shape, x.like)
    return multiply(scalar, x, name=name)


__all__ = ["add", "subtract", "multiply", "divide", "pow", "maximum", "minimum",
           "squared_difference", "negative", "log", "sign", "zeros_like", "ones_like", "scalar_mul"]
