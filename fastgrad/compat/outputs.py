"""Where `tf.contrib.layers` leave what they make: collections, and the aliases of results.

An alias is the name scope of the layer that made a tensor; `convert_collection_to_dict` names the
end points of a network by them.
"""

import collections
import weakref

from fastgrad.graph.collection import GraphKeys, get_collection
from fastgrad.graph.nodes import as_tensor

_aliases = weakref.WeakKeyDictionary()          # graph -> {(operation, output): aliases}


def _key(tensor):
    return tensor.op.id, tensor.index


def collected_variables(variables, collections, name):
    """Add variables to a list of collections, or to those a dict has for the name."""
    keys = collections.get(name, []) if isinstance(collections, dict) else collections or []
    for v in variables:
        v.graph.add_to_collections([GraphKeys.MODEL_VARIABLES, *keys], v)


def output(tensor, collections, activation=None, alias=None):
    """A layer's result, activated, in its collections and under its alias."""
    if activation is not None:
        tensor = activation(tensor)
    if collections:
        collect_named_outputs(collections, (alias or tensor.op.name).rstrip("/"), tensor)
    return tensor


def append_tensor_alias(tensor, alias):
    """One more alias of a tensor; returns it."""
    known = as_tensor(tensor)
    _aliases.setdefault(known.graph, {}).setdefault(_key(known), []).append(alias)
    return tensor


def collect_named_outputs(collections, alias, outputs):
    """Add a tensor to collections under an alias; returns it."""
    if collections:
        append_tensor_alias(outputs, alias)
        as_tensor(outputs).graph.add_to_collections(collections, outputs)
    return outputs


def get_tensor_aliases(tensor):
    """The aliases of a tensor, or its name if it has none."""
    known = as_tensor(tensor)
    found = _aliases.get(known.graph, {}).get(_key(known))
    return found or [known.name.removesuffix(":0")]


def gather_tensors_aliases(tensors):
    """The aliases of several tensors, in one list."""
    return [alias for t in tensors for alias in get_tensor_aliases(t)]


def convert_collection_to_dict(collection, clear_collection=False):
    """{alias: tensor} of a collection, in its order."""
    found = collections.OrderedDict((alias, t) for t in get_collection(collection)
                                    for alias in get_tensor_aliases(t))
    if clear_collection:
        for t in list(found.values())[:1]:
            t.graph.clear_collection(collection)
    return found


__all__ = ["append_tensor_alias", "collect_named_outputs", "convert_collection_to_dict",
           "gather_tensors_aliases", "get_tensor_aliases"]
