"""Types of `fastgrad.compat._v1.contrib.metrics`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad import confusion_matrix as confusion_matrix
from fastgrad.metrics import accuracy as _accuracy
streaming_accuracy = _accuracy
from fastgrad.metrics import false_negatives as _false_negatives
streaming_false_negatives = _false_negatives
from fastgrad.metrics import false_positives as _false_positives
streaming_false_positives = _false_positives
from fastgrad.metrics import mean as _mean
streaming_mean = _mean
from fastgrad.metrics import mean_absolute_error as _mean_absolute_error
streaming_mean_absolute_error = _mean_absolute_error
from fastgrad.metrics import mean_relative_error as _mean_relative_error
streaming_mean_relative_error = _mean_relative_error
from fastgrad.metrics import mean_squared_error as _mean_squared_error
streaming_mean_squared_error = _mean_squared_error
from fastgrad.metrics import precision as _precision
streaming_precision = _precision
from fastgrad.metrics import recall as _recall
streaming_recall = _recall
from fastgrad.metrics import root_mean_squared_error as _root_mean_squared_error
streaming_root_mean_squared_error = _root_mean_squared_error
from fastgrad.metrics import true_negatives as _true_negatives
streaming_true_negatives = _true_negatives
from fastgrad.metrics import true_positives as _true_positives
streaming_true_positives = _true_positives
