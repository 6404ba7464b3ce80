"""Types of `fastgrad.compat._v1.graph_util`. Written by tests/types/make_stubs.py; do not edit."""


