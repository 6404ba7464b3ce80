"""What fetches and feeds mean: names become nodes, fed values become arrays that fit.

Owns the words of every error about a feed or a fetch. A nesting of fetches is flattened to a list
of nodes, with a function that refills it from their values.
"""

import copy

import numpy as np

from fastgrad import elsewhere
from fastgrad.errors import (DTypeError, FeedError, FeedTextError, FeedTypeError, FetchError,
                             FetchTypeError, TooLargeError)
from fastgrad.graph import shapes
from fastgrad.graph.dtypes import TEXT, is_weak
from fastgrad.graph.interned import decoded, encoded
from fastgrad.graph.literals import converted
from fastgrad.graph.nodes import Node, Operation, Tensor, is_custom
from fastgrad.ops.indexed_slices import (IndexedSlices, IndexedSlicesValue, SparseTensor,
                                         SparseTensorValue)
from fastgrad.wording import sentence, where


# ---- fetches ----------------------------------------------------------------------------

def flatten(fetches, graph, fed=None):
    """(nodes, rebuild, single): the tensors and operations in a nesting, and how to refill it.

    `fed` is the feed_dict.
    """
    if isinstance(fetches, (Node, str)):
        node = fetch(fetches, graph)
        if not _is_made_after(node):
            return [node], None, True
    nodes = []
    refill = _refill(fetches, nodes, graph, fed)
    plain = isinstance(fetches, list) and len(fetches) == len(nodes) and all(
        isinstance(f, (Node, str)) for f in fetches) and not any(
        isinstance(f, (Node, str)) and _is_made_after(fetch(f, graph)) for f in fetches)
    return nodes, None if plain else lambda values: refill(iter(values)), False


def _refill(fetches, nodes, graph, fed):
    """Collect the nodes of a nesting; returns a function that rebuilds it from values."""
    if isinstance(fetches, (Node, str)):
        node = fetch(fetches, graph)
        if isinstance(node, Tensor) and node._dtype == TEXT:
            if fed and node in fed:              # a fed string is fetched as it was fed
                return lambda values: np.asarray(fed[node], object)
            nodes.append(node)
            return lambda values: decoded(next(values))[()]
        if _is_made_after(node):
            op = node.op
            nodes.extend(op._inputs)
            return lambda values: op.opdef.after_run(op, [next(values) for _ in op._inputs])
        nodes.append(node)
        return next
    if isinstance(fetches, (IndexedSlices, SparseTensor)):
        parts = fetches.parts()
        part = _refill([t for t in parts if t is not None], nodes, graph, fed)
        kind = SparseTensorValue if isinstance(fetches, SparseTensor) else IndexedSlicesValue
        none = [None] * sum(t is None for t in parts)
        return lambda values: kind(*part(values), *none)
    if isinstance(fetches, dict):
        parts = [(k, _refill(v, nodes, graph, fed)) for k, v in fetches.items()]
        kind = type(fetches)
        return lambda values: kind((k, part(values)) for k, part in parts)
    if isinstance(fetches, (list, tuple)):
        parts = [_refill(v, nodes, graph, fed) for v in fetches]
        kind = type(fetches)
        if hasattr(fetches, "_fields"):
            return lambda values: kind(*[part(values) for part in parts])
        return lambda values: kind([part(values) for part in parts])
    raise FetchTypeError(f"cannot fetch {fetches!r:.60} of type {type(fetches).__name__}: expected "
                         "a node, its name, or a list, tuple or dict of them.")


def _is_made_after(node):
    """Whether a fetched value is made after the run: a summary of its inputs, a string."""
    return isinstance(node, Tensor) and (
        node._dtype == TEXT or getattr(node.op.opdef, "after_run", None) is not None)


def fetch(node, graph):
    """The Tensor or Operation that a fetched node or name means."""
    if isinstance(node, str):
        name = node
        try:
            node = graph.as_graph_element(node)
        except KeyError as e:
            raise FetchError(
                f"cannot fetch {node!r}: {e.args[0]}{_meant(node, graph)}") from None
        if _is_wanted_for_its_value(node):
            raise FetchError(f"cannot fetch {name!r}: it names the operation, and running an "
                             f"operation gives None. Did you mean '{name}:0'?")
    if node.graph is not graph:
        raise FetchError(f"cannot fetch {where(node)}: it is not an element of this session's "
                         "graph. Make the session with graph=node.graph.")
    if isinstance(node, Operation) and is_custom(node):
        return node.outputs[0]
    return node


def _is_wanted_for_its_value(node):
    """Whether a name means an operation that does nothing but make a value; TensorFlow runs it."""
    return (isinstance(node, Operation) and not is_custom(node) and node.graph.literals != "tf"
            and (node.opdef.pure or node.op_type in ("placeholder", "variable"))
            and len(node.outputs) > 0)


def _meant(name, graph, first=()):
    """` Did you mean 'x:0'?` for a name that is not there, if there is one like it."""
    plain = name.partition(":")[0]
    known = [*first, *list(graph._by_name)[:MOST_NAMES]]
    near = elsewhere.near(plain, known)
    return f" Did you mean '{near}:0'?" if near is not None else ""


MOST_NAMES = 5000           # compared with a wrong one: some milliseconds


def handed_out(value):
    """A copy of what Python made; of a number, NumPy's scalar, as from a plan."""
    if isinstance(value, np.ndarray) and not value.ndim and value.dtype != object:
        return value[()]
    return copy.copy(value)


def answered(feeds, values, rebuild, single):
    """What a run returns, as `flatten` took the fetches apart; notes what was fed."""
    for t, v in feeds.items():
        t.fed = v
    if single:
        return values[0]
    return values if rebuild is None else rebuild(values)


# ---- feeds ------------------------------------------------------------------------------

def leaves(nesting):
    """The elements of tuples in tuples and lists, in order."""
    if not isinstance(nesting, (tuple, list)):
        return [nesting]
    return [leaf for part in nesting for leaf in leaves(part)]


def spread(function, keys):
    """A function of values for `keys`, some of which are nestings: `function` takes all leaves."""
    def nested(*values):
        return function(*_along(list(keys), list(values)))
    return nested


def _along(keys, values):
    """The values of the leaves of a nesting of keys."""
    if not isinstance(keys, (tuple, list)):
        return [values]
    if not isinstance(values, (tuple, list)) or len(values) != len(keys):
        raise FeedTypeError(f"this callable takes {len(keys)} values for {keys!r:.60} of its "
                            f"feed_list; got {values!r:.60}.")
    return [leaf for key, value in zip(keys, values) for leaf in _along(key, value)]


def feed_key(key, graph):
    if isinstance(key, str):
        name = key
        try:
            key = graph.as_graph_element(key)
        except (KeyError, ValueError) as e:
            names = [t.op.name for t in graph.placeholders]
            raise FeedTypeError(
                f"cannot feed {key!r}: {e.args[0]}{_meant(key, graph, names)}") from None
        if isinstance(key, Operation) and not is_custom(key) and len(key.outputs) == 1:
            raise FeedTypeError(f"cannot feed {name!r}: it names the operation {where(key)}. Did "
                                f"you mean '{name}:0'?")
    if not isinstance(key, Node):
        raise FeedTypeError(f"the key {key!r:.60} of feed_dict is a {type(key).__name__}; "
                            "expected a node or its name.")
    if key.graph is not graph:
        raise FeedTypeError(f"cannot feed {where(key)}: it is not an element of this session's "
                            "graph.")
    if isinstance(key, Operation):
        if not is_custom(key):
            raise FeedTypeError(f"cannot feed operation {where(key)}; feed one of its outputs.")
        key = key.outputs[0]
    return key


def fed_parts(feed_dict):
    """(key, value) of a feed_dict, or of such pairs; a SparseTensor's three parts each for itself.
    """
    for key, value in feed_dict.items() if hasattr(feed_dict, "items") else feed_dict:
        if isinstance(key, tuple):                  # a nesting of nodes, and one of values like it
            if not isinstance(value, (list, tuple)) or len(value) != len(key):
                raise FeedTypeError(f"{len(key)} nodes are one key of feed_dict; expected as many "
                                    f"values in a tuple, got {value!r:.60}.")
            yield from fed_parts(list(zip(key, value)))
        elif not isinstance(key, SparseTensor):
            yield key, value
        elif isinstance(value, tuple) and len(value) == 3:
            yield from zip(key.parts(), value)
        else:
            raise FeedTypeError("the value fed for a SparseTensor must be a SparseTensorValue or "
                                "a tuple (indices, values, dense_shape); got "
                                f"{type(value).__name__}.")


def feeds_of(feed_dict, graph, whole=True):
    """Fed values by tensor; if not `whole`, arrays may have any number of rows."""
    if feed_dict is None:
        return {}
    if not hasattr(feed_dict, "items"):
        raise FeedTypeError(f"feed_dict must be a dict from nodes to values; got "
                            f"{type(feed_dict).__name__}.")
    feeds = {}
    for key, value in fed_parts(feed_dict):
        tensor = feed_key(key, graph)
        feeds[tensor] = convert(tensor, value, whole)
    return feeds


def convert(tensor, value, whole=True):
    """A fed value as a contiguous, aligned, native array that fits its node."""
    want = tensor._dtype if not is_weak(tensor._dtype) else None
    if isinstance(value, Node):
        raise FeedTypeError(f"the value fed for {where(tensor)} is itself a node, {where(value)}; "
                            "feed an array, a number or a list.")
    try:
        if want == TEXT:
            array = encoded(value)
        else:
            array = _numbers(value, want, tensor)
        array = np.require(array, requirements=("C", "A"))
    except DTypeError as e:
        kind = FeedTextError if want == TEXT else FeedTypeError
        raise kind(str(e)) from None
    except MemoryError as e:
        raise TooLargeError(f"{where(tensor)}: there is no memory for what is fed: {sentence(e)} "
                            "Feed fewer rows at a time.", tensor.op) from None
    except Exception as e:              # whatever the value's own __array__ raises
        kind = "" if want is None else f" of dtype {want.name}"
        raise FeedTypeError(f"{where(tensor)} takes numbers{kind}; cannot make an array of "
                            f"{value!r:.60}: {e}") from (
                                None if isinstance(e, (TypeError, ValueError)) else e)
    fits = shapes.compatible(tensor._shape, array.shape)
    if not whole and not fits and array.ndim:
        fits = shapes.compatible(tensor._shape, tensor._shape[:1] + array.shape[1:])
    if not fits:
        raise FeedError(f"{where(tensor)} has shape {tensor._shape}; got an array of shape "
                        f"{array.shape}.{_advice(tensor, array)}")
    return array


def _numbers(value, want, tensor):
    array = np.asarray(value)
    _check_room(array, want)
    if array.dtype.kind not in "fiubc" or (want is None and not array.dtype.isnative):
        array = _plain(array)
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise ValueError("its masked elements would be taken for numbers")
    if want is None:
        return array
    return converted(array, want, where(tensor), cuts=tensor.graph.literals == "tf")


def _check_room(array, want):
    """MemoryError for a view that repeats few numbers and, as an array of `want`, fits nowhere."""
    if array.size >> 32 and not array.flags.c_contiguous:
        np.empty(array.shape, want or array.dtype)


def _plain(array):
    if array.dtype == object and array.size and all(
            isinstance(v, (int, float, np.number, np.bool_)) for v in array.flat):
        array = np.array(array.tolist())        # as columns of mixed tables come
    if array.dtype.kind not in "fiubc":
        raise ValueError(f"its dtype is {array.dtype}")
    return array.astype(array.dtype.newbyteorder("="))


def _advice(tensor, array):
    want = tensor._shape
    if array.ndim + 1 == len(want) and shapes.compatible(want[1:], array.shape):
        return " Add a leading dimension: array[None]."
    names = ", ".join("n" if d is None else str(d) for d in want)
    return f" Feed one of shape ({names}{',' if len(want) == 1 else ''})."
