"""Types of `fastgrad.rnn.rnn_cell`. Written by tests/types/make_stubs.py; do not edit."""

__all__ = [
    "BasicLSTMCell", "BasicRNNCell", "DeviceWrapper", "DropoutWrapper", "GRUCell", "LSTMCell",
    "LSTMStateTuple", "MultiRNNCell", "RNNCell", "ResidualWrapper"]

from fastgrad.rnn import RNNCell as RNNCell
from fastgrad.rnn import LSTMStateTuple as LSTMStateTuple
from fastgrad.rnn import MultiRNNCell as MultiRNNCell
from fastgrad.rnn import BasicLSTMCell as BasicLSTMCell
from fastgrad.rnn import BasicRNNCell as BasicRNNCell
from fastgrad.rnn import DeviceWrapper as DeviceWrapper
from fastgrad.rnn import DropoutWrapper as DropoutWrapper
from fastgrad.rnn import GRUCell as GRUCell
from fastgrad.rnn import LSTMCell as LSTMCell
from fastgrad.rnn import ResidualWrapper as ResidualWrapper
