"""Types of `fastgrad.compat._v1.keras`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad.compat._v1.keras import initializers as initializers
