"""Builders of strings, assertions, prints and summaries."""

from fastgrad import summary
from fastgrad.flow.asserts import _assertion
from fastgrad.flow.py_func import Print
from fastgrad.graph.interned import decoded
from fastgrad.graphdef.registry import RegisterImport, known_value
from fastgrad.ops.state import group


@RegisterImport("StringJoin")
def string_join(node):
    return node.op("string_join", *node.inputs,
                   separator=node.attr("separator", "").encode())


@RegisterImport("AsString")
def as_string(node):
    return node.op("as_string", node.inputs[0])


@RegisterImport("Assert", effect=True)
def check(node):
    made = _assertion(node.inputs, "", node.name + "/", node.graph)
    return made if made.name == node.name else group(name=node.name + "/")


@RegisterImport("Print", effect=True)
def print_node(node):
    return Print(node.inputs[0], node.inputs[1:], message=node.attr("message", ""),
                 first_n=node.attr("first_n", -1), summarize=node.attr("summarize", 3),
                 name=node.name + "/")


def _tag(node):
    return decoded(known_value(node.inputs[0], "its tag"))[()].decode()


@RegisterImport("ScalarSummary", "HistogramSummary", "ImageSummary")
def one_summary(node):
    kind = node.type.removesuffix("Summary").lower()
    more = [node.attr("max_images", 3)] if kind == "image" else []
    return summary._node(node.graph, [node.inputs[1]], [(kind, _tag(node), *more)],
                         node.name + "/")


@RegisterImport("MergeSummary")
def merged_summaries(node):
    return summary.merge(node.inputs, name=node.name + "/")
