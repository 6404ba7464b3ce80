"""Builders of the domain ai.onnx.ml: what models of scikit-learn are made of."""

import numpy as np

from fastgrad.linalg.matmul import matmul
from fastgrad.nn.activations import sigmoid
from fastgrad.nn.softmax import softmax
from fastgrad.onnx.tables import builds
from fastgrad.ops.argmax import argmax
from fastgrad.ops.cast import cast
from fastgrad.ops.comparison import greater
from fastgrad.ops.gather import gather
from fastgrad.ops.join import concat
from fastgrad.ops.reduce import reduce_max, reduce_sum
from fastgrad.ops.reshape import reshape
from fastgrad.ops.state import constant
from fastgrad.ops.unary import abs as absolute
from fastgrad.ops.unary import sqrt

ML = "ai.onnx.ml"


def _floats(node, name):
    return constant(np.asarray(node.attr(name, []), np.float32))


@builds("Scaler", domain=ML)
def scaler(node):
    x = cast(node.inputs[0], np.float32)
    return (x - _floats(node, "offset")) * _floats(node, "scale")


@builds("Normalizer", domain=ML)
def normalizer(node):
    x = cast(node.inputs[0], np.float32)
    size = {"MAX": lambda: reduce_max(absolute(x), -1, True),
            "L1": lambda: reduce_sum(absolute(x), -1, True),
            "L2": lambda: sqrt(reduce_sum(x * x, -1, True))}[node.attr("norm", "MAX")]()
    return x / size


def _scores(node, count):
    weights = np.asarray(node.attr("coefficients"), np.float32).reshape(count, -1).T
    y = matmul(cast(node.inputs[0], np.float32), constant(weights))
    offsets = node.attr("intercepts", None)
    return y if offsets is None or not len(offsets) else y + _floats(node, "intercepts")


def _after(node, y):
    how = node.attr("post_transform", "NONE")
    if how == "NONE":
        return y
    if how not in ("LOGISTIC", "SOFTMAX"):
        raise node.wrong(f"its post_transform is {how}")
    return sigmoid(y) if how == "LOGISTIC" else softmax(y)


@builds("LinearRegressor", domain=ML)
def linear_regressor(node):
    return _after(node, _scores(node, node.attr("targets", 1)))


@builds("LinearClassifier", domain=ML)
def linear_classifier(node):
    labels = node.attr("classlabels_ints", None)
    if labels is None:
        raise node.wrong("its labels are strings")
    count = len(node.attr("intercepts", []) or labels)
    y = _scores(node, count)
    if count == 1 and len(labels) == 2:
        places = cast(greater(y[:, 0], constant(np.float32(0))), np.int64)
        p = _after(node, y)
        both = concat([constant(np.float32(1)) - p, p], 1) if node.attr(
            "post_transform", "NONE") == "LOGISTIC" else concat([-y, y], 1)
    else:
        places, both = argmax(y, 1), _after(node, y)
    return [gather(constant(np.asarray(labels, np.int64)), places), both]


@builds("ArrayFeatureExtractor", domain=ML)
def array_feature_extractor(node):
    x, places = node.inputs
    known = np.ravel(node.value(1)) if places.op.op_type == "constant" else None
    index = places if known is None else constant(known.astype(np.int64))
    return gather(x, reshape(index, [-1]), axis=-1 if x._shape is None else len(x._shape) - 1)


@builds("Binarizer", domain=ML)
def binarizer(node):
    x = node.inputs[0]
    limit = constant(np.asarray(node.attr("threshold", 0.0), x._dtype))
    return cast(greater(x, limit), x._dtype)
