"""Types of `fastgrad.compat._v1.train`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad.train import CheckpointReader as CheckpointReader
from fastgrad.train import CheckpointState as CheckpointState
from fastgrad.train import Coordinator as Coordinator
from fastgrad.train import Optimizer as Optimizer
from fastgrad.summary import FileWriter as _FileWriter
SummaryWriter = _FileWriter
from fastgrad.train import AdadeltaOptimizer as AdadeltaOptimizer
from fastgrad.train import AdagradOptimizer as AdagradOptimizer
from fastgrad.train import AdamOptimizer as AdamOptimizer
from fastgrad.train import ExponentialMovingAverage as ExponentialMovingAverage
from fastgrad.train import FtrlOptimizer as FtrlOptimizer
from fastgrad.train import GradientDescentOptimizer as GradientDescentOptimizer
from fastgrad.train import MomentumOptimizer as MomentumOptimizer
from fastgrad.train import RMSPropOptimizer as RMSPropOptimizer
from fastgrad.train import Saver as Saver
from fastgrad.train import AdagradDAOptimizer as AdagradDAOptimizer
from fastgrad.train import ProximalAdagradOptimizer as ProximalAdagradOptimizer
from fastgrad.train import ProximalGradientDescentOptimizer as ProximalGradientDescentOptimizer
from fastgrad.train import NewCheckpointReader as NewCheckpointReader
from fastgrad.train import assert_global_step as assert_global_step
from fastgrad.train import checkpoint_exists as checkpoint_exists
from fastgrad.train import cosine_decay as cosine_decay
from fastgrad.train import cosine_decay_restarts as cosine_decay_restarts
from fastgrad.train import create_global_step as create_global_step
from fastgrad.train import exponential_decay as exponential_decay
from fastgrad.train import get_checkpoint_state as get_checkpoint_state
from fastgrad.train import get_global_step as get_global_step
from fastgrad.train import get_or_create_global_step as get_or_create_global_step
from fastgrad.train import global_step as global_step
from fastgrad.train import import_meta_graph as import_meta_graph
from fastgrad.train import inverse_time_decay as inverse_time_decay
from fastgrad.train import latest_checkpoint as latest_checkpoint
from fastgrad.train import linear_cosine_decay as linear_cosine_decay
from fastgrad.train import list_variables as list_variables
from fastgrad.train import load_checkpoint as load_checkpoint
from fastgrad.train import load_variable as load_variable
from fastgrad.train import natural_exp_decay as natural_exp_decay
from fastgrad.train import noisy_linear_cosine_decay as noisy_linear_cosine_decay
from fastgrad.train import piecewise_constant as piecewise_constant
from fastgrad.train import piecewise_constant as _piecewise_constant
piecewise_constant_decay = _piecewise_constant
from fastgrad.train import polynomial_decay as polynomial_decay
from fastgrad.train import remove_checkpoint as remove_checkpoint
from fastgrad.train import update_checkpoint_state as update_checkpoint_state
