"""Types of `fastgrad.compat._v1.manip`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad import roll as roll
