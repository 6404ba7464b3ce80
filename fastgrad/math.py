"""TensorFlow's `tf.math` names."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.ops.norms import accumulate_n, add_n
from fastgrad.ops.divide import *  # noqa: F403
from fastgrad.ops.logic import *  # noqa: F403
from fastgrad.nn.lookup import in_top_k, top_k
from fastgrad.ops.arithmetic import *  # noqa: F403
from fastgrad.ops.cast import *  # noqa: F403
from fastgrad.ops.comparison import *  # noqa: F403
from fastgrad.nn.activations import log_sigmoid, sigmoid, softplus, softsign
from fastgrad.nn.softmax import log_softmax, softmax
from fastgrad.ops.logsumexp import *  # noqa: F403
from fastgrad.ops.trig import *  # noqa: F403
from fastgrad.ops.norms import l2_normalize
from fastgrad.nn.normalization import zero_fraction
from fastgrad.ops.argmax import *  # noqa: F403
from fastgrad.ops.counts import *  # noqa: F403
from fastgrad.ops.reduce import *  # noqa: F403
from fastgrad.ops.scan import *  # noqa: F403
from fastgrad.ops.segment import *  # noqa: F403
from fastgrad.ops.checks import is_non_decreasing, is_strictly_increasing
from fastgrad.ops.segment import unsorted_segment_sum
from fastgrad.ops.special import *  # noqa: F403
from fastgrad.ops.unary import *  # noqa: F403
from fastgrad.ops.partition import invert_permutation

__all__ = [name for name in dir() if not name.startswith("_")]
__getattr__ = _elsewhere.missing("fastgrad.math")
