"""A graph's collections: named lists of variables, losses, summaries, update operations.

`GraphKeys` has TensorFlow's names. Collections belong to the graph.
"""

from fastgrad.graph.default_graph import get_default_graph


class GraphKeys:
    """The names of standard collections.

    Examples
    --------
    >>> GraphKeys.TRAINABLE_VARIABLES
    'trainable_variables'
    """

    GLOBAL_VARIABLES = "variables"
    VARIABLES = "variables"
    LOCAL_VARIABLES = "local_variables"
    METRIC_VARIABLES = "metric_variables"
    MODEL_VARIABLES = "model_variables"
    TRAINABLE_VARIABLES = "trainable_variables"
    MOVING_AVERAGE_VARIABLES = "moving_average_variables"
    SUMMARIES = "summaries"
    QUEUE_RUNNERS = "queue_runners"
    TABLE_INITIALIZERS = "table_initializer"
    ASSET_FILEPATHS = "asset_filepaths"
    REGULARIZATION_LOSSES = "regularization_losses"
    CONCATENATED_VARIABLES = "concatenated_variables"
    SAVERS = "savers"
    WEIGHTS = "weights"
    BIASES = "biases"
    ACTIVATIONS = "activations"
    UPDATE_OPS = "update_ops"
    LOSSES = "losses"
    SAVEABLE_OBJECTS = "saveable_objects"
    RESOURCES = "resources"
    LOCAL_RESOURCES = "local_resources"
    INIT_OP = "init_op"
    LOCAL_INIT_OP = "local_init_op"
    READY_OP = "ready_op"
    SUMMARY_OP = "summary_op"
    GLOBAL_STEP = "global_step"
    TRAIN_OP = "train_op"
    EVAL_STEP = "eval_step"
    COND_CONTEXT = "cond_context"
    WHILE_CONTEXT = "while_context"


def add_to_collection(name, value):
    """Add a value to a collection of the default graph.

    Examples
    --------
    >>> add_to_collection('rates', 0.1)
    >>> get_collection('rates')
    [0.1]
    """
    get_default_graph().add_to_collection(name, value)


def add_to_collections(names, value):
    """Add a value to several collections of the default graph.

    Examples
    --------
    >>> add_to_collections(['a', 'b'], 1)
    >>> get_collection('b')
    [1]
    """
    get_default_graph().add_to_collections(names, value)


def get_collection(key, scope=None):
    """A copy of a collection of the default graph: a list, of the names under `scope` if given.

    Examples
    --------
    >>> v = Variable(1.0, name='v')
    >>> get_collection(GraphKeys.TRAINABLE_VARIABLES, scope='v')
    [<fastgrad.Variable 'v:0' shape=() dtype=float64>]
    """
    return get_default_graph().get_collection(key, scope)


def get_collection_ref(key):
    """A collection of the default graph itself: appending to it changes the graph's.

    Examples
    --------
    >>> get_collection_ref('rates').append(0.1)
    >>> get_collection('rates')
    [0.1]
    """
    return get_default_graph().get_collection_ref(key)


def global_variables(scope=None):
    """The variables of the default graph that are saved and initialized.

    Examples
    --------
    >>> v = Variable(1.0, name='v')
    >>> global_variables()
    [<fastgrad.Variable 'v:0' shape=() dtype=float64>]
    """
    return get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


def trainable_variables(scope=None):
    """The variables of the default graph that optimizers train.

    Examples
    --------
    >>> v, w = Variable(1.0, name='v'), Variable(2.0, trainable=False)
    >>> trainable_variables()
    [<fastgrad.Variable 'v:0' shape=() dtype=float64>]
    """
    return get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


def local_variables(scope=None):
    """The variables of the default graph that belong to this process (metrics).

    Examples
    --------
    >>> local_variables()
    []
    """
    return get_collection(GraphKeys.LOCAL_VARIABLES, scope)


def model_variables(scope=None):
    """The variables of the default graph that a model adds for inference.

    Examples
    --------
    >>> model_variables()
    []
    """
    return get_collection(GraphKeys.MODEL_VARIABLES, scope)


def moving_average_variables(scope=None):
    """The variables of the default graph that have a moving average.

    Examples
    --------
    >>> moving_average_variables()
    []
    """
    return get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


__all__ = ["GraphKeys", "add_to_collection", "add_to_collections", "get_collection",
           "get_collection_ref", "global_variables", "trainable_variables", "local_variables",
           "model_variables", "moving_average_variables"]
