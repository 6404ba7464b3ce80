"""SavedModels, written.

Decisions
- The variables and the assets are written first and the message that names them last, so that a
  folder with `saved_model.pb` is whole.
- A folder that is not empty is refused, as TensorFlow does: nothing is overwritten.
"""

import os
import shutil

import numpy as np

from fastgrad.errors import DTypeError, NotFoundError
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.dtypes import TEXT
from fastgrad.graph.interned import decoded
from fastgrad.graph.nodes import Tensor, operation_of
from fastgrad.graphdef.exporter import as_graph_def
from fastgrad.graphdef.files import write_message
from fastgrad.graphdef.meta_graph import add_collection, export_meta_graph, variable_def
from fastgrad.graphdef.saved_model import (ASSETS, FILE, LEGACY_INIT_OP, MAIN_OP, TEXT_FILE,
                                           VARIABLES)
from fastgrad.graphdef.signatures import DEFAULT, predict_signature_def
from fastgrad.io.graph_messages import message
from fastgrad.train.saver import Saver
from fastgrad.wording import where


class SavedModelBuilder:
    """Writes a SavedModel: meta graphs with tags, the values of variables, and assets.

    Parameters
    ----------
    export_dir : str
        Made; it must not be there, or be empty.

    Raises
    ------
    AssertionError
        If the folder holds something.
    """

    def __init__(self, export_dir):
        self._folder = os.fspath(export_dir)
        if os.path.isdir(self._folder) and os.listdir(self._folder):
            raise AssertionError(
                f"Export directory {self._folder} already exists, and isn't empty. Please choose a "
                "different export directory, or delete all the contents of the specified "
                "directory.")
        os.makedirs(self._folder, exist_ok=True)
        self._model = message("SavedModel")(saved_model_schema_version=1)
        self._has_variables = False

    def add_meta_graph_and_variables(self, sess, tags, signature_def_map=None,
                                     assets_collection=None, legacy_init_op=None,
                                     clear_devices=False, main_op=None,
                                     strip_default_attrs=False, saver=None):
        """Add the graph of a session, and the values that its variables have; once, and first.

        Parameters
        ----------
        sess : Session
        tags : list of str
        signature_def_map : dict of str to SignatureDef, optional
        assets_collection : list of tensors, optional
            Constants that name the files to be copied.
        main_op : Operation, optional
            What is run when the model is loaded.
        saver : Saver, optional
        """
        if self._has_variables:
            raise AssertionError("Graph state including variables and assets has already been "
                                 "saved. Please invoke `add_meta_graph()` instead.")
        with sess.graph.as_default():
            if saver is None:
                saver = Saver(allow_empty=True)
            if saver._variables():
                os.makedirs(os.path.join(self._folder, os.path.dirname(VARIABLES)), exist_ok=True)
                saver.save(sess, os.path.join(self._folder, VARIABLES), write_meta_graph=False,
                           write_state=False)
            self._has_variables = True
            self._add(sess.graph, tags, signature_def_map, assets_collection,
                      main_op or legacy_init_op, saver,
                      MAIN_OP if main_op is not None else LEGACY_INIT_OP)

    def add_meta_graph(self, tags, signature_def_map=None, assets_collection=None,
                       legacy_init_op=None, clear_devices=False, main_op=None,
                       strip_default_attrs=False, saver=None, graph=None):
        """Add another graph, the default one, that shares the variables' values."""
        if not self._has_variables:
            raise AssertionError("Graph state including variables and assets has not been saved "
                                 "yet. Please invoke `add_meta_graph_and_variables()` first.")
        if saver is None:
            saver = Saver(allow_empty=True)
        self._add(saver._graph, tags, signature_def_map, assets_collection,
                  main_op or legacy_init_op, saver,
                  MAIN_OP if main_op is not None else LEGACY_INIT_OP)

    def _add(self, graph, tags, signatures, assets, first, saver, first_key):
        for key, signature in (signatures or {}).items():
            _check_signature(graph, key, signature)
        info = message("MetaGraphDef.MetaInfoDef")(tags=[tags] if isinstance(tags, str)
                                                   else list(tags))
        keys = [k for k in graph.get_all_collection_keys() if k not in (MAIN_OP, LEGACY_INIT_OP)]
        meta = export_meta_graph(meta_info_def=info, graph=graph, saver=saver,
                                 collection_list=keys)
        for key, signature in (signatures or {}).items():
            meta.signature_def[key].CopyFrom(signature)
        if first is not None:
            add_collection(meta, graph, first_key, [operation_of(first)])
        for tensor in assets or ():
            self._add_asset(meta, tensor)
        self._model.meta_graphs.append(meta)

    def _add_asset(self, meta, tensor):
        source = _path_of(tensor)
        if not os.path.isfile(source):
            raise NotFoundError(f"the asset {source!r}, named by {where(tensor)}, is not there.")
        name = os.path.basename(source)
        asset = meta.asset_file_def.add(filename=name)
        asset.tensor_info.name = tensor.name
        target = os.path.join(self._folder, ASSETS, name)
        if not os.path.exists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(source, target)

    def save(self, as_text=False):
        """Write the model's message; returns its path."""
        path = os.path.join(self._folder, TEXT_FILE if as_text else FILE)
        write_message(path, self._model, as_text)
        return path.encode()


def _check_signature(graph, key, signature):
    for info in [*signature.inputs.values(), *signature.outputs.values()]:
        try:
            graph.as_graph_element(info.name)
        except (KeyError, ValueError) as e:
            raise ValueError(f"the signature {key!r} names {info.name!r}: {e.args[0]}") from None


def _path_of(tensor):
    """The path that a constant names."""
    value = tensor.op.attrs.get("value") if isinstance(tensor, Tensor) else None
    if value is None or value.dtype != TEXT or value.ndim:
        raise DTypeError(f"an asset is named by a constant string; got {tensor!r:.80}.")
    return decoded(np.asarray(value))[()].decode()


def write_model(folder, session, inputs, outputs, feeds):
    """A SavedModel of what some outputs need, and nothing else of the graph.

    Parameters
    ----------
    folder : str
    session : Session
    inputs, outputs : dicts of str to Tensor
    feeds : list of Tensor
        The inputs, whose own makers are left out.

    Raises
    ------
    NotWritableError
        If TensorFlow has no node for an operation that is needed; nothing is written then.
    """
    graph = session.graph
    graph_def = as_graph_def(graph, strict=True, shapes=True,
                             wanted=[*feeds, *outputs.values()])
    names = {n.name for n in graph_def.node}
    variables = {v.op.name: v for v in graph.variables if v.op.name in names}
    builder = SavedModelBuilder(folder)
    with graph.as_default():
        saver = Saver(variables or None, allow_empty=True) if variables else None
        if variables:
            os.makedirs(os.path.join(folder, os.path.dirname(VARIABLES)))
            saver.save(session, os.path.join(folder, VARIABLES), write_meta_graph=False,
                       write_state=False)
    info = message("MetaGraphDef.MetaInfoDef")(tags=["serve"])
    meta = export_meta_graph(meta_info_def=info, graph_def=graph_def, graph=graph, saver=saver,
                             collection_list=[])
    for v in variables.values():
        made = variable_def(v, names)
        meta.collection_def[GraphKeys.GLOBAL_VARIABLES].bytes_list.value.append(
            made.SerializeToString())
    meta.signature_def[DEFAULT].CopyFrom(predict_signature_def(inputs, outputs))
    builder._model.meta_graphs.append(meta)
    builder.save()


def simple_save(session, export_dir, inputs, outputs, legacy_init_op=None):
    """Write a SavedModel with one signature, for predictions.

    Parameters
    ----------
    session : Session
    export_dir : str
        A folder that is not there, or empty.
    inputs, outputs : dicts of str to tensors
    legacy_init_op : Operation, optional
        What is run when the model is loaded.
    """
    builder = SavedModelBuilder(export_dir)
    builder.add_meta_graph_and_variables(
        session, ["serve"], {DEFAULT: predict_signature_def(inputs, outputs)},
        session.graph.get_collection(GraphKeys.ASSET_FILEPATHS), main_op=legacy_init_op)
    builder.save()


__all__ = ["SavedModelBuilder", "simple_save"]
