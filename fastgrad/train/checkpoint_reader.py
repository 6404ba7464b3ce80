"""CheckpointReader: what a checkpoint holds, without a graph; and variables begun from one."""

from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import STRING, as_dtype
from fastgrad.io import tensor_types
from fastgrad.io.checkpoint import open_checkpoint
from fastgrad.io.checkpoint_state import open_latest


class CheckpointReader:
    """The variables of one checkpoint; each value is read when it is asked for.

    Parameters
    ----------
    filepattern : str
        What `Saver.save` returned; a checkpoint of fastgrad's or TensorFlow's.

    Raises
    ------
    NotInFileError
        If there is no such checkpoint; TensorFlow's NotFoundError.
    DamagedFileError
        If the file is cut off or is none.

    Examples
    --------
    >>> import tempfile
    >>> w = Variable([1.0, 2.0], name="w")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = train.Saver().save(Session(), folder + "/model")
    ...     reader = train.load_checkpoint(path)
    ...     print(reader.get_variable_to_shape_map(), reader.get_tensor("w"))
    {'w': [2]} [1. 2.]
    """

    def __init__(self, filepattern):
        self._stored = (open_checkpoint(filepattern) if isinstance(filepattern, str)
                        else filepattern)

    def get_variable_to_shape_map(self):
        """dict from name to shape, a list of int."""
        return {name: list(e.shape) for name, e in sorted(self._stored.entries.items())}

    def get_variable_to_dtype_map(self):
        """dict from name to DType: that of what `get_tensor` gives."""
        return {name: _dtype(e) for name, e in sorted(self._stored.entries.items())}

    def has_tensor(self, tensor_str):
        """Whether the checkpoint has a variable of this name."""
        return tensor_str in self._stored

    def get_tensor(self, tensor_str):
        """The array of a variable; strings are bytes, a single one as such.

        Raises
        ------
        NotInFileError
            If there is none of this name; names those there are.
        DamagedFileError
            If its values are damaged.
        """
        array = self._stored[tensor_str]
        return array if array.shape or array.dtype != object else array[()]

    def debug_string(self):
        """A line a variable: name, dtype, shape; as bytes, as in TensorFlow."""
        return "".join(f"{name} ({tensor_types.ENUM_NAMES[e.dtype]}) "
                       f"[{','.join(map(str, e.shape))}]\n"
                       for name, e in sorted(self._stored.entries.items())).encode()


def _dtype(entry):
    if entry.dtype == tensor_types.STRING:
        return STRING
    return as_dtype(tensor_types.READ[entry.dtype])


@door
def load_checkpoint(ckpt_dir_or_file):
    """A CheckpointReader of a checkpoint, or of the latest one in a folder."""
    return CheckpointReader(open_latest(ckpt_dir_or_file))


@door
def NewCheckpointReader(filepattern):
    """A CheckpointReader of a checkpoint."""
    return CheckpointReader(filepattern)


@door
def list_variables(ckpt_dir_or_file):
    """[(name, shape), ...] of a checkpoint, or of the latest one in a folder, by name."""
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


@door
def load_variable(ckpt_dir_or_file, name):
    """The array of one variable of a checkpoint, or of the latest one in a folder."""
    reader = load_checkpoint(ckpt_dir_or_file)
    name = name[:-2] if name.endswith(":0") and not reader.has_tensor(name) else name
    return reader.get_tensor(name)


__all__ = ["CheckpointReader", "NewCheckpointReader", "list_variables", "load_checkpoint",
           "load_variable"]
