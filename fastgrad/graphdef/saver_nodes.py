"""The nodes of savers in graphs of files: what one restores, read from them, and written for them.
"""

import numpy as np

from fastgrad.graphdef.registry import ImportNodeError, known_value
from fastgrad.graphdef.saver_in import texts
from fastgrad.graphdef.state_in import through
from fastgrad.graphdef.writer import Shape, Type, Writer, number_of
from fastgrad.io.graph_messages import message
from fastgrad.train.saver import Saver
from fastgrad.variables.variable import Variable


class GraphSaver(Saver):
    """The saver of a meta graph: the variables that its restoring nodes assign, by their names.

    Parameters
    ----------
    graph : Graph
    saver_def : SaverDef
    by_name : dict of str to Operation
        The file's nodes.
    scope : str
    """

    def __init__(self, graph, saver_def, by_name, scope=""):
        found = restored(saver_def, by_name)
        self._saver_def = message("SaverDef")()
        self._saver_def.CopyFrom(saver_def)
        for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
            text = getattr(saver_def, field)
            name, colon, index = text.partition(":")
            if name in by_name:
                setattr(self._saver_def, field, by_name[name].name + colon + index)
        with graph.as_default():
            super().__init__({n: v for n, v in found.items()} or None, allow_empty=True,
                             sharded=saver_def.sharded, max_to_keep=saver_def.max_to_keep,
                             keep_checkpoint_every_n_hours=(
                                 saver_def.keep_checkpoint_every_n_hours or 10000.0))

    def as_saver_def(self):
        """The file's SaverDef, with the names of this graph."""
        return self._saver_def

    saver_def = property(as_saver_def)


def restored(saver_def, by_name):
    """{name in checkpoints: Variable, or the parts of one} that a saver's nodes restore."""
    todo, seen, found = [saver_def.restore_op_name], set(), {}
    while todo:
        name = todo.pop()
        op = by_name.get(name.partition(":")[0])
        if op is None:
            raise ImportNodeError(f"the saver names {name!r}, which is not in the graph.")
        if op in seen:
            continue
        seen.add(op)
        node = op.graph.imported.get(op.id)
        if node is not None and node.op in ("Assign", "AssignVariableOp"):
            _take_assign(op, node, found)
        else:
            todo += [c.name for c in op.control_inputs if c.name in by_name]
            todo += [n for n in (node.input if node is not None else ())
                     if n.startswith("^") for n in [n[1:]] if n in by_name]
    return {name: vs[0] if vs[0].save_slice_info is None else vs for name, vs in found.items()}


def _take_assign(op, node, found):
    graph = op.graph
    target = through(graph.as_graph_element(_tensor_name(node.input[0])))
    source = graph.as_graph_element(_tensor_name(node.input[1]))
    while source.op.op_type == "identity":
        source = source.op._inputs[0]
    if source.op.op_type != "restore_tensors" or not isinstance(target, Variable):
        return
    names = texts(known_value(source.op._inputs[1], "the names of a saver"))
    found.setdefault(names[source.index], []).append(target)


def _tensor_name(text):
    return text if ":" in text else text + ":0"


# ---- out --------------------------------------------------------------------------------

class _Scope:
    """What a Writer takes for the operation at hand: names under a saver's scope."""

    control_inputs = ()

    def __init__(self, name):
        self.name = name


def add_saver(graph_def, graph, saver):
    """Add the nodes that save and restore a Saver's variables to a GraphDef; returns a SaverDef."""
    writer = Writer(n.name for n in graph_def.node)
    scope = _free_scope(saver._name, [n.name for n in graph_def.node])
    writer.op = _Scope(scope)
    saved = message("SaverDef")(max_to_keep=int(saver._max or 0), version=2,
                                keep_checkpoint_every_n_hours=float(saver._hours))
    prefix = writer.const(b"model", "filename/input", object)
    prefix = writer.node("PlaceholderWithDefault", [prefix], f"{scope}/filename", dtype=Type(7),
                         shape=Shape(()))
    prefix = writer.node("PlaceholderWithDefault", [prefix], f"{scope}/Const", dtype=Type(7),
                         shape=Shape(()))
    rows = [(name, place and v.save_slice_info, v)
            for name, parts in sorted(saver._variables().items()) for v, place in parts]
    names = [name.encode() for name, _, _ in rows]
    slices = [b"" if info is None else info.spec.encode() for _, info, _ in rows]
    kinds = [Type(number_of(v._dtype)) for _, _, v in rows]
    lists = [writer.const(_texts(texts_), f"SaveV2/{what}") for what, texts_ in (
        ("tensor_names", names), ("shape_and_slices", slices))]
    writer.node("SaveV2", [prefix, *lists, *(_read(writer, v) for _, _, v in rows)],
                f"{scope}/SaveV2", dtypes=kinds)
    done = writer.node("Identity", [prefix, f"^{scope}/SaveV2"], f"{scope}/control_dependency",
                       T=Type(7))
    lists = [writer.const(_texts(texts_), f"RestoreV2/{what}") for what, texts_ in (
        ("tensor_names", names), ("shape_and_slices", slices))]
    values = writer.node("RestoreV2", [prefix, *lists], f"{scope}/RestoreV2", dtypes=kinds)
    assigned = [_assigned(writer, v, f"{values}:{i}" if i else values, f"{scope}/Assign")
                for i, (_, _, v) in enumerate(rows)]
    writer.node("NoOp", [f"^{name}" for name in assigned], f"{scope}/restore_all")
    graph_def.node.extend(writer.nodes)
    saved.filename_tensor_name, saved.save_tensor_name = f"{prefix}:0", f"{done}:0"
    saved.restore_op_name = f"{scope}/restore_all"
    return saved


def _free_scope(name, taken):
    """A scope in which no node is."""
    scopes = {t[:i] for t in taken for i, c in enumerate(t + "/") if c == "/"}
    candidate, count = name, 0
    while candidate in scopes:
        count += 1
        candidate = f"{name}_{count}"
    return candidate


def _texts(values):
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _read(writer, v):
    if not v._out.more.get("is_handle"):
        return v.op.name
    return writer.node("ReadVariableOp", [v.op.name], dtype=Type(number_of(v._dtype)))


def _assigned(writer, v, value, name):
    kind = Type(number_of(v._dtype))
    name = writer.unique(name)
    if v._out.more.get("is_handle"):
        value = writer.node("Identity", [value], T=kind)
        return writer.node("AssignVariableOp", [v.op.name, value], name, dtype=kind)
    return writer.node("Assign", [v.op.name, value], name, T=kind, use_locking=True,
                       validate_shape=v._shape is not None)
