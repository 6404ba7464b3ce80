"""The node that has the weight of each row, which `Session.fit` feeds."""

import numpy as np

from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32, to_np
from fastgrad.ops.state import placeholder_with_default


@door
def sample_weight(dtype=FLOAT32):
    """The weight of each row, 1 unless `Session.fit` is given `sample_weight` or `class_weight`.

    Parameters
    ----------
    dtype : dtype
        Of the node, if the default graph has none yet.

    Returns
    -------
    Tensor
        Of shape (rows,), or (1,) when nothing is fed; to be given to a loss as its `weights`.

    Examples
    --------
    >>> x, c = placeholder(float32, [None, 2]), placeholder(int64, [None])
    >>> logits = matmul(x, Variable(np.zeros((2, 3), "float32")))
    >>> rows = nn.sparse_softmax_cross_entropy_with_logits(labels=c, logits=logits)
    >>> loss = reduce_mean(rows * sample_weight())
    >>> train_op = train.AdamOptimizer(0.01).minimize(loss)
    >>> history = Session().fit(train_op, {x: np.eye(2), c: [0, 2]}, class_weight="balanced")
    """
    graph = get_default_graph()
    if not graph.get_collection("sample_weight"):
        with graph.control_dependencies(None), graph.name_scope(None):
            node = placeholder_with_default(np.ones(1, to_np(dtype)), [None],
                                            name="sample_weight")
        graph.add_to_collection("sample_weight", node)
    return graph.get_collection("sample_weight")[0]
