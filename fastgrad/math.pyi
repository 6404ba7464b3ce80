"""Types of `fastgrad.math`. Written by tests/types/make_stubs.py; do not edit."""

__all__ = [
    "abs", "accumulate_n", "acos", "acosh", "add", "add_n", "approximate_equal", "arg_max",
    "arg_min", "argmax", "argmin", "asin", "asinh", "atan", "atan2", "atanh", "bincount", "cast",
    "ceil", "confusion_matrix", "cos", "cosh", "count_nonzero", "cumprod", "cumsum", "digamma",
    "div", "div_no_nan", "divide", "divide_no_nan", "equal", "erf", "erfc", "exp", "expm1",
    "floor", "floor_div", "floordiv", "floormod", "greater", "greater_equal",
    "histogram_fixed_width", "in_top_k", "invert_permutation", "is_finite", "is_inf", "is_nan",
    "is_non_decreasing", "is_strictly_increasing", "l2_normalize", "lbeta", "less", "less_equal",
    "lgamma", "log", "log1p", "log_sigmoid", "log_softmax", "logical_and", "logical_not",
    "logical_or", "logical_xor", "maximum", "minimum", "mod", "multiply", "multiply_no_nan",
    "negative", "not_equal", "ones_like", "polygamma", "pow", "realdiv", "reciprocal",
    "reduce_all", "reduce_any", "reduce_euclidean_norm", "reduce_logsumexp", "reduce_max",
    "reduce_mean", "reduce_min", "reduce_prod", "reduce_std", "reduce_sum", "reduce_variance",
    "rint", "round", "rsqrt", "saturate_cast", "scalar_mul", "segment_max", "segment_mean",
    "segment_min", "segment_prod", "segment_sum", "sigmoid", "sign", "sin", "sinh", "softmax",
    "softplus", "softsign", "sqrt", "square", "squared_difference", "subtract", "tan", "tanh",
    "to_double", "to_float", "to_int32", "to_int64", "top_k", "truediv", "truncatediv",
    "truncatemod", "unsorted_segment_max", "unsorted_segment_mean", "unsorted_segment_min",
    "unsorted_segment_prod", "unsorted_segment_sqrt_n", "unsorted_segment_sum", "xdivy", "xlogy",
    "zero_fraction", "zeros_like"]

from fastgrad import abs as abs
from fastgrad import accumulate_n as accumulate_n
from fastgrad import acos as acos
from fastgrad import acosh as acosh
from fastgrad import add as add
from fastgrad import add_n as add_n
from fastgrad import approximate_equal as approximate_equal
from fastgrad import arg_max as arg_max
from fastgrad import arg_min as arg_min
from fastgrad import argmax as argmax
from fastgrad import argmin as argmin
from fastgrad import asin as asin
from fastgrad import asinh as asinh
from fastgrad import atan as atan
from fastgrad import atan2 as atan2
from fastgrad import atanh as atanh
from fastgrad import bincount as bincount
from fastgrad import cast as cast
from fastgrad import ceil as ceil
from fastgrad import confusion_matrix as confusion_matrix
from fastgrad import cos as cos
from fastgrad import cosh as cosh
from fastgrad import count_nonzero as count_nonzero
from fastgrad import cumprod as cumprod
from fastgrad import cumsum as cumsum
from fastgrad import digamma as digamma
from fastgrad import div as div
from fastgrad import div_no_nan as div_no_nan
from fastgrad import divide as divide
from fastgrad import div_no_nan as _div_no_nan
divide_no_nan = _div_no_nan
from fastgrad import equal as equal
from fastgrad import erf as erf
from fastgrad import erfc as erfc
from fastgrad import exp as exp
from fastgrad import expm1 as expm1
from fastgrad import floor as floor
from fastgrad import floor_div as floor_div
from fastgrad import floor_div as _floor_div
floordiv = _floor_div
from fastgrad import floormod as floormod
from fastgrad import greater as greater
from fastgrad import greater_equal as greater_equal
from fastgrad import histogram_fixed_width as histogram_fixed_width
from fastgrad.nn import in_top_k as in_top_k
from fastgrad import invert_permutation as invert_permutation
from fastgrad import is_finite as is_finite
from fastgrad import is_inf as is_inf
from fastgrad import is_nan as is_nan
from fastgrad import is_non_decreasing as is_non_decreasing
from fastgrad import is_strictly_increasing as is_strictly_increasing
from fastgrad.nn import l2_normalize as l2_normalize
from fastgrad import lbeta as lbeta
from fastgrad import less as less
from fastgrad import less_equal as less_equal
from fastgrad import lgamma as lgamma
from fastgrad import log as log
from fastgrad import log1p as log1p
from fastgrad import log_sigmoid as log_sigmoid
from fastgrad.nn import log_softmax as log_softmax
from fastgrad import logical_and as logical_and
from fastgrad import logical_not as logical_not
from fastgrad import logical_or as logical_or
from fastgrad import logical_xor as logical_xor
from fastgrad import maximum as maximum
from fastgrad import minimum as minimum
from fastgrad import floormod as _floormod
mod = _floormod
from fastgrad import multiply as multiply
from fastgrad import multiply_no_nan as multiply_no_nan
from fastgrad import negative as negative
from fastgrad import not_equal as not_equal
from fastgrad import ones_like as ones_like
from fastgrad import polygamma as polygamma
from fastgrad import pow as pow
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
from fastgrad import rint as rint
from fastgrad import round as round
from fastgrad import rsqrt as rsqrt
from fastgrad import saturate_cast as saturate_cast
from fastgrad import scalar_mul as scalar_mul
from fastgrad import segment_max as segment_max
from fastgrad import segment_mean as segment_mean
from fastgrad import segment_min as segment_min
from fastgrad import segment_prod as segment_prod
from fastgrad import segment_sum as segment_sum
from fastgrad import sigmoid as sigmoid
from fastgrad import sign as sign
from fastgrad import sin as sin
from fastgrad import sinh as sinh
from fastgrad import softmax as softmax
from fastgrad.nn import softplus as softplus
from fastgrad.nn import softsign as softsign
from fastgrad import sqrt as sqrt
from fastgrad import square as square
from fastgrad import squared_difference as squared_difference
from fastgrad import subtract as subtract
from fastgrad import tan as tan
from fastgrad import tanh as tanh
from fastgrad import to_double as to_double
from fastgrad import to_float as to_float
from fastgrad import to_int32 as to_int32
from fastgrad import to_int64 as to_int64
from fastgrad.nn import top_k as top_k
from fastgrad import truediv as truediv
from fastgrad import truncatediv as truncatediv
from fastgrad import truncatemod as truncatemod
from fastgrad import unsorted_segment_max as unsorted_segment_max
from fastgrad import unsorted_segment_mean as unsorted_segment_mean
from fastgrad import unsorted_segment_min as unsorted_segment_min
from fastgrad import unsorted_segment_prod as unsorted_segment_prod
from fastgrad import unsorted_segment_sqrt_n as unsorted_segment_sqrt_n
from fastgrad import unsorted_segment_sum as unsorted_segment_sum
from fastgrad import xdivy as xdivy
from fastgrad import xlogy as xlogy
from fastgrad.nn import zero_fraction as zero_fraction
from fastgrad import zeros_like as zeros_like
