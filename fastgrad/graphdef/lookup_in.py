"""Builders of lookup tables and of parsed examples."""

from fastgrad.flow.control import add_session_op
from fastgrad.flow.tables import (lookup_find, lookup_from_file, lookup_import, lookup_insert,
                                  lookup_size, lookup_table)
from fastgrad.graph.dtypes import INT64
from fastgrad.graph.interned import decoded
from fastgrad.graphdef.registry import RegisterImport, UnsupportedNodeError, known_value


def _add(node, opdef, inputs, specs, **attrs):
    return add_session_op(opdef, inputs, attrs, specs, node.name + "/", node.graph)


@RegisterImport("HashTableV2", "HashTable", "MutableHashTableV2", "MutableHashTable")
def hash_table(node):
    return _add(node, lookup_table, [], [((), INT64)], key_dtype=node.dtype("key_dtype"),
                value_dtype=node.dtype("value_dtype"))


def _of(node):
    """The table's operation behind the first input."""
    op = node.inputs[0].op
    while op.op_type in ("identity", "identity_n") and op._inputs:
        op = op._inputs[0].op
    if op.op_type != "lookup_table":
        raise UnsupportedNodeError("its first input is no table that is there.")
    return op


@RegisterImport("LookupTableFindV2", "LookupTableFind")
def find(node):
    dtype = _of(node).attrs["value_dtype"]
    return _add(node, lookup_find, node.inputs, [(node.inputs[1]._shape, dtype)])


@RegisterImport("LookupTableSizeV2", "LookupTableSize")
def size(node):
    return _add(node, lookup_size, node.inputs, [((), INT64)])


@RegisterImport("LookupTableImportV2", "LookupTableImport", "InitializeTableV2",
                "InitializeTable", effect=True)
def fill(node):
    return _add(node, lookup_import, node.inputs, [])


@RegisterImport("LookupTableInsertV2", "LookupTableInsert", effect=True)
def insert(node):
    return _add(node, lookup_insert, node.inputs, [])


@RegisterImport("InitializeTableFromTextFileV2", "InitializeTableFromTextFile", effect=True)
def fill_from_file(node):
    table = _of(node).attrs
    return _add(node, lookup_from_file, node.inputs, [], key_index=node.attr("key_index", -2),
                value_index=node.attr("value_index", -1), vocab_size=node.attr("vocab_size", -1),
                delimiter=node.attr("delimiter", "\t").encode(), **table)


# ---- examples ---------------------------------------------------------------------------

def _keys(node, first, count):
    return tuple(decoded(known_value(t, "its keys"))[()].decode()
                 for t in node.inputs[first:first + count])


@RegisterImport("ParseExample")
def parse_example(node):
    sparse, dense = node.attr("Nsparse", 0), node.attr("Ndense", 0)
    return node.op(
        "parse_example", node.inputs[0], *node.inputs[2 + sparse + dense:], single=False,
        sparse_keys=_keys(node, 2, sparse), dense_keys=_keys(node, 2 + sparse, dense),
        sparse_types=tuple(node.attr("sparse_types", [])),
        dense_types=tuple(node.attr("Tdense", [])),
        dense_shapes=tuple(map(tuple, node.attr("dense_shapes", []))))


@RegisterImport("ParseSingleExample")
def parse_single_example(node):
    sparse, dense = (tuple(node.attr(k, [])) for k in ("sparse_keys", "dense_keys"))
    return node.op(
        "parse_example", node.inputs[0], *node.inputs[1:], single=True, sparse_keys=sparse,
        dense_keys=dense, sparse_types=tuple(node.attr("sparse_types", [])),
        dense_types=tuple(node.attr("Tdense", [])),
        dense_shapes=tuple(map(tuple, node.attr("dense_shapes", []))))


@RegisterImport("StringToHashBucketFast")
def string_to_hash_bucket(node):
    return node.op("string_to_hash_bucket_fast", node.inputs[0],
                   num_buckets=node.attr("num_buckets", 1))

