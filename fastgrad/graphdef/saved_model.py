"""SavedModels: folders with meta graphs by their tags, variables, and assets; read.

A folder holds `saved_model.pb` (or `.pbtxt`), `variables/variables.*` and `assets/`.
"""

import os

from fastgrad.errors import FastgradError
from fastgrad.graph.collection import GraphKeys
from fastgrad.graphdef.files import GraphFileError, read_message
from fastgrad.graphdef.meta_graph import imported_meta_graph
from fastgrad.graphdef.registry import ImportNodeError
from fastgrad.io.checkpoint import checkpoint_exists

FILE, TEXT_FILE = "saved_model.pb", "saved_model.pbtxt"
VARIABLES = os.path.join("variables", "variables")
ASSETS = "assets"
MAIN_OP, LEGACY_INIT_OP = "saved_model_main_op", "legacy_init_op"
INIT_SIGNATURE = "__saved_model_init_op"


class NoTagsError(FastgradError, RuntimeError):
    """A SavedModel without a meta graph of these tags."""


class NoSavedModelError(GraphFileError):
    """A folder that holds no SavedModel."""


def maybe_saved_model_directory(export_dir):
    """Whether a folder holds a SavedModel, as far as its files' names tell."""
    return any(os.path.isfile(os.path.join(export_dir, name)) for name in (FILE, TEXT_FILE))


contains_saved_model = maybe_saved_model_directory


def read_saved_model(export_dir):
    """The SavedModel message of a folder."""
    for name, text in ((FILE, False), (TEXT_FILE, True)):
        path = os.path.join(export_dir, name)
        if os.path.isfile(path):
            return read_message(path, "SavedModel", text)
    raise NoSavedModelError(f"SavedModel file does not exist at: {export_dir}/"
                            f"{{{TEXT_FILE}|{FILE}}}")


def meta_graph_of(export_dir, tags):
    """The MetaGraphDef of a SavedModel whose tags are these."""
    wanted = {tags} if isinstance(tags, str) else set(tags)
    model = read_saved_model(export_dir)
    for meta in model.meta_graphs:
        if set(meta.meta_info_def.tags) == wanted:
            return meta
    there = [sorted(meta.meta_info_def.tags) for meta in model.meta_graphs]
    raise NoTagsError(f"MetaGraphDef associated with tags {', '.join(sorted(wanted))!r} could not "
                      f"be found in the SavedModel {os.fspath(export_dir)!r}; it has {there}.")


def load(sess, tags, export_dir, import_scope=None, **saver_kwargs):
    """Load a SavedModel into a session: graph, variables, assets, and what is to be run first.

    Parameters
    ----------
    sess : Session
        Its graph gets the model's nodes.
    tags : list of str
        Of the meta graph that is wanted, all of them.
    export_dir : str
    import_scope : str, optional
        What comes before all names.

    Returns
    -------
    MetaGraphDef

    Raises
    ------
    OSError
        If the folder holds no SavedModel.
    RuntimeError
        If it has no meta graph of these tags.
    """
    export_dir = os.fspath(export_dir)
    meta = meta_graph_of(export_dir, tags)
    graph = sess.graph
    with graph.as_default(), graph.attempt():
        saver, meta, importer = imported_meta_graph(meta, import_scope, **saver_kwargs)
        prefix = os.path.join(export_dir, VARIABLES)
        if saver is not None and checkpoint_exists(prefix):
            saver.restore(sess, prefix)
        elif saver is not None and graph.get_collection(GraphKeys.GLOBAL_VARIABLES):
            raise NoSavedModelError(f"the variables of the SavedModel {export_dir!r} are not "
                                    f"there: {prefix}.index")
        feeds, first = _asset_feeds(meta, importer, export_dir), _first(meta, importer)
        if first is not None:
            sess.run(first, feeds)
    return meta


def _first(meta, importer):
    """The operation that is run first: it fills tables."""
    for key in (MAIN_OP, LEGACY_INIT_OP):
        names = list(meta.collection_def[key].node_list.value) if key in meta.collection_def \
            else []
        if key not in meta.collection_def:
            continue
        if len(names) != 1:
            raise ImportNodeError(f"Expected exactly one SavedModel op in {key!r}; found "
                                  f"{len(names)}.")
        op = importer.after.get(names[0])
        if op is None:
            raise ImportNodeError(f"{key!r} names {names[0]!r}, which is not in the graph.")
        return op
    signature = meta.signature_def.get(INIT_SIGNATURE)
    if signature is not None:
        for info in signature.outputs.values():
            return importer.after.get(info.name)
    return None


def _assets(meta, importer, export_dir):
    """[(tensor, path)] of the assets; a path may not lead out of the model's folder."""
    found = []
    for asset in meta.asset_file_def:
        name, _, index = asset.tensor_info.name.partition(":")
        op = importer.after.get(name)
        if op is None or int(index or 0) >= len(op.outputs):
            raise ImportNodeError(f"an asset names {asset.tensor_info.name!r}, which is not in the "
                                  "graph.")
        parts = asset.filename.replace("\\", "/").split("/")
        if os.path.isabs(asset.filename) or ".." in parts:
            raise GraphFileError(f"the asset {asset.filename!r} of {export_dir!r} lies outside of "
                                 "the model's folder.")
        found.append((op.outputs[int(index or 0)], os.path.join(export_dir, ASSETS,
                                                                asset.filename)))
    return found


def _asset_feeds(meta, importer, export_dir):
    return {t: path.encode() for t, path in _assets(meta, importer, export_dir)}


__all__ = ["load", "maybe_saved_model_directory", "contains_saved_model"]
