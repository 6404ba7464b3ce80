"""Writes files for a real TensorFlow to read; run by hand:

    python tests/io/write_for_tensorflow.py FOLDER

FOLDER gets checkpoints, records and events, and `manifest.json`, which says what a reader must find
in each.
"""

import json
import os
import sys

import numpy as np

import fastgrad.compat.v1 as tf

# of which TensorFlow 1.15 has variables: not uint32 and uint64
DTYPES = ("float32 float64 float16 int8 int16 int32 int64 uint8 uint16 bool "
          "complex64 complex128").split()


class Folder:
    """The folder being filled: its cases, and the arrays that they name."""

    def __init__(self, root):
        self.root, self.cases, self.arrays = root, [], {}
        os.makedirs(root, exist_ok=True)

    def path(self, name):
        return os.path.join(self.root, name)

    def named(self, arrays):
        """{name: key of the arrays, or strings as hexadecimal}"""
        found = {}
        for name, value in arrays.items():
            value = np.asarray(value)
            if value.dtype == object:
                found[name] = {"hex": [s.hex() for s in value.reshape(-1).tolist()],
                               "shape": list(value.shape)}
            else:
                found[name] = f"a{len(self.arrays)}"
                self.arrays[found[name]] = value
        return found

    def case(self, name, kind, path, **more):
        self.cases.append({"name": name, "kind": kind, "path": path, "arrays": "arrays.npz", **more})

    def close(self):
        np.savez(self.path("arrays.npz"), **self.arrays)
        with open(self.path("manifest.json"), "w", encoding="utf-8") as f:
            json.dump({"cases": self.cases}, f, indent=1)


def saved(folder, name, values, steps=(None,), **settings):
    """A checkpoint of variables with these values."""
    with tf.Graph().as_default(), tf.Session() as session:
        for key, value in values.items():
            if value.dtype == object:
                value = tf.constant(value.tolist(), tf.string, value.shape)
            tf.get_variable(key, initializer=value)
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(**settings)
        for step in steps:
            path = saver.save(session, folder.path(f"{name}/model"), step, write_meta_graph=False)
    folder.case(name, "checkpoint", os.path.relpath(path, folder.root), latest=name,
                variables=folder.named(values))


def checkpoints(folder):
    random = np.random.default_rng(0)
    every = {}
    for dtype in DTYPES:
        for shape in ((), (5,), (2, 0, 3), (2, 1, 3)):
            values = (random.standard_normal(shape) * 9).astype(dtype) if dtype != "bool" else (
                random.random(shape) < 0.5)
            every[f"{dtype}/{'x'.join(map(str, shape)) or 'scalar'}"] = values
    saved(folder, "dtypes", every)
    words = np.array([[b"", b"one"], ["\u00fc\0".encode(), b"long" * 5000]], object)
    saved(folder, "strings", {"words": words, "word": np.array(b"x", object)})
    saved(folder, "series", {"w": np.arange(6.0)}, steps=(1, 2, 3, 4), max_to_keep=2)
    saved(folder, "again", {"w": random.random(1000)}, steps=(None, None, None))
    saved(folder, "many", {f"layer_{i}/with/a/long/name/{i % 7}": np.array([i, -i])
                           for i in range(400)})
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.get_variable("cut", [7, 3], partitioner=tf.fixed_size_partitioner(3))
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, folder.path("cut/model"), write_meta_graph=False)
        folder.case("partitioned", "checkpoint", "cut/model", latest="cut",
                    variables=folder.named({"cut": session.run(tf.convert_to_tensor(v))}))


def records(folder):
    data = [b"", b"one", bytes(range(256)) * 100]
    for kind in ("", "GZIP", "ZLIB"):
        name = f"records_{kind or 'plain'}"
        with tf.python_io.TFRecordWriter(folder.path(name), kind) as writer:
            for d in data:
                writer.write(d)
        folder.case(name, "tfrecord", name, compression=kind, records=[d.hex() for d in data])
    features = {"x": ["float_list", [0.5, -2.0]], "n": ["int64_list", [-5, 2**62]],
                "b": ["bytes_list", [b"\xff\0".hex(), ""]]}
    example = tf.train.Example()
    for key, (kind, values) in features.items():
        values = [bytes.fromhex(v) for v in values] if kind == "bytes_list" else values
        getattr(example.features.feature[key], kind).value.extend(values)
    with tf.python_io.TFRecordWriter(folder.path("examples")) as writer:
        writer.write(example.SerializeToString())
    folder.case("examples", "tfrecord", "examples", compression="", examples=[features])


def events(folder):
    with tf.Graph().as_default():
        writer = tf.summary.FileWriter(folder.path("logs"))
        for step in (1, 2):
            writer.add_summary(tf.Summary(value=[tf.Summary.Value(
                tag="loss", simple_value=0.5 / step)]), step)
        writer.close()
    name, = os.listdir(folder.path("logs"))
    folder.case("events", "events", f"logs/{name}", scalars={"loss": {"1": 0.5, "2": 0.25}})


def main(root):
    folder = Folder(root)
    checkpoints(folder)
    records(folder)
    events(folder)
    folder.close()


if __name__ == "__main__":
    main(sys.argv[1])
