"""What to parse of an example: FixedLenFeature, VarLenFeature and so on, TensorFlow's names."""

import collections
import math

import numpy as np

from fastgrad.errors import DTypeError
from fastgrad.graph.dtypes import FLOAT32, INT64, TEXT, as_dtype, to_np
from fastgrad.graph.interned import encoded
from fastgrad.graph.literals import array_of
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.tensor_shape import to_shape
from fastgrad.ops.reshape import reshape

KINDS = {FLOAT32: "float", INT64: "int64", TEXT: "string"}


class FixedLenFeature(collections.namedtuple("FixedLenFeature", "shape dtype default_value")):
    """A feature of one shape in every example.

    Parameters
    ----------
    shape : sequence of int
    dtype : float32, int64 or string
    default_value : array, optional
        Where an example lacks it; without one, that is an error.
    """

    __slots__ = ()

    def __new__(cls, shape, dtype, default_value=None):
        return super().__new__(cls, shape, dtype, default_value)


VarLenFeature = collections.namedtuple("VarLenFeature", "dtype")
VarLenFeature.__doc__ = """A feature of any number of values: it becomes a SparseTensor.

    Parameters
    ----------
    dtype : float32, int64 or string
    """


class FixedLenSequenceFeature(collections.namedtuple(
        "FixedLenSequenceFeature", "shape dtype allow_missing default_value")):
    """A feature of any number of parts of one shape, filled up to the longest of the batch.

    Parameters
    ----------
    shape : sequence of int
        Of a part.
    dtype : float32, int64 or string
    allow_missing : bool
        Must be True for examples.
    default_value : number or bytes, optional
        What is filled in; 0 or "" if not given.
    """

    __slots__ = ()

    def __new__(cls, shape, dtype, allow_missing=False, default_value=None):
        return super().__new__(cls, shape, dtype, allow_missing, default_value)


class SparseFeature(collections.namedtuple(
        "SparseFeature", "index_key value_key dtype size already_sorted")):
    """A sparse vector or array whose places and values are two features of their own.

    Parameters
    ----------
    index_key : str or list of str
        The integer features with the places, one a dimension.
    value_key : str
    dtype : float32, int64 or string
    size : int or list of int
        Of each dimension.
    already_sorted : bool
        Whether places are in order in each example.
    """

    __slots__ = ()

    def __new__(cls, index_key, value_key, dtype, size, already_sorted=False):
        return super().__new__(cls, index_key, value_key, dtype, size, already_sorted)


def _kind_of(dtype, key):
    found = to_np(dtype)
    if found not in KINDS:
        raise DTypeError(f"feature {key!r} is asked for as {as_dtype(dtype).name}; examples hold "
                         "float32, int64 and string. Cast what comes out.")
    return found


class Asked:
    """The features that a dict asks for, as the operation takes them."""

    def __init__(self, features):
        if not features:
            raise ValueError(f"Missing: features was {features}.")
        self.sparse, self.dense = {}, {}        # key -> dtype; key -> (dtype, shape, default)
        for key in sorted(features):
            self._add(key, features[key])

    def _add(self, key, feature):
        if isinstance(feature, VarLenFeature):
            self.sparse[key] = _kind_of(feature.dtype, key)
        elif isinstance(feature, SparseFeature):
            if not isinstance(feature.size, (list, tuple)) and isinstance(
                    feature.index_key, (list, tuple)) and len(feature.index_key) > 1:
                raise ValueError(f"SparseFeature {key!r} has several index keys; its size must be "
                                 "a list too.")
            for index in listed(feature.index_key):
                self.sparse[index] = INT64
            self.sparse[feature.value_key] = _kind_of(feature.dtype, key)
        elif isinstance(feature, (FixedLenFeature, FixedLenSequenceFeature)):
            self.dense[key] = self._dense(key, feature)
        else:
            raise ValueError(f"Invalid feature {key}:{feature}.")

    @staticmethod
    def _dense(key, feature):
        dtype, shape = _kind_of(feature.dtype, key), to_shape(feature.shape)
        longer = isinstance(feature, FixedLenSequenceFeature)
        if longer and not feature.allow_missing:
            raise ValueError("Unsupported: FixedLenSequenceFeature requires allow_missing to be "
                             "True.")
        if shape is None or None in shape:
            raise ValueError(f"First dimension of shape for feature {key} unknown. Consider using "
                             "FixedLenSequenceFeature.")
        default = feature.default_value
        if default is None:
            default = encoded([]) if dtype == TEXT else np.empty(0, dtype)
        elif is_node(default):
            default = reshape(as_tensor(default), [-1] if longer else shape)
        else:
            default = encoded(default) if dtype == TEXT else array_of(default, dtype)
            if not longer and default.size != math.prod(shape):
                raise ValueError(f"feature {key!r}: Cannot reshape a tensor with {default.size} "
                                 f"elements to shape {list(shape)} ({math.prod(shape)} elements)")
        return dtype, ((None,) if longer else ()) + tuple(shape), default


def listed(keys):
    return list(keys) if isinstance(keys, (list, tuple)) else [keys]


__all__ = ["FixedLenFeature", "FixedLenSequenceFeature", "SparseFeature", "VarLenFeature"]
