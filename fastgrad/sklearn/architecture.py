"""What a net is made of: layers, activations, losses, as nodes of a graph.

Decisions
- Weights are given as nodes, so that one function builds the graph that trains variables and the
  one that is fed weights (prediction, L-BFGS): nothing of a session needs to be kept.
- The loss that is trained divides by the batch's sum of weights, as scikit-learn's does; squares
  are summed over outputs in what is trained and averaged in what is reported, as there.
"""

import typing

from fastgrad import nn
from fastgrad.nn import moments
from fastgrad.ops.arithmetic import log, ones_like
from fastgrad.ops.comparison import greater
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.unary import exp, square
from fastgrad.ops.where import where
from fastgrad.linalg.matmul import matmul
from fastgrad.nn.activations import sigmoid
from fastgrad.nn.softmax import softmax

NORM_MOMENTUM = 0.9         # of moving statistics: nets here are trained for some hundred steps
NORM_EPSILON = 1e-5
NORM_ROWS = 4               # of a layer's batch normalisation: gamma, beta, moving mean, variance

ACTIVATIONS = {
    "identity": lambda x: x, "logistic": sigmoid, "tanh": nn.tanh, "relu": nn.relu,
    "elu": nn.elu, "selu": nn.selu, "leaky_relu": nn.leaky_relu, "relu6": nn.relu6,
    "softplus": nn.softplus, "softsign": nn.softsign}

OUTPUTS = {"identity": lambda z: z, "exp": exp, "logistic": sigmoid, "softmax": softmax}


class Architecture(typing.NamedTuple):
    """All that decides which graph a net has; equal ones share compiled plans.

    Attributes
    ----------
    units : tuple of int
        Features, hidden units of each layer, outputs.
    activations : tuple of str or callable, one a hidden layer
    dropout : tuple of float, one a hidden layer
    norm : bool
        Whether hidden layers are normalised over the batch.
    output : str, of OUTPUTS
    loss : str, of LOSSES, or callable(labels, outputs) -> node
    dtype : str
    """

    units: tuple
    activations: tuple
    dropout: tuple
    norm: bool
    output: str
    loss: object
    dtype: str

    @property
    def hidden(self):
        """How many hidden layers there are."""
        return len(self.units) - 2

    def shapes(self):
        """The shapes of all weights: products, biases, then gammas and betas of normalisations."""
        pairs = list(zip(self.units, self.units[1:]))
        products, biases = [list(p) for p in pairs], [[out] for _, out in pairs]
        return products + biases + [[n] for n in self._normed() for _ in range(2)]

    def moving_shapes(self):
        """The shapes of moving means and variances."""
        return [[n] for n in self._normed() for _ in range(2)]

    def _normed(self):
        return self.units[1:-1] if self.norm else ()


def outputs(net, x, weights, moving, training=False):
    """(the last layer before its activation, [(mean, variance) of each normalised layer])."""
    layers, now = len(net.units) - 1, []
    h = x
    for i in range(layers):
        h = matmul(h, weights[i]) + weights[layers + i]
        if i == layers - 1:
            break
        if net.norm:
            gamma, beta = weights[2 * layers + 2 * i:2 * layers + 2 * i + 2]
            mean, variance = moments(h, [0]) if training else moving[2 * i:2 * i + 2]
            now.append((mean, variance))
            h = nn.batch_normalization(h, mean, variance, beta, gamma, NORM_EPSILON)
        activation = net.activations[i]
        h = (activation if callable(activation) else ACTIVATIONS[activation])(h)
        if training and net.dropout[i]:
            h = nn.dropout(h, rate=net.dropout[i])
    return h, now


def row_losses(net, y, z):
    """The loss of each row, summed over outputs.

    Parameters
    ----------
    y : node
        Class numbers (rows,) for softmax, else (rows, outputs).
    z : node of (rows, outputs), before the output's activation
    """
    loss = net.loss(y, z) if callable(net.loss) else LOSSES[net.loss, net.output](y, z)
    if loss._shape is None or len(loss._shape) not in (1, 2):
        raise ValueError("loss must return a number for each row, or for each row and output; it "
                         f"returned a node of shape {loss._shape}.")
    return loss if len(loss._shape) == 1 else reduce_sum(loss, axis=1)


def _poisson(y, z):
    """Half the Poisson deviance: y log(y / exp(z)) - y + exp(z)."""
    own = y * log(where(greater(y, 0), y, ones_like(y)))
    return own - y * z - y + exp(z)


LOSSES = {
    ("log_loss", "softmax"): lambda y, z: nn.sparse_softmax_cross_entropy_with_logits(
        labels=y, logits=z),
    ("log_loss", "logistic"): lambda y, z: nn.sigmoid_cross_entropy_with_logits(
        labels=y, logits=z),
    ("squared_error", "identity"): lambda y, z: 0.5 * square(z - y),
    ("poisson", "exp"): _poisson,
}


def reported_share(net):
    """What scikit-learn reports of a summed loss: squares are averaged over outputs."""
    return 1.0 / net.units[-1] if net.loss == "squared_error" else 1.0
