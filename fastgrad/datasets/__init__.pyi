"""Types of `fastgrad.datasets`. Written by tests/types/make_stubs.py; do not edit."""

from typing import Any
from numpy.typing import NDArray

def load_digits() -> tuple[NDArray[Any], NDArray[Any]]: ...
