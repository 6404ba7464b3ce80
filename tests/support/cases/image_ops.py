"""Rows for the operations on images that are no convolutions: of fastgrad/nn, ops and image."""

from cases.case import Case, Variant, at

NORMAL = [(2, 3, 4, 3), (1, 1, 1, 2), (3, 5, 7, 17), (4, 8, 8, 16), (2, 0, 3, 2)]
RADII = [((1, 2, 3, 7), {}), ((2, 3, 1, 5), {"depth_radius": 1, "bias": 2.0, "alpha": 0.1,
                                             "beta": 0.75}),
         ((1, 2, 2, 3), {"depth_radius": 0, "alpha": 0.5, "beta": 1.0}), ((0, 2, 2, 3), {})]
BLOCKS = [at([(1, 4, 6, 2)]), at([(2, 3, 6, 1)], block_size=3), at([(0, 2, 2, 3)])]
DEEP = [at([(1, 2, 3, 8)]), at([(2, 1, 2, 9)], block_size=3), at([(0, 1, 1, 4)])]
BATCHED = [at([(2, 4, 2, 1)], {1: [2, 2], 2: [[0, 0], [1, 1]]}),
           at([(1, 4, 4, 2)], {1: [2, 3], 2: [[0, 0], [1, 1]]}),
           at([(2, 5, 2)], {1: [2], 2: [[1, 0]]}), at([(3, 4, 6, 2)], {1: [1, 1], 2: [[0, 0]] * 2})]
SPACED = [at([(4, 2, 2, 2)], {1: [2, 2], 2: [[0, 1], [1, 0]]}),
          at([(6, 2, 2, 1)], {1: [3, 2], 2: [[1, 0], [0, 1]]}), at([(4, 3, 2)], {1: [2], 2: [[0, 0]]})]
WINDOWS = [((1, 5, 5, 2), {"ksizes": (3, 3), "strides": (2, 2)}),
           ((2, 4, 5, 1), {"ksizes": (2, 3), "strides": (1, 2), "rates": (2, 1),
                           "padding": "SAME"}),
           ((1, 9, 9, 1), {"ksizes": (9, 9), "padding": "SAME"}),
           ((0, 4, 4, 2), {"ksizes": (2, 2)})]
RESIZED = [((1, 3, 4, 2), [5, 7], {}), ((2, 6, 7, 1), [3, 4], {"align_corners": True}),
           ((1, 4, 3, 1), [2, 6], {}), ((1, 3, 3, 2), [1, 1], {"align_corners": True}),
           ((2, 5, 4, 1), [10, 8], {}), ((0, 3, 3, 1), [2, 2], {})]
HALVES = [(x, size, {**more, "half_pixel": True}) for x, size, more in RESIZED[:3:2]]
CROPS = [((3, 5, 6, 2), [3, 4], {}), ((3, 4, 4, 1), [1, 2], {"extrapolation_value": 9.0}),
         ((3, 4, 5, 1), [2, 2], {})]


def _to(rows, **more):
    return [at([x], {1: size}, **attrs, **more) for x, size, attrs in rows]


def _back(rows):
    """Variants of the gradient: dy, then the images whose shape counts."""
    return [Variant(((x[0], *size, x[3]), x), attrs) for x, size, attrs in rows]


def _wide(op_rows, **fields):
    return Case(_to(op_rows, wide=True), ("real",), ulps=16, **fields)


CASES = {
    # ---- nn ----
    "bias_add": Case([at([(3, 4), (4,)]), at([(2, 3, 4, 5), (5,)]), at([(2, 3, 4), (3,)], first=True),
                      at([(2, 3, 4, 2), (3,)], first=True), at([(0, 3), (3,)]), at([(33, 65), (65,)])],
                     ("real", "real")),
    "fused_batch_norm": Case([at([x, x[3:], x[3:]]) for x in NORMAL], ("real",) * 3, ulps=64,
                             ints=False, order=0),
    "fused_batch_norm_grad": Case([at([x, x, *[x[3:]] * 3, ()]) for x in NORMAL],
                                  ("real", "real", "real", "real", "positive", "unit"), ulps=128,
                                  ints=False, order=0),
    "switched_batch_norm": Case([at([x, *[x[3:]] * 4, ()]) for x in NORMAL],
                                ("real", "real", "real", "real", "positive", "bool"), ulps=64,
                                ints=False, order=0),
    "fused_inference": Case([at([x, *[x[3:]] * 3]) for x in NORMAL], ("real",) * 4, ulps=16,
                            ints=False, skip=(1,)),
    "lrn": Case([at([x], **attrs) for x, attrs in RADII], ("real",), ulps=32, ints=False, order=1),
    "lrn_grad": Case([at([x, x], **attrs) for x, attrs in RADII], ("real", "real"), ulps=64,
                     ints=False, order=0),
    # ---- ops ----
    "space_to_depth": Case(BLOCKS, ("real",)),
    "depth_to_space": Case(DEEP, ("real",)),
    "space_to_batch_nd": Case(BATCHED, ("real",)),
    "batch_to_space_nd": Case(SPACED, ("real",)),
    "extract_image_patches": Case([at([x], **attrs) for x, attrs in WINDOWS], ("real",)),
    # ---- image ----
    "resize_bilinear": _wide(RESIZED + HALVES, order=1),
    "resize_bicubic": _wide(RESIZED + HALVES, order=1),
    "resize_area": _wide(RESIZED, order=0),
    "resize_nearest_neighbor": Case(_to(RESIZED + HALVES), ("real",), order=1),
    "bilinear_grad": Case(_back(RESIZED + HALVES), ("real", "real"), ints=False, order=0),
    "bicubic_grad": Case(_back(RESIZED + HALVES), ("real", "real"), ints=False, order=0),
    "nearest_neighbor_grad": Case(_back(RESIZED + HALVES), ("real", "real"), ints=False, order=0),
    "rgb_to_hsv": Case([at([(2, 3, 3)]), at([(7, 3)]), at([(0, 3)])], ("unit",), ints=False,
                       order=0),
    "hsv_to_rgb": Case([at([(2, 3, 3)]), at([(7, 3)])], ("unit",), ints=False, order=0),
    "crop_and_resize": Case([at([x, (5, 4), (5,)], {3: size}, wide=True, **attrs)
                             for x, size, attrs in CROPS], ("real", "unit", "index"),
                            ints=False, order=1, skip=(2,)),
    "crops_to_image": Case([at([(5, *size, x[3]), x, (5, 4), (5,)], {4: size})
                            for x, size, _ in CROPS], ("real", "real", "unit", "index"),
                           ints=False, order=0),
    "crops_to_boxes": Case([at([(5, *size, x[3]), x, (5, 4), (5,)], {4: size})
                            for x, size, _ in CROPS], ("real", "real", "unit", "index"),
                           ints=False, order=0),
    "draw_bounding_boxes": Case([at([(2, 5, 6, 4), (2, 3, 4), (2, 4)]),
                                 at([(1, 7, 4, 1), (1, 2, 4), (0, 4)])], ("unit",) * 3,
                                ints=False, order=0),
}
