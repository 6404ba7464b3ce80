"""Recurrent cells, recurrent loops, seq2seq, conditional random fields and CTC.

Weights are never random: after the initializer every trainable variable gets
fixed values, in the order of creation.  "variables" holds names and shapes;
"weights_grad" the gradients of all of them, flattened and joined in that order.
"""
import zlib

from _support import I, L, N, dense, dtype_of, put, raised, weight
import numpy as _np

AREA = "recurrent"
TOL = dict(rtol32=1e-4, atol32=1e-5, rtol64=1e-8, atol64=1e-9)


# ---------------------------------------------------------------- helpers
def flat(x):
    """The tensors in nested tuples, lists and dicts, in order."""
    if x is None:
        return []
    if isinstance(x, dict):
        return [t for k in sorted(x) for t in flat(x[k])]
    if isinstance(x, (list, tuple)):
        return [t for y in x for t in flat(y)]
    return [x]


def fix(tf, sess, seed, scale=0.5):
    """Initialize, then give every trainable variable fixed values."""
    sess.run(tf.global_variables_initializer())
    vs = tf.trainable_variables()
    sess.run([v.assign(N(seed + i, tuple(v.shape.as_list()), v.dtype.base_dtype.name, scale)())
              for i, v in enumerate(vs)])
    return vs


def named(vs):
    return [[v.name, v.shape.as_list()] for v in vs]


def static(t):
    return None if t.shape.ndims is None else t.shape.as_list()


def node(tf, a, mode):
    shape = {"placeholder": list(a.shape), "unknown": None,
             "depth": [None] * (a.ndim - 1) + list(a.shape[-1:]),
             "batch": [None] + list(a.shape[1:])}[mode if a.ndim else "placeholder"]
    return tf.placeholder(dtype_of(tf, a), shape)


def seq(name, build, *makers, **kw):
    """build(tf, *inputs) -> tensors; values, and gradients of a weighted sum of them."""
    mode, grad, attrs = kw.pop("mode", "placeholder"), kw.pop("grad", True), dict(TOL)
    attrs.update(kw.pop("attrs", {}))
    assert not kw, kw
    seed = zlib.crc32(name.encode()) % 100000

    def case(tf, np):
        with tf.Graph().as_default():
            arrays = [m() for m in makers]
            xs = [node(tf, a, mode) for a in arrays]
            feed = dict(zip(xs, arrays))
            outs = flat(build(tf, *xs))
            with tf.Session() as sess:
                vs = fix(tf, sess, seed)
                vals = sess.run(outs, feed)
                res = {"variables": named(vs)}
                for i, v in enumerate(vals):
                    res["out%d" % i] = v
                if not grad:
                    return res
                terms = [tf.reduce_sum(o * weight(91 + i, _np.shape(v), v.dtype))
                         for i, (o, v) in enumerate(zip(outs, vals)) if v.dtype.kind == "f"]
                floats = [x for x, a in zip(xs, arrays) if a.dtype.kind == "f"]
                gs = tf.gradients(terms, floats + vs)
                res["no_grad"] = [i for i, g in enumerate(gs) if g is None]
                got = sess.run([dense(tf, g) for g in gs if g is not None], feed)
                got = iter(got)
                got = [None if g is None else next(got) for g in gs]
                for i, g in enumerate(got[:len(floats)]):
                    if g is not None:
                        res["grad%d" % i] = g
                ws = [g.ravel() for g in got[len(floats):] if g is not None]
                if ws:
                    res["weights_grad"] = np.concatenate(ws)
                return res
    put(globals(), name, case, **attrs)


def fails(name, build, **attrs):
    """build(tf, np) must raise while the graph is built."""
    def case(tf, np):
        with tf.Graph().as_default():
            return {"error": raised(lambda: build(tf, np))}
    put(globals(), name, case, **attrs)


def lstm_state(tf, c, h):
    return tf.nn.rnn_cell.LSTMStateTuple(c, h)


# ------------------------------------------------- one step of one cell
X, H, C = N(1, (2, 3)), N(2, (2, 4)), N(3, (2, 4))
X64, H64, C64 = N(1, (2, 3), "float64"), N(2, (2, 4), "float64"), N(3, (2, 4), "float64")

seq("step_basic_rnn", lambda tf, x, h: tf.nn.rnn_cell.BasicRNNCell(4)(x, h), X, H)
seq("step_basic_rnn_f64", lambda tf, x, h: tf.nn.rnn_cell.BasicRNNCell(4)(x, h), X64, H64)
seq("step_basic_rnn_relu_named", lambda tf, x, h: tf.nn.rnn_cell.BasicRNNCell(
    4, activation=tf.nn.relu, name="mine")(x, h), X, H)
seq("step_basic_lstm", lambda tf, x, c, h: tf.nn.rnn_cell.BasicLSTMCell(4)(
    x, lstm_state(tf, c, h)), X, C, H)
seq("step_basic_lstm_f64", lambda tf, x, c, h: tf.nn.rnn_cell.BasicLSTMCell(4)(
    x, lstm_state(tf, c, h)), X64, C64, H64)
seq("step_basic_lstm_forget_bias", lambda tf, x, c, h: tf.nn.rnn_cell.BasicLSTMCell(
    4, forget_bias=0.25, activation=tf.nn.relu)(x, lstm_state(tf, c, h)), X, C, H)
seq("step_basic_lstm_state_in_one", lambda tf, x, s: tf.nn.rnn_cell.BasicLSTMCell(
    4, state_is_tuple=False)(x, s), X, N(4, (2, 8)))
seq("step_lstm", lambda tf, x, c, h: tf.nn.rnn_cell.LSTMCell(4)(
    x, lstm_state(tf, c, h)), X, C, H, mode="depth")
seq("step_lstm_plain_tuple_state", lambda tf, x, c, h: tf.nn.rnn_cell.LSTMCell(4)(x, (c, h)),
    X, C, H)
seq("step_lstm_peepholes", lambda tf, x, c, h: tf.nn.rnn_cell.LSTMCell(
    4, use_peepholes=True)(x, lstm_state(tf, c, h)), X, C, H)
seq("step_lstm_projection", lambda tf, x, c, h: tf.nn.rnn_cell.LSTMCell(
    4, num_proj=2)(x, lstm_state(tf, c, h)), X, C, N(5, (2, 2)))
seq("step_lstm_cell_clip", lambda tf, x, c, h: tf.nn.rnn_cell.LSTMCell(
    4, cell_clip=0.5)(x, lstm_state(tf, c, h)), X, C, H)
seq("step_lstm_all_options_f64", lambda tf, x, c, h: tf.nn.rnn_cell.LSTMCell(
    4, use_peepholes=True, num_proj=2, cell_clip=0.75, proj_clip=0.5, forget_bias=0.5)(
        x, lstm_state(tf, c, h)), X64, C64, N(5, (2, 2), "float64"))
seq("step_lstm_state_in_one", lambda tf, x, s: tf.nn.rnn_cell.LSTMCell(
    4, state_is_tuple=False, num_proj=3)(x, s), X, N(6, (2, 7)))
seq("step_gru", lambda tf, x, h: tf.nn.rnn_cell.GRUCell(4)(x, h), X, H)
seq("step_gru_relu_f64", lambda tf, x, h: tf.nn.rnn_cell.GRUCell(
    4, activation=tf.nn.relu)(x, h), X64, H64)
seq("step_multi_lstm_gru", lambda tf, x, c, h, g: tf.nn.rnn_cell.MultiRNNCell(
    [tf.nn.rnn_cell.BasicLSTMCell(4), tf.nn.rnn_cell.GRUCell(3)])(x, (lstm_state(tf, c, h), g)),
    X, C, H, N(7, (2, 3)))
seq("step_multi_state_in_one", lambda tf, x, s: tf.nn.rnn_cell.MultiRNNCell(
    [tf.nn.rnn_cell.GRUCell(4), tf.nn.rnn_cell.GRUCell(3)], state_is_tuple=False)(x, s),
    X, N(8, (2, 7)))
seq("step_dropout_keep_all", lambda tf, x, h: tf.nn.rnn_cell.DropoutWrapper(
    tf.nn.rnn_cell.GRUCell(4), input_keep_prob=1.0, output_keep_prob=1.0,
    state_keep_prob=1.0)(x, h), X, H)
seq("step_residual", lambda tf, x, h: tf.nn.rnn_cell.ResidualWrapper(
    tf.nn.rnn_cell.BasicRNNCell(3))(x, h), X, N(9, (2, 3)))
seq("step_residual_own_function", lambda tf, x, h: tf.nn.rnn_cell.ResidualWrapper(
    tf.nn.rnn_cell.GRUCell(3), residual_fn=lambda i, o: 2.0 * i - o)(x, h), X, N(9, (2, 3)))
seq("step_device_wrapper", lambda tf, x, h: tf.nn.rnn_cell.DeviceWrapper(
    tf.nn.rnn_cell.GRUCell(4), "/cpu:0")(x, h), X, H)
seq("step_output_projection", lambda tf, x, h: tf.contrib.rnn.OutputProjectionWrapper(
    tf.nn.rnn_cell.BasicRNNCell(4), 2)(x, h), X, H)
seq("step_input_projection", lambda tf, x, h: tf.contrib.rnn.InputProjectionWrapper(
    tf.contrib.rnn.GRUCell(4), 5)(x, h), X, H)
seq("step_embedding_wrapper", lambda tf, x, h: tf.contrib.rnn.EmbeddingWrapper(
    tf.contrib.rnn.BasicRNNCell(4), 6, 3)(x, h), L([[5], [0]], "int32"), H)
seq("step_layer_norm_lstm", lambda tf, x, c, h: tf.contrib.rnn.LayerNormBasicLSTMCell(4)(
    x, lstm_state(tf, c, h)), X, C, H)
seq("step_layer_norm_lstm_off", lambda tf, x, c, h: tf.contrib.rnn.LayerNormBasicLSTMCell(
    4, forget_bias=0.5, layer_norm=False)(x, lstm_state(tf, c, h)), X, C, H)
seq("step_lstm_block_cell", lambda tf, x, c, h: tf.contrib.rnn.LSTMBlockCell(4)(
    x, lstm_state(tf, c, h)), X, C, H)
seq("step_gru_block_cell", lambda tf, x, h: tf.contrib.rnn.GRUBlockCellV2(4)(x, h), X, H)
seq("step_coupled_gates", lambda tf, x, c, h: tf.contrib.rnn.CoupledInputForgetGateLSTMCell(4)(
    x, lstm_state(tf, c, h)), X, C, H)
seq("step_ugrnn", lambda tf, x, h: tf.contrib.rnn.UGRNNCell(4)(x, h), X, H)


def my_cell(tf):
    class Leaky(tf.nn.rnn_cell.RNNCell):
        """New state = 0.75 state + tanh(x W + b); the output is its square."""
        def __init__(self, units):
            super(Leaky, self).__init__()
            self._units = units

        @property
        def state_size(self):
            return self._units

        @property
        def output_size(self):
            return self._units

        def __call__(self, inputs, state, scope=None):
            with tf.variable_scope(scope or "leaky"):
                w = tf.get_variable("w", [inputs.get_shape()[1], self._units])
                b = tf.get_variable("b", [self._units], initializer=tf.zeros_initializer())
            new = 0.75 * state + tf.tanh(tf.matmul(inputs, w) + b)
            return tf.square(new), new
    return Leaky


def my_layer_cell(tf):
    class Gate(tf.nn.rnn_cell.RNNCell):
        """build and call instead of __call__; two states."""
        @property
        def state_size(self):
            return (3, 2)

        @property
        def output_size(self):
            return 5

        def build(self, input_shape):
            self.w = self.add_variable("w", [int(input_shape[-1]), 5])
            self.built = True

        def call(self, inputs, state):
            a, b = state
            z = tf.sigmoid(tf.matmul(inputs, self.w))
            a, b = a * z[:, :3], b + z[:, 3:]
            return tf.concat([a, b], 1), (a, b)
    return Gate


seq("step_own_cell", lambda tf, x, h: my_cell(tf)(4)(x, h), X, H)
seq("step_own_layer_cell", lambda tf, x, a, b: my_layer_cell(tf)()(x, (a, b)), X, N(10, (2, 3)),
    N(11, (2, 2)))
seq("step_twice_shares_weights", lambda tf, x, h: (
    lambda cell: cell(x, cell(x, h)[1]))(tf.nn.rnn_cell.GRUCell(4)), X, H)


def case_cell_sizes(tf, np):
    """state_size, output_size and zero_state of cells."""
    with tf.Graph().as_default():
        r = tf.nn.rnn_cell
        lstm = r.BasicLSTMCell(4)
        multi = r.MultiRNNCell([r.LSTMCell(3, num_proj=2), r.GRUCell(5)])
        z = multi.zero_state(2, tf.float64)
        n = tf.placeholder(tf.int32, [])
        zn = lstm.zero_state(n, tf.float32)
        st = r.LSTMStateTuple(tf.zeros([1, 2]), tf.ones([1, 2]))
        with tf.Session() as sess:
            zv = sess.run(z)
            return {"lstm": [type(lstm.state_size).__name__, list(lstm.state_size),
                             lstm.output_size],
                    "gru": [r.GRUCell(5).state_size, r.GRUCell(5).output_size],
                    "one": r.BasicLSTMCell(4, state_is_tuple=False).state_size,
                    "multi": [list(multi.state_size[0]), multi.state_size[1],
                              multi.output_size, len(multi.state_size)],
                    "zero": [zv[0].c, zv[0].h, zv[1]], "type": type(zv[0]).__name__,
                    "zero_static": [static(t) for t in flat(zn)],
                    "zero_run": [list(v.shape) for v in sess.run(zn, {n: 3})],
                    "fields": list(st._fields), "dtype": st.dtype.name,
                    "wrapped": [r.DropoutWrapper(lstm, 0.5).output_size,
                                tf.contrib.rnn.OutputProjectionWrapper(lstm, 7).output_size]}


def case_same_classes_in_contrib(tf, np):
    """tf.contrib.rnn holds the same objects as tf.nn.rnn_cell."""
    names = ["BasicRNNCell", "BasicLSTMCell", "LSTMCell", "GRUCell", "MultiRNNCell",
             "DropoutWrapper", "ResidualWrapper", "DeviceWrapper", "LSTMStateTuple", "RNNCell"]
    return {"same": [getattr(tf.contrib.rnn, n) is getattr(tf.nn.rnn_cell, n) for n in names],
            "static": tf.contrib.rnn.static_rnn is tf.nn.static_rnn,
            "bidirectional": tf.contrib.rnn.static_bidirectional_rnn
            is tf.nn.static_bidirectional_rnn}


def case_dropout_wrapper_facts(tf, np):
    """Half of the outputs is dropped, the rest doubled; the state is not touched."""
    with tf.Graph().as_default():
        cell = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.BasicRNNCell(40), output_keep_prob=0.5)
        x = tf.constant(N(20, (30, 3))())
        out, state = cell(x, tf.zeros([30, 40]))
        with tf.Session() as sess:
            fix(tf, sess, 21)
            o, s = sess.run([out, state])
            kept = o != 0
            return {"share": bool(0.4 < kept.mean() < 0.6),
                    "doubled": bool(np.allclose(o[kept], 2 * s[kept])),
                    "state": bool((s != 0).all())}


def case_dropout_wrapper_in_loop(tf, np):
    """Every step draws its own mask; with variational_recurrent all steps share one."""
    res = {}
    for variational in [False, True]:
        with tf.Graph().as_default():
            tf.set_random_seed(1)           # 30 draws of one mask: their share varies
            cell = tf.nn.rnn_cell.DropoutWrapper(
                tf.nn.rnn_cell.BasicRNNCell(30), output_keep_prob=0.5,
                variational_recurrent=variational, dtype=tf.float32)
            x = tf.constant(N(22, (8, 4, 3))())
            out, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
            with tf.Session() as sess:
                fix(tf, sess, 23)
                o = sess.run(out) != 0
                res["same_%s" % variational] = bool((o[:, :1] == o).all())
                res["share_%s" % variational] = bool(0.3 < o.mean() < 0.7)
    return res


def case_cell_initializers(tf, np):
    """What the biases start with, and which initializer the kernel takes."""
    with tf.Graph().as_default():
        with tf.variable_scope("s", initializer=tf.constant_initializer(0.5)):
            tf.nn.rnn_cell.GRUCell(2)(tf.zeros([1, 2]), tf.zeros([1, 2]))
            tf.nn.rnn_cell.BasicLSTMCell(2)(
                tf.zeros([1, 2]), (tf.zeros([1, 2]), tf.zeros([1, 2])))
        tf.nn.rnn_cell.GRUCell(2, kernel_initializer=tf.constant_initializer(0.25),
                               bias_initializer=tf.constant_initializer(3.0), name="g")(
            tf.zeros([1, 2]), tf.zeros([1, 2]))
        tf.nn.rnn_cell.LSTMCell(2, initializer=tf.ones_initializer(), num_proj=1,
                                use_peepholes=True)(
            tf.zeros([1, 2]), (tf.zeros([1, 2]), tf.zeros([1, 1])))
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            return {v.name: sess.run(v).ravel()[:1] for v in tf.global_variables()}


def case_cell_weights_attributes(tf, np):
    """weights, trainable_weights, variables and built of a cell."""
    with tf.Graph().as_default():
        cell = tf.nn.rnn_cell.BasicLSTMCell(2, name="c")
        before = [cell.built, len(cell.weights)]
        cell.build(tf.TensorShape([None, 3]))
        cell(tf.zeros([1, 3]), cell.zero_state(1, tf.float32))
        return {"before": before, "built": cell.built,
                "weights": [v.name for v in cell.weights],
                "trainable": [v.name for v in cell.trainable_variables],
                "all": [v.name for v in tf.global_variables()]}


fails("error_lstm_state_not_tuple", lambda tf, np: tf.nn.rnn_cell.BasicLSTMCell(4)(
    tf.zeros([2, 3]), tf.zeros([2, 4])))
fails("error_gru_state_width", lambda tf, np: tf.nn.rnn_cell.GRUCell(4)(
    tf.zeros([2, 3]), tf.zeros([2, 5])))
fails("error_cell_input_depth_unknown", lambda tf, np: tf.nn.rnn_cell.GRUCell(4)(
    tf.placeholder(tf.float32, [None, None]), tf.zeros([2, 4])))
fails("error_multi_empty", lambda tf, np: tf.nn.rnn_cell.MultiRNNCell([]))
fails("error_multi_not_a_list", lambda tf, np: tf.nn.rnn_cell.MultiRNNCell(
    tf.nn.rnn_cell.GRUCell(3)))
fails("error_dropout_of_no_cell", lambda tf, np: tf.nn.rnn_cell.DropoutWrapper(3, 0.5))
fails("error_dropout_above_one", lambda tf, np: tf.nn.rnn_cell.DropoutWrapper(
    tf.nn.rnn_cell.GRUCell(3), 1.5))
fails("error_residual_width", lambda tf, np: tf.nn.rnn_cell.ResidualWrapper(
    tf.nn.rnn_cell.GRUCell(3))(tf.zeros([1, 2]), tf.zeros([1, 3])))
fails("error_second_cell_same_scope", lambda tf, np: [
    tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), tf.zeros([1, 2, 2]), dtype=tf.float32)
    for _ in range(2)])
fails("error_cell_width_changes", lambda tf, np: (
    lambda c: [c(tf.zeros([1, n]), tf.zeros([1, 2])) for n in (3, 4)])(tf.nn.rnn_cell.GRUCell(2)))
fails("error_same_cell_in_layers", lambda tf, np: tf.nn.rnn_cell.MultiRNNCell(
    [tf.nn.rnn_cell.GRUCell(2)] * 2)(tf.zeros([1, 3]), (tf.zeros([1, 2]), tf.zeros([1, 2]))))

# ------------------------------------------------------------- dynamic_rnn
Q = N(30, (2, 4, 3))            # batch 2, time 4, depth 3
Q64 = N(31, (2, 4, 3), "float64")
T = N(32, (4, 2, 3))            # time 4, batch 2, depth 3
LEN = L([3, 1], "int32")


def dyn(cell, **kw):
    """dynamic_rnn over cell(tf); float32 unless the input says otherwise."""
    def build(tf, x, *lens):
        args = dict(kw)
        if lens:
            args["sequence_length"] = lens[0]
        return tf.nn.dynamic_rnn(cell(tf), x, dtype=x.dtype, **args)
    return build


BASIC = lambda tf: tf.nn.rnn_cell.BasicRNNCell(3)
LSTM = lambda tf: tf.nn.rnn_cell.BasicLSTMCell(3)
PEEP = lambda tf: tf.nn.rnn_cell.LSTMCell(4, use_peepholes=True, num_proj=2)
GRU = lambda tf: tf.nn.rnn_cell.GRUCell(3)
TWO = lambda tf: tf.nn.rnn_cell.MultiRNNCell(
    [tf.nn.rnn_cell.BasicLSTMCell(n) for n in (3, 2)])

seq("dynamic_basic", dyn(BASIC), Q)
seq("dynamic_basic_f64", dyn(BASIC), Q64, mode="depth")
seq("dynamic_lstm", dyn(LSTM), Q)
seq("dynamic_lstm_unknown_sizes", dyn(LSTM), Q, mode="depth")
seq("dynamic_lstm_f64", dyn(LSTM), Q64)
seq("dynamic_lstm_lengths", dyn(LSTM), Q, LEN, mode="depth")
seq("dynamic_lstm_lengths_f64", dyn(LSTM), Q64, L([4, 2], "int64"))
seq("dynamic_lstm_length_zero", dyn(LSTM), Q, L([0, 2], "int32"))
seq("dynamic_gru", dyn(GRU), Q)
seq("dynamic_gru_lengths", dyn(GRU), Q, LEN)
seq("dynamic_gru_time_major", dyn(GRU, time_major=True), T, LEN, mode="depth")
seq("dynamic_peephole_projection", dyn(PEEP), Q, LEN)
seq("dynamic_two_layers", dyn(TWO), Q)
seq("dynamic_two_layers_lengths_f64", dyn(TWO), Q64, LEN, mode="depth")
seq("dynamic_scope_name", dyn(LSTM, scope="encoder"), Q)
seq("dynamic_swap_memory", dyn(GRU, swap_memory=True, parallel_iterations=2), Q)
seq("dynamic_own_cell", dyn(lambda tf: my_cell(tf)(3)), Q, LEN)
seq("dynamic_own_layer_cell", dyn(lambda tf: my_layer_cell(tf)()), Q, mode="batch")
seq("dynamic_residual_layers", dyn(lambda tf: tf.nn.rnn_cell.MultiRNNCell(
    [tf.nn.rnn_cell.ResidualWrapper(tf.nn.rnn_cell.GRUCell(3)) for _ in range(2)])), Q)
seq("dynamic_output_projection", dyn(lambda tf: tf.contrib.rnn.OutputProjectionWrapper(
    tf.contrib.rnn.BasicLSTMCell(3), 2)), Q, LEN)
seq("dynamic_layer_norm", dyn(lambda tf: tf.contrib.rnn.LayerNormBasicLSTMCell(3)), Q)
seq("dynamic_one_step", dyn(GRU), N(33, (3, 1, 2)))
seq("dynamic_batch_of_one", dyn(LSTM), N(34, (1, 5, 2)), mode="depth")
seq("dynamic_initial_state", lambda tf, x, c, h: tf.nn.dynamic_rnn(
    LSTM(tf), x, initial_state=lstm_state(tf, c, h)), Q, N(35, (2, 3)), N(36, (2, 3)))
seq("dynamic_initial_state_lengths", lambda tf, x, h: tf.nn.dynamic_rnn(
    GRU(tf), x, [2, 4], initial_state=h, dtype=tf.float32), Q, N(37, (2, 3)), mode="depth")
seq("dynamic_zero_state", lambda tf, x: (lambda cell: tf.nn.dynamic_rnn(
    cell, x, initial_state=cell.zero_state(tf.shape(x)[0], tf.float32)))(TWO(tf)), Q, mode="depth")
seq("dynamic_time_major_initial_state", lambda tf, x, h: tf.nn.dynamic_rnn(
    BASIC(tf), x, initial_state=h, time_major=True), T, N(38, (2, 3)))
seq("dynamic_nested_inputs", lambda tf, x, y: tf.nn.dynamic_rnn(
    pair_cell(tf), (x, y), dtype=tf.float32), Q, N(39, (2, 4, 2)))
seq("dynamic_of_embeddings", lambda tf, i: tf.nn.dynamic_rnn(
    GRU(tf), tf.nn.embedding_lookup(tf.get_variable("emb", [5, 2]), i), dtype=tf.float32)[1],
    L([[4, 0, 0], [1, 4, 2]], "int32"), mode="batch")
seq("dynamic_last_output", lambda tf, x: tf.nn.dynamic_rnn(
    LSTM(tf), x, dtype=tf.float32)[0][:, -1, :], Q, mode="depth")
seq("dynamic_last_relevant", lambda tf, x, n: tf.gather_nd(
    tf.nn.dynamic_rnn(LSTM(tf), x, n, dtype=tf.float32)[0],
    tf.stack([tf.range(tf.shape(x)[0]), n - 1], axis=1)), Q, LEN)
seq("dynamic_into_dense", lambda tf, x: tf.layers.dense(tf.nn.dynamic_rnn(
    GRU(tf), x, dtype=tf.float32)[0], 2), Q, mode="depth")
seq("dynamic_two_scopes", lambda tf, x: [tf.nn.dynamic_rnn(
    GRU(tf), x, dtype=tf.float32, scope=s)[1] for s in ("a", "b")], Q)
seq("dynamic_stacked_calls", lambda tf, x: tf.nn.dynamic_rnn(
    LSTM(tf), tf.nn.dynamic_rnn(GRU(tf), x, dtype=tf.float32, scope="one")[0],
    dtype=tf.float32, scope="two"), Q, mode="depth")


def pair_cell(tf):
    class Pair(tf.nn.rnn_cell.RNNCell):
        state_size = property(lambda self: 2)
        output_size = property(lambda self: 2)

        def call(self, inputs, state):
            a, b = inputs
            new = tf.tanh(state + tf.reduce_sum(a, 1, keep_dims=True) * b)
            return new, new
    return Pair()


def reused(tf, x, y):
    with tf.variable_scope("net") as scope:
        a, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(3), x, dtype=tf.float32)
        scope.reuse_variables()
        b, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(3), y, dtype=tf.float32)
    return a, b


def auto_reused(tf, x, y):
    out = []
    for t in (x, y):
        with tf.variable_scope("net", reuse=tf.AUTO_REUSE):
            out.append(tf.nn.dynamic_rnn(LSTM(tf), t, dtype=tf.float32)[0])
    return out


def one_cell_twice(tf, x, y):
    cell = LSTM(tf)
    a, s = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, scope="run")
    b, _ = tf.nn.dynamic_rnn(cell, y, initial_state=s, scope="run2")
    return a, b


seq("dynamic_reuse", reused, Q, N(40, (2, 2, 3)))
seq("dynamic_auto_reuse", auto_reused, Q, N(41, (2, 3, 3)))
seq("dynamic_one_cell_twice", one_cell_twice, Q, N(42, (2, 2, 3)))


def case_dynamic_static_shapes(tf, np):
    """What is known of the shapes of outputs and states."""
    res = {}
    for k, shape in enumerate([[2, 4, 3], [None, 4, 3], [2, None, 3], [None, None, 3]]):
        for major in [False, True]:
            with tf.Graph().as_default():
                x = tf.placeholder(tf.float32, shape)
                o, s = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(5, num_proj=2), x,
                                         dtype=tf.float32, time_major=major)
                res["%d_%s" % (k, major)] = [static(o), static(s.c), static(s.h)]
    return res


def case_dynamic_other_batch_each_run(tf, np):
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, None, 2])
        n = tf.placeholder(tf.int32, [None])
        o, s = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), x, n, dtype=tf.float32)
        with tf.Session() as sess:
            fix(tf, sess, 43)
            res = {}
            for k, (b, t, ns) in enumerate([(1, 2, [2]), (3, 1, [1, 0, 1]), (2, 5, [5, 3])]):
                res["out%d" % k], res["state%d" % k] = sess.run(
                    [o, s], {x: N(44 + k, (b, t, 2))(), n: ns})
            return res


def case_dynamic_state_carried_between_runs(tf, np):
    """Truncated sequences: the last state of a run is fed to the next."""
    with tf.Graph().as_default():
        cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(2) for _ in range(2)])
        x = tf.placeholder(tf.float32, [2, 3, 2])
        init = cell.zero_state(2, tf.float32)
        o, last = tf.nn.dynamic_rnn(cell, x, initial_state=init)
        with tf.Session() as sess:
            fix(tf, sess, 45)
            state, outs = sess.run(init), []
            for k in range(3):
                feed = {x: N(46 + k, (2, 3, 2))()}
                for i, (c, h) in enumerate(init):
                    feed[c], feed[h] = state[i].c, state[i].h
                v, state = sess.run([o, last], feed)
                outs.append(v)
            return {"outs": np.concatenate(outs, 1), "type": type(state[0]).__name__,
                    "last": [state[1].c, state[1].h]}


def case_dynamic_state_fed_as_structure(tf, np):
    """A tuple of tensors may be a key of the feed."""
    with tf.Graph().as_default():
        cell = tf.nn.rnn_cell.BasicLSTMCell(2)
        x = tf.constant(N(49, (1, 3, 2))())
        init = cell.zero_state(1, tf.float32)
        o, last = tf.nn.dynamic_rnn(cell, x, initial_state=init)
        with tf.Session() as sess:
            fix(tf, sess, 50)
            s = sess.run(last)
            return {"out": sess.run(o, {init: s}), "c": s.c}


def case_dynamic_operation_names(tf, np):
    """Where outputs live: names of the tensors that dynamic_rnn returns."""
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2, 4, 3], name="x")
        with tf.variable_scope("enc"):
            o, s = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(3), x, dtype=tf.float32)
        return {"scope_o": o.name.split("/")[:2], "scope_s": s.name.split("/")[:2],
                "dtype": o.dtype.name, "variables": [v.name for v in tf.global_variables()],
                "collections": sorted(k for k in tf.get_default_graph().get_all_collection_keys()
                                      if "variables" in k)}


def case_dynamic_training_clip(tf, np):
    """Gradients through time, clipped by their global norm."""
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, None, 2])
        o, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(3), x, dtype=tf.float32)
        loss = tf.reduce_sum(tf.square(o - 0.3))
        vs = tf.trainable_variables()
        gs, norm = tf.clip_by_global_norm(tf.gradients(loss, vs), 0.5)
        train = tf.train.GradientDescentOptimizer(0.5).apply_gradients(zip(gs, vs))
        with tf.Session() as sess:
            fix(tf, sess, 51)
            hist = []
            for _ in range(4):
                hist.append(sess.run([loss, norm], {x: Q()[:, :, :2]}))
                sess.run(train, {x: Q()[:, :, :2]})
            return {"history": np.array(hist), "weights": [sess.run(v) for v in vs]}


fails("error_dynamic_no_dtype", lambda tf, np: tf.nn.dynamic_rnn(
    tf.nn.rnn_cell.GRUCell(2), tf.zeros([1, 2, 2])))
fails("error_dynamic_rank_two", lambda tf, np: tf.nn.dynamic_rnn(
    tf.nn.rnn_cell.GRUCell(2), tf.zeros([4, 2]), dtype=tf.float32))
fails("error_dynamic_depth_unknown", lambda tf, np: tf.nn.dynamic_rnn(
    tf.nn.rnn_cell.GRUCell(2), tf.placeholder(tf.float32, [2, 3, None]), dtype=tf.float32))
fails("error_dynamic_lengths_rank", lambda tf, np: tf.nn.dynamic_rnn(
    tf.nn.rnn_cell.GRUCell(2), tf.zeros([2, 3, 2]), [[1], [2]], dtype=tf.float32))
fails("error_dynamic_not_a_cell", lambda tf, np: tf.nn.dynamic_rnn(
    "cell", tf.zeros([2, 3, 2]), dtype=tf.float32))
fails("error_dynamic_dtype_mix", lambda tf, np: tf.nn.dynamic_rnn(
    tf.nn.rnn_cell.GRUCell(2), tf.zeros([2, 3, 2]), dtype=tf.float64))
fails("error_dynamic_state_structure", lambda tf, np: tf.nn.dynamic_rnn(
    tf.nn.rnn_cell.BasicLSTMCell(2), tf.zeros([2, 3, 2]), initial_state=tf.zeros([2, 2])))


def case_error_dynamic_lengths_count(tf, np):
    """One length for two sequences: only the run can see it."""
    with tf.Graph().as_default():
        n = tf.placeholder(tf.int32, [None])
        o, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(2), tf.zeros([2, 3, 2]), n,
                                 dtype=tf.float32)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            return {"error": raised(lambda: sess.run(o, {n: [1]})),
                    "fine": list(sess.run(o, {n: [1, 2]}).shape)}


# -------------------------------------------------------------- static_rnn
def stat(cell, **kw):
    def build(tf, x, *lens):
        args = dict(kw)
        if lens:
            args["sequence_length"] = lens[0]
        return tf.nn.static_rnn(cell(tf), tf.unstack(x, axis=1), dtype=x.dtype, **args)
    return build


seq("static_basic", stat(BASIC), Q)
seq("static_lstm_f64", stat(LSTM), Q64, mode="batch")
seq("static_lstm_lengths", stat(LSTM), Q, LEN)
seq("static_gru_scope", stat(GRU, scope="g"), Q)
seq("static_two_layers", stat(TWO), Q, mode="batch")
seq("static_own_cell", stat(lambda tf: my_cell(tf)(2)), Q)
seq("static_initial_state", lambda tf, x, h: tf.nn.static_rnn(
    GRU(tf), tf.unstack(x, axis=1), initial_state=h), Q, N(52, (2, 3)))
seq("static_from_split", lambda tf, x: tf.contrib.rnn.static_rnn(
    LSTM(tf), [tf.squeeze(t, [1]) for t in tf.split(x, 4, 1)], dtype=tf.float32)[0][-1], Q)
seq("static_second_derivative", lambda tf, x: tf.gradients(tf.reduce_sum(tf.square(
    tf.nn.static_rnn(BASIC(tf), tf.unstack(x, axis=1), dtype=tf.float64)[0][-1])), x), Q64)


def by_hand(tf, x):
    """A Python loop over one cell, with reuse in the scope."""
    cell = tf.nn.rnn_cell.BasicLSTMCell(3)
    state, outs = cell.zero_state(2, tf.float32), []
    with tf.variable_scope("rnn"):
        for t in range(4):
            if t > 0:
                tf.get_variable_scope().reuse_variables()
            o, state = cell(x[:, t, :], state)
            outs.append(o)
    return tf.reshape(tf.concat(outs, 1), [-1, 3]), state


seq("static_by_hand", by_hand, Q)
fails("error_static_empty", lambda tf, np: tf.nn.static_rnn(
    tf.nn.rnn_cell.GRUCell(2), [], dtype=tf.float32))
fails("error_static_not_a_list", lambda tf, np: tf.nn.static_rnn(
    tf.nn.rnn_cell.GRUCell(2), tf.zeros([3, 2, 2]), dtype=tf.float32))
fails("error_static_no_dtype", lambda tf, np: tf.nn.static_rnn(
    tf.nn.rnn_cell.GRUCell(2), [tf.zeros([2, 2])]))


# ----------------------------------------------------------- bidirectional
def bi(fw, bw, **kw):
    def build(tf, x, *lens):
        args = dict(kw)
        if lens:
            args["sequence_length"] = lens[0]
        return tf.nn.bidirectional_dynamic_rnn(fw(tf), bw(tf), x, dtype=x.dtype, **args)
    return build


seq("bidirectional_lstm", bi(LSTM, LSTM), Q)
seq("bidirectional_lstm_lengths", bi(LSTM, LSTM), Q, LEN, mode="depth")
seq("bidirectional_mixed_f64", bi(GRU, PEEP), Q64, LEN)
seq("bidirectional_time_major", bi(GRU, GRU, time_major=True, scope="bi"), T, LEN)
seq("bidirectional_states", lambda tf, x, a, b: tf.concat(tf.nn.bidirectional_dynamic_rnn(
    GRU(tf), BASIC(tf), x, initial_state_fw=a, initial_state_bw=b)[0], 2), Q, N(53, (2, 3)),
    N(54, (2, 3)))
seq("bidirectional_static", lambda tf, x: tf.nn.static_bidirectional_rnn(
    LSTM(tf), GRU(tf), tf.unstack(x, axis=1), dtype=tf.float32), Q)
seq("bidirectional_static_lengths", lambda tf, x, n: tf.contrib.rnn.static_bidirectional_rnn(
    GRU(tf), GRU(tf), tf.unstack(x, axis=1), dtype=tf.float32, sequence_length=n)[0], Q, LEN)
seq("bidirectional_stacked", lambda tf, x: tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
    [GRU(tf), GRU(tf)], [GRU(tf), GRU(tf)], x, dtype=tf.float32)[0], N(55, (2, 3, 2)))
fails("error_bidirectional_one_cell", lambda tf, np: tf.nn.bidirectional_dynamic_rnn(
    tf.nn.rnn_cell.GRUCell(2), None, tf.zeros([1, 2, 2]), dtype=tf.float32))


# ----------------------------------------------------------------- raw_rnn
def raw(tf, x, n):
    """raw_rnn that does what dynamic_rnn does; x is time-major."""
    ta = tf.TensorArray(tf.float32, size=4).unstack(x)
    cell = tf.nn.rnn_cell.LSTMCell(3)

    def loop(time, output, state, loop_state):
        new = cell.zero_state(2, tf.float32) if output is None else state
        done = time >= n
        nxt = tf.cond(tf.reduce_all(done), lambda: tf.zeros([2, 3]), lambda: ta.read(time))
        return done, nxt, new, output, None
    outs, last, _ = tf.nn.raw_rnn(cell, loop)
    return outs.stack(), last


def raw_feedback(tf, x):
    """The output of a step is the next input; the loop state counts."""
    cell = tf.nn.rnn_cell.GRUCell(3)

    def loop(time, output, state, count):
        if output is None:
            return tf.fill([2], False), x, tf.zeros([2, 3]), tf.zeros([3]), tf.constant(0)
        return tf.fill([2], time >= 3), output * 0.5, state, output, count + 2
    outs, last, count = tf.nn.raw_rnn(cell, loop, scope="dec")
    return outs.stack(), last, count


seq("raw_like_dynamic", raw, T, LEN)
seq("raw_feedback", raw_feedback, N(56, (2, 3)))


# ----------------------------------------------------------- tf.contrib.seq2seq
LOGITS, TARGETS = N(60, (2, 3, 4)), L([[0, 3, 1], [2, 2, 0]], "int32")
MASK = L([[1.0, 1.0, 0.0], [1.0, 0.5, 1.0]])

seq("sequence_loss", lambda tf, z, w, y: tf.contrib.seq2seq.sequence_loss(z, y, w),
    LOGITS, MASK, TARGETS)
seq("sequence_loss_per_step", lambda tf, z, w, y: tf.contrib.seq2seq.sequence_loss(
    z, y, w, average_across_timesteps=False, average_across_batch=True), LOGITS, MASK, TARGETS)
seq("sequence_loss_per_sequence", lambda tf, z, w, y: tf.contrib.seq2seq.sequence_loss(
    z, y, w, average_across_batch=False), LOGITS, MASK, TARGETS, mode="depth")
seq("sequence_loss_no_average", lambda tf, z, w, y: tf.contrib.seq2seq.sequence_loss(
    z, y, w, average_across_timesteps=False, average_across_batch=False), LOGITS, MASK, TARGETS)
seq("sequence_loss_zero_weights", lambda tf, z, y: tf.contrib.seq2seq.sequence_loss(
    z, y, tf.zeros([2, 3])), LOGITS, TARGETS)
fails("error_sequence_loss_rank", lambda tf, np: tf.contrib.seq2seq.sequence_loss(
    tf.zeros([6, 4]), tf.zeros([2, 3], tf.int32), tf.ones([2, 3])))

seq("tile_batch", lambda tf, x, h: [tf.contrib.seq2seq.tile_batch(x, 2),
                                    tf.contrib.seq2seq.tile_batch((h, h[:, 0]), multiplier=3)],
    N(61, (2, 2, 2)), N(62, (2, 3)), mode="depth")


def decode(tf, x, n, **kw):
    """Teacher forcing with TrainingHelper and BasicDecoder."""
    args = dict(kw)
    layer = args.pop("layer", None)
    s = tf.contrib.seq2seq
    cell = tf.nn.rnn_cell.GRUCell(3)
    major = args.get("output_time_major", False)
    helper = s.TrainingHelper(x, n, time_major=args.pop("input_time_major", False))
    dec = s.BasicDecoder(cell, helper, cell.zero_state(2, x.dtype), output_layer=layer)
    out, state, lens = s.dynamic_decode(dec, **args)
    return out.rnn_output, out.sample_id, state, lens


seq("decoder_training", decode, Q, LEN)
seq("decoder_training_impute", lambda tf, x, n: decode(tf, x, n, impute_finished=True,
                                                       scope="dec"), Q, LEN)
seq("decoder_training_output_layer", lambda tf, x, n: decode(
    tf, x, n, layer=tf.layers.Dense(5, use_bias=False, name="proj")), Q, LEN)
seq("decoder_training_maximum_iterations", lambda tf, x, n: decode(
    tf, x, n, maximum_iterations=2), Q, LEN)
seq("decoder_training_time_major", lambda tf, x, n: decode(
    tf, x, n, input_time_major=True, output_time_major=True, impute_finished=True), T, LEN)


def greedy(tf, h, end=5, **kw):
    s = tf.contrib.seq2seq
    emb = tf.get_variable("emb", [6, 3])
    helper = s.GreedyEmbeddingHelper(emb, start_tokens=tf.constant([1, 2]), end_token=end)
    cell = tf.nn.rnn_cell.GRUCell(3)
    dec = s.BasicDecoder(cell, helper, h, output_layer=tf.layers.Dense(6))
    out, state, lens = s.dynamic_decode(dec, maximum_iterations=5, **kw)
    return out.rnn_output, out.sample_id, state, lens


seq("decoder_greedy", greedy, N(63, (2, 3)), grad=False)
seq("decoder_greedy_impute", lambda tf, h: greedy(tf, h, 2, impute_finished=True), N(64, (2, 3)),
    grad=False)


def attend(kind, size=None, **kw):
    """One AttentionWrapper over a cell, driven by dynamic_rnn."""
    def build(tf, x, mem, *lens):
        s = tf.contrib.seq2seq
        att = getattr(s, kind)(4, mem, memory_sequence_length=lens[0] if lens else None, **kw)
        cell = s.AttentionWrapper(tf.nn.rnn_cell.GRUCell(4), att, attention_layer_size=size)
        out, state = tf.nn.dynamic_rnn(cell, x, dtype=x.dtype)
        return out, state.cell_state, state.attention, state.alignments, state.time
    return build


MEM = N(65, (2, 5, 3))
seq("attention_luong", attend("LuongAttention"), Q, MEM)
seq("attention_luong_scale_lengths", attend("LuongAttention", 2, scale=True), Q, MEM,
    L([5, 2], "int32"))
seq("attention_bahdanau", attend("BahdanauAttention"), Q, MEM, mode="depth")
seq("attention_bahdanau_normalize", attend("BahdanauAttention", 3, normalize=True), Q, MEM,
    L([3, 4], "int32"))


def attention_step(tf, x, mem):
    s = tf.contrib.seq2seq
    att = s.BahdanauAttention(4, mem, memory_sequence_length=[5, 3])
    cell = s.AttentionWrapper(tf.nn.rnn_cell.BasicLSTMCell(4), att, attention_layer_size=3,
                              output_attention=False, name="attn")
    out, st = cell(x, cell.zero_state(2, tf.float32))
    return out, st.cell_state, st.attention, st.alignments


def attention_decoder(tf, x, mem, n):
    s = tf.contrib.seq2seq
    att = s.LuongAttention(4, mem)
    cell = s.AttentionWrapper(tf.nn.rnn_cell.LSTMCell(4), att, attention_layer_size=4,
                              alignment_history=True)
    dec = s.BasicDecoder(cell, s.TrainingHelper(x, n), cell.zero_state(2, tf.float32),
                         tf.layers.Dense(3, name="out"))
    out, st, lens = s.dynamic_decode(dec)
    return out.rnn_output, out.sample_id, st.alignment_history.stack(), lens


seq("attention_step", attention_step, N(66, (2, 3)), MEM)
seq("attention_decoder", attention_decoder, Q, MEM, LEN)


def beam(tf, h, width=3, steps=4, end=5, **kw):
    s = tf.contrib.seq2seq
    emb = tf.get_variable("emb", [6, 3])
    cell = tf.nn.rnn_cell.GRUCell(3)
    dec = s.BeamSearchDecoder(cell, emb, tf.fill([2], 1), end, s.tile_batch(h, width), width,
                              output_layer=tf.layers.Dense(6, use_bias=False), **kw)
    out, st, lens = s.dynamic_decode(dec, maximum_iterations=steps)
    return out.predicted_ids, st.log_probs, lens


seq("beam_search", beam, N(67, (2, 3), scale=2.0), grad=False)
seq("beam_search_ends", lambda tf, h: beam(tf, h, 2, 5, end=3), N(69, (2, 3), scale=2.0),
    grad=False)
seq("beam_search_length_penalty", lambda tf, h: beam(tf, h, 2, 5, length_penalty_weight=0.5),
    N(68, (2, 3), scale=2.0), grad=False)


# ---------------------------------------------------- tf.contrib.legacy_seq2seq
def cut(tf, x):
    return tf.unstack(x, axis=1)


ENC, DEC = N(70, (2, 3, 2)), N(71, (2, 2, 2))
ENCI, DECI = I(72, (2, 3), 0, 5), I(73, (2, 4), 0, 4)
seq("legacy_rnn_decoder", lambda tf, x, h: tf.contrib.legacy_seq2seq.rnn_decoder(
    cut(tf, x), h, GRU(tf)), ENC, N(74, (2, 3)))
seq("legacy_rnn_decoder_loop", lambda tf, x, h: tf.contrib.legacy_seq2seq.rnn_decoder(
    cut(tf, x), h, GRU(tf), loop_function=lambda prev, i: prev[:, :2] * float(i)), ENC,
    N(75, (2, 3)))
seq("legacy_basic", lambda tf, x, y: tf.contrib.legacy_seq2seq.basic_rnn_seq2seq(
    cut(tf, x), cut(tf, y), LSTM(tf)), ENC, DEC)
seq("legacy_embedding", lambda tf, x, y: tf.contrib.legacy_seq2seq.embedding_rnn_seq2seq(
    cut(tf, x), cut(tf, y), GRU(tf), 5, 4, embedding_size=2), ENCI, DECI)
seq("legacy_embedding_feed_previous", lambda tf, x, y:
    tf.contrib.legacy_seq2seq.embedding_rnn_seq2seq(
        cut(tf, x), cut(tf, y), GRU(tf), 5, 4, embedding_size=2, feed_previous=True), ENCI, DECI,
    grad=False)
seq("legacy_embedding_attention", lambda tf, x, y:
    tf.contrib.legacy_seq2seq.embedding_attention_seq2seq(
        cut(tf, x), cut(tf, y), GRU(tf), 5, 4, embedding_size=2), ENCI, DECI)
seq("legacy_loss_by_example", lambda tf, z, w, y:
    tf.contrib.legacy_seq2seq.sequence_loss_by_example(
        cut(tf, z), cut(tf, y), cut(tf, w)), LOGITS, MASK, TARGETS)
seq("legacy_loss_by_example_no_average", lambda tf, z, w, y:
    tf.contrib.legacy_seq2seq.sequence_loss_by_example(
        [tf.reshape(z, [-1, 4])], [tf.reshape(y, [-1])], [tf.reshape(w, [-1])],
        average_across_timesteps=False), LOGITS, MASK, TARGETS)
seq("legacy_sequence_loss", lambda tf, z, w, y: tf.contrib.legacy_seq2seq.sequence_loss(
    cut(tf, z), cut(tf, y), cut(tf, w)), LOGITS, MASK, TARGETS)

# -------------------------------------------------------------------- crf
SCORES, TAGS, TRANS = N(80, (2, 4, 3)), L([[0, 2, 1, 1], [2, 0, 0, 0]], "int32"), N(81, (3, 3))
CLEN = L([4, 2], "int32")
seq("crf_log_likelihood", lambda tf, s, w, y, n: tf.contrib.crf.crf_log_likelihood(
    s, y, n, w), SCORES, TRANS, TAGS, CLEN)
seq("crf_log_likelihood_own_variable", lambda tf, s, y, n: tf.contrib.crf.crf_log_likelihood(
    s, y, n)[0], SCORES, TAGS, CLEN, mode="batch")
seq("crf_parts", lambda tf, s, w, y, n: [
    tf.contrib.crf.crf_sequence_score(s, y, n, w), tf.contrib.crf.crf_log_norm(s, n, w),
    tf.contrib.crf.crf_unary_score(y, n, s), tf.contrib.crf.crf_binary_score(y, n, w)],
    SCORES, TRANS, TAGS, CLEN)
seq("crf_decode", lambda tf, s, w, n: tf.contrib.crf.crf_decode(s, w, n), SCORES, TRANS, CLEN,
    grad=False)
seq("crf_one_step", lambda tf, s, w: tf.contrib.crf.crf_log_likelihood(
    s, tf.constant([[1], [0]]), tf.constant([1, 1]), w)[0], N(82, (2, 1, 3)), TRANS)


def case_crf_viterbi_decode(tf, np):
    """In numpy, without a session."""
    path, score = tf.contrib.crf.viterbi_decode(N(83, (5, 3))(), N(84, (3, 3))())
    return {"path": [int(i) for i in path], "score": np.float32(score)}


# -------------------------------------------------------------------- ctc
def sparse(tf, rows, shape):
    idx = [[b, t] for b, row in enumerate(rows) for t in range(len(row))]
    return tf.SparseTensor(idx, tf.constant([v for row in rows for v in row]), shape)


FRAMES = N(90, (5, 2, 4))        # time, batch, classes (the last is the blank)
LAB = [[0, 2], [1, 1, 0]]
seq("ctc_loss", lambda tf, z: tf.nn.ctc_loss(sparse(tf, LAB, [2, 3]), z, [5, 5]), FRAMES)
seq("ctc_loss_lengths", lambda tf, z: tf.nn.ctc_loss(
    labels=sparse(tf, LAB, [2, 3]), inputs=z, sequence_length=[3, 4]), FRAMES)
seq("ctc_loss_batch_major", lambda tf, z: tf.nn.ctc_loss(
    sparse(tf, [[1], [2, 0]], [2, 2]), z, [4, 3], time_major=False), N(91, (2, 4, 3 + 1)))
seq("ctc_loss_collapse", lambda tf, z: [
    tf.nn.ctc_loss(sparse(tf, LAB, [2, 3]), z, [5, 5], preprocess_collapse_repeated=True),
    tf.nn.ctc_loss(sparse(tf, LAB, [2, 3]), z, [5, 5], ctc_merge_repeated=False)], FRAMES)
seq("ctc_greedy", lambda tf, z: (lambda d: [d[0][0].indices, d[0][0].values,
                                            d[0][0].dense_shape, d[1]])(
    tf.nn.ctc_greedy_decoder(z, [5, 4])), N(92, (5, 2, 3), scale=3.0), grad=False)
seq("ctc_beam", lambda tf, z: (lambda d: [
    t for p in d[0] for t in (p.indices, p.values, p.dense_shape)] + [d[1]])(
    tf.nn.ctc_beam_search_decoder(z, [5, 5], beam_width=8, top_paths=2)),
    N(93, (5, 2, 3), scale=2.0), grad=False)


def case_ctc_loss_too_short(tf, np):
    """More labels than frames: an error in the run, or (asked for) no loss."""
    with tf.Graph().as_default():
        z = tf.constant(N(94, (2, 1, 3))())
        y = sparse(tf, [[0, 1, 0]], [1, 3])
        bad = tf.nn.ctc_loss(y, z, [2])
        ok = tf.nn.ctc_loss(y, z, [2], ignore_longer_outputs_than_inputs=True)
        with tf.Session() as sess:
            return {"error": raised(lambda: sess.run(bad)), "ignored": sess.run(ok)}


def case_edit_distance(tf, np):
    with tf.Graph().as_default():
        a = sparse(tf, [[1, 2, 3], [4], [5, 6]], [3, 3])
        b = sparse(tf, [[1, 3], [5, 4, 4], [6, 5]], [3, 3])
        with tf.Session() as sess:
            return {"normalized": sess.run(tf.edit_distance(a, b)),
                    "plain": sess.run(tf.edit_distance(a, b, normalize=False))}
