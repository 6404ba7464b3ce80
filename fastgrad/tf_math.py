"""TensorFlow's `tf.math` names."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.ops_clip import accumulate_n, add_n
from fastgrad.ops_divide import *  # noqa: F403
from fastgrad.ops_logic import *  # noqa: F403
from fastgrad.ops_lookup import in_top_k, top_k
from fastgrad.ops_math import *  # noqa: F403
from fastgrad.ops_nn import log_sigmoid, sigmoid, softplus, softsign
from fastgrad.ops_softmax import log_softmax, softmax
from fastgrad.ops_spread import *  # noqa: F403
from fastgrad.ops_trig import *  # noqa: F403
from fastgrad.ops_norm import l2_normalize, zero_fraction
from fastgrad.ops_reduce import *  # noqa: F403
from fastgrad.ops_scan import *  # noqa: F403
from fastgrad.ops_segment import *  # noqa: F403
from fastgrad.ops_checks import is_non_decreasing, is_strictly_increasing
from fastgrad.ops_index import unsorted_segment_sum
from fastgrad.ops_special import *  # noqa: F403
from fastgrad.ops_unary import *  # noqa: F403
from fastgrad.ops_where import invert_permutation

__all__ = [name for name in dir() if not name.startswith("_")]
__getattr__ = _elsewhere.missing("fastgrad.math")
