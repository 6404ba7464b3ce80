"""Windows that slide over images: their arguments, their output sizes, and their NumPy views.

Owns what convolutions and pools have in common: strides, dilations and window sizes as users give
them, how much `padding` adds at each side, how many places a window has, and `patches`, the view of
all windows that the NumPy twins work on. May not know what is computed of a window.

Attributes `strides`, `dilations` and `ksize` have a number for each dimension of the image, as
TensorFlow's have; `data_format` says where its channels are. In a `compat.v1` graph channels come
last or the run fails, as TensorFlow's on a CPU does; in fastgrad's own, functions move them.

A VALID window that is larger than the image is an error while the graph is built; where only the
run knows, the output has as many places as TensorFlow's formula gives, none among them.
"""

import dataclasses

import numpy as np

from fastgrad.errors import LateShapeError, LateUnimplementedError, ShapeError

PADDINGS = ("SAME", "VALID")


# ---- arguments --------------------------------------------------------------------------

def channels_first(data_format):
    return data_format is not None and data_format.startswith("NC")


def format_of(data_format, allowed, default):
    """The data format, one of those allowed."""
    if data_format is None:
        return default
    if data_format not in allowed:
        raise ValueError(f"data_format must be one of {', '.join(map(repr, allowed))}; got "
                         f"{data_format!r}.")
    return data_format


def sequence(value, n, first, what):
    """A number, or 1, n or n + 2 of them, as n + 2: 1 for the batch and the channels.

    Parameters
    ----------
    value : int, sequence of int, or None for ones
    n : int
        Spatial dimensions.
    first : bool
        Whether the channels come before them.
    what : str
        The argument's name, for the error.
    """
    if value is None:
        value = [1]
    value = [value] if np.ndim(value) == 0 else list(value)
    if len(value) == n + 2:
        return whole(value, what)
    if len(value) not in (1, n):
        raise ValueError(f"{what} should be of length 1, {n} or {n + 2} but was {len(value)}; got "
                         f"{value!r:.60}.")
    inner = whole(value * n if len(value) == 1 else value, what)
    return (1, 1, *inner) if first else (1, *inner, 1)


def full_list(value, n, what):
    """A list of `n` numbers, where TensorFlow takes nothing else."""
    if isinstance(value, (int, float, str)) or value is None:
        raise TypeError(f"Expected list for {what!r}, not {value!r}.")
    if len(value) != n:
        raise ValueError(f"{what} must contain {n} values, one a dimension; got {value!r:.60}.")
    return whole(value, what)


def whole(values, what):
    for v in values:
        if isinstance(v, (bool, str)) or not hasattr(v, "__index__") and not (
                hasattr(v, "__int__") and v == int(v)):
            raise TypeError(f"{what} must be whole numbers; got {v!r:.40}.")
    return tuple(int(v) for v in values)


def padding_of(padding, first=False, explicit=True, rank=4):
    """'SAME', 'VALID', or a pair of numbers for each dimension of the image.

    Raises
    ------
    TypeError
        If it is None, or a list where none is taken.
    ValueError
        For other words, and lists that cannot be.
    """
    if isinstance(padding, str):
        if padding not in PADDINGS:
            raise ValueError(f"padding must be 'SAME' or 'VALID', in capitals; got {padding!r}.")
        return padding
    if not explicit or not isinstance(padding, (list, tuple, np.ndarray)):
        raise TypeError(f"padding: expected 'SAME' or 'VALID', got {padding!r:.60}.")
    if len(padding) != rank:
        raise ValueError(f"When padding is a list, it must be of size {rank}. Got padding of size: "
                         f"{len(padding)}")
    pairs = []
    for pair in padding:
        if np.ndim(pair) != 1 or len(pair) != 2:
            raise ValueError("Each element of padding must be a list of size 2. Got: "
                             f"{pair!r:.60}.")
        pairs.append(whole(pair, "padding"))
    if any(n < 0 for pair in pairs for n in pair):
        raise ValueError(f"All elements of explicit_paddings must be nonnegative; got {padding}.")
    if any(pairs[0]) or any(pairs[1 if first else -1]):
        raise ValueError("Nonzero explicit padding in the batch or depth dimensions is not "
                         f"supported; got {padding}.")
    return tuple(pairs)


# ---- geometry ---------------------------------------------------------------------------

def last(values, data_format):
    """A tuple of a number for each dimension, with the channels' at the end."""
    values = tuple(values)
    return (values[0], *values[2:], values[1]) if channels_first(data_format) else values


def in_format(shape, data_format):
    """The shape of an image whose channels are last, as `data_format` has it."""
    return (shape[0], shape[-1], *shape[1:-1]) if channels_first(data_format) else tuple(shape)


@dataclasses.dataclass(frozen=True)
class Windows:
    """The spatial part of a window's movement over images with channels last.

    Attributes
    ----------
    sizes, strides, dilations : tuples of int, one a spatial dimension; sizes may hold None
    padding : 'SAME', 'VALID' or a tuple of pairs, one a spatial dimension
    """

    sizes: tuple
    strides: tuple
    dilations: tuple
    padding: object

    def extents(self):
        """How many pixels a window spans."""
        return tuple(None if k is None else (k - 1) * d + 1
                     for k, d in zip(self.sizes, self.dilations))

    def outputs(self, image):
        """How many places a window has in each dimension of an image."""
        return tuple(None if n is None or e is None and self.padding != "SAME"
                     else self._places(i, n, e)
                     for i, (n, e) in enumerate(zip(image, self.extents())))

    def _places(self, i, n, extent):
        stride = self.strides[i]
        if self.padding == "SAME":
            return (n + stride - 1) // stride
        if self.padding != "VALID":
            n = n + sum(self.padding[i])
        room = n - extent + stride
        if room < 0:                        # C's division: towards zero
            return -(-room // stride)
        return room // stride

    def pads(self, image):
        """[(before, after), ...]: the pixels that are added at each side of an image."""
        if self.padding == "VALID":
            return [(0, 0)] * len(image)
        if self.padding != "SAME":
            return [tuple(p) for p in self.padding]
        found = []
        for n, out, extent, stride in zip(image, self.outputs(image), self.extents(),
                                          self.strides):
            total = (out - 1) * stride + extent - n
            total = total if total > 0 else 0
            found.append((total // 2, total - total // 2))
        return found


def windows_of(sizes, strides, dilations, padding, data_format):
    """Windows of attributes that have a number for each dimension of the image."""
    if not isinstance(padding, str):
        padding = last(padding, data_format)[1:-1]
    return Windows(tuple(sizes), last(strides, data_format)[1:-1],
                   last(dilations, data_format)[1:-1], padding)


def check_steps(values, what):
    """Refuse strides, dilations and window sizes that are not above zero."""
    for v in values:
        if v < 1:
            raise ShapeError(f"{what} must be > 0, but got {v} in {list(values)}.")


def check_outputs(outputs, image, windows):
    """Refuse what TensorFlow's run refuses: a window far larger than its image."""
    for out, n, extent in zip(outputs, image, windows.extents()):
        if out is not None and out < 0:
            raise LateShapeError(f"a window of {extent} pixels is larger than an image of {n} "
                                 "pixels, and padding is 'VALID'.", (None,) * (len(image) + 2))


def check_fits(image, windows):
    """While the graph is built: refuse any window that is larger than a known image."""
    if windows.padding == "SAME":
        return
    for i, (n, extent) in enumerate(zip(image, windows.extents())):
        n = n if n is None or windows.padding == "VALID" else n + sum(windows.padding[i])
        if n is not None and extent is not None and n < extent:
            raise ShapeError(f"Negative dimension size caused by subtracting {extent} from {n}: "
                             "the window is larger than the image, and padding is "
                             f"{windows.padding!r}.")


def check_on_cpu(attrs, result, what):
    """Refuse in the run what TensorFlow has on other devices only; see the top of this file."""
    if channels_first(attrs["data_format"]):
        kind = LateShapeError if what == "pool" else LateUnimplementedError
        raise kind(f"the {what} has data_format {attrs['data_format']!r}; on a CPU only channels "
                   "in the last dimension are supported. Transpose the image.", result)
    for name in ("strides", "dilations"):
        values = last(attrs.get(name, (1,)), attrs["data_format"])
        if values[0] != 1 or values[-1] != 1:
            raise LateShapeError(f"{name} must be 1 in the batch and channel dimensions; got "
                                 f"{list(attrs[name])}.", result)


# ---- NumPy ------------------------------------------------------------------------------

def patches(x, windows, outputs=None, fill=0):
    """A view of all windows, (n, places..., sizes..., channels), and the pads it stands on.

    Parameters
    ----------
    x : array (n, image..., channels)
    fill : number
        What pixels outside the image hold.
    """
    image = x.shape[1:-1]
    outputs = windows.outputs(image) if outputs is None else outputs
    pads = spans(windows, image, outputs)
    padded = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)
    steps = padded.strides[1:-1]
    shape = (x.shape[0], *outputs, *windows.sizes, x.shape[-1])
    strides = (padded.strides[0], *(s * t for s, t in zip(steps, windows.strides)),
               *(s * d for s, d in zip(steps, windows.dilations)), padded.strides[-1])
    return np.lib.stride_tricks.as_strided(padded, shape, strides, writeable=False)


def spans(windows, image, outputs):
    """[(before, after), ...]: pads with which every window lies inside."""
    found = []
    for (before, _), n, out, extent, stride in zip(
            windows.pads(image), image, outputs, windows.extents(), windows.strides):
        found.append((before, max(0, (out - 1) * stride + extent - n - before)))
    return found


def taps(windows, outputs):
    """For each element of a window: (its index, the slices of the padded image it meets)."""
    for at in np.ndindex(*windows.sizes):
        yield at, tuple(slice(k * d, k * d + (out - 1) * s + 1 if out else k * d, s)
                        for k, d, s, out in zip(at, windows.dilations, windows.strides, outputs))


def unpadded(padded, pads, image):
    """The image inside of a padded one."""
    return padded[(slice(None), *(slice(a, a + n) for (a, _), n in zip(pads, image)))]


def padded_zeros(shape, pads, dtype):
    """Zeros for an image of `shape` (n, image..., channels) with `pads` around it."""
    return np.zeros((shape[0], *(n + a + b for n, (a, b) in zip(shape[1:-1], pads)), shape[-1]),
                    dtype)
