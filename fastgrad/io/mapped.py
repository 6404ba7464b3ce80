"""A file's bytes in memory: mapped, so that what is read of it is copied once or never."""

import mmap

from fastgrad.errors import NotInFileError


def mapped(path, what="file"):
    """A memoryview of a file, for as long as anything made of it.

    Parameters
    ----------
    path : str
    what : str
        What the file is, for messages.

    Raises
    ------
    NotInFileError
        If there is none.
    """
    try:
        with open(path, "rb") as f:
            if f.seek(0, 2) == 0:
                return memoryview(b"")              # nothing cannot be mapped
            return memoryview(mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ))
    except (FileNotFoundError, NotADirectoryError):
        raise NotInFileError(f"there is no {what} at {path!r}.") from None
    except IsADirectoryError:
        raise NotInFileError(f"{path!r} is a folder; expected a {what}.") from None
