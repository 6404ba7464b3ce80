"""The place in an error is always the user's: a file and line of theirs, or a notebook's cell.

Every public door is opened from this file, and no node that it makes may carry another file; the
messages of every mistake in `mistakes.py` may name none of the package's.
"""

import contextlib
import pathlib
import re
import sys
import threading
import types

import mistakes_training  # noqa: F401  (adds its rows to CASES)
import numpy as np
import pytest
from child import PACKAGE, run_python
from mistakes import CASES, World

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import distributions, layers, losses, metrics, summary
from fastgrad.wording import show_site, where

OURS = {p.name for p in pathlib.Path(fg.__file__).parent.rglob("*.py")} - {"__init__.py"}


def data():
    return fg.placeholder(np.float32, (None, 4), name="x")


def loss_of(x):
    w = fg.Variable(np.ones((4, 2), np.float32), name="w")
    return fg.reduce_mean(fg.square(fg.matmul(x, w)))


def trained(optimizer):
    return lambda: optimizer.minimize(loss_of(data()), var_list=fg.trainable_variables())


def looped(x):
    return fg.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, fg.tanh(h)),
                         [fg.constant(0), x])


def tf_net():
    x = tf.placeholder(tf.float32, [None, 4])
    h = tf.layers.dense(x, 3, tf.nn.relu, kernel_initializer=tf.glorot_normal_initializer())
    step = tf.train.get_or_create_global_step()
    rate = tf.train.exponential_decay(0.1, step, 10, 0.5)
    loss = tf.losses.mean_squared_error(x, tf.layers.dense(h, 4)) + tf.reduce_mean(
        tf.while_loop(lambda i: i < 3, lambda i: i + 1, [tf.to_float(step)]))
    tf.train.AdamOptimizer(rate).minimize(loss, step)
    tf.train.Saver()
    tf.get_variable("v", [2], initializer=tf.ones_initializer()).initialized_value()
    tf.Variable(3.0).value()
    return tf.global_variables_initializer()


def with_scopes():
    """Context managers written as generators put contextlib's frames before the user's."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(fg.name_scope("a"))
        stack.enter_context(fg.variable_scope("b"))
        return fg.get_variable("w", [2, 2], initializer=fg.orthogonal_initializer())


@contextlib.contextmanager
def scoped():
    yield fg.exp(fg.constant(1.0))


def in_contexts():
    with scoped() as y:
        return fg.log(y)


DOORS = {
    "layers": lambda: layers.dropout(layers.batch_normalization(
        layers.dense(data(), 3, fg.nn.relu), training=True), training=True),
    "losses": lambda: losses.mean_squared_error(data(), np.ones((1, 4), np.float32)),
    "metrics": lambda: metrics.accuracy([1, 2], [1, 3]),
    "distributions": lambda: distributions.Normal(0.0, 1.0).log_prob(data()),
    "summary": lambda: summary.scalar("loss", loss_of(data())),
    "gradients": lambda: fg.gradients(loss_of(data()), fg.trainable_variables()),
    "hessians": lambda: fg.hessians(loss_of(data()), fg.trainable_variables()),
    "descent": trained(fg.train.GradientDescentOptimizer(0.1)),
    "adam": trained(fg.train.AdamOptimizer(0.1)),
    "ftrl": trained(fg.train.FtrlOptimizer(0.1)),
    "rms": trained(fg.train.RMSPropOptimizer(0.1, centered=True)),
    "averages": lambda: fg.train.ExponentialMovingAverage(0.9).apply([fg.Variable(1.0)]),
    "while": lambda: fg.gradients(looped(data())[1], data()),
    "cond": lambda: fg.cond(loss_of(data()) > 0, lambda: fg.exp(1.0), lambda: fg.log(1.0)),
    "py_func": lambda: fg.py_func(np.sin, [data()], fg.float32),
    "clip": lambda: fg.clip_by_global_norm([data(), data()], 1.0),
    "operators": lambda: (1 - data()) * data()[:, 0:1] / 2.0 ** -data(),
    "global step": lambda: fg.train.get_or_create_global_step(),
    "initializer": lambda: (loss_of(data()), fg.global_variables_initializer()),
    "saver": lambda: (loss_of(data()), fg.train.Saver()),
    "compute_gradients": lambda: fg.compute_gradients(loss_of(data()), {"x:0": np.ones((2, 4))}),
    "compat": tf_net, "scopes": with_scopes, "contexts": in_contexts,
}


@pytest.mark.parametrize("door", DOORS)
def test_nodes_carry_this_files_lines(door):
    graph = tf.Graph() if door == "compat" else fg.Graph()
    with graph.as_default():
        DOORS[door]()
    assert len(graph._records)
    assert {(r.site and r.site[0], r.op_type) for r in graph._records if
            not r.site or r.site[0] != __file__} == set()


@pytest.mark.parametrize("mistake", [c.values[0] for c in CASES], ids=[c.id for c in CASES])
def test_no_message_names_a_line_of_ours(mistake):
    with pytest.raises(Exception) as caught:
        mistake(World())
    assert set(re.findall(r"(\w+\.pyx?i?)\b", str(caught.value))) & OURS == set()


def test_a_failed_run_names_this_file_through_every_door():
    fg.reset_default_graph()
    x, rows = fg.placeholder(name="x"), []
    y = fg.matmul(x, np.ones((3, 2)), name="y")
    line = sys._getframe().f_lineno - 1
    session, wrong = fg.Session(), np.ones((4, 5))
    for run in (lambda: session.run(y, {x: wrong}), lambda: session.make_callable(y, [x])(wrong),
                lambda: session.plan(y, {x: wrong}), lambda: session.fit(y, {x: wrong}),
                lambda: session.run({"y": y}, {x: wrong})):
        with pytest.raises(fg.errors.RunShapeError) as caught:
            run()
        rows.append(str(caught.value))
    assert all(f"matmul 'y' (test_sites.py:{line})" in text for text in rows), rows


def test_a_thread_that_runs_nothing_of_the_users_has_no_place():
    with fg.Graph().as_default() as graph:
        thread = threading.Thread(target=fg.constant, args=(1.0,))
        thread.start()
        thread.join()
        assert graph._records[-1].site is None
        assert where(graph.operation_at(0)) == "constant 'Const'"


SCRIPT = """\
import sys
if len(sys.argv) > 1: sys.path.insert(0, sys.argv[1])
import fastgrad.compat.v1 as tf
x = tf.placeholder(tf.float32, [None, 4], name="x")
w = tf.Variable(tf.ones([4, 3]), name="w")
y = tf.matmul(x, tf.transpose(w), name="y")
"""


@pytest.mark.parametrize("arguments", [
    ("script.py", "{package}/tests/.."), ("-m", "fastgrad", "run", "script.py"), ("script.py",)])
def test_a_script_however_it_is_run(arguments, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    found = run_python(*[a.replace("script.py", str(tmp_path / "script.py")).format(
        package=PACKAGE) for a in arguments])
    assert "ShapeError: matmul at script.py:6: inner dimensions differ" in found.stderr


def test_cells_of_a_notebook(monkeypatch):
    assert show_site(("<ipython-input-2-0123456789ab>", 3)) == "In [2]:3"
    shell = types.SimpleNamespace(compile=types.SimpleNamespace(_filename_map={"/tmp/k/1.py": 7}))
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert show_site(("/tmp/k/1.py", 4)) == "In [7]:4"
    assert show_site(("/home/me/1.py", 4)) == "1.py:4"
    ipython.get_ipython = lambda: None                  # imported, and no shell
    assert show_site(("/tmp/k/1.py", 4)) == "1.py:4"

