"""Connectionist temporal classification: ctc_loss (Graves et al. 2006).

Decisions
- The last class is the blank. All paths of a batch are walked at once, step by step, in
  logarithms; the loss and its gradient by the logits come from one walk forth and one back.
- A NumPy twin without a kernel: each step is a handful of operations on (batch, 2 labels + 1).
"""

import numpy as np

from fastgrad.errors import DTypeError, ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import RegisterGradient, op
from fastgrad.ops.cast import cast
from fastgrad.ops.indexed_slices import SparseTensor, SparseTensorValue
from fastgrad.ops.reshape import reshape, transpose


def log_softmax_rows(x):
    """Logarithms of the softmax over the last axis."""
    shifted = x - x.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


# ---- labels -----------------------------------------------------------------------------

def _label_rows(indices, values, batch, classes, collapse):
    """The labels of each row as a list, checked: what is at or above the blank ends a row."""
    rows = [[] for _ in range(batch)]
    for (b, _), label in zip(indices.tolist(), values.tolist()):
        if not 0 <= b < batch:
            raise ValueError(f"labels are given for row {b} of a batch of {batch}.")
        rows[b].append(label)
    return [_checked_row(b, row, classes, collapse) for b, row in enumerate(rows)]


def _checked_row(b, row, classes, collapse):
    found, ended = [], False
    for i, label in enumerate(row):
        if i and collapse and label == row[i - 1]:
            continue
        if label < 0:
            raise ValueError(f"labels must be nonnegative; row {b} has {label}.")
        if label >= classes - 1:
            ended = True
        elif ended:
            raise ValueError(f"row {b} has a label behind one that is not below the blank, class "
                             f"{classes - 1}.")
        else:
            found.append(label)
    return found


def _check_lengths(rows, raw, lengths, steps, ignore):
    """Refuse rows without labels or with more of them than steps; which rows count."""
    for b, n in enumerate(lengths.tolist()):
        if n > steps:
            raise ValueError(f"sequence_length of row {b} is {n}; the inputs have {steps} steps.")
    counts = np.bincount(raw, minlength=len(rows))[:len(rows)]
    for b, (n, steps_of) in enumerate(zip(counts.tolist(), lengths.tolist())):
        if steps_of and not n:
            raise ValueError(f"Labels length is zero in batch {b}: each row needs a label.")
        if not ignore and n > steps_of:
            raise ValueError(f"Not enough time for the labels of row {b}: {n} labels, {steps_of} "
                             "steps. Shorten the labels, or set "
                             "ignore_longer_outputs_than_inputs.")
    return (lengths > 0) & (np.array([len(r) for r in rows]) <= lengths)


# ---- the walk ---------------------------------------------------------------------------

def _paths(rows, blank, merge):
    """(states, skips, stays, counts): classes with blanks between, and which moves they allow."""
    width = 2 * max([len(r) for r in rows], default=0) + 1
    states = np.full((len(rows), width), blank)
    for b, row in enumerate(rows):
        states[b, 1:2 * len(row):2] = row
    skips = np.zeros(states.shape, bool)                # from two states before
    skips[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2] if merge else True
    stays = np.ones(states.shape, bool)
    if not merge:
        stays[:, 1::2] = False
    return states, skips, stays, np.array([2 * len(r) + 1 for r in rows])


def _moved(mass, skips, stays, places):
    """The logarithm of what a step brings into each state, from it and the two before."""
    none = np.full((len(mass), 2), -np.inf, mass.dtype)
    wide = np.concatenate([none, mass], 1)
    found = np.where(stays, mass, -np.inf)
    found = np.logaddexp(found, wide[:, 1:-1])
    return np.where(places, np.logaddexp(found, np.where(skips, wide[:, :-2], -np.inf)), -np.inf)


def _forth(scores, states, skips, stays, counts):
    """The logarithm of the mass in each state at each step, emissions included."""
    steps, batch, width = scores.shape
    places = np.arange(width) < counts[:, None]
    mass = np.full((steps, batch, width), -np.inf, scores.dtype)
    mass[0, :, :2] = np.where(places, scores[0], -np.inf)[:, :2]
    for t in range(1, steps):
        mass[t] = _moved(mass[t - 1], skips, stays, places) + scores[t]
    return mass


def _turned(array, lengths):
    """Each row's first `lengths` steps in reverse order; (steps, batch, ...)."""
    steps = np.arange(len(array))[:, None]
    source = np.where(steps < lengths, lengths - 1 - steps, steps)
    return array[source, np.arange(array.shape[1])]


def _loss_ref(inputs, indices, values, lengths, collapse, merge, ignore):
    steps, batch, classes = inputs.shape
    rows = _label_rows(indices, values, batch, classes, collapse)
    counted = _check_lengths(rows, indices[:, 0], lengths, steps, ignore)
    losses, slopes = np.zeros(batch, inputs.dtype), np.zeros_like(inputs)
    if not counted.any():
        return losses, slopes
    logs = log_softmax_rows(inputs)
    states, skips, stays, counts = _paths(rows, classes - 1, merge)
    batch_at = np.arange(batch)
    scores = logs[:, batch_at[:, None], states]         # (steps, batch, states)
    with np.errstate(invalid="ignore"):
        ahead = _forth(scores, states, skips, stays, counts)
        # from the end: the same walk through reversed states and steps
        shifted = _from_end(counts, states.shape[1])
        back_states = states[batch_at[:, None], shifted]
        back = _forth(_turned(scores, lengths)[:, batch_at[:, None], shifted], back_states,
                      _back_skips(skips, shifted), stays, counts)
        back = _turned(back[:, batch_at[:, None], shifted], lengths)
        both = ahead + back - scores
        last = ahead[lengths - 1, batch_at]
        ends = np.where((np.arange(states.shape[1]) >= counts[:, None] - 2)
                        & (np.arange(states.shape[1]) < counts[:, None]), last, -np.inf)
        total = np.logaddexp.reduce(ends, 1)
        losses[counted] = -total[counted]
        _slopes(slopes, logs, both, total, states, counted & np.isfinite(total), lengths)
    return losses, slopes


def _from_end(counts, width):
    """The places of each row's states from its last to its first; those behind stay."""
    places = np.arange(width)
    return np.where(places < counts[:, None], counts[:, None] - 1 - places, places)


def _back_skips(skips, shifted):
    """Which states may be skipped to on the way back: a skip to u forth is one to u - 2 back."""
    ahead = np.zeros_like(skips)
    ahead[:, :-2] = skips[:, 2:]
    return ahead[np.arange(len(skips))[:, None], shifted]


def _slopes(slopes, logs, both, total, states, counted, lengths):
    """Softmax minus each class's share of all paths, at the steps of each row that counts."""
    steps = np.arange(len(logs))[:, None]
    valid = (steps < lengths) & counted
    share = np.exp(np.where(valid[:, :, None], both - np.where(counted, total, 0)[:, None],
                            -np.inf))
    taken = np.zeros_like(slopes)
    np.add.at(taken, (steps[:, :, None], np.arange(len(states))[:, None], states), share)
    slopes += np.where(valid[:, :, None], np.exp(logs) - taken, 0)


def _loss_shapes(in_shapes, _):
    inputs, indices, values, lengths = in_shapes
    if inputs is not None and len(inputs) != 3:
        raise ShapeError(f"the inputs of ctc_loss have three dimensions; got shape {inputs}.")
    if lengths is not None and len(lengths) != 1:
        raise ShapeError(f"sequence_length must be a vector; got shape {lengths}.")
    if inputs is not None and not shapes.compatible(inputs[1:2], lengths):
        raise ShapeError(f"sequence_length must have one number a row: {lengths[0]} for a batch "
                         f"of {inputs[1]}.")
    return [None if inputs is None else inputs[1:2], inputs]


@op(_loss_shapes, casts=(0,), whole=(1, 2, 3), ref=_loss_ref, outputs=2, name="CTCLoss")
def _ctc_loss(inputs, indices, values, lengths, collapse=False, merge=True, ignore=False):
    pass


@RegisterGradient("ctc_loss")
def ctc_loss_gradient(op, d_loss, _):
    return reshape(d_loss, [1, -1, 1]) * op.outputs[1], None, None, None


@door
def ctc_loss(labels, inputs=None, sequence_length=None, preprocess_collapse_repeated=False,
             ctc_merge_repeated=True, ignore_longer_outputs_than_inputs=False, time_major=True,
             logits=None):
    """Connectionist temporal classification loss, one value a row.

    Parameters
    ----------
    labels : SparseTensor of int32, (batch, labels)
    inputs, logits : tensor (time, batch, classes)
        Not normalised; the last class is the blank.
    sequence_length : integer vector (batch,)
        Valid steps of each row.
    preprocess_collapse_repeated : bool
        Whether repeated labels count once.
    ctc_merge_repeated : bool
        Whether a label that is put out repeatedly counts once (the usual way).
    ignore_longer_outputs_than_inputs : bool
        Whether rows with more labels than steps have no loss; else they are an error.
    time_major : bool
        Whether inputs are (time, batch, classes), or (batch, time, classes).

    Notes
    -----
    Gradient: the softmax minus each class's share of all paths; it cannot be differentiated again.

    Raises
    ------
    InvalidArgumentError
        In the run: a row without labels, a label that is no class, too many labels or steps.

    Examples
    --------
    >>> labels = SparseTensor([[0, 0]], constant([0], int32), [1, 1])
    >>> loss = nn.ctc_loss(labels, np.zeros((2, 1, 2)), [2])
    >>> Session().run(loss).round(4)                    # -log(3/4): 3 of 4 paths are the label
    array([0.2877])
    """
    if isinstance(labels, SparseTensorValue):
        labels = SparseTensor(*labels)
    if not isinstance(labels, SparseTensor):
        raise TypeError("Expected labels (first argument) to be a SparseTensor; got a "
                        f"{type(labels).__name__}.")
    inputs = as_tensor(logits if inputs is None else inputs, None, labels.graph)
    if labels.values._dtype is not None and labels.values._dtype.kind not in "iu":
        raise DTypeError(f"ctc_loss: labels are integers; got dtype {labels.dtype.name}.")
    if not time_major:
        inputs = transpose(inputs, [1, 0, 2])
    with inputs.graph.as_default(), inputs.graph.name_scope("CTCLoss"):
        return _ctc_loss(inputs, labels.indices, labels.values,
                         cast(as_tensor(sequence_length, None, inputs.graph), INT32),
                         collapse=preprocess_collapse_repeated, merge=ctc_merge_repeated,
                         ignore=ignore_longer_outputs_than_inputs)[0]


__all__ = ["ctc_loss"]
