"""Layouts of pools and of depthwise convolutions. What `aux` holds is in families.md."""

from fastgrad.compiler.families import family
from fastgrad.compiler.layout.convolutions import Geometry, share_by_images
from fastgrad.compiler.layout.emitter import Kernel, letter
from fastgrad.compiler.layout.products import ACTIVATIONS
from fastgrad.compiler.shares import Share
from fastgrad.graph.shapes import size_of
from fastgrad.nn.pooling_twins import depth_of, windows_of

RATE = 0.3      # of a product's: 45 to 60 GFLOP/s of 48x48x16 and 24x24x64, 3 x 3, one thread


# ---- pools ------------------------------------------------------------------------------

def _pool(x, attrs):
    """The Geometry of a pool of images `x`; None if it is over channels."""
    if depth_of(attrs) != (1, 1):
        return None
    return Geometry(x, (*windows_of(attrs).sizes, x[-1], 1), attrs)


def _by_image(k):
    """By images, which are dx's, x's and dy's first dimension."""
    return Share(k.count, 1, tuple(v is not None and v.kind != "scratch" for v in k.values))


def _window_flops(k):
    """An operation for each element of each window."""
    return k.aux[7] * k.aux[8] * k.aux[0] * k.aux[4] * k.aux[5] * k.aux[3]


@family("max_pool", "avg_pool", share=share_by_images, flops=_window_flops)
def _forward(e, s):
    x, = s.inputs
    g = _pool(x.shape, s.attrs)
    if g is None:
        return None
    return [Kernel(s, f"{s.opdef.kernel}_{letter(x.dtype)}", [s.out, x],
                   x.shape[0] * g.outputs[0], aux=g.facts(False, False))]


@family("max_pool_grad", share=_by_image, flops=_window_flops, epilogue=frozenset(("relu_grad",)))
def _max_pool_grad(e, s):
    x, _, dy = s.inputs
    return [Kernel(s, f"max_pool_grad_{letter(x.dtype)}", [s.out, x, dy], x.shape[0],
                   ext=(int("relu" in s.fused),),
                   aux=_pool(x.shape, s.attrs).facts(False, False))]


@family("avg_pool_grad", share=_by_image, flops=_window_flops,
        scratch=lambda s: s.out.shape[-1] * s.out.dtype.itemsize)
def _avg_pool_grad(e, s):
    dy, = s.inputs
    return [Kernel(s, f"avg_pool_grad_{letter(dy.dtype)}", [s.out, dy, s.scratch],
                   dy.shape[0], aux=_pool(s.out.shape, s.attrs).facts(False, False))]


# ---- depthwise --------------------------------------------------------------------------

def _facts(x, w, attrs):
    """(Geometry, its facts with filters a channel in place of filters)."""
    g = Geometry(x, w, attrs)
    return g, g.facts(False, False)


def _unit_flops(k):
    return k.ext[0] * k.count


@family("depthwise", product=True, rate=RATE, share=share_by_images, flops=_unit_flops,
        epilogue=frozenset(("bias", "act")))
def _depthwise(e, s):
    x, w = s.inputs
    g, facts = _facts(x.shape, w.shape, s.attrs)
    count = x.shape[0] * g.outputs[0]
    return [Kernel(s, f"depthwise_{letter(x.dtype)}", [s.out, x, w, s.fused.get("bias")], count,
                   ext=(g.flops() // count, ACTIVATIONS[s.fused.get("act")],
                        s.out.size // count), aux=facts)]


@family("depthwise_back", product=True, rate=RATE, share=share_by_images, flops=_unit_flops)
def _depthwise_back(e, s):
    w, dy = s.inputs
    g, facts = _facts(s.out.shape, w.shape, s.attrs)
    count = s.out.shape[0] * s.out.shape[1]
    return [Kernel(s, f"depthwise_back_{letter(dy.dtype)}", [s.out, dy, w], count,
                   ext=(g.flops() // count,), aux=facts)]


@family("depthwise_filter", product=True, rate=RATE, flops=_unit_flops,
        share=lambda k: Share(k.count, 1, (True, False, False)))
def _depthwise_filter(e, s):
    x, dy = s.inputs
    g, facts = _facts(x.shape, s.out.shape, s.attrs)
    count = size_of(s.out.shape[:2])
    return [Kernel(s, f"depthwise_filter_{letter(x.dtype)}", [s.out, x, dy], count,
                   ext=(g.flops() // count,), aux=facts)]
