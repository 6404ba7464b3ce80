"""check_numerics: after every step of a plan, a look whether it made a NaN or an infinity.

A watched plan is made of the user's own steps: fusion, strips, writing in place and threads are
off, so that inputs are still there to report and each step has its line. An unwatched plan
has nothing of this. Updates are not looked at after they happened: their gradients were.
"""

import numpy as np

from fastgrad.compiler.layout.emitter import Kernel
from fastgrad.errors import NumericsError
from fastgrad.wording import where

OFF = frozenset(("fuse", "strips", "inplace", "threads"))     # passes a watched plan leaves out


def watched(kernels):
    """The kernels, with a look at the results of each step behind its last one."""
    looked_at = []
    for k, following in zip(kernels, [*kernels[1:], None]):
        looked_at.append(k)
        last = following is None or following.step is not k.step
        if last and not k.step.late and any(v.dtype.kind == "f" for v in k.step.outs):
            looked_at.append(_look(k.step))
    return looked_at


def _look(step):
    outs = [v for v in step.outs if v.storage is not None]
    ins = [v for v in step.inputs if v.kind != "ghost" and v.dtype.kind == "f"]
    k = Kernel(step, None, [*outs, *ins], 1, writes=0)

    def call(_, arrays):
        for out in arrays[:len(outs)]:
            if out.dtype.kind == "f" and not np.isfinite(out).all():
                raise NumericsError(_message(step, out, arrays[len(outs):]), step.op)
    k.call = call
    return k


def _message(step, out, ins):
    bad = ~np.isfinite(out)
    first = tuple(int(i) for i in np.argwhere(bad)[0]) if out.ndim else ()
    name = where(step.op) if step.op is not None else f"a step '{step.type}'"
    at = f", first at {first}" if first else ""
    inputs = "; ".join(f"input {i} {_range(x)}" for i, x in enumerate(ins)) or "no inputs"
    return (f"{name}: step '{step.type}' made {_count(out)} in a result of shape {out.shape}{at}. "
            f"Its inputs: {inputs}.")


def _count(x):
    nan, inf = int(np.isnan(x).sum()), int(np.isinf(x).sum())
    return " and ".join(t for n, t in ((nan, f"{nan} NaN"), (inf, f"{inf} infinite")) if n)


def _range(x):
    finite = x[np.isfinite(x)]
    text = f"{x.shape} in [{finite.min():.6g}, {finite.max():.6g}]" if finite.size else f"{x.shape}"
    return text if finite.size == x.size else f"{text} with {_count(x)}"
