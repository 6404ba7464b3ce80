"""Layouts of families that work row by row: softmax and its kin, cross-entropies.

A cross-entropy computes its gradient in the same pass, if fusion has joined the two.
"""

from fastgrad.compiler import shares
from fastgrad.compiler.families import family
from fastgrad.compiler.layout.emitter import INDEX_DTYPES, Kernel, letter
from fastgrad.compiler.size import same

TILES = frozenset(("rows",))


@family("rowwise", tiles=TILES, share=shares.by_rows, slow=("softmax", "log_softmax"))
def _rowwise(e, s):
    if not all(same(v.shape, s.out.shape) for v in s.inputs):
        return None
    n = s.out.shape[-1]
    return [Kernel(s, f"{s.opdef.kernel}_{letter(s.out.dtype)}", [s.out, *s.inputs],
                   s.out.size // n, ext=(n,))]


# ---- cross-entropy against shares -------------------------------------------------------

@family("xent", joins="xent_grad", tiles=TILES, share=shares.by_rows, slow=("xent",))
def _xent(e, s):
    return [_xent_kernel(s, *_joined(s), int(s.attrs["plain"]))]


@family("xent_grad", tiles=TILES, share=shares.by_rows, slow=("xent",))
def _xent_grad(e, s):
    return [_xent_kernel(s, None, s.out, s.inputs[2], int(s.attrs["plain"]))]


def _joined(s):
    """(loss, its gradient or None, the gradient's scale or None)."""
    return (*s.outs, s.inputs[2]) if len(s.outs) > 1 else (s.out, None, None)


def _xent_kernel(s, loss, dz, scale, *plain, labels=""):
    """Either result may be missing; a scale that is one number is a parameter."""
    z, c = s.inputs[:2]
    n, par = z.shape[-1], ()
    if scale is not None and scale.splat is not None:
        par, scale = (float(scale.splat),), None
    return Kernel(s, f"{s.opdef.kernel}{labels}_{letter(z.dtype)}", [loss, dz, z, c, scale],
                  z.size // n if n else 0, ext=(n, *plain), par=par, writes=2)


# ---- cross-entropy against a class ------------------------------------------------------

LABELS = (3, 0)             # of indices: the label's place, and that of the number of classes


@family("sparse_xent", joins="sparse_xent_grad", tiles=TILES, share=shares.by_rows,
        indices=LABELS)
def _sparse_xent(e, s):
    return _sparse_kernels(s, *_joined(s))


@family("sparse_xent_grad", tiles=TILES, share=shares.by_rows, indices=LABELS)
def _sparse_xent_grad(e, s):
    return _sparse_kernels(s, None, s.out, s.inputs[2])


def _sparse_kernels(s, loss, dz, scale):
    label = s.inputs[1]
    if label.dtype.name not in INDEX_DTYPES:
        return None
    return [_xent_kernel(s, loss, dz, scale, labels=f"_{letter(label.dtype)}")]
