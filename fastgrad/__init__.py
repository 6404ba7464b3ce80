"""fastgrad: train and run neural networks on a CPU with a TensorFlow-1-like API.

This file holds the public names and nothing else.
"""

import builtins as _builtins

from fastgrad import elsewhere as _elsewhere
from fastgrad import errors
from fastgrad.version import __version__
from fastgrad.shapes import DTYPES as _DTYPES
from fastgrad.shapes import DType, TensorShape, as_dtype
from fastgrad.default_graph import get_default_graph, reset_default_graph
from fastgrad.graph import Graph, Operation, Tensor
from fastgrad.registry import NotDifferentiable, RegisterGradient
from fastgrad.ops_state import (assign, assign_add, assign_sub, constant, convert_to_tensor,
                                group, identity, no_op, placeholder, placeholder_with_default,
                                stop_gradient)
from fastgrad.ops_math import *
from fastgrad.ops_unary import *
from fastgrad.ops_trig import *
from fastgrad.ops_divide import *
from fastgrad.ops_special import *
from fastgrad.ops_make import *
from fastgrad.ops_array import *
from fastgrad.ops_shape import *
from fastgrad.ops_join import *
from fastgrad.ops_slice import *
from fastgrad.ops_slice import slice_ as slice
from fastgrad.slices import IndexedSlices
from fastgrad.ops_reduce import *
from fastgrad.ops_spread import *
from fastgrad.ops_pad import *
from fastgrad.ops_index import *
from fastgrad.ops_segment import *
from fastgrad.ops_text import *
from fastgrad.ops_where import *
from fastgrad.ops_logic import *
from fastgrad.ops_linalg import *
from fastgrad.ops_matrix import *
from fastgrad.ops_tensordot import *
from fastgrad.ops_solve import *
from fastgrad.ops_factor import *
from fastgrad.ops_scan import *
from fastgrad.ops_order import *
from fastgrad.ops_checks import *
from fastgrad.ops_sparse import *
from fastgrad.ops_custom import *
from fastgrad.ops_clip import *
from fastgrad.ops_random import *
from fastgrad.ops_nn import log_sigmoid, sigmoid
from fastgrad.ops_softmax import softmax
from fastgrad.gradients import gradients, hessians
from fastgrad.collection import (GraphKeys, add_to_collection, add_to_collections,
                                 get_collection, get_collection_ref, global_variables,
                                 local_variables, model_variables, moving_average_variables,
                                 trainable_variables)
from fastgrad.variable import (Variable, global_variables_initializer,
                               local_variables_initializer, variables_initializer)
from fastgrad.scopes import *
from fastgrad.initializers import *
from fastgrad.control import *
from fastgrad.branches import *
from fastgrad.loops import *
from fastgrad.compute_gradients import compute_gradients
from fastgrad.session import Session, get_default_session
from fastgrad import dot as _dot      # gives Graph its export_dot
from fastgrad import nn, train
from fastgrad import tf_linalg as linalg
from fastgrad import tf_math as math
from fastgrad import tf_random as random
from fastgrad.train import GradientDescentOptimizer

float16, float32, float64 = _DTYPES["float16"], _DTYPES["float32"], _DTYPES["float64"]
int8, int16, int32, int64 = (_DTYPES[n] for n in ("int8", "int16", "int32", "int64"))
uint8, bool = _DTYPES["uint8"], _DTYPES["bool"]


def make_callable(fetches, feed_list=None):
    """A function of the values of `feed_list` that runs `fetches` in a session of its own."""
    node = fetches
    while isinstance(node, (list, tuple)):
        node = node[0]
    return Session(graph=node.graph).make_callable(fetches, feed_list)


# What `from fastgrad import *` brings: no name that hides a builtin or a module (`math`, `random`)
# that a program may use.
__all__ = [name for name in dir() if not name.startswith("_") and not hasattr(_builtins, name)
           and (name in ("nn", "train") or not isinstance(globals()[name], type(errors)))]
__getattr__ = _elsewhere.missing("fastgrad")
