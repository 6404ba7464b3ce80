"""Types of `fastgrad.compat._v1.pywrap_tensorflow`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad.train import CheckpointReader as CheckpointReader
from fastgrad.train import NewCheckpointReader as NewCheckpointReader
