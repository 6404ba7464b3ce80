"""ONNX: `export` writes what computes some outputs as an ONNX model, `load` runs one.

Needs the `onnx` package (`pip install 'fastgrad[onnx]'`), imported at the first call.
"""

from fastgrad.graph.doors import door


@door
def export(path, inputs, outputs, session, opset=17):
    """Write what computes some outputs as an ONNX model, the values of variables in it.

    Parameters
    ----------
    path : str
    inputs, outputs : tensor, list of tensors, or dict of str to tensors
        Without a dict, tensors are called by their operations' names.
    session : Session
        Has the values.
    opset : int
        At least 17.

    Raises
    ------
    UnsupportedOnnxError
        If an operation that is needed has no form in ONNX; names all such.

    Examples
    --------
    >>> from fastgrad import onnx
    >>> x = placeholder(float32, [None, 3], name="x")
    >>> y = nn.softmax(x, name="y")
    >>> onnx.export("model.onnx", x, y, Session())      # doctest: +SKIP
    """
    from fastgrad.onnx.writing import write_model

    return write_model(path, inputs, outputs, session, opset)


@door
def load(path):
    """Load an ONNX model of a dense or convolutional net as a function of arrays.

    Parameters
    ----------
    path : str or ModelProto

    Returns
    -------
    Model
        As of `fastgrad.load_model`; `model.inputs` and `model.outputs` are tensors of the graph,
        which further operations may use.

    Raises
    ------
    UnsupportedOnnxError
        If the model has a node of a type that is not there; names all such.
    """
    from fastgrad.onnx.reading import read_model

    return read_model(path)


__all__ = ["export", "load"]
