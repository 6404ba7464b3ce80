"""The elements of a TensorArray in a run: what was written, read and cleared.

Owns the rules of TensorFlow's array: each element is written once, and reading clears it unless
the array keeps what is read. In the array that holds gradients, writes add up, and an element that
nobody wrote is zero.
"""

import numpy as np

from fastgrad.graph import shapes


class RefusedError(ValueError):
    """An access that the array's rules forbid; the operation words the error."""


class _Element:
    """One element: its value, None before a write and after a read that clears."""

    __slots__ = ("value", "shape", "written", "cleared")

    def __init__(self):
        self.value = self.shape = None
        self.written = self.cleared = False


def _shown(shape):
    return "<unknown>" if shape is None else shape


class Elements:
    """The elements of one array.

    Parameters
    ----------
    dtype : numpy.dtype, or None for that of what is written first
    size : int
    shape : tuple or None
        What is known of all elements' shapes.
    same : bool
        All elements have one shape: the first that is written settles it.
    dynamic : bool
        Writes behind the end make the array longer.
    clears : bool
        Reading an element clears it.
    adds : bool
        Writing an element again adds to it: an array of gradients.
    """

    def __init__(self, dtype, size, shape=None, same=True, dynamic=False, clears=True, adds=False):
        if size < 0:
            raise RefusedError(f"the size is {size}; it should be >= 0.")
        self.dtype, self.shape, self.same = dtype, shape, same
        self.dynamic, self.clears, self.adds = dynamic, clears, adds
        self.closed = False
        self.slopes = {}                # gradient source -> the number of its array
        self._elements = [_Element() for _ in range(size)]

    def __len__(self):
        return len(self._elements)

    def slope(self):
        """An array for the gradients of these elements; they no longer change their number."""
        self.dynamic = False
        slope = Elements(self.dtype, len(self), self.shape, self.same, clears=False, adds=True)
        for own, made in zip(self._elements, slope._elements):
            made.shape, made.written = own.shape, own.written
        return slope

    # ---- writing ----
    def write(self, index, value):
        self._check_open()
        self.dtype = value.dtype if self.dtype is None else self.dtype
        if value.dtype != self.dtype:
            raise RefusedError(f"the array's dtype is {self.dtype.name}; got a value of dtype "
                               f"{value.dtype.name}. Use cast().")
        if index < 0 or index >= len(self) and not self.dynamic:
            raise RefusedError(f"tried to write to index {index}, but the array has size "
                               f"{len(self)} and cannot grow.")
        self._check_shape(index, value.shape)
        while index >= len(self):
            self._elements.append(_Element())
        element = self._elements[index]
        if element.cleared:
            raise RefusedError(f"could not write to index {index}: it has already been read.")
        if element.written and self.adds:
            value = value if element.value is None else element.value + value
        elif element.written:
            raise RefusedError(f"could not write to index {index}: it has already been written "
                               "to.")
        element.value, element.shape, element.written = value, value.shape, True

    def _check_shape(self, index, shape):
        if not shapes.compatible(self.shape, shape):
            raise RefusedError(f"could not write to index {index}: the value has shape {shape}; "
                               f"expected {self.shape} (consider infer_shape=False).")
        if self.same:
            self.shape = shape

    def scatter(self, indices, values):
        if len(indices) > len(values):
            raise RefusedError(f"{len(indices)} indices for {len(values)} rows of values.")
        for index, value in zip(indices, values):
            self.write(int(index), np.asarray(value))

    def split(self, value, lengths):
        """Write pieces of the first axis; their number becomes the size if it can grow."""
        if not value.ndim or lengths.sum() != len(value):
            raise RefusedError(f"the lengths add up to {lengths.sum()}; expected the length of "
                               f"the first axis of the value's shape {value.shape}.")
        if len(lengths) != len(self) and not self.dynamic:
            raise RefusedError(f"{len(lengths)} lengths for an array of size {len(self)}.")
        stops = np.cumsum(lengths)
        for i, (stop, n) in enumerate(zip(stops, lengths)):
            self.write(i, value[stop - n:stop])

    # ---- reading ----
    def read(self, index):
        self._check_open()
        if self.adds and index >= len(self):
            self._elements += [_Element() for _ in range(index + 1 - len(self))]
        if not 0 <= index < len(self):
            raise RefusedError(f"tried to read from index {index}, but the array has size "
                               f"{len(self)}.")
        element = self._elements[index]
        if element.cleared:
            raise RefusedError(f"could not read index {index} twice: it was cleared after a "
                               "previous read (perhaps try setting clear_after_read=False?).")
        value = element.value
        if value is None:
            value = self._missing(index, element)
        if self.clears:
            element.value, element.cleared = None, True
        return value

    def _missing(self, index, element):
        """Zeros for an element that was not written, where its shape is known."""
        shape = element.shape if element.shape is not None else self.shape
        if not shapes.is_known(shape):
            raise RefusedError(f"could not read index {index}: it was never written, and the "
                               f"element shape is not fully defined: {_shown(shape)}. Give the "
                               "array its element_shape to read zeros instead.")
        element.value, element.shape, element.written = np.zeros(shape, self.dtype), shape, True
        return element.value

    def gather(self, indices, shape):
        """These elements, stacked; `shape` is what the graph knows of theirs."""
        if not len(indices):
            return np.zeros((0, *self._empty(self._known(shape))), self.dtype)
        values = [self.read(int(i)) for i in indices]
        for index, value in zip(indices, values):
            if value.shape != values[0].shape:
                raise RefusedError(f"the shapes of the elements differ: index {indices[0]} has "
                                   f"shape {values[0].shape}, index {index} {value.shape}.")
        return np.stack(values)

    def concat(self, shape):
        """The elements joined along their first axis, and the lengths of that axis."""
        if not len(self):
            shape = self._known(shape)
            rest = None if shape is None else shape[1:]
            return np.zeros((0, *self._empty(rest)), self.dtype), np.zeros(0, np.int64)
        values = [self.read(i) for i in range(len(self))]
        for index, value in enumerate(values):
            if not value.ndim:
                raise RefusedError(f"index {index} is a scalar; concat joins at least vectors. "
                                   "Use stack() for scalars.")
            if value.shape[1:] != values[0].shape[1:]:
                raise RefusedError("the shapes of the elements differ behind the first axis: index "
                                   f"0 has shape {values[0].shape}, index {index} {value.shape}.")
        return np.concatenate(values), np.array([len(v) for v in values], np.int64)

    def _known(self, shape):
        return shape if self.shape is None else self.shape

    def _empty(self, shape):
        """`shape`, which nothing but the declaration can tell where there are no elements."""
        if not shapes.is_known(shape):
            raise RefusedError("there are no elements, and the element shape is not fully "
                               f"defined: {_shown(shape)}.")
        return shape

    def _check_open(self):
        if self.closed:
            raise RefusedError("the array has already been closed.")
