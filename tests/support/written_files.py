"""Writes files of every kind that TensorFlow should open, and what it should find in them.

    python tests/support/written_files.py FOLDER

FOLDER then holds `manifest.json`, whose form says what a checker with TensorFlow does with each
file, the files, and the arrays that must come out.
"""

import json
import os
import sys

import numpy as np

import fastgrad.compat.v1 as tf

RNG = np.random.RandomState(5)
X = RNG.randn(6, 4).astype(np.float32)
LABELS = np.array([0, 1, 2, 2, 1, 0], np.int64)
IMAGES = RNG.randn(2, 8, 8, 1).astype(np.float32)


def dense(optimizer):
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")
    h = tf.layers.dense(x, 8, activation=tf.nn.relu, name="hidden")
    h = tf.nn.l2_normalize(h + 0.1, 1)
    logits = tf.layers.dense(h, 3, name="logits")
    p = tf.nn.softmax(logits, name="p")
    tf.argmax(p, 1, name="label")
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=y, logits=logits), name="loss")
    loss = tf.add(loss, 0.01 * tf.add_n([tf.nn.l2_loss(v) for v in tf.trainable_variables()]),
                  name="total")
    step = tf.train.get_or_create_global_step()
    optimizer.minimize(loss, global_step=step, name="train")
    return {"x:0": X, "y:0": LABELS}


OPTIMIZERS = {
    "sgd": lambda: tf.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
    "adam": lambda: tf.train.AdamOptimizer(0.01),
    "rmsprop": lambda: tf.train.RMSPropOptimizer(0.01, momentum=0.5),
    "adadelta": lambda: tf.train.AdadeltaOptimizer(0.5),
    "ftrl": lambda: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.001)}


def convolutional():
    x = tf.placeholder(tf.float32, [None, 8, 8, 1], name="x")
    h = tf.layers.conv2d(x, 4, 3, padding="same", activation=tf.nn.relu, name="conv")
    h = tf.layers.max_pooling2d(h, 2, 2)
    h = tf.layers.batch_normalization(h, name="bn")
    h = tf.layers.average_pooling2d(h, 2, 2, padding="same")
    tf.layers.dense(tf.layers.flatten(h), 3, name="out")
    return {"x:0": IMAGES}


def arrays():
    """One of each of the operations that graphs are full of."""
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    outputs = [
        x[1:3, ::2], x[:, 1], x[..., tf.newaxis], tf.concat([x, 2.0 * x], 1), tf.stack([x, -x]),
        tf.unstack(x, axis=1)[2], tf.split(x, 2, 1)[1], tf.transpose(x), tf.tile(x, [1, 2]),
        tf.pad(x, [[0, 1], [2, 0]]), tf.gather(x, [0, 2]), tf.one_hot([0, 2], 3),
        tf.where(x > 0.0, x, tf.zeros_like(x)), tf.cast(x * 3.0, tf.int32), tf.expand_dims(x, 1),
        tf.squeeze(x[:, :1], 1), tf.reduce_max(x, 1), tf.reduce_mean(x), tf.reduce_prod(x, 0),
        tf.reduce_any(x > 1.0), tf.shape(x), tf.cumsum(x, 1), tf.reverse(x, [1]),
        tf.nn.top_k(x, 2)[1], tf.maximum(x, 0.5), tf.pow(tf.abs(x), 1.5), tf.nn.elu(x),
        tf.nn.leaky_relu(x), tf.nn.log_softmax(x), tf.sigmoid(x), tf.matmul(x, x, transpose_b=True),
        tf.matmul(x[None], x[None], transpose_b=True), tf.fill([2, 2], 3.0), tf.range(5),
        tf.clip_by_value(x, -0.5, 0.5), tf.floordiv(tf.constant([7, -7]), 2), tf.round(x * 10.0),
        tf.logical_and(x > 0.0, x < 1.0), tf.nn.sigmoid_cross_entropy_with_logits(
            labels=x, logits=x), tf.squared_difference(x, 1.0), tf.rsqrt(tf.abs(x) + 1.0),
        tf.gather_nd(x, [[0, 1], [1, 2]]), tf.reshape(x, [-1, 2]), tf.broadcast_to(x[0], [2, 4]),
        tf.argmax(x, 1), tf.equal(x, 0.0), tf.gradients(tf.reduce_sum(tf.tanh(x) * x), x)[0]]
    names = [tf.identity(t, name=f"o{i}").name for i, t in enumerate(outputs)]
    return {"x:0": X}, names


def recurrent():
    """A recurrent net over lengths, a loop of one's own, a branch."""
    x = tf.placeholder(tf.float32, [None, 5, 3], name="x")
    lengths = tf.placeholder(tf.int32, [None], name="lengths")
    turns = tf.placeholder(tf.int32, [], name="turns")
    outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(4), x, lengths,
                                       dtype=tf.float32)
    _, total = tf.while_loop(lambda i, a: i < turns,
                             lambda i, a: (i + 1, a * 0.5 + tf.reduce_sum(state.h)),
                             [tf.constant(0), tf.constant(1.0)])
    chosen = tf.cond(turns > 2, lambda: total * 2.0 + 1.0, lambda: total - tf.constant(5.0))
    names = [tf.identity(t, name=f"o{i}").name
             for i, t in enumerate((outputs, state.c, total, chosen))]
    return {"x:0": RNG.randn(2, 5, 3).astype(np.float32), "lengths:0": np.array([5, 2], np.int32),
            "turns:0": np.array(3, np.int32)}, names


class Folder:
    """The files and what is said of them."""

    def __init__(self, path):
        self.path, self.cases = path, []
        os.makedirs(path, exist_ok=True)

    def add(self, name, kind, path, arrays, **fields):
        np.savez(os.path.join(self.path, f"{name}.npz"),
                 **{str(i): np.asarray(v) for i, v in enumerate(arrays)})
        self.cases.append({"name": name, "kind": kind, "path": path, "arrays": f"{name}.npz",
                           **fields})

    def save(self):
        with open(os.path.join(self.path, "manifest.json"), "w", encoding="utf-8") as file:
            json.dump({"cases": self.cases}, file, indent=1)


def keyed(arrays, values, plain=False):
    """{name: key}, the values added to `arrays`."""
    found = {}
    for name, v in values.items():
        found[name] = str(len(arrays))
        arrays.append(v)
    return found


def trained(folder, name):
    """A dense net after some steps: checkpoint, meta graph, frozen graph, SavedModel."""
    with tf.Graph().as_default() as g, tf.Session() as s:
        feed = dense(OPTIMIZERS[name]())
        s.run(tf.global_variables_initializer())
        for _ in range(3):
            s.run("train", feed)
        saver, where = tf.train.Saver(), f"{name}/model"
        prefix = saver.save(s, os.path.join(folder.path, where))
        variables = {v.op.name: s.run(v) for v in tf.global_variables()}
        arrays, io = [], {"p:0": s.run("p:0", {"x:0": X}), "label:0": s.run("label:0", {"x:0": X})}
        inputs, outputs = keyed(arrays, {"x:0": X}), keyed(arrays, io)
        frozen = tf.graph_util.convert_variables_to_constants(
            s, g.as_graph_def(), ["p", "label"])
        if name == "adam":
            values = []
            keys = keyed(values, variables)
            folder.add("checkpoint", "checkpoint", where, values, variables=keys, latest=name)
            for text in (False, True):
                path = f"frozen.pb{'txt' if text else ''}"
                tf.train.write_graph(frozen, folder.path, path, as_text=text)
                folder.add(path.replace(".", "_"), "graph_def", path, arrays, text=text,
                           inputs=inputs, outputs=outputs)
            _saved_model(folder, g, s, arrays, inputs, outputs)
        s.run("train", feed)
        s.run("train", feed)
        train = {"operation": "train", "feed": keyed(arrays, feed), "steps": 2,
                 "variables": keyed(arrays, {v.op.name: s.run(v)
                                             for v in tf.global_variables()})}
        folder.add(f"meta_{name}", "meta_graph", where + ".meta", arrays, checkpoint=where,
                   inputs=inputs, outputs=outputs, train=train,
                   trainable=[v.name for v in tf.trainable_variables()])
        return prefix


def _saved_model(folder, g, s, arrays, inputs, outputs):
    x, p, label = (g.get_tensor_by_name(n) for n in ("x:0", "p:0", "label:0"))
    predict = tf.saved_model.signature_def_utils.predict_signature_def
    builder = tf.saved_model.builder.SavedModelBuilder(os.path.join(folder.path, "model"))
    builder.add_meta_graph_and_variables(s, ["serve"], {
        "serving_default": predict({"x": x}, {"p": p}),
        "both": predict({"x": x}, {"p": p, "label": label})})
    builder.save()
    folder.add("saved_model", "saved_model", "model", arrays, tags=["serve"], signatures={
        "serving_default": {"inputs": {"x": inputs["x:0"]}, "outputs": {"p": outputs["p:0"]}},
        "both": {"inputs": {"x": inputs["x:0"]},
                 "outputs": {"p": outputs["p:0"], "label": outputs["label:0"]}}})


def graph(folder, name, build):
    """A graph without variables, or with them frozen."""
    with tf.Graph().as_default() as g, tf.Session() as s:
        made = build()
        feed, names = made if isinstance(made, tuple) else (made, ["out/BiasAdd:0"])
        s.run(tf.global_variables_initializer())
        values, arrays = dict(zip(names, s.run(names, feed))), []
        frozen = tf.graph_util.convert_variables_to_constants(
            s, g.as_graph_def(), [n.partition(":")[0] for n in names])
        tf.train.write_graph(frozen, folder.path, f"{name}.pb", as_text=False)
        folder.add(name, "graph_def", f"{name}.pb", arrays, inputs=keyed(arrays, feed),
                   outputs=keyed(arrays, values))


def write(path):
    folder = Folder(path)
    for name in OPTIMIZERS:
        trained(folder, name)
    graph(folder, "arrays", arrays)
    graph(folder, "convolutional", convolutional)
    graph(folder, "recurrent", recurrent)
    folder.save()
    return folder.cases


if __name__ == "__main__":
    write(sys.argv[1])
