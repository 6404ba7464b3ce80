"""convert_image_dtype: colours in another dtype, whole numbers scaled to its range."""

from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import as_dtype, strong, to_np
from fastgrad.graph.nodes import as_tensor
from fastgrad.image.ranks import scope_of
from fastgrad.ops.arithmetic import multiply
from fastgrad.ops.cast import cast, saturate_cast
from fastgrad.ops.divide import floordiv
from fastgrad.ops.state import identity


@door
def convert_image_dtype(image, dtype, saturate=False, name=None):
    """An image in another dtype, scaled so that the largest colour stays the largest.

    Floating images hold [0, 1], those of whole numbers [0, the largest of their dtype].

    Parameters
    ----------
    image : tensor
    dtype : dtype
    saturate : bool
        Cut what is out of range at the limits; else it is whatever a cast makes of it.

    Notes
    -----
    Gradient: as of the product and the cast. As TensorFlow's, whole numbers are scaled by whole
    numbers (255 of uint8 becomes 65280 of uint16), and fractions are cut, not rounded (0.5 becomes
    127).
    """
    x, dtype = as_tensor(image), to_np(dtype)
    own = strong(x._dtype)
    if own == dtype:
        return identity(x, name=name or "Identity")
    with scope_of(x, name or "convert_image") as scope:
        whole = own.kind in "iu", dtype.kind in "iu"
        to = saturate_cast if saturate else cast
        if whole == (True, True):
            return _whole(x, own, dtype, saturate, scope)
        if whole == (False, False):
            return cast(x, dtype, name=scope)
        if whole[0]:
            return multiply(cast(x, dtype), 1.0 / as_dtype(own).max, name=scope)
        return to(multiply(x, as_dtype(dtype).max + 0.5), dtype, name=scope)


def _whole(x, own, dtype, saturate, scope):
    most, limit = int(as_dtype(own).max), int(as_dtype(dtype).max)
    if most > limit:
        scaled = floordiv(x, (most + 1) // (limit + 1))
        return (saturate_cast if saturate else cast)(scaled, dtype, name=scope)
    wide = (saturate_cast if saturate else cast)(x, dtype)
    return multiply(wide, (limit + 1) // (most + 1), name=scope)


__all__ = ["convert_image_dtype"]
