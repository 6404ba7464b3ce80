"""Attention that only moves forward over its memory (Raffel et al. 2017, arXiv:1704.00784)."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.dtypes import INT32
from fastgrad.graph.nodes import as_tensor
from fastgrad.nn.activations import sigmoid
from fastgrad.nn.clip import clip_by_value
from fastgrad.ops.arithmetic import log
from fastgrad.ops.cast import cast
from fastgrad.ops.join import concat
from fastgrad.ops.make import one_hot, zeros
from fastgrad.ops.random import random_normal
from fastgrad.ops.reshape import reshape
from fastgrad.ops.scan import cumprod, cumsum
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.unary import exp
from fastgrad.seq2seq.attention import BahdanauScores, LuongScores
from fastgrad.variables.initializers import Constant
from fastgrad.variables.scopes import get_variable


def safe_cumprod(x, *args, **kwargs):
    """Cumulative product by a sum of logarithms, with elements clipped to (0, 1]."""
    x = as_tensor(x)
    tiny = np.finfo(x.dtype.as_numpy_dtype).tiny
    return exp(cumsum(log(clip_by_value(x, tiny, 1)), *args, **kwargs))


def monotonic_attention(p_choose_i, previous_attention, mode):
    """Alignments that only move forward (Raffel et al. 2017, arXiv:1704.00784).

    Parameters
    ----------
    p_choose_i : tensor (batch, time)
        The probability that a step is chosen once it is looked at.
    previous_attention : tensor (batch, time)
    mode : {"recursive", "parallel", "hard"}
        "parallel" is quick, and loses digits where `p_choose_i` is near 1; "hard" takes
        probabilities that are 0 or 1.
    """
    p, previous = as_tensor(p_choose_i), as_tensor(previous_attention)
    if mode == "recursive":
        return p * _recursive(p, previous)
    if mode == "parallel":
        left = safe_cumprod(1 - p, axis=1, exclusive=True)
        return p * left * cumsum(previous / clip_by_value(left, 1e-10, 1.0), axis=1)
    if mode == "hard":
        p = p * cumsum(previous, axis=1)
        return p * cumprod(1 - p, axis=1, exclusive=True)
    raise ValueError("mode must be 'recursive', 'parallel', or 'hard'.")


def _recursive(p, previous):
    """`q[i] = (1 - p[i - 1]) q[i - 1] + previous[i]`, step by step."""
    n = p._shape[1]
    if n is None:
        raise ShapeError("mode='recursive' needs to know the number of memory steps; use "
                         "'parallel'.")
    columns, q = [], None
    for i in range(n):
        now = previous[:, i]
        q = now if q is None else (1 - p[:, i - 1]) * q + now
        columns.append(reshape(q, [-1, 1]))
    return concat(columns, 1)


class _Monotonic:
    """The parts of the mechanisms that only move forward."""

    def initial_alignments(self, batch_size, dtype):
        """All weight on the first memory step."""
        return one_hot(zeros([batch_size], INT32), self._alignments_size, dtype=dtype)

    def _biased(self, score):
        bias = get_variable("attention_score_bias", (), score.dtype,
                            Constant(self._score_bias_init))
        return score + bias

    def _choice(self, noise, mode, seed):
        """A probability function of scores and the last alignments."""
        def probability(score, previous):
            if noise > 0:
                score = score + noise * random_normal(shape_of(score), dtype=score.dtype,
                                                      seed=seed)
            p = cast(score > 0, score.dtype) if mode == "hard" else sigmoid(score)
            return monotonic_attention(p, previous, mode)
        return probability


class BahdanauMonotonicAttention(_Monotonic, BahdanauScores):
    """Additive attention that only moves forward (arXiv:1704.00784).

    Parameters
    ----------
    num_units, memory, memory_sequence_length, normalize, score_mask_value, dtype :
        See BahdanauAttention.
    sigmoid_noise : float
        Standard deviation of noise on the scores, which makes them move away from 0.
    sigmoid_noise_seed : int, optional
    score_bias_init : float
    mode : {"parallel", "recursive", "hard"}
    """

    _scope = "bahdanau_monotonic_attention"

    def __init__(self, num_units, memory, memory_sequence_length=None, normalize=False,
                 score_mask_value=None, sigmoid_noise=0.0, sigmoid_noise_seed=None,
                 score_bias_init=0.0, mode="parallel", dtype=None,
                 name="BahdanauMonotonicAttention"):
        super().__init__(num_units, memory, self._choice(sigmoid_noise, mode, sigmoid_noise_seed),
                         memory_sequence_length, normalize, score_mask_value, dtype, name)
        self._score_bias_init = score_bias_init


class LuongMonotonicAttention(_Monotonic, LuongScores):
    """Multiplicative attention that only moves forward; see BahdanauMonotonicAttention."""

    _scope = "luong_monotonic_attention"

    def __init__(self, num_units, memory, memory_sequence_length=None, scale=False,
                 score_mask_value=None, sigmoid_noise=0.0, sigmoid_noise_seed=None,
                 score_bias_init=0.0, mode="parallel", dtype=None, name="LuongMonotonicAttention"):
        super().__init__(num_units, memory, self._choice(sigmoid_noise, mode, sigmoid_noise_seed),
                         memory_sequence_length, scale, score_mask_value, dtype, name)
        self._score_bias_init = score_bias_init


__all__ = ["safe_cumprod", "monotonic_attention", "BahdanauMonotonicAttention",
           "LuongMonotonicAttention"]
