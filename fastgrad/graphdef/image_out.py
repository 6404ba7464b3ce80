"""Writers of operations on images, batch normalisation, and what scatters into tensors."""

import numpy as np

from fastgrad.graph.opdef import node_type
from fastgrad.graphdef.array_out import type_of
from fastgrad.graphdef.math_out import dtype_in, dtype_out
from fastgrad.graphdef.writer import NotWritableError, writes
from fastgrad.wording import where


@writes("bias_add")
def bias_add(w, op):
    w.last("BiasAdd", w.operands(op), T=dtype_out(op),
           data_format="NCHW" if op.attrs["first"] else "NHWC")


@writes("fused_inference")
def fused_inference(w, op):
    x, mean, slope, offset = w.operands(op)
    kind = dtype_out(op)
    away = w.node("Sub", [x, mean], T=kind)
    w.last("Add", [w.node("Mul", [away, slope], T=kind), offset], T=kind)


@writes("fused_batch_norm")
def fused_batch_norm(w, op):
    x, scale, offset = w.operands(op)
    none = [w.const(np.zeros(0, np.float32), name) for name in ("mean", "variance")]
    kind = np.dtype(np.float32)
    if dtype_out(op) != kind:
        raise NotWritableError(f"{where(op)}: TensorFlow's node is of float32.")
    name = w.last("FusedBatchNormV3", [x, scale, offset, *none], T=kind, U=kind,
                  epsilon=float(op.attrs["epsilon"]), is_training=True, data_format="NHWC")
    w.refs[op.outputs[3]] = f"{name}:4"         # what its gradient takes


@writes("fused_batch_norm_grad")
def fused_batch_norm_grad(w, op):
    dy, x, scale = w.operands(op)[:3]
    forward = op._inputs[4].op
    if forward.op_type != "fused_batch_norm":
        raise NotWritableError(f"{where(op)} is no gradient of a batch normalisation in training.")
    kind = np.dtype(np.float32)
    w.last("FusedBatchNormGradV3", [dy, x, scale, *(f"{forward.name}:{i}" for i in (3, 4, 5))],
           T=kind, U=kind, epsilon=float(forward.attrs["epsilon"]), is_training=True,
           data_format="NHWC")


@writes("resize_bilinear", "resize_nearest_neighbor", "resize_bicubic")
def resize(w, op):
    w.last(node_type(op), w.operands(op), T=dtype_in(op),
           align_corners=bool(op.attrs["align_corners"]),
           half_pixel_centers=bool(op.attrs["half_pixel"]))


@writes("bilinear_grad", "bicubic_grad")
def resize_grad(w, op):
    w.last(node_type(op), w.operands(op), T=dtype_in(op, 1),
           align_corners=bool(op.attrs["align_corners"]),
           half_pixel_centers=bool(op.attrs["half_pixel"]))


@writes("resize_area")
def resize_area(w, op):
    w.last("ResizeArea", w.operands(op), T=dtype_in(op),
           align_corners=bool(op.attrs["align_corners"]))


@writes("crop_and_resize")
def crop_and_resize(w, op):
    w.last("CropAndResize", w.operands(op), T=dtype_in(op), method=op.attrs["method"],
           extrapolation_value=float(op.attrs["extrapolation_value"]))


@writes("rgb_to_hsv", "hsv_to_rgb")
def colours(w, op):
    w.last(node_type(op), w.operands(op), T=dtype_out(op))


@writes("space_to_depth", "depth_to_space")
def blocks(w, op):
    w.last(node_type(op), w.operands(op), T=type_of(op.outputs[0]._dtype),
           block_size=int(op.attrs["block_size"]), data_format="NHWC")


@writes("space_to_batch_nd")
def space_to_batch(w, op):
    w.last("SpaceToBatchND", w.operands(op), T=type_of(op.outputs[0]._dtype),
           Tblock_shape=dtype_in(op, 1), Tpaddings=dtype_in(op, 2))


@writes("batch_to_space_nd")
def batch_to_space(w, op):
    w.last("BatchToSpaceND", w.operands(op), T=type_of(op.outputs[0]._dtype),
           Tblock_shape=dtype_in(op, 1), Tcrops=dtype_in(op, 2))


@writes("lrn")
def lrn(w, op):
    w.last("LRN", w.operands(op), T=dtype_out(op), depth_radius=int(op.attrs["depth_radius"]),
           bias=float(op.attrs["bias"]), alpha=float(op.attrs["alpha"]),
           beta=float(op.attrs["beta"]))


@writes("non_max_suppression")
def non_max_suppression(w, op):
    w.last("NonMaxSuppressionV3", w.operands(op), T=dtype_in(op), T_threshold=dtype_in(op, 3))


@writes("tensor_scatter_add", "tensor_scatter_sub", "tensor_scatter_update")
def tensor_scatter(w, op):
    w.last(node_type(op), w.operands(op), T=type_of(op.outputs[0]._dtype),
           Tindices=dtype_in(op, 1))


@writes("sparse_to_dense")
def sparse_to_dense(w, op):
    w.last("SparseToDense", w.operands(op), T=type_of(op.outputs[0]._dtype),
           Tindices=dtype_in(op), validate_indices=bool(op.attrs["validate"]))


@writes("roll")
def roll(w, op):
    shift, axis = (w.const(np.ravel(op.attrs[k]), k, np.int32) for k in ("shift", "axis"))
    whole = np.dtype(np.int32)
    w.last("Roll", [*w.operands(op), shift, axis], T=type_of(op.outputs[0]._dtype), Tshift=whole,
           Taxis=whole)


@writes("print_")
def print_(w, op):
    w.last("Print", [w.ref(t) for t in op._inputs], T=type_of(op._inputs[0]._dtype),
           U=[type_of(t._dtype) for t in op._inputs[1:]], message=op.attrs["message"],
           first_n=-1 if op.attrs["first_n"] is None else op.attrs["first_n"],
           summarize=op.attrs["summarize"])
