"""TFRecord files: records with their lengths and checksums, plain or compressed.

A record is its length (8 bytes), the masked CRC-32C of these, the bytes, and their masked CRC-32C.
A compressed file is one stream, gzip or zlib, of such records.
"""

import os
import struct
import zlib

from fastgrad.errors import DamagedFileError, NotInFileError, StateError
from fastgrad.io.checksum import masked

_HEAD, _FOOT = struct.Struct("<QI"), struct.Struct("<I")
_CHUNK = 1 << 18            # bytes read from a compressed file at once
_RATIO = 1032               # times as many bytes come out as went in, at the most


def record(data):
    """One record of a file: length, its checksum, data, its checksum."""
    length = len(data).to_bytes(8, "little")
    return b"".join((length, _FOOT.pack(masked(length)), data, _FOOT.pack(masked(data))))


# ---- how a file is compressed -----------------------------------------------------------

class TFRecordCompressionType:
    """How a file of records is compressed."""

    NONE, ZLIB, GZIP = 0, 1, 2


class TFRecordOptions:
    """Options of a reader or writer of records.

    Parameters
    ----------
    compression_type : {None, "", "GZIP", "ZLIB"} or a TFRecordCompressionType
    window_bits : int, optional
        zlib's, 15 if not given.
    compression_level : int, optional
        0 to 9, zlib's own choice if not given.
    mem_level, compression_strategy : int, optional
        zlib's.
    """

    compression_type_map = {TFRecordCompressionType.ZLIB: "ZLIB",
                            TFRecordCompressionType.GZIP: "GZIP",
                            TFRecordCompressionType.NONE: ""}

    def __init__(self, compression_type=None, flush_mode=None, input_buffer_size=None,
                 output_buffer_size=None, window_bits=None, compression_level=None,
                 compression_method=None, mem_level=None, compression_strategy=None):
        self.get_compression_type_string(compression_type)
        self.compression_type = compression_type
        self.flush_mode, self.window_bits = flush_mode, window_bits
        self.input_buffer_size, self.output_buffer_size = input_buffer_size, output_buffer_size
        self.compression_level, self.compression_method = compression_level, compression_method
        self.mem_level, self.compression_strategy = mem_level, compression_strategy

    @classmethod
    def get_compression_type_string(cls, options):
        """"", "GZIP" or "ZLIB" of options, or of what stands for a compression."""
        kind = options.compression_type if isinstance(options, cls) else options
        if not kind:
            return ""
        if kind in cls.compression_type_map:
            return cls.compression_type_map[kind]
        if kind in cls.compression_type_map.values():
            return kind
        raise ValueError(f'Not a valid compression_type: "{kind}"')

    def _compressor(self, kind):
        level, memory = self.compression_level, self.mem_level
        return zlib.compressobj(
            -1 if level is None else level, zlib.DEFLATED,
            (self.window_bits or zlib.MAX_WBITS) + 16 * (kind == "GZIP"),
            zlib.DEF_MEM_LEVEL if memory is None else memory, self.compression_strategy or 0)


def _options(given):
    return given if isinstance(given, TFRecordOptions) else TFRecordOptions(given)


# ---- reading ----------------------------------------------------------------------------

class _Plain:
    """A file's bytes, as they are."""

    def __init__(self, file, path):
        self.file, self.path = file, path
        self.left = os.fstat(file.fileno()).st_size

    def read(self, n):
        """Up to n bytes; fewer at the end only. Memory is asked for what is there."""
        data = self.file.read(min(n, self.left))
        self.left -= len(data)
        return data


class _Inflated:
    """The bytes that a compressed file stands for."""

    def __init__(self, file, path):
        self.file, self.path = file, path
        self.stream, self.ready, self.waiting = self._new(), bytearray(), b""
        self.left, self.started = os.fstat(file.fileno()).st_size, False

    @staticmethod
    def _new():
        return zlib.decompressobj(zlib.MAX_WBITS + 32)          # gzip or zlib, by the first bytes

    def read(self, n):
        if n > len(self.ready) + _RATIO * (self.left + len(self.waiting) + _CHUNK):
            n = len(self.ready)             # that much cannot be in what is left
        while len(self.ready) < n and self._more(n - len(self.ready)):
            pass
        data = bytes(self.ready[:n])
        del self.ready[:n]
        return data

    def _more(self, wanted):
        """Inflate what follows, at most some more than is wanted; whether there was any."""
        if not self.waiting:
            self.waiting = self.file.read(_CHUNK)
            self.left -= len(self.waiting)
        if not self.waiting:
            if not self.stream.eof and self.started:
                raise DamagedFileError(f"{self.path!r} ends within its compressed stream.")
            return False
        if self.stream.eof:                                     # several streams, as gzip allows
            self.stream = self._new()
        try:
            self.ready += self.stream.decompress(self.waiting, min(wanted, _CHUNK) + _CHUNK)
        except zlib.error as e:
            raise DamagedFileError(f"{self.path!r} is no compressed file of records, or a damaged "
                                   f"one: {e}.") from None
        self.started = True
        self.waiting = self.stream.unconsumed_tail or self.stream.unused_data
        return True


def read_records(path, options=None):
    """The records of a file, one after the other, as bytes.

    Parameters
    ----------
    path : str
    options : TFRecordOptions, or what makes such; optional

    Yields
    ------
    bytes

    Raises
    ------
    NotInFileError
        If there is no such file.
    DamagedFileError
        If a record is cut off or damaged, when it is its turn: says where. Those before it have
        been given.
    """
    path, kind = os.fspath(path), TFRecordOptions.get_compression_type_string(options)
    with _opened(path, "rb") as file:
        source, at = (_Inflated if kind else _Plain)(file, path), 0
        while head := source.read(_HEAD.size):
            if len(head) < _HEAD.size:
                raise _cut(path, at)
            size, check = _HEAD.unpack(head)
            if masked(head[:8]) != check:
                raise _damaged(path, at, "length")
            data = source.read(size)
            foot = source.read(_FOOT.size)
            if len(data) < size or len(foot) < _FOOT.size:
                raise _cut(path, at)
            if masked(data) != _FOOT.unpack(foot)[0]:
                raise _damaged(path, at, "bytes")
            yield data
            at += size + _HEAD.size + _FOOT.size


def _cut(path, at):
    return DamagedFileError(f"{path!r}: truncated record at {at}; the file ends within it.")


def _damaged(path, at, what):
    return DamagedFileError(f"{path!r}: corrupted record at {at}: the checksum of its {what} is "
                            "wrong. Is the file compressed, or no file of records?")


def _opened(path, mode):
    try:
        return open(path, mode)
    except FileNotFoundError as e:
        raise NotInFileError(f"{path}; {e.strerror}") from None
    except IsADirectoryError as e:
        raise StateError(f"{path}; {e.strerror}") from None


def tf_record_iterator(path, options=None):
    """The records of a TFRecord file, as bytes; TensorFlow's name of `read_records`.

    Parameters
    ----------
    path : str
    options : TFRecordOptions, optional
        How the file is compressed.

    Examples
    --------
    >>> import tempfile, os
    >>> from fastgrad import python_io
    >>> path = os.path.join(tempfile.mkdtemp(), "data.tfrecord")
    >>> with python_io.TFRecordWriter(path) as writer:
    ...     writer.write(b"one")
    ...     writer.write(b"two")
    >>> list(python_io.tf_record_iterator(path))
    [b'one', b'two']
    """
    return read_records(path, options)


# ---- writing ----------------------------------------------------------------------------

class TFRecordWriter:
    """Writes records to a new TFRecord file.

    Parameters
    ----------
    path : str
    options : TFRecordOptions, TFRecordCompressionType or str; optional

    Raises
    ------
    NotInFileError
        If the folder is not there.
    """

    def __init__(self, path, options=None):
        options = _options(options)
        kind = options.get_compression_type_string(options)
        self._path, self._file = os.fspath(path), _opened(path, "wb")
        self._stream = options._compressor(kind) if kind else None

    def write(self, record):
        """Write one record, bytes."""
        if not isinstance(record, (bytes, bytearray, memoryview)):
            raise TypeError(f"expected bytes, {type(record).__name__} found")
        if self._file.closed:
            raise StateError(f"the writer of {self._path!r} was closed before; make a new one.")
        data = _record(record)
        self._file.write(data if self._stream is None else self._stream.compress(data))

    def flush(self):
        """Hand what was written to the system."""
        if not self._file.closed:
            if self._stream is not None:
                self._file.write(self._stream.flush(zlib.Z_SYNC_FLUSH))
            self._file.flush()

    def close(self):
        """End the file."""
        if not self._file.closed:
            if self._stream is not None:
                self._file.write(self._stream.flush())
            self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


_record = record            # a parameter's name above

__all__ = ["TFRecordCompressionType", "TFRecordOptions", "TFRecordWriter", "tf_record_iterator"]
