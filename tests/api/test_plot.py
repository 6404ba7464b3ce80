"""fastgrad.plot: what is drawn, read back from matplotlib's artists; and what is refused."""

import numpy as np
import pytest
from child import run_python

import fastgrad as fg
from fastgrad import plot
from fastgrad.runtime.history import History

WITHOUT = """import sys; sys.modules['matplotlib'] = None
import fastgrad.plot
fastgrad.plot.confusion_matrix([0], [0])"""


def test_without_matplotlib_it_says_what_to_install():
    done = run_python("-c", WITHOUT)
    assert "ImportError: fastgrad.plot draws with matplotlib" in done.stderr
    assert "pip install matplotlib" in done.stderr


def test_matplotlib_is_loaded_when_something_is_drawn():
    done = run_python("-c", "import fastgrad, sys; fastgrad.plot; print('matplotlib' in sys.modules)")
    assert done.stdout.strip() == "False"


@pytest.fixture
def ax():
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib.figure import Figure
    return Figure().subplots()


def made(**series):
    found = History(list(series))
    found.add(list(series.values()), len(next(iter(series.values()))), 1)
    return found


def test_history(ax):
    found = made(loss=[3.0, 2.0, 1.0], accuracy=[0.1, 0.2, 0.3], image=[np.zeros(2)] * 3)
    assert plot.history(found, ax=ax) is ax
    assert [line.get_label() for line in ax.lines] == ["loss", "accuracy"]
    assert list(ax.lines[0].get_ydata()) == [3.0, 2.0, 1.0] and ax.get_xlabel() == "epoch"
    with pytest.raises(KeyError, match="no 'los'; there are 'loss', 'accuracy', 'image'"):
        plot.history(found, "los", ax=ax)


def test_history_of_one_name(ax):
    plot.history(made(loss=[3.0], accuracy=[0.1]), "loss", logarithmic=True, ax=ax)
    assert ax.get_yscale() == "log" and ax.get_ylabel() == "loss"
    assert ax.lines[0].get_marker() == "o" and ax.get_legend() is None


def classes_at(ax, *points):
    """The class that the picture shows at points."""
    mesh = ax.collections[0]
    corners, values = mesh.get_coordinates(), mesh.get_array()
    rows, columns = values.shape
    x, y = corners[0, :, 0], corners[:, 0, 1]
    return [int(values[np.clip(np.searchsorted(y, b) - 1, 0, rows - 1),
                       np.clip(np.searchsorted(x, a) - 1, 0, columns - 1)]) for a, b in points]


POINTS = np.array([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]])


@pytest.mark.parametrize("classifier, expected", [
    (lambda p: np.stack([p[:, 0], -p[:, 0], p[:, 0] * 0 - 9], 1), [1, 0]),
    (lambda p: 1 / (1 + np.exp(-p[:, :1])), [0, 1]),
    (lambda p: (p[:, 0] > 0) * 2, [0, 2]), (lambda p: p[:, 0] > 0, [0, 1])],
    ids=["scores", "probability", "classes", "truth"])
def test_decision_boundary(ax, classifier, expected):
    assert plot.decision_boundary(classifier, POINTS, ax=ax) is ax
    assert classes_at(ax, (-0.9, 0.3), (0.9, -0.3)) == expected
    assert len(ax.collections) == 1


def test_decision_boundary_of_a_node(ax):
    with fg.Graph().as_default():
        x = fg.placeholder(np.float32, [None, 2])
        w = fg.Variable([[1.0], [0.0]], dtype=np.float32)
        p = fg.sigmoid(x @ w)
    plot.decision_boundary(p, POINTS, [0, 1, 0, 1], feed=x, ax=ax)
    assert classes_at(ax, (-0.9, 0.3), (0.9, -0.3)) == [0, 1]
    assert np.array_equal(ax.collections[1].get_offsets(), POINTS)
    w.value = -w.value
    plot.decision_boundary(p, POINTS, feed=x, session=fg.Session(p.graph), ax=ax)
    with pytest.raises(ValueError, match="say which placeholder takes the points: feed=x"):
        plot.decision_boundary(p, POINTS, ax=ax)


def test_decision_boundary_refuses_other_shapes(ax):
    with pytest.raises(ValueError, match=r"points must have shape \(n, 2\); got \(4, 3\)"):
        plot.decision_boundary(lambda p: p, np.zeros((4, 3)), ax=ax)
    with pytest.raises(ValueError, match=r"gave shape \(3,\); expected \(40000,\)"):
        plot.decision_boundary(lambda p: p[:3, 0], POINTS, ax=ax)
    with pytest.raises(ValueError, match="expected 4 classes; got shape"):
        plot.decision_boundary(lambda p: p, POINTS, [0, 1], ax=ax)


def test_points_on_a_line(ax):
    plot.decision_boundary(lambda p: p[:, 0], np.array([[0.0, 2.0], [1.0, 2.0]]), ax=ax)
    assert ax.get_ylim() == (1.5, 2.5)


def texts(ax):
    return [t.get_text() for t in ax.texts]


def test_confusion_matrix(ax):
    assert plot.confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1], ax=ax) is ax
    assert texts(ax) == ["1", "1", "0", "2"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("prediction", "label")


def test_confusion_matrix_of_scores_in_percent(ax):
    scores = np.eye(3)[[0, 1, 1, 2]]
    plot.confusion_matrix(scores[[0, 0, 1, 1]], scores, names=["a", "b", "c", "d"], normalize=True,
                          ax=ax)
    assert texts(ax)[:8] == ["50", "50", "0", "0", "0", "50", "50", "0"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("labels, predictions, names, message", [
    ([0, 1], [0], None, "expected 2 classes"), ([0, -1], [0, 1], None, "got -1"),
    ([0.5], [0], None, "got 0.5"), ([0, 2], [0, 1], ["a"], "3 classes and 1 names")])
def test_confusion_matrix_refuses(ax, labels, predictions, names, message):
    with pytest.raises(ValueError, match=message):
        plot.confusion_matrix(labels, predictions, names=names, ax=ax)


def test_weights(ax):
    kernel = np.arange(12.0).reshape(4, 3)
    assert plot.weights(kernel, ax=ax) is ax
    image = ax.images[0].get_array()
    assert image.shape == (5, 5)
    assert np.array_equal(image[:2, :2], [[0, 3], [6, 9]])
    assert np.array_equal(image[3:, :2], [[2, 5], [8, 11]])
    assert ax.images[0].get_clim() == (-11, 11)


def test_weights_of_a_variable_and_of_one_unit(ax):
    with fg.Graph().as_default():
        plot.weights(fg.Variable(np.ones(6)), shape=(2, 3), ax=ax)
    assert ax.images[0].get_array().shape == (2, 3)
    with pytest.raises(ValueError, match="6 inputs are no image of 2 x 2. Give shape="):
        plot.weights(np.ones(6), ax=ax)
    with pytest.raises(ValueError, match="6 inputs are no image of 5 x 2.$"):
        plot.weights(np.ones(6), (5, 2), ax=ax)


def test_axes_are_made_where_none_are_given():
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.pyplot as pyplot
    before = pyplot.get_fignums()
    ax = plot.weights(np.ones(4))
    assert len(pyplot.get_fignums()) == len(before) + 1
    pyplot.close(ax.figure)
