"""Types of `fastgrad.compat._v1.contrib.predictor`. Written by tests/types/make_stubs.py; do not edit."""


