"""Arguments that layers over windows share: sizes, strides, paddings, the place of channels."""

import numbers

from fastgrad.errors import ShapeError
from fastgrad.wording import where

FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}


def sizes(value, n, what):
    """A number, or `n` of them, as a tuple."""
    if isinstance(value, numbers.Integral):
        return (int(value),) * n
    try:
        given = tuple(value)
    except TypeError:
        raise ValueError(f"The `{what}` argument must be a tuple of {n} integers; got "
                         f"{value!r}.") from None
    if len(given) != n or not all(isinstance(v, numbers.Integral) for v in given):
        raise ValueError(f"The `{what}` argument must be a tuple of {n} integers; got {value!r}.")
    return tuple(int(v) for v in given)


def padding_of(value, *more):
    """'valid' or 'same' in any case, or one of `more`."""
    text = value.lower() if isinstance(value, str) else value
    if text not in ("valid", "same", *more):
        raise ValueError(f"The `padding` argument must be one of \"valid\", \"same\"; got "
                         f"{value!r}.")
    return text


def is_first(data_format):
    """Whether channels come before the sizes."""
    text = data_format.lower() if isinstance(data_format, str) else data_format
    if text not in ("channels_last", "channels_first"):
        raise ValueError("The `data_format` argument must be one of \"channels_first\", "
                         f"\"channels_last\"; got {data_format!r}.")
    return text == "channels_first"


def full(values, first):
    """One number a spatial dimension as one a dimension: 1 for the batch and the channels."""
    return [1, 1, *values] if first else [1, *values, 1]


def check_rank(x, rank, layer):
    """Refuse inputs of another rank."""
    known = x._shape
    if known is None or len(known) != rank:
        found = "its rank is not known" if known is None else f"found ndim={len(known)}"
        raise ShapeError(f"Input 0 of layer {layer} is incompatible with the layer: expected "
                         f"ndim={rank}, {found}. It is {where(x)} of shape {known}.")


def channels_of(shape, first, layer):
    """The number of channels, which a layer must know before it makes its kernel."""
    n = shape[1 if first else -1]
    if n is None:
        raise ShapeError(f"The channel dimension of the inputs to {layer} should be defined. "
                         f"Found `None` in {shape}.")
    return n
