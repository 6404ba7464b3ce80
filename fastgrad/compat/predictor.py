"""`tf.contrib.predictor`: a SavedModel as a function of arrays, in a session of its own."""

from fastgrad.compat.state import Graph, Session
from fastgrad.graphdef import predictor


def from_saved_model(export_dir, signature_def_key=None, signature_def=None, input_names=None,
                     output_names=None, tags=None, graph=None, config=None):
    """The Predictor of a SavedModel: takes a dict of arrays, gives one.

    Parameters
    ----------
    export_dir : str
    signature_def_key : str, optional
        The signature; "serving_default" if not given.
    tags : str, optional
        With commas between; "serve" if not given.
    """
    session = Session(graph=graph or Graph(), config=config)
    return predictor.from_saved_model(session, export_dir, signature_def_key, signature_def,
                                      input_names, output_names, tags)
