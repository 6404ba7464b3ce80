"""TensorFlow's MNIST reader on tiny IDX files; orders and messages measured with TensorFlow 1.15.5
(NumPy's global generator is the only source of chance, and its streams are the same in all
versions)."""

import gzip
import struct

import numpy as np
import pytest
from child import run_python

import fastgrad.compat.v1 as tf
from fastgrad.compat import mnist


def write(path, magic, array):
    with gzip.open(path, "wb") as file:
        file.write(struct.pack(f">{1 + array.ndim}I", magic, *array.shape) + array.tobytes())


@pytest.fixture
def folder(tmp_path):
    tf.reset_default_graph()
    for kind, n in (("train", 13), ("t10k", 4)):
        images = np.arange(n * 6, dtype=np.uint8).reshape(n, 2, 3)
        write(tmp_path / f"{kind}-images-idx3-ubyte.gz", 2051, images)
        write(tmp_path / f"{kind}-labels-idx1-ubyte.gz", 2049, np.arange(n, dtype=np.uint8) % 10)
    state = np.random.get_state()
    yield str(tmp_path)
    np.random.set_state(state)


def first_pixels(data):
    """Which images come, by their first pixel, in batches that end in the third epoch."""
    return [data.next_batch(size)[0][:, 0].tolist() for size in (4, 4, 4, 7, 12)]


ORDERS = {
    "seed": [[66, 48, 18, 30], [24, 72, 60, 36], [54, 42, 48, 30], [18, 72, 42, 66, 24, 60, 36],
             [54, 18, 42, 30, 54, 24, 36, 60, 48, 66, 72]],
    "graph": [[30, 18, 66, 36], [42, 48, 24, 72], [54, 60, 42, 24], [60, 18, 36, 30, 48, 66, 72],
              [54, 42, 72, 48, 36, 54, 60, 18, 24, 66, 30]],
    "both": [[72, 48, 30, 42], [60, 24, 18, 66], [54, 36, 30, 24], [18, 42, 54, 48, 60, 66, 36],
             [72, 30, 42, 66, 36, 72, 18, 48, 60, 54, 24]]}


def test_batches_come_in_tensorflows_order(folder):
    options = {"validation_size": 3, "dtype": tf.uint8}
    found = mnist.read_data_sets(folder, seed=7, **options)
    assert first_pixels(found.train) == ORDERS["seed"] and found.train.epochs_completed == 2
    tf.set_random_seed(777)
    found = mnist.read_data_sets(folder, **options)
    assert first_pixels(found.train) == ORDERS["graph"]
    assert found.test.next_batch(3)[1].tolist() == [3, 2, 0]
    assert found.test.labels.tolist() == [3, 2, 0, 1]
    assert found.test.images[:, 0].tolist() == [18, 12, 0, 6]
    assert found.test.next_batch(3)[1].tolist() == [1, 2, 3]
    assert found.validation.next_batch(2, shuffle=False)[1].tolist() == [0, 1]
    assert first_pixels(mnist.read_data_sets(folder, seed=5, **options).train) == ORDERS["both"]


def test_images_are_scaled_rows_and_labels_one_hot(folder, capsys):
    found = mnist.read_data_sets(folder, one_hot=True, validation_size=2)
    train = found.train
    assert (train.images.dtype, train.images.shape) == (np.float32, (11, 6))
    assert (train.labels.dtype, train.labels.shape) == (np.float64, (11, 10))
    assert train.num_examples == 11 and found.validation.num_examples == 2
    assert train.images[5].tolist() == [
        0.16470588743686676, 0.16862745583057404, 0.1725490242242813, 0.1764705926179886,
        0.18039216101169586, 0.18431372940540314]
    assert train.labels[2].argmax() == 4 and train.labels.sum() == 11
    assert [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()] == \
        ["Extracting"] * 4
    found = mnist.read_data_sets(folder, reshape=False, validation_size=2)
    assert found.test.images.shape == (4, 2, 3, 1) and found.test.labels.dtype == np.uint8


def test_fake_data():
    train = mnist.read_data_sets("nowhere", fake_data=True, one_hot=True).train
    images, labels = train.next_batch(2, fake_data=True)
    assert images == [[1] * 784] * 2 and labels == [[1] + [0] * 9] * 2
    assert train.num_examples == 10000


def test_what_is_wrong_is_told(folder, tmp_path):
    with pytest.raises(ValueError, match="between 0 and 13. Received: 5000"):
        mnist.read_data_sets(folder)
    with pytest.raises(TypeError, match="expected uint8 or float32"):
        mnist.read_data_sets(folder, validation_size=0, dtype=tf.int32)
    labels = tmp_path / "train-labels-idx1-ubyte.gz"
    write(labels, 2051, np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match=f"magic number 2051 in MNIST label file: {labels}"):
        mnist.read_data_sets(folder, validation_size=0)
    labels.unlink()
    with pytest.raises(FileNotFoundError) as caught:
        mnist.read_data_sets(folder, validation_size=0)
    assert "train-labels-idx1-ubyte.gz is not in" in str(caught.value)
    assert folder in str(caught.value) and "downloads nothing" in str(caught.value)


def test_cut_off_data_is_told(folder, tmp_path):
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    with gzip.open(path, "wb") as file:
        file.write(struct.pack(">4I", 2051, 4, 2, 3) + bytes(5))
    with pytest.raises(ValueError, match=f"{path} ends after 5 of 24 bytes"):
        mnist.read_data_sets(folder, validation_size=0)


IMPORTS = """
import fastgrad.compat
fastgrad.compat.install()
import tensorflow.examples.tutorials.mnist.input_data as one
from tensorflow.examples.tutorials.mnist import input_data as two
from tensorflow.contrib.learn.python.learn.datasets.mnist import DataSet, read_data_sets
import tensorflow as tf
print(one is two, one.read_data_sets is read_data_sets is
      tf.contrib.learn.datasets.mnist.read_data_sets, DataSet is one.DataSet)
"""


def test_scripts_find_the_module():
    done = run_python("-c", IMPORTS)
    assert done.stdout == "True True True\n", done.stderr
