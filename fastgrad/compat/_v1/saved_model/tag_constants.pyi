"""Types of `fastgrad.compat._v1.saved_model.tag_constants`. Written by tests/types/make_stubs.py; do not edit."""

EVAL: str
GPU: str
SERVING: str
TPU: str
TRAINING: str
