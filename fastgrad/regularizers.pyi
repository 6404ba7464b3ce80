"""Types of `fastgrad.regularizers`. Written by tests/types/make_stubs.py; do not edit."""

from collections.abc import Callable
from typing import Any
from fastgrad.typing import TensorLike

__all__ = [
    "apply_regularization", "l1_l2_regularizer", "l1_regularizer", "l2_regularizer",
    "sum_regularizer"]

def apply_regularization(regularizer: Callable[..., Any], weights_list: Any = None) -> Any: ...
def l1_l2_regularizer(
        scale_l1: TensorLike = 1.0, scale_l2: TensorLike = 1.0, scope: Any = None
) -> Callable[..., Any]: ...
def l1_regularizer(scale: TensorLike, scope: Any = None) -> Callable[..., Any]: ...
def l2_regularizer(scale: TensorLike, scope: Any = None) -> Callable[..., Any]: ...
def sum_regularizer(regularizer_list: Any, scope: Any = None) -> Callable[..., Any]: ...
