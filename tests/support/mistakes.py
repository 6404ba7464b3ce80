"""The table of mistakes: each makes one in a small world, and states every word of the answer.

`here` stands for the file and line of the mistake. This file has those of feeds, fetches, shapes
and graphs; `mistakes_training.py` has the rest; `test_errors.py` makes them all.
"""

import math
import re

import numpy as np
import pytest

import fastgrad as fg
from fastgrad import errors

CASES = []


def says(kind, text, *builtins):
    """Pin the message of the function below; `builtins` are classes it can be caught as, too."""
    def add(function):
        CASES.append(pytest.param(function, kind, text, builtins, id=function.__name__))
        return function
    return add


class World:
    """A linear model: x (None, 3) -> y (None, 2), a loss, a training operation."""

    def __init__(self):
        fg.reset_default_graph()
        self.x = fg.placeholder(np.float64, (None, 3), name="x")
        self.w = fg.Variable(np.arange(6.0).reshape(3, 2), name="w")
        self.y = fg.matmul(self.x, self.w, name="y")
        self.loss = fg.reduce_mean(fg.square(self.y), name="loss")
        self.train = fg.train.GradientDescentOptimizer(0.01).minimize(self.loss)
        self.session = fg.Session()
        self.good = {self.x: np.ones((4, 3))}

    def run(self, fetches, feed=None):
        return self.session.run(fetches, self.good if feed is None else feed)


def plain(error):
    """The message with `here` for this file's lines."""
    text = error.args[0] if isinstance(error, KeyError) else str(error)
    return re.sub(r"mistakes\w*\.py:\d+", "here", text)


# ---- feeds ------------------------------------------------------------------------------

@says(errors.MissingFeedError,
      "You must feed a value for placeholder 'x' (here): float64, shape (None, 3). "
      "Pass feed_dict={x: value} to run().",
      errors.InvalidArgumentError, ValueError)
def missing_feed(world):
    world.run(world.train, {})


@says(errors.FeedError,
      "placeholder 'x' (here) has shape (None, 3); got an array of shape (4, 5). "
      "Feed one of shape (n, 3).", ValueError)
def feed_of_a_wrong_shape(world):
    world.run(world.train, {world.x: np.ones((4, 5))})


@says(errors.FeedError,
      "placeholder 'x' (here) has shape (None, 3); got an array of shape (3,). "
      "Add a leading dimension: array[None].")
def feed_without_the_batch(world):
    world.run(world.train, {world.x: np.ones(3)})


@says(errors.FeedError,
      "placeholder 'x' (here) has shape (None, 3); got an array of shape (). "
      "Feed one of shape (n, 3).")
def feed_of_a_number(world):
    world.run(world.train, {world.x: 1.0})


@says(errors.FeedTypeError,
      "placeholder 'x' (here) takes numbers of dtype float64; cannot make an array of 'three': "
      "its dtype is <U5", TypeError, ValueError)
def feed_of_text(world):
    world.run(world.train, {world.x: "three"})


@says(errors.FeedTypeError,
      "placeholder 'x' (here) takes numbers of dtype float64; cannot make an array of None: "
      "its dtype is object", TypeError)
def feed_of_none(world):
    world.run(world.train, {world.x: None})


@says(errors.FeedTypeError,
      "placeholder 'x' (here) takes numbers of dtype float64; cannot make an array of "
      "[[1, 2, 3], [4, 5]]: setting an array element with a sequence. The requested array has "
      "an inhomogeneous shape after 1 dimensions. The detected shape was (2,) + inhomogeneous "
      "part.")
def feed_of_a_ragged_list(world):
    world.run(world.train, {world.x: [[1, 2, 3], [4, 5]]})


@says(errors.FeedTypeError,
      "placeholder 'x' (here) takes numbers of dtype float64; cannot make an array of "
      "{'a': 1}: its dtype is object")
def feed_of_a_dict(world):
    world.run(world.train, {world.x: {"a": 1}})


@says(errors.FeedTypeError, "placeholder 'x' (here) has dtype float64; got complex numbers.")
def feed_of_complex_numbers(world):
    world.run(world.train, {world.x: np.ones((4, 3), complex)})


@says(errors.FeedTypeError,
      "placeholder 'n' (here) has dtype int64; got float64 values with fractions. Round them, "
      "or declare a float placeholder.")
def feed_of_fractions_for_integers(world):
    n = fg.placeholder(np.int64, name="n")
    world.run(n * 2, {n: [0.5, 1.0]})


@says(errors.FeedTypeError,
      "the value fed for placeholder 'x' (here) is itself a node, matmul 'y' (here); feed an "
      "array, a number or a list.")
def feed_of_a_node(world):
    world.run(world.train, {world.x: world.y})


@says(errors.FeedTypeError,
      "cannot feed 'images': The name 'images' refers to an Operation not in the graph.")
def key_of_an_unknown_name(world):
    world.run(world.train, {"images": np.ones((4, 3))})


@says(errors.FeedTypeError,
      "the key 3 of feed_dict is a int; expected a node or its name.")
def key_that_is_no_node(world):
    world.run(world.train, {3: np.ones((4, 3))})


@says(errors.FeedTypeError, "feed_dict must be a dict from nodes to values; got list.")
def feed_that_is_no_dict(world):
    world.run(world.train, [np.ones((4, 3))])


@says(errors.FeedTypeError,
      "cannot feed placeholder 'other' (here): it is not an element of this session's graph.")
def feed_of_another_graph(world):
    with fg.Graph().as_default():
        other = fg.placeholder(name="other")
    world.run(world.train, {**world.good, other: 1.0})


@says(errors.FeedTypeError,
      "cannot feed operation group 'GradientDescent' (here); feed one of its outputs.")
def feed_of_an_operation(world):
    world.run(world.y, {**world.good, world.train: 1.0})


# ---- fetches ----------------------------------------------------------------------------

@says(errors.FetchError,
      "cannot fetch multiply 'other' (here): it is not an element of this session's graph. Make "
      "the session with graph=node.graph.", ValueError)
def fetch_of_another_graph(world):
    with fg.Graph().as_default():
        other = fg.multiply(1.0, 2.0, name="other")
    world.run(other)


@says(errors.FeedTypeError,
      "cannot feed 'X': The name 'X' refers to an Operation not in the graph. Did you mean 'x:0'?")
def key_of_another_case(world):
    world.run(world.train, {"X": np.ones((4, 3))})


@says(errors.FeedTypeError,
      "cannot feed 'x': it names the operation placeholder 'x' (here). Did you mean 'x:0'?")
def key_of_an_operations_name(world):
    world.run(world.train, {"x": np.ones((4, 3))})


@says(errors.FetchError,
      "cannot fetch 'loss': it names the operation, and running an operation gives None. Did you "
      "mean 'loss:0'?")
def fetch_of_an_operations_name(world):
    world.run("loss")


@says(errors.FetchError,
      "cannot fetch 'los:0': The name 'los:0' refers to a Tensor which does not exist. Did you "
      "mean 'loss:0'?")
def fetch_of_a_misspelt_name(world):
    world.run(["los:0", world.y])


@says(errors.FetchError,
      "cannot fetch 'nobody:0': The name 'nobody:0' refers to a Tensor which does not exist.")
def fetch_of_an_unknown_name(world):
    world.run("nobody:0")


@says(errors.FetchTypeError,
      "cannot fetch 3.5 of type float: expected a node, its name, or a list, tuple or dict of "
      "them.", TypeError)
def fetch_of_a_number(world):
    world.run([world.y, 3.5])


@says(errors.FetchTypeError,
      "cannot fetch None of type NoneType: expected a node, its name, or a list, tuple or dict "
      "of them.")
def fetch_of_none(world):
    world.run({"y": world.y, "g": None})


@says(errors.ClosedError, "Attempted to use a closed Session.", RuntimeError)
def a_closed_session(world):
    session = fg.Session()
    session.close()
    session.run(world.y, world.good)


@says(errors.ClosedError, "Attempted to use a closed Session.")
def a_closed_session_that_has_run(world):
    session = fg.Session()
    session.run(world.y, world.good)
    session.close()
    session.run(world.y, world.good)


@says(errors.ClosedError, "Attempted to use a closed Session.")
def a_closed_session_entered(world):
    session = fg.Session()
    session.close()
    with session:
        pass


@says(errors.FeedTypeError,
      "this callable takes one value for each of the 1 nodes of its feed_list; got 2.")
def a_callable_with_too_many_values(world):
    world.session.make_callable(world.y, [world.x])(np.ones((4, 3)), 1.0)


# ---- shapes -----------------------------------------------------------------------------

@says(errors.ShapeError,
      "add at here: shapes (4, 3) and (5,) do not broadcast: 3 against 5. "
      "Inputs: 'Add/x' (4, 3), 'Add/y' (5,).", ValueError)
def shapes_that_do_not_broadcast(world):
    fg.add(np.ones((4, 3)), np.ones(5))


@says(errors.ShapeError,
      "matmul at here: inner dimensions differ: 3 against 2. Did you mean transpose_b=True? "
      "Inputs: 'x' (None, 3), 'MatMul/b' (2, 3).")
def inner_dimensions_with_a_hint(world):
    fg.matmul(world.x, np.ones((2, 3)))


@says(errors.ShapeError,
      "matmul at here: inner dimensions differ: 3 against 7. "
      "Inputs: 'x' (None, 3), 'MatMul/b' (7, 5).")
def inner_dimensions_without_a_hint(world):
    fg.matmul(world.x, np.ones((7, 5)))


@says(errors.RunShapeError,
      "matmul 'h' (here): inner dimensions differ: 3 against 5. Did you mean transpose_b=True? "
      "Inputs: 'a' (4, 3), 'b' (5, 3).", errors.InvalidArgumentError, ValueError)
def inner_dimensions_at_run_time(world):
    a, b = fg.placeholder(name="a"), fg.placeholder(name="b")
    world.run(fg.matmul(a, b, name="h"), {a: np.ones((4, 3)), b: np.ones((5, 3))})


@says(errors.RunShapeError,
      "add 'sum' (here): shapes (4,) and (3,) do not broadcast: 4 against 3. "
      "Inputs: 'a' (4,), 'b' (3,).")
def shapes_at_run_time(world):
    a, b = fg.placeholder(name="a"), fg.placeholder(name="b")
    world.run(fg.add(a, b, name="sum"), {a: np.ones(4), b: np.ones(3)})


@says(errors.ShapeError,
      "reduce_sum at here: axis 2 is out of range for rank 2. Inputs: 'x' (None, 3).")
def axis_out_of_range(world):
    fg.reduce_sum(world.x, axis=2)


@says(errors.RunShapeError,
      "reduce_sum 'total' (here): axis 1 is out of range for rank 1. Inputs: 'a' (4,).")
def axis_out_of_range_at_run_time(world):
    a = fg.placeholder(name="a")
    world.run(fg.reduce_sum(a, axis=1, name="total"), {a: np.ones(4)})


@says(errors.AxisError,
      "softmax at here: axis -3 is out of range for rank 2. Inputs: 'x' (None, 3).")
def softmax_over_a_missing_axis(world):
    fg.softmax(world.x, axis=-3)


@says(errors.ShapeError,
      "reshape at here: cannot reshape 6 elements into (4, 2). "
      "Inputs: 'w' (3, 2), 'Reshape/shape' (2,).")
def reshape_to_another_size(world):
    fg.reshape(world.w, [4, 2])


@says(errors.ShapeError,
      "concat at here: the pieces have different ranks: [1, 2]. "
      "Inputs: 'w' (3, 2), 'concat/values_1' (2,).")
def concat_of_different_ranks(world):
    fg.concat([world.w, np.ones(2)], 0)


@says(errors.ShapeError,
      "softmax_xent at here: logits and labels must have one shape: (4, 3) against (4,). "
      "Inputs: 'Const_1' (4, 3), 'Const' (4,).")
def labels_of_another_shape(world):
    fg.nn.softmax_cross_entropy_with_logits_v2(logits=np.ones((4, 3)), labels=np.ones(4))


@says(errors.ShapeError,
      "variable 'w' (here) has shape (3, 2); cannot assign a value of shape (2,).")
def assign_of_another_shape(world):
    world.w.assign(np.ones(2))


@says(errors.ShapeError, "variable 'w' (here) has shape (3, 2); got a value of shape (3,).")
def value_of_another_shape(world):
    world.w.value = np.ones(3)


@says(errors.ShapeError,
      "cannot make an array of [[1, 2], [3]]: setting an array element with a sequence. The "
      "requested array has an inhomogeneous shape after 1 dimensions. The detected shape was "
      "(2,) + inhomogeneous part.", ValueError)
def a_ragged_constant(world):
    fg.constant([[1, 2], [3]])


# ---- graphs -----------------------------------------------------------------------------

@says(errors.GraphError,
      "constant 'other' (here) and matmul 'y' (here) belong to different graphs. Make both "
      "under the same `with graph.as_default():`.", ValueError)
def operands_of_two_graphs(world):
    with fg.Graph().as_default():
        other = fg.constant(1.0, name="other")
    world.y + other


@says(RuntimeError, "Graph is finalized and cannot be modified.")
def a_finalized_graph(world):
    graph = fg.Graph()
    with graph.as_default():
        x = fg.placeholder()
        graph.finalize()
        fg.exp(x)


@says(TypeError,
      "greater 'Greater' (here) is a node of a graph and has no value to test for truth. Run it "
      "with Session.run(node), or use fastgrad's functions on it. To choose by a value, use "
      "fastgrad.cond or fastgrad.where.")
def a_node_as_a_condition(world):
    if world.y > 0:
        pass


@says(errors.NoArrayError,
      "matmul 'y' (here) is a node of a graph and has no value to make an array of. Run it with "
      "Session.run(node), or use fastgrad's functions on it.", TypeError, NotImplementedError)
def a_node_for_numpy(world):
    np.asarray(world.y)


@says(errors.NoArrayError,
      "numpy.log at here: got matmul 'y' (here), a node of a graph, which has no value yet. Use "
      "fastgrad.log, or run the node first: Session.run(node).", TypeError)
def a_node_for_a_numpy_function(world):
    np.log(world.y)


@says(errors.NoArrayError,
      "numpy.concatenate at here: got matmul 'y' (here), a node of a graph, which has no value "
      "yet. Use fastgrad.concat, or run the node first: Session.run(node).")
def nodes_in_a_list_for_numpy(world):
    np.concatenate([world.y, world.y])


@says(TypeError,
      "matmul 'y' (here) is a node of a graph and has no value to convert to a number. Run it with "
      "Session.run(node), or use fastgrad's functions on it. In place of math's functions use "
      "fastgrad's: fastgrad.sin(node).")
def a_node_for_math(world):
    math.sin(world.y)


@says(AttributeError,
      "'Tensor' object has no attribute 'backward': reduce_mean 'loss' (here) is a node of a "
      "graph. Use fastgrad.gradients(node, variables), or an optimizer's minimize(node)")
def a_method_of_another_framework(world):
    world.loss.backward()


@says(AttributeError,
      "module 'fastgrad.train' has no attribute 'Adam'. Did you mean "
      "fastgrad.train.AdamOptimizer?")
def a_class_of_another_framework(world):
    fg.train.Adam


@says(TypeError,
      "AdamOptimizer.__init__() got an unexpected keyword argument 'lr'. Did you mean "
      "'learning_rate'?")
def a_keyword_of_another_framework(world):
    fg.train.AdamOptimizer(lr=0.1)


@says(errors.FeedTypeError, "expected a node, array or number; got 'w' of type str.", TypeError)
def text_as_an_operand(world):
    world.y + "w"


@says(errors.DTypeError,
      "cannot make a numeric array of [{}, {}] (list became dtype object).", TypeError)
def objects_as_a_constant(world):
    fg.constant([{}, {}])


@says(TypeError,
      "reduce_sum() got an unexpected keyword argument 'axes'. Did you mean 'axis'?")
def an_unknown_keyword(world):
    fg.reduce_sum(world.y, axes=1)


@says(ValueError, "Variable needs an initial_value: an array, number or tensor.")
def a_variable_of_nothing(world):
    fg.Variable()
