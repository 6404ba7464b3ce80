"""What crosses to other processes: errors do, values do; graphs and sessions say what to do instead.

Workers that are forked share what was made before; spawned ones and joblib's (loky) make their own.
"""

import copy
import pickle

import numpy as np
import pytest
from child import run_python

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad import errors


@pytest.fixture(autouse=True)
def graph():
    with fg.Graph().as_default() as made:
        yield made


# ---- errors -----------------------------------------------------------------------------

def kinds():
    return [v for v in vars(errors).values()
            if isinstance(v, type) and issubclass(v, Exception) and v.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", kinds(), ids=lambda k: k.__name__)
def test_errors_are_pickled_without_their_operation(kind):
    """A worker's error must reach the process that waits for it."""
    error = kind("what to do")
    if isinstance(error, errors.OpError):
        error = kind("what to do", op=fg.tanh(fg.placeholder(name="x")).op)
        assert error.op.type == "tanh"
    error.note = 3
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is kind and str(found) == "what to do" and found.note == 3
    if isinstance(error, errors.OpError):
        assert found.op is None and found.message == error.message
        assert found.error_code == error.error_code


def test_an_error_of_a_run_is_pickled():
    class breaks(fg.Operation):
        def compute(self, x):
            raise RuntimeError("no")

    session, x = fg.Session(), fg.placeholder(np.float64)
    for node, feed in ((fg.gather(np.ones(3), fg.cast(x, np.int32)), 7.0), (breaks(x), 1.0),
                       (fg.log(x), "text"), (x, None)):
        with pytest.raises((ValueError, errors.OpError)) as caught:
            session.run(node, {} if feed is None else {x: feed})
        found = pickle.loads(pickle.dumps(caught.value))
        assert type(found) is type(caught.value) and str(found) == str(caught.value)


# ---- graphs and sessions ----------------------------------------------------------------

def parts():
    """{what: a part of a graph}"""
    class own(fg.Operation):
        def compute(self, x):
            return x

    x = fg.placeholder(np.float64, [], name="x")
    w = fg.Variable(1.0, name="w")
    y = fg.multiply(x, w, name="y")
    session = fg.Session()
    return {"tensor": y, "placeholder": x, "variable": w, "operation": y.op, "own": own(x),
            "graph": x.graph, "session": session, "callable": session.make_callable(y, [x]),
            "plan": session.plan(y, {x: 1.0}), "store": session.store}


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("name", ["tensor", "placeholder", "variable", "operation", "own", "graph",
                                  "session", "callable", "plan", "store"])
def test_parts_of_a_graph_are_not_copied(name, way):
    """A copy of a node would be another node: no feed and no fetch would know it."""
    part = parts()[name]
    for thing in (part, [part], {"a": part}):
        if way is copy.copy and thing is not part:
            assert copy.copy(thing) == thing
            continue
        with pytest.raises(TypeError, match=r"cannot be pickled or copied: .* "
                           r"Make the graph again where you need it .*train\.Saver"):
            way(thing)


def test_the_message_names_the_node():
    y = fg.tanh(fg.placeholder(name="x"), name="y")
    with pytest.raises(TypeError, match=r"tanh 'y' \(test_processes.py:\d+\) cannot be pickled"):
        pickle.dumps(y)
    with tf.Graph().as_default():
        v = tf.Variable(1.0, name="v")
    with pytest.raises(TypeError, match=r"variable 'v' \(test_processes.py:\d+\) cannot"):
        copy.deepcopy(v)


# ---- joblib -----------------------------------------------------------------------------

JOBLIB = """
import numpy as np
import joblib
import fastgrad as fg

rows = np.random.default_rng(0).standard_normal((64, 3))

def network():
    with fg.Graph().as_default():
        x = fg.placeholder(np.float64, [None, 3])
        w = fg.Variable(np.full((3, 1), 0.5))
        loss = fg.reduce_mean(fg.square(fg.matmul(x, w) - 1.0))
        return x, w, loss, fg.train.GradientDescentOptimizer(0.1).minimize(loss), fg.Session()

def anew(n):
    # in a worker of any kind: a network of its own
    x, w, loss, train, session = network()
    for _ in range(n):
        session.run(train, {x: rows})
    return w.value

x, w, loss, train, session = network()

def shared(n):
    # in a thread or a forked process: the trained session, as it is
    return session.run(loss, {x: rows[n:]})

def more(n):
    for _ in range(n):
        session.run(train, {x: rows})
    return w.value

def breaks(n):
    return session.run(loss, {x: rows[:, :2]})

def in_spawned(n):
    import fastgrad
    y = fastgrad.placeholder(np.float64)
    return fastgrad.Session().run(fastgrad.gather(np.ones(3), fastgrad.cast(y, np.int32)), {y: n})

if __name__ == "__main__":
    session.run(train, {x: rows})
    expected = [anew(n) for n in range(4)]
    backend = BACKEND
    parallel = joblib.Parallel(n_jobs=2, backend=backend)
    assert all(map(np.array_equal, expected, parallel(joblib.delayed(anew)(n) for n in range(4))))
    if backend != "loky":
        found = parallel(joblib.delayed(shared)(n) for n in range(8))
        assert found == [shared(n) for n in range(8)]
        try:
            parallel(joblib.delayed(breaks)(n) for n in range(2))
        except fg.errors.FeedError as e:
            assert "has shape (None, 3); got an array of shape (64, 2)" in str(e)
        else:
            raise AssertionError("no error")
    if backend == "multiprocessing":
        before = w.value
        one, two = parallel(joblib.delayed(more)(5) for n in range(2))
        assert not np.array_equal(one, before) and np.array_equal(w.value, before)
    try:
        parallel(joblib.delayed(in_spawned)(n) for n in (1, 7))
    except fg.errors.InvalidArgumentError as e:
        assert "index 7 lies outside [0, 3)" in str(e)
    else:
        raise AssertionError("no error")
    if backend == "loky":
        try:
            parallel(joblib.delayed(session.run)(loss) for n in range(2))
        except Exception as e:
            assert "a Session cannot be pickled" in str(e) + str(e.__cause__)
        else:
            raise AssertionError("no error")
    print("passed")
"""


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_joblib(backend, tmp_path):
    """A trained session in joblib's workers: results, errors, and what cannot be sent."""
    pytest.importorskip("joblib", reason="joblib is not installed: pip install fastgrad[test]")
    script = tmp_path / "script.py"
    script.write_text(JOBLIB.replace("BACKEND", repr(backend)), encoding="utf-8")
    found = run_python(str(script))
    assert found.returncode == 0 and found.stdout == "passed\n", found.stderr[-3000:]
