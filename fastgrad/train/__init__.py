"""TensorFlow's `tf.train` names."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.train.moving_averages import ExponentialMovingAverage
from fastgrad.train.global_step import (assert_global_step, create_global_step, get_global_step,
                                        get_or_create_global_step, global_step)
from fastgrad.train.coordinator import Coordinator
from fastgrad.train.optimizer import Optimizer
from fastgrad.train.adaptive import (AdadeltaOptimizer, AdagradDAOptimizer, AdagradOptimizer,
                                     AdamOptimizer, FtrlOptimizer, ProximalAdagradOptimizer,
                                     RMSPropOptimizer)
from fastgrad.train.gradient_descent import (GradientDescentOptimizer, MomentumOptimizer,
                                             ProximalGradientDescentOptimizer)
from fastgrad.io.checkpoint import checkpoint_exists, get_checkpoint_mtimes, remove_checkpoint
from fastgrad.io.checkpoint_state import (generate_checkpoint_state_proto, get_checkpoint_state,
                                          latest_checkpoint, update_checkpoint_state)
from fastgrad.io.example_protos import (BytesList, Example, Feature, FeatureList, FeatureLists,
                                        Features, FloatList, Int64List, SequenceExample)
from fastgrad.io.event_protos import summary_iterator
from fastgrad.io.train_protos import CheckpointState, SaverDef
from fastgrad.train.checkpoint_init import init_from_checkpoint
from fastgrad.train.checkpoint_reader import (CheckpointReader, NewCheckpointReader,
                                              list_variables, load_checkpoint, load_variable)
from fastgrad.train.saver import Saver, export_meta_graph, import_meta_graph
from fastgrad.train.schedules import (cosine_decay, cosine_decay_restarts, exponential_decay,
                                      inverse_time_decay, linear_cosine_decay, natural_exp_decay,
                                      noisy_linear_cosine_decay, piecewise_constant,
                                      piecewise_constant_decay, polynomial_decay)

__all__ = [
    "Coordinator", "Optimizer", "AdadeltaOptimizer", "AdagradDAOptimizer", "AdagradOptimizer",
    "AdamOptimizer", "FtrlOptimizer", "GradientDescentOptimizer", "MomentumOptimizer",
    "ProximalAdagradOptimizer", "ProximalGradientDescentOptimizer", "RMSPropOptimizer",
    "ExponentialMovingAverage", "assert_global_step", "create_global_step", "get_global_step",
    "get_or_create_global_step", "global_step", "cosine_decay", "cosine_decay_restarts",
    "exponential_decay", "inverse_time_decay", "linear_cosine_decay", "natural_exp_decay",
    "noisy_linear_cosine_decay", "piecewise_constant", "piecewise_constant_decay",
    "polynomial_decay", "CheckpointState", "Saver", "checkpoint_exists", "get_checkpoint_state",
    "export_meta_graph", "import_meta_graph", "latest_checkpoint", "list_variables",
    "load_variable", "remove_checkpoint", "update_checkpoint_state", "CheckpointReader",
    "NewCheckpointReader", "load_checkpoint", "BytesList", "Example", "Feature", "FeatureList",
    "FeatureLists", "Features", "FloatList", "Int64List", "SequenceExample", "SaverDef",
    "init_from_checkpoint", "generate_checkpoint_state_proto", "get_checkpoint_mtimes",
    "summary_iterator"]
__getattr__ = _elsewhere.missing("fastgrad.train")
