"""What every form of checkpoint is once it is open: a mapping from names to arrays."""

import collections.abc

from fastgrad.errors import DamagedFileError, NotInFileError
from fastgrad.io import tensor_types
from fastgrad.io.slices import index_of, slice_shape
from fastgrad.wording import show_names


class StoredTensors(collections.abc.Mapping):
    """The tensors of a checkpoint, each read when it is asked for.

    Attributes
    ----------
    prefix : str
        What the user calls the checkpoint.
    path : str
        The file that names the tensors, for messages.
    form : str
        The name of the file's form.
    entries : dict
        From name to what the file says of a tensor: at least `dtype`, TensorFlow's number,
        `shape`, and `slices`, those of a partitioned one, else ().
    """

    form = prefix = path = None

    def __init__(self):
        self.entries = {}

    def __len__(self):
        return len(self.entries)

    def __iter__(self):
        return iter(self.entries)

    def __contains__(self, name):
        return name in self.entries

    def __getitem__(self, name):
        """The array of a tensor, for the caller to keep.

        Raises
        ------
        NotInFileError
            If there is no such tensor, or the file with its values is not there.
        DamagedFileError
            If its values are damaged.
        """
        array = self.view(name)
        return array if array.flags.writeable else array.copy()

    def view(self, name):
        """The array of a tensor; where that lies in the file as it is, read-only and not copied."""
        raise NotImplementedError

    def part(self, name, part):
        """A slice of a tensor, a tuple of (start, length), however it is partitioned."""
        shape = slice_shape(part, self.entry(name).shape)
        if shape is None:
            raise DamagedFileError(f"{self.path!r}: tensor {name!r} has shape "
                                   f"{self.entry(name).shape}; its part {part} does not lie in it.")
        return self.view(name)[index_of(part, shape)]

    def entry(self, name):
        """What the file says of a tensor."""
        try:
            return self.entries[name]
        except KeyError:
            raise NotInFileError(f"Key {name} not found in checkpoint: {self.path!r} has "
                                 f"{show_names(sorted(self.entries))}.") from None

    def dtype_of(self, name):
        """The dtype of the array that a tensor is read as."""
        return tensor_types.READ[self.entry(name).dtype]

    def dtype_name(self, name):
        """TensorFlow's name of the dtype that a tensor is stored as."""
        return tensor_types.NAMES[self.entry(name).dtype]
