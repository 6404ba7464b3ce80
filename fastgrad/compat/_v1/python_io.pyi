"""Types of `fastgrad.compat._v1.python_io`. Written by tests/types/make_stubs.py; do not edit."""


