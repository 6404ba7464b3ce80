"""Builders of arithmetic, comparisons, reductions and products."""

import numpy as np

from fastgrad.graph.dtypes import strong
from fastgrad.graphdef.registry import RegisterImport, UnsupportedNodeError
from fastgrad.linalg.matmul import matmul
from fastgrad.ops.cast import cast
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.state import constant

# node type -> operation, where inputs are the same and attributes say nothing that matters
SAME = {
    "Abs": "abs", "ComplexAbs": "abs", "Acos": "acos", "Acosh": "acosh", "Add": "add",
    "AddV2": "add",
    "AddN": "add_n", "Asin": "asin", "Asinh": "asinh", "Atan": "atan", "Atan2": "atan2",
    "Atanh": "atanh", "BitwiseAnd": "bitwise_and", "BitwiseOr": "bitwise_or",
    "BitwiseXor": "bitwise_xor", "Ceil": "ceil", "Cos": "cos", "Cosh": "cosh",
    "Digamma": "digamma", "Div": "div", "DivNoNan": "div_no_nan", "Elu": "elu", "Equal": "equal",
    "Erf": "erf", "Erfc": "erfc", "Exp": "exp", "Expm1": "expm1", "Floor": "floor",
    "FloorDiv": "floordiv", "FloorMod": "floormod", "Greater": "greater",
    "GreaterEqual": "greater_equal", "Inv": "reciprocal", "Invert": "invert",
    "IsFinite": "is_finite", "IsInf": "is_inf", "IsNan": "is_nan", "LeftShift": "left_shift",
    "Less": "less", "LessEqual": "less_equal", "Lgamma": "lgamma", "Log": "log", "Log1p": "log1p",
    "LogSoftmax": "log_softmax", "LogicalAnd": "logical_and", "LogicalNot": "logical_not",
    "LogicalOr": "logical_or", "Maximum": "maximum", "Minimum": "minimum", "Mod": "truncatemod",
    "Mul": "multiply", "Neg": "negative", "NotEqual": "not_equal", "Polygamma": "polygamma",
    "Pow": "pow", "RealDiv": "divide", "Reciprocal": "reciprocal", "Relu": "relu",
    "Relu6": "relu6", "RightShift": "right_shift", "Rint": "rint", "Round": "round",
    "Rsqrt": "rsqrt", "Selu": "selu", "Sigmoid": "sigmoid", "Sign": "sign", "Sin": "sin",
    "Sinh": "sinh", "Softmax": "softmax", "Softplus": "softplus", "Softsign": "softsign",
    "Sqrt": "sqrt", "Square": "square", "SquaredDifference": "squared_difference",
    "Sub": "subtract", "Tan": "tan", "Tanh": "tanh", "TruncateDiv": "truncatediv",
    "TruncateMod": "truncatemod", "Xdivy": "xdivy", "Xlogy": "xlogy",
    "Identity": "identity", "Snapshot": "identity", "CheckpointId": "identity",
    "StopGradient": "stop_gradient",
    "PreventGradient": "identity", "ReadVariableOp": "identity", "OnesLike": "ones_like",
    "GatherNd": "gather_nd", "InvertPermutation": "invert_permutation", "Where": "where_indices",
    "SegmentSum": "segment_sum", "SegmentMax": "segment_max", "SegmentMin": "segment_min",
    "SegmentProd": "segment_prod", "UnsortedSegmentSum": "unsorted_segment_sum",
    "UnsortedSegmentMax": "unsorted_segment_max", "UnsortedSegmentMin": "unsorted_segment_min",
    "UnsortedSegmentProd": "unsorted_segment_prod", "ScatterNd": "scatter_nd",
    "TensorScatterAdd": "tensor_scatter_add", "TensorScatterSub": "tensor_scatter_sub",
    "TensorScatterUpdate": "tensor_scatter_update", "MatrixDiag": "matrix_diag",
    "BatchMatrixDiag": "matrix_diag", "MatrixDiagPart": "matrix_diag_part",
    "MatrixSetDiag": "matrix_set_diag", "MatrixBandPart": "matrix_band_part", "Diag": "diag",
    "DiagPart": "diag_part", "MatrixDeterminant": "matrix_determinant", "Cholesky": "cholesky",
    "ZerosLike": "zeros_like", "Size": "size", "Rank": "rank", "LinSpace": "linspace",
    # gradients, which a meta graph of a training holds
    "SqrtGrad": "sqrt_grad", "RsqrtGrad": "rsqrt_grad", "TanhGrad": "tanh_grad",
    "SigmoidGrad": "sigmoid_grad", "ReciprocalGrad": "reciprocal_grad",
    "InvGrad": "reciprocal_grad", "MatrixExponential": "expm",
}
# gradients that TensorFlow gives (gradient, value) and this library takes (value, gradient)
TURNED = {"ReluGrad": "relu_grad", "Relu6Grad": "relu6_grad", "EluGrad": "elu_grad",
          "SeluGrad": "selu_grad", "SoftplusGrad": "softplus_grad",
          "SoftsignGrad": "softsign_grad"}
REDUCTIONS = {"Sum": "reduce_sum", "Max": "reduce_max", "Min": "reduce_min",
              "Prod": "reduce_prod", "Mean": "reduce_mean", "All": "reduce_all",
              "Any": "reduce_any"}


def _same(op_type):
    def build(node):
        return node.op(op_type, *node.inputs)
    return build


def _turned(op_type):
    def build(node):
        return node.op(op_type, *reversed(node.inputs))
    return build


def _reduction(op_type):
    def build(node):
        x, kind = node.inputs[0], op_type
        if kind == "reduce_mean" and x._dtype is not None and strong(x._dtype).kind in "iu":
            kind = "whole_mean"
        keep = bool(node.attr("keep_dims", False))
        if node.is_known(1):
            axes = np.ravel(node.value(1)).tolist()
            return node.op(kind, x, axis=tuple(axes), keepdims=keep)
        return node.op(f"{kind}_over", x, node.inputs[1], keepdims=keep)
    return build


for _types, _maker in ((SAME, _same), (TURNED, _turned), (REDUCTIONS, _reduction)):
    for _type, _op in _types.items():
        RegisterImport.add(_type, _maker(_op))


@RegisterImport("MatMul")
def mat_mul(node):
    return node.op("matmul", *node.inputs, transpose_a=bool(node.attr("transpose_a", False)),
                   transpose_b=bool(node.attr("transpose_b", False)))


@RegisterImport("BatchMatMul", "BatchMatMulV2")
def batch_mat_mul(node):
    turned = {k: bool(node.attr(f"adj_{v}", False))
              for k, v in (("adjoint_a", "x"), ("adjoint_b", "y"))}
    return matmul(*node.inputs, **turned, name=node.name + "/")


@RegisterImport("Cast")
def cast_node(node):
    dtype = node.dtype("DstT")
    if node.type_number("DstT") == 14:
        raise UnsupportedNodeError("there is no bfloat16.")
    return node.op("cast", node.inputs[0], dtype=dtype)


@RegisterImport("ArgMax", "ArgMin")
def arg_max(node):
    axis = int(node.value(1)) if len(node.inputs) > 1 else 0
    return node.op(node.type.lower(), node.inputs[0], axis=axis,
                   dtype=node.dtype("output_type", np.int64))


@RegisterImport("Cumsum", "Cumprod")
def cumulated(node):
    return node.op(node.type.lower(), node.inputs[0], axis=int(node.value(1)),
                   exclusive=bool(node.attr("exclusive", False)),
                   reverse=bool(node.attr("reverse", False)))


@RegisterImport("LeakyRelu")
def leaky_relu(node):
    return node.op("leaky_relu", node.inputs[0], alpha=node.attr("alpha", 0.2))


@RegisterImport("LeakyReluGrad")
def leaky_relu_grad(node):
    return node.op("leaky_relu_grad", node.inputs[1], node.inputs[0],
                   alpha=node.attr("alpha", 0.2))


@RegisterImport("L2Loss")
def l2_loss(node):
    x = node.inputs[0]
    half = reduce_sum(x * x) * constant(0.5, x._dtype)
    return node.op("identity", half)


@RegisterImport("ApproximateEqual")
def approximate_equal(node):
    return node.op("approximate_equal", *node.inputs, tolerance=node.attr("tolerance", 1e-5))


@RegisterImport("Bucketize")
def bucketize(node):
    bounds = constant(np.array(node.attr("boundaries", []), np.float32))
    return node.op("searchsorted", bounds, cast(node.inputs[0], np.float32), side="right")


@RegisterImport("MatrixInverse")
def matrix_inverse(node):
    return node.op("matrix_inverse", node.inputs[0], adjoint=bool(node.attr("adjoint", False)))


@RegisterImport("MatrixSolve")
def matrix_solve(node):
    return node.op("matrix_solve", *node.inputs, adjoint=bool(node.attr("adjoint", False)))


@RegisterImport("MatrixTriangularSolve", "BatchMatrixTriangularSolve")
def matrix_triangular_solve(node):
    return node.op("matrix_triangular_solve", *node.inputs, lower=bool(node.attr("lower", True)),
                   adjoint=bool(node.attr("adjoint", False)))


@RegisterImport("LogMatrixDeterminant")
def log_matrix_determinant(node):
    return node.op("slogdet", node.inputs[0])
