"""Convolutions and pools as functions: arguments, formats, refusals, values by hand.

Values and gradients of the operations are in the rows of `cases.images`.
"""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf

random = np.random.default_rng(3)
X = random.standard_normal((2, 7, 6, 3))
W = random.standard_normal((3, 2, 3, 4))


@pytest.fixture(autouse=True)
def fresh_graph():
    fg.reset_default_graph()


def run(*nodes):
    return fg.Session().run(list(nodes))


def direct(x, w, stride=1):
    """A VALID convolution, window by window."""
    h = (x.shape[1] - w.shape[0]) // stride + 1
    v = (x.shape[2] - w.shape[1]) // stride + 1
    y = np.zeros((len(x), h, v, w.shape[-1]))
    for i in range(h):
        for j in range(v):
            window = x[:, i * stride:i * stride + w.shape[0], j * stride:j * stride + w.shape[1]]
            y[:, i, j] = np.einsum("nhwc,hwcf->nf", window, w)
    return y


def first(a):
    return np.moveaxis(a, -1, 1)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_conv2d_is_the_sum_over_windows(stride):
    y, = run(fg.nn.conv2d(X, W, stride, "VALID"))
    np.testing.assert_allclose(y, direct(X, W, stride), rtol=1e-12)


def test_dilation_is_a_filter_with_holes():
    holes = np.zeros((5, 4, 3, 4))
    holes[::2, ::3] = W
    y, z = run(fg.nn.conv2d(X, W, 1, "VALID", dilations=[1, 2, 3, 1]),
               fg.nn.convolution(X, W, "VALID", dilation_rate=[2, 3]))
    np.testing.assert_allclose(y, direct(X, holes), rtol=1e-12)
    np.testing.assert_array_equal(y, z)


def test_explicit_padding_is_a_pad():
    pads = [[0, 0], [2, 1], [0, 3], [0, 0]]
    y, = run(fg.nn.conv2d(X, W, 1, pads))
    np.testing.assert_allclose(y, direct(np.pad(X, pads), W), rtol=1e-12)


@pytest.mark.parametrize("make", [
    lambda x, w, f: fg.nn.conv2d(x, w, 2, "SAME", data_format=f),
    lambda x, w, f: fg.nn.max_pool(x, 2, 2, "SAME", data_format=f),
    lambda x, w, f: fg.nn.avg_pool(x, [3], [1, 2], "VALID", data_format=f),
    lambda x, w, f: fg.nn.convolution(x, w, "SAME", data_format=f, dilation_rate=[1, 2]),
    lambda x, w, f: fg.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME", data_format=f),
])
def test_channels_first_is_the_transpose(make):
    """fastgrad's own graphs have NCHW, with gradients."""
    x, y = fg.constant(X), fg.constant(first(X).copy())
    w = fg.constant(W)
    last_, first_ = make(x, w, "NHWC"), make(y, w, "NCHW")
    up = random.standard_normal(last_.get_shape().as_list())
    grads = [fg.gradients(fg.reduce_sum(last_ * up), x)[0],
             fg.gradients(fg.reduce_sum(first_ * first(up)), y)[0]]
    a, b, da, db = run(last_, first_, *grads)
    np.testing.assert_allclose(first(a), b, rtol=1e-12)
    np.testing.assert_allclose(first(da), db, rtol=1e-12)


def test_transposed_convolution_is_the_adjoint():
    """<conv(x), y> = <x, conv_transpose(y)>, for every size that gives the same windows."""
    for rows in (7, 8):
        x = random.standard_normal((2, rows, 6, 3))
        y = random.standard_normal((2, 4, 3, 4))
        a, b = run(fg.nn.conv2d(x, W, 2, "SAME"),
                   fg.nn.conv2d_transpose(y, W, [2, rows, 6, 3], 2, "SAME"))
        np.testing.assert_allclose((a * y).sum(), (x * b).sum(), rtol=1e-10)


def test_one_and_three_dimensions():
    y, z = run(fg.nn.conv1d(X[:, 0], W[0], 1, "VALID"),
               fg.nn.conv3d(X[:, None], W[None], [1] * 5, "VALID"))
    np.testing.assert_allclose(y, direct(X[:, :1], W[:1])[:, 0], rtol=1e-12)
    np.testing.assert_allclose(z[:, 0], direct(X, W), rtol=1e-12)


def test_conv1d_transpose_in_both_formats():
    y = random.standard_normal((2, 4, 3))
    w = random.standard_normal((3, 5, 3))
    a, b = run(fg.nn.conv1d_transpose(y, w, [2, 8, 5], 2),
               fg.nn.conv1d_transpose(y.transpose(0, 2, 1), w, [2, 5, 8], 2, data_format="NCW"))
    np.testing.assert_allclose(a, b.transpose(0, 2, 1), rtol=1e-12)


def test_separable_is_depthwise_then_pointwise():
    d = random.standard_normal((3, 3, 3, 2))
    p = random.standard_normal((1, 1, 6, 5))
    y, z = run(fg.nn.separable_conv2d(X, d, p, [1, 1, 1, 1], "SAME"),
               fg.nn.conv2d(fg.nn.depthwise_conv2d(X, d, [1, 1, 1, 1], "SAME"), p, 1, "SAME"))
    np.testing.assert_array_equal(y, z)


def test_rate_and_strides_move_within_every_second_pixel():
    d = random.standard_normal((2, 3, 3, 2))
    x = random.standard_normal((2, 12, 14, 3))
    y, = run(fg.nn.depthwise_conv2d(x, d, [1, 2, 2, 1], "VALID", rate=2))
    for i in range(2):
        for j in range(2):
            part, = run(fg.nn.depthwise_conv2d(x[:, i::2, j::2], d, [1, 2, 2, 1], "VALID"))
            found = y[:, i::2, j::2]
            np.testing.assert_allclose(found, part[:, :found.shape[1], :found.shape[2]])


def test_pool_v2_takes_any_rank():
    for x in (X[:, 0], X, X[:, None]):
        y, = run(fg.nn.max_pool_v2(x, 1, 1, "VALID"))
        np.testing.assert_array_equal(y, x)


@pytest.mark.parametrize("bad, kind, words", [
    (lambda: fg.nn.conv2d(X, W[:, :, :2], 1, "SAME"), ValueError, "3 channels.*takes 2"),
    (lambda: fg.nn.conv2d(X, W, 0, "SAME"), ValueError, "Stride must be > 0, but got 0"),
    (lambda: fg.nn.conv2d(X, W, 1, "same"), ValueError, "in capitals"),
    (lambda: fg.nn.conv2d(X, W, 1), TypeError, "'SAME' or 'VALID'"),
    (lambda: fg.nn.conv2d(X, W, 1.5, "SAME"), TypeError, "whole numbers"),
    (lambda: fg.nn.conv2d(X, W, [2, 1, 1, 1], "SAME"), ValueError, "batch and channel"),
    (lambda: fg.nn.conv2d(X, W, [1] * 5, "SAME"), ValueError, "length 1, 2 or 4 but was 5"),
    (lambda: fg.nn.conv2d(X[:, :2], W, 1, "VALID"), ValueError, "subtracting 3 from 2"),
    (lambda: fg.nn.conv2d(X, W, 1, "SAME", dilations=0), ValueError, "Dilation rate"),
    (lambda: fg.nn.conv2d(X, W, 1, [[0, 0], [1, 1]]), ValueError, "must be of size 4"),
    (lambda: fg.nn.conv2d(X, W, 1, "SAME", data_format="NWHC"), ValueError, "'NHWC', 'NCHW'"),
    (lambda: fg.nn.conv2d_transpose(X[..., :2], W, [2, 9, 6, 3], 1), ValueError, "give"),
    (lambda: fg.nn.conv2d_transpose(X, W[..., :3], [2, 9, 6, 3], 1), ValueError,
     "gives .2, 9, 6, 3.; the gradient has shape .2, 7, 6, 3."),
    (lambda: fg.nn.max_pool(X, 9, 1, "VALID"), ValueError, "window of 9 pixels"),
    (lambda: fg.nn.max_pool(X, 2, 0, "VALID"), ValueError, "Stride must be > 0"),
    (lambda: fg.nn.max_pool(X, 0, 1, "VALID"), ValueError, "ksize cannot be zero"),
    (lambda: fg.nn.pool(X, [2, 2], "MEAN", "SAME"), ValueError, "MEAN pooling"),
    (lambda: fg.nn.convolution(X, W, "SAME", [2, 2], [2, 2]), ValueError, "conjunction"),
])
def test_refusals(bad, kind, words):
    with pytest.raises(kind, match=words):
        bad()


def test_a_bad_image_in_a_run_leaves_variables_and_session():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32)
        w = tf.Variable(np.ones((3, 3, 1, 1), "float32"))
        loss = tf.reduce_sum(tf.nn.conv2d(x, w, 1, "VALID"))
        step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for shape in [(1, 4, 4, 2), (1, 1, 4, 1), (4, 4)]:
                with pytest.raises(tf.errors.InvalidArgumentError, match="test_images.py"):
                    session.run(step, {x: np.ones(shape)})
            assert (session.run(w) == 1).all()
            session.run(step, {x: np.ones((1, 3, 3, 1))})
            np.testing.assert_allclose(session.run(w), 0.9, rtol=1e-6)
