"""Types of `fastgrad.compat._v1.estimator`. Written by tests/types/make_stubs.py; do not edit."""


