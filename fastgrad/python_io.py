"""TensorFlow's `tf.python_io`: TFRecord files, read and written without a graph."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.io.records import (TFRecordCompressionType, TFRecordOptions, TFRecordWriter,
                                 tf_record_iterator)

__all__ = ["TFRecordCompressionType", "TFRecordOptions", "TFRecordWriter", "tf_record_iterator"]
__getattr__ = _elsewhere.missing("fastgrad.python_io")
