"""What TensorFlow has and fastgrad has not: the words of the error, and settings that are only
accepted."""

import contextlib
import importlib.machinery
import sys
import types

from fastgrad import elsewhere

# the beginning of a name -> what to do instead
HINTS = {
    "data": "Feed NumPy arrays.", "queue": "Feed NumPy arrays.", "FIFOQueue": "Feed NumPy arrays.",
    "RandomShuffleQueue": "Feed NumPy arrays.", "TextLineReader": "Feed NumPy arrays.",
    "WholeFileReader": "Feed NumPy arrays.", "TFRecordReader": "Feed NumPy arrays.",
    "train.batch": "Feed NumPy arrays.", "train.shuffle_batch": "Feed NumPy arrays.",
    "train.string_input_producer": "Feed NumPy arrays.",
    "train.start_queue_runners": "Feed NumPy arrays; there are no queues to start.",
    "sparse": "Use dense tensors.", "string": "Take strings apart in Python.",
    "decode": "Decode in Python and feed arrays.",
    "estimator": "Train with Session.run.", "keras": "Use layers and train.",
    "distributions": "Write the density with fastgrad's functions.",
    "contrib.distributions": "Write the density with fastgrad's functions.",
    "train.Server": "Everything runs in this process.",
    "train.ClusterSpec": "Everything runs in this process.",
    "contrib.learn": "Prepare data in Python and train with Session.run.",
    "contrib.tensorboard": "The embedding projector is not there.",
    "summary.audio": "Scalars, histograms and images can be summarised.",
}

# names of before TensorFlow 1.0
RENAMED = {"sub": "subtract", "mul": "multiply", "neg": "negative", "pack": "stack",
           "unpack": "unstack", "batch_matmul": "matmul"}


class MissingModuleError(ModuleNotFoundError, NotImplementedError):
    """An import of what TensorFlow has and fastgrad does not."""


class MissingNameError(NotImplementedError, AttributeError):
    """A name of TensorFlow's that fastgrad does not have."""


def missing(prefix):
    """A module's `__getattr__`: raises MissingNameError with a hint."""
    def getter(name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise MissingNameError(_words(name, prefix))
    return getter


def _words(name, prefix):
    full = prefix + name
    hint = next((h for k, h in HINTS.items() if full.startswith(k)), "")
    if full in RENAMED:
        hint = f"Use {RENAMED[full]}, as in TensorFlow from 1.0 on."
    hint = hint or _meant(name, prefix)
    return f"tf.{full} is not in fastgrad. {hint}".rstrip()


class Imports:
    """Imports below a module that has no folder: its modules, and the words for what is missing.

    The last of `sys.meta_path`. Python asks it also for `from module import name` where the module
    has no such name; by itself it would say only that it cannot import that.
    """

    def __init__(self, name, module):
        self.prefix, self.module = name + ".", module
        sys.meta_path.append(self)

    def find_spec(self, name, path=None, target=None):
        if not name.startswith(self.prefix) or name.rpartition(".")[2].startswith("__"):
            return None
        found, below = self.module, name.removeprefix(self.prefix)
        for part in below.split("."):
            found = getattr(found, part, None) if isinstance(found, types.ModuleType) else None
        if not isinstance(found, types.ModuleType):
            folder, _, leaf = below.rpartition(".")
            raise MissingModuleError(_words(leaf, folder and folder + "."))
        return importlib.machinery.ModuleSpec(name, _There(found))


class _There:
    """The loader of a module that is there."""

    def __init__(self, module):
        self.module = module

    def create_module(self, spec):
        return self.module

    def exec_module(self, module):
        """Nothing to do."""


def _meant(name, prefix):
    """`Did you mean tf.nn.relu?` for a name that is there elsewhere or in another spelling."""
    found = elsewhere.public_name(name, f"fastgrad.{prefix}".rstrip("."))
    if found is None or name.startswith("_"):
        return ""
    return f"Did you mean tf.{found.removeprefix('fastgrad.').removeprefix('compat.v1.')}?"


def absent_class(name):
    """A class that cannot be made, so that `isinstance` still works."""
    hint = next((h for k, h in HINTS.items() if name.lower().startswith(k.lower())), "")

    def __init__(self, *_, **__):
        raise NotImplementedError(f"tf.{name} is not in fastgrad. {hint}".rstrip())
    return type(name, (), {"__init__": __init__, "__doc__": f"Not there. {hint}"})


class Settings:
    """Settings that are accepted and kept, but change nothing: ConfigProto and its parts."""

    def __init__(self, *_, **settings):
        self.__dict__.update(settings)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        found = self.__dict__[name] = Settings()
        return found

    def __bool__(self):
        return bool(self.__dict__)

    def __repr__(self):
        return f"Settings({self.__dict__})"

    def CopyFrom(self, other):
        self.__dict__.update(other.__dict__)

    def SerializeToString(self):
        return b""


class ConfigProto(Settings):
    """Accepted by Session; `intra_op_parallelism_threads` limits the threads of a run."""

    intra_op_parallelism_threads = 0


@contextlib.contextmanager
def device(device_name_or_function):
    """Accepted, ignored: everything runs on this CPU."""
    yield


colocate_with = device


class AggregationMethod:
    """Accepted by gradients and optimizers, ignored: gradients are added as they come."""

    ADD_N = DEFAULT = 0
    EXPERIMENTAL_TREE, EXPERIMENTAL_ACCUMULATE_N = 1, 2
