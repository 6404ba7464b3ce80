"""The rows that `Session.fit` trains on and those that it validates on.

A share of the data for validation is drawn once, by `seed`, and nothing is copied: both parts read
the same arrays through lists of row numbers. A single number that is fed to a node with a value of
its own (`placeholder_with_default`: a keep probability, a switch) belongs to training; validation
has the node's own value, unless its own data feeds the node.
"""

import numbers

import numpy as np

from fastgrad.errors import FeedError, FeedTypeError
from fastgrad.runtime.fit_weights import weights_of
from fastgrad.wording import where


class Rows:
    """Arrays by tensor, and which of their rows count.

    Attributes
    ----------
    sources : dict of Tensor to (array, whether it has rows)
    count : int
    chosen : ndarray of int64 of `count` row numbers; None for all rows
    """

    def __init__(self, session, data, what="data"):
        self.sources, self.count, self.chosen = {}, None, None
        if not hasattr(data, "items") or not data:
            raise FeedTypeError(f"fit takes {what} as a dict from placeholders to arrays.")
        first = None
        for tensor, array in session._feeds(data, whole=False).items():
            has_rows = array.ndim > 0 and tensor._shape != ()
            self.sources[tensor] = (array, has_rows)
            if has_rows and first is None:
                self.count, first = len(array), tensor
            elif has_rows and len(array) != self.count:
                raise FeedError(f"fit: {where(tensor)} has {len(array)} rows, but {where(first)} "
                                f"has {self.count}; give arrays of one length.")
        if first is None:
            raise FeedError(f"fit: no array of {what} has rows; feed at least one batch "
                            "dimension.")
        if self.count == 0:
            raise FeedError(f"fit: {where(first)} has no rows.")

    def part(self, chosen):
        """Some of the rows, by number."""
        made = object.__new__(Rows)
        made.sources, made.chosen = dict(self.sources), chosen
        made.count = len(chosen)
        return made

    def split(self, share, seed):
        """(rows to train on, rows to validate on), drawn by `seed`; both keep their order."""
        held_out = round(self.count * share)
        if not 0 < held_out < self.count:
            raise ValueError(f"fit: validation={share} of {self.count} rows leaves {held_out} "
                             f"to validate on and {self.count - held_out} to train on; both "
                             "need one at least.")
        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
        order = generator.permutation(self.count).astype(np.int64)
        return self.part(np.sort(order[held_out:])), self.part(np.sort(order[:held_out]))

    def keep_own_values(self):
        """Leave out single numbers that are fed to nodes with a value of their own."""
        self.sources = {t: (a, has_rows) for t, (a, has_rows) in self.sources.items()
                        if has_rows or t.op.op_type == "placeholder"}

    def single_numbers(self):
        """Those that a run cannot do without: fed to nodes without a value of their own."""
        return {t: (a, has_rows) for t, (a, has_rows) in self.sources.items()
                if not has_rows and t.op.op_type == "placeholder"}


def rows_of(session, train_op, data, validation, seed, sample_weight, class_weight):
    """(Rows to train on, Rows to validate on or None) of the arguments of `fit`."""
    rows, unseen = Rows(session, data), None
    weights = weights_of(session, train_op, rows, sample_weight, class_weight)
    if is_share(validation):
        if weights is not None and weights.of_rows is not None:
            rows.sources[weights.node] = (weights.of_rows, True)
        rows, unseen = rows.split(float(validation), seed)
        unseen.keep_own_values()
    elif validation is not None:
        unseen = Rows(session, validation, "validation")
        unseen.sources = rows.single_numbers() | unseen.sources
    if weights is not None:
        rows.sources[weights.node] = (weights.training, True)
    return rows, unseen


def is_share(validation):
    """Whether `validation` is a share of the data; ValueError if it is none that makes sense."""
    if not isinstance(validation, numbers.Real):
        return False
    if isinstance(validation, bool) or not 0 < validation < 1:
        raise ValueError("fit: validation must be a share between 0 and 1, or a dict from "
                         f"placeholders to arrays; got {validation!r}.")
    return True
