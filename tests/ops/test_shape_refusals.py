"""Shapes and indices that an operation cannot work with: refused when the graph is built where its
shapes are declared, else when it runs, never with an error of NumPy's that names no node.

The reference interpreter refuses the same.
"""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.errors import FastgradError, RunShapeError, ShapeError
from fastgrad.testing import reference


@pytest.fixture(autouse=True)
def fresh_graph():
    fg.reset_default_graph()


# ---- shapes: what is made of a tensor, its shape, and what the message says --------------

BAD = {
    "argsort": (lambda x: fg.argsort(x), (), "axis -1"),
    "sort": (lambda x: fg.sort(x, 2), (2, 3), "axis 2"),
    "roll": (lambda x: fg.roll(x, 1, 1), (3,), "axis 1"),
    "reverse": (lambda x: fg.reverse(x, [1]), (3,), "axis 1"),
    "argmax": (lambda x: fg.argmax(x, 0), (0, 3), "Reduction axis 0 is empty in shape"),
    "argmin": (lambda x: fg.argmin(x, -1), (3, 0), "Reduction axis 1 is empty in shape"),
    "reflect": (lambda x: fg.pad(x, [[0, 0], [1, 0]], "REFLECT"), (2, 0),
                "dimension 1 has no elements to mirror"),
    "band": (lambda x: fg.matrix_band_part(x, 1, 0), (3,), "at least 2 dimensions; got 1"),
    "set_diag": (lambda x: fg.matrix_set_diag(x, [1.0]), (3, 3), "have shape .3,.; got .1,."),
    "svd": (lambda x: fg.svd(x)[0], (3,), "at least rank 2 but is rank 1"),
    "qr": (lambda x: fg.qr(x)[0], (), "at least rank 2 but is rank 0"),
    "invert_permutation": (lambda x: fg.invert_permutation(fg.cast(x, np.int32)), (2, 2),
                           "expected a vector"),
    "unique": (lambda x: fg.unique(x)[1], (2, 2), "expected a vector; got shape .2, 2."),
    "unique_with_counts": (lambda x: fg.unique_with_counts(x)[0], (), "expected a vector"),
    "setdiff1d": (lambda x: fg.setdiff1d([1.0], x)[0], (2, 2), "expected a vector"),
    "partitions": (lambda x: fg.dynamic_partition(x, [0, 1, 0], 2)[0], (2, 2),
                   "partitions .3,. must be the first dimensions of data .2, 2."),
    "searchsorted": (lambda x: fg.searchsorted([[1.0, 2.0]], x), (2, 2), "same leading"),
    "searchsorted scalars": (lambda x: fg.searchsorted([1.0, 2.0], x), (), "at least one"),
    "lengths": (lambda x: fg.reverse_sequence(x, [1, 2, 1], 1), (2, 4), "one number for each"),
    "lengths of a matrix": (lambda x: fg.reverse_sequence(x, fg.cast(x, np.int32), 1), (2, 2),
                            "seq_lengths must be a vector"),
    "one axis": (lambda x: fg.reverse_sequence(x, [1, 2], 0), (2, 4), "are both dimension 0"),
    "ids of a matrix": (lambda x: fg.segment_sum(x, fg.cast(x, np.int32)), (2, 2),
                        "segment_ids must be a vector"),
    "too many ids": (lambda x: fg.segment_max(x, [0, 0, 1]), (1, 3), "3 ids for 1 rows"),
    "too few ids": (lambda x: fg.segment_min(x, [0]), (2,), "1 ids for 2 rows"),
    "rows of a scalar": (lambda x: fg.segment_prod(x, [0]), (), "at least one dimension"),
    "scatter_nd": (lambda x: fg.scatter_nd([[1], [0], [1]], x, [4, 3]), (2, 3),
                   "updates of shape .2, 3. do not fit"),
    "scatter_nd of nothing": (lambda x: fg.scatter_nd([[1], [0], [1]], x, [0, 3]), (0, 3),
                              "updates of shape .0, 3. do not fit"),
    "tensor_scatter_add": (lambda x: fg.tensor_scatter_add(x, [[0]], [[1.0, 2.0]]), (3, 3),
                           "updates of shape .1, 2. do not fit"),
    "scatter_nd of a column": (lambda x: fg.scatter_nd([[1], [0]], x, [4, 3]), (2, 1),
                               "updates of shape .2, 1. do not fit"),
    "tensor_scatter_update": (
        lambda x: fg.tensor_scatter_update(fg.ones([3, 3]), [[1], [0]], x), (3,),
        "updates of shape .3,. do not fit"),
    "cross of fours": (lambda x: fg.cross(x, x + 1), (2, 4), r"expected a shape \(..., 3\); got .2, 4."),
    "cross of twos": (lambda x: fg.cross([1.0, 2.0, 3.0], x), (2,), r"shape \(..., 3\); got"),
    "confusion_matrix": (lambda x: fg.confusion_matrix(*[fg.cast(x, np.int32)] * 2, 2), (2, 2),
                         "labels of shape .2, 2. do not fit"),
    "diag": (lambda x: fg.diag(x), (), "at least one dimension"),
}
VECTOR = r"is rank 1|\(..., [?], [?]\); got .3,."
STRICT = {      # where NumPy has an answer, and TensorFlow none
    "reflect": (lambda x: tf.pad(x, [[3, 0], [0, 0]], "REFLECT"), (3, 4), "more than the 2 elements"),
    "symmetric": (lambda x: tf.pad(x, [[0, 0], [1, 5]], "SYMMETRIC"), (3, 4), "than the 4 elements"),
    "band below": (lambda x: tf.matrix_band_part(x, 4, 0), (3, 4), "num_lower is 4; expected .* 3,"),
    "band above": (lambda x: tf.matrix_band_part(x, -7, 9), (3, 4), "num_upper is 9; expected .* 4,"),
    "matmul": (lambda x: tf.matmul(x, tf.ones([3, 2], x.dtype)), (3,), VECTOR),
    "matmul behind": (lambda x: tf.matmul(tf.ones([2, 3], x.dtype), x), (3,), VECTOR),
}


@pytest.mark.parametrize("name", BAD)
def test_a_shape_that_does_not_fit(name):
    check_refused(*BAD[name])


@pytest.mark.parametrize("name", STRICT)
def test_a_shape_that_only_tensorflow_refuses(name):
    make, shape, text = STRICT[name]
    with tf.Graph().as_default():
        check_refused(make, shape, text)
    if "matmul" not in name:
        x = fg.placeholder(np.float64, shape)
        fg.Session().run(make(x), {x: np.ones(shape)})


def check_refused(make, shape, text):
    with pytest.raises(ShapeError, match=text):
        make(fg.placeholder(np.float64, shape))
    x = fg.placeholder(np.float64)                       # only the run knows
    y = fg.convert_to_tensor(make(x))
    feed = {x: np.ones(shape)}
    for run in (fg.Session().run, reference):
        with pytest.raises(FastgradError, match=text):
            run(y, feed)
    with pytest.raises(RunShapeError, match="test_shape_refusals.py"):
        fg.Session().run(y, feed)


ROWS = {
    "scatter_add": tf.scatter_add, "scatter_sub": tf.scatter_sub, "scatter_mul": tf.scatter_mul,
    "scatter_update": tf.scatter_update,
    "descent": lambda v, i, x: fg.train.GradientDescentOptimizer(0.1).apply_gradients(
        [(fg.IndexedSlices(x, i), v)]),
    "adagrad": lambda v, i, x: fg.train.AdagradOptimizer(0.1).apply_gradients(
        [(fg.IndexedSlices(x, i), v)]),
}


@pytest.mark.parametrize("shape", [(1, 2), (3, 2), (2, 1), (2,), (2, 2, 1)])
@pytest.mark.parametrize("declared", ["all", "rank", "nothing"])
@pytest.mark.parametrize("name", ROWS)
def test_rows_that_are_not_one_for_each_index(name, declared, shape):
    """The kernel read as many rows as there are indices, whatever came: beyond the end of memory."""
    v = fg.Variable(np.zeros((4, 2)))
    i = fg.placeholder(np.int32, None if declared == "nothing" else (2,))
    x = fg.placeholder(np.float64, {"all": shape, "rank": (None,) * len(shape)}.get(declared))
    text = r"updates of shape .* do not fit indices of shape \((2|None),\) into a variable of shape"
    with pytest.raises(ShapeError, match=text):
        fg.Session().run(ROWS[name](v, i, x), {x: np.ones(shape), i: [0, 1]})
    assert not v.value.any()


def test_slices_that_do_not_fit_their_indices():
    values, indices = fg.placeholder(np.float64), fg.placeholder(np.int32)
    table = fg.placeholder(np.float64, (4, 2))
    rows, = fg.gradients(fg.gather(table, indices), [table], grad_ys=[values])
    with pytest.raises(RunShapeError, match="do not broadcast: 2 against 3"):
        fg.Session().run(fg.convert_to_tensor(rows),
                         {values: np.ones((1, 3)), indices: [0, 1, 2], table: np.ones((4, 2))})
    with pytest.raises(RunShapeError, match="must be the first dimensions"):
        fg.Session().run(fg.convert_to_tensor(fg.IndexedSlices(values, indices, [4, 2])),
                         {values: np.ones((1, 2)), indices: [0, 1, 2]})


# ---- values -----------------------------------------------------------------------------

@pytest.mark.parametrize("given", [[0, 0], [0, 2], [-1, 0]])
def test_what_is_no_permutation(given):
    x = fg.placeholder(np.int32, (2,))
    y = fg.invert_permutation(x)
    for run in (fg.Session().run, reference):
        with pytest.raises(FastgradError, match="no permutation of 0 to 1"):
            run(y, {x: given})


@pytest.mark.parametrize("make, text", [
    (lambda i: fg.dynamic_partition([1.0, 2.0], i, 2)[0], "partition 2 at partitions.1. lies outside .0, 2."),
    (lambda i: fg.dynamic_stitch([i - 2], [[1.0, 2.0]]), "index -2 at indices.0. lies outside .0, 1."),
    (lambda i: fg.reverse_sequence(np.ones((2, 1)), i, 1), "length 2 at seq_lengths.1. lies outside .0, 2."),
])
def test_a_number_out_of_range(make, text):
    i = fg.placeholder(np.int32, (2,))
    y = fg.convert_to_tensor(make(i))
    for run in (fg.Session().run, reference):
        with pytest.raises(FastgradError, match=f"test_shape_refusals.*{text}"):
            run(y, {i: [0, 2]})


def test_the_reference_names_the_node_of_a_wrong_index():
    x = fg.placeholder(np.float64, (1, 3))
    with pytest.raises(RunShapeError, match="'lookup'.*test_shape_refusals.*index 2 at indices.0. lies outside"):
        reference(fg.gather(x, [2], name="lookup"), {x: np.ones((1, 3))})


def test_a_shape_that_cannot_be_computed_is_the_runs_to_report():
    """What is known of a shape is found while the graph is built; its errors belong to the run."""
    x = fg.placeholder(np.float64, (2, 3))
    y = fg.reshape(x, [fg.gather(fg.shape(x), 5), -1])
    with pytest.raises(FastgradError, match="5"):
        fg.Session().run(y, {x: np.ones((2, 3))})


# ---- dimensions of 0 ---------------------------------------------------------------------

@pytest.mark.parametrize("make", [
    lambda x: fg.gather(x, [0, 2]), lambda x: fg.gather(x, fg.cast(fg.shape(x), np.int32) * 0),
    lambda x: fg.reduce_prod(x, -1), lambda x: fg.reduce_prod(x, 0),
    lambda x: fg.nn.top_k(fg.transpose(x), 0)[0], lambda x: fg.tile(x, [2, 1]),
    lambda x: fg.boolean_mask(x, [True, False, True])])
@pytest.mark.parametrize("declared", [(3, 0), (None, None), None])
def test_gradients_of_nothing(make, declared):
    x = fg.placeholder(np.float64, declared)
    g, = fg.gradients(make(x), [x])
    assert fg.Session().run(fg.convert_to_tensor(g), {x: np.ones((3, 0))}).shape == (3, 0)
    g, = fg.gradients(fg.square(fg.gather(fg.exp(x), [1])), [x])
    assert fg.Session().run(fg.convert_to_tensor(g), {x: np.ones((3, 0))}).shape == (3, 0)


def test_a_mask_of_several_dimensions_of_nothing():
    x = fg.placeholder(np.float64, (3, 2, 0))
    y = fg.boolean_mask(x, np.ones((3, 2), bool))
    assert fg.Session().run(y, {x: np.ones((3, 2, 0))}).shape == (6, 0)


def test_stitched_rows_need_an_index_each():
    for shape in ((0, 2), (3, 2), ()):
        with pytest.raises(ValueError, match="must be the first dimensions of data"):
            fg.dynamic_stitch([[0, 2], [1]], [np.ones(shape), np.ones((1, 2))])
