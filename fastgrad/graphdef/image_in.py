"""Builders of convolutions, pools, batch normalisation, and what moves and measures images."""

import numpy as np

from fastgrad.graphdef.registry import RegisterImport, UnsupportedNodeError
from fastgrad.ops.arithmetic import zeros_like
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.state import constant
from fastgrad.ops.unary import rsqrt

CONVOLUTIONS = {
    "Conv2D": ("conv2d", 2), "Conv2DBackpropInput": ("conv2d_backprop_input", 2),
    "Conv2DBackpropFilter": ("conv2d_backprop_filter", 2),
    "DepthwiseConv2dNative": ("depthwise_conv2d", 2),
    "DepthwiseConv2dNativeBackpropInput": ("depthwise_conv2d_backprop_input", 2),
    "DepthwiseConv2dNativeBackpropFilter": ("depthwise_conv2d_backprop_filter", 2),
    "Conv3D": ("conv3d", 3), "Conv3DBackpropInputV2": ("conv3d_backprop_input", 3),
    "Conv3DBackpropFilterV2": ("conv3d_backprop_filter", 3)}
POOLS = {
    "MaxPool": ("max_pool", 2), "MaxPoolGrad": ("max_pool_grad", 2),
    "MaxPoolGradGrad": ("max_pool_grad_grad", 2), "AvgPool": ("avg_pool", 2),
    "AvgPoolGrad": ("avg_pool_grad", 2), "MaxPool3D": ("max_pool3d", 3),
    "MaxPool3DGrad": ("max_pool3d_grad", 3), "AvgPool3D": ("avg_pool3d", 3),
    "AvgPool3DGrad": ("avg_pool3d_grad", 3)}


def _shared(node, count):
    """The attributes that convolutions and pools have in common."""
    padding = node.attr("padding")
    if padding == "EXPLICIT":
        numbers = node.attr("explicit_paddings", [])
        padding = tuple(zip(numbers[::2], numbers[1::2]))
    elif padding not in ("SAME", "VALID"):
        raise UnsupportedNodeError(f"its padding is {padding!r}.")
    return {"strides": tuple(node.attr("strides", ())), "padding": padding,
            "data_format": node.attr("data_format", "NHWC" if count == 2 else "NDHWC")}


def _convolution(op_type, count):
    def build(node):
        dilations = tuple(node.attr("dilations") or (1,) * (count + 2))
        return node.op(op_type, *node.inputs, dilations=dilations, **_shared(node, count))
    return build


def _pool(op_type, count):
    def build(node):
        return node.op(op_type, *node.inputs, ksize=tuple(node.attr("ksize", ())),
                       **_shared(node, count))
    return build


for _rows, _maker in ((CONVOLUTIONS, _convolution), (POOLS, _pool)):
    for _type, _row in _rows.items():
        RegisterImport.add(_type, _maker(*_row))


@RegisterImport("Conv3DBackpropInput", "Conv3DBackpropFilter")
def old_gradients_of_solids(node):
    raise UnsupportedNodeError("it is an old form that takes images where sizes are now.")


# ---- batch normalisation ----------------------------------------------------------------

ROWS = (0, 1, 2)


def _last(node):
    if node.attr("data_format", "NHWC") != "NHWC":
        raise UnsupportedNodeError("its data_format is not NHWC.")


def _inverse(variance, epsilon):
    return rsqrt(variance + constant(np.float32(epsilon)))


@RegisterImport("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
def fused_batch_norm(node):
    """What comes behind the result, mean and variance is for the gradient, and is the mean and, in
    training, 1 / deviation."""
    _last(node)
    x, scale, offset, mean, variance = node.inputs
    epsilon = node.attr("epsilon", 1e-4)
    if node.attr("is_training", True):
        y, mean, variance, inverse = node.part("fused_batch_norm", x, scale, offset,
                                               epsilon=epsilon)
        found = [y, mean, variance, mean, inverse]
    else:
        y = node.part("fused_inference", x, mean, _inverse(variance, epsilon) * scale, offset)
        found = [y, mean, variance, mean, variance]
    return [*found, zeros_like(mean)] if node.type.endswith("V3") else found


@RegisterImport("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3")
def fused_batch_norm_grad(node):
    _last(node)
    dy, x, scale, mean, second = node.inputs[:5]
    if node.attr("is_training", True):
        found = node.part("fused_batch_norm_grad", dy, x, scale, mean, second)
    else:
        inverse = _inverse(second, node.attr("epsilon", 1e-4))
        found = [dy * (scale * inverse), reduce_sum(dy * (x - mean), ROWS) * inverse,
                 reduce_sum(dy, ROWS)]
    return [*found, zeros_like(mean), zeros_like(mean)]


@RegisterImport("BatchNormWithGlobalNormalization")
def batch_norm(node):
    """The form of before FusedBatchNorm."""
    x, mean, variance, beta, gamma = node.inputs
    slope = _inverse(variance, node.attr("variance_epsilon", 1e-3))
    slope = slope * gamma if node.attr("scale_after_normalization", True) else slope
    return node.op("fused_inference", x, mean, slope, beta)


@RegisterImport("LRN")
def lrn(node):
    return node.op("lrn", node.inputs[0], **_window(node))


@RegisterImport("LRNGrad")
def lrn_grad(node):
    dy, x, _ = node.inputs
    return node.op("lrn_grad", dy, x, **_window(node))


def _window(node):
    return {"depth_radius": node.attr("depth_radius", 5), "bias": node.attr("bias", 1.0),
            "alpha": node.attr("alpha", 1.0), "beta": node.attr("beta", 0.5)}


# ---- sizes ------------------------------------------------------------------------------

def _resize(op_type):
    def build(node):
        return node.op(op_type, *node.inputs, align_corners=bool(node.attr("align_corners", False)),
                       half_pixel=bool(node.attr("half_pixel_centers", False)))
    return build


def _resize_grad(op_type):
    """The second input is the image in some gradients, and its size in others."""
    def build(node):
        dy, second = node.inputs
        if len(second._shape or ()) != 4:
            raise UnsupportedNodeError("it takes a size in place of the image.")
        return node.op(op_type, dy, second,
                       align_corners=bool(node.attr("align_corners", False)),
                       half_pixel=bool(node.attr("half_pixel_centers", False)))
    return build


for _name in ("bilinear", "nearest_neighbor", "bicubic"):
    _camel = "".join(w.capitalize() for w in _name.split("_"))
    RegisterImport.add(f"Resize{_camel}", _resize(f"resize_{_name}"))
    RegisterImport.add(f"Resize{_camel}Grad", _resize_grad(f"{_name}_grad"))


@RegisterImport("ResizeArea")
def resize_area(node):
    return node.op("resize_area", *node.inputs,
                   align_corners=bool(node.attr("align_corners", False)))


@RegisterImport("CropAndResize")
def crop_and_resize(node):
    return node.op("crop_and_resize", *node.inputs, method=node.attr("method", "bilinear"),
                   extrapolation_value=node.attr("extrapolation_value", 0.0))


@RegisterImport("SpaceToDepth", "DepthToSpace")
def blocks(node):
    _last(node)
    kind = "space_to_depth" if node.type == "SpaceToDepth" else "depth_to_space"
    return node.op(kind, node.inputs[0], block_size=node.attr("block_size", 2))


@RegisterImport("SpaceToBatchND", "BatchToSpaceND")
def batches(node):
    kind = "space_to_batch_nd" if node.type == "SpaceToBatchND" else "batch_to_space_nd"
    return node.op(kind, *node.inputs)


@RegisterImport("RGBToHSV", "HSVToRGB")
def colours(node):
    return node.op("rgb_to_hsv" if node.type == "RGBToHSV" else "hsv_to_rgb", node.inputs[0])


@RegisterImport("NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3")
def non_max_suppression(node):
    boxes, scores, most, *limits = node.inputs
    if node.type == "NonMaxSuppression":
        limits = [constant(np.float32(node.attr("iou_threshold", 0.5)))]
    if len(limits) == 1:
        limits.append(constant(np.float32(-np.inf)))
    return node.op("non_max_suppression", boxes, scores, most, *limits)
