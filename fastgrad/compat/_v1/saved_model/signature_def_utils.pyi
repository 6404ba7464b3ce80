"""Types of `fastgrad.compat._v1.saved_model.signature_def_utils`. Written by tests/types/make_stubs.py; do not edit."""


