"""Layouts of families that write variables: assignments and optimizers' updates."""

from fastgrad.compiler import costs, shares
from fastgrad.compiler.families import family
from fastgrad.compiler.layout.elementwise import zip_kernel
from fastgrad.compiler.layout.emitter import Kernel, letter
from fastgrad.compiler.layout.movement import move


@family("assign", kernels=(), flops=costs.nothing)
def _assign(e, s):
    return [move(s, s.out, s.inputs[1])]


@family("assign_zip", kernels=(), share=shares.by_elements)
def _assign_zip(e, s):
    ref, value = s.inputs
    return [zip_kernel(s, s.opdef.kernel, s.out, ref, value)]


@family("update", share=shares.by_elements)
def _update(e, s):
    """Written operands, gradient, rate, other parameters."""
    grad, parameters, par = _operands(s, "grad")
    w = s.inputs[0]
    return [Kernel(s, f"{s.opdef.kernel}_{letter(w.dtype)}", [*s.inputs[:len(s.outs)], grad,
                                                              *parameters],
                   w.size, ext=_flags(s), par=par)]


@family("update_rows", indices=(2, 2))
def _update_rows(e, s):
    """As `update`, for the rows that indices name, in turn: one may come twice, or be bad."""
    return _rows_kernels(s)


@family("update_distinct_rows", share=shares.by_range)
def _update_distinct_rows(e, s):
    """As `update`, for the rows that `merge_rows` has let through: none twice, and none bad."""
    return _rows_kernels(s) if s.inputs[-2].type == "merge_rows" else None


def _rows_kernels(s):
    if s.opdef.kernel is None:
        return None
    rows, parameters, par = _operands(s, "values")
    w, index = s.inputs[0], s.inputs[s.opdef.tensors.index("indices")]
    return [Kernel(s, f"{s.opdef.kernel}_{letter(index.dtype)}_{letter(w.dtype)}",
                   [*s.inputs[:len(s.outs)], rows, index, *parameters], index.size,
                   ext=(index.size, w.size // max(1, w.shape[0]), w.shape[0], *_flags(s)),
                   par=par)]


def _operands(s, gradient):
    """(the gradient, the rate and other parameters as operands, those of one known number).

    A rate or a momentum that is known is a parameter of the step, and its operand is None.
    """
    names = s.opdef.tensors
    named = dict(zip(names, s.inputs))
    parameters = [named["lr"], *(v for n, v in named.items() if n not in
                                 (*names[:s.opdef.outputs], gradient, "indices", "lr"))]
    par, operands = [], []
    for number in parameters:
        known = number.size == 1 and number.const is not None
        par.append(float(number.const.reshape(-1)[0]) if known else 0.0)
        operands.append(None if known else number)
    return named[gradient], operands, tuple(par[:2 if "momentum" in named else 1])


def _flags(s):
    return (int(s.attrs["use_nesterov"]),) if "use_nesterov" in s.attrs else ()
