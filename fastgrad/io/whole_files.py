"""Files that are whole or not there, and one writer at a time in a folder.

Decisions
- A file is written beside its place as `.writing-*`, flushed to the disk, moved to its place, and
  the folder is flushed: what its caller does next is next on the disk too, after a power cut.
- Writers take turns by a lock on the folder, which ends with the process that has it, however
  that ends. So whoever has the turn and finds a `.writing-*` finds what a killed one left.
- Without such locks (Windows, a few file systems) writers do not wait for each other, and on those
  file systems what a killed one leaves stays.
"""

import contextlib
import errno
import os
import threading

from fastgrad.errors import StateError
from fastgrad.uncut import Acquired, Changed

try:
    import fcntl
except ImportError:
    fcntl = None

_PREFIX = ".writing-"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_UNSUPPORTED = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.ENOLCK,
                errno.EPERM, errno.EMLINK}


class _Mine(threading.local):
    folders = ()            # in which this thread is writing


_mine = _Mine()


def write_whole(path, pieces):
    """Write bytes to a file so that it has them, or what it had before, whatever happens.

    Parameters
    ----------
    path : str
    pieces : iterable of bytes or memoryview
    """
    def write(temporary):
        with Acquired(os.open, (temporary, _NEW, 0o666), os.close) as number:    # less the umask
            for piece in pieces:
                left = memoryview(piece)
                while left:
                    left = left[os.write(number, left):]
            os.fsync(number)
    _put(path, write)


def link_whole(source, path):
    """Give a file a second name, in the place of what has it; whether the file system can."""
    try:
        _put(path, lambda temporary: os.link(source, temporary))
    except OSError as e:
        if e.errno not in _UNSUPPORTED:
            raise
        return False
    return True


def _put(path, make):
    """Have `make` make a file, and move it to its place."""
    folder = os.path.dirname(os.path.abspath(path))
    temporary = os.path.join(folder, f"{_PREFIX}{os.getpid()}-{os.urandom(6).hex()}")
    try:
        make(temporary)
        os.replace(temporary, path)
        flush_folder(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def flush_folder(folder):
    """Have what was moved into a folder on the disk before anything that comes later."""
    if fcntl is None:               # Windows has no such thing for folders
        return
    with Acquired(os.open, (folder, os.O_RDONLY), os.close) as number:
        _supported(os.fsync, number)


def in_turn(folder, write):
    """What `write()` returns, called while nobody else writes to the folder.

    Raises
    ------
    StateError
        If this thread is writing there already: a signal handler interrupted it.
    """
    folder = os.path.realpath(folder)
    if folder in _mine.folders:
        raise StateError(
            f"this thread is writing to {folder!r} already. What interrupted it, a signal handler, "
            "cannot wait for its end: let the handler note what is to be done, and do it later.")
    with Changed(lambda: (None, _mine, "folders", (*_mine.folders, folder))):
        if fcntl is None:
            _clear(folder)
            return write()
        with Acquired(os.open, (folder, os.O_RDONLY), os.close) as number:
            if not _supported(fcntl.flock, number, fcntl.LOCK_EX):
                return write()
            try:
                _clear(folder)
                return write()
            finally:                # closing is not enough if another thread forked meanwhile
                fcntl.flock(number, fcntl.LOCK_UN)


def _supported(call, *arguments):
    """Call; whether the file system knows how."""
    try:
        call(*arguments)
    except OSError as e:
        if e.errno not in _UNSUPPORTED:
            raise
        return False
    return True


def _clear(folder):
    """Delete what killed writers left."""
    for name in os.listdir(folder):
        if name.startswith(_PREFIX):
            with contextlib.suppress(OSError):      # Windows: its writer is alive
                os.unlink(os.path.join(folder, name))
