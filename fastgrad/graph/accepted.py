"""Which dtypes operations take: strings by their declaration, numbers as TensorFlow's kernels.

fastgrad computes with every dtype that NumPy knows; a TensorFlow program that adds up truth values
or rounds integers is told so when it builds its graph, and programs count on that. Only ops
stand here whose lists are shorter than "numbers"; those that want floats declare it themselves
(`promote_float`).
"""

from fastgrad.errors import ConvertTypeError, DTypeError, TextCastError, TextError
from fastgrad.graph.dtypes import TEXT, strong
from fastgrad.wording import where

_FLOATS = ("float16", "float32", "float64")
_WIDE = (*_FLOATS, "int32", "int64", "complex64", "complex128")
_REAL = (*_FLOATS, "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_NUMBERS = (*_REAL, "complex64", "complex128")
_SUMS = (*_WIDE, "int8", "int16", "uint8")
_PRODUCTS = (*_SUMS, "uint16")
_WHOLE = ("int32", "int64")
_TEXT = TEXT.name

_BY_LIST = {
    ("float32",): "in_top_k fused_batch_norm fused_inference",
    ("float16", "float32"): "lrn",
    _FLOATS: "floor ceil rint is_nan is_inf is_finite matrix_inverse matrix_determinant cholesky "
             "slogdet matrix_solve matrix_triangular_solve self_adjoint_eig",
    _WIDE: "negative square sign round maximum minimum squared_difference pow matmul diag "
           "diag_part",
    (*_FLOATS, *_WHOLE): "floormod",
    (*_FLOATS, "int8", "int16", *_WHOLE, "complex64", "complex128"): "abs",
    _REAL: "relu relu6 less less_equal greater greater_equal top_k",
    _NUMBERS: "argmax argmin cumsum cumprod",
    _SUMS: "add",
    _PRODUCTS: "subtract multiply divide div floordiv",
    (*_SUMS, "bool", _TEXT): "equal not_equal",
    (*_FLOATS[1:], "int8", "int16", *_WHOLE, "complex64", "complex128", "bool"): "as_string",
    _WHOLE: "invert_permutation",
}
ACCEPTED = {op_type: frozenset(names) for names, types in _BY_LIST.items()
            for op_type in types.split()}

# Operations whose misfits TensorFlow finds in the run: InvalidArgumentError there, and here too.
FOUND_IN_RUN = frozenset(
    "reshape transpose tile slice mirror_pad one_hot argmax argmin cumsum cumprod segment_sum "
    "unsorted_segment_sum unsorted_segment_max unsorted_segment_min unsorted_segment_prod "
    "matrix_band_part broadcast_to standard_normal standard_uniform truncated_normal "
    "random_integers standard_gamma random_poisson".split())


def check_accepted(op_type, parameter, tensor):
    """Refuse a tensor whose dtype TensorFlow has no kernel for.

    Raises
    ------
    DTypeError
    """
    allowed = ACCEPTED.get(op_type)
    if allowed is None or tensor._dtype is None:
        return
    name = strong(tensor._dtype).name
    if name not in allowed:
        raise DTypeError(f"Value passed to parameter {parameter!r} has DataType {name} not in list "
                         f"of allowed values: {', '.join(sorted(allowed))}. It is "
                         f"{where(tensor)}; use cast().")


def check_text(opdef, inputs, attrs, at):
    """Refuse strings but where the declaration, `OpDef.text`, allows them.

    Raises
    ------
    TextError
    """
    allowed = opdef.text(attrs) if callable(opdef.text) else opdef.text
    for i, t in enumerate(inputs):
        if t._dtype == TEXT and allowed is not True and not (allowed and i in allowed):
            raise text_error(opdef, at, f"takes no strings; {where(t)} has dtype string")
    cast = range(len(inputs)) if opdef.casts is None else opdef.casts
    other = [inputs[i] for i in cast if not (inputs[i]._dtype is None or inputs[i]._dtype == TEXT)]
    if other and opdef.dtype is not None and any(inputs[i]._dtype == TEXT for i in cast):
        raise text_error(opdef, at, f"takes strings only with strings; {where(other[0])} has dtype "
                         f"{other[0].dtype.name}")


def text_error(opdef, at, what):
    """The error of an operation `at` a line that cannot work with strings."""
    return (TextCastError if opdef.type in ("cast", "cast_like") else TextError)(
        f"{opdef.name}{at} {what}. Strings can be moved, compared with equal and joined; "
        "as_string() makes them of numbers.")


CONVERTING = {"div", "div_no_nan", "bincount"}      # TensorFlow converts operands: ValueError


NARROW = {"int32", "int64"}
WHOLE = {kind + bits for kind in ("int", "uint") for bits in ("8", "16", "32", "64")}


def check_whole(opdef, inputs, at):
    """Refuse fractions where an index or a size is wanted; an empty list is of any dtype.

    TensorFlow refuses narrow integers as well, but for the classes of `one_hot`.
    """
    strict = opdef.whole and inputs[opdef.whole[0]].graph.literals == "tf"
    allowed = NARROW if strict and opdef.type != "one_hot" else WHOLE
    for i in opdef.whole:
        t = inputs[i]
        if t._dtype is None or strong(t._dtype).name in allowed:
            continue
        if t.op.op_type != "constant" or t.op.attrs["value"].size:
            raise (ConvertTypeError if opdef.type in CONVERTING else DTypeError)(
                f"{opdef.name}{at}: {opdef.tensors[i]} must be integers; "
                f"{where(t)} has dtype {t.dtype.name}. Use cast().")
