"""Layouts of families that draw random numbers, from a stream that counts the runs."""

from fastgrad.compiler import shares
from fastgrad.compiler.families import family
from fastgrad.compiler.ir import Value
from fastgrad.compiler.layout.emitter import Kernel, letter
from fastgrad.compiler.place import Storage


@family("random", kernels=("random_normal", "random_uniform", "dropout_mask", "stream_advance"),
        share=shares.by_elements, slow=("random", "dropout_mask"))
def _random(e, s):
    """The draw, then a step that counts the run; None for draws that NumPy makes."""
    if s.opdef.kernel is None:
        return None
    stream = s.attrs["_generator"]
    state = Value(stream.state.shape, stream.state.dtype, "stream", source=stream)
    state.storage = Storage("stream", stream.state.nbytes, stream)
    values, par = [s.out, state], ()
    if s.opdef.kernel == "dropout_mask":
        rate = s.inputs[-1]
        if rate.size != 1 or rate.dtype != s.out.dtype:
            return None
        known = rate.const is not None
        values.append(None if known else rate)
        par = (float(rate.const.reshape(-1)[0]) if known else 0.0,)
    return [Kernel(s, f"{s.opdef.kernel}_{letter(s.out.dtype)}", values, s.out.size, par=par,
                   writes=1),
            Kernel(s, "stream_advance", [state], 1, writes=1)]
