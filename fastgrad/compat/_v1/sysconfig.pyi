"""Types of `fastgrad.compat._v1.sysconfig`. Written by tests/types/make_stubs.py; do not edit."""


