"""Types of `fastgrad.compat._v1.saved_model.loader`. Written by tests/types/make_stubs.py; do not edit."""


