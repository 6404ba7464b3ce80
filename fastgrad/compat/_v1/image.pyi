"""Types of `fastgrad.compat._v1.image`. Written by tests/types/make_stubs.py; do not edit."""


