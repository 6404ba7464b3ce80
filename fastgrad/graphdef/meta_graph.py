"""Meta graphs: a graph with its collections and its saver, in and out of files.

Decisions
- Variables of a file become Variables with what their collection says of them: initializer, initial
  value, part of a whole, whether they are trained.
- The saver of a file restores the variables that its nodes restore, under the names that they have
  there, by this library's own reader.
- What a collection holds as bytes of another kind (contexts of loops, queue runners) is kept as
  bytes.
"""

from fastgrad.graph import hooks
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.nodes import Node, Operation, Tensor
from fastgrad.graphdef.exporter import as_graph_def
from fastgrad.graphdef.files import read_message, write_message
from fastgrad.graphdef.importer import imported
from fastgrad.graphdef.registry import ImportNodeError
from fastgrad.graphdef.saver_nodes import GraphSaver, add_saver
from fastgrad.io.graph_messages import message
from fastgrad.train.saver import Saver
from fastgrad.variables.partitioned import SaveSliceInfo
from fastgrad.variables.variable import Variable
from fastgrad.wording import call_site

VERSION = "1.15.5"              # of the TensorFlow whose forms these are


# ---- in ---------------------------------------------------------------------------------

@hooks.fills("import_meta_graph")
@door
def import_meta_graph(meta_graph_or_file, clear_devices=False, import_scope=None, **kwargs):
    """What `train.import_meta_graph` says and does."""
    return imported_meta_graph(meta_graph_or_file, import_scope, **kwargs)[0]


def imported_meta_graph(meta_graph_or_file, import_scope=None, **kwargs):
    """(saver, MetaGraphDef, Importer) of a meta graph that is added to the default graph."""
    meta = meta_graph_or_file
    if not hasattr(meta, "graph_def"):
        meta = read_message(meta, "MetaGraphDef")
    graph, scope = get_default_graph(), import_scope or ""
    with graph.attempt(), graph.at(call_site()):
        importer = imported(graph, meta.graph_def, scope.rstrip("/"), {})
        by_name = importer.after
        _take_variables(graph, meta, by_name)
        for key, value in meta.collection_def.items():
            _take_collection(graph, key, value, by_name)
        saver = None
        if meta.HasField("saver_def") and meta.saver_def.restore_op_name:
            saver = GraphSaver(graph, meta.saver_def, by_name, scope)
        elif graph.get_collection(GraphKeys.GLOBAL_VARIABLES):
            with graph.as_default():
                saver = Saver()
    return saver, meta, importer


def _element(by_name, text, what):
    """The Tensor or Operation of the file that a name means."""
    name, colon, index = text.rpartition(":")
    op = by_name.get(name if colon else text)
    if op is None or colon and (not index.isdigit() or int(index) >= len(op.outputs)):
        raise ImportNodeError(f"{what} names {text!r}, which is not in the graph.")
    return op.outputs[int(index)] if colon else op


def _variable_defs(meta):
    """{key: list of VariableDef} of the collections that hold variables."""
    found = {}
    for key, value in meta.collection_def.items():
        if value.WhichOneof("kind") == "bytes_list" and key in VARIABLES:
            found[key] = [message("VariableDef").FromString(data)
                          for data in value.bytes_list.value]
    return found


VARIABLES = {GraphKeys.GLOBAL_VARIABLES, GraphKeys.TRAINABLE_VARIABLES, GraphKeys.LOCAL_VARIABLES,
             GraphKeys.MODEL_VARIABLES, GraphKeys.MOVING_AVERAGE_VARIABLES,
             GraphKeys.METRIC_VARIABLES, GraphKeys.GLOBAL_STEP}


def _take_variables(graph, meta, by_name):
    """What the file says of its variables."""
    defs = _variable_defs(meta)
    trained = {d.variable_name for d in defs.get(GraphKeys.TRAINABLE_VARIABLES, ())}
    for one in {d.variable_name: d for ds in defs.values() for d in ds}.values():
        v = _variable(by_name, one)
        v.trainable = one.variable_name in trained
        for name, field in (("initializer", one.initializer_name),
                            ("_read", one.snapshot_name)):
            if field:
                setattr(v, name, _element(by_name, field, f"the variable {one.variable_name!r}"))
        if one.initial_value_name:
            v.op.attrs["initial"] = graph.kept(
                _element(by_name, one.initial_value_name, f"the variable {one.variable_name!r}"))
        if one.HasField("save_slice_info_def"):
            v.save_slice_info = SaveSliceInfo(save_slice_info_def=one.save_slice_info_def)


def _variable(by_name, one):
    v = _element(by_name, one.variable_name, "a collection of variables")
    if not isinstance(v, Variable):
        raise ImportNodeError(f"a collection of variables names {one.variable_name!r}, which is "
                              "none.")
    return v


def _take_collection(graph, key, value, by_name):
    kind = value.WhichOneof("kind")
    if kind is None:
        return
    items = list(getattr(value, kind).value)
    if kind == "node_list":
        items = [_element(by_name, text, f"the collection {key!r}") for text in items]
    elif kind == "bytes_list" and key in VARIABLES:
        items = [_variable(by_name, message("VariableDef").FromString(d)) for d in items]
    for item in items:
        graph.add_to_collection(key, item)


# ---- out --------------------------------------------------------------------------------

@hooks.fills("export_meta_graph")
@door
def export_meta_graph(filename=None, meta_info_def=None, graph_def=None, saver_def=None,
                      collection_list=None, as_text=False, graph=None, export_scope=None,
                      clear_devices=False, clear_extraneous_savers=False,
                      strip_default_attrs=False, save_debug_info=False, *, saver=None):
    """The meta graph of a graph, also written to a file if one is named.

    Parameters
    ----------
    filename : str, optional
    graph : Graph, optional
        The default graph, if not given.
    collection_list : list of str, optional
        The collections that go out; all, if not given.
    saver_def : SaverDef, optional
        Of nodes that are in the graph.
    as_text : bool

    Returns
    -------
    MetaGraphDef
    """
    graph = graph or get_default_graph()
    meta = message("MetaGraphDef")()
    if meta_info_def is not None:
        meta.meta_info_def.CopyFrom(meta_info_def)
    if not meta.meta_info_def.tensorflow_version:
        meta.meta_info_def.tensorflow_version = VERSION
    meta.graph_def.CopyFrom(as_graph_def(graph, shapes=True) if graph_def is None else graph_def)
    keys = graph.get_all_collection_keys() if collection_list is None else collection_list
    for key in keys:
        if isinstance(key, str):
            add_collection(meta, graph, key)
    if saver_def is not None:
        meta.saver_def.CopyFrom(saver_def)
    elif saver is not None:
        meta.saver_def.CopyFrom(add_saver(meta.graph_def, graph, saver))
    if filename:
        write_message(filename, meta, as_text)
    return meta


def add_collection(meta, graph, key, items=None):
    """Write a collection; what has no form in a file is left out, as TensorFlow does."""
    items = graph.get_collection(key) if items is None else items
    target = meta.collection_def[key]
    for item in items:
        if isinstance(item, Variable) and key in VARIABLES:
            target.bytes_list.value.append(variable_def(item).SerializeToString())
        elif isinstance(item, (Tensor, Operation)):
            target.node_list.value.append(item.name)
        elif isinstance(item, Node):
            continue
        elif isinstance(item, bool) or not isinstance(item, (int, float, str, bytes)):
            continue
        elif isinstance(item, int):
            target.int64_list.value.append(item)
        elif isinstance(item, float):
            target.float_list.value.append(item)
        else:
            target.bytes_list.value.append(item.encode() if isinstance(item, str) else item)
    if target.WhichOneof("kind") is None:
        del meta.collection_def[key]


def variable_def(v, names=None):
    """The VariableDef of a variable; of its own nodes those are named that are in `names`."""
    made = message("VariableDef")(variable_name=v.name, trainable=bool(v.trainable),
                                  is_resource=bool(v._out.more.get("is_handle")))
    made.initializer_name = v.initializer.name if v.initializer is not None else ""
    made.snapshot_name = f"{v.op.name}/read:0" if v._read is None else v._read.name
    if v.op.attrs.get("initial") is not None:
        made.initial_value_name = v.initial_value.name
    for field in ("initializer_name", "initial_value_name"):
        if names is not None and getattr(made, field).partition(":")[0] not in names:
            made.ClearField(field)
    info = v.save_slice_info
    if info is not None:
        made.save_slice_info_def.full_name = info.full_name
        for field in ("full_shape", "var_offset", "var_shape"):
            getattr(made.save_slice_info_def, field).extend(getattr(info, field))
    return made


__all__ = ["import_meta_graph", "export_meta_graph"]
