"""Types of `fastgrad.compat._v1.strings`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad import as_string as as_string
from fastgrad import string_join as _string_join
join = _string_join
