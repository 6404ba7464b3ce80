"""import_graph_def: names, inputs, defaults, branches, what is refused and how."""

import numpy as np
import pytest
from google.protobuf import text_format

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.graphdef.registry import BUILDERS, RegisterImport

X = 'node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }\n'


def parsed(text):
    made = tf.GraphDef()
    text_format.Merge(text, made)
    made.versions.producer = 134
    return made


def node(name, op, *inputs, **types):
    attrs = "".join(f'attr {{ key: "{k}" value {{ {v} }} }}' for k, v in types.items())
    return f'node {{ name: "{name}" op: "{op}" ' + "".join(
        f'input: "{i}" ' for i in inputs) + attrs + " }\n"


def const(name, array):
    array = np.asarray(array)
    proto = tf.make_tensor_proto(array)
    kind = text_format.MessageToString(proto, as_one_line=True).split()[1]
    return node(name, "Const", dtype=f"type: {kind}",
                value=f"tensor {{ {text_format.MessageToString(proto, as_one_line=True)} }}")


T = {"T": "type: DT_FLOAT"}


@pytest.fixture
def graph():
    with tf.Graph().as_default() as g:
        yield g


def run(text, fetch, feed=None, **kwargs):
    kwargs.setdefault("name", "")
    tf.import_graph_def(parsed(text), **kwargs)
    with tf.Session() as s:
        return s.run(fetch, feed)


def test_names_and_prefixes(graph):
    tf.import_graph_def(parsed(X))
    tf.import_graph_def(parsed(X))
    tf.import_graph_def(parsed(X), name="a/b")
    tf.import_graph_def(parsed(X + node("X", "Relu", "x", **T)), name="")
    assert [o.name for o in graph.get_operations()] == ["import/x", "import_1/x", "a/b/x", "x",
                                                        "X"]
    assert tf.identity(tf.constant(1.0), name="x").name == "x_1:0"


def test_nodes_in_any_order_with_control_inputs(graph):
    text = node("b", "Relu", "x", "^a", **T) + node("a", "Neg", "x", **T) + X
    assert run(text, "b:0", {"x:0": [-1.0, 2.0]}).tolist() == [0.0, 2.0]
    assert [c.name for c in graph.get_operation_by_name("b").control_inputs] == ["a"]


def test_return_elements(graph):
    found = tf.import_graph_def(parsed(X + node("y", "Neg", "x", **T)),
                                return_elements=["y:0", "y"], name="")
    assert found[0] is graph.get_tensor_by_name("y:0") and found[1].name == "y"
    with pytest.raises(ValueError, match="'z' not found in graph_def"):
        tf.import_graph_def(parsed(X), return_elements=["z"])


def test_several_outputs(graph):
    text = X + const("axis", 0) + node("s", "Split", "axis", "x", num_split="i: 2", **T) + node(
        "d", "Sub", "s:1", "s", **T)
    assert run(text, "d:0", {"x:0": [1.0, 5.0]}).tolist() == [4.0]


def test_stripped_defaults(graph):
    """keep_dims of Sum, dilations of Conv2D, begin_mask of StridedSlice."""
    text = X + const("a", [0]) + node("y", "Sum", "x", "a", **T)
    assert run(text, "y:0", {"x:0": [[1.0], [2.0]]}).tolist() == [3.0]
    w = np.ones((2, 2, 1, 1), np.float32)
    text = X + const("w", w) + node("y", "Conv2D", "x", "w", strides="list { i: [1, 1, 1, 1] }",
                                    padding='s: "VALID"', **T)
    assert run(text, "c/y:0", {"c/x:0": np.ones((1, 3, 3, 1))}, name="c").shape == (1, 2, 2, 1)


def test_axes_that_hang_on_a_run(graph):
    """The sum that undoes broadcasting, as gradients in files have it."""
    text = X + node("b", "Placeholder", dtype="type: DT_FLOAT") + node(
        "sx", "Shape", "x", **T) + node("sb", "Shape", "b", **T) + node(
        "axes", "BroadcastGradientArgs", "sx", "sb") + node(
        "sum", "Sum", "x", "axes:1", **T) + node("y", "Reshape", "sum", "sb", **T)
    feed = {"x:0": np.arange(6.0).reshape(2, 3), "b:0": np.zeros((1, 3))}
    assert run(text, "y:0", feed).tolist() == [[3.0, 5.0, 7.0]]


def test_values_written_short(graph):
    text = 'node { name: "c" op: "Const" attr { key: "dtype" value { type: DT_HALF } } attr { ' \
        'key: "value" value { tensor { dtype: DT_HALF tensor_shape { dim { size: 3 } } ' \
        'half_val: [15360, 16384] } } } }'
    assert run(text, "c:0").tolist() == [1.0, 2.0, 2.0]


def test_a_huge_constant_of_one_number_takes_no_memory(graph):
    text = 'node { name: "c" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { ' \
        'key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 1000000 } dim { ' \
        'size: 1000000 } } float_val: 2 } } } }' + const("i", [0, 0]) + const("n", [1, 1])
    tf.import_graph_def(parsed(text), name="")
    assert graph.get_tensor_by_name("c:0").shape == (1000000, 1000000)


BRANCH = X + node("p", "Placeholder", dtype="type: DT_BOOL") + node(
    "s", "Switch", "x", "p", **T) + node("t", "Neg", "s:1", **T) + node(
    "f", "Exp", "s", **T) + node("m", "Merge", "f", "t", N="i: 2", **T)


@pytest.mark.parametrize("taken,want", [(True, -2.0), (False, np.exp(np.float32(2)))])
def test_branches(graph, taken, want):
    value, index = run(BRANCH, ["m:0", "m:1"], {"x:0": 2.0, "p:0": taken})
    assert abs(value - want) < 1e-5 and index == int(taken) and index.dtype == np.int32


@pytest.mark.parametrize("taken", [True, False])
def test_effects_only_in_the_branch_that_is_taken(graph, taken):
    text = BRANCH + node("v", "VariableV2", dtype="type: DT_FLOAT", shape="shape { }") + node(
        "zero", "Assign", "v", "start", **T) + const("start", np.float32(0)) + node(
        "add", "AssignAdd", "v", "t", **T) + node("t2", "Identity", "t", "^add", **T) + node(
        "m2", "Merge", "f", "t2", N="i: 2", **T)
    tf.import_graph_def(parsed(text), name="")
    with tf.Session() as s:
        s.run("zero")
        s.run("m2:0", {"x:0": 2.0, "p:0": taken})
        assert s.run("v:0") == (-2.0 if taken else 0.0)


def test_variables_and_updates(graph):
    text = node("v", "VariableV2", dtype="type: DT_FLOAT", shape="shape { dim { size: 2 } }") + \
        const("start", np.float32([1, 2])) + node("init", "Assign", "v", "start", **T) + \
        node("read", "Identity", "v", **T) + node("more", "AssignAdd", "v", "start", **T) + \
        node("after", "Identity", "read", "^more", **T)
    tf.import_graph_def(parsed(text), name="")
    with tf.Session() as s:
        with pytest.raises(tf.errors.FailedPreconditionError, match="'v'.*no value"):
            s.run("read:0")
        s.run("init")
        assert s.run("after:0").tolist() == [2.0, 4.0]


def test_gradients_of_a_graph_that_came_in(graph):
    x = tf.placeholder(tf.float32, [2])
    y, = tf.import_graph_def(parsed(X + node("y", "Tanh", "x", **T)), {"x": x}, ["y:0"])
    dx, = tf.gradients(tf.reduce_sum(y * y), x)
    with tf.Session() as s:
        t = np.tanh(np.float32([0.5, -1.0]))
        np.testing.assert_allclose(s.run(dx, {x: [0.5, -1.0]}), 2 * t * (1 - t * t), 1e-5)


def test_an_unknown_type_is_an_error_when_it_is_needed(graph):
    tf.import_graph_def(parsed(X + node("q", "Mystery", "x", **T) + node("y", "Neg", "x", **T)),
                        name="")
    assert graph.get_operation_by_name("q").type == "Mystery"
    with tf.Session() as s:
        assert s.run("y:0", {"x:0": 1.0}) == -1.0
        with pytest.raises(tf.errors.UnimplementedError,
                           match="'q'.*type 'Mystery'.*RegisterImport\\('Mystery'\\)"):
            s.run("q:0", {"x:0": 1.0})


def test_code_of_a_file_is_never_run(graph):
    tf.import_graph_def(parsed(X + node("q", "PyFunc", "x", token='s: "pyfunc_0"')), name="")
    with tf.Session() as s, pytest.raises(tf.errors.UnimplementedError, match="Python code"):
        s.run("q:0", {"x:0": 1.0})


def test_a_builder_of_ones_own(graph):
    try:
        @fg.RegisterImport("TripleOfTests")
        def triple(file_node):
            return file_node.inputs[0] * file_node.attr("factor", 3.0)
        text = X + node("y", "TripleOfTests", "x", **T)
        assert run(text, "y:0", {"x:0": 2.0}) == 6.0
        with pytest.raises(fg.errors.RegisteredError, match="TripleOfTests"):
            RegisterImport("TripleOfTests")(lambda file_node: None)
    finally:
        BUILDERS.pop("TripleOfTests", None)


REFUSED = {
    "Unknown input node 'z'": X + node("y", "Neg", "z", **T),
    "'x' is not unique": X + X,
    "circle": X + node("a", "Add", "x", "b", **T) + node("b", "Neg", "a", **T),
    "x:3 is no output": X + node("y", "Neg", "x:3", **T),
    "which is no name": X + node("y", "Neg", "x:a", **T),
    "control inputs come last": X + node("y", "Add", "^x", "x", **T),
    "node 'y' of type MatMul": const("a", np.ones((2, 3), np.float32)) + node(
        "y", "MatMul", "a", "a", **T),
    "bytes for 2 elements": 'node { name: "c" op: "Const" attr { key: "dtype" value { type: '
                            'DT_FLOAT } } attr { key: "value" value { tensor { dtype: DT_FLOAT '
                            'tensor_shape { dim { size: 2 } } tensor_content: "abc" } } } }',
    "impossible shape": 'node { name: "c" op: "Const" attr { key: "dtype" value { type: DT_INT8 '
                        '} } attr { key: "value" value { tensor { dtype: DT_INT8 tensor_shape { '
                        'dim { size: 9000000000000000000 } dim { size: 9 } } } } } }',
    "dimension of -7": 'node { name: "c" op: "Const" attr { key: "dtype" value { type: DT_INT8 } }'
                       ' attr { key: "value" value { tensor { dtype: DT_INT8 tensor_shape { dim { '
                       'size: -7 } } } } } }',
    "leaves a loop": X + node("y", "Exit", "x", **T),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_is_no_graph_is_refused(graph, words):
    before = tf.constant(1.0)
    with pytest.raises((ValueError, tf.errors.DataLossError), match=words):
        tf.import_graph_def(parsed(REFUSED[words]), name="")
    assert graph.version == 1 and tf.identity(before).name == "Identity:0"


def test_a_long_chain(graph):
    text = X + "".join(node(f"n{i}", "Neg", f"n{i - 1}" if i else "x", **T) for i in range(3000))
    assert run(text, "n2999:0", {"x:0": 2.0}) == 2.0


def test_input_map_of_what_is_not_there(graph):
    with pytest.raises(ValueError, match="not found in graph_def: \\[q:0\\]"):
        tf.import_graph_def(parsed(X), {"q:0": tf.constant(1.0)})


def test_no_graph_def(graph):
    with pytest.raises(TypeError, match="must be a GraphDef"):
        tf.import_graph_def("frozen.pb")
