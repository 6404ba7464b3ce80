"""Signatures of SavedModels: which tensors a model takes and gives, under which names."""

from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graphdef.writer import number_of
from fastgrad.io.graph_messages import message
from fastgrad.io.tensor_proto import fill_shape

DEFAULT = "serving_default"
PREDICT = "tensorflow/serving/predict"
CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"


def build_tensor_info(tensor):
    """The TensorInfo of a tensor: name, dtype, shape."""
    info = message("TensorInfo")(name=tensor.name, dtype=number_of(tensor._dtype))
    info.tensor_shape.SetInParent()
    fill_shape(info.tensor_shape, tensor._shape)
    return info


def get_tensor_from_tensor_info(tensor_info, graph=None, import_scope=None):
    """The tensor that a TensorInfo names."""
    graph = graph or get_default_graph()
    name = f"{import_scope}/{tensor_info.name}" if import_scope else tensor_info.name
    return graph.as_graph_element(name, allow_operation=False)


def build_signature_def(inputs=None, outputs=None, method_name=None):
    """The SignatureDef of dicts from names to TensorInfos."""
    made = message("SignatureDef")(method_name=method_name or "")
    for target, infos in ((made.inputs, inputs), (made.outputs, outputs)):
        for name, info in (infos or {}).items():
            target[name].CopyFrom(info)
    return made


def predict_signature_def(inputs, outputs):
    """The signature of dicts from names to tensors, for predictions."""
    if not inputs or not outputs:
        raise ValueError(f"Prediction {'inputs' if not inputs else 'outputs'} cannot be None or "
                         "empty.")
    return build_signature_def({k: build_tensor_info(t) for k, t in inputs.items()},
                               {k: build_tensor_info(t) for k, t in outputs.items()}, PREDICT)


def classification_signature_def(examples, classes, scores):
    """The signature of a classifier of serialized examples."""
    outputs = {k: build_tensor_info(t) for k, t in (("classes", classes), ("scores", scores))
               if t is not None}
    if examples is None or not outputs:
        raise ValueError("Classification examples, and classes or scores, cannot be None.")
    return build_signature_def({"inputs": build_tensor_info(examples)}, outputs, CLASSIFY)


def regression_signature_def(examples, predictions):
    """The signature of a regression of serialized examples."""
    if examples is None or predictions is None:
        raise ValueError("Regression examples and predictions cannot be None.")
    return build_signature_def({"inputs": build_tensor_info(examples)},
                               {"outputs": build_tensor_info(predictions)}, REGRESS)


def is_valid_signature(signature_def):
    """Whether a signature has a method, and inputs and outputs."""
    return bool(signature_def is not None and signature_def.method_name
                and signature_def.inputs and signature_def.outputs)


__all__ = ["build_tensor_info", "get_tensor_from_tensor_info", "build_signature_def",
           "predict_signature_def", "classification_signature_def", "regression_signature_def",
           "is_valid_signature"]
