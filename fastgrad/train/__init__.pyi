"""Types of `fastgrad.train`. Written by tests/types/make_stubs.py; do not edit."""

from builtins import bool as _bool
from collections.abc import Iterable
from os import PathLike
from typing import Any
from numpy.typing import NDArray
from fastgrad import Graph, Operation, Session, Tensor, Variable
from fastgrad.typing import TensorLike

__all__ = [
    "AdadeltaOptimizer", "AdagradDAOptimizer", "AdagradOptimizer", "AdamOptimizer",
    "CheckpointReader", "CheckpointState", "Coordinator", "ExponentialMovingAverage",
    "FtrlOptimizer", "GradientDescentOptimizer", "MomentumOptimizer", "NewCheckpointReader",
    "Optimizer", "ProximalAdagradOptimizer", "ProximalGradientDescentOptimizer",
    "RMSPropOptimizer", "Saver", "assert_global_step", "checkpoint_exists", "cosine_decay",
    "cosine_decay_restarts", "create_global_step", "exponential_decay", "get_checkpoint_state",
    "get_global_step", "get_or_create_global_step", "global_step", "import_meta_graph",
    "inverse_time_decay", "latest_checkpoint", "linear_cosine_decay", "list_variables",
    "load_checkpoint", "load_variable", "natural_exp_decay", "noisy_linear_cosine_decay",
    "piecewise_constant", "piecewise_constant_decay", "polynomial_decay", "remove_checkpoint",
    "update_checkpoint_state"]

class CheckpointReader:
    def __init__(self, filepattern: Any) -> None: ...
    def get_variable_to_shape_map(self) -> Any: ...
    def get_variable_to_dtype_map(self) -> Any: ...
    def has_tensor(self, tensor_str: Any) -> Any: ...
    def get_tensor(self, tensor_str: Any) -> Any: ...
    def debug_string(self) -> Any: ...


class CheckpointState:
    def __init__(self, latest: Any, every: Any) -> None: ...
    all_model_checkpoint_paths: Any
    all_model_checkpoint_timestamps: Any
    last_preserved_timestamp: Any
    model_checkpoint_path: Any


class Coordinator:
    def __init__(self, clean_stop_exception_types: Any = None) -> None: ...
    @property
    def joined(self) -> Any: ...
    def request_stop(self, ex: Any = None) -> None: ...
    def clear_stop(self) -> None: ...
    def should_stop(self) -> _bool: ...
    def wait_for_stop(self, timeout: Any = None) -> _bool: ...
    def stop_on_exception(self) -> Any: ...
    def register_thread(self, thread: Any) -> Any: ...
    def join(
            self, threads: Any = None, stop_grace_period_secs: Any = 120,
            ignore_live_threads: _bool = False
    ) -> None: ...
    def raise_requested_exception(self) -> Any: ...


class ExponentialMovingAverage:
    def __init__(
            self, decay: TensorLike, num_updates: Any = None, zero_debias: _bool = False,
            name: str | None = 'ExponentialMovingAverage'
    ) -> None: ...
    @property
    def name(self) -> str: ...
    def apply(self, var_list: Iterable[Any] | None = None) -> Operation: ...
    def average(self, var: Any) -> Any: ...
    def average_name(self, var: Any) -> str: ...
    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]: ...


class Optimizer:
    GATE_NONE: int
    GATE_OP: int
    GATE_GRAPH: int
    def __init__(self, use_locking: _bool | None, name: str) -> None: ...
    def get_name(self) -> str: ...
    def minimize(
            self, loss: TensorLike, global_step: Variable | None = None,
            var_list: Iterable[Any] | None = None, gate_gradients: Any = 1,
            aggregation_method: Any = None, colocate_gradients_with_ops: _bool = False,
            name: str | None = None, grad_loss: TensorLike | None = None
    ) -> Operation: ...
    def compute_gradients(
            self, loss: TensorLike, var_list: Iterable[Any] | None = None,
            gate_gradients: Any = 1, aggregation_method: Any = None,
            colocate_gradients_with_ops: _bool = False, grad_loss: TensorLike | None = None
    ) -> list[tuple[Any, Variable]]: ...
    def apply_gradients(
            self, grads_and_vars: Iterable[Any], global_step: Variable | None = None,
            name: str | None = None
    ) -> Operation: ...
    def get_slot(self, var: Any, name: str) -> Variable | Any: ...
    def get_slot_names(self) -> list[str]: ...
    def variables(self) -> list[Variable]: ...


class Saver:
    def __init__(
            self, var_list: Any = None, reshape: _bool = False, sharded: _bool = False,
            max_to_keep: Any = 5, keep_checkpoint_every_n_hours: Any = 10000.0,
            name: str | None = None, restore_sequentially: _bool = False, saver_def: Any = None,
            builder: Any = None, defer_build: _bool = False, allow_empty: _bool = False,
            write_version: Any = None, pad_step_number: _bool = False,
            save_relative_paths: _bool = False, filename: str | None = None
    ) -> None: ...
    @property
    def last_checkpoints(self) -> list[str]: ...
    def set_last_checkpoints(self, last_checkpoints: Any) -> None: ...
    def recover_last_checkpoints(self, checkpoint_paths: Any) -> Any: ...
    def save(
            self, sess: Session | None, save_path: str | PathLike[str], global_step: Any = None,
            latest_filename: str | None = None, meta_graph_suffix: str = 'meta',
            write_meta_graph: _bool = True, write_state: _bool = True,
            strip_default_attrs: _bool = False, save_debug_info: _bool = False
    ) -> str: ...
    def restore(self, sess: Session | None, save_path: Any) -> None: ...
    def build(self) -> Any: ...
    def export_meta_graph(self, *_: Any, **__: Any) -> Any: ...


class AdadeltaOptimizer(Optimizer):
    def __init__(
            self, learning_rate: TensorLike = 0.001, rho: TensorLike = 0.95,
            epsilon: TensorLike = 1e-08, use_locking: _bool | None = False,
            name: str | None = 'Adadelta'
    ) -> None: ...


class AdagradOptimizer(Optimizer):
    def __init__(
            self, learning_rate: TensorLike, initial_accumulator_value: TensorLike = 0.1,
            use_locking: _bool | None = False, name: str | None = 'Adagrad'
    ) -> None: ...


class AdamOptimizer(Optimizer):
    def __init__(
            self, learning_rate: TensorLike = 0.001, beta1: TensorLike = 0.9,
            beta2: TensorLike = 0.999, epsilon: TensorLike = 1e-08,
            use_locking: _bool | None = False, name: str | None = 'Adam'
    ) -> None: ...


class FtrlOptimizer(Optimizer):
    def __init__(
            self, learning_rate: TensorLike, learning_rate_power: TensorLike = -0.5,
            initial_accumulator_value: TensorLike = 0.1,
            l1_regularization_strength: TensorLike = 0.0,
            l2_regularization_strength: TensorLike = 0.0, use_locking: _bool | None = False,
            name: str | None = 'Ftrl', accum_name: TensorLike | None = None,
            linear_name: TensorLike | None = None,
            l2_shrinkage_regularization_strength: TensorLike = 0.0
    ) -> None: ...


class GradientDescentOptimizer(Optimizer):
    def __init__(
            self, learning_rate: TensorLike, use_locking: _bool | None = False,
            name: str | None = 'GradientDescent'
    ) -> None: ...


class MomentumOptimizer(Optimizer):
    def __init__(
            self, learning_rate: TensorLike, momentum: TensorLike,
            use_locking: _bool | None = False, name: str | None = 'Momentum',
            use_nesterov: _bool = False
    ) -> None: ...


class RMSPropOptimizer(Optimizer):
    def __init__(
            self, learning_rate: TensorLike, decay: TensorLike = 0.9, momentum: TensorLike = 0.0,
            epsilon: TensorLike = 1e-10, use_locking: _bool | None = False,
            centered: _bool = False, name: str | None = 'RMSProp'
    ) -> None: ...


class AdagradDAOptimizer(Optimizer):
    def __init__(
            self, learning_rate: TensorLike, global_step: Variable | None,
            initial_gradient_squared_accumulator_value: TensorLike = 0.1,
            l1_regularization_strength: TensorLike = 0.0,
            l2_regularization_strength: TensorLike = 0.0, use_locking: _bool | None = False,
            name: str | None = 'AdagradDA'
    ) -> None: ...


class ProximalAdagradOptimizer(Optimizer):
    def __init__(
            self, learning_rate: TensorLike, initial_accumulator_value: TensorLike = 0.1,
            l1_regularization_strength: TensorLike = 0.0,
            l2_regularization_strength: TensorLike = 0.0, use_locking: _bool | None = False,
            name: str | None = 'ProximalAdagrad'
    ) -> None: ...


class ProximalGradientDescentOptimizer(Optimizer):
    def __init__(
            self, learning_rate: TensorLike, l1_regularization_strength: TensorLike = 0.0,
            l2_regularization_strength: TensorLike = 0.0, use_locking: _bool | None = False,
            name: str | None = 'ProximalGradientDescent'
    ) -> None: ...

def NewCheckpointReader(filepattern: Any) -> Any: ...
def assert_global_step(global_step_tensor: Any) -> None: ...
def checkpoint_exists(checkpoint_prefix: str | PathLike[str]) -> _bool: ...
def cosine_decay(
        learning_rate: TensorLike, global_step: TensorLike, decay_steps: TensorLike,
        alpha: TensorLike = 0.0, name: str | None = None
) -> Tensor: ...
def cosine_decay_restarts(
        learning_rate: TensorLike, global_step: TensorLike, first_decay_steps: TensorLike,
        t_mul: TensorLike = 2.0, m_mul: TensorLike = 1.0, alpha: TensorLike = 0.0,
        name: str | None = None
) -> Tensor: ...
def create_global_step(graph: Graph | None = None) -> Variable: ...
def exponential_decay(
        learning_rate: TensorLike, global_step: TensorLike, decay_steps: TensorLike,
        decay_rate: TensorLike, staircase: _bool = False, name: str | None = None
) -> Tensor: ...
def get_checkpoint_state(
        checkpoint_dir: str | PathLike[str], latest_filename: str | None = None
) -> Any: ...
def get_global_step(graph: Graph | None = None) -> Variable | Any: ...
def get_or_create_global_step(graph: Graph | None = None) -> Variable: ...
def global_step(sess: Session, global_step_tensor: Any) -> int: ...
def import_meta_graph(
        meta_graph_or_file: Any, clear_devices: _bool = False, import_scope: str | None = None,
        **kwargs: Any
) -> Any: ...
def inverse_time_decay(
        learning_rate: TensorLike, global_step: TensorLike, decay_steps: TensorLike,
        decay_rate: TensorLike, staircase: _bool = False, name: str | None = None
) -> Tensor: ...
def latest_checkpoint(
        checkpoint_dir: str | PathLike[str], latest_filename: str | None = None
) -> str | Any: ...
def linear_cosine_decay(
        learning_rate: TensorLike, global_step: TensorLike, decay_steps: TensorLike,
        num_periods: TensorLike = 0.5, alpha: TensorLike = 0.0, beta: TensorLike = 0.001,
        name: str | None = None
) -> Tensor: ...
def list_variables(ckpt_dir_or_file: str | PathLike[str]) -> list[Any]: ...
def load_checkpoint(ckpt_dir_or_file: str | PathLike[str]) -> Any: ...
def load_variable(
        ckpt_dir_or_file: str | PathLike[str], name: str, arrays: TensorLike | None = None
) -> NDArray[Any]: ...
def natural_exp_decay(
        learning_rate: TensorLike, global_step: TensorLike, decay_steps: TensorLike,
        decay_rate: TensorLike, staircase: _bool = False, name: str | None = None
) -> Tensor: ...
def noisy_linear_cosine_decay(
        learning_rate: TensorLike, global_step: TensorLike, decay_steps: TensorLike,
        initial_variance: TensorLike = 1.0, variance_decay: TensorLike = 0.55,
        num_periods: TensorLike = 0.5, alpha: TensorLike = 0.0, beta: TensorLike = 0.001,
        name: str | None = None
) -> Tensor: ...
def piecewise_constant(
        x: TensorLike, boundaries: TensorLike, values: TensorLike, name: str | None = None
) -> Tensor: ...
def polynomial_decay(
        learning_rate: TensorLike, global_step: TensorLike, decay_steps: TensorLike,
        end_learning_rate: TensorLike = 0.0001, power: TensorLike = 1.0, cycle: _bool = False,
        name: str | None = None
) -> Tensor: ...
def remove_checkpoint(checkpoint_prefix: str | PathLike[str], **_: Any) -> None: ...
def update_checkpoint_state(
        save_dir: str | PathLike[str], model_checkpoint_path: str | PathLike[str],
        all_model_checkpoint_paths: TensorLike | None = None, latest_filename: str | None = None,
        **_: Any
) -> None: ...
piecewise_constant_decay = piecewise_constant
