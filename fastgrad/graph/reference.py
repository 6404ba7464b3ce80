"""The NumPy twin of an operation: its declared `ref` or `draw`, by the declaration's rules.

What folding constants, steps without a kernel, operations evaluated between plans and the reference
interpreter have in common.
"""

import numpy as np

from fastgrad.errors import DTypeError, KernelError, RunShapeError
from fastgrad.graph.dtypes import strong
from fastgrad.graph.opdef import computing_dtype, output_dtype
from fastgrad.wording import where


def twin(opdef, attrs, generator=None):
    """callable(*arrays) -> array(s): `ref`, or `draw` from `generator`, with its attributes."""
    attributes = {k: v for k, v in attrs.items() if k[0] != "_"}
    if opdef.draw is not None:
        return lambda *arrays: opdef.draw(generator, *arrays, **attributes)
    return lambda *arrays: opdef.ref(*arrays, **attributes)


def in_casts(opdef, count):
    """The places of the inputs that are converted to the computing dtype, of `count`."""
    return range(count) if opdef.casts is None else opdef.casts


def _at_once(function, *arrays):
    return function(*arrays)


def evaluate(node, arrays, streams=None, dtypes=None, calculate=_at_once):
    """Outputs of a built-in operation from its NumPy twin, as arrays of their own.

    Parameters
    ----------
    node : Operation
    arrays : list of arrays, one an input
    streams : Streams, for operations that draw
    dtypes : list of dtypes, optional
        What the rules take for the inputs' dtypes, a Python number's type among them; those of
        the arrays, if not given.
    calculate : callable(function, *arrays), optional
        Calls the twin, with the setting for subnormal numbers that the caller wants.

    Raises
    ------
    RunShapeError, KernelError
        What a run would raise.
    """
    opdef, attrs = node.opdef, {**node.opdef.attrs, **node.attrs}
    dtypes = [a.dtype for a in arrays] if dtypes is None else dtypes
    want, casts = computing_dtype(opdef, dtypes), in_casts(opdef, len(arrays))
    targets = [want if want is not None and i in casts else strong(d)
               for i, d in enumerate(dtypes)]
    arrays = [_converted(node, np.asarray(a), t) for a, t in zip(arrays, targets)]
    attrs.update((opdef.tensors[i], arrays[i]) for i in opdef.static)
    args = [a for i, a in enumerate(arrays) if i not in opdef.static]
    # in a TensorFlow graph a division of integers by 0 fails
    strict = node.graph.literals == "tf" and want is not None and strong(want).kind in "iu"
    try:
        if opdef.infer is not None:
            opdef.infer([a.shape for a in args], attrs)          # refuses shapes that do not fit
        function = twin(opdef, attrs, None if opdef.draw is None else streams.of(node))
        with np.errstate(all="ignore", divide="raise" if strict else "ignore"):
            results = calculate(function, *args)
        out = output_dtype(opdef, dtypes, attrs)
        results = [results] if opdef.outputs == 1 else results
        outs = out if isinstance(out, (list, tuple)) else [out] * len(results)
        return [np.array(f, dtype=strong(d), order="C") for f, d in zip(results, outs)]
    except ArithmeticError:
        raise KernelError(f"{where(node)}: Integer division by zero.", node) from None
    except (ValueError, IndexError) as e:
        raise getattr(e, "in_run", RunShapeError)(f"{where(node)}: {e}", node) from e


def _converted(node, array, dtype):
    if array.dtype.kind == "c" != strong(dtype).kind:
        raise DTypeError(f"{where(node)}: a complex operand would lose its imaginary part. Take "
                         "the real part or the absolute value first.")
    return array.astype(dtype, copy=False)
