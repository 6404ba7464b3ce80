"""Types of `fastgrad.compat._v1.contrib.slim.learning`. Written by tests/types/make_stubs.py; do not edit."""

from builtins import bool as _bool
from collections.abc import Iterable
from typing import Any
from fastgrad import Variable

def clip_gradient_norms(gradients_to_variables: Any, max_norm: Any) -> Any: ...
def create_train_op(
        total_loss: Any, optimizer: Any, global_step: Variable | None = ...,
        update_ops: Any = None, variables_to_train: Any = None, clip_gradient_norm: Any = 0,
        summarize_gradients: _bool = False, gate_gradients: Any = 1,
        aggregation_method: Any = None, colocate_gradients_with_ops: _bool = False,
        gradient_multipliers: Any = None, check_numerics: _bool = True
) -> Any: ...
def multiply_gradients(grads_and_vars: Iterable[Any], gradient_multipliers: Any) -> Any: ...
