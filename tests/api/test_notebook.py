"""What a notebook shows of graphs, plans, histories, sessions and variables: `_repr_html_`."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.graph.layered import arrange
from fastgrad.runtime.history import History


def parsed(thing):
    """The markup as a tree; what does not end or is not escaped fails here."""
    return ElementTree.fromstring(thing._repr_html_())


def each(tree, tag):
    """The elements of a tag, whatever their namespace."""
    return [e for e in tree.iter() if e.tag.rpartition("}")[2] == tag]


def titles(thing):
    return [t.text.partition(":")[0] for t in each(parsed(thing), "title")]


def boxes(thing):
    """(left, top, right, bottom) of every rectangle."""
    found = [{k: float(r.get(k)) for k in ("x", "y", "width", "height")}
             for r in each(parsed(thing), "rect")]
    return [(r["x"], r["y"], r["x"] + r["width"], r["y"] + r["height"]) for r in found]


def perceptron():
    x, c = fg.placeholder(name="x"), fg.placeholder(name="c")
    w = fg.Variable(np.zeros((2, 2)), name="w")
    loss = fg.reduce_sum(fg.square(x @ w - c), name="loss")
    return x, c, w, loss, fg.train.AdamOptimizer(0.1).minimize(loss)


# ---- graphs -----------------------------------------------------------------------------

def test_a_graph_shows_the_users_operations():
    """Not gradients, slots and what else serves the updates alone."""
    with fg.Graph().as_default() as graph:
        perceptron()
    assert titles(graph) == ["x", "c", "w", "matmul", "sub", "Square", "loss"]


def test_boxes_do_not_overlap_and_lie_within():
    with fg.Graph().as_default() as graph:
        x = h = fg.placeholder(np.float32, [None, 8])
        for i in range(6):
            h = fg.concat([fg.tanh(h), fg.exp(x), fg.Variable(np.zeros((4, 8), np.float32)) + 1], 1)
    found = boxes(graph)
    for i, a in enumerate(found):
        for b in found[:i]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    svg = parsed(graph).find(".//{*}svg")
    left, top, width, height = map(float, svg.get("viewBox").split())
    assert all(left <= a[0] and a[2] <= left + width and a[3] <= top + height for a in found)


def test_names_are_escaped():
    with fg.Graph().as_default() as graph:
        variable = fg.Variable(1.0, name="a")
        variable.op.name = "<b>&\"'"
        assert titles(graph) == ["<b>&\"'"]
        assert "<b>" not in graph._repr_html_()


def test_more_than_sixty_are_grouped_by_name_scope():
    with fg.Graph().as_default() as graph:
        h = fg.placeholder(np.float32, [None, 8], name="x")
        for i in range(12):
            with fg.name_scope(f"block_{i}"):
                h = fg.tanh(fg.exp(h) + fg.square(h)) * 2.0
        fg.reduce_sum(h, name="total")
    assert titles(graph) == ["x", *(f"block_{i}" for i in range(12)), "total"]
    assert "name scope in one box" in parsed(graph).find(".//div").text


def test_what_does_not_fit_is_said():
    with fg.Graph().as_default() as graph:
        h = fg.placeholder(np.float32, [None, 8], name="x")
        for i in range(80):
            h = fg.tanh(h)
    assert len(titles(graph)) == 60
    assert "the first 60 of 81 boxes" in graph._repr_html_()


def test_scopes_that_use_each_other():
    with fg.Graph().as_default() as graph:
        h = fg.placeholder(np.float32, [None, 8], name="x")
        for i in range(80):
            with fg.name_scope(f"{'ab'[i % 2]}/"):
                h = fg.tanh(h)
    assert titles(graph) == ["x", "a", "b"]


def test_a_scope_holds_the_operation_that_it_is_named_after():
    """`x + 1.0` is `add`, its number `add/y`."""
    with fg.Graph().as_default() as graph:
        h = fg.placeholder(np.float32, [None, 8], name="x")
        for i in range(61):
            h = h + 1.0
    assert titles(graph)[:3] == ["x", "add", "add_1"]
    assert len(boxes(graph)) == 60


def test_arrows_stay_beside_boxes():
    """A point of a curve lies in no box."""
    with fg.Graph().as_default() as graph:
        x = h = fg.placeholder(np.float32, [None, 8], name="x")
        for i in range(9):
            h = fg.tanh(h) + x if i % 3 else fg.exp(h) * fg.square(h)
    found = [p.get("d") for p in each(parsed(graph), "path") if p.get("fill") == "none"]
    ends = [tuple(map(float, point.split(","))) for d in found for point in re.findall(
        r"(?<=[L ])[-\d.]+,[-\d.]+(?= C|$)", d)]
    assert len(ends) > 30
    inside = [(p, b) for p in ends for b in boxes(graph)
              if b[0] + 1 < p[0] < b[2] - 1 and b[1] + 1 < p[1] < b[3] - 1]
    assert inside == []


def test_graphs_without_nodes():
    assert titles(fg.Graph()) == titles(tf.Graph()) == []


def test_layers_follow_the_longest_path_and_arrows_keep_their_direction():
    centres, paths = arrange([10, 10, 10, 10], [(0, 1), (1, 2), (0, 2), (2, 0), (3, 2)])
    assert [layer for _, layer in centres] == [0, 1, 2, 3]
    assert [(p[0][1], p[-1][1]) for p in paths] == [(0, 1), (1, 2), (0, 2), (2, 0), (3, 2)]
    assert len(paths[2]) == 3                       # by way of the layer between
    assert paths[2][1][0] != centres[1][0]


# ---- plans ------------------------------------------------------------------------------

def test_a_plan_is_the_table_of_explain():
    with fg.Graph().as_default():
        x, c, w, loss, train = perceptron()
        plan = fg.Session().plan([loss, train], {x: np.zeros((4, 2)), c: np.zeros((4, 2))})
    rows = [["".join(cell.itertext()) for cell in row] for row in each(parsed(plan), "tr")]
    lines = plan.explain().split("\n")
    for row, line in zip(rows, lines):
        assert " ".join(" ".join(row).split()).replace("\u2514 ", "") == " ".join(line.split())
    assert "".join(parsed(plan).itertext()).endswith(lines[-1])


def test_steps_in_python_are_marked():
    with fg.Graph().as_default():
        x = fg.placeholder(np.float32, [3])
        plan = fg.Session().plan(fg.sort(x) + 1.0, {x: [1, 2, 3]})
    marked = [r for r in each(parsed(plan), "tr") if "background" in (r.get("style") or "")]
    assert marked and all("numpy:" in "".join(r.itertext()) for r in marked)


# ---- histories --------------------------------------------------------------------------

def history(**series):
    made = History(list(series))
    made.add(list(series.values()), len(next(iter(series.values()))), 1)
    return made


def points(line):
    return [tuple(map(float, p.split(","))) for p in line.get("points").split()]


def test_a_history_is_a_chart_a_number():
    found = parsed(history(loss=[3.0, 2.0, 1.0], accuracy=[0.1, 0.2, 0.4]))
    lines = each(found, "polyline")
    assert len(each(found, "svg")) == len(lines) == 2
    falling, rising = map(points, lines)
    assert [y for _, y in falling] == sorted(y for _, y in falling)
    assert [y for _, y in rising] == sorted((y for _, y in rising), reverse=True)
    assert [x for x, _ in falling] == sorted(x for x, _ in falling)


def test_a_line_breaks_where_a_value_is_not_finite():
    found = parsed(history(loss=[3.0, 2.0, np.nan, 5.0, np.inf, 1.0, 2.0]))
    assert [len(points(line)) for line in each(found, "polyline")] == [2, 2]
    assert len(each(found, "circle")) == 1


@pytest.mark.parametrize("values", [[np.nan], [0.0], [7.0, 7.0], [1e300, -1e300], [1e-300, 2e-300],
                                    [1e16, 1e16 + 2]])
def test_odd_series(values):
    text = history(loss=values)._repr_html_()
    assert not re.search(r"\"-?(nan|inf)", text)
    ElementTree.fromstring(text)


def test_no_series_and_many():
    assert each(parsed(History([])), "svg") == []
    found = history(**{f"n{i}": [1.0, 2.0] for i in range(8)}, image=[np.zeros((2, 2))] * 2)
    assert len(each(parsed(found), "svg")) == 6
    assert "not drawn: n6, n7, image" in found._repr_html_()


# ---- lines ------------------------------------------------------------------------------

def test_a_session_is_a_line():
    with fg.Graph().as_default():
        x, c, w, loss, train = perceptron()
        session = fg.Session(num_threads=1)
        session.fit(train, {x: np.zeros((4, 2)), c: np.zeros((4, 2))}, fetches={"<loss>": loss})
    text = parsed(session).text
    assert text.startswith("Session of a graph of ") and "at most 1 thread, 1 plan kept" in text
    assert "last fit: 1 epochs, 1 steps, <loss> 0" in text
    session.close()
    assert parsed(session).text.startswith("closed Session")


def test_a_variable_is_a_line():
    with fg.Graph().as_default():
        text = parsed(fg.Variable([1.0, 3.0], name="w")).text
        assert text == ("fastgrad.Variable 'w:0' shape=(2,) dtype=float64, from 1 to 3, mean 2, "
                        "standard deviation 1")
        assert "from" not in parsed(fg.Variable([1, 3])).text
        assert "from" not in parsed(fg.Variable(np.zeros((0, 2)))).text
    with tf.Graph().as_default():
        assert parsed(tf.Variable(1.0)).text.startswith("tf.Variable")
