"""Types of `fastgrad.compat._v1.app`. Written by tests/types/make_stubs.py; do not edit."""

from typing import Any

from fastgrad.compat._v1 import flags as flags

def run(main: Any = None, argv: Any = None) -> Any: ...
