"""Serialized examples as tensors: parse_example, parse_single_example.

What is asked for is a dict from names to `features`; what comes out is a dict of tensors and
SparseTensors. Operations run in Python, in a stage of their own.
"""

import math

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import INT64, TEXT
from fastgrad.graph.interned import decoded, encoded
from fastgrad.graph.nodes import as_tensor
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.io.example_features import example_features
from fastgrad.io.protobuf import WireError
from fastgrad.ops.features import KINDS, Asked, SparseFeature, listed
from fastgrad.ops.indexed_slices import SparseTensor


# ---- the operation ----------------------------------------------------------------------

def _out_shapes(in_shapes, attrs):
    single, batch = attrs["single"], in_shapes[0]
    rank = 0 if single else 1
    if batch is not None and len(batch) != rank:
        raise ShapeError(f"serialized examples: Shape must be rank {rank} but is rank "
                         f"{len(batch)}." + ("" if single else " Use parse_single_example for "
                                             "one."))
    batch = () if single else (None,) if batch is None else batch
    count = len(attrs["sparse_keys"])
    return ([(None, rank + 1)] * count + [(None,)] * count + [(rank + 1,)] * count
            + [batch + tuple(s) for s in attrs["dense_shapes"]])


def _out_dtypes(_, attrs):
    count = len(attrs["sparse_keys"])
    return [INT64] * count + list(attrs["sparse_types"]) + [INT64] * count + list(
        attrs["dense_types"])


def _parse_ref(serialized, *defaults, single, sparse_keys, sparse_types, dense_keys, dense_types,
               dense_shapes):
    texts = decoded(serialized).reshape(-1).tolist()
    examples = []
    for i, text in enumerate(texts):
        try:
            examples.append(example_features(text))
        except WireError as e:
            raise ValueError(f"Could not parse example input, number {i} of {len(texts)}: "
                             f"{e}.") from None
    sparse = [_sparse(examples, k, d) for k, d in zip(sparse_keys, sparse_types)]
    if single:
        sparse = [(places[:, 1:], values, size[1:]) for places, values, size in sparse]
    dense = [_dense(examples, *row) for row in zip(dense_keys, dense_types, dense_shapes, defaults)]
    return [s[part] for part in range(3) for s in sparse] + [d[0] if single else d for d in dense]


def _values(examples, i, key, dtype):
    """The values of a feature in one example, or None."""
    found = examples[i].get(key)
    if found is not None and found[0] != KINDS[dtype]:
        raise ValueError(f"Key: {key}, Index: {i}. Data types don't match. Data type: {found[0]} "
                         f"but expected type: {KINDS[dtype]}")
    return None if found is None else found[1]


def _array(values, dtype):
    return encoded(values) if dtype == TEXT else np.asarray(values, dtype)


def _sparse(examples, key, dtype):
    """(places, values, shape) of a feature of any length."""
    found = [_values(examples, i, key, dtype) for i in range(len(examples))]
    found = [() if v is None else v for v in found]
    sizes = [len(v) for v in found]
    places = np.array([(i, j) for i, n in enumerate(sizes) for j in range(n)], np.int64)
    values = [x for v in found for x in v]
    return (places.reshape(-1, 2), _array(values, dtype),
            np.array([len(examples), max(sizes, default=0)], np.int64))


def _dense(examples, key, dtype, shape, default):
    default = decoded(default) if dtype == TEXT else default
    if shape and shape[0] is None:
        return _padded(examples, key, dtype, shape[1:], default)
    count, rows = math.prod(shape), []
    for i in range(len(examples)):
        values = _values(examples, i, key, dtype)
        if values is None:
            if default.size != count:
                raise ValueError(f"Index: {i}, Feature: {key} (data type: {KINDS[dtype]}) is "
                                 "required but could not be found.")
            values = default.reshape(-1)
        elif len(values) != count:
            raise ValueError(f"Key: {key}, Index: {i}. Number of {KINDS[dtype]} values != "
                             f"expected. Values size: {len(values)} but output shape: "
                             f"{list(shape)}")
        rows.extend(values)
    return _array(rows, dtype).reshape((len(examples), *shape))


def _padded(examples, key, dtype, shape, default):
    stride, rows = math.prod(shape), []
    for i in range(len(examples)):
        values = _values(examples, i, key, dtype)
        rows.append(() if values is None else values)
        if len(rows[-1]) % stride:
            raise ValueError(f"Key: {key}, Index: {i}. Number of {KINDS[dtype]} values is not a "
                             f"multiple of stride length. Saw {len(rows[-1])} values but output "
                             f"shape is: {['?', *shape]}")
    longest = max(map(len, rows), default=0)
    fill = default.reshape(-1)[0] if default.size else b"" if dtype == TEXT else 0
    filled = np.full((len(rows), longest), fill, object if dtype == TEXT else dtype)
    for row, values in zip(filled, rows):
        row[:len(values)] = values
    return _array(filled, dtype).reshape((len(rows), longest // stride, *shape))


@op(_out_shapes, dtype=None, out=_out_dtypes, dynamic=True, ref=_parse_ref, outputs=None,
    name="ParseExample", text=True)
def _parse_example(*serialized_and_defaults, single=False, sparse_keys=(), sparse_types=(),
                   dense_keys=(), dense_types=(), dense_shapes=()):
    pass


NotDifferentiable("parse_example")


def raw_parse_example(serialized, sparse_keys, dense_keys, dense_defaults, sparse_types,
                      dense_types, dense_shapes, single=False, name=None):
    """The operation under parse_example: TensorFlow's node type ParseExample.

    Returns
    -------
    list of Tensor
        Places of all sparse features, their values, their shapes; then the dense features.
    """
    inputs = [as_tensor(serialized, TEXT), *dense_defaults]
    made = _parse_example(
        *inputs, single=single, sparse_keys=tuple(sparse_keys), sparse_types=tuple(sparse_types),
        dense_keys=tuple(dense_keys), dense_types=tuple(dense_types),
        dense_shapes=tuple(map(tuple, dense_shapes)), name=name)
    return list(made) if isinstance(made, (list, tuple)) else [made]


# ---- the doors --------------------------------------------------------------------------

def _parsed(serialized, features, single, name):
    asked = Asked(features)
    serialized = as_tensor(serialized, TEXT)
    graph = serialized.graph
    kind = "ParseSingleExample" if single else "ParseExample"
    with graph.name_scope(name or kind):
        defaults = [as_tensor(d, t, graph) for t, _, d in asked.dense.values()]
        made = raw_parse_example(
            serialized, asked.sparse, asked.dense, defaults, asked.sparse.values(),
            [t for t, _, _ in asked.dense.values()], [s for _, s, _ in asked.dense.values()],
            single, kind)
        count = len(asked.sparse)
        parts = {key: SparseTensor(made[i], made[count + i], made[2 * count + i])
                 for i, key in enumerate(asked.sparse)}
        parts.update(zip(asked.dense, made[3 * count:]))
        return {key: _of_places(parts, f, single) if isinstance(f, SparseFeature) else parts[key]
                for key, f in sorted(features.items())}


def _sparse_feature_ref(*arrays, sizes, single, ordered):
    *columns, rows, values, shape = arrays
    # row, then the place that the index features name
    places = np.stack([*rows.T[:-1], *columns], 1) if not single else np.stack(columns, 1)
    sizes = np.array(sizes, np.int64)
    named = places[:, -len(sizes):]
    if ((named < 0) | (named >= sizes)).any():
        raise ValueError(f"SparseFeature: a place lies outside size {sizes.tolist()}.")
    if not ordered:
        order = np.lexsort(places.T[::-1])
        places, values = places[order], values[order]
    return places, values, sizes if single else np.concatenate([shape[:1], sizes])


@op(lambda s, a: [(None, len(a["sizes"]) + (not a["single"])), (None,),
                  (len(a["sizes"]) + (not a["single"]),)],
    dtype=None, out=lambda d, a: [INT64, d[-2], INT64], outputs=3, dynamic=True,
    ref=_sparse_feature_ref, name="SparseFeature", text=True)
def _sparse_feature(*arrays, sizes=(), single=False, ordered=False):
    pass


NotDifferentiable("sparse_feature")


def _of_places(parts, feature, single):
    values = parts[feature.value_key]
    made = _sparse_feature(
        *[parts[k].values for k in listed(feature.index_key)], values.indices, values.values,
        values.dense_shape, sizes=tuple(listed(feature.size)), single=single,
        ordered=bool(feature.already_sorted))
    return SparseTensor(*made)


@door
def parse_example(serialized, features, name=None, example_names=None):
    """The features of serialized `train.Example` messages, as tensors.

    Parameters
    ----------
    serialized : string tensor (n,)
    features : dict from name to FixedLenFeature, VarLenFeature, FixedLenSequenceFeature or
        SparseFeature

    Returns
    -------
    dict from name to Tensor (n, ...) or SparseTensor

    Raises
    ------
    InvalidArgumentError
        In the run: an example is damaged, lacks a feature that has no default, or has another
        dtype or number of values.

    Examples
    --------
    >>> one = train.Example()
    >>> one.features.feature["x"].float_list.value.extend([1.0, 2.0])
    >>> parsed = parse_example([one.SerializeToString()], {"x": FixedLenFeature([2], float32)})
    >>> Session().run(parsed["x"])
    array([[1., 2.]], dtype=float32)
    """
    return _parsed(serialized, features, False, name)


@door
def parse_single_example(serialized, features, name=None, example_names=None):
    """The features of one serialized `train.Example`: see `parse_example`; no batch dimension."""
    return _parsed(serialized, features, True, name)


__all__ = ["parse_example", "parse_single_example"]
