"""Attention mechanisms: Luong's and Bahdanau's; the monotonic ones are in `monotonic`.

The memory's keys are made with the mechanism, once. Calling it with a query and its last state
gives alignments, one weight a memory step, and the next state.
"""

import math

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.flow.asserts import assert_positive
from fastgrad.graph import shapes
from fastgrad.graph.dtypes import FLOAT32, as_dtype
from fastgrad.graph.nodes import as_tensor
from fastgrad.layers.dense import Dense
from fastgrad.layers.layer import Layer
from fastgrad.linalg.matmul import matmul
from fastgrad.nn.softmax import softmax
from fastgrad.ops.argmax import argmax
from fastgrad.ops.arithmetic import ones_like
from fastgrad.ops.make import one_hot, sequence_mask, zeros
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.reshape import expand_dims, squeeze
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.unary import rsqrt, square, tanh
from fastgrad.ops.where import select
from fastgrad.variables.initializers import Constant, Ones, zeros_initializer
from fastgrad.variables.scopes import get_variable, variable_scope
from fastgrad.wording import where


class AttentionMechanism:
    """Base of attention mechanisms: `alignments_size` and `state_size`."""

    @property
    def alignments_size(self):
        raise NotImplementedError

    @property
    def state_size(self):
        raise NotImplementedError


def _masked_memory(memory, lengths):
    """The memory with zeros behind its lengths."""
    if not shapes.is_known((memory._shape or (None,) * 3)[2:]):
        raise ShapeError(f"Expected memory {where(memory)} to have fully defined inner dims, but "
                         f"saw shape: {memory.shape}")
    if lengths is None:
        return memory
    mask = sequence_mask(lengths, shape_of(memory)[1], memory.dtype)
    for _ in memory._shape[2:]:
        mask = expand_dims(mask, -1)
    return memory * mask


class Mechanism(AttentionMechanism):
    """What all mechanisms share: keys, values, and the mask of the scores."""

    def __init__(self, query_layer, memory, probability_fn, memory_sequence_length=None,
                 memory_layer=None, score_mask_value=None, custom_key_value_fn=None, name=None):
        for what, layer in (("query_layer", query_layer), ("memory_layer", memory_layer)):
            if layer is not None and not isinstance(layer, Layer):
                raise TypeError(f"{what} is not a Layer: {type(layer).__name__}")
        if not callable(probability_fn):
            raise TypeError("probability_fn must be callable, saw type: "
                            f"{type(probability_fn).__name__}")
        self._query_layer, self._memory_layer = query_layer, memory_layer
        self._probability_fn, self.dtype = probability_fn, as_dtype(memory_layer.dtype)
        self._mask_value = -np.inf if score_mask_value is None else score_mask_value
        memory = as_tensor(memory)
        with memory.graph.as_default(), memory.graph.name_scope(name or "AttentionMechanism"):
            lengths = memory_sequence_length
            if lengths is not None:
                lengths = as_tensor(lengths, None, memory.graph)
            self._values = _masked_memory(memory, lengths)
            self._keys = memory_layer(self._values)
            if custom_key_value_fn is not None:
                self._keys, self._values = custom_key_value_fn(self._keys, self._values)
            known, whole = self._keys._shape, shape_of(self._keys)
            self._batch_size = whole[0] if known[0] is None else known[0]
            self._alignments_size = whole[1] if known[1] is None else known[1]
            self._mask = None if lengths is None else self._valid(lengths)

    def _valid(self, lengths):
        """Which memory steps may have a weight."""
        check = assert_positive(
            lengths, message="All values in memory_sequence_length must be greater than zero.")
        with lengths.graph.control_dependencies([check] if check is not None else []):
            return sequence_mask(lengths, self._alignments_size)

    memory_layer = property(lambda self: self._memory_layer)
    query_layer = property(lambda self: self._query_layer)
    values = property(lambda self: self._values)
    keys = property(lambda self: self._keys)
    batch_size = property(lambda self: self._batch_size)
    alignments_size = property(lambda self: self._alignments_size)
    state_size = property(lambda self: self._alignments_size)

    def initial_alignments(self, batch_size, dtype):
        """The alignments before the first step: zeros."""
        return zeros([batch_size, self._alignments_size], dtype)

    def initial_state(self, batch_size, dtype):
        """The state before the first step."""
        return self.initial_alignments(batch_size, dtype)

    def _aligned(self, score, state):
        """(alignments, next state) for scores."""
        if self._mask is not None:
            score = select(self._mask, score, ones_like(score) * self._mask_value)
        alignments = self._probability_fn(score, state)
        return alignments, alignments


def _stateless(probability_fn):
    given = softmax if probability_fn is None else probability_fn
    if not callable(given):
        raise TypeError(f"probability_fn must be callable, saw type: {type(given).__name__}")
    return lambda score, _: given(score)


def _layer(units, name, dtype):
    return Dense(units, name=name, use_bias=False, dtype=FLOAT32 if dtype is None else dtype)


# ---- scores -----------------------------------------------------------------------------

class LuongScores(Mechanism):
    """Multiplicative scores: `query . key`."""

    _scope = "luong_attention"

    def __init__(self, num_units, memory, probability_fn, lengths, scale, mask_value, dtype, name,
                 custom_key_value_fn=None):
        super().__init__(None, memory, probability_fn, lengths,
                         _layer(num_units, "memory_layer", dtype), mask_value,
                         custom_key_value_fn, name)
        self._num_units, self._scale = num_units, scale

    def _score(self, query):
        depth, units = (query._shape or (None,))[-1], self._keys._shape[-1]
        if depth != units:
            raise ShapeError(
                "Incompatible or unknown inner dimensions between query and keys. Query "
                f"({where(query)}) has units: {depth}. Keys ({where(self._keys)}) have units: "
                f"{units}. Perhaps you need to set num_units to the keys' dimension ({units})?")
        gain = get_variable("attention_g", (), query.dtype, Ones()) if self._scale else None
        score = squeeze(matmul(expand_dims(query, 1), self._keys, transpose_b=True), [1])
        return score if gain is None else gain * score

    def __call__(self, query, state):
        with variable_scope(None, self._scope, [query]):
            score = self._biased(self._score(query))
        return self._aligned(score, state)

    def _biased(self, score):
        return score


class BahdanauScores(Mechanism):
    """Additive scores: `v . tanh(W query + key)`."""

    _scope = "bahdanau_attention"

    def __init__(self, num_units, memory, probability_fn, lengths, normalize, mask_value, dtype,
                 name, custom_key_value_fn=None):
        super().__init__(_layer(num_units, "query_layer", dtype), memory, probability_fn, lengths,
                         _layer(num_units, "memory_layer", dtype), mask_value,
                         custom_key_value_fn, name)
        self._num_units, self._normalize = num_units, normalize

    def _score(self, query):
        n, dtype = self._num_units, query.dtype
        processed = expand_dims(self.query_layer(query), 1)
        v = get_variable("attention_v", [n], dtype)
        if not self._normalize:
            return reduce_sum(v * tanh(self._keys + processed), [2])
        g = get_variable("attention_g", (), dtype, Constant(math.sqrt(1 / n)))
        b = get_variable("attention_b", [n], dtype, zeros_initializer())
        unit = g * v * rsqrt(reduce_sum(square(v)))
        return reduce_sum(unit * tanh(self._keys + processed + b), [2])

    __call__ = LuongScores.__call__
    _biased = LuongScores._biased


class LuongAttention(LuongScores):
    """Multiplicative attention (Luong et al. 2015, arXiv:1508.04025).

    Parameters
    ----------
    num_units : int
        Width of the keys and of the query.
    memory : tensor (batch, time, depth)
    memory_sequence_length : integer vector, optional
        Memory behind it gets the weight 0.
    scale : bool
        Whether scores are multiplied by a variable.
    probability_fn : callable(score), optional
        softmax if not given.
    score_mask_value : float, optional
        Minus infinity if not given.
    dtype : dtype, optional
    custom_key_value_fn : callable(keys, values), optional
    """

    def __init__(self, num_units, memory, memory_sequence_length=None, scale=False,
                 probability_fn=None, score_mask_value=None, dtype=None, custom_key_value_fn=None,
                 name="LuongAttention"):
        super().__init__(num_units, memory, _stateless(probability_fn), memory_sequence_length,
                         scale, score_mask_value, dtype, name, custom_key_value_fn)


class BahdanauAttention(BahdanauScores):
    """Additive attention (Bahdanau et al. 2015, arXiv:1409.0473).

    Parameters
    ----------
    num_units : int
    memory : tensor (batch, time, depth)
    memory_sequence_length : integer vector, optional
        Memory behind it gets the weight 0.
    normalize : bool
        Whether the scores' vector is normalised (weight normalisation, arXiv:1602.07868).
    probability_fn : callable(score), optional
        softmax if not given.
    score_mask_value : float, optional
        Minus infinity if not given.
    dtype : dtype, optional
    custom_key_value_fn : callable(keys, values), optional
    """

    def __init__(self, num_units, memory, memory_sequence_length=None, normalize=False,
                 probability_fn=None, score_mask_value=None, dtype=None, custom_key_value_fn=None,
                 name="BahdanauAttention"):
        super().__init__(num_units, memory, _stateless(probability_fn), memory_sequence_length,
                         normalize, score_mask_value, dtype, name, custom_key_value_fn)


def hardmax(logits, name=None):
    """1 at the greatest of each row, else 0."""
    logits = as_tensor(logits)
    depth = (logits._shape or (None,))[-1]
    return one_hot(argmax(logits, -1), shape_of(logits)[-1] if depth is None else depth,
                   dtype=logits.dtype)


__all__ = ["AttentionMechanism", "LuongAttention", "BahdanauAttention", "hardmax"]
