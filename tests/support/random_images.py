"""Lines of random graphs over images, for `random_lines`: what it says of its lines holds here.

Any tensor becomes a small image: its first 32 elements, or zeros where it has fewer.
"""

IMAGE = "fg.reshape(fg.concat([fg.reshape({f}, [-1]), np.zeros(32)], 0)[:32], [1, 4, 4, 2])"
VOLUME = IMAGE.replace("[1, 4, 4, 2]", "[1, 2, 2, 4, 2]")
ONES = "[1, 1, 1, 1], 'SAME'"

LINES = [line.strip().replace("IMG", IMAGE).replace("VOL", VOLUME).replace("ONES0", ONES[:12]).replace("ONES", ONES)
         for text in """
fg.nn.bias_add(IMG, IMG[0, 0, 0])
fg.nn.relu(fg.nn.bias_add(fg.nn.conv2d(IMG, IMG[0, :2, :2, :, None], ONES), IMG[0, 0, 0, :1]))
fg.nn.fused_batch_norm(IMG, IMG[0, 0, 0], IMG[0, 1, 1])[0]
fg.nn.fused_batch_norm(IMG, *fg.unstack(fg.stop_gradient(fg.square(IMG[0, 0]) + 0.5)), is_training=False)[0]
fg.stop_gradient(fg.nn.lrn(IMG, 1))|fg.space_to_depth(IMG, 2)
fg.depth_to_space(fg.concat([IMG, IMG], 3), 2)
fg.space_to_batch(IMG, [[0, 1], [1, 0]], 1)|fg.space_to_batch_nd(IMG, [2, 2], [[0, 0], [1, 1]])
fg.batch_to_space(fg.concat([IMG] * 4, 0), [[0, 1], [1, 0]], 2)
fg.extract_image_patches(IMG, [1, 2, 3, 1], [1, 2, 1, 1], [1, 1, 1, 1], 'SAME')
fg.stop_gradient(fg.image.resize_bilinear(IMG, [3, 5]))
fg.stop_gradient(fg.image.resize_nearest_neighbor(IMG, [8, 3]))
fg.stop_gradient(fg.image.resize_bicubic(IMG, [5, 6], align_corners=True))
fg.stop_gradient(fg.image.resize_area(IMG, [2, 3]))
fg.nn.conv2d(IMG, IMG[0, :3, :2, :, None], ONES)
fg.nn.conv3d(VOL, VOL[0, :, :, :2, :, None], [1, 1, 1, 1, 1], 'SAME')
fg.nn.depthwise_conv2d(IMG, IMG[0, :3, :3, :, None], ONES)|fg.nn.max_pool(IMG, 2, 2, 'SAME')
fg.nn.avg_pool(IMG, 3, 1, 'SAME')|fg.nn.max_pool3d(VOL, [1, 2, 2, 2, 1], [1, 1, 2, 2, 1], 'SAME')
fg.nn.avg_pool3d(VOL, [1, 2, 2, 2, 1], [1, 1, 2, 2, 1], 'SAME')
fg.stop_gradient(fg.nn.max_pool_with_argmax(IMG, [1, 2, 2, 1], [1, 2, 2, 1], 'SAME')[0])
fg.stop_gradient(fg.nn.dilation2d(IMG, IMG[0, :2, :2], ONES0, ONES))
""".strip().splitlines() for line in text.split("|")]

# op type -> why no line has it
LEFT_OUT = {}
for _reason, _types in {
    "jumps where two colours are equal, or at the border of a pixel": """
        crop_and_resize crops_to_boxes crops_to_image draw_bounding_boxes hsv_to_rgb rgb_to_hsv""",
    "of a size that depends on values, by the same twin on both sides": """
        combined_suppression non_max_suppression overlaps_suppression scored_suppression""",
    "without a derivative, as in TensorFlow, so that graphs of two of them fail": """
        bicubic_grad bilinear_grad dilation2d_backprop_filter dilation2d_backprop_input lrn_grad
        max_pool_grad_with_argmax nearest_neighbor_grad""",
    "made by a layer, with its variables: tests/ops/test_batch_norm.py": "switched_batch_norm",
    "of files": """
        decode_and_crop_jpeg decode_bmp decode_gif decode_image decode_jpeg decode_png encode_jpeg
        encode_jpeg_quality encode_png extract_jpeg_shape is_jpeg""",
    "draws": "sample_distorted_bounding_box",
    "evaluated by a session between plans, to fail": "refused",
}.items():
    LEFT_OUT.update((_t, _reason) for _t in _types.split())
