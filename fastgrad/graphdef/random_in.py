"""Builders of random operations: the numbers have the file's distributions, and are others."""

from fastgrad.graph.dtypes import INT64
from fastgrad.graphdef.registry import RegisterImport

KINDS = {"RandomUniform": "standard_uniform", "RandomStandardNormal": "standard_normal",
         "TruncatedNormal": "truncated_normal"}


def seeds(node):
    """The file's seeds; None if they are both 0, which means none."""
    pair = node.attr("seed", 0), node.attr("seed2", 0)
    return pair if any(pair) else None


def _drawn(op_type):
    def build(node):
        return node.op(op_type, node.inputs[0], dtype=node.dtype("dtype"), seeds=seeds(node))
    return build


for _type, _op in KINDS.items():
    RegisterImport.add(_type, _drawn(_op))


@RegisterImport("RandomUniformInt")
def random_uniform_int(node):
    return node.op("random_integers", *node.inputs, dtype=node.inputs[1]._dtype,
                   seeds=seeds(node))


@RegisterImport("RandomGamma")
def random_gamma(node):
    return node.op("standard_gamma", *node.inputs, dtype=node.inputs[1]._dtype, seeds=seeds(node))


@RegisterImport("RandomShuffle")
def random_shuffle(node):
    return node.op("random_shuffle", node.inputs[0], seeds=seeds(node))


@RegisterImport("Multinomial")
def multinomial(node):
    return node.op("multinomial", *node.inputs, dtype=node.dtype("output_dtype", INT64),
                   seeds=seeds(node))
