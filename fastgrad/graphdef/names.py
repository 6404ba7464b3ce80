"""tf.make_tensor_proto and tf.make_ndarray: arrays and TensorProtos."""

import numpy as np

from fastgrad.graph.dtypes import TEXT, to_np
from fastgrad.graph.interned import readable
from fastgrad.graph.literals import array_of as literal
from fastgrad.io.tensor_proto import array_of, proto_of


def make_tensor_proto(values, dtype=None, shape=None, verify_shape=False,
                      allow_broadcast=False):
    """The TensorProto of a value; Python numbers are float32 and int32.

    Parameters
    ----------
    values : array, number, string or nested list
    dtype : dtype, optional
    shape : sequence of int, optional
        Fewer values than fit repeat the last.
    """
    array = literal(values, to_np(dtype), "tf")
    array = np.asarray(readable(array), object) if array.dtype == TEXT else array
    if shape is None:
        return proto_of(array)
    shape = tuple(int(n) for n in shape)
    count = int(np.prod(shape, dtype=np.int64))
    if verify_shape and array.shape != shape:
        raise TypeError(f"Expected Tensor's shape: {shape}, got {array.shape}.")
    if array.size > count:
        raise ValueError(f"Too many elements provided. Needed at most {count}, but received "
                         f"{array.size}")
    flat = array.reshape(-1)
    if flat.size < count:
        flat = np.concatenate([flat, np.repeat(flat[-1:], count - flat.size)])
    return proto_of(flat.reshape(shape))


def make_ndarray(tensor):
    """The array of a TensorProto."""
    return np.array(array_of(tensor))


__all__ = ["make_tensor_proto", "make_ndarray"]
