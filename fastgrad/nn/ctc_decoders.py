"""Decoders of connectionist temporal classification, and gather_tree of beam searches.

How many labels are found depends on values: the decoders are evaluated in Python, in a stage of
their own, before the rest of the run is planned.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph import shapes
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT32, INT64, strong
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.nn.ctc import log_softmax_rows
from fastgrad.ops.cast import cast
from fastgrad.ops.indexed_slices import SparseTensor
from fastgrad.ops.partition import SEVERAL


def _sparse(rows):
    """(indices, values, shape) of lists of labels."""
    places = [(b, i) for b, row in enumerate(rows) for i in range(len(row))]
    values = [label for row in rows for label in row]
    return (np.array(places, INT64).reshape(-1, 2), np.array(values, INT64),
            np.array([len(rows), max([len(r) for r in rows], default=0)], INT64))


def _merged(labels):
    """The labels with each run of one label as one."""
    return [a for i, a in enumerate(labels) if not i or a != labels[i - 1]]


def _check_lengths(inputs, lengths):
    for b, n in enumerate(lengths.tolist()):
        if n > len(inputs):
            raise ValueError(f"sequence_length of row {b} is {n}; the inputs have {len(inputs)} "
                             "steps.")


def _check_shapes(inputs, lengths):
    if inputs is not None and len(inputs) != 3:
        raise ShapeError(f"inputs have three dimensions (time, batch, classes); got shape "
                         f"{inputs}.")
    if lengths is not None and len(lengths) != 1:
        raise ShapeError(f"sequence_length must be a vector; got shape {lengths}.")
    if inputs is not None and not shapes.compatible(inputs[1:2], lengths):
        raise ShapeError(f"sequence_length must have one number a row: {lengths[0]} for a batch "
                         f"of {inputs[1]}.")


# ---- greedy -----------------------------------------------------------------------------

def _greedy_ref(inputs, lengths, merge):
    _check_lengths(inputs, lengths)
    blank, best = inputs.shape[2] - 1, inputs.argmax(2)
    valid = np.arange(len(inputs))[:, None] < lengths
    rows = []
    for column, n in zip(best.T.tolist(), lengths.tolist()):
        path = column[:max(n, 0)]
        rows.append([a for a in (_merged(path) if merge else path) if a != blank])
    score = -np.where(valid, inputs.max(2), 0).sum(0)
    return (*_sparse(rows), score[:, None].astype(inputs.dtype))


def _greedy_shapes(in_shapes, _):
    inputs, lengths = in_shapes
    _check_shapes(inputs, lengths)
    return [(None, 2), (None,), (2,), (None if inputs is None else inputs[1], 1)]


@op(_greedy_shapes, casts=(0,), whole=(1,), outputs=4, dynamic=True, ref=_greedy_ref,
    out=lambda d, a: [INT64, INT64, INT64, strong(d[0])], name="CTCGreedyDecoder")
def _ctc_greedy_decoder(inputs, lengths, merge=True):
    pass


@door
def ctc_greedy_decoder(inputs, sequence_length, merge_repeated=True):
    """The most likely class at each step, blanks left out.

    Parameters
    ----------
    inputs : tensor (time, batch, classes)
        Logits; the last class is the blank.
    sequence_length : integer vector (batch,)
    merge_repeated : bool
        Whether repeated classes without a blank between count once.

    Returns
    -------
    ([SparseTensor of int64], tensor (batch, 1))
        The labels, and the negative sum of the greatest logits.
    """
    inputs = as_tensor(inputs)
    *parts, score = _ctc_greedy_decoder(inputs, _lengths(sequence_length, inputs),
                                        merge=merge_repeated, name="CTCGreedyDecoder")
    return [SparseTensor(*parts)], score


def _lengths(sequence_length, inputs):
    return cast(as_tensor(sequence_length, None, inputs.graph), INT32)


# ---- beam search ------------------------------------------------------------------------

class _Beam:
    """Prefixes of one row, best first, with the logarithms of their masses.

    `blank` and `label` are the masses of paths that end with a blank or with the last label.
    """

    def __init__(self, width, dtype):
        self.width, self.prefixes = width, [()]
        self.blank, self.label = np.zeros(1, dtype), np.full(1, -np.inf, dtype)

    def step(self, scores):
        """Go on by one step whose classes have these logarithms; the last is the blank."""
        total, last = np.logaddexp(self.blank, self.label), self._last()
        blank = total + scores[-1]
        stay = np.where(last >= 0, scores[np.maximum(last, 0)], -np.inf)
        # what a prefix brings to its continuations: after the same label only from a blank
        grown = total[:, None] + scores[None, :-1]
        same = np.flatnonzero(last >= 0)
        grown[same, last[same]] = self.blank[same] + scores[last[same]]
        label = self.label + stay
        place = {p: i for i, p in enumerate(self.prefixes)}
        for i, prefix in enumerate(self.prefixes):          # a prefix that its parent grows into
            parent = place.get(prefix[:-1]) if prefix else None
            if parent is not None:
                label[i] = np.logaddexp(label[i], grown[parent, prefix[-1]])
                grown[parent, prefix[-1]] = -np.inf
        self._keep(blank, label, grown)

    def _last(self):
        return np.array([p[-1] if p else -1 for p in self.prefixes])

    def _keep(self, blank, label, grown):
        """The best of the old prefixes and the grown ones."""
        old = len(self.prefixes)
        scores = np.concatenate([np.logaddexp(blank, label), grown.reshape(-1)])
        order = np.argsort(-scores, kind="stable")[:self.width]
        order = order[scores[order] > -np.inf]
        new = np.divmod(np.maximum(order - old, 0), grown.shape[1])
        prefixes, is_old = self.prefixes, order < old
        self.prefixes = [prefixes[i] if kept else (*prefixes[p], int(c))
                         for i, kept, p, c in zip(order, is_old, *new)]
        at = np.minimum(order, old - 1)
        self.blank = np.where(is_old, blank[at], -np.inf)
        self.label = np.where(is_old, label[at], scores[order])


def _beam_ref(inputs, lengths, width, paths, merge):
    _check_lengths(inputs, lengths)
    if paths > width:
        raise ValueError(f"top_paths is {paths}, which is more than the beam_width {width}.")
    logs = log_softmax_rows(inputs)
    found, masses = [[] for _ in range(paths)], np.zeros((len(lengths), paths), inputs.dtype)
    for b, n in enumerate(lengths.tolist()):
        beam = _Beam(width, inputs.dtype)
        for t in range(n):
            beam.step(logs[t, b])
        if len(beam.prefixes) < paths:
            raise ValueError(f"row {b} has {len(beam.prefixes)} prefixes; expected top_paths, "
                             f"{paths}, or more.")
        masses[b] = np.logaddexp(beam.blank, beam.label)[:paths]
        for k, prefix in enumerate(beam.prefixes[:paths]):
            found[k].append(_merged(prefix) if merge else list(prefix))
    parts = [_sparse(rows) for rows in found]
    return (*(p[0] for p in parts), *(p[1] for p in parts), *(p[2] for p in parts), masses)


def _beam_shapes(in_shapes, attrs):
    inputs, lengths = in_shapes
    _check_shapes(inputs, lengths)
    paths = attrs["paths"]
    return ([(None, 2)] * paths + [(None,)] * paths + [(2,)] * paths
            + [(None if inputs is None else inputs[1], paths)])


@op(_beam_shapes, casts=(0,), whole=(1,), outputs=SEVERAL, dynamic=True, ref=_beam_ref,
    out=lambda d, a: [INT64] * (3 * a["paths"]) + [strong(d[0])], name="CTCBeamSearchDecoder")
def _ctc_beam_search_decoder(inputs, lengths, width=100, paths=1, merge=True):
    pass


@door
def ctc_beam_search_decoder(inputs, sequence_length, beam_width=100, top_paths=1,
                            merge_repeated=True):
    """The most likely labels, by a search over prefixes.

    Parameters
    ----------
    inputs : tensor (time, batch, classes)
        Logits; the last class is the blank.
    sequence_length : integer vector (batch,)
    beam_width : int
        How many prefixes are kept.
    top_paths : int
        How many results are returned.
    merge_repeated : bool
        Whether repeated labels *of the results* count once, as in TensorFlow.

    Returns
    -------
    (list of SparseTensor of int64, tensor (batch, top_paths))
        The labels, best first, and the logarithms of their probabilities.
    """
    inputs = as_tensor(inputs)
    found = _ctc_beam_search_decoder(inputs, _lengths(sequence_length, inputs), width=beam_width,
                                     paths=top_paths, merge=merge_repeated,
                                     name="CTCBeamSearchDecoder")
    return [SparseTensor(*found[k:3 * top_paths:top_paths]) for k in range(top_paths)], found[-1]


@door
def ctc_beam_search_decoder_v2(inputs, sequence_length, beam_width=100, top_paths=1):
    """ctc_beam_search_decoder that leaves repeated labels alone."""
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width, top_paths, False)


# ---- beams of sequences -----------------------------------------------------------------

def _tree_ref(step_ids, parent_ids, lengths, end):
    steps, batch, width = step_ids.shape
    if ((parent_ids < 0) | (parent_ids >= width)).any():
        raise ValueError(f"parent_ids must be beams, 0 to {width - 1}.")
    found = np.full_like(step_ids, end)
    last = np.minimum(lengths, steps) - 1
    rows, beam = np.arange(batch)[:, None], np.tile(np.arange(width), (batch, 1))
    for t in range(steps - 1, -1, -1):
        valid = (t <= last)[:, None]
        found[t] = np.where(valid, step_ids[t][rows, beam], end)
        beam = np.where(valid, parent_ids[t][rows, beam], beam)
    ended = np.logical_or.accumulate(found == end, 0)
    found[1:][ended[:-1]] = end
    return found


def _tree_shape(in_shapes, _):
    known = in_shapes[0]
    if known is not None and len(known) != 3:
        raise ShapeError(f"step_ids have three dimensions (time, batch, beam); got {known}.")
    return known


@op(_tree_shape, casts=(0, 1, 2, 3), whole=(0, 1, 2, 3), ref=_tree_ref, name="GatherTree")
def gather_tree(step_ids, parent_ids, max_sequence_lengths, end_token):
    """The ids along each beam, followed back from its end by the beams' parents.

    Gradient: none.
    """


for _type in ("ctc_greedy_decoder", "ctc_beam_search_decoder", "gather_tree"):
    NotDifferentiable(_type)


__all__ = ["ctc_greedy_decoder", "ctc_beam_search_decoder", "ctc_beam_search_decoder_v2"]
