"""Layouts of batch normalisation: blocks of rows, moments of channels, what is done to each row."""

from fastgrad.compiler import costs, shares
from fastgrad.compiler.families import family
from fastgrad.compiler.layout.emitter import Kernel, letter


def _sizes(s, x):
    """(rows, channels, rows of a block) of steps that work on blocks of `x`."""
    return (*x.shape, s.attrs["block"])


@family("channel_parts", kernels=("channel_parts",), share=shares.by_range)
def _parts(e, s):
    x = s.inputs[0]
    return [Kernel(s, f"channel_parts_{letter(x.dtype)}", [s.out, x], s.out.shape[0],
                   ext=_sizes(s, x))]


@family("channel_grad_parts", kernels=("channel_grad_parts",), share=shares.by_range)
def _grad_parts(e, s):
    dy = s.inputs[0]
    return [Kernel(s, f"channel_grad_parts_{letter(dy.dtype)}", [s.out, *s.inputs],
                   s.out.shape[0], ext=_sizes(s, dy))]


@family("channel_moments", "channel_sums", kernels=("channel_moments", "channel_sums"),
        share=shares.by_range)
def _joined(e, s):
    part, at = s.inputs[0], s.attrs
    par = (at["epsilon"],) if "epsilon" in at else ()
    return [Kernel(s, f"{s.type}_{letter(part.dtype)}", [*s.outs, *s.inputs], part.shape[2],
                   ext=(at["rows"], part.shape[2], at["block"]), par=par)]


@family("channel_affine", kernels=("channel_affine",), share=shares.by_elements,
        epilogue=frozenset(("act",)), flops=lambda k: 3 * costs.elements(k))
def _affine(e, s):
    """With a relu in the same pass; another activation is a map behind it."""
    c, kind = s.out.shape[-1], letter(s.out.dtype)
    act = s.fused.get("act")
    kernels = [Kernel(s, f"channel_affine_{kind}", [s.out, *s.inputs], s.out.size // c,
                      ext=(c, int(act == "relu")))]
    if act not in (None, "relu"):
        kernels.append(Kernel(s, f"{act}_{kind}", [s.out, s.out], s.out.size))
    return kernels


@family("channel_grad", kernels=("channel_grad",), share=shares.by_elements,
        flops=lambda k: 5 * costs.elements(k))
def _grad(e, s):
    c = s.out.shape[-1]
    return [Kernel(s, f"channel_grad_{letter(s.out.dtype)}", [s.out, *s.inputs],
                   s.out.size // c, ext=(c,))]
