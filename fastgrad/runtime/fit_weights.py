"""Weights of rows and of classes in `Session.fit`: which node has them, and what it is fed."""

import typing

import numpy as np

from fastgrad.compiler.order import behind
from fastgrad.errors import FeedError, FeedTypeError
from fastgrad.graph.nodes import is_node
from fastgrad.runtime.fetches import feed_key
from fastgrad.wording import where

COLLECTION = "sample_weight"        # of a graph: the node that losses.sample_weight made


class Weights(typing.NamedTuple):
    """What the node of the rows' weights is fed.

    Attributes
    ----------
    node : Tensor
    of_rows : ndarray of (rows,), or None: sample weights, which validation has too
    training : ndarray of (rows,): sample weights times the weight of each row's class
    """

    node: object
    of_rows: object
    training: object


def weights_of(session, train_op, rows, sample_weight, class_weight):
    """The Weights of a training on `rows`, or None if it has none."""
    if sample_weight is None and class_weight is None:
        return None
    node = _node(session, train_op)
    if node in rows.sources:
        raise FeedError(f"fit: data feeds {where(node)} already; give the weights there or by "
                        "sample_weight and class_weight, not both.")
    of_rows = None if sample_weight is None else _of_rows(sample_weight, rows.count)
    training = np.ones(rows.count) if of_rows is None else of_rows
    if class_weight is not None:
        training = training * _of_classes(session, rows, class_weight)
    dtype = node._dtype
    return Weights(node, None if of_rows is None else of_rows.astype(dtype),
                   training.astype(dtype))


def _node(session, train_op):
    """The graph's node of weights, on which the training must depend."""
    found = session.graph.get_collection(COLLECTION)
    if not found or found[0].op not in behind([session._node(train_op)]):
        raise FeedError("fit: sample_weight and class_weight need a loss with weights, and this "
                        "training has none. Give the loss weights=losses.sample_weight(), for "
                        "example losses.sparse_softmax_cross_entropy(labels, logits, "
                        "weights=losses.sample_weight()).")
    return found[0]


def _of_rows(weights, count):
    array = np.asarray(weights)
    if array.dtype.kind not in "fiub":
        raise FeedTypeError(f"fit: sample_weight takes numbers; got {weights!r:.60}.")
    if array.shape != (count,):
        raise FeedError(f"fit: sample_weight must have a number for each of the {count} rows; "
                        f"got an array of shape {array.shape}.")
    if not np.isfinite(array).all():
        raise FeedError("fit: sample_weight has a number that is not finite in row "
                        f"{int(np.argmin(np.isfinite(array)))}.")
    return array.astype(np.float64)


def _of_classes(session, rows, class_weight):
    """The weight of each row's class."""
    labels, table = _labels(session, rows, class_weight)
    if table is None or isinstance(table, str) and table != "balanced" or not (
            isinstance(table, str) or hasattr(table, "items")):
        raise FeedTypeError("fit: class_weight must be 'balanced' or a dict from classes to "
                            f"numbers; got {table!r:.60}.")
    classes, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if isinstance(table, str):
        return (len(labels) / (len(classes) * counts))[codes]
    by_class = np.array([float(table.get(c, 1.0)) for c in classes.tolist()])
    if not np.isfinite(by_class).all():
        raise FeedError("fit: class_weight has a number that is not finite: "
                        f"{dict(zip(classes.tolist(), by_class.tolist()))}.")
    return by_class[codes]


def _labels(session, rows, class_weight):
    """(each row's class, the table of weights); the labels are named or the only whole numbers."""
    if hasattr(class_weight, "items") and len(class_weight) == 1 and is_node(*class_weight):
        (key, table), = class_weight.items()
        tensor = feed_key(key, session.graph)
        if tensor not in rows.sources:
            raise FeedError(f"fit: class_weight names {where(tensor)}, which data does not feed.")
        return _classes_in(tensor, rows.sources[tensor][0]), table
    found = [(t, a) for t, (a, has_rows) in rows.sources.items()
             if has_rows and a.dtype.kind in "iub" and a.size == rows.count]
    if len(found) != 1:
        raise FeedError("fit: class_weight needs to know which array has the classes, and "
                        f"{len(found) or 'none'} of data's arrays are whole numbers, one a row. "
                        "Name it: class_weight={labels: 'balanced'}.")
    return _classes_in(*found[0]), class_weight


def _classes_in(tensor, array):
    """Class numbers, of labels that are numbers or vectors with a 1."""
    array = array.reshape(len(array), -1) if array.ndim else array
    if array.ndim != 2:
        raise FeedError(f"fit: class_weight names {where(tensor)}, which has no rows.")
    return array[:, 0] if array.shape[1] == 1 else array.argmax(1)
