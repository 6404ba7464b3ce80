"""TensorFlow's model files as ONNX models: what `fastgrad export` does."""

import os

from fastgrad.compat.state import Graph, Session
from fastgrad.graphdef.files import read_message
from fastgrad.graphdef.importer import import_graph_def
from fastgrad.models import load_model
from fastgrad.onnx.writing import write_model


def export_file(model, out, inputs=None, outputs=None, opset=17, signature="serving_default"):
    """Write a SavedModel (a folder), or a frozen graph (a file), as an ONNX model.

    Parameters
    ----------
    model, out : str
    inputs, outputs : str, optional
        Names of a frozen graph's tensors, with commas between; its placeholders, and the outputs
        that nothing uses, if not given.
    """
    if os.path.isdir(model):
        loaded = load_model(model, signature)
        return write_model(out, loaded.inputs, loaded.outputs, loaded.session, opset)
    graph = Graph()
    with graph.as_default():
        import_graph_def(read_message(model, "GraphDef"), name="")
    tensors = [t for op in graph.get_operations() for t in op.outputs]
    given = _named(graph, inputs) or {t.op.name: t for t in tensors
                                      if t.op.type == "Placeholder"}
    wanted = _named(graph, outputs) or {
        t.op.name: t for t in tensors if not t._out.consumers and t.op.type not in (
            "Const", "Placeholder")}
    return write_model(out, given, wanted, Session(graph=graph), opset)


def _named(graph, names):
    found = [graph.get_tensor_by_name(n if ":" in n else f"{n}:0")
             for n in (names or "").split(",") if n]
    return {t.op.name if t.index == 0 else t.name.replace(":", "_"): t for t in found}
