"""TensorFlow's `tf.contrib.rnn` names: recurrent cells, and the nets made of them."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.rnn.attention_cell import AttentionCellWrapper
from fastgrad.rnn.basic import BasicRNNCell, GRUCell
from fastgrad.rnn.cell import LayerRNNCell, RNNCell
from fastgrad.rnn.dynamic import (bidirectional_dynamic_rnn, dynamic_rnn,
                                  stack_bidirectional_dynamic_rnn, transpose_batch_time)
from fastgrad.rnn.gated import (CFNCell, IndRNNCell, IndyGRUCell, IndyLSTMCell,
                                IntersectionRNNCell, MinimalRNNCell, NASCell, SRUCell, UGRNNCell)
from fastgrad.rnn.lstm import BasicLSTMCell, LSTMCell, LSTMStateTuple
from fastgrad.rnn.multi import (DeviceWrapper, DropoutWrapper, HighwayWrapper, MultiRNNCell,
                                ResidualWrapper)
from fastgrad.rnn.normalized import (CoupledInputForgetGateLSTMCell, GRUBlockCell, GRUBlockCellV2,
                                     LayerNormBasicLSTMCell, LSTMBlockCell)
from fastgrad.rnn.projections import (EmbeddingWrapper, InputProjectionWrapper,
                                      OutputProjectionWrapper)
from fastgrad.rnn.raw import raw_rnn
from fastgrad.rnn.static import (stack_bidirectional_rnn, static_bidirectional_rnn, static_rnn,
                                 static_state_saving_rnn)

__all__ = sorted(name for name, thing in globals().items()
                 if callable(thing) and not name.startswith("_"))
__getattr__ = _elsewhere.missing("fastgrad.rnn")
