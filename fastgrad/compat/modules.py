"""Stand-ins for `tensorflow` and its modules in `sys.modules`, and the runner of unmodified
scripts.

`import tensorflow as tf` then gives `fastgrad.compat.v1`, and the deeper imports that scripts use
(`from tensorflow.python.framework import ops`) give modules with the same functions. A module that
is not listed here is not importable, and the error says what to do instead.
"""

import os
import runpy
import sys
import types

import numpy as np

from fastgrad.train.moving_averages import assign_moving_average
from fastgrad.compat import mnist, v1
from fastgrad.compat.absent import Imports


def _module(name, **members):
    made = types.ModuleType(name)
    made.__dict__.update(members)
    made.__path__ = []
    return made


def _behind(name, find):
    """A module whose names are those of the module that `find()` gives, once they are asked for."""
    made = _module(name)

    def getter(key):
        if key.startswith("__"):
            raise AttributeError(key)
        return getattr(find(), key)
    made.__getattr__, made.__dir__ = getter, lambda: dir(find())
    return made


def _names(*names):
    return {n: getattr(v1, n) for n in names}


MNIST = ("examples.tutorials.mnist.input_data", "contrib.learn.datasets.mnist",
         "contrib.learn.python.learn.datasets.mnist")


def _of_files():
    """{module name: stand-in} of what reads and writes files."""
    train, path = vars(v1.train), "tensorflow.python"

    def some(leaf, names):
        return _module(leaf, **{n: train[n] for n in names.split()})
    return {
        f"{path}.pywrap_tensorflow": v1.pywrap_tensorflow,
        f"{path}.lib.io.tf_record": v1.python_io,
        f"{path}.training.checkpoint_utils": some(
            "checkpoint_utils", "init_from_checkpoint list_variables load_checkpoint "
            "load_variable"),
        f"{path}.training.saver": some(
            "saver", "Saver checkpoint_exists get_checkpoint_state latest_checkpoint "
            "import_meta_graph update_checkpoint_state"),
    }


def _table():
    """{module name: stand-in}"""
    tf = "tensorflow"
    everything = {n: v for n, v in vars(v1).items() if n[:1] != "_"}
    found = {
        f"{tf}.compat": v1.compat, f"{tf}.compat.v1": v1,
        **{f"{tf}.{n}": getattr(v1, n) for n in (
            "nn", "train", "layers", "losses", "metrics", "summary", "math", "linalg", "random",
            "errors", "app", "flags", "logging", "test", "gfile", "initializers", "distributions",
            "contrib")},
        **{f"{tf}.contrib.{n}": getattr(v1.contrib, n)
           for n in ("layers", "framework", "distributions", "slim")},
        f"{tf}.python.framework.ops": _module("ops", **everything),
        f"{tf}.python.framework.dtypes": _module("dtypes", **everything),
        f"{tf}.python.framework.constant_op": _module("constant_op", **everything),
        f"{tf}.python.framework.errors": v1.errors,
        f"{tf}.python.framework.random_seed": _module("random_seed", **_names("set_random_seed")),
        f"{tf}.python.framework.tensor_shape": _module(
            "tensor_shape", TensorShape=v1.TensorShape, Dimension=v1.Dimension,
            scalar=lambda: v1.TensorShape([]), vector=lambda n: v1.TensorShape([n]),
            matrix=lambda m, n: v1.TensorShape([m, n]),
            unknown_shape=lambda ndims=None, **_: v1.TensorShape(
                None if ndims is None else [None] * ndims)),
        f"{tf}.python.framework.tensor_util": _module(
            "tensor_util", constant_value=constant_value),
        f"{tf}.python.layers.utils": _module("utils", smart_cond=v1.smart_cond),
        f"{tf}.python.platform.gfile": v1.gfile, f"{tf}.python.platform.app": v1.app,
        f"{tf}.python.platform.flags": v1.flags, f"{tf}.python.platform.test": v1.test,
        f"{tf}.python.platform.tf_logging": v1.logging,
        f"{tf}.python.training.moving_averages": _module(
            "moving_averages", assign_moving_average=assign_moving_average,
            ExponentialMovingAverage=v1.train.ExponentialMovingAverage),
        **_of_files(),
        f"{tf}.python.training.optimizer": _module("optimizer", Optimizer=v1.train.Optimizer),
        **dict.fromkeys((f"{tf}.{n}" for n in MNIST), mnist),
    }
    return {**found, **_operations(everything)}


def _operations(everything):
    """The stand-ins below `tensorflow.python.ops`, of which few are told apart."""
    found = {"nn": v1.nn, "nn_ops": v1.nn, "ctc_ops": v1.nn,
             **{name: _behind(name, lambda: v1.contrib.rnn)
                for name in ("rnn", "rnn_cell", "rnn_cell_impl")}}
    for name in ("array_ops", "math_ops", "random_ops", "control_flow_ops", "variable_scope",
                 "state_ops", "init_ops", "clip_ops", "linalg_ops", "variables", "check_ops",
                 "gradients", "gradients_impl", "logging_ops", "embedding_ops", "tensor_array_ops"):
        found[name] = _module(name, **everything)
    return {f"tensorflow.python.ops.{name}": module for name, module in found.items()}


def constant_value(tensor, partial=False):
    """The value of a tensor if it is known when the graph is built, else None."""
    node = tensor.op
    return node.attrs["value"] if node.op_type == "constant" else None


def install():
    """Put the stand-ins in `sys.modules`; returns the one for `tensorflow`."""
    there = sys.modules.get("tensorflow")
    if there is not None and there is not v1:
        raise RuntimeError("tensorflow has been imported already; install before that.")
    if there is None:
        Imports("tensorflow", v1)
    sys.modules["tensorflow"] = v1
    for name, module in _table().items():
        parent, _, leaf = name.rpartition(".")
        _parents(parent)
        sys.modules[name] = module
        if leaf not in vars(sys.modules[parent]):
            setattr(sys.modules[parent], leaf, module)
    return v1


def _parents(name):
    """Make packages on the way that are not there yet."""
    if name in sys.modules:
        return
    parent, _, leaf = name.rpartition(".")
    _parents(parent)
    sys.modules[name] = _module(name)
    setattr(sys.modules[parent], leaf, sys.modules[name])


# What NumPy 1 had when TensorFlow 1 was current, and NumPy 1.24 and 2 took away.
_OLD_NUMPY = {
    "float": float, "int": int, "object": object, "complex": complex, "str": str, "bool": bool,
    "long": int, "unicode": str, "float_": np.float64, "complex_": np.complex128,
    "string_": np.bytes_, "unicode_": np.str_, "NaN": np.nan, "Inf": np.inf,
    "Infinity": np.inf, "infty": np.inf, "NINF": -np.inf, "PINF": np.inf,
    "product": np.prod, "cumproduct": np.cumprod, "alltrue": np.all, "sometrue": np.any,
    "round_": np.round, "row_stack": np.vstack, "asscalar": lambda a: a.item(),
}


def _numpy_of_that_time():
    """Scripts of TensorFlow 1's time use NumPy 1's names, and print its scalars as numbers."""
    for name, value in _OLD_NUMPY.items():
        vars(np).setdefault(name, value)
    if int(np.__version__.partition(".")[0]) >= 2:
        np.set_printoptions(legacy="1.25")


def run(path, arguments=()):
    """Run a script as `python path arguments...` would, with `tensorflow` meaning fastgrad."""
    install()
    _numpy_of_that_time()
    sys.argv = [path, *arguments]
    sys.path[0] = os.path.dirname(os.path.abspath(path))
    runpy.run_path(path, run_name="__main__")
