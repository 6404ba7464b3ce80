"""Types of `fastgrad.compat`. Written by tests/types/make_stubs.py; do not edit."""

from typing import Any

def install() -> Any: ...
