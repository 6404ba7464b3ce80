"""CheckpointReader: what a checkpoint holds, without a graph."""

from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import as_dtype
from fastgrad.io.checkpoint_state import list_variables, load_variable, read_checkpoint


class CheckpointReader:
    """The variables of one checkpoint, read when it is made.

    Parameters
    ----------
    filepattern : str
        What `Saver.save` returned.

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
    >>> reader.get_variable_to_shape_map()
    {'w': [2]}
    """

    def __init__(self, filepattern):
        self._path, self._arrays = filepattern, read_checkpoint(filepattern)

    def get_variable_to_shape_map(self):
        """dict from name to shape, a list of int."""
        return {name: list(a.shape) for name, a in sorted(self._arrays.items())}

    def get_variable_to_dtype_map(self):
        """dict from name to DType."""
        return {name: as_dtype(a.dtype) for name, a in sorted(self._arrays.items())}

    def has_tensor(self, tensor_str):
        """Whether the checkpoint has a variable of this name."""
        return tensor_str in self._arrays

    def get_tensor(self, tensor_str):
        """The array of a variable.

        Raises
        ------
        NotInFileError
            If there is none of this name; names those there are.
        """
        return load_variable(self._path, tensor_str, self._arrays)

    def debug_string(self):
        """A line a variable: name, dtype, shape; as bytes, as in TensorFlow."""
        return "".join(f"{name} (DT_{as_dtype(a.dtype).name.upper()}) {list(a.shape)}\n"
                       for name, a in sorted(self._arrays.items())).encode()


@door
def load_checkpoint(ckpt_dir_or_file):
    """A CheckpointReader of a checkpoint, or of the latest one in a folder."""
    return CheckpointReader(ckpt_dir_or_file)


@door
def NewCheckpointReader(filepattern):
    """A CheckpointReader of a checkpoint."""
    return CheckpointReader(filepattern)


__all__ = ["CheckpointReader", "NewCheckpointReader", "list_variables", "load_checkpoint",
           "load_variable"]
