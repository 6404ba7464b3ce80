"""Sequence models trained for some steps: losses and last weights.

Every model starts from fixed weights, so that losses are numbers, not facts.
"""
import os
import shutil
import tempfile

from _support import N, TRAINING, marks, put
import numpy as _np

AREA = "seq_training"
WIDE = dict(rtol32=1e-3, atol32=1e-4, rtol64=1e-7, atol64=1e-8)


# ---------------------------------------------------------------- helpers
def fix(tf, sess, seed, scale=0.4):
    """Initialize, then give every trainable variable fixed values."""
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    vs = tf.trainable_variables()
    sess.run([v.assign(N(seed + i, tuple(v.shape.as_list()), v.dtype.base_dtype.name, scale)())
              for i, v in enumerate(vs)])
    return vs


def ints(seed, shape, hi):
    return _np.random.RandomState(seed).randint(0, hi, size=shape).astype("int32")


def train(name, build, steps=5, seed=1, scale=0.4, **attrs):
    """build(tf, np) -> (loss, train operation, feed, dict of other fetches)."""
    def case(tf, np):
        with tf.Graph().as_default():
            loss, op, feed, more = build(tf, np)
            with tf.Session() as sess:
                vs = fix(tf, sess, seed, scale)
                hist = [sess.run([loss, op], feed)[0] for _ in range(steps)]
                hist.append(sess.run(loss, feed))
                return {"history": np.array(hist), "weights": np.concatenate(
                            [w.ravel() for w in sess.run(vs)]),
                        "variables": [[v.name, v.shape.as_list()] for v in vs],
                        "more": sess.run(more, feed) if more else {}}
    put(globals(), name, case, **dict(TRAINING, **attrs))


class Folder(object):
    def __enter__(self):
        self.path = tempfile.mkdtemp()
        return self.path

    def __exit__(self, *args):
        shutil.rmtree(self.path, ignore_errors=True)


# -------------------------------------------------------- language models
def char_rnn(tf, np):
    """A min-char-rnn by hand: tanh cell in a Python loop, clipped Adagrad."""
    V, H, T = 7, 5, 4
    x, y = tf.placeholder(tf.float32, [None, V]), tf.placeholder(tf.float32, [None, V])
    init = tf.placeholder(tf.float32, [1, H])
    hs, outs, losses = init, [], []
    with tf.variable_scope("RNN") as scope:
        for t, xt in enumerate(tf.split(x, T, 0)):
            if t > 0:
                scope.reuse_variables()
            wxh = tf.get_variable("Wxh", [V, H])
            whh = tf.get_variable("Whh", [H, H])
            why = tf.get_variable("Why", [H, V])
            bh, by = tf.get_variable("bh", [H]), tf.get_variable("by", [V])
            hs = tf.tanh(tf.matmul(xt, wxh) + tf.matmul(hs, whh) + bh)
            outs.append(tf.matmul(hs, why) + by)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(
        labels=y, logits=tf.concat(outs, 0)))
    opt = tf.train.AdagradOptimizer(0.1)
    gvs = [(tf.clip_by_value(g, -5.0, 5.0), v) for g, v in opt.compute_gradients(loss)]
    seq = ints(3, 5, V)
    feed = {x: np.eye(V)[seq[:-1]], y: np.eye(V)[seq[1:]], init: np.zeros((1, H))}
    return loss, opt.apply_gradients(gvs), feed, {"state": hs, "next": tf.nn.softmax(outs[-1])}


def char_lstm(tf, np):
    """Multi-layer LSTM language model: embedding, dynamic_rnn, clipping, Adam."""
    V = 8
    x, y = tf.placeholder(tf.int32, [2, 5]), tf.placeholder(tf.int32, [2, 5])
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(4) for _ in range(2)])
    init = cell.zero_state(2, tf.float32)
    with tf.variable_scope("rnnlm"):
        w, b = tf.get_variable("softmax_w", [4, V]), tf.get_variable("softmax_b", [V])
        emb = tf.get_variable("embedding", [V, 3])
        out, last = tf.nn.dynamic_rnn(cell, tf.nn.embedding_lookup(emb, x), initial_state=init)
    logits = tf.matmul(tf.reshape(out, [-1, 4]), w) + b
    cost = tf.contrib.legacy_seq2seq.sequence_loss_by_example(
        [logits], [tf.reshape(y, [-1])], [tf.ones([10])])
    loss = tf.reduce_sum(cost) / 2 / 5
    lr = tf.Variable(0.01, trainable=False)
    vs = tf.trainable_variables()
    gs, norm = tf.clip_by_global_norm(tf.gradients(loss, vs), 1.0)
    op = tf.train.AdamOptimizer(lr).apply_gradients(zip(gs, vs))
    s = ints(4, (2, 6), V)
    return loss, op, {x: s[:, :-1], y: s[:, 1:]}, {"norm": norm, "h": last[1].h}


def ptb(tf, np):
    """static_rnn over unstacked time, gradient descent with a decayed rate."""
    V = 6
    x, y = tf.placeholder(tf.int32, [3, 4]), tf.placeholder(tf.int32, [3, 4])
    with tf.variable_scope("Model", initializer=tf.random_uniform_initializer(-0.1, 0.1)):
        emb = tf.get_variable("embedding", [V, 4])
        inputs = tf.nn.embedding_lookup(emb, x)
        cell = tf.contrib.rnn.BasicLSTMCell(4, forget_bias=0.0)
        outs, _ = tf.nn.static_rnn(cell, tf.unstack(inputs, num=4, axis=1),
                                   initial_state=cell.zero_state(3, tf.float32), scope="RNN")
        w = tf.get_variable("softmax_w", [4, V])
        b = tf.get_variable("softmax_b", [V])
    logits = tf.reshape(tf.nn.xw_plus_b(tf.reshape(tf.concat(outs, 1), [-1, 4]), w, b), [3, 4, V])
    loss = tf.reduce_sum(tf.contrib.seq2seq.sequence_loss(
        logits, y, tf.ones([3, 4]), average_across_timesteps=False, average_across_batch=True))
    step = tf.train.get_or_create_global_step()
    lr = tf.train.exponential_decay(1.0, step, 2, 0.5, staircase=True)
    gs, _ = tf.clip_by_global_norm(tf.gradients(loss, tf.trainable_variables()), 5)
    op = tf.train.GradientDescentOptimizer(lr).apply_gradients(
        zip(gs, tf.trainable_variables()), global_step=step)
    s = ints(5, (3, 5), V)
    return loss, op, {x: s[:, :-1], y: s[:, 1:]}, {"lr": lr, "step": step}


train("char_rnn", char_rnn, seed=100)
train("char_lstm", char_lstm, seed=110)
train("ptb_static", ptb, seed=120)


# ------------------------------------------------- classifiers, regression
def lstm_classifier(tf, np, dtype="float32", lengths=True):
    """The last relevant output into a softmax; sequences of several lengths."""
    x = tf.placeholder(dtype, [None, None, 2])
    n, y = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.int32, [None])
    out, s = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(4), x, n if lengths else None,
                               dtype=getattr(tf, dtype))
    logits = tf.layers.dense(s.h if lengths else out[:, -1], 3)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    acc = tf.reduce_mean(tf.cast(tf.nn.in_top_k(tf.cast(logits, tf.float32), y, 1), tf.float32))
    op = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    feed = {x: N(10, (4, 5, 2), dtype)(), n: [5, 2, 3, 1], y: [0, 2, 1, 1]}
    return loss, op, feed, {"accuracy": acc, "p": tf.nn.softmax(logits)}


def mnist_rows(tf, np):
    """Rows of a picture as time steps: static_rnn, RMSProp (the tutorial network)."""
    x, y = tf.placeholder("float", [None, 4, 3]), tf.placeholder("float", [None, 2])
    w = {"out": tf.Variable(tf.random_normal([5, 2]))}
    b = {"out": tf.Variable(tf.random_normal([2]))}
    steps = tf.unstack(x, 4, 1)
    outs, _ = tf.contrib.rnn.static_rnn(tf.contrib.rnn.BasicLSTMCell(5, forget_bias=1.0), steps,
                                        dtype=tf.float32)
    logits = tf.matmul(outs[-1], w["out"]) + b["out"]
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=y))
    op = tf.train.RMSPropOptimizer(learning_rate=0.01).minimize(loss)
    acc = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), tf.argmax(y, 1)), tf.float32))
    return loss, op, {x: N(11, (6, 4, 3))(), y: np.eye(2)[ints(12, 6, 2)]}, {"accuracy": acc}


def gru_regression(tf, np):
    """The next value of a sine wave."""
    t = np.arange(12) * 0.5
    wave = np.stack([np.sin(t[i:i + 5]) for i in range(6)])
    x, y = tf.placeholder(tf.float32, [None, 4, 1]), tf.placeholder(tf.float32, [None, 1])
    out, h = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(4), x, dtype=tf.float32)
    pred = tf.layers.dense(h, 1)
    loss = tf.losses.mean_squared_error(y, pred)
    op = tf.train.AdamOptimizer(0.05).minimize(loss)
    return loss, op, {x: wave[:, :4, None], y: wave[:, 4:]}, {"pred": pred}


def time_series(tf, np):
    """A prediction at every step through OutputProjectionWrapper (one-layer ReLU cell)."""
    x, y = tf.placeholder(tf.float32, [None, 5, 1]), tf.placeholder(tf.float32, [None, 5, 1])
    cell = tf.contrib.rnn.OutputProjectionWrapper(
        tf.contrib.rnn.BasicRNNCell(num_units=6, activation=tf.nn.relu), output_size=1)
    out, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    loss = tf.reduce_mean(tf.square(out - y))
    op = tf.train.AdamOptimizer(learning_rate=0.01).minimize(loss)
    s = np.sin(np.arange(18).reshape(3, 6) / 3.0)[:, :, None]
    return loss, op, {x: s[:, :-1], y: s[:, 1:]}, {"out": out}


def tagger(tf, np):
    """Bidirectional tagger: masked loss over all steps."""
    x, y = tf.placeholder(tf.int32, [None, None]), tf.placeholder(tf.int32, [None, None])
    n = tf.placeholder(tf.int32, [None])
    e = tf.nn.embedding_lookup(tf.get_variable("emb", [6, 3]), x)
    (fw, bw), _ = tf.nn.bidirectional_dynamic_rnn(
        tf.nn.rnn_cell.LSTMCell(3), tf.nn.rnn_cell.LSTMCell(3), e, n, dtype=tf.float32)
    logits = tf.layers.dense(tf.concat([fw, bw], -1), 4)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(tf.boolean_mask(each, tf.sequence_mask(n)))
    op = tf.train.AdamOptimizer(0.1).minimize(loss)
    return loss, op, {x: ints(13, (3, 4), 6), y: ints(14, (3, 4), 4), n: [4, 2, 3]}, \
        {"tags": tf.argmax(logits, -1)}


def tagger_crf(tf, np):
    """The same with a conditional random field on top."""
    x = tf.placeholder(tf.float32, [None, 4, 2])
    y, n = tf.placeholder(tf.int32, [None, 4]), tf.placeholder(tf.int32, [None])
    (fw, bw), _ = tf.nn.bidirectional_dynamic_rnn(
        tf.nn.rnn_cell.GRUCell(2), tf.nn.rnn_cell.GRUCell(2), x, n, dtype=tf.float32)
    logits = tf.layers.dense(tf.concat([fw, bw], 2), 3)
    ll, trans = tf.contrib.crf.crf_log_likelihood(logits, y, n)
    loss = tf.reduce_mean(-ll)
    op = tf.train.GradientDescentOptimizer(0.3).minimize(loss)
    path, score = tf.contrib.crf.crf_decode(logits, trans, n)
    return loss, op, {x: N(15, (2, 4, 2))(), y: ints(16, (2, 4), 3), n: [4, 2]}, \
        {"path": path, "score": score}


def speech(tf, np):
    """CTC loss over an LSTM."""
    x, n = tf.placeholder(tf.float32, [None, None, 2]), tf.placeholder(tf.int32, [None])
    y = tf.sparse_placeholder(tf.int32)
    out, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(4), x, n, dtype=tf.float32)
    w, b = tf.Variable(tf.truncated_normal([4, 4])), tf.Variable(tf.constant(0.0, shape=[4]))
    logits = tf.reshape(tf.matmul(tf.reshape(out, [-1, 4]), w) + b, [tf.shape(x)[0], -1, 4])
    logits = tf.transpose(logits, (1, 0, 2))
    loss = tf.reduce_mean(tf.nn.ctc_loss(y, logits, n))
    op = tf.train.MomentumOptimizer(0.05, 0.9).minimize(loss)
    decoded, _ = tf.nn.ctc_greedy_decoder(logits, n)
    ler = tf.reduce_mean(tf.edit_distance(tf.cast(decoded[0], tf.int32), y))
    lab = (np.array([[0, 0], [0, 1], [1, 0]]), np.array([0, 2, 1], "int32"), np.array([2, 2]))
    return loss, op, {x: N(17, (2, 5, 2))(), n: [5, 4], y: lab}, {"ler": ler}


train("lstm_classifier", lstm_classifier, seed=130)
train("lstm_classifier_f64", lambda tf, np: lstm_classifier(tf, np, "float64"), seed=140)
train("lstm_classifier_last_output", lambda tf, np: lstm_classifier(tf, np, lengths=False),
      seed=150)
train("mnist_rows", mnist_rows, seed=160)
train("gru_regression", gru_regression, seed=170, **WIDE)
train("time_series", time_series, seed=180, steps=8, **WIDE)
train("tagger", tagger, seed=190, **WIDE)
train("tagger_crf", tagger_crf, seed=200)
train("speech_ctc", speech, seed=210, **WIDE)


# ----------------------------------------------------------- seq2seq, words
def translate(tf, np, attention=False):
    """Encoder and decoder with teacher forcing."""
    s = tf.contrib.seq2seq
    src, tgt = tf.placeholder(tf.int32, [2, None]), tf.placeholder(tf.int32, [2, None])
    n, m = tf.placeholder(tf.int32, [2]), tf.placeholder(tf.int32, [2])
    es, et = tf.get_variable("es", [6, 3]), tf.get_variable("et", [5, 3])
    with tf.variable_scope("encoder"):
        eo, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(4), tf.nn.embedding_lookup(es, src),
                                      n, dtype=tf.float32)
    with tf.variable_scope("decoder"):
        cell = tf.nn.rnn_cell.GRUCell(4)
        if attention:
            cell = s.AttentionWrapper(cell, s.LuongAttention(4, eo, n), attention_layer_size=4)
            state = cell.zero_state(2, tf.float32).clone(cell_state=state)
        start = tf.concat([tf.fill([2, 1], 1), tgt[:, :-1]], 1)
        helper = s.TrainingHelper(tf.nn.embedding_lookup(et, start), m)
        dec = s.BasicDecoder(cell, helper, state, tf.layers.Dense(5, use_bias=False))
        out, _, _ = s.dynamic_decode(dec, impute_finished=True)
    mask = tf.sequence_mask(m, dtype=tf.float32)
    loss = s.sequence_loss(out.rnn_output, tgt, mask)
    opt = tf.train.AdamOptimizer(0.05)
    gvs = [(tf.clip_by_norm(g, 1.0), v) for g, v in opt.compute_gradients(loss) if g is not None]
    feed = {src: ints(20, (2, 4), 6), tgt: ints(21, (2, 3), 5), n: [4, 2], m: [3, 2]}
    return loss, opt.apply_gradients(gvs), feed, {"ids": out.sample_id}


def legacy_translate(tf, np):
    s = tf.contrib.legacy_seq2seq
    enc = [tf.placeholder(tf.int32, [None], name="enc%d" % i) for i in range(3)]
    dec = [tf.placeholder(tf.int32, [None], name="dec%d" % i) for i in range(3)]
    outs, _ = s.embedding_rnn_seq2seq(enc, dec, tf.contrib.rnn.BasicLSTMCell(3), 5, 5, 2)
    targets = dec[1:] + [tf.zeros_like(dec[0])]
    loss = s.sequence_loss(outs, targets, [tf.ones_like(t, tf.float32) for t in targets])
    op = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    feed = dict(zip(enc + dec, ints(22, (6, 2), 5)))
    return loss, op, feed, {}


def word2vec(tf, np, kind="nce"):
    """Skip-gram with fixed candidates, so that the loss is a number."""
    x, y = tf.placeholder(tf.int32, [4]), tf.placeholder(tf.int32, [4, 1])
    emb = tf.Variable(tf.random_uniform([7, 3], -1.0, 1.0))
    w = tf.Variable(tf.truncated_normal([7, 3], stddev=0.5))
    b = tf.Variable(tf.zeros([7]))
    e = tf.nn.embedding_lookup(emb, x)
    sampled = (tf.constant([1, 4, 6], tf.int64), tf.constant([[0.3]] * 4),
               tf.constant([0.5, 0.2, 0.1]))
    f = tf.nn.nce_loss if kind == "nce" else tf.nn.sampled_softmax_loss
    loss = tf.reduce_mean(f(weights=w, biases=b, labels=y, inputs=e, num_sampled=3,
                            num_classes=7, sampled_values=sampled))
    op = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    norm = tf.sqrt(tf.reduce_sum(tf.square(emb), 1, keep_dims=True))
    sim = tf.matmul(emb / norm, emb / norm, transpose_b=True)
    return loss, op, {x: [0, 3, 3, 5], y: [[2], [4], [0], [6]]}, {"similar": sim}


def bag_of_words(tf, np):
    """Averaged embeddings and a dense network (a text classifier without convolution)."""
    x, y = tf.placeholder(tf.int64, [None, 4]), tf.placeholder(tf.float32, [None])
    e = tf.contrib.layers.embed_sequence(x, vocab_size=6, embed_dim=3)
    h = tf.layers.dense(tf.reduce_mean(e, 1), 4, activation=tf.nn.relu)
    z = tf.squeeze(tf.layers.dense(h, 1), 1)
    loss = tf.losses.sigmoid_cross_entropy(y, z)
    op = tf.train.AdagradOptimizer(0.5).minimize(loss)
    return loss, op, {x: ints(23, (5, 4), 6), y: [0, 1, 1, 0, 1]}, {"p": tf.sigmoid(z)}


train("seq2seq", translate, seed=220, **WIDE)
train("seq2seq_attention", lambda tf, np: translate(tf, np, True), seed=230, steps=3, **WIDE)
train("seq2seq_legacy", legacy_translate, seed=240)
train("word2vec_nce", word2vec, seed=250, scale=1.0)
train("word2vec_sampled_softmax", lambda tf, np: word2vec(tf, np, "softmax"), seed=260, scale=1.0)
train("bag_of_words", bag_of_words, seed=270)


@marks(**TRAINING)
def case_lstm_saved_and_restored(tf, np):
    """Training goes on after save and restore into a new graph."""
    def graph():
        x, y = tf.placeholder(tf.float32, [3, 4, 2]), tf.placeholder(tf.float32, [3, 1])
        _, s = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(3), x, dtype=tf.float32)
        loss = tf.losses.mean_squared_error(y, tf.layers.dense(s.h, 1))
        op = tf.train.MomentumOptimizer(0.1, 0.5).minimize(loss)
        return loss, op, {x: N(30, (3, 4, 2))(), y: N(31, (3, 1))()}
    hist = []
    with Folder() as d:
        with tf.Graph().as_default():
            loss, op, feed = graph()
            with tf.Session() as sess:
                fix(tf, sess, 280)
                hist += [sess.run([loss, op], feed)[0] for _ in range(3)]
                path = tf.train.Saver().save(sess, os.path.join(d, "m"), global_step=3)
        with tf.Graph().as_default():
            loss, op, feed = graph()
            with tf.Session() as sess:
                tf.train.Saver().restore(sess, tf.train.latest_checkpoint(d))
                hist += [sess.run([loss, op], feed)[0] for _ in range(3)]
                names = sorted(n for n, _ in tf.train.list_variables(path))
        return {"history": np.array(hist), "names": names, "path": os.path.basename(path)}
