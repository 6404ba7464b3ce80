"""Layouts of convolutions of images, and which way each goes.

A filter of one pixel, and one as large as the image, are plain products: the kernels of `products`.
Others are read where they lie (`_kernels/convolutions`). What `aux` holds is in families.md.
"""

from fastgrad.compiler.families import family
from fastgrad.compiler.layout.emitter import Kernel, letter
from fastgrad.compiler.layout.products import ACTIVATIONS, gemm_kernel
from fastgrad.compiler.shares import Share
from fastgrad.graph.shapes import size_of
from fastgrad.nn import windows as win

VECTOR = 64                 # bytes of the widest vector: a filter of whole ones is read in place
HIGH = 14                   # pixels of a tile
SHORT = 7                   # places in a row, below which a tile takes pixels of many images
FEW = 8                     # channels, below which rows of a window are taken together
TILES = 16                  # of a panel of the filter, from which packing it is repaid
BLOCK = 1 << 16             # bytes of padded rows that a thread has at a time, if they fit
PARTS = 1 << 19             # bytes of padded images and parts of dy, for a filter's gradient
BY_IMAGES = 8               # images from which threads share them, not rows


# ---- geometry ---------------------------------------------------------------------------

class Geometry:
    """The sizes of a convolution, of steps whose channels are last.

    Parameters
    ----------
    x, w : tuple
        Shapes of image and filter.
    attrs : dict
        Attributes of `conv2d`.
    """

    def __init__(self, x, w, attrs):
        windows = win.windows_of(w[:2], attrs["strides"], attrs["dilations"], attrs["padding"],
                                 attrs["data_format"])
        self.x, self.w, self.windows = x, w, windows
        self.outputs = windows.outputs(x[1:3])
        self.pads = windows.pads(x[1:3])
        self.spans = windows.extents()

    def product(self):
        """(rows, depth) of the plain product that it is, or None."""
        n, h, w, c = self.x
        if self.w[:2] == (1, 1) and self.outputs == (h, w) and self.windows.strides == (1, 1):
            return n * h * w, c
        if self.spans == self.w[:2] == (h, w) and self.outputs == (1, 1) and not any(
                a for pair in self.pads for a in pair):
            return n, h * w * c
        return None

    def facts(self, across, packed):
        return (*self.x, *self.outputs, self.w[3], *self.w[:2], *self.windows.strides,
                *self.windows.dilations, self.pads[0][0], self.pads[1][0], int(across),
                int(packed))

    def flops(self):
        return 2 * self.x[0] * size_of(self.outputs) * size_of(self.w)

    def padded(self):
        """Sizes of the image that all windows lie in."""
        return tuple((out - 1) * stride + span
                     for out, stride, span in zip(self.outputs, self.windows.strides, self.spans))

    def is_inside(self):
        """Whether no window reaches beyond the image."""
        return not any(before for before, _ in self.pads) and all(
            n <= size for n, size in zip(self.padded(), self.x[1:3]))

    def turned(self):
        """(rows, columns) of dy that a row of dx, and all of them, meet, with zeros around."""
        rows = self.w[0] * self.windows.dilations[0] // self.windows.strides[0] + 2
        sides = [(n + span) // stride + 2
                 for n, stride, span in zip(self.x[1:3], self.windows.strides, self.spans)]
        return rows, *sides


def _of_forward(s):
    return Geometry(s.inputs[0].shape, s.inputs[1].shape, s.attrs)


def _of_back(s):
    kh, kw, f, c = s.inputs[0].shape
    return Geometry(s.out.shape, (kh, kw, c, f), s.attrs)


def _of_filter(s):
    return Geometry(s.inputs[0].shape, s.out.shape, s.attrs)


def _packs(columns, item, tiles):
    """Whether the filter is packed: its rows are no whole vectors, or repay it."""
    return bool(columns * item % VECTOR) or columns * item > 2 * VECTOR and tiles > TILES


def _panels(depth, columns, item):
    """Bytes of a packed filter."""
    return depth * (-(-columns * item // VECTOR) * VECTOR) + VECTOR


def _ways(g, item, columns, width):
    """(across, packed) of a pass whose rows have `width` pixels."""
    n, lines = g.x[0], g.outputs[0]
    across = width < SHORT and n >= SHORT
    tiles = -(-n // HIGH) * lines * width if across else n * lines * -(-width // HIGH)
    return across, _packs(columns, item, tiles)


# ---- forward ----------------------------------------------------------------------------

def share_by_images(k):
    """By images where there are many, so that layers need no barrier between them; by rows else.

    Of a kernel whose range counts rows of the result, or its images, and whose first operand
    has as many images.
    """
    images, others = k.values[0].shape[0], (False,) * (len(k.values) - 2)
    if images >= BY_IMAGES and k.count % images == 0:
        return Share(images, k.count // images, (True, True, *others))
    return Share(k.count, 1, (True, False, *others))


def _flops(k):
    return k.ext[0] * k.count


def _way(k):
    """How a pass goes, of those that are not the usual one."""
    across, packed = k.aux[-2:]
    return ", ".join([*["across images"] * across, *["packed filter"] * packed])


def _forward_scratch(s):
    g, item = _of_forward(s), s.out.dtype.itemsize
    if g.product() is not None:
        return 0
    across, packed = _ways(g, item, g.w[3], g.outputs[1])
    size = _panels(size_of(g.w[:3]), g.w[3], item) if packed else 0
    if across or g.is_inside():
        return size
    rows, cols = g.padded()
    line = cols * g.x[3] * item
    return size + max(min(BLOCK, rows * line), g.spans[0] * line) + VECTOR


@family("convolve", product=True, share=share_by_images, flops=_flops, scratch=_forward_scratch,
        way=_way,
        epilogue=frozenset(("bias", "act")))
def _convolve(e, s):
    g, (x, w) = _of_forward(s), s.inputs
    product = g.product()
    if product is not None:
        return [gemm_kernel(e, s, (s.out, x, w), (*product, w.shape[3]), (False, False))]
    across, packed = _ways(g, x.dtype.itemsize, w.shape[3], g.outputs[1])
    count = x.shape[0] * (1 if across else g.outputs[0])
    return [Kernel(s, f"convolve_{letter(x.dtype)}",
                   [s.out, x, w, s.fused.get("bias"), s.scratch], count,
                   ext=(g.flops() // count, ACTIVATIONS[s.fused.get("act")], s.out.size // count),
                   aux=g.facts(across, packed))]


# ---- back to the image ------------------------------------------------------------------

def _back_scratch(s):
    g, item = _of_back(s), s.out.dtype.itemsize
    across, packed = _back_ways(g, item)
    kh, kw, c, f = g.w
    size = _panels(kh * kw * f, c, item) if packed else 0
    if across:
        return size
    least, rows, cols = g.turned()
    line = cols * f * item
    return size + max(min(BLOCK, rows * line), least * line) + VECTOR


def _back_ways(g, item):
    return _ways(g, item, g.x[3], g.x[2] // g.windows.strides[1])


@family("convolve_back", product=True, share=share_by_images, flops=_flops, scratch=_back_scratch,
        way=_way)
def _convolve_back(e, s):
    g, (w, dy) = _of_back(s), s.inputs
    across, packed = _back_ways(g, dy.dtype.itemsize)
    count = g.x[0] * (1 if across else g.x[1])
    return [Kernel(s, f"convolve_back_{letter(dy.dtype)}", [s.out, dy, w, s.scratch], count,
                   ext=(g.flops() // count,), aux=g.facts(across, packed))]


@family("convolve_back_product", kernels=())
def _back_product(e, s):
    """The gradient to an image of a convolution that is a product; rules make others."""
    w, dy = s.inputs
    product = Geometry(s.out.shape, w.shape, s.attrs).product()
    if product is None:
        return None
    rows, depth = product
    return [gemm_kernel(e, s, (s.out, dy, w), (rows, w.shape[3], depth), (False, True))]


# ---- to the filter ----------------------------------------------------------------------

def _filter_scratch(s):
    g, item = _of_filter(s), s.out.dtype.itemsize
    if g.product() is not None:
        return 0
    needed = VECTOR
    if _few(g) and not g.is_inside():
        needed += size_of(g.padded()) * g.x[3] * item
    if g.w[3] * item % VECTOR:
        needed += size_of(g.outputs) * 2 * VECTOR
    return 0 if needed == VECTOR else max(needed, min(PARTS, needed * g.x[0])) + VECTOR


def _few(g):
    return g.w[2] < FEW and g.windows.dilations[1] == 1


def _filter_share(k):
    """By rows of dw; by those of a row of the window, where these are taken together."""
    grain = k.aux[3] * k.aux[8] if k.aux[-2] else 1
    return Share(k.count // grain, grain, (True,) + (False,) * (len(k.values) - 1))


@family("convolve_filter", product=True, share=_filter_share,
        flops=_flops, scratch=_filter_scratch, epilogue=frozenset(("into",)),
        way=lambda k: "rows of windows" if k.aux[-2] else "")
def _convolve_filter(e, s):
    g, (x, dy) = _of_filter(s), s.inputs
    product = g.product()
    if product is not None:
        rows, depth = product
        return [gemm_kernel(e, s, (s.out, x, dy), (depth, rows, g.w[3]), (True, False))]
    into = s.fused.get("into")
    par = (s.fused["alpha"], 1.0) if into is not None else (1.0, 0.0)
    count = size_of(g.w[:3])
    return [Kernel(s, f"convolve_filter_{letter(x.dtype)}", [s.out, x, dy, s.scratch], count,
                   ext=(g.flops() // count,), par=par, aux=g.facts(_few(g), False))]
