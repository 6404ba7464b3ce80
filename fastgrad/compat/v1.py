"""TensorFlow 1's names: `import fastgrad.compat.v1 as tf`.

This file is a table of names and nothing else. A name that is TensorFlow's but not here raises
NotImplementedError on use, with what to use instead if there is something.
"""

import sys as _sys
import types as _types

import fastgrad as _fastgrad
from fastgrad.flow import asserts as _asserts
from fastgrad.train import moving_averages as _averages
from fastgrad.compat import arg_scope as _arg_scope
from fastgrad.compat import contrib as _contrib
from fastgrad.compat import contrib_images as _contrib_images
from fastgrad.compat import outputs as _outputs
from fastgrad.compat import learning as _learning
from fastgrad.flow import control as _control
from fastgrad.flow import cond as _branches
from fastgrad.distributions import continuous as _distributions
from fastgrad.distributions import discrete as _discrete
from fastgrad.distributions import divergence as _kl
from fastgrad.flow import template as _template
from fastgrad.io import event_protos as _event_protos
from fastgrad.variables import initializers as _initializers
from fastgrad import image as _image
from fastgrad import layers as _layers
from fastgrad import losses as _losses
from fastgrad.metrics import counts as _metrics
from fastgrad.metrics import curves as _metrics_curves
from fastgrad.ops import bitwise as _bits
from fastgrad.ops import divide as _divide
from fastgrad.ops import join as _ops_join
from fastgrad.ops import order as _order
from fastgrad.ops import random as _ops_random
from fastgrad.ops import scatter as _scatter
from fastgrad.ops import where as _ops_where
from fastgrad.train import saver as _saver
from fastgrad import summary as _summary
from fastgrad.compat import absent as _absent
from fastgrad.compat import files as _files
from fastgrad.compat import framework as _contrib_framework
from fastgrad.compat import graphs as _graphs
from fastgrad.compat.binding import bind as _bind
from fastgrad.compat.binding import bind_class as _bind_class
from fastgrad.compat.binding import bound as _bound
from fastgrad.compat.binding import late as _late
from fastgrad.compat.binding import members as _members
from fastgrad.compat.binding import module as _make_module

_here = _sys.modules[__name__]


def _module(name, source=None, late=None, **more):
    """`tf.name`: the members of a module of fastgrad's, bound, and others; some loaded late."""
    found = {**(_members(source) if source is not None else {}), **more}
    made = _make_module(f"{__name__}.{name}", **found)
    made.__getattr__ = _graphs.with_late(name, _late(made, late or {}, _absent.missing))
    return made


for _name, _thing in vars(_fastgrad).items():
    if not _name.startswith("_") and not isinstance(_thing, _types.ModuleType):
        setattr(_here, _name, _bind(_thing))
for _name, _thing in {**_members(_asserts), **_members(_scatter),
                      **_members(_template)}.items():
    setattr(_here, _name, _thing)
for _name in _initializers.__all__:
    setattr(_here, _name, _bind_class(getattr(_initializers, _name)))

# ---- TensorFlow's own ways --------------------------------------------------------------
from fastgrad import errors
from fastgrad.compat.app import app, flags, logging
from fastgrad.compat.enums import UnconnectedGradients
from fastgrad.compat.files import gfile
from fastgrad.compat.state import Graph, InteractiveSession, Session, Variable
from fastgrad.compat.state import placeholder as _placeholder
from fastgrad.compat.testcase import test
from fastgrad.flow.py_func import py_func as _py_func
from fastgrad.graph.nodes import Operation, Tensor
from fastgrad.graph.tensor_shape import Dimension, TensorShape
from fastgrad.graph.dtypes import DType, STRING as _STRING, as_dtype as _as_dtype, DTYPES as _DTYPES
from fastgrad.ops.indexed_slices import IndexedSlices, SparseTensorValue

__version__ = VERSION = "1.15.5"              # the TensorFlow whose API this is
GIT_VERSION = COMPILER_VERSION = "fastgrad " + _fastgrad.__version__
GRAPH_DEF_VERSION = 134

placeholder = _bind(_placeholder)
get_seed = _bind(_ops_random.get_seed)
name_scope = _bind_class(_fastgrad.name_scope)
variable_scope = _bind_class(_fastgrad.variable_scope)
tuple = _bind(_control.tuple_)
divide = _bind(_divide.python_divide)
where_v2 = _bind(_ops_where.where_v2)
numpy_function = _bind(_py_func)
tensor_scatter_nd_update = tensor_scatter_update
parallel_stack = _bind(_ops_join.parallel_stack)
smart_cond = _bind(_branches.smart_cond)
newaxis = None
as_dtype = _bound(_as_dtype)
VariableV1 = Variable
OpError = errors.OpError
NoGradient = NotDifferentiable
bfloat16 = half = _DTYPES["float16"]
double, complex64, complex128 = (_DTYPES[n] for n in ("float64", "complex64", "complex128"))
uint16, uint32, uint64 = (_DTYPES[n] for n in ("uint16", "uint32", "uint64"))
string = _STRING

# ---- old spellings ----------------------------------------------------------------------
all_variables = _bind(_fastgrad.global_variables)
initialize_all_variables = _bind(_fastgrad.global_variables_initializer)
initialize_variables = _bind(_fastgrad.variables_initializer)
initialize_local_variables = _bind(_fastgrad.local_variables_initializer)
register_tensor_conversion_function = _absent.missing("")

# ---- accepted, ignored ------------------------------------------------------------------
from fastgrad.compat.absent import AggregationMethod, ConfigProto, colocate_with, device
from fastgrad.compat.absent import Settings as GPUOptions
from fastgrad.compat.absent import Settings as GraphOptions
from fastgrad.compat.absent import Settings as OptimizerOptions
from fastgrad.compat.absent import Settings as RunMetadata
from fastgrad.compat.absent import Settings as RunOptions


def disable_eager_execution():
    """Nothing to do: there is no eager execution."""


disable_v2_behavior = disable_resource_variables = disable_v2_tensorshape = disable_eager_execution
disable_tensor_equality = disable_control_flow_v2 = disable_eager_execution


def executing_eagerly():
    """False: there are only graphs."""
    return False


# ---- modules ----------------------------------------------------------------------------
Summary, Event, SessionLog = _summary.Summary, _summary.Event, _summary.SessionLog
HistogramProto = _event_protos.HistogramProto
SummaryMetadata = _event_protos.SummaryMetadata
SparseTensor = _bind_class(_fastgrad.SparseTensor)
TensorArray = _bind_class(_fastgrad.TensorArray)
sparse = _module("sparse", SparseTensor=SparseTensor, to_dense=_fastgrad.sparse_tensor_to_dense,
                 placeholder=_fastgrad.sparse_placeholder)
strings = _module("strings", join=_fastgrad.string_join, as_string=_fastgrad.as_string)

nn = _module("nn", _fastgrad.nn, _fastgrad.nn.LATE)
math = _module("math", _fastgrad.math, divide=_divide.python_divide)
bitwise = _module("bitwise", _bits)
manip = _module("manip", roll=_order.roll)
linalg = _module("linalg", _fastgrad.linalg)
random = _module("random", _fastgrad.random)
losses = _module("losses", _losses)
del losses.sample_weight        # TensorFlow has none
metrics = _module("metrics", _metrics, **_members(_metrics_curves))
layers = _module("layers", _layers, **{
    _n: _bind_class(getattr(_layers, _n))
    for _n in _layers.__all__ if isinstance(getattr(_layers, _n), type) and _n != "Layer"})
summary = _module("summary", _summary)
_made = {_n: _bind_class(_c) for _n, _c in {
    "zeros": _initializers.Zeros, "ones": _initializers.Ones, "constant": _initializers.Constant,
    "random_normal": _initializers.RandomNormal, "random_uniform": _initializers.RandomUniform,
    "truncated_normal": _initializers.TruncatedNormal, "identity": _initializers.Identity,
    "variance_scaling": _initializers.VarianceScaling, "orthogonal": _initializers.Orthogonal,
    "glorot_uniform": _initializers.GlorotUniform, "glorot_normal": _initializers.GlorotNormal,
    "uniform_unit_scaling": _initializers.UniformUnitScaling}.items()}
_made.update(_members(_initializers, ["he_normal", "he_uniform", "lecun_normal", "lecun_uniform"]))
initializers = _module(
    "initializers", **_made, global_variables=global_variables_initializer,
    local_variables=local_variables_initializer, variables=variables_initializer)
keras = _module("keras", initializers=_module("keras.initializers", **_made))
train = _module(
    "train", _fastgrad.train, Saver=_bind_class(_saver.Saver),
    ExponentialMovingAverage=_bind_class(_averages.ExponentialMovingAverage),
    SummaryWriter=_summary.FileWriter)
_kinds = {_n: _bind_class(getattr(_m, _n)) for _m in (_distributions, _discrete)
          for _n in _m.__all__}
_kinds["kl_divergence"] = _kl.kl_divergence
_diagonal = _kinds.pop("MultivariateNormalDiag")
distributions = _module("distributions", **_kinds)
_framework = {
    **_members(_arg_scope), **_members(_contrib_framework),
    **{_n: getattr(train, _n) for _n in (
        "get_or_create_global_step", "get_global_step", "init_from_checkpoint", "list_variables",
        "load_checkpoint", "load_variable")},
    "smart_cond": smart_cond}
_layers_of_contrib = {**_members(_contrib), **_members(_contrib_images)}
contrib = _module(
    "contrib", predictor=_module("contrib.predictor"),
    late={"rnn": "fastgrad.rnn", "seq2seq": "fastgrad.seq2seq", "crf": "fastgrad.crf",
          "legacy_seq2seq": "fastgrad.seq2seq.legacy"},
    distributions=_module("contrib.distributions", MultivariateNormalDiag=_diagonal, **_kinds),
    layers=_module("contrib.layers", **_layers_of_contrib),
    metrics=_module("contrib.metrics", confusion_matrix=confusion_matrix,
                    **{"streaming_" + _n: _t for _n, _t in _members(_metrics).items()}),
    util=_module("contrib.util", constant_value=get_static_value),
    framework=_module("contrib.framework", **_framework),
    slim=_module(
        "contrib.slim", losses=_module("contrib.slim.losses", _losses),
        learning=_module("contrib.slim.learning", _learning),
        utils=_module("contrib.slim.utils", _outputs), **_layers_of_contrib, **_framework))
compat = _module("compat", as_str=_files.as_str, as_bytes=_files.as_bytes,
                 as_text=_files.as_text, as_str_any=_files.as_str_any, v1=_here)
dtypes = _module("dtypes", DType=DType, as_dtype=as_dtype, cast=_fastgrad.cast,
                 **{_d.name: _d for _d in (*_DTYPES.values(), string)})
saved_model = _graphs.saved_model(__name__, _absent.missing)
graph_util = _graphs.late_module(__name__, "graph_util", _absent.missing)
estimator = _module("estimator")
python_io = _module("python_io", _fastgrad.python_io)
pywrap_tensorflow = _module("pywrap_tensorflow", NewCheckpointReader=train.NewCheckpointReader,
                            CheckpointReader=train.CheckpointReader)
io = _module(
    "io", _fastgrad.python_io, gfile=gfile, decode_raw=decode_raw, parse_example=parse_example,
    parse_single_example=parse_single_example, FixedLenFeature=FixedLenFeature,
    FixedLenSequenceFeature=FixedLenSequenceFeature, SparseFeature=SparseFeature,
    VarLenFeature=VarLenFeature)
image = _module("image", _image)
layers.__doc__ = _layers.__doc__
resource_loader = _module("resource_loader")
sysconfig = _module("sysconfig")

__getattr__ = _graphs.with_late("", _absent.missing(""))
__path__ = []
_imports = _absent.Imports(__name__, _here)
