"""Types of `fastgrad.compat._v1.dtypes`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad import DType as DType
from fastgrad import as_dtype as as_dtype
from fastgrad import cast as cast

bool: DType
complex128: DType
complex64: DType
float16: DType
float32: DType
float64: DType
int16: DType
int32: DType
int64: DType
int8: DType
string: DType
uint16: DType
uint32: DType
uint64: DType
uint8: DType
