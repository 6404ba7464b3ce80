"""Types of `fastgrad.compat._v1.io`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad.python_io import TFRecordCompressionType as TFRecordCompressionType
from fastgrad.python_io import TFRecordOptions as TFRecordOptions
from fastgrad.python_io import TFRecordWriter as TFRecordWriter
from fastgrad import VarLenFeature as VarLenFeature
from fastgrad import FixedLenFeature as FixedLenFeature
from fastgrad import FixedLenSequenceFeature as FixedLenSequenceFeature
from fastgrad import SparseFeature as SparseFeature
from fastgrad import decode_raw as decode_raw
from fastgrad.compat._v1 import gfile as gfile
from fastgrad import parse_example as parse_example
from fastgrad import parse_single_example as parse_single_example
from fastgrad.python_io import tf_record_iterator as tf_record_iterator
