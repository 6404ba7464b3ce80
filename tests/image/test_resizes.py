"""Resizes, crops, flips, colours: facts that hold of any image, and what is refused."""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf

WAYS = [fg.image.resize_bilinear, fg.image.resize_nearest_neighbor, fg.image.resize_bicubic,
        fg.image.resize_area]


@pytest.fixture(autouse=True)
def fresh():
    fg.reset_default_graph()
    tf.reset_default_graph()


def run(node, feed=None):
    return fg.Session().run(node, feed)


def random(*shape, seed=0):
    return np.random.default_rng(seed).random(shape)


# ---- sizes ------------------------------------------------------------------------------

@pytest.mark.parametrize("resize", WAYS)
def test_the_same_size_changes_nothing_and_constants_stay(resize):
    x = random(2, 5, 7, 3)
    np.testing.assert_allclose(run(resize(x, [5, 7])), x, rtol=1e-6)
    for size in ([3, 9], [1, 1], [11, 2]):
        np.testing.assert_allclose(run(resize(np.full((1, 4, 6, 2), 0.7), size)), 0.7, rtol=1e-6)


@pytest.mark.parametrize("resize", WAYS)
def test_float64_stays_in_graphs_of_ours_and_not_in_tensorflows(resize):
    x = random(1, 3, 4, 1)
    assert run(resize(x, [5, 5])).dtype == np.float64
    with tf.Graph().as_default(), tf.Session() as session:
        kind = session.run(getattr(tf.image, resize.__name__)(x, [5, 5])).dtype
    assert kind == (np.float64 if "nearest" in resize.__name__ else np.float32)


def test_a_slope_stays_one():
    x = np.arange(5.0).reshape(1, 1, 5, 1)
    found = run(fg.image.resize_bilinear(x, [1, 9], align_corners=True))
    np.testing.assert_allclose(found[0, 0, :, 0], np.arange(9) / 2, rtol=1e-6)
    area = run(fg.image.resize_area(np.arange(8.0).reshape(1, 2, 4, 1), [1, 2]))
    np.testing.assert_allclose(area[0, 0, :, 0], [2.5, 4.5])


def test_a_nan_stays_where_it_is():
    x = np.ones((1, 6, 6, 1))
    x[0, 1, 1] = np.nan
    for resize in WAYS:
        found = run(resize(x, [12, 12]))
        assert np.isnan(found).any() and not np.isnan(found[0, 8:]).any()


def test_sizes_that_only_a_run_knows():
    x, size = fg.placeholder(np.float32, [None, None, None, 1]), fg.placeholder(np.int32, [2])
    y = fg.image.resize_images(x, size)
    g, = fg.gradients(y, x)
    for shape, to in (((2, 3, 4, 1), (6, 5)), ((1, 5, 2, 1), (2, 2))):
        value, slope = run([y, g], {x: np.ones(shape, np.float32), size: to})
        assert value.shape == (shape[0], *to, 1) and slope.shape == shape
        np.testing.assert_allclose(slope.sum(), value.size, rtol=1e-5)


def test_with_pad_and_crop_or_pad():
    x = np.ones((1, 4, 8, 1), np.float32)
    found = run(fg.image.resize_image_with_pad(x, 6, 6))[0, :, :, 0]
    assert found.shape == (6, 6) and found[0].sum() == 0 and (found[2] == 1).all()
    found = run(fg.image.resize_image_with_crop_or_pad(x, 6, 4))[0, :, :, 0]
    assert found.shape == (6, 4) and (found[1:5] == 1).all() and not found[0].any()


@pytest.mark.parametrize("make, error", [
    (lambda: fg.image.resize_images(np.ones((3, 3)), [2, 2]), ValueError),
    (lambda: fg.image.resize_images(np.ones((3, 3, 1)), [2, 2, 2]), ValueError),
    (lambda: fg.image.resize_bilinear(np.ones((1, 3, 3, 1)), [0, 2]), ValueError),
    (lambda: fg.image.resize_bilinear(np.ones((1, 0, 3, 1)), [2, 2]), ValueError),
    (lambda: fg.image.resize_bilinear(np.ones((1, 3, 3, 1), bool), [2, 2]), TypeError),
    (lambda: fg.image.resize_images(np.ones((3, 3, 1)), [2, 2], 9), ValueError),
    (lambda: fg.image.crop_to_bounding_box(np.ones((3, 3, 1)), 2, 2, 2, 1), ValueError),
    (lambda: fg.image.pad_to_bounding_box(np.ones((3, 3, 1)), 0, 0, 2, 3), ValueError),
    (lambda: fg.image.central_crop(np.ones((3, 3, 1)), 0.0), ValueError),
    (lambda: fg.image.flip_left_right(np.ones((3, 3))), ValueError),
    (lambda: fg.image.flip_left_right(np.ones((0, 3, 1))), ValueError),
    (lambda: fg.image.rgb_to_hsv(np.ones((3, 3, 4))), ValueError),
    (lambda: fg.image.grayscale_to_rgb(np.ones((3, 3, 3))), ValueError),
    (lambda: fg.image.adjust_gamma(np.ones((3, 3, 1)), -1.0), ValueError),
    (lambda: fg.image.random_contrast(np.ones((3, 3, 1)), 0.5, 0.2), ValueError),
    (lambda: fg.image.random_hue(np.ones((3, 3, 3)), 0.7), ValueError),
    (lambda: fg.image.ssim(np.ones((5, 5, 1)), np.ones((5, 5, 1)), 1.0), ValueError),
    (lambda: fg.image.psnr(np.ones((5, 5, 1)), np.ones((4, 5, 1)), 1.0), ValueError),
    (lambda: fg.space_to_depth(np.ones((1, 3, 4, 1)), 2), ValueError),
    (lambda: fg.space_to_depth(np.ones((1, 3, 4, 1)), 1), ValueError),
    (lambda: fg.batch_to_space(np.ones((3, 2, 2, 1)), [[0, 0], [0, 0]], 2), ValueError),
    (lambda: fg.random_crop(np.ones((3, 3)), [4, 2]), ValueError)])
def test_refusals(make, error):
    """While the graph is built, or by TensorFlow's class in the run."""
    with pytest.raises((error, tf.errors.InvalidArgumentError)):
        run(make())


# ---- turns and colours ------------------------------------------------------------------

def test_turns_are_numpys():
    x = random(2, 3, 4, 2)
    for k in range(-1, 6):
        expected = np.rot90(x, k, (1, 2))
        assert np.array_equal(run(fg.image.rot90(x, k)), expected)
        assert np.array_equal(run(fg.image.rot90(x, fg.constant(k))), expected)
    assert np.array_equal(run(fg.image.flip_up_down(x)), x[:, ::-1])
    assert np.array_equal(run(fg.image.transpose_image(x[0])), x[0].transpose(1, 0, 2))


def test_flips_of_a_batch_are_drawn_one_by_one():
    x = random(64, 2, 3, 1)
    found = run(fg.image.random_flip_left_right(x, seed=1))
    turned = [np.array_equal(f, v[:, ::-1]) for f, v in zip(found, x)]
    kept = [np.array_equal(f, v) for f, v in zip(found, x)]
    assert all(a or b for a, b in zip(turned, kept)) and 10 < sum(turned) < 54


def test_colours_and_back():
    x = random(3, 4, 5, 3)
    for there, back in (("rgb_to_hsv", "hsv_to_rgb"), ("rgb_to_yiq", "yiq_to_rgb"),
                        ("rgb_to_yuv", "yuv_to_rgb")):
        again = run(getattr(fg.image, back)(getattr(fg.image, there)(x)))
        np.testing.assert_allclose(again, x, atol=1e-4)       # of TensorFlow's matrices
    np.testing.assert_allclose(run(fg.image.adjust_hue(fg.image.adjust_hue(x, 0.3), -0.3)), x,
                               rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(run(fg.image.adjust_saturation(x, 1.0)), x, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(run(fg.image.adjust_contrast(x, 1.0)), x, rtol=1e-6)


def test_whole_numbers_are_cut_at_their_limits():
    x = np.array([[[0, 100, 255]]], np.uint8)
    assert run(fg.image.adjust_brightness(x, 0.5)).tolist() == [[[127, 227, 255]]]
    assert run(fg.image.adjust_brightness(x, -0.5)).tolist() == [[[0, 0, 127]]]
    assert run(fg.image.convert_image_dtype(np.array([0.0, 0.5, 1.0]), np.uint8)).tolist() == \
        [0, 127, 255]


def test_standardised_images():
    found = run(fg.image.per_image_standardization(random(3, 8, 9, 2)))
    np.testing.assert_allclose(found.mean((1, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(found.std((1, 2, 3)), 1, rtol=1e-9)
    x = fg.constant(np.ones((4, 4, 1)))
    value, slope = run([fg.image.per_image_standardization(x),
                        *fg.gradients(fg.image.per_image_standardization(x)[0, 0, 0], x)])
    assert not value.any() and np.isfinite(slope).all()


# ---- measures ---------------------------------------------------------------------------

def test_likeness():
    x, y = random(2, 16, 17, 2), random(2, 16, 17, 2, seed=1)
    np.testing.assert_allclose(run(fg.image.ssim(x, x, 1.0)), 1, rtol=1e-6)
    same, other = run([fg.image.ssim(x, y, 1.0), fg.image.ssim(y, x, 1.0)])
    np.testing.assert_allclose(same, other, rtol=1e-9)
    np.testing.assert_allclose(run(fg.image.psnr(x, y, 1.0)),
                               -10 * np.log10(((x - y) ** 2).mean((1, 2, 3))), rtol=1e-6)
    assert np.isinf(run(fg.image.psnr(x, x, 1.0))).all()
    big = random(1, 180, 176, 1)
    near = np.clip(big + 0.05 * random(1, 180, 176, 1, seed=2), 0, 1)
    value, = run(fg.image.ssim_multiscale(big, near, 1.0))
    assert 0.9 < value < 1
    with tf.Graph().as_default(), tf.Session() as session:
        sized = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
        found = session.run(tf.image.ssim(*sized, 1.0), {sized[0]: x, sized[1]: x})
        np.testing.assert_allclose(found, 1, rtol=1e-5)


def test_roughness_and_edges():
    x = random(2, 5, 6, 3)
    expected = np.abs(np.diff(x, axis=1)).sum((1, 2, 3)) + np.abs(np.diff(x, axis=2)).sum((1, 2, 3))
    np.testing.assert_allclose(run(fg.image.total_variation(x)), expected)
    down, along = run(list(fg.image.image_gradients(x)))
    assert np.array_equal(down[:, :-1], np.diff(x, axis=1)) and not down[:, -1].any()
    assert not along[:, :, -1].any()
    slope = np.tile(np.arange(7.0), (1, 5, 1))[..., None]
    edges = run(fg.image.sobel_edges(slope))
    np.testing.assert_allclose(edges[0, 1:-1, 1:-1, 0, 1], 8)
    np.testing.assert_allclose(edges[0, :, :, 0, 0], 0, atol=1e-12)
