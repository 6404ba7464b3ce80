"""Initializers: callables that make a variable's initial value from a shape and a dtype.

Each is a class named and parametrised as in TensorFlow 1; called with `(shape, dtype=None)` it
returns a tensor, so that random ones draw anew at each run of the variable's initializer and
honour seeds.
"""

import functools
import math

import numpy as np

from fastgrad.graph import shapes
from fastgrad.graph.default_graph import building, kind_in_force
from fastgrad.graph.dtypes import DTYPES, as_dtype
from fastgrad.graph.literals import array_of, scalar
from fastgrad.graph.registry import op
from fastgrad.graph.tensor_shape import to_shape
from fastgrad.ops.random import random_normal, random_uniform, truncated_normal
from fastgrad.ops.reshape import reshape, transpose
from fastgrad.ops.state import constant


class Initializer:
    """Base: a subclass defines `__call__(self, shape, dtype=None, partition_info=None)`.

    Examples
    --------
    >>> w = get_variable('w', [2], initializer=ones_initializer())
    >>> w.value
    array([1., 1.], dtype=float32)
    """

    dtype = DTYPES["float32"]

    def __new__(cls, *_, **__):
        self = object.__new__(cls)
        self._tf = kind_in_force() == "tf"        # made by fastgrad.compat.v1: call it there
        return self

    def __init_subclass__(cls):
        make = cls.__dict__.get("__call__")
        if make is not None:
            @functools.wraps(make)
            def call(self, *args, **kwargs):
                if not self._tf:
                    return make(self, *args, **kwargs)
                with building("tf"):
                    return make(self, *args, **kwargs)
            cls.__call__ = call

    def __call__(self, shape, dtype=None, partition_info=None):
        raise NotImplementedError

    def get_config(self):
        """The constructor's arguments as a dict."""
        return {k: getattr(v, "name", v) if k == "dtype" else v for k, v in vars(self).items()
                if k[0] != "_"}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _kind(self, dtype):
        return as_dtype(dtype) or self.dtype


def _floating(dtype):
    floating = as_dtype(dtype)
    if not floating.is_floating:
        raise ValueError(f"Expected floating point type, got {floating.name}.")
    return floating


def _dims(shape):
    dims = to_shape(shape)
    if not shapes.is_known(dims):
        raise ValueError(f"an initializer needs a fully known shape; got {shape}.")
    return dims


class Zeros(Initializer):
    """Initializer of zeros.

    Examples
    --------
    >>> Session().run(zeros_initializer()([2]))
    array([0., 0.], dtype=float32)
    """

    def __init__(self, dtype="float32"):
        self.dtype = as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return constant(np.zeros(_dims(shape), self._kind(dtype).np), name="zeros")


class Ones(Initializer):
    """Initializer of ones.

    Examples
    --------
    >>> Session().run(ones_initializer()([2]))
    array([1., 1.], dtype=float32)
    """

    def __init__(self, dtype="float32"):
        self.dtype = as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return constant(np.full(_dims(shape), scalar(1, self._kind(dtype).np)), name="ones")


class Constant(Initializer):
    """Initializer of the given value or values; the last one is repeated.

    Parameters
    ----------
    value : number, list or array
    verify_shape : bool
        Refuse values of another shape than the variable's.

    Examples
    --------
    >>> Session().run(constant_initializer(2.0)([2]))
    array([2., 2.], dtype=float32)
    """

    def __init__(self, value=0, dtype="float32", verify_shape=False):
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise TypeError(f"Invalid type for initial value: {type(value)} (expected Python "
                            "scalar, list or tuple of values, or numpy.ndarray).")
        self.value, self.dtype, self.verify_shape = value, as_dtype(dtype), verify_shape

    def __call__(self, shape, dtype=None, partition_info=None, verify_shape=None):
        kind, dims = self._kind(dtype).np, _dims(shape)
        if verify_shape or (verify_shape is None and self.verify_shape):
            found = array_of(self.value, kind).shape
            if found != dims:
                raise TypeError(f"Expected Tensor's shape: {dims}, got {found}.")
        return constant(self.value, kind, dims)


class RandomUniform(Initializer):
    """Initializer of uniform numbers in [minval, maxval).

    Examples
    --------
    >>> w = get_variable('w', [64, 32], initializer=random_uniform_initializer(seed=1))
    >>> bool(abs(w.value.mean()) < 0.1)
    False
    """

    def __init__(self, minval=0, maxval=None, seed=None, dtype="float32"):
        self.minval, self.maxval, self.seed = minval, maxval, seed
        self.dtype = as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        kind = self._kind(dtype)
        top = 1 if self.maxval is None and kind.is_floating else self.maxval
        return random_uniform(_dims(shape), self.minval, top, kind, seed=self.seed)


class RandomNormal(Initializer):
    """Initializer of normal numbers.

    Examples
    --------
    >>> w = get_variable('w', [64, 32], initializer=random_normal_initializer(seed=1))
    >>> bool(abs(w.value.mean()) < 0.1)
    True
    """

    def __init__(self, mean=0.0, stddev=1.0, seed=None, dtype="float32"):
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return random_normal(_dims(shape), self.mean, self.stddev, self._kind(dtype),
                             seed=self.seed)


class TruncatedNormal(Initializer):
    """Initializer of normal numbers within two standard deviations of the mean.

    Examples
    --------
    >>> w = get_variable('w', [64, 32], initializer=truncated_normal_initializer(seed=1))
    >>> bool(abs(w.value.mean()) < 0.1)
    True
    """

    def __init__(self, mean=0.0, stddev=1.0, seed=None, dtype="float32"):
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return truncated_normal(_dims(shape), self.mean, self.stddev, self._kind(dtype),
                                seed=self.seed)


class UniformUnitScaling(Initializer):
    """Uniform numbers that keep the scale of the input: sqrt(3 / inputs) * factor.

    Examples
    --------
    >>> w = get_variable('w', [64, 32], initializer=uniform_unit_scaling_initializer(seed=1))
    >>> bool(abs(w.value.mean()) < 0.1)
    True
    """

    def __init__(self, factor=1.0, seed=None, dtype="float32"):
        self.factor, self.seed, self.dtype = factor, seed, _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        dims = _dims(shape)
        limit = math.sqrt(3 / max(1.0, shapes.size_of(dims[:-1]))) * self.factor
        return random_uniform(dims, -limit, limit, self._kind(dtype), seed=self.seed)


def _fans(dims):
    """(inputs, outputs) of a weight of this shape."""
    if len(dims) < 2:
        return (1, 1) if not dims else (dims[0], dims[0])
    field = shapes.size_of(dims[:-2])
    return dims[-2] * field, dims[-1] * field


# the standard deviation of a normal distribution cut at two standard deviations
_CUT_STDDEV = 0.87962566103423978


class VarianceScaling(Initializer):
    """Random numbers of variance `scale / n`, n the inputs, the outputs or their mean.

    Parameters
    ----------
    scale : float
    mode : 'fan_in', 'fan_out' or 'fan_avg'
    distribution : 'truncated_normal' ('normal' is the same), 'untruncated_normal' or 'uniform'

    Examples
    --------
    >>> w = get_variable('w', [64, 32], initializer=variance_scaling_initializer(seed=1))
    >>> bool(np.isfinite(w.value).all())
    True
    """

    def __init__(self, scale=1.0, mode="fan_in", distribution="truncated_normal", seed=None,
                 dtype="float32"):
        if scale <= 0:
            raise ValueError("`scale` must be positive float.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(f"Invalid `mode` argument: {mode!r}")
        if distribution.lower() not in ("normal", "uniform", "truncated_normal",
                                        "untruncated_normal"):
            raise ValueError(f"Invalid `distribution` argument: {distribution!r}")
        self.scale, self.mode, self.distribution = scale, mode, distribution.lower()
        self.seed, self.dtype = seed, _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        dims, kind = _dims(shape), self._kind(dtype)
        fan_in, fan_out = _fans(dims)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        scale = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * scale)
            return random_uniform(dims, -limit, limit, kind, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random_normal(dims, 0.0, math.sqrt(scale), kind, seed=self.seed)
        return truncated_normal(dims, 0.0, math.sqrt(scale) / _CUT_STDDEV, kind, seed=self.seed)


class GlorotUniform(VarianceScaling):
    """Uniform numbers in +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio, 2010).

    Examples
    --------
    >>> w = get_variable('w', [64, 32], initializer=glorot_uniform_initializer(seed=1))
    >>> bool(np.isfinite(w.value).all())
    True
    """

    def __init__(self, seed=None, dtype="float32"):
        super().__init__(1.0, "fan_avg", "uniform", seed, dtype)

    def get_config(self):
        return {"seed": self.seed, "dtype": self.dtype.name}


class GlorotNormal(VarianceScaling):
    """Truncated normal numbers of variance 2 / (inputs + outputs).

    Examples
    --------
    >>> w = get_variable('w', [64, 32], initializer=glorot_normal_initializer(seed=1))
    >>> bool(np.isfinite(w.value).all())
    True
    """

    def __init__(self, seed=None, dtype="float32"):
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, dtype)

    def get_config(self):
        return {"seed": self.seed, "dtype": self.dtype.name}


def lecun_normal(seed=None):
    """Truncated normal numbers of variance 1 / inputs.

    Examples
    --------
    >>> w = get_variable('w', [64, 32], initializer=lecun_normal(seed=1))
    >>> bool(abs(w.value.mean()) < 0.05)
    True
    """
    return VarianceScaling(1.0, "fan_in", "truncated_normal", seed)


def lecun_uniform(seed=None):
    """Uniform numbers of variance 1 / inputs.

    Examples
    --------
    >>> w = get_variable('w', [64, 32], initializer=lecun_uniform(seed=1))
    >>> bool(abs(w.value.mean()) < 0.05)
    True
    """
    return VarianceScaling(1.0, "fan_in", "uniform", seed)


def he_normal(seed=None):
    """Truncated normal numbers of variance 2 / inputs.

    Examples
    --------
    >>> w = get_variable('w', [64, 32], initializer=he_normal(seed=1))
    >>> bool(abs(w.value.mean()) < 0.05)
    True
    """
    return VarianceScaling(2.0, "fan_in", "truncated_normal", seed)


def he_uniform(seed=None):
    """Uniform numbers of variance 2 / inputs.

    Examples
    --------
    >>> w = get_variable('w', [64, 32], initializer=he_uniform(seed=1))
    >>> bool(abs(w.value.mean()) < 0.05)
    True
    """
    return VarianceScaling(2.0, "fan_in", "uniform", seed)


def _orthonormal_ref(x):
    q, r = np.linalg.qr(x)
    d = np.diagonal(r)
    return (q * np.where(d < 0, -1, 1)).astype(x.dtype)


@op(lambda s, a: s[0], ref=_orthonormal_ref)
def _orthonormal(x):
    """The orthonormal columns of a tall matrix, signs fixed by a positive diagonal of R."""


class Orthogonal(Initializer):
    """A random matrix with orthonormal rows or columns, times `gain` (Saxe et al., 2014).

    Examples
    --------
    >>> w = get_variable('w', [64, 32], initializer=orthogonal_initializer(seed=1))
    >>> bool(np.isfinite(w.value).all())
    True
    """

    def __init__(self, gain=1.0, seed=None, dtype="float32"):
        self.gain, self.seed, self.dtype = gain, seed, _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        dims = _dims(shape)
        if len(dims) < 2:
            raise ValueError("The tensor to initialize must be at least two-dimensional")
        rows, columns = shapes.size_of(dims[:-1]), dims[-1]
        tall = (max(rows, columns), min(rows, columns))
        q = _orthonormal(random_normal(tall, dtype=self._kind(dtype), seed=self.seed))
        return self.gain * reshape(transpose(q) if rows < columns else q, list(dims))


class Identity(Initializer):
    """The identity matrix times `gain`.

    Examples
    --------
    >>> Session().run(Identity()([2, 2]))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    def __init__(self, gain=1.0, dtype="float32"):
        self.gain, self.dtype = gain, _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        dims = _dims(shape)
        if len(dims) != 2:
            raise ValueError("Identity matrix initializer can only be used for 2D matrices.")
        return constant(self.gain * np.eye(*dims, dtype=self._kind(dtype).np))


zeros_initializer = Zeros
ones_initializer = Ones
constant_initializer = Constant
random_uniform_initializer = RandomUniform
random_normal_initializer = RandomNormal
truncated_normal_initializer = TruncatedNormal
uniform_unit_scaling_initializer = UniformUnitScaling
variance_scaling_initializer = VarianceScaling
orthogonal_initializer = Orthogonal
glorot_uniform_initializer = GlorotUniform
glorot_normal_initializer = GlorotNormal
identity_initializer = Identity

__all__ = ["zeros_initializer", "ones_initializer", "constant_initializer",
           "random_uniform_initializer", "random_normal_initializer",
           "truncated_normal_initializer", "uniform_unit_scaling_initializer",
           "variance_scaling_initializer", "orthogonal_initializer",
           "glorot_uniform_initializer", "glorot_normal_initializer"]
