"""Types of `fastgrad.compat._v1.contrib.util`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad import get_static_value as _get_static_value
constant_value = _get_static_value
