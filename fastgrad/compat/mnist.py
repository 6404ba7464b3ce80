"""The MNIST reader that came with TensorFlow 1: `tensorflow.examples.tutorials.mnist.input_data`.

Owns the names, the printed lines, and the order of the batches, which are TensorFlow 1.15's:
making a DataSet seeds NumPy's global generator with the graph's seed, or with `seed`, and batches
are shuffled with that generator. Nothing is downloaded: the four gzip files in IDX format have to
lie in the folder that the script names.
"""

import collections
import gzip
import os

import numpy as np

from fastgrad.compat.binding import bound
from fastgrad.ops.random import get_seed
from fastgrad.graph.dtypes import FLOAT32, as_dtype

Datasets = collections.namedtuple("Datasets", ["train", "validation", "test"])
DEFAULT_SOURCE_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"      # never asked
FILES = {"train images": "train-images-idx3-ubyte.gz",
         "train labels": "train-labels-idx1-ubyte.gz",
         "test images": "t10k-images-idx3-ubyte.gz",
         "test labels": "t10k-labels-idx1-ubyte.gz"}
IMAGES_MAGIC, LABELS_MAGIC = 2051, 2049         # unsigned bytes, and three dimensions or one

_seed_of = bound(get_seed)


def _idx(file, magic, dimensions, kind):
    """The bytes of an IDX file as an array; `file` is open, binary and gzipped."""
    with gzip.GzipFile(fileobj=file) as stream:
        found = int.from_bytes(stream.read(4), "big")
        if found != magic:
            raise ValueError(f"Invalid magic number {found} in MNIST {kind} file: {file.name}")
        shape = [int.from_bytes(stream.read(4), "big") for _ in range(dimensions)]
        size = int(np.prod(shape))
        data = stream.read(size)
    if len(data) != size:
        raise ValueError(f"MNIST {kind} file {file.name} ends after {len(data)} of {size} bytes: "
                         f"it is damaged or cut off; get it again.")
    return np.frombuffer(data, np.uint8).reshape(shape)


def extract_images(f):
    """The images of an open gzipped IDX file: uint8 of shape (number, rows, columns, 1)."""
    print("Extracting", f.name)
    return _idx(f, IMAGES_MAGIC, 3, "image")[..., np.newaxis]


def extract_labels(f, one_hot=False, num_classes=10):
    """The labels of an open gzipped IDX file: uint8 of shape (number,), or float64 rows."""
    print("Extracting", f.name)
    labels = _idx(f, LABELS_MAGIC, 1, "label")
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


def dense_to_one_hot(labels_dense, num_classes):
    """Rows of zeros with a one at the label: float64 of shape (number, num_classes)."""
    return np.eye(num_classes)[np.asarray(labels_dense).ravel()]


class DataSet:
    """Images with their labels, handed out in batches.

    Parameters
    ----------
    images : uint8 array of shape (n, rows, columns, 1)
    labels : array of n labels, or of n one-hot rows
    fake_data : bool
        Claim 10000 examples and keep none; ask `next_batch` for fake ones.
    one_hot : bool
        Used for fake data only.
    dtype : DType
        tf.float32 scales the images to [0, 1], tf.uint8 leaves them.
    reshape : bool
        Make each image one row of numbers.
    seed : int, optional
        Seed of NumPy's global generator, which shuffles; by default the graph's seed if it has
        one, else a different order each time.
    """

    def __init__(self, images, labels, fake_data=False, one_hot=False, dtype=FLOAT32,
                 reshape=True, seed=None):
        graph_seed, op_seed = _seed_of(seed)
        np.random.seed(graph_seed if seed is None else op_seed)
        dtype = as_dtype(dtype)
        if dtype.name not in ("uint8", "float32"):
            raise TypeError(f"Invalid image dtype {dtype!r}, expected uint8 or float32")
        self.one_hot, self._num_examples = one_hot, 10000
        if not fake_data:
            if len(images) != len(labels):
                raise AssertionError(f"images.shape: {images.shape} labels.shape: {labels.shape}")
            self._num_examples = len(images)
            if reshape:
                images = images.reshape(len(images), images.shape[1] * images.shape[2])
            if dtype.name == "float32":
                images = np.multiply(images, np.float32(1 / 255), dtype=np.float32)
        self._images, self._labels = images, labels
        self._order = None              # of the rows, if it is another: whole epochs move late
        self._epochs_completed = self._index_in_epoch = 0

    images = property(lambda self: self._settled()[0])
    labels = property(lambda self: self._settled()[1])
    num_examples = property(lambda self: self._num_examples)
    epochs_completed = property(lambda self: self._epochs_completed)

    def _shuffle(self):
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._order = order if self._order is None else self._order[order]

    def _settled(self):
        """All rows in their order."""
        if self._order is not None:
            self._images, self._labels = self._images[self._order], self._labels[self._order]
            self._order = None
        return self._images, self._labels

    def _rows(self, start, end):
        rows = slice(start, end) if self._order is None else self._order[start:end]
        return self._images[rows], self._labels[rows]

    def next_batch(self, batch_size, fake_data=False, shuffle=True):
        """The next `batch_size` images and labels; a batch may reach into the next epoch."""
        if fake_data:
            label = [1] + [0] * 9 if self.one_hot else 0
            return [[1] * 784 for _ in range(batch_size)], [label for _ in range(batch_size)]
        start, end = self._index_in_epoch, self._index_in_epoch + batch_size
        if shuffle and start == self._epochs_completed == 0:
            self._shuffle()
        if end <= self._num_examples:
            self._index_in_epoch = end
            return self._rows(start, end)
        rest = self._rows(start, None)
        self._epochs_completed += 1
        if shuffle:
            self._shuffle()
        self._index_in_epoch = end = end - self._num_examples
        return tuple(map(np.concatenate, zip(rest, self._rows(0, end))))


def maybe_download(filename, work_directory, source_url):
    """The path of a file that is there already; there is no download."""
    path = os.path.join(work_directory, filename)
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"MNIST's {filename} is not in {work_directory!r} (looked for "
            f"{os.path.abspath(path)}). fastgrad downloads nothing: put the four files "
            f"{', '.join(FILES.values())} there.")
    return path


def read_data_sets(train_dir, fake_data=False, one_hot=False, dtype=FLOAT32, reshape=True,
                   validation_size=5000, seed=None, source_url=DEFAULT_SOURCE_URL):
    """Read MNIST's four files from `train_dir`.

    Parameters
    ----------
    train_dir : str
        The folder with the gzipped IDX files.
    fake_data, one_hot, dtype, reshape, seed
        As in DataSet; `one_hot` makes the labels rows.
    validation_size : int
        How many of the first training images become the validation set.
    source_url : str
        Accepted, ignored: nothing is downloaded.

    Returns
    -------
    Datasets
        With the DataSets `train`, `validation` and `test`.

    Raises
    ------
    FileNotFoundError
        A file is not there; the message says which, and where it was looked for.
    """
    options = {"dtype": dtype, "seed": seed}
    if fake_data:
        return Datasets(*(DataSet([], [], fake_data=True, one_hot=one_hot, **options)
                          for _ in Datasets._fields))
    found = {}
    for what, name in FILES.items():
        with open(maybe_download(name, train_dir, source_url), "rb") as file:
            found[what] = (extract_images(file) if what.endswith("images") else
                           extract_labels(file, one_hot=one_hot))
    images, labels = found["train images"], found["train labels"]
    if not 0 <= validation_size <= len(images):
        raise ValueError(f"Validation size should be between 0 and {len(images)}. "
                         f"Received: {validation_size}.")
    cut = validation_size
    parts = {"train": (images[cut:], labels[cut:]), "validation": (images[:cut], labels[:cut]),
             "test": (found["test images"], found["test labels"])}
    return Datasets(**{name: DataSet(*part, reshape=reshape, **options)
                       for name, part in parts.items()})


def load_mnist(train_dir="MNIST-data"):
    """`read_data_sets` with its defaults."""
    return read_data_sets(train_dir)


__all__ = ["DataSet", "Datasets", "dense_to_one_hot", "extract_images", "extract_labels",
           "load_mnist", "maybe_download", "read_data_sets"]
