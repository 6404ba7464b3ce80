"""TensorFlow's `tf.nn.rnn_cell` names."""

from fastgrad.rnn.basic import BasicRNNCell, GRUCell
from fastgrad.rnn.cell import RNNCell
from fastgrad.rnn.lstm import BasicLSTMCell, LSTMCell, LSTMStateTuple
from fastgrad.rnn.multi import DeviceWrapper, DropoutWrapper, MultiRNNCell, ResidualWrapper

__all__ = ["BasicLSTMCell", "BasicRNNCell", "DeviceWrapper", "DropoutWrapper", "GRUCell",
           "LSTMCell", "LSTMStateTuple", "MultiRNNCell", "ResidualWrapper", "RNNCell"]
