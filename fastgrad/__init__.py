"""fastgrad: train and run neural networks on a CPU with a TensorFlow-1-like API.

This file holds the public names and nothing else.
"""

import builtins as _builtins
import importlib as _importlib

from fastgrad import elsewhere as _elsewhere
from fastgrad import errors
from fastgrad.version import __version__
from fastgrad.graph.dtypes import DTYPES as _DTYPES
from fastgrad.graph.dtypes import DType, as_dtype
from fastgrad.graph.tensor_shape import TensorShape
from fastgrad.graph.default_graph import get_default_graph, reset_default_graph
from fastgrad.graph.graph import Graph
from fastgrad.graph.nodes import Operation, Tensor
from fastgrad.graph.registry import NotDifferentiable, RegisterGradient
from fastgrad.ops.state import (assign, assign_add, assign_sub, constant, convert_to_tensor, group,
                                identity, no_op, placeholder, placeholder_with_default,
                                stop_gradient)
from fastgrad.ops.arithmetic import *
from fastgrad.ops.cast import *
from fastgrad.ops.comparison import *
from fastgrad.ops.unary import *
from fastgrad.ops.trig import *
from fastgrad.ops.divide import *
from fastgrad.ops.special import *
from fastgrad.ops.make import *
from fastgrad.ops.reshape import *
from fastgrad.ops.broadcast import *
from fastgrad.ops.bundle import *
from fastgrad.ops.shape import *
from fastgrad.ops.join import *
from fastgrad.ops.slice import *
from fastgrad.ops.pad import slice_ as slice
from fastgrad.ops.indexed_slices import IndexedSlices
from fastgrad.ops.reduce import *
from fastgrad.ops.argmax import *
from fastgrad.ops.logsumexp import *
from fastgrad.ops.pad import *
from fastgrad.ops.patches import *
from fastgrad.ops.space import *
from fastgrad.ops.gather import *
from fastgrad.ops.tensor_scatter import *
from fastgrad.ops.segment import *
from fastgrad.ops.strings import *
from fastgrad.ops.decode import *
from fastgrad.ops.features import *
from fastgrad.ops.hash_buckets import *
from fastgrad.ops.parsing import *
from fastgrad.ops.where import *
from fastgrad.ops.unique import *
from fastgrad.ops.partition import *
from fastgrad.ops.logic import *
from fastgrad.linalg.matmul import *
from fastgrad.linalg.diagonal import *
from fastgrad.linalg.tensordot import *
from fastgrad.linalg.norms import *
from fastgrad.linalg.solve import *
from fastgrad.linalg.decompose import *
from fastgrad.ops.scan import *
from fastgrad.ops.counts import *
from fastgrad.ops.order import *
from fastgrad.ops.checks import *
from fastgrad.ops.sparse import *
from fastgrad.ops.custom_gradient import *
from fastgrad.nn.clip import *
from fastgrad.ops.norms import accumulate_n, add_n, global_norm
from fastgrad.ops.random import *
from fastgrad.ops.random_crop import *
from fastgrad.nn.activations import log_sigmoid, sigmoid
from fastgrad.nn.softmax import softmax
from fastgrad.autodiff.gradients import gradients, hessians
from fastgrad.graph.collection import (GraphKeys, add_to_collection, add_to_collections,
                                       get_collection, get_collection_ref, global_variables,
                                       local_variables, model_variables, moving_average_variables,
                                       trainable_variables)
from fastgrad.variables.variable import (Variable, global_variables_initializer,
                                         local_variables_initializer, variables_initializer)
from fastgrad.graph.name_scope import *
from fastgrad.variables.partitioned import *
from fastgrad.variables.scopes import *
from fastgrad.variables.initializers import *
from fastgrad.flow.control import *
from fastgrad.flow.py_func import *
from fastgrad.flow.cond import *
from fastgrad.flow.tensor_array import *
from fastgrad.flow.while_loop import *
from fastgrad.flow.tables import *
from fastgrad.flow.map_fn import *
from fastgrad.runtime.compute_gradients import compute_gradients
from fastgrad.runtime.session import Session, get_default_session
from fastgrad import nn, train
from fastgrad import linalg
from fastgrad import math
from fastgrad import random
from fastgrad.train import GradientDescentOptimizer

float16, float32, float64 = _DTYPES["float16"], _DTYPES["float32"], _DTYPES["float64"]
int8, int16, int32, int64 = (_DTYPES[n] for n in ("int8", "int16", "int32", "int64"))
uint8, bool = _DTYPES["uint8"], _DTYPES["bool"]


def make_callable(fetches, feed_list=None):
    """A function of the values of `feed_list` that runs `fetches` in a session of its own.

    Examples
    --------
    >>> x = placeholder(float32, [None])
    >>> double = Session().make_callable(x * 2, [x])
    >>> double(np.array([1, 2], np.float32))
    array([2., 4.], dtype=float32)
    """
    node = fetches
    while isinstance(node, (list, tuple)):
        node = node[0]
    return Session(graph=node.graph).make_callable(fetches, feed_list)


# What `from fastgrad import *` brings: no name that hides a builtin or a module (`math`, `random`)
# that a program may use.
__all__ = [name for name in dir() if not name.startswith("_") and not hasattr(_builtins, name)
           and (name in ("nn", "train") or not isinstance(globals()[name], type(errors)))]
# Names that are loaded when first asked for: name -> module.
_LATE_NAMES = {"RegisterImport": "graphdef.registry", "load_model": "models",
               "save_model": "models"}
__all__ += _LATE_NAMES
_missing = _elsewhere.missing("fastgrad")

# Namespaces that are loaded when first asked for, and those that are there from the start.
_LATE = ("crf", "datasets", "distributions", "image", "initializers", "layers", "losses",
         "metrics", "plot", "python_io", "regularizers", "rnn", "seq2seq", "summary", "testing",
         "typing")
_NAMESPACES = ("errors", "linalg", "math", "nn", "random", "train")


def __getattr__(name):
    """Load a namespace, or a late name, at its first use."""
    if name in _LATE_NAMES:
        return getattr(_importlib.import_module(f"{__name__}.{_LATE_NAMES[name]}"), name)
    if name in _LATE:
        return _importlib.import_module(f"{__name__}.{name}")
    return _missing(name)


def __dir__():
    """The public names; the folders of the implementation are none of them."""
    return sorted([*_LATE, *_LATE_NAMES, *_NAMESPACES, "__version__", *(
        name for name, thing in globals().items()
        if not name.startswith("_") and not isinstance(thing, type(errors)))])
