"""TensorFlow's `tf.image` names: images resized, cut, turned, coloured, measured, read, written."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.image.adjust import (adjust_brightness, adjust_contrast, adjust_gamma, adjust_hue,
                                   adjust_saturation, per_image_standardization,
                                   random_brightness, random_contrast, random_hue,
                                   random_saturation)
from fastgrad.image.boxes import crop_and_resize, draw_bounding_boxes
from fastgrad.image.colors import (grayscale_to_rgb, hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv,
                                   rgb_to_yiq, rgb_to_yuv, yiq_to_rgb, yuv_to_rgb)
from fastgrad.image.crops import (central_crop, crop_to_bounding_box, pad_to_bounding_box,
                                  random_crop, resize_image_with_crop_or_pad,
                                  resize_with_crop_or_pad)
from fastgrad.image.dtypes import convert_image_dtype
from fastgrad.image.files import (adjust_jpeg_quality, decode_and_crop_jpeg, decode_bmp,
                                  decode_gif, decode_image, decode_jpeg, decode_png, encode_jpeg,
                                  encode_png, extract_jpeg_shape, is_jpeg, random_jpeg_quality)
from fastgrad.image.flips import (flip_left_right, flip_up_down, random_flip_left_right,
                                  random_flip_up_down, rot90, transpose, transpose_image)
from fastgrad.image.measures import image_gradients, psnr, sobel_edges, total_variation
from fastgrad.image.random_boxes import sample_distorted_bounding_box
from fastgrad.image.resize import (ResizeMethod, resize, resize_area, resize_bicubic,
                                   resize_bilinear, resize_image_with_pad, resize_images,
                                   resize_nearest_neighbor)
from fastgrad.image.similarity import ssim, ssim_multiscale
from fastgrad.image.suppression import (combined_non_max_suppression, non_max_suppression,
                                        non_max_suppression_overlaps, non_max_suppression_padded,
                                        non_max_suppression_with_scores)
from fastgrad.ops.patches import extract_image_patches, extract_patches

__all__ = sorted(name for name, thing in globals().items()
                 if callable(thing) and not name.startswith("_"))
__getattr__ = _elsewhere.missing("fastgrad.image")
