"""Recurrent cells under fastgrad's own names: NumPy's dtypes, shapes, words of errors."""

import copy

import numpy as np
import pytest
from child import run_python

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import rnn
from fastgrad.nn import rnn_cell

CELLS = {
    "BasicRNNCell": {}, "GRUCell": {}, "BasicLSTMCell": {}, "LSTMCell": {},
    "LayerNormBasicLSTMCell": {}, "CoupledInputForgetGateLSTMCell": {"use_peepholes": True},
    "LSTMBlockCell": {"use_peephole": True}, "GRUBlockCell": {}, "GRUBlockCellV2": {},
    "UGRNNCell": {}, "IntersectionRNNCell": {"num_in_proj": 4}, "NASCell": {"use_bias": True},
    "SRUCell": {}, "IndRNNCell": {}, "IndyLSTMCell": {}, "MinimalRNNCell": {}, "CFNCell": {}}


@pytest.fixture(autouse=True)
def fresh():
    fg.reset_default_graph()
    tf.reset_default_graph()


@pytest.mark.parametrize("name", CELLS)
def test_a_step_in_float64_and_its_gradient(name):
    """Weights take the dtype of the inputs; slopes agree with central differences."""
    cell = getattr(rnn, name)(4, **CELLS[name])
    x = fg.placeholder(fg.float64, [2, 3])
    output, state = cell(x, cell.zero_state(2, fg.float64))
    output, state = cell(x * 0.5, state)
    assert output.shape.as_list() == [2, 4] and output.dtype == fg.float64
    loss = fg.reduce_sum(output * np.arange(8.0).reshape(2, 4))
    session, value = fg.Session(), np.linspace(-1, 1, 6).reshape(2, 3)
    slope = session.run(fg.gradients(loss, x)[0], {x: value})
    for at in np.ndindex(2, 3):
        ends = []
        for h in (1e-5, -1e-5):
            moved = value.copy()
            moved[at] += h
            ends.append(session.run(loss, {x: moved}))
        assert abs((ends[0] - ends[1]) / 2e-5 - slope[at]) < 1e-6 * max(1, abs(slope[at]))


@pytest.mark.parametrize("name", CELLS)
def test_names_of_variables_are_tensorflows(name):
    """The scope is the class in snake case, but where a cell has the name of another."""
    scopes = {"LSTMBlockCell": "lstm_cell", "GRUBlockCell": "gru_cell",
              "GRUBlockCellV2": "gru_cell", "BasicRNNCell": "basic_rnn_cell",
              "BasicLSTMCell": "basic_lstm_cell", "UGRNNCell": "ugrnn_cell",
              "NASCell": "nas_cell", "SRUCell": "sru_cell", "IndRNNCell": "ind_rnn_cell",
              "CFNCell": "cfn_cell", "MinimalRNNCell": "minimal_rnn_cell"}
    cell = getattr(tf.contrib.rnn, name)(4, **CELLS[name])
    cell(tf.zeros([1, 3]), cell.zero_state(1, tf.float32))
    names = [v.name for v in tf.trainable_variables()]
    assert names and sorted(names) == sorted(v.name for v in cell.trainable_variables)
    if name in scopes:
        assert {n.partition("/")[0] for n in names} == {scopes[name]}


def test_attention_cell_wrapper_keeps_its_last_outputs():
    cell = rnn.AttentionCellWrapper(rnn_cell.GRUCell(3), 2)
    assert cell.state_size == (3, 3, 6)
    x = fg.constant(np.ones((2, 5)))
    output, state = cell(x, cell.zero_state(2, fg.float64))
    _, (_, _, memory) = cell(x, state)
    first, kept = fg.Session().run([output, memory])
    np.testing.assert_allclose(kept[:, :3], first)


def test_highway_of_a_closed_gate_is_the_input():
    cell = tf.contrib.rnn.HighwayWrapper(tf.nn.rnn_cell.BasicRNNCell(3), carry_bias_init=40.0)
    x = tf.constant(np.random.RandomState(0).randn(2, 3).astype("f"))
    output, _ = cell(x, cell.zero_state(2, tf.float32))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(*session.run([output, x]), rtol=1e-6)


def test_zero_state_joins_the_graph_that_tensorflow_means():
    """Without any graph chosen there are two implicit ones: fastgrad's and compat.v1's."""
    ours, theirs = rnn_cell.GRUCell(2), tf.nn.rnn_cell.GRUCell(2)
    assert ours.zero_state(1, fg.float64).graph is fg.get_default_graph()
    assert theirs.zero_state(1, tf.float32).graph is tf.get_default_graph()
    assert fg.get_default_graph() is not tf.get_default_graph()


def test_a_cell_that_calls_no_init_of_its_base():
    class Plain(tf.nn.rnn_cell.RNNCell):
        def __init__(self):
            self.seen = 0
        state_size = output_size = property(lambda self: 2)

        def __call__(self, inputs, state, scope=None):
            self.seen += 1
            return inputs + state, inputs + state
    cell = Plain()
    out, state = tf.nn.dynamic_rnn(cell, tf.ones([1, 3, 2]), dtype=tf.float32)
    assert isinstance(cell, tf.nn.rnn_cell.RNNCell) and cell.seen == 1
    np.testing.assert_array_equal(tf.Session().run(out)[0, :, 0], [1, 2, 3])


def test_isinstance_of_a_programs_own_class():
    class Mine(tf.nn.rnn_cell.BasicLSTMCell):
        pass
    assert not isinstance(tf.nn.rnn_cell.BasicLSTMCell(2), Mine)
    assert isinstance(Mine(2), tf.nn.rnn_cell.BasicLSTMCell)
    assert issubclass(tf.nn.rnn_cell.LSTMCell, tf.nn.rnn_cell.RNNCell)
    assert isinstance(rnn_cell.GRUCell(2), tf.nn.rnn_cell.RNNCell)


def test_deepcopy_of_a_cell_makes_weights_of_its_own():
    first = rnn_cell.MultiRNNCell([rnn_cell.DropoutWrapper(
        rnn_cell.GRUCell(2), fg.placeholder(fg.float64, [])) for _ in range(2)])
    second = copy.deepcopy(first)
    x = fg.ones([1, 2], fg.float64)
    for i, cell in enumerate((first, second)):
        with fg.variable_scope(f"s{i}"):
            cell(x, cell.zero_state(1, fg.float64))
    assert len(first.variables) == len(second.variables) == 8
    assert not set(first.variables) & set(second.variables)


def test_a_second_layer_of_a_given_name_is_numbered():
    """As in TensorFlow: the name is a default, made unique in its scope."""
    for _ in range(2):
        tf.layers.Dense(2, name="d")(tf.ones([1, 1]))
        tf.nn.rnn_cell.BasicRNNCell(1, name="c")(tf.ones([1, 1]), tf.ones([1, 1]))
    assert [v.op.name for v in tf.global_variables()] == [
        "d/kernel", "d/bias", "c/kernel", "c/bias",
        "d_1/kernel", "d_1/bias", "c_1/kernel", "c_1/bias"]


@pytest.mark.parametrize("build, kind, words", [
    (lambda: rnn_cell.GRUCell(4)(fg.zeros([2, 3]), fg.zeros([2, 5])), ValueError,
     r"GRUCell: the state .* has shape \(2, 5\); expected a width of 4"),
    (lambda: rnn_cell.BasicLSTMCell(4)(fg.zeros([2, 3]), fg.zeros([2, 4])), TypeError,
     r"tuple \(c, h\)"),
    (lambda: rnn_cell.LSTMCell(4)(fg.zeros([2, 3]), (fg.zeros([2, 4]),) * 3), ValueError,
     "3 parts; expected two"),
    (lambda: rnn_cell.GRUCell(4)(fg.placeholder(fg.float32, [2, None]), fg.zeros([2, 4])),
     ValueError, "to be known"),
    (lambda: rnn_cell.GRUCell(4)(fg.zeros([2, 3], fg.int32), fg.zeros([2, 4])), TypeError,
     "only supports floating point"),
    (lambda: rnn_cell.MultiRNNCell([rnn_cell.GRUCell(2)] * 2)(
        fg.zeros([1, 3]), (fg.zeros([1, 2]),)), ValueError, "tuple of length 2"),
    (lambda: rnn_cell.DropoutWrapper(rnn_cell.GRUCell(2), -0.1), ValueError,
     "input_keep_prob must be between 0 and 1"),
    (lambda: rnn_cell.DropoutWrapper(rnn_cell.GRUCell(2), 0.5, variational_recurrent=True,
                                     dtype=fg.float32), ValueError, "input_size"),
    (lambda: rnn.OutputProjectionWrapper("no cell", 3), TypeError, "is not an RNNCell"),
    (lambda: rnn_cell.RNNCell().zero_state(1, fg.float32), NotImplementedError, "state_size"),
])
def test_bad_steps_are_refused_with_words(build, kind, words):
    with pytest.raises(kind, match=words):
        build()


def test_dropout_of_the_state_leaves_the_memory_alone():
    cell = rnn_cell.DropoutWrapper(rnn_cell.BasicLSTMCell(50), state_keep_prob=0.5)
    x = fg.constant(np.random.RandomState(1).randn(20, 3))
    _, state = cell(x, cell.zero_state(20, fg.float64))
    c, h = fg.Session().run(state)
    assert (c != 0).all() and 0.3 < (h == 0).mean() < 0.7


def test_dropout_seeds_are_those_of_tensorflow():
    cell = rnn_cell.DropoutWrapper(rnn_cell.GRUCell(2), 0.5, seed=3)
    assert cell._seed_of("input", 0) != cell._seed_of("input", 1)
    assert cell._seed_of("input", 0) == cell._seed_of("input", 0)


def test_recurrent_nets_are_loaded_when_they_are_asked_for():
    done = run_python("-c", "import sys, fastgrad as fg, fastgrad.compat.v1 as tf;"
                      "late = ('fastgrad.rnn', 'fastgrad.seq2seq', 'fastgrad.crf');"
                      "print(*(m in sys.modules for m in late));"
                      "fg.nn.dynamic_rnn, tf.contrib.crf, tf.contrib.seq2seq;"
                      "print(*(m in sys.modules for m in late))")
    assert done.stdout.split() == ["False"] * 3 + ["True"] * 3
