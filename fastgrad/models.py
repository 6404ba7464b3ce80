"""Models in files: `save_model` and `load_model`, TensorFlow's SavedModels in one call each.

A model that was saved needs none of the code that made it: another process loads it and calls it
with arrays; so does TensorFlow. Needs the protobuf library (`pip install 'fastgrad[tf]'`), and
what reads and writes the files is loaded at the first call.
"""

import os

from fastgrad.errors import FeedTypeError, GraphError
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.wording import where


class Model:
    """A model that was loaded: a function of arrays.

    Attributes
    ----------
    inputs, outputs : dicts of str to Tensor
        Of a SavedModel in the order of their names.
    session : Session
        Has the values of its variables.
    """

    def __init__(self, session, inputs, outputs):
        self.session, self.inputs, self.outputs = session, inputs, outputs
        fetches = list(self.outputs.values())
        self._single = len(fetches) == 1
        self._run = session.make_callable(fetches[0] if self._single else self.outputs,
                                          list(self.inputs.values()))

    def __call__(self, *arrays, **named):
        """The outputs for arrays: one array, or a dict of them if the model has several.

        Parameters
        ----------
        *arrays : arrays
            In the order of `inputs`.
        **named : arrays
            By the inputs' names.
        """
        if named or len(arrays) != len(self.inputs):
            arrays = self._in_order(arrays, named)
        return self._run(*arrays)

    def _in_order(self, arrays, named):
        names = list(self.inputs)
        given = dict(zip(names, arrays))
        twice = [k for k in named if k in given]
        unknown = [k for k in named if k not in self.inputs]
        missing = [k for k in names if k not in given and k not in named]
        if len(arrays) > len(names) or twice or unknown or missing:
            raise FeedTypeError(f"this model takes {', '.join(names) or 'nothing'}; got "
                                f"{len(arrays)} arrays in order"
                                + (f" and {', '.join(named)}" if named else "") + ".")
        return [given.get(k, named.get(k)) for k in names]

    def __repr__(self):
        shown = [", ".join(f"{k} {t._shape}" for k, t in part.items())
                 for part in (self.inputs, self.outputs)]
        return f"<fastgrad model: {shown[0]} -> {shown[1]}>"


@door
def save_model(folder, inputs, outputs, session):
    """Save what computes some outputs, with the values of its variables, as a SavedModel.

    Parameters
    ----------
    folder : str
        Made; it must not be there, or be empty.
    inputs, outputs : tensor, list of tensors, or dict of str to tensors
        Without a dict, tensors are called by their operations' names.
    session : Session
        Has the values.

    Raises
    ------
    NotWritableError
        If TensorFlow has no node for an operation that is needed; names it.

    Examples
    --------
    >>> import tempfile
    >>> from fastgrad import load_model, save_model
    >>> x = placeholder(float32, [None, 2], name="x")
    >>> y = matmul(x, Variable(np.ones((2, 1), np.float32)), name="y")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(folder + "/model", x, y, Session())
    ...     model = load_model(folder + "/model")
    >>> model([[1.0, 2.0], [3.0, 4.0]])
    array([[3.],
           [7.]], dtype=float32)
    """
    inputs, outputs = _named(inputs, "input"), _named(outputs, "output")
    for t in [*inputs.values(), *outputs.values()]:
        if t.graph is not session.graph:
            raise GraphError(f"{where(t)} is not in the session's graph.")
    from fastgrad.graphdef.saved_model_builder import write_model

    write_model(os.fspath(folder), session, inputs, outputs, list(inputs.values()))


def _named(given, what):
    if is_node(given):
        given = [given]
    if not isinstance(given, dict):
        given = {as_tensor(t).op.name.rpartition("/")[2]: t for t in given}
    found = {str(k): as_tensor(t) for k, t in given.items()}
    if not found and what == "output":
        raise ValueError("save_model: there is no output.")
    return found


@door
def load_model(folder, signature="serving_default", tags=("serve",)):
    """Load a SavedModel, of `save_model` or of TensorFlow 1, as a function of arrays.

    Parameters
    ----------
    folder : str
    signature : str
        Which of the model's signatures.
    tags : sequence of str
        Which of its graphs.

    Returns
    -------
    Model

    Raises
    ------
    OSError
        If the folder holds no SavedModel.
    RuntimeError
        If it has no graph of these tags.
    ValueError
        If it has no such signature; names those there are.
    """
    from fastgrad.compat.state import Graph, Session
    from fastgrad.graphdef.predictor import signature_of
    from fastgrad.graphdef.saved_model import load

    session = Session(graph=Graph())
    meta = load(session, tags, folder)
    found = signature_of(meta, signature)
    return Model(session, *(
        {k: session.graph.as_graph_element(infos[k].name) for k in sorted(infos)}
        for infos in (found.inputs, found.outputs)))


__all__ = ["Model", "load_model", "save_model"]
