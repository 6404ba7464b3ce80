"""TensorFlow's names for graphs as data: tables, loaded when asked for.

protobuf's runtime is an optional library, so that nothing of these is imported with the namespace.
"""

import importlib

from fastgrad.compat.binding import bind, bind_class, module

MESSAGES = ("AttrValue", "GraphDef", "MetaGraphDef", "NameAttrList", "NodeDef", "TensorInfo")

_SIGNATURES = ("build_tensor_info", "get_tensor_from_tensor_info", "build_signature_def",
               "predict_signature_def", "classification_signature_def",
               "regression_signature_def", "is_valid_signature")
_LOADER = ("load", "maybe_saved_model_directory", "contains_saved_model")
_GRAPH_UTIL = ("extract_sub_graph", "convert_variables_to_constants", "remove_training_nodes",
               "tensor_shape_from_node_def_name")


def _from(place, names):
    return {name: (place, name) for name in names}


# module of `tf` -> {name: (module of fastgrad, name in it)}
LATE = {
    "": {"import_graph_def": ("graphdef.importer", "import_graph_def"),
         **_from("graphdef.names", ("make_tensor_proto", "make_ndarray")),
         **{name: ("io.graph_messages", name) for name in MESSAGES}},
    "train": {"write_graph": ("graphdef.files", "write_graph")},
    "io": {"write_graph": ("graphdef.files", "write_graph")},
    "graph_util": _from("graphdef.graph_util", _GRAPH_UTIL),
    "saved_model": {
        **_from("graphdef.saved_model", _LOADER), **_from("graphdef.signatures", _SIGNATURES),
        "simple_save": ("graphdef.saved_model_builder", "simple_save"),
        "Builder": ("graphdef.saved_model_builder", "SavedModelBuilder")},
    "saved_model.loader": _from("graphdef.saved_model", _LOADER),
    "saved_model.builder": _from("graphdef.saved_model_builder", ("SavedModelBuilder",)),
    "saved_model.signature_def_utils": _from("graphdef.signatures", _SIGNATURES),
    "saved_model.utils": _from("graphdef.signatures", _SIGNATURES[:2]),
    "contrib.predictor": {"from_saved_model": ("compat.predictor", "from_saved_model")},
    "contrib.util": _from("graphdef.names", ("make_tensor_proto", "make_ndarray")),
}

TAGS = {"SERVING": "serve", "TRAINING": "train", "EVAL": "eval", "GPU": "gpu", "TPU": "tpu"}
SIGNATURE_CONSTANTS = {
    "DEFAULT_SERVING_SIGNATURE_DEF_KEY": "serving_default", "PREDICT_INPUTS": "inputs",
    "PREDICT_METHOD_NAME": "tensorflow/serving/predict", "PREDICT_OUTPUTS": "outputs",
    "CLASSIFY_INPUTS": "inputs", "CLASSIFY_METHOD_NAME": "tensorflow/serving/classify",
    "CLASSIFY_OUTPUT_CLASSES": "classes", "CLASSIFY_OUTPUT_SCORES": "scores",
    "REGRESS_INPUTS": "inputs", "REGRESS_METHOD_NAME": "tensorflow/serving/regress",
    "REGRESS_OUTPUTS": "outputs"}
CONSTANTS = {
    "ASSETS_DIRECTORY": "assets", "ASSETS_KEY": "saved_model_assets",
    "LEGACY_INIT_OP_KEY": "legacy_init_op", "MAIN_OP_KEY": "saved_model_main_op",
    "SAVED_MODEL_FILENAME_PB": "saved_model.pb", "SAVED_MODEL_FILENAME_PBTXT":
    "saved_model.pbtxt", "SAVED_MODEL_SCHEMA_VERSION": 1, "VARIABLES_DIRECTORY": "variables",
    "VARIABLES_FILENAME": "variables"}


def _found(place, name):
    """A name of a module of the package, imported now, bound to TensorFlow's default graph."""
    loaded = importlib.import_module(f"fastgrad.{place}")
    if place == "io.graph_messages":
        return loaded.message(name)
    thing = getattr(loaded, name)
    return bind_class(thing) if isinstance(thing, type) else bind(thing)


def with_late(path, missing):
    """The `__getattr__` of a module of `tf`: its late names, then what `missing` says."""
    names = LATE.get(path, {})

    def getter(name):
        return _found(*names[name]) if name in names else missing(name)
    return getter


def late_module(root, path, missing, **members):
    """A module of late names."""
    made = module(f"{root}.{path}", **members)
    made.__getattr__ = with_late(path, missing(path + "."))
    return made


def saved_model(root, missing):
    """`tf.saved_model` with its modules."""
    inner = {name: late_module(root, f"saved_model.{name}", missing) for name in (
        "loader", "builder", "signature_def_utils", "utils")}
    inner["tag_constants"] = module(f"{root}.saved_model.tag_constants", **TAGS)
    inner["signature_constants"] = module(f"{root}.saved_model.signature_constants",
                                          **SIGNATURE_CONSTANTS)
    inner["constants"] = module(f"{root}.saved_model.constants", **CONSTANTS)
    return late_module(root, "saved_model", missing, **inner, **TAGS, **SIGNATURE_CONSTANTS,
                       **CONSTANTS)
