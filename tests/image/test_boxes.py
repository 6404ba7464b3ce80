"""Boxes: suppression against a plain one, crops against sums by hand, drawing, random parts."""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.errors import OutOfRangeError


@pytest.fixture(autouse=True)
def fresh():
    fg.reset_default_graph()


def run(node, feed=None):
    return fg.Session().run(node, feed)


def plainly(boxes, scores, most, threshold):
    """Suppression as it is told: take the best, drop what overlaps it too much, again."""
    left, kept = sorted(range(len(scores)), key=lambda i: -scores[i]), []
    while left and len(kept) < most:
        best = left.pop(0)
        kept.append(best)
        left = [i for i in left if overlap(boxes[i], boxes[best]) <= threshold]
    return kept


def overlap(a, b):
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    common = np.maximum(high - low, 0).prod()
    return common / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - common)


@pytest.mark.parametrize("seed", range(5))
def test_suppression(seed):
    random = np.random.default_rng(seed)
    corners = random.random((40, 2)).astype(np.float32)
    boxes = np.concatenate([corners, corners + random.random((40, 2)) * 0.4 + 0.1], 1)
    boxes, scores = boxes.astype(np.float32), random.random(40).astype(np.float32)
    for most, threshold in ((40, 0.3), (5, 0.5), (40, 1.0), (0, 0.5)):
        found = run(fg.image.non_max_suppression(boxes, scores, most, threshold))
        assert found.dtype == np.int32
        assert found.tolist() == plainly(boxes, scores, most, threshold)
    turned = boxes[:, [2, 3, 0, 1]]                         # opposite corners mean the same box
    assert run(fg.image.non_max_suppression(turned, scores, 9)).tolist() == \
        run(fg.image.non_max_suppression(boxes, scores, 9)).tolist()
    square = np.array([[overlap(a, b) for b in boxes] for a in boxes], np.float32)
    assert run(fg.image.non_max_suppression_overlaps(square, scores, 9, 0.5)).tolist() == \
        plainly(boxes, scores, 9, 0.5)


def test_kinds_of_suppression():
    boxes = np.array([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 5, 1, 6]], np.float32)
    scores = np.array([0.9, 0.8, 0.3], np.float32)
    padded, count = run(fg.image.non_max_suppression_padded(
        boxes, scores, 5, pad_to_max_output_size=True))
    assert padded.tolist() == [0, 2, 0, 0, 0] and count == 2
    index, found = run(fg.image.non_max_suppression_with_scores(
        boxes, scores, 3, 1.0, soft_nms_sigma=0.5))
    assert sorted(index.tolist()) == [0, 1, 2] and found[0] == np.float32(0.9)
    assert found[index.tolist().index(1)] < 0.8             # lowered, not dropped
    many = run(fg.image.combined_non_max_suppression(
        boxes[None, :, None], np.stack([scores, scores[::-1]], 1)[None], 3, 4))
    assert many[0].shape == (1, 4, 4) and many[3].tolist() == [4]
    with pytest.raises(ValueError):
        fg.image.non_max_suppression(boxes, scores[:2], 3)
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(fg.image.non_max_suppression(boxes, scores, 3, 1.5))


def test_suppression_of_what_a_run_knows():
    boxes, scores = fg.placeholder(np.float32, [None, 4]), fg.placeholder(np.float32, [None])
    kept = fg.image.non_max_suppression(boxes, scores, 3)
    best = fg.gather(boxes, kept)
    for n in (2, 4):
        found = run(best, {boxes: np.eye(n, 4, dtype=np.float32) + [0, 0, 2, 2],
                           scores: np.arange(n, dtype=np.float32)})
        assert found.shape[1] == 4 and 1 <= len(found) <= n


def test_crops_of_a_slope():
    """Of an image whose colour is its column, a crop is where it looks."""
    image = np.tile(np.arange(9, dtype=np.float32), (2, 7, 1))[..., None]
    boxes = np.array([[0, 0, 1, 1], [0.5, 0.25, 0.5, 0.75], [1, 1, 0, 0]], np.float32)
    found = run(fg.image.crop_and_resize(image, boxes, [0, 1, 0], [3, 5]))
    np.testing.assert_allclose(found[0, 1, :, 0], [0, 2, 4, 6, 8], rtol=1e-6)
    np.testing.assert_allclose(found[1, 1, :, 0], [2, 3, 4, 5, 6], rtol=1e-6)
    np.testing.assert_allclose(found[2, 1, :, 0], [8, 6, 4, 2, 0], rtol=1e-6)
    near = run(fg.image.crop_and_resize(image, boxes, [0, 1, 0], [3, 4], method="nearest"))
    assert np.array_equal(near, np.rint(near))
    outside = run(fg.image.crop_and_resize(image, [[-1, -1, 2, 2]], [0], [4, 4],
                                           extrapolation_value=7.0))
    assert (outside[0, 0] == 7).all() and (outside[0, :, -1] == 7).all()
    with pytest.raises(OutOfRangeError, match="box_ind"):
        run(fg.image.crop_and_resize(image, boxes, [0, 1, 2], [3, 3]))
    with pytest.raises(ValueError):
        fg.image.crop_and_resize(image, boxes, [0, 1], [3, 3])


def test_lines_of_boxes():
    images = np.zeros((1, 6, 8, 3), np.float32)
    found = run(fg.image.draw_bounding_boxes(images, [[[0.2, 0.15, 0.8, 0.9], [2, 2, 3, 3]]],
                                             colors=[[1.0, 0.5, 0.25]]))
    inside = found[0].any(-1)
    assert inside[1, 1:7].all() and inside[4, 1:7].all() and inside[1:5, 1].all()
    assert not inside[2, 2:6].any() and not inside[0].any()
    assert found[0, 1, 1].tolist() == [1.0, 0.5, 0.25]
    with pytest.raises(TypeError):
        with tf.Graph().as_default():
            tf.image.draw_bounding_boxes(np.zeros((1, 2, 2, 3), np.int32), [[[0.0, 0, 1, 1]]])


def test_random_parts_show_the_object():
    size, box = [60, 80, 3], np.array([[[0.3, 0.3, 0.6, 0.6]]], np.float32)
    nodes = fg.image.sample_distorted_bounding_box(size, box, seed=3, min_object_covered=0.5)
    session, seen = fg.Session(), set()
    for _ in range(40):
        begin, extent, part = session.run(list(nodes))
        top, left, bottom, right = part[0, 0]
        assert 0 <= top < bottom <= 1 and 0 <= left < right <= 1
        np.testing.assert_allclose([top * 60, left * 80], begin[:2], rtol=1e-5, atol=1e-4)
        common = np.maximum(np.minimum([bottom, right], 0.6) - np.maximum([top, left], 0.3), 0)
        assert common.prod() >= 0.5 * 0.09 * 0.9
        assert 0.04 <= (bottom - top) * (right - left) <= 1
        seen.add(tuple(begin))
    assert len(seen) > 20
    with pytest.raises(tf.errors.InvalidArgumentError, match="use_image_if_no"):
        run(list(fg.image.sample_distorted_bounding_box(size, np.zeros((1, 0, 4), np.float32))))
    whole = run(list(fg.image.sample_distorted_bounding_box(
        size, np.zeros((1, 0, 4), np.float32), use_image_if_no_bounding_boxes=True)))
    assert whole[1][2] == -1
