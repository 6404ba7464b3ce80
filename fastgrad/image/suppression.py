"""Non-maximum suppression: of boxes that overlap, the best. How many stay depends on values, so
that a session evaluates these operations before the rest of the run is planned."""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.dtypes import FLOAT32, INT32
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.graph.shapes import merge
from fastgrad.ops.checks import get_static_value
from fastgrad.ops.join import stack
from fastgrad.ops.pad import pad
from fastgrad.ops.shape import scoped, size

LOWEST = float("-inf")


# ---- which boxes stay -------------------------------------------------------------------

def overlaps_of(boxes, box):
    """Intersection over union of each box with one; 0 where either is empty."""
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    first, last = np.minimum(box[:2], box[2:]), np.maximum(box[:2], box[2:])
    areas, area = (high - low).prod(1), (last - first).prod()
    common = np.maximum(np.minimum(high, last) - np.maximum(low, first), 0).prod(1)
    union = areas + area - common
    real = (areas > 0) & (area > 0)
    return np.divide(common, union, out=np.zeros_like(common), where=real)


def best_of(scores, most, threshold, score_threshold, overlaps):
    """Indices of the boxes that stay, the best first; `overlaps(i)` are those with box i."""
    left = np.flatnonzero(scores > score_threshold)
    left = left[np.argsort(-scores[left], kind="stable")]
    kept = []
    while left.size and len(kept) < most:
        kept.append(left[0])
        left = left[1:][~(overlaps(left[0])[left[1:]] > threshold)]
    return np.array(kept, np.int32)


def softly(boxes, scores, most, threshold, score_threshold, sigma):
    """(indices, scores) where an overlap only lowers a score, by exp(-overlap^2 / 2 sigma)."""
    scores, kept, found = scores.astype(np.float32), [], []
    left = np.where(scores > score_threshold, scores, -np.inf)
    while len(kept) < most and left.size and left.max() > score_threshold:
        i = int(left.argmax())
        kept.append(i)
        found.append(left[i])
        left[i] = -np.inf
        near = overlaps_of(boxes, boxes[i])
        left = np.where(near > threshold, -np.inf, left * np.exp(-0.5 / sigma * near * near))
        left[np.isnan(left)] = -np.inf
    return np.array(kept, np.int32), np.array(found, np.float32)


# ---- the operations ---------------------------------------------------------------------

def _check_boxes(in_shapes, _):
    boxes, scores = in_shapes[:2]
    if boxes is not None and (len(boxes) != 2 or boxes[1] not in (4, None)):
        raise ShapeError(f"boxes must have shape (n, 4); got {boxes}.")
    if scores is not None and len(scores) != 1:
        raise ShapeError(f"scores must be a vector; got {scores}.")
    if boxes is not None and scores is not None:
        merge(boxes[:1], scores)
    return (None,)


def _nms_ref(boxes, scores, max_output_size, iou_threshold, score_threshold):
    if not 0 <= float(iou_threshold) <= 1:
        raise ValueError(f"iou_threshold must be in [0, 1]; got {float(iou_threshold)}.")
    return best_of(scores, int(max_output_size), iou_threshold, score_threshold,
                   lambda i: overlaps_of(boxes, boxes[i]))


@op(_check_boxes, dtype=None, out=INT32, dynamic=True, ref=_nms_ref, name="NonMaxSuppressionV3",
    whole=(2,))
def _non_max_suppression(boxes, scores, max_output_size, iou_threshold, score_threshold):
    pass


def _soft_ref(boxes, scores, max_output_size, iou_threshold, score_threshold, soft_nms_sigma):
    if float(soft_nms_sigma) > 0:
        return softly(boxes, scores, int(max_output_size), iou_threshold, score_threshold,
                      float(soft_nms_sigma))
    kept = _nms_ref(boxes, scores, max_output_size, iou_threshold, score_threshold)
    return kept, scores[kept]


@op(lambda s, a: [_check_boxes(s, a)] * 2, dtype=None, out=lambda d, a: [INT32, FLOAT32],
    outputs=2, dynamic=True, ref=_soft_ref, name="NonMaxSuppressionV5", whole=(2,))
def _scored_suppression(boxes, scores, max_output_size, iou_threshold, score_threshold,
                        soft_nms_sigma):
    pass


def _square(in_shapes, _):
    overlaps, scores = in_shapes[:2]
    if overlaps is not None and len(overlaps) != 2:
        raise ShapeError(f"overlaps must have shape (n, n); got {overlaps}.")
    if overlaps is not None and scores is not None:
        merge(merge(overlaps[:1], overlaps[1:]), scores)
    return (None,)


def _overlaps_ref(overlaps, scores, max_output_size, overlap_threshold, score_threshold):
    return best_of(scores, int(max_output_size), overlap_threshold, score_threshold,
                   lambda i: overlaps[i])


@op(_square, dtype=None, out=INT32, dynamic=True, ref=_overlaps_ref, whole=(2,),
    name="NonMaxSuppressionWithOverlaps")
def _overlaps_suppression(overlaps, scores, max_output_size, overlap_threshold,
                          score_threshold):
    pass


for _type in ("non_max_suppression", "scored_suppression", "overlaps_suppression"):
    NotDifferentiable(_type)


# ---- what users call --------------------------------------------------------------------

def _tensors(boxes, scores, most, *numbers):
    floats = [v if is_node(v) else np.asarray(v, FLOAT32) for v in (boxes, scores, *numbers)]
    return (*floats[:2], most if is_node(most) else np.asarray(most, INT32), *floats[2:])


@scoped("non_max_suppression")
def non_max_suppression(boxes, scores, max_output_size, iou_threshold=0.5,
                        score_threshold=LOWEST, name=None):
    """Greedy selection of the best boxes, without those that overlap a better one too much.

    Parameters
    ----------
    boxes : tensor (n, 4)
        Two opposite corners each, (y1, x1, y2, x2) of any scale.
    scores : tensor (n,)
    max_output_size : int
    iou_threshold : float
        The largest intersection over union that two of the result may have.
    score_threshold : float
        Boxes of this score or less are left out.

    Returns
    -------
    Tensor
        int32 (m,): places of the boxes that stay, the best first.

    Notes
    -----
    Gradient: none.

    Examples
    --------
    >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 5.0, 1.0, 6.0]]
    >>> Session().run(non_max_suppression(boxes, [0.9, 0.8, 0.7], 3)).tolist()
    [0, 2]
    """
    return _non_max_suppression(*_tensors(boxes, scores, max_output_size, iou_threshold,
                                          score_threshold))


@scoped("non_max_suppression_with_scores")
def non_max_suppression_with_scores(boxes, scores, max_output_size, iou_threshold=0.5,
                                    score_threshold=LOWEST, soft_nms_sigma=0.0, name=None):
    """(places, scores) of `non_max_suppression`; with a sigma, overlaps lower scores instead.

    Gradient: none.
    """
    return tuple(_scored_suppression(*_tensors(
        boxes, scores, max_output_size, iou_threshold, score_threshold, soft_nms_sigma)))


@scoped("non_max_suppression_overlaps")
def non_max_suppression_overlaps(overlaps, scores, max_output_size, overlap_threshold=0.5,
                                 score_threshold=LOWEST, name=None):
    """`non_max_suppression` with the overlaps of all pairs given, (n, n).

    Gradient: none.
    """
    return _overlaps_suppression(*_tensors(overlaps, scores, max_output_size, overlap_threshold,
                                           score_threshold))


@scoped("non_max_suppression_padded")
def non_max_suppression_padded(boxes, scores, max_output_size, iou_threshold=0.5,
                               score_threshold=LOWEST, pad_to_max_output_size=False, name=None):
    """(places, their number) of `non_max_suppression`, zeros behind them if padding is wanted.

    Gradient: none.
    """
    kept = _non_max_suppression(*_tensors(boxes, scores, max_output_size, iou_threshold,
                                          score_threshold))
    count = size(kept)
    if pad_to_max_output_size:
        kept = pad(kept, stack([stack([0, max_output_size - count])]))
        most = get_static_value(max_output_size) if is_node(max_output_size) else max_output_size
        kept.set_shape([None if most is None else int(most)])
    return kept, count


# ---- several classes --------------------------------------------------------------------

def _combined_ref(boxes, scores, iou_threshold, score_threshold, each, total, pad_per_class,
                  clip_boxes):
    classes = scores.shape[2]
    rows = min(int(total), int(each) * classes) if pad_per_class else int(total)
    shape = (len(boxes), rows)
    found = np.zeros((*shape, 4), np.float32), *(np.zeros(shape, np.float32) for _ in range(2))
    valid = np.zeros(len(boxes), np.int32)
    for i in range(len(boxes)):
        best = []
        for c in range(classes):
            own = boxes[i, :, min(c, boxes.shape[2] - 1)]
            kept = _nms_ref(own, scores[i, :, c], each, iou_threshold, score_threshold)
            best += [(scores[i, k, c], c, own[k]) for k in kept]
        best.sort(key=lambda b: -b[0])
        best = best[:rows]
        for j, (score, c, box) in enumerate(best):
            found[0][i, j] = np.clip(box, 0, 1) if clip_boxes else box
            found[1][i, j], found[2][i, j] = score, c
        valid[i] = len(best)
    return (*found, valid)


def _combined_shapes(in_shapes, attrs):
    boxes, scores = in_shapes[:2]
    for known, rank, what in ((boxes, 4, "boxes"), (scores, 3, "scores")):
        if known is not None and len(known) != rank:
            raise ShapeError(f"{what} must have {rank} dimensions; got {known}.")
    count = next((s[0] for s in (boxes, scores) if s is not None), None)
    each, total = attrs["each"], attrs["total"]
    if attrs["pad_per_class"]:
        known = None not in (each, total) and scores is not None and scores[2] is not None
        total = min(int(total), int(each) * scores[2]) if known else None
    rows = None if total is None else int(total)
    return [(count, rows, 4), (count, rows), (count, rows), (count,)]


@op(_combined_shapes, dtype=None, out=lambda d, a: [FLOAT32, FLOAT32, FLOAT32, INT32], outputs=4,
    static=(2, 3), whole=(2, 3), ref=_combined_ref, name="CombinedNonMaxSuppression")
def _combined_suppression(boxes, scores, each, total, iou_threshold, score_threshold,
                          pad_per_class=False, clip_boxes=True):
    pass


NotDifferentiable("combined_suppression")


@scoped("combined_non_max_suppression")
def combined_non_max_suppression(boxes, scores, max_output_size_per_class, max_total_size,
                                 iou_threshold=0.5, score_threshold=LOWEST, pad_per_class=False,
                                 clip_boxes=True, name=None):
    """`non_max_suppression` for each class of each image, and the best of all classes.

    Parameters
    ----------
    boxes : tensor (images, n, q, 4)
        q is the number of classes, or 1 if all have the same boxes.
    scores : tensor (images, n, classes)
    max_output_size_per_class, max_total_size : int

    Returns
    -------
    (boxes, scores, classes, how many are real)
        Of `max_total_size` rows an image; zeros behind the real ones.

    Notes
    -----
    Gradient: none.
    """
    from collections import namedtuple
    Combined = namedtuple("CombinedNonMaxSuppression", [
        "nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"])
    limits = [v if is_node(v) else np.asarray(v, INT32)
              for v in (max_output_size_per_class, max_total_size)]
    boxes, scores, thresholds = _floats(boxes, scores, (iou_threshold, score_threshold))
    return Combined(*_combined_suppression(
        boxes, scores, *limits, *thresholds, pad_per_class=bool(pad_per_class),
        clip_boxes=bool(clip_boxes)))


def _floats(boxes, scores, thresholds):
    given = [as_tensor(v) if is_node(v) else np.asarray(v, FLOAT32)
             for v in (boxes, scores, *thresholds)]
    return given[0], given[1], given[2:]


__all__ = ["non_max_suppression", "non_max_suppression_with_scores",
           "non_max_suppression_overlaps", "non_max_suppression_padded",
           "combined_non_max_suppression"]
