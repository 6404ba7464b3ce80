"""Types of `fastgrad.python_io`. Written by tests/types/make_stubs.py; do not edit."""

from typing import Any

__all__ = [
    "TFRecordCompressionType", "TFRecordOptions", "TFRecordWriter", "tf_record_iterator"]

class TFRecordCompressionType:
    NONE: int
    ZLIB: int
    GZIP: int


class TFRecordOptions:
    compression_type_map: Any
    def __init__(
            self, compression_type: Any = None, flush_mode: Any = None,
            input_buffer_size: Any = None, output_buffer_size: Any = None,
            window_bits: Any = None, compression_level: Any = None,
            compression_method: Any = None, mem_level: Any = None,
            compression_strategy: Any = None
    ) -> None: ...
    @classmethod
    def get_compression_type_string(cls, options: Any) -> Any: ...
    compression_level: Any
    compression_method: Any
    compression_strategy: Any
    compression_type: Any
    flush_mode: Any
    input_buffer_size: Any
    mem_level: Any
    output_buffer_size: Any
    window_bits: Any


class TFRecordWriter:
    def __init__(self, path: Any, options: Any = None) -> None: ...
    def write(self, record: Any) -> Any: ...
    def flush(self) -> Any: ...
    def close(self) -> Any: ...
    def __enter__(self) -> Any: ...
    def __exit__(self, *_: Any) -> None: ...

def tf_record_iterator(path: Any, options: Any = None) -> Any: ...
