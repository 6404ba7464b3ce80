"""Writers of convolutions and pools: ONNX's images have their channels first."""

from fastgrad.graph.dtypes import strong
from fastgrad.onnx.package import UnsupportedOnnxError
from fastgrad.onnx.tables import writes
from fastgrad.wording import where


def _first(w, ref, rank):
    return w.node("Transpose", [ref], perm=[0, rank - 1, *range(1, rank - 1)])


def _last(w, ref, rank):
    return w.node("Transpose", [ref], perm=[0, *range(2, rank), 1])


def _window(op):
    """(strides, dilations, padding, whether channels are last) over the spatial dimensions."""
    last = op.attrs["data_format"][-1] == "C"
    cut = slice(1, -1) if last else slice(2, None)
    padding = op.attrs["padding"]
    if not isinstance(padding, str):
        pairs = list(padding)[cut]
        given = {"pads": [p[0] for p in pairs] + [p[1] for p in pairs]}
    else:
        given = {"auto_pad": "SAME_UPPER" if padding == "SAME" else "VALID"}
    return (list(op.attrs["strides"][cut]), list(op.attrs["dilations"][cut]), given, last)


@writes("conv2d", "conv3d", "depthwise_conv2d")
def convolution(w, op):
    x, filter_ = w.inputs(op)
    strides, dilations, given, last = _window(op)
    rank = len(strides) + 2
    x = _first(w, x, rank) if last else x
    known = op._inputs[1]._shape
    groups = 1
    if op.op_type == "depthwise_conv2d":
        if known is None or None in known:
            raise UnsupportedOnnxError(f"{where(op)}: the filter's shape is not known.", op)
        groups = known[2]
        filter_ = w.node("Reshape", [filter_, w.ints([*known[:2], 1, known[2] * known[3]])])
    filter_ = w.node("Transpose", [filter_], perm=[rank - 1, rank - 2, *range(rank - 2)])
    y = w.node("Conv", [x, filter_], strides=strides, dilations=dilations, group=groups, **given)
    return _last(w, y, rank) if last else y


@writes("max_pool", "avg_pool", "max_pool3d", "avg_pool3d")
def pool(w, op):
    x, = w.inputs(op)
    strides, dilations, given, last = _window(op)
    rank, sizes = len(strides) + 2, op.attrs["ksize"]
    sizes = list(sizes[1:-1] if last else sizes[2:])
    if any(d > 1 for d in dilations) and op.op_type.startswith("avg"):
        raise UnsupportedOnnxError(f"{where(op)}: means have no dilations.", op)
    x = _first(w, x, rank) if last else x
    if op.op_type.startswith("max"):
        y = w.node("MaxPool", [x], kernel_shape=sizes, strides=strides, dilations=dilations,
                   **given)
    else:
        y = w.node("AveragePool", [x], kernel_shape=sizes, strides=strides, count_include_pad=0,
                   **given)
    return _last(w, y, rank) if last else y


@writes("resize_bilinear", "resize_nearest_neighbor")
def resize(w, op):
    x, size = w.inputs(op)
    corners, half = op.attrs["align_corners"], op.attrs["half_pixel"]
    linear = op.op_type == "resize_bilinear"
    how = "align_corners" if corners else "half_pixel" if half else "asymmetric"
    x = _first(w, x, 4)
    sizes = w.node("Concat", [
        w.node("Slice", [w.node("Shape", [x]), w.ints([0]), w.ints([2])]), w.cast(size, "int64")],
        axis=0)
    more = {} if linear else {"nearest_mode": "round_prefer_ceil" if corners else "floor"}
    y = w.node("Resize", [x, "", "", sizes], mode="linear" if linear else "nearest",
               coordinate_transformation_mode=how, **more)
    y = _last(w, y, 4)
    return y if strong(op.outputs[0]._dtype) == strong(op._inputs[0]._dtype) else w.cast(
        y, strong(op.outputs[0]._dtype))


@writes("space_to_depth")
def space_to_depth(w, op):
    y = w.node("SpaceToDepth", [_first(w, w.inputs(op)[0], 4)],
               blocksize=int(op.attrs["block_size"]))
    return _last(w, y, 4)


@writes("depth_to_space")
def depth_to_space(w, op):
    y = w.node("DepthToSpace", [_first(w, w.inputs(op)[0], 4)],
               blocksize=int(op.attrs["block_size"]), mode="DCR")
    return _last(w, y, 4)


@writes("lrn")
def lrn(w, op):
    radius = int(op.attrs["depth_radius"])
    y = w.node("LRN", [_first(w, w.inputs(op)[0], 4)], size=2 * radius + 1,
               alpha=float(op.attrs["alpha"]) * (2 * radius + 1), beta=float(op.attrs["beta"]),
               bias=float(op.attrs["bias"]))
    return _last(w, y, 4)
