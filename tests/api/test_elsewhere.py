"""Names of other frameworks and of NumPy: what is answered, and that every answer is there."""

import math
import re

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import distributions, elsewhere, initializers, layers, losses, metrics, summary
from fastgrad.errors import NoArrayError


def resolved(name):
    """The thing of a dotted public name."""
    thing, rest = fg, name.removeprefix("fastgrad.").split(".")
    for i, part in enumerate(rest):
        if not hasattr(thing, part) and i == 0:
            thing = __import__(f"fastgrad.{part}", fromlist=["x"])
        elif not hasattr(thing, part):
            thing = __import__(f"fastgrad.{'.'.join(rest[:i + 1])}", fromlist=["x"])
        else:
            thing = getattr(thing, part)
    return thing


def test_every_name_of_the_tables_is_there():
    for name, meant in elsewhere.NAMES.items():
        assert resolved(meant) is not None, name
    for name, text in elsewhere.ATTRIBUTES.items():
        for part in text.format(lib="fastgrad").split("fastgrad.")[1:]:
            assert resolved(re.match(r"[\w.]*\w", part)[0]) is not None, name


@pytest.mark.parametrize("module, name, meant", [
    (fg, "relu", "fastgrad.nn.relu"), (fg, "reduce_maen", "fastgrad.reduce_mean"),
    (fg, "Matmul", "fastgrad.matmul"), (fg, "cat", "fastgrad.concat"),
    (fg, "AdamOptimizer", "fastgrad.train.AdamOptimizer"), (fg, "dense", "fastgrad.layers.dense"),
    (fg.train, "SGD", "fastgrad.train.GradientDescentOptimizer"),
    (fg.train, "adam_optimizer", "fastgrad.train.AdamOptimizer"),
    (fg.nn, "ReLU", "fastgrad.nn.relu"), (fg.nn, "Linear", "fastgrad.layers.dense"),
    (fg.math, "softmx", "fastgrad.math.softmax"), (layers, "Dens", "fastgrad.layers.Dense"),
    (losses, "mse_loss", "fastgrad.losses.mean_squared_error"),
    (metrics, "acuracy", "fastgrad.metrics.accuracy"), (summary, "scaler", "fastgrad.summary.scalar"),
    (distributions, "normal", "fastgrad.distributions.Normal"),
    (initializers, "ones_initialiser", "fastgrad.initializers.ones_initializer"),
    (fg.linalg, "cholesky_decomposition", "fastgrad.linalg.cholesky"),
    (fg.random, "unifrom", "fastgrad.random.uniform")])
def test_did_you_mean(module, name, meant):
    with pytest.raises(AttributeError) as caught:
        getattr(module, name)
    assert re.fullmatch(rf"module 'fastgrad[.\w]*' has no attribute '{name}'. Did you mean {meant}\?",
                        str(caught.value))


def test_names_that_resemble_nothing_have_no_advice():
    for module in (fg, fg.nn, layers):
        assert not hasattr(module, "qwertz") and not hasattr(module, "_repr_html_")
        with pytest.raises(AttributeError) as caught:
            module.qwertz
        assert "mean" not in str(caught.value)


@pytest.fixture(params=[fg, tf], ids=["fastgrad", "tf"])
def lib(request):
    with request.param.Graph().as_default():
        yield request.param


def test_attributes_of_other_frameworks_tensors(lib):
    x = lib.placeholder(lib.float32, [2], name="x")
    name = "tf" if lib is tf else "fastgrad"
    for attribute, meant in [("numpy", "Session.run(node)"), ("item", "Session.run(node)"),
                             ("detach", f"{name}.stop_gradient(node)"),
                             ("backward", f"{name}.gradients("), ("T", f"{name}.transpose("),
                             ("exp", f"{name}.exp(node"), ("sum", f"{name}.reduce_sum(node"),
                             ("relu", f"{name}.nn.relu(node")]:
        with pytest.raises(AttributeError, match="has no attribute") as caught:
            getattr(x, attribute)
        assert f"(test_elsewhere.py:{x.op.site[1]}) is a node of a graph. Use {meant}" in str(
            caught.value)
    assert not hasattr(x, "numpy") and getattr(x, "numpy", 3) == 3
    assert not hasattr(lib.Tensor, "numpy") and not hasattr(x, "qwertz")
    assert "numpy" not in dir(x) and "sum" not in dir(x) and "get_shape" in dir(x)


def test_every_method_of_the_table_has_its_function():
    for name in elsewhere.METHODS:
        assert resolved(elsewhere.function(name, "fastgrad") or f"{name} has none") is not None, name


def test_a_users_operation_may_have_such_attributes():
    class kept(fg.Operation):
        def __init__(self, x):
            self.data, self.size = 3, 4
            super().__init__(x)

        def compute(self, x):
            return x * self.data * self.size
    node = kept(fg.constant(1.0))
    assert fg.Session().run(node) == 12.0 and node.data == 3


def test_keywords(lib):
    for call, meant in [(lambda: lib.train.AdamOptimizer(lr=0.1), "learning_rate"),
                        (lambda: lib.train.AdamOptimizer(0.1, beta_1=0.5), "beta1"),
                        (lambda: lib.reduce_sum([1.0], dim=0), "axis"),
                        (lambda: lib.nn.softmax([1.0], dims=0), "axis"),
                        (lambda: lib.Variable(1.0, requires_grad=False), "trainable"),
                        (lambda: lib.Variable(1.0, nme="w"), "name"),
                        (lambda: lib.nn.relu([1.0], feature=3), "features"),
                        (lambda: lib.random_normal([2], stdev=3.0), "stddev"),
                        (lambda: lib.zeros([2], dtyp=lib.int32), "dtype"),
                        (lambda: lib.nn.dropout([1.0], keep_pro=0.5), "keep_prob")]:
        with pytest.raises(TypeError, match=rf"unexpected keyword argument .*mean '{meant}'\?"):
            call()
    with pytest.raises(TypeError, match="unexpected keyword argument 'qwertz'$"):
        lib.reduce_sum([1.0], qwertz=0)


def test_a_keyword_error_of_a_users_own_function_is_left_alone():
    def body(i):
        return (lambda learning_rate: i)(lr=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'lr'$"):
        fg.while_loop(lambda i: i < 3, body, [fg.constant(0)])


# ---- NumPy ------------------------------------------------------------------------------

OPERATORS = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b,
    lambda a, b: a // b, lambda a, b: a % b, lambda a, b: a ** b, lambda a, b: a < b,
    lambda a, b: a <= b, lambda a, b: a > b, lambda a, b: a >= b, lambda a, b: a @ b]


@pytest.mark.parametrize("i", range(len(OPERATORS)))
def test_operators_between_arrays_and_nodes(i, lib):
    a, b = np.array([[1.5, 2.0], [3.0, 4.5]]), np.array([[2.0, 0.5], [3.0, 1.0]])
    node = lib.constant(b, lib.float64)
    with lib.Session() as session:
        np.testing.assert_allclose(session.run(OPERATORS[i](a, node)), OPERATORS[i](a, b))
        np.testing.assert_allclose(session.run(OPERATORS[i](node, a)), OPERATORS[i](b, a))
        if i < 11:
            number = np.float64(3.0)
            np.testing.assert_allclose(session.run(OPERATORS[i](number, node)),
                                       OPERATORS[i](number, b))


def test_nodes_are_compared_by_identity_with_arrays_too(lib):
    x, array = lib.constant(1.0), np.ones(3)
    assert (array == x) is False and (array != x) is True and (np.float64(1.0) == x) is False
    assert x not in [array, np.float64(1.0)] and {x: 1}[x] == 1


ASKING = [np.log, np.negative, np.isnan, np.sum, np.mean, np.dot, np.maximum, np.concatenate,
          np.add.reduce, np.linalg.norm, np.where, np.stack, np.reshape, np.argmax, np.einsum,
          np.clip, np.vectorize(math.sin), np.asarray, np.array, np.testing.assert_allclose]


@pytest.mark.parametrize("function", ASKING, ids=lambda f: f.__name__)
def test_functions_of_numpy_are_errors_that_name_the_node(function, lib):
    x = lib.constant([1.0, 2.0], name="x")
    arguments = {"dot": (x, x), "maximum": (x, 0.0), "concatenate": ([x, x],), "stack": ([x, x],),
                 "reshape": (x, (2, 1)), "einsum": ("i->i", x), "clip": (x, 0, 1),
                 "assert_allclose": (x, [1.0, 2.0])}.get(function.__name__, (x,))
    with pytest.raises(TypeError, match=r"constant 'x' \(test_elsewhere.py:\d+\)") as caught:
        function(*arguments)
    assert "Session.run" in str(caught.value)


def test_numpys_functions_that_have_a_twin_name_it():
    x = fg.constant([1.0, 2.0])
    for function, twin in [(np.log, "log"), (np.sum, "reduce_sum"), (np.arcsin, "asin"),
                           (np.concatenate, "concat"), (np.dot, "matmul"), (np.isnan, "is_nan"),
                           (np.argmax, "argmax"), (np.clip, "clip_by_value")]:
        arguments = ([x],) if function is np.concatenate else (x, x)[:2 if function is np.dot else 1]
        arguments += (0, 1) if function is np.clip else ()
        with pytest.raises(NoArrayError, match=rf"numpy\.\w+ at test_elsewhere\.py:\d+: .*Use "
                           rf"fastgrad\.{twin}, or run"):
            function(*arguments)
    with pytest.raises(NoArrayError, match="Use fastgrad's functions, or py_func"):
        np.spacing(x)


def test_what_python_asks_of_a_number(lib):
    x = lib.constant([1.0, 2.0], name="x")
    for ask in (math.sin, float, int, complex, bool, len, round, math.floor, range):
        with pytest.raises(TypeError):
            ask(x)
    for ask in (math.sin, float, int, complex, bool, len, range):
        with pytest.raises(TypeError, match=r"'x' \(test_elsewhere.py:\d+\)"):
            ask(x)


def test_an_array_cannot_take_a_node_in_place():
    array, x = np.ones(2), fg.constant([1.0, 2.0])
    with pytest.raises(NoArrayError, match="numpy.add at test_elsewhere"):
        array += x


def test_the_shape_of_a_node_may_be_asked_of_numpy(lib):
    assert tuple(np.shape(lib.constant([1.0, 2.0]))) == (2,)


@pytest.mark.parametrize("module, name, meant", [
    (tf, "relu", "nn.relu"), (tf.train, "Adam", "train.AdamOptimizer"),
    (tf, "reduce_maen", "reduce_mean"), (tf.nn, "Relu", "nn.relu"), (tf.layers, "Linear",
                                                                     "layers.dense")])
def test_tensorflows_names_are_answered_too(module, name, meant):
    with pytest.raises(AttributeError, match=rf"is not in fastgrad\. Did you mean tf\.{meant}\?$"):
        getattr(module, name)
    thing = tf
    for part in meant.split("."):
        thing = getattr(thing, part)
