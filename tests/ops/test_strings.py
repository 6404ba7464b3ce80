"""Strings are numbers inside, and nobody may notice: what fills, compares, casts, holds and frees.

`test_text.py` has what is done with strings; here is what must not show, and what is refused.
"""

import gc
import threading

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1 as tf
from fastgrad.graph import interned
from fastgrad.graph.opdef import OPS
from fastgrad.graph.dtypes import TEXT


@pytest.fixture(autouse=True)
def session():
    tf.reset_default_graph()
    with tf.Session() as session:
        yield session


def fed(session, build, *values):
    """build(strings) of constants, and of fed strings: the same."""
    nodes = [tf.placeholder(tf.string, np.shape(v)) for v in values]
    at_run = session.run(build(*nodes), dict(zip(nodes, values)))
    at_once = session.run(build(*[tf.constant(v) for v in values]))
    assert np.array_equal(np.asarray(at_run, object), np.asarray(at_once, object))
    return np.asarray(at_run).tolist()


# ---- what fills is the empty string -----------------------------------------------------

FILLED = [
    (lambda s: tf.pad(s, [[1, 1]]), [b"", b"p", b"q", b""]),
    (lambda s: tf.pad(s, [[1, 0]], constant_values="z"), [b"z", b"p", b"q"]),
    (lambda s: tf.dynamic_stitch([[0], [3]], [s[:1], s[1:]]), [b"p", b"", b"", b"q"]),
    (lambda s: tf.scatter_nd([[2], [0]], s, [3]), [b"q", b"", b"p"]),
    (lambda s: tf.scatter_nd([[1], [1]], s, [2]), [b"", b"pq"]),
    (tf.zeros_like, [b"", b""]),
    (lambda s: tf.zeros(tf.shape(s), tf.string), [b"", b""]),
    (lambda s: tf.sparse_to_dense([1], [3], s[0], "-"), [b"-", b"p", b"-"]),
    (lambda s: tf.one_hot([0, 1], 2, s[0], s[1])[0], [b"p", b"q"]),
    (lambda s: tf.concat([s, tf.fill([1], "r")], 0), [b"p", b"q", b"r"]),
    (lambda s: tf.count_nonzero(tf.concat([s, [""]], 0)), 2),
    (lambda s: tf.add(s, s), [b"pp", b"qq"]),
]


@pytest.mark.parametrize("build, expected", FILLED)
def test_holes_and_fillings(build, expected, session):
    tf.constant("the first string of the process has no special place")
    assert fed(session, build, ["p", "q"]) == expected


def test_zeros_are_empty_strings_also_as_initial_values(session):
    made = [tf.zeros([2], tf.string), tf.get_variable("g", [2], tf.string),
            tf.zeros_initializer()([2], tf.string)]
    session.run(tf.global_variables_initializer())
    assert [m.tolist() for m in session.run(made)] == [[b"", b""]] * 3
    for refused in (lambda: tf.ones([2], tf.string), lambda: tf.ones_like(made[0]),
                    lambda: tf.ones_initializer()([2], tf.string),
                    lambda: tf.eye(2, dtype=tf.string)):
        with pytest.raises(TypeError, match="string"):
            refused()


# ---- what would look at the numbers refuses ---------------------------------------------

REFUSED = [tf.sort, tf.argsort, tf.where, tf.reduce_max, tf.exp, tf.matrix_diag, tf.as_string,
           lambda s: tf.bitcast(s, tf.int64), lambda s: tf.less(s, "b"),
           lambda s: tf.searchsorted(s, ["b"]), lambda s: tf.reverse_sequence([s], [1], 1),
           lambda s: tf.segment_sum(s, [0, 0]), lambda s: tf.multinomial([s], 1),
           lambda s: tf.tensor_scatter_add(s, [[0]], ["z"]), lambda s: tf.one_hot(s, 3),
           lambda s: tf.bitcast(tf.constant([1], tf.int64), tf.string)]


@pytest.mark.parametrize("build", REFUSED)
@pytest.mark.parametrize("make", [lambda: tf.constant(["b", "a"]),
                                  lambda: tf.placeholder(tf.string, [2])])
def test_what_computes_with_strings_is_refused(build, make, session):
    with pytest.raises(TypeError, match="string"):
        build(make())


@pytest.mark.parametrize("dtype", [tf.bool, tf.int32, tf.int64, tf.float32, tf.string])
def test_casts_between_strings_and_numbers_are_refused(dtype, session):
    text, numbers = tf.constant(["1"]), tf.constant([0, 1])
    if dtype == tf.string:
        assert session.run(tf.cast(text, dtype)).tolist() == [b"1"]
    else:
        with pytest.raises(tf.errors.UnimplementedError, match="takes no strings"):
            tf.cast(text, dtype)
    for given in (numbers, tf.cast(numbers, tf.bool), tf.placeholder(tf.int32)):
        with pytest.raises(tf.errors.UnimplementedError, match="cannot make strings.*as_string"):
            tf.cast(given, tf.string)


def test_variables_of_strings_are_replaced_and_not_added_to(session):
    v = tf.Variable(["a", "b"])
    session.run(v.initializer)
    assert session.run(tf.scatter_update(v, [1], ["z"])).tolist() == [b"a", b"z"]
    for refused in (lambda: v.assign_add(["x", "y"]), lambda: tf.scatter_add(v, [0], ["x"])):
        with pytest.raises(TypeError, match="takes no strings"):
            refused()
    v.load(["c", "d"], session)
    assert session.run(v).tolist() == [b"c", b"d"]


def test_every_operation_says_whether_it_takes_strings():
    """The list is short and known: an operation that is not on it refuses them."""
    takes = {name for name, d in OPS.items() if d.text or d.out == TEXT}
    assert takes <= {
        "reshape", "reshape_like", "rank_like", "shape_ends_with", "expand_dims", "squeeze",
        "transpose", "matrix_transpose", "broadcast_to", "shape", "size", "rank", "strided_slice",
        "slice", "pad", "mirror_pad", "tile", "reverse", "concat", "split", "pack", "unpack",
        "roll", "gather", "gather_nd", "scatter_nd", "tensor_scatter_update", "select", "where",
        "unique", "unique_with_counts", "setdiff1d", "dynamic_partition", "dynamic_stitch",
        "scatter_rows", "scatter_elements", "ensure_shape", "sparse_to_dense", "one_hot",
        "own_gradient", "own_gradients", "random_shuffle", "assign", "identity", "stop_gradient",
        "string_join", "edit_distance", "as_string", "equal", "not_equal", "zeros_like",
        "ones_like", "filled", "filled_as", "identity_n", "choose", "transpose_by",
        "string_to_hash_bucket_fast", "decode_png", "decode_jpeg", "decode_and_crop_jpeg",
        "decode_gif", "decode_bmp", "decode_image", "is_jpeg", "extract_jpeg_shape", "encode_png",
        "encode_jpeg", "encode_jpeg_quality", "decode_raw", "parse_example", "sparse_feature",
        "space_to_depth", "depth_to_space", "space_to_batch_nd", "batch_to_space_nd"}


def test_what_is_shown_of_strings_is_strings(session, capsys):
    s = tf.constant(["a", "b"])
    session.run(tf.Print(s, [s]))
    assert capsys.readouterr().err == "[a b]\n"
    with pytest.raises(tf.errors.InvalidArgumentError, match="b'a' b'b'"):
        session.run(tf.Assert(tf.placeholder_with_default(False, []), [s]))
    assert session.run(tf.assert_equal(s, s)) is None
    with pytest.raises(tf.errors.InvalidArgumentError, match="b'c'"):
        tf.assert_equal(s, ["a", "c"])
    missing = tf.report_uninitialized_variables([tf.Variable(1.0, name="v")])
    assert missing.dtype == tf.string and session.run(missing).tolist() == [b"v"]
    assert session.run(tf.size(missing)) == 1           # a value that Python made, in a plan


@pytest.mark.parametrize("value", [[1, 2], ["a", 1], [None]])
def test_feeds_that_are_no_strings(value, session):
    s = tf.placeholder(tf.string)
    with pytest.raises(tf.errors.InternalError, match="expected a string"):
        session.run(tf.identity(s), {s: value})
    with pytest.raises(ValueError, match="differ in length"):
        session.run(tf.identity(s), {s: [["a"], ["b", "c"]]})


def test_strings_in_plain_fastgrad():
    with fg.Graph().as_default():
        s = fg.constant(["a", "b"], dtype="string")
        v = fg.Variable(s)
    assert fg.Session(graph=s.graph).run(fg.string_join([s, v])).tolist() == [b"aa", b"bb"]
    assert v.value.tolist() == [b"a", b"b"]
    v.value = ["c", "d"]
    assert v.value.tolist() == [b"c", b"d"]


# ---- they are held as long as somebody can ask for them ---------------------------------

def count():
    gc.collect()
    return len(interned._strings)


def test_fed_strings_are_freed(session):
    x = tf.placeholder(tf.string, [None])
    joined = tf.string_join([x, "!"])
    session.run(joined, {x: ["warm"]})
    before = count()
    for i in range(300):
        assert session.run(joined, {x: [f"fed {i}"]}).tolist() == [f"fed {i}!".encode()]
    assert count() <= before + 1
    assert len(interned._holders) == len(interned._strings)


def test_variables_hold_what_they_have_and_no_more(session):
    x = tf.placeholder(tf.string, [2])
    v, w = tf.Variable(["a", "b"]), tf.Variable(["c", "d"])
    session.run([v.initializer, w.initializer])
    turn = w.assign(v)
    with tf.control_dependencies([turn]):
        change = v.assign(tf.string_join([x, x]))
    for i in range(50):
        session.run(change, {x: [f"l{i}", f"r{i}"]})
    assert session.run(w).tolist() == [b"l48l48", b"r48r48"]
    before = count()
    for i in range(50, 100):
        session.run(change, {x: [f"l{i}", f"r{i}"]})
    assert count() <= before
    assert session.run([v, w])[1].tolist() == [b"l98l98", b"r98r98"]


def test_a_run_that_fails_leaves_strings_as_they_were(session):
    x, ok = tf.placeholder(tf.string, [2]), tf.placeholder(tf.bool, [])
    v = tf.Variable(["a", "b"])
    session.run(v.initializer)
    with tf.control_dependencies([v.assign(x)]):
        checked = tf.Assert(ok, ["refused"])
    before = count()
    for i in range(20):
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(checked, {x: [f"x{i}", f"y{i}"], ok: False})
    assert session.run(v).tolist() == [b"a", b"b"] and count() <= before + 4
    session.run(checked, {x: ["e", "f"], ok: True})
    assert session.run(v).tolist() == [b"e", b"f"]


def test_constants_are_held_by_what_uses_them_and_freed_with_it():
    before = count()
    graph = tf.Graph()
    with graph.as_default(), tf.Session(graph=graph) as session:
        x = tf.placeholder(tf.string, [])
        node = tf.equal(tf.string_join([tf.constant("only "), "here"]), x)
        for text, same in (("only here", True), ("there", False)):
            assert session.run(node, {x: text}) == same
    del graph, session, x, node
    assert count() == before


def test_strings_made_in_one_run_are_one_number(session):
    """Each is made anew, used at once, and held by nothing else."""
    i = tf.placeholder(tf.int32, [None])
    same = tf.equal(tf.as_string(i), tf.as_string(tf.reverse(i, [0])))
    assert session.run(same, {i: [771, 8, 771]}).tolist() == [True, True, True]
    assert session.run(same, {i: [772, 8, 773]}).tolist() == [False, True, False]


def test_threads_that_name_the_same_strings(session):
    x = tf.placeholder(tf.string, [2])
    joined, wrong = tf.string_join([x, x]), []

    def work(k):
        for i in range(60):
            given = [f"{i % 3}", f"{k % 2} {i}"]
            found = session.run(joined, {x: given}).tolist()
            wrong.extend([] if found == [(g * 2).encode() for g in given] else [found])
    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []


def test_a_name_that_comes_back_is_a_new_number_and_one_that_is_held_the_same():
    kept = interned.encoded(["kept"])
    number = kept.view(np.int64)[0]
    assert interned.encoded("kept").view(np.int64) == number
    first = int(interned.encoded("gone").view(np.int64))
    assert first not in interned._strings and b"gone" not in interned._holders
    assert int(interned.encoded("gone").view(np.int64)) != first
    with pytest.raises(TypeError, match="stands for none"):
        interned.held(np.array([first]).view(TEXT))
    assert interned.decoded(interned.held(kept[::-1])).tolist() == [b"kept"]
    assert int(interned.encoded("").view(np.int64)) == 0


def test_training_on_rows_of_strings(session):
    x, y = tf.placeholder(tf.string, [None]), tf.placeholder(tf.float32, [None])
    n = tf.Variable(0.0)
    session.run(n.initializer)
    step = n.assign_add(tf.reduce_sum(tf.cast(tf.equal(x, "yes"), tf.float32) * y))
    session.fit(step, {x: ["yes", "no", "yes", "no"], y: [1.0, 2.0, 3.0, 4.0]}, batch_size=2)
    assert session.run(n) == 4


def test_a_constant_of_a_given_shape_holds_its_strings():
    """They once ended with the list that they came from."""
    with tf.Graph().as_default(), tf.Session() as session:
        made = tf.constant(["never seen 1", "never seen 2"], tf.string, [3])
        assert session.run(made).tolist() == [b"never seen 1", b"never seen 2", b"never seen 2"]
