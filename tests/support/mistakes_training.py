"""Mistakes with gradients, training and operations of the user's own; see `mistakes.py`."""

import numpy as np
from mistakes import says

import fastgrad as fg
from fastgrad import errors

# ---- gradients and training -------------------------------------------------------------

@says(errors.GradientError,
      "loss matmul 'y' (here) has shape (None, 2); expected a scalar. Reduce it, for example "
      "with reduce_sum or reduce_mean.", ValueError)
def a_loss_that_is_no_scalar(world):
    fg.train.GradientDescentOptimizer(0.1).minimize(world.y)


@says(errors.TrainTypeError,
      "loss reduce_sum 'Sum' (here) has dtype int64; expected a floating dtype. Cast it, or feed "
      "and initialise with floats.", TypeError)
def an_integer_loss(world):
    v = fg.Variable([1, 2])
    fg.train.GradientDescentOptimizer(0.1).minimize(fg.reduce_sum(v))


@says(errors.GradientError,
      "No gradients provided for any variable: loss reduce_mean 'Mean' (here) does not depend on "
      "any variable to train: 'w'.")
def a_loss_without_variables(world):
    fg.train.GradientDescentOptimizer(0.1).minimize(fg.reduce_mean(fg.square(world.x)))


@says(errors.GradientError, "there are no variables to train: No variables to optimize.")
def a_graph_without_variables(world):
    with fg.Graph().as_default():
        x = fg.placeholder(np.float64, ())
        fg.train.GradientDescentOptimizer(0.1).minimize(x * 2.0)


@says(errors.TrainTypeError,
      "cannot train variables of an integer dtype: 'count'. Give them floating initial values "
      "(1.0 instead of 1), or leave them out of var_list.", TypeError)
def training_integers(world):
    count = fg.Variable([1, 2], name="count")
    loss = fg.reduce_sum(fg.cast(count, np.float64) * 1.0) + fg.reduce_sum(count * 0.5)
    fg.train.GradientDescentOptimizer(0.1).minimize(loss, var_list=[count])


@says(errors.TrainTypeError, "var_list takes Variables; got placeholder.", TypeError)
def training_a_placeholder(world):
    fg.train.GradientDescentOptimizer(0.1).minimize(world.loss, var_list=[world.x])


@says(errors.GradientError,
      "no gradient for operation 'unregistered' (here), which lies on the path to reduce_sum "
      "'Sum' (here). Register one with RegisterGradient('unregistered'), or cut the path with "
      "stop_gradient.", ValueError, LookupError)
def an_unregistered_gradient(world):
    class unregistered(fg.Operation):
        def compute(self, x):
            return x
    fg.gradients(fg.reduce_sum(unregistered(world.w)), [world.w])


@says(errors.GradientError,
      "loss matmul 'y' (here) has shape (None, 2); expected a scalar. Reduce it, for example "
      "with reduce_sum or reduce_mean.")
def compute_gradients_of_a_matrix(world):
    fg.compute_gradients(world.y)


@says(errors.MissingFeedError,
      "placeholder 'x' (here) has not been fed yet. Run the session first, or pass feed_dict= to "
      "compute_gradients.")
def compute_gradients_before_any_run(world):
    fg.compute_gradients(world.loss)


@says(errors.FetchTypeError, "compute_gradients takes a node; got float.")
def compute_gradients_of_a_number(world):
    fg.compute_gradients(2.0)


@says(errors.GradientError, "gradients: 2 grad_ys for 1 ys.")
def weights_of_a_wrong_count(world):
    fg.gradients(world.loss, [world.w], grad_ys=[1.0, 2.0])


@says(errors.ShapeError,
      "gradients: the grad_ys for square 'Square_1' (here) has shape (4,); expected (3, 2), the "
      "shape of y.")
def weights_of_a_wrong_shape(world):
    fg.gradients(fg.square(world.w), [world.w], grad_ys=np.ones(4))


@says(errors.GraphError, "gradients: placeholder 'other' (here) is in another graph than "
                         "reduce_mean 'loss' (here).")
def gradients_to_another_graph(world):
    with fg.Graph().as_default():
        other = fg.placeholder(name="other")
    fg.gradients(world.loss, [other])


# ---- operations of the user's own -------------------------------------------------------

@says(errors.ComputeError,
      "compute() of 'breaks' (here) raised ZeroDivisionError: division by zero",
      errors.InvalidArgumentError, RuntimeError)
def compute_that_raises(world):
    class breaks(fg.Operation):
        def compute(self, x):
            return 1 / 0
    world.run([world.train, breaks(world.y)])


@says(errors.ComputeError,
      "compute() of 'speaks' (here) returned str with dtype <U5; expected numbers.")
def compute_that_returns_text(world):
    class speaks(fg.Operation):
        def compute(self, x):
            return "hello"
    world.run([world.train, speaks(world.y)])


@says(errors.RunShapeError,
      "add 'sum' (here): shapes (4, 2) and (5,) do not broadcast: 2 against 5. "
      "Inputs: 'y' (4, 2), 'five' (5,).")
def compute_of_a_shape_that_does_not_fit(world):
    class five(fg.Operation):
        def compute(self, x):
            return np.ones(5)
    world.run([world.train, fg.add(world.y, five(world.y), name="sum")])


@says(errors.ComputeError,
      "compute() of 'idle' (here) raised NotImplementedError: operation 'idle' defines no "
      "compute(self, *values)")
def an_operation_without_compute(world):
    class idle(fg.Operation):
        pass
    world.run(idle(world.y))


def doubled(name, rule):
    """An operation with this gradient function, registered once."""
    kind = type(name, (fg.Operation,), {"compute": lambda self, x: x * 2.0})
    if name not in _made:
        _made.add(name)
        fg.RegisterGradient(name)(rule)
    return kind


_made = set()


@says(errors.GradientError,
      "the gradient of 'pairs' (here) returned 2 values for 1 inputs; return one for each.")
def a_gradient_of_a_wrong_count(world):
    pairs = doubled("pairs", lambda op, dy: [np.asarray(dy), np.asarray(dy)])
    loss = fg.reduce_sum(pairs(world.w))
    world.run(fg.train.GradientDescentOptimizer(0.1).minimize(loss))


@says(errors.GradientError,
      "the gradient of 'flat' (here) for input 0 has shape (6,); expected (3, 2).")
def a_gradient_of_a_wrong_shape(world):
    flat = doubled("flat", lambda op, dy: np.asarray(dy).ravel())
    loss = fg.reduce_sum(flat(world.w))
    world.run(fg.train.GradientDescentOptimizer(0.1).minimize(loss))


@says(errors.RegisteredError, "the gradient 'matmul' is registered already, by fastgrad itself. "
                         "Choose another name.", ValueError)
def a_gradient_registered_twice(world):
    @fg.RegisterGradient("matmul")
    def _(op, dy):
        return dy, dy


@says(ValueError, "num_threads must be a whole number of 1 or more; got 0.")
def no_threads(world):
    fg.Session(num_threads=0)


@says(ValueError,
      "The name 'y' looks like an (invalid) Tensor name: expected 'operation:output', such as "
      "'add:0'.")
def a_tensor_name_without_its_output(world):
    fg.get_default_graph().get_tensor_by_name("y")


@says(KeyError, "The name 'nobody' refers to an Operation not in the graph.")
def an_operation_name_that_is_unknown(world):
    fg.get_default_graph().get_operation_by_name("nobody")


@says(errors.ShapeError,
      "flatten: constant 'Const' (here) has no dimensions; expected 1 or more.", ValueError)
def flatten_of_a_scalar(world):
    fg.layers.flatten(fg.constant(1.0))
