"""Files that hold a message of TensorFlow's, binary or as text: read, written, refused."""

import os

from fastgrad.errors import DamagedFileError
from fastgrad.io.graph_messages import message, runtime
from fastgrad.io.whole_files import write_whole


class GraphFileError(DamagedFileError, OSError):
    """A file that holds no such message."""


class NoGraphFileError(GraphFileError):
    """A file that is not there."""


def read_message(path, name, text=None):
    """The message of this name in a file; if `text` is None, of whichever form it is.

    Raises
    ------
    NoGraphFileError, GraphFileError
        If the file is not there, or holds none; both are OSErrors.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        raise NoGraphFileError(f"File {os.fspath(path)} does not exist.") from None
    made, wrong = message(name)(), None
    if not text:
        try:
            made.ParseFromString(data)
            return made
        except runtime("message").DecodeError as e:
            wrong = e
    if text is not False and (text or b"\0" not in data[:4096]):
        made = message(name)()
        try:
            runtime("text_format").Merge(data.decode("utf-8"), made)
            return made
        except (runtime("text_format").ParseError, UnicodeDecodeError, RecursionError) as e:
            wrong = wrong or e
    raise GraphFileError(f"Cannot parse file {os.fspath(path)}: its {len(data)} bytes are no "
                         f"{name}, or a damaged one: {str(wrong)[:200]}.")


def write_message(path, proto, as_text=False):
    """Write a message to a file, whole or not at all."""
    data = runtime("text_format").MessageToString(proto).encode() if as_text \
        else proto.SerializeToString(deterministic=True)
    write_whole(os.fspath(path), [data])
    return path


def write_graph(graph_or_graph_def, logdir, name, as_text=True):
    """Write a graph as a GraphDef to `logdir/name`; returns the path.

    Parameters
    ----------
    graph_or_graph_def : Graph or GraphDef
    logdir : str
        Made if it is not there.
    as_text : bool
        In protobuf's text format.
    """
    proto = graph_or_graph_def
    if hasattr(proto, "as_graph_def"):
        proto = proto.as_graph_def()
    os.makedirs(logdir, exist_ok=True)
    return write_message(os.path.join(logdir, name), proto, as_text)


__all__ = ["write_graph"]
