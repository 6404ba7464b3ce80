"""Functions of arrays made of SavedModels: `tf.contrib.predictor`."""

from fastgrad.graphdef.saved_model import load
from fastgrad.graphdef.signatures import DEFAULT


class Predictor:
    """A signature of a loaded model as a function of a dict of arrays.

    Attributes
    ----------
    session, graph
    feed_tensors, fetch_tensors : dicts of str to Tensor
    """

    def __init__(self, session, signature):
        self.session, self.graph = session, session.graph
        self.feed_tensors = {k: self.graph.as_graph_element(i.name)
                             for k, i in signature.inputs.items()}
        self.fetch_tensors = {k: self.graph.as_graph_element(i.name)
                              for k, i in signature.outputs.items()}

    def __call__(self, input_dict):
        unknown = sorted(set(input_dict) - set(self.feed_tensors))
        if unknown:
            raise ValueError(f"Got unexpected keys in input_dict: {unknown}\nexpected: "
                             f"{sorted(self.feed_tensors)}")
        return self.session.run(self.fetch_tensors,
                                {self.feed_tensors[k]: v for k, v in input_dict.items()})


def signature_of(meta, key=DEFAULT):
    """A signature of a meta graph; ValueError if there is none of this name."""
    if key not in meta.signature_def:
        raise ValueError(f"Got signature_def_key {key!r}. Available signatures are "
                         f"{sorted(meta.signature_def)}.")
    return meta.signature_def[key]


def from_saved_model(session, export_dir, signature_def_key=None, signature_def=None,
                     input_names=None, output_names=None, tags=None):
    """The Predictor of a SavedModel, loaded into a session."""
    meta = load(session, [t.strip() for t in tags.split(",")] if isinstance(tags, str)
                else tags or ["serve"], export_dir)
    return Predictor(session, signature_def or signature_of(meta, signature_def_key or DEFAULT))
