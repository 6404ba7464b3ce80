"""Types of `fastgrad.compat._v1.sparse`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad import SparseTensor as SparseTensor
from fastgrad import sparse_placeholder as _sparse_placeholder
placeholder = _sparse_placeholder
from fastgrad import sparse_tensor_to_dense as _sparse_tensor_to_dense
to_dense = _sparse_tensor_to_dense
