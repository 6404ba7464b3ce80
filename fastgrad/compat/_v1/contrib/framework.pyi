"""Types of `fastgrad.compat._v1.contrib.framework`. Written by tests/types/make_stubs.py; do not edit."""

from collections.abc import Callable
from typing import Any

from fastgrad.train import get_global_step as get_global_step
from fastgrad.train import get_or_create_global_step as get_or_create_global_step
from fastgrad import global_variables as _global_variables
get_variables = _global_variables
from fastgrad.train import list_variables as list_variables
from fastgrad.train import load_checkpoint as load_checkpoint
from fastgrad.train import load_variable as load_variable

def add_arg_scope(fn: Callable[..., Any]) -> Any: ...
def arg_scope(list_ops_or_scope: Any, **kwargs: Any) -> Any: ...
def arg_scoped_arguments(fn: Callable[..., Any]) -> Any: ...
def current_arg_scope() -> Any: ...
def has_arg_scope(fn: Callable[..., Any]) -> Any: ...
def smart_cond(
        pred: Any, true_fn: Callable[..., Any] | None = None,
        false_fn: Callable[..., Any] | None = None, name: str | None = None
) -> Any: ...
