"""Types of `fastgrad.compat.v1`. Written by tests/types/make_stubs.py; do not edit."""

from builtins import bool as _bool
from collections.abc import Iterable, Sequence
from typing import Any
from fastgrad.typing import DTypeLike, ShapeLike, TensorLike

import fastgrad as _fastgrad
from contextlib import AbstractContextManager

class Graph(_fastgrad.Graph):
    def gradient_override_map(self, op_type_map: dict[str, str]
                              ) -> AbstractContextManager[Any]: ...

class Session(_fastgrad.Session):
    def __enter__(self) -> Session: ...

class InteractiveSession(Session):
    def __init__(self, target: str | _fastgrad.Graph = "", graph: _fastgrad.Graph | None = None,
                 config: Any = None, *, subnormals: str = "flush") -> None: ...

class Variable(_fastgrad.Variable):
    def value(self) -> Tensor: ...  # type: ignore[override]
    def scatter_add(self, sparse_delta: Any, use_locking: _bool = False, name: str | None = None
                    ) -> Any: ...
    def scatter_sub(self, sparse_delta: Any, use_locking: _bool = False, name: str | None = None
                    ) -> Any: ...
    def scatter_update(self, sparse_delta: Any, use_locking: _bool = False,
                       name: str | None = None) -> Any: ...
    def scatter_nd_add(self, indices: TensorLike, updates: TensorLike, name: str | None = None
                       ) -> Any: ...
    def scatter_nd_sub(self, indices: TensorLike, updates: TensorLike, name: str | None = None
                       ) -> Any: ...
    def scatter_nd_update(self, indices: TensorLike, updates: TensorLike, name: str | None = None
                          ) -> Any: ...

VariableV1 = Variable

def placeholder(dtype: DTypeLike, shape: ShapeLike = None, name: str | None = None) -> Tensor: ...

from fastgrad import DType as DType
from fastgrad import GraphKeys as GraphKeys
from fastgrad import IndexedSlices as IndexedSlices
from fastgrad import PartitionedVariable as PartitionedVariable
from fastgrad import RegisterGradient as RegisterGradient
from fastgrad import TensorShape as TensorShape
from fastgrad import VariableScope as VariableScope
from fastgrad.summary import Event as Event
from fastgrad.train import GradientDescentOptimizer as GradientDescentOptimizer
from fastgrad.summary import SessionLog as SessionLog
from fastgrad import SparseTensor as SparseTensor
from fastgrad import SparseTensorValue as SparseTensorValue
from fastgrad.summary import Summary as Summary
from fastgrad import TensorArray as TensorArray
from fastgrad import VarLenFeature as VarLenFeature
from fastgrad import FixedLenFeature as FixedLenFeature
from fastgrad import FixedLenSequenceFeature as FixedLenSequenceFeature
from fastgrad.errors import OpError as OpError
from fastgrad import Operation as Operation
from fastgrad import SparseFeature as SparseFeature
from fastgrad import Tensor as Tensor
from fastgrad.initializers import constant_initializer as constant_initializer
from fastgrad import name_scope as name_scope
from fastgrad.initializers import ones_initializer as ones_initializer
from fastgrad.initializers import orthogonal_initializer as orthogonal_initializer
from fastgrad.initializers import random_normal_initializer as random_normal_initializer
from fastgrad.initializers import random_uniform_initializer as random_uniform_initializer
from fastgrad.initializers import truncated_normal_initializer as truncated_normal_initializer
from fastgrad.initializers import uniform_unit_scaling_initializer as uniform_unit_scaling_initializer
from fastgrad import variable_scope as variable_scope
from fastgrad.initializers import variance_scaling_initializer as variance_scaling_initializer
from fastgrad.initializers import zeros_initializer as zeros_initializer
from fastgrad.initializers import glorot_normal_initializer as glorot_normal_initializer
from fastgrad.initializers import glorot_uniform_initializer as glorot_uniform_initializer
from fastgrad import NotDifferentiable as _NotDifferentiable
NoGradient = _NotDifferentiable
from fastgrad import NotDifferentiable as NotDifferentiable
from fastgrad import Print as Print
from fastgrad import abs as abs
from fastgrad import accumulate_n as accumulate_n
from fastgrad import acos as acos
from fastgrad import acosh as acosh
from fastgrad import add as add
from fastgrad import add_n as add_n
from fastgrad import add_to_collection as add_to_collection
from fastgrad import add_to_collections as add_to_collections
from fastgrad import global_variables as _global_variables
all_variables = _global_variables
from fastgrad.compat._v1 import app as app
from fastgrad import approximate_equal as approximate_equal
from fastgrad import arg_max as arg_max
from fastgrad import arg_min as arg_min
from fastgrad import argmax as argmax
from fastgrad import argmin as argmin
from fastgrad import argsort as argsort
from fastgrad import as_dtype as as_dtype
from fastgrad import as_string as as_string
from fastgrad import asin as asin
from fastgrad import asinh as asinh
from fastgrad import assign as assign
from fastgrad import assign_add as assign_add
from fastgrad import assign_sub as assign_sub
from fastgrad import atan as atan
from fastgrad import atan2 as atan2
from fastgrad import atanh as atanh
from fastgrad import batch_gather as batch_gather
from fastgrad import batch_to_space as batch_to_space
from fastgrad import batch_to_space_nd as batch_to_space_nd
from fastgrad import bincount as bincount
from fastgrad import bitcast as bitcast
from fastgrad.compat._v1 import bitwise as bitwise
from fastgrad import boolean_mask as boolean_mask
from fastgrad import broadcast_dynamic_shape as broadcast_dynamic_shape
from fastgrad import broadcast_static_shape as broadcast_static_shape
from fastgrad import broadcast_to as broadcast_to
from fastgrad import case as case
from fastgrad import cast as cast
from fastgrad import ceil as ceil
from fastgrad import cholesky as cholesky
from fastgrad import cholesky_solve as cholesky_solve
from fastgrad import clip_by_average_norm as clip_by_average_norm
from fastgrad import clip_by_global_norm as clip_by_global_norm
from fastgrad import clip_by_norm as clip_by_norm
from fastgrad import clip_by_value as clip_by_value
from fastgrad import compute_gradients as compute_gradients
from fastgrad import concat as concat
from fastgrad import cond as cond
from fastgrad import confusion_matrix as confusion_matrix
from fastgrad import constant as constant
from fastgrad.compat._v1 import contrib as contrib
from fastgrad import control_dependencies as control_dependencies
from fastgrad import convert_to_tensor as convert_to_tensor
from fastgrad import cos as cos
from fastgrad import cosh as cosh
from fastgrad import count_nonzero as count_nonzero
from fastgrad import cross as cross
from fastgrad import cumprod as cumprod
from fastgrad import cumsum as cumsum
from fastgrad import custom_gradient as custom_gradient
from fastgrad import decode_raw as decode_raw
from fastgrad import depth_to_space as depth_to_space
from fastgrad import diag as diag
from fastgrad import diag_part as diag_part
from fastgrad import digamma as digamma
from fastgrad import distributions as distributions
from fastgrad import div as div
from fastgrad import div_no_nan as div_no_nan
from fastgrad.compat._v1.math import divide as divide
from fastgrad import div_no_nan as _div_no_nan
divide_no_nan = _div_no_nan
from fastgrad.compat._v1 import dtypes as dtypes
from fastgrad import dynamic_partition as dynamic_partition
from fastgrad import dynamic_stitch as dynamic_stitch
from fastgrad import edit_distance as edit_distance
from fastgrad import einsum as einsum
from fastgrad import ensure_shape as ensure_shape
from fastgrad import equal as equal
from fastgrad import erf as erf
from fastgrad import erfc as erfc
from fastgrad import errors as errors
from fastgrad.compat._v1 import estimator as estimator
from fastgrad import exp as exp
from fastgrad import expand_dims as expand_dims
from fastgrad import expm1 as expm1
from fastgrad import extract_image_patches as extract_image_patches
from fastgrad import eye as eye
from fastgrad import fill as fill
from fastgrad import fixed_size_partitioner as fixed_size_partitioner
from fastgrad.compat._v1 import flags as flags
from fastgrad import floor as floor
from fastgrad import floor_div as floor_div
from fastgrad import floor_div as _floor_div
floordiv = _floor_div
from fastgrad import floormod as floormod
from fastgrad import foldl as foldl
from fastgrad import foldr as foldr
from fastgrad import gather as gather
from fastgrad import gather_nd as gather_nd
from fastgrad import get_collection as get_collection
from fastgrad import get_collection_ref as get_collection_ref
from fastgrad import get_default_graph as get_default_graph
from fastgrad import get_default_session as get_default_session
from fastgrad import get_local_variable as get_local_variable
from fastgrad.random import get_seed as get_seed
from fastgrad import get_static_value as get_static_value
from fastgrad import get_variable as get_variable
from fastgrad import get_variable_scope as get_variable_scope
from fastgrad.compat._v1 import gfile as gfile
from fastgrad import global_norm as global_norm
from fastgrad import global_variables as global_variables
from fastgrad import global_variables_initializer as global_variables_initializer
from fastgrad import gradients as gradients
from fastgrad.compat._v1 import graph_util as graph_util
from fastgrad import greater as greater
from fastgrad import greater_equal as greater_equal
from fastgrad import group as group
from fastgrad import guarantee_const as guarantee_const
from fastgrad import hessians as hessians
from fastgrad import histogram_fixed_width as histogram_fixed_width
from fastgrad import identity as identity
from fastgrad import identity_n as identity_n
from fastgrad import image as image
from fastgrad import global_variables_initializer as _global_variables_initializer
initialize_all_variables = _global_variables_initializer
from fastgrad import local_variables_initializer as _local_variables_initializer
initialize_local_variables = _local_variables_initializer
from fastgrad import variables_initializer as _variables_initializer
initialize_variables = _variables_initializer
from fastgrad.compat._v1 import initializers as initializers
from fastgrad import invert_permutation as invert_permutation
from fastgrad.compat._v1 import io as io
from fastgrad import is_finite as is_finite
from fastgrad import is_inf as is_inf
from fastgrad import is_nan as is_nan
from fastgrad import is_non_decreasing as is_non_decreasing
from fastgrad import is_numeric_tensor as is_numeric_tensor
from fastgrad import is_strictly_increasing as is_strictly_increasing
from fastgrad import is_variable_initialized as is_variable_initialized
from fastgrad.compat._v1 import keras as keras
from fastgrad import layers as layers
from fastgrad import lbeta as lbeta
from fastgrad import less as less
from fastgrad import less_equal as less_equal
from fastgrad import lgamma as lgamma
from fastgrad import lin_space as lin_space
from fastgrad import linalg as linalg
from fastgrad import linspace as linspace
from fastgrad import local_variables as local_variables
from fastgrad import local_variables_initializer as local_variables_initializer
from fastgrad import log as log
from fastgrad import log1p as log1p
from fastgrad import log_sigmoid as log_sigmoid
from fastgrad import logdet as logdet
from fastgrad.compat._v1 import logging as logging
from fastgrad import logical_and as logical_and
from fastgrad import logical_not as logical_not
from fastgrad import logical_or as logical_or
from fastgrad import logical_xor as logical_xor
from fastgrad import losses as losses
from fastgrad import make_callable as make_callable
from fastgrad.compat._v1 import manip as manip
from fastgrad import map_fn as map_fn
from fastgrad.compat._v1 import math as math
from fastgrad import matmul as matmul
from fastgrad import matrix_band_part as matrix_band_part
from fastgrad import matrix_determinant as matrix_determinant
from fastgrad import matrix_diag as matrix_diag
from fastgrad import matrix_diag_part as matrix_diag_part
from fastgrad import matrix_inverse as matrix_inverse
from fastgrad import matrix_set_diag as matrix_set_diag
from fastgrad import matrix_solve as matrix_solve
from fastgrad import matrix_solve_ls as matrix_solve_ls
from fastgrad import matrix_transpose as matrix_transpose
from fastgrad import matrix_triangular_solve as matrix_triangular_solve
from fastgrad import matvec as matvec
from fastgrad import maximum as maximum
from fastgrad import meshgrid as meshgrid
from fastgrad import metrics as metrics
from fastgrad import min_max_variable_partitioner as min_max_variable_partitioner
from fastgrad import minimum as minimum
from fastgrad import floormod as _floormod
mod = _floormod
from fastgrad import model_variables as model_variables
from fastgrad import moving_average_variables as moving_average_variables
from fastgrad import multinomial as multinomial
from fastgrad import multiply as multiply
from fastgrad import multiply_no_nan as multiply_no_nan
from fastgrad import negative as negative
from fastgrad import nn as nn
from fastgrad import no_op as no_op
from fastgrad import norm as norm
from fastgrad import not_equal as not_equal
from fastgrad import py_func as _py_func
numpy_function = _py_func
from fastgrad import one_hot as one_hot
from fastgrad import ones as ones
from fastgrad import ones_like as ones_like
from fastgrad import op_scope as op_scope
from fastgrad import pad as pad
from fastgrad import parse_example as parse_example
from fastgrad import parse_single_example as parse_single_example
from fastgrad import placeholder_with_default as placeholder_with_default
from fastgrad import polygamma as polygamma
from fastgrad import pow as pow
from fastgrad import py_func as py_func
from fastgrad import python_io as python_io
from fastgrad.compat._v1 import pywrap_tensorflow as pywrap_tensorflow
from fastgrad import qr as qr
from fastgrad import random as random
from fastgrad import random_crop as random_crop
from fastgrad import random_gamma as random_gamma
from fastgrad import random_normal as random_normal
from fastgrad import random_poisson as random_poisson
from fastgrad import random_shuffle as random_shuffle
from fastgrad import random_uniform as random_uniform
from fastgrad import range as range
from fastgrad import rank as rank
from fastgrad import realdiv as realdiv
from fastgrad import reciprocal as reciprocal
from fastgrad import reduce_all as reduce_all
from fastgrad import reduce_any as reduce_any
from fastgrad import reduce_euclidean_norm as reduce_euclidean_norm
from fastgrad import reduce_logsumexp as reduce_logsumexp
from fastgrad import reduce_max as reduce_max
from fastgrad import reduce_mean as reduce_mean
from fastgrad import reduce_min as reduce_min
from fastgrad import reduce_prod as reduce_prod
from fastgrad import reduce_std as reduce_std
from fastgrad import reduce_sum as reduce_sum
from fastgrad import reduce_variance as reduce_variance
from fastgrad import repeat as repeat
from fastgrad import report_uninitialized_variables as report_uninitialized_variables
from fastgrad import required_space_to_batch_paddings as required_space_to_batch_paddings
from fastgrad import reset_default_graph as reset_default_graph
from fastgrad import reshape as reshape
from fastgrad.compat._v1 import resource_loader as resource_loader
from fastgrad import reverse as reverse
from fastgrad import reverse_sequence as reverse_sequence
from fastgrad import reverse as _reverse
reverse_v2 = _reverse
from fastgrad import rint as rint
from fastgrad import roll as roll
from fastgrad import round as round
from fastgrad import rsqrt as rsqrt
from fastgrad import saturate_cast as saturate_cast
from fastgrad.compat._v1 import saved_model as saved_model
from fastgrad import scalar_mul as scalar_mul
from fastgrad import scan as scan
from fastgrad import scatter_nd as scatter_nd
from fastgrad import searchsorted as searchsorted
from fastgrad import segment_max as segment_max
from fastgrad import segment_mean as segment_mean
from fastgrad import segment_min as segment_min
from fastgrad import segment_prod as segment_prod
from fastgrad import segment_sum as segment_sum
from fastgrad import self_adjoint_eig as self_adjoint_eig
from fastgrad import self_adjoint_eigvals as self_adjoint_eigvals
from fastgrad import sequence_mask as sequence_mask
from fastgrad import set_random_seed as set_random_seed
from fastgrad import setdiff1d as setdiff1d
from fastgrad import shape as shape
from fastgrad import shape_n as shape_n
from fastgrad import sigmoid as sigmoid
from fastgrad import sign as sign
from fastgrad import sin as sin
from fastgrad import sinh as sinh
from fastgrad import size as size
from fastgrad import slice as slice
from fastgrad import slogdet as slogdet
from fastgrad.compat._v1.contrib.framework import smart_cond as smart_cond
from fastgrad import softmax as softmax
from fastgrad import sort as sort
from fastgrad import space_to_batch as space_to_batch
from fastgrad import space_to_batch_nd as space_to_batch_nd
from fastgrad import space_to_depth as space_to_depth
from fastgrad.compat._v1 import sparse as sparse
from fastgrad import sparse_placeholder as sparse_placeholder
from fastgrad import sparse_tensor_to_dense as sparse_tensor_to_dense
from fastgrad import sparse_to_dense as sparse_to_dense
from fastgrad import split as split
from fastgrad import sqrt as sqrt
from fastgrad import square as square
from fastgrad import squared_difference as squared_difference
from fastgrad import squeeze as squeeze
from fastgrad import stack as stack
from fastgrad import stop_gradient as stop_gradient
from fastgrad import strided_slice as strided_slice
from fastgrad import string_join as string_join
from fastgrad import string_to_hash_bucket_fast as string_to_hash_bucket_fast
from fastgrad.compat._v1 import strings as strings
from fastgrad import subtract as subtract
from fastgrad import summary as summary
from fastgrad import svd as svd
from fastgrad.compat._v1 import sysconfig as sysconfig
from fastgrad import tables_initializer as tables_initializer
from fastgrad import tan as tan
from fastgrad import tanh as tanh
from fastgrad import tensor_scatter_add as tensor_scatter_add
from fastgrad import tensor_scatter_update as _tensor_scatter_update
tensor_scatter_nd_update = _tensor_scatter_update
from fastgrad import tensor_scatter_sub as tensor_scatter_sub
from fastgrad import tensor_scatter_update as tensor_scatter_update
from fastgrad import tensordot as tensordot
from fastgrad.compat._v1 import test as test
from fastgrad import tile as tile
from fastgrad import to_double as to_double
from fastgrad import to_float as to_float
from fastgrad import to_int32 as to_int32
from fastgrad import to_int64 as to_int64
from fastgrad import trace as trace
from fastgrad.compat._v1 import train as train
from fastgrad import trainable_variables as trainable_variables
from fastgrad import transpose as transpose
from fastgrad import truediv as truediv
from fastgrad import truncated_normal as truncated_normal
from fastgrad import truncatediv as truncatediv
from fastgrad import truncatemod as truncatemod
from fastgrad import unique as unique
from fastgrad import unique_with_counts as unique_with_counts
from fastgrad import unsorted_segment_max as unsorted_segment_max
from fastgrad import unsorted_segment_mean as unsorted_segment_mean
from fastgrad import unsorted_segment_min as unsorted_segment_min
from fastgrad import unsorted_segment_prod as unsorted_segment_prod
from fastgrad import unsorted_segment_sqrt_n as unsorted_segment_sqrt_n
from fastgrad import unsorted_segment_sum as unsorted_segment_sum
from fastgrad import unstack as unstack
from fastgrad import variable_axis_size_partitioner as variable_axis_size_partitioner
from fastgrad import variable_op_scope as variable_op_scope
from fastgrad import variables_initializer as variables_initializer
from fastgrad import where as where
from fastgrad import while_loop as while_loop
from fastgrad import xdivy as xdivy
from fastgrad import xlogy as xlogy
from fastgrad import zeros as zeros
from fastgrad import zeros_like as zeros_like

class AggregationMethod:
    ADD_N: int
    DEFAULT: int
    EXPERIMENTAL_TREE: int
    EXPERIMENTAL_ACCUMULATE_N: int


class Dimension:
    def __init__(self, value: Any) -> None: ...
    def is_compatible_with(self, other: Any) -> Any: ...
    def assert_is_compatible_with(self, other: Any) -> Any: ...
    def merge_with(self, other: Any) -> Any: ...
    value: Any


class GPUOptions:
    def __init__(self, *_: Any, **settings: Any) -> None: ...
    def CopyFrom(self, other: Any) -> Any: ...
    def SerializeToString(self) -> Any: ...


class ConfigProto(GPUOptions):
    intra_op_parallelism_threads: int


class HistogramProto:
    fields_by_name: Any
    fields_by_number: Any
    def __init__(self, **values: Any) -> None: ...
    def SetInParent(self) -> Any: ...
    def HasField(self, name: str) -> Any: ...
    def WhichOneof(self, oneof_group: Any) -> Any: ...
    def ListFields(self) -> Any: ...
    def ClearField(self, field_name: Any) -> Any: ...
    def Clear(self) -> Any: ...
    def IsInitialized(self, errors: Any = None) -> Any: ...
    def SerializeToString(self, **_: Any) -> Any: ...
    def SerializePartialToString(self, **_: Any) -> Any: ...
    def ByteSize(self) -> Any: ...
    def ParseFromString(self, serialized: Any) -> Any: ...
    def MergeFromString(self, serialized: Any) -> Any: ...
    @classmethod
    def FromString(cls, s: Any) -> Any: ...
    def MergeFrom(self, other: Any) -> Any: ...
    def CopyFrom(self, other: Any) -> Any: ...


class SummaryMetadata:
    fields_by_name: Any
    fields_by_number: Any
    PluginData: Any
    def __init__(self, **values: Any) -> None: ...
    def SetInParent(self) -> Any: ...
    def HasField(self, name: str) -> Any: ...
    def WhichOneof(self, oneof_group: Any) -> Any: ...
    def ListFields(self) -> Any: ...
    def ClearField(self, field_name: Any) -> Any: ...
    def Clear(self) -> Any: ...
    def IsInitialized(self, errors: Any = None) -> Any: ...
    def SerializeToString(self, **_: Any) -> Any: ...
    def SerializePartialToString(self, **_: Any) -> Any: ...
    def ByteSize(self) -> Any: ...
    def ParseFromString(self, serialized: Any) -> Any: ...
    def MergeFromString(self, serialized: Any) -> Any: ...
    @classmethod
    def FromString(cls, s: Any) -> Any: ...
    def MergeFrom(self, other: Any) -> Any: ...
    def CopyFrom(self, other: Any) -> Any: ...


class UnconnectedGradients:
    NONE: Any
    ZERO: Any

AUTO_REUSE: Any
def Assert(
        condition: TensorLike, data: TensorLike, summarize: Any = None, name: str | None = None
) -> Operation: ...
COMPILER_VERSION: str
GIT_VERSION: str
GRAPH_DEF_VERSION: int
VERSION: str
def assert_equal(
        x: TensorLike, y: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_greater(
        x: TensorLike, y: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_greater_equal(
        x: TensorLike, y: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_integer(
        x: TensorLike, message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_less(
        x: TensorLike, y: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_less_equal(
        x: TensorLike, y: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_near(
        x: TensorLike, y: TensorLike, rtol: TensorLike | None = None,
        atol: TensorLike | None = None, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_negative(
        x: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_non_negative(
        x: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_non_positive(
        x: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_none_equal(
        x: TensorLike, y: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_positive(
        x: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_proper_iterable(values: TensorLike) -> None: ...
def assert_rank(
        x: TensorLike, rank: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_rank_at_least(
        x: TensorLike, rank: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_rank_in(
        x: TensorLike, rank: TensorLike, data: TensorLike | None = None, summarize: Any = None,
        message: str | None = None, name: str | None = None
) -> Operation: ...
def assert_same_float_dtype(
        tensors: Sequence[Any] | None = None, dtype: DTypeLike | None = None
) -> DType: ...
def assert_scalar(
        tensor: TensorLike, name: str | None = None, message: str | None = None
) -> Tensor: ...
def assert_type(
        tensor: TensorLike, tf_type: DTypeLike, message: str | None = None,
        name: str | None = None
) -> Operation: ...
def assert_variables_initialized(var_list: Iterable[Any] | None = None) -> Operation: ...
bfloat16: DType
bool: DType
def check_numerics(tensor: TensorLike, message: str, name: str | None = None) -> Tensor: ...
def colocate_with(device_name_or_function: Any) -> Any: ...
complex128: DType
complex64: DType
def disable_control_flow_v2() -> Any: ...
double: DType
def executing_eagerly() -> _bool: ...
float16: DType
float32: DType
float64: DType
half: DType
int16: DType
int32: DType
int64: DType
int8: DType
def make_template(
        name_: str, func_: Any, create_scope_now_: _bool = False, unique_name_: Any = None,
        custom_getter_: Any = None, **kwargs: Any
) -> Any: ...
newaxis: None
def parallel_stack(values: TensorLike, name: str | None = 'parallel_stack') -> Tensor: ...
def register_tensor_conversion_function(name: str) -> Any: ...
def scatter_add(
        ref: TensorLike, indices: TensorLike, updates: TensorLike,
        use_locking: _bool | None = False, name: str | None = None
) -> Tensor: ...
def scatter_div(
        ref: TensorLike, indices: TensorLike, updates: TensorLike,
        use_locking: _bool | None = False, name: str | None = None
) -> Tensor: ...
def scatter_max(
        ref: TensorLike, indices: TensorLike, updates: TensorLike,
        use_locking: _bool | None = False, name: str | None = None
) -> Tensor: ...
def scatter_min(
        ref: TensorLike, indices: TensorLike, updates: TensorLike,
        use_locking: _bool | None = False, name: str | None = None
) -> Tensor: ...
def scatter_mul(
        ref: TensorLike, indices: TensorLike, updates: TensorLike,
        use_locking: _bool | None = False, name: str | None = None
) -> Tensor: ...
def scatter_nd_add(
        ref: TensorLike, indices: TensorLike, updates: TensorLike,
        use_locking: _bool | None = False, name: str | None = None
) -> Tensor: ...
def scatter_nd_sub(
        ref: TensorLike, indices: TensorLike, updates: TensorLike,
        use_locking: _bool | None = False, name: str | None = None
) -> Tensor: ...
def scatter_nd_update(
        ref: TensorLike, indices: TensorLike, updates: TensorLike,
        use_locking: _bool | None = False, name: str | None = None
) -> Tensor: ...
def scatter_sub(
        ref: TensorLike, indices: TensorLike, updates: TensorLike,
        use_locking: _bool | None = False, name: str | None = None
) -> Tensor: ...
def scatter_update(
        ref: TensorLike, indices: TensorLike, updates: TensorLike,
        use_locking: _bool | None = False, name: str | None = None
) -> Tensor: ...
string: DType
def tuple(
        tensors: Sequence[Any], name: str | None = None,
        control_inputs: Iterable[Any] | None = None
) -> list[Tensor]: ...
uint16: DType
uint32: DType
uint64: DType
uint8: DType
def verify_tensor_all_finite(
        t: TensorLike | None = None, msg: TensorLike | None = None, name: str | None = None,
        x: TensorLike | None = None, message: str | None = None
) -> Tensor: ...
def where_v2(
        condition: TensorLike, x: TensorLike | None = None, y: TensorLike | None = None,
        name: str | None = None
) -> Tensor: ...
GraphOptions = GPUOptions
OptimizerOptions = GPUOptions
RunMetadata = GPUOptions
RunOptions = GPUOptions
device = colocate_with
disable_eager_execution = disable_control_flow_v2
disable_resource_variables = disable_control_flow_v2
disable_tensor_equality = disable_control_flow_v2
disable_v2_behavior = disable_control_flow_v2
disable_v2_tensorshape = disable_control_flow_v2
