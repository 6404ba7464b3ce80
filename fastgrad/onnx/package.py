"""The `onnx` package, where it is there, and the errors of models that do not fit."""

import importlib

import numpy as np

from fastgrad.errors import FastgradError, UnimplementedError


class UnsupportedOnnxError(FastgradError, UnimplementedError, ValueError):
    """An operation without a form in ONNX, or a node without one here."""

    def __init__(self, message, op=None):
        UnimplementedError.__init__(self, message, op)


def package(name="onnx"):
    """A module of the package; an ImportError that says how to get it."""
    try:
        return importlib.import_module(name)
    except ImportError as e:
        raise ImportError("ONNX models need the onnx package: pip install 'fastgrad[onnx]', or "
                          "pip install onnx.") from e


# ONNX's number of an element type -> NumPy's dtype
TYPES = {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
         9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64",
         15: "complex128"}
NUMBERS = {np.dtype(name): number for number, name in TYPES.items()}
