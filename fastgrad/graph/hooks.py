"""What this folder asks of the folders above it: named slots, each filled in one place.

`graph` may not import `ops` or `runtime`, but making a node of a number needs the constant
operation, and reading a shape may need the rules of `ops`. Each such need is a function here,
without a body until the file that its docstring names fills it:

    @fills("make_constant")
    def _as_constant(value, dtype, graph, name): ...

Callers write `hooks.make_constant(...)`, so that they find what fills the slot. Python's operators
on nodes are not here: `ops.operators` sets them on Node. Classes that differ between TensorFlow's
graphs and others are in tables called KINDS.
"""

import importlib


class UnfilledError(RuntimeError):
    """A slot was called before the file that fills it was imported."""


def _unfilled(*args):
    raise UnfilledError("nothing fills this slot yet: import fastgrad first.")


def make_constant(value, dtype, graph, name):
    """A constant node of a value, for `as_tensor`. `ops/state.py`, which owns the operation."""
    _unfilled(value, dtype, graph, name)


def partial_value(tensor):
    """What is known of an integer tensor's value while the graph is built, for the shape rules of
    operations with static inputs. `ops/partial_value.py`, which knows the operations that shapes
    are made of."""
    _unfilled(tensor)


def densify(slices):
    """The dense tensor of IndexedSlices, wherever one is wanted. `ops/segment.py`, since adding up
    rows takes a gather's gradient, which itself is IndexedSlices."""
    _unfilled(slices)


def matrix_product(x, y, dtype):
    """`x @ y`, where a literal takes `dtype`. `linalg/matmul.py`: `ops` may not import it."""
    _unfilled(x, y, dtype)


def initial_value(tensor):
    """The array of a variable's initial value, for a Store that is read before it has one.
    `runtime/session.py`, which can run a graph."""
    _unfilled(tensor)


def run_in(session, node, feed_dict, what):
    """What `session` (None: the default one) gives for a node, for `node.eval()` and
    `operation.run()`; `what` is said in errors. `runtime/default_session.py`."""
    _unfilled(session, node, feed_dict, what)


def _late(name, module, *args, **kwargs):
    """Load the file that fills a slot, at its first call, and call what it put there."""
    importlib.import_module(module)
    return globals()[name](*args, **kwargs)


def graph_def(*args, **kwargs):
    """The GraphDef of a graph. `graphdef/exporter.py`, which is loaded at the first call: protobuf
    is an optional library."""
    return _late("graph_def", "fastgrad.graphdef.exporter", *args, **kwargs)


def import_meta_graph(*args, **kwargs):
    """A meta graph added to the default graph. `graphdef/meta_graph.py`, loaded at the first call.
    """
    return _late("import_meta_graph", "fastgrad.graphdef.meta_graph", *args, **kwargs)


def export_meta_graph(*args, **kwargs):
    """The meta graph of a graph. `graphdef/meta_graph.py`, loaded at the first call."""
    return _late("export_meta_graph", "fastgrad.graphdef.meta_graph", *args, **kwargs)


SLOTS = {name: slot for name, slot in list(globals().items())
         if getattr(slot, "__module__", "") == __name__ and callable(slot)
         and name != "UnfilledError" and not name.startswith("_")}


def fills(name):
    """Decorator: the function below is what the slot calls from now on."""
    if globals()[name] is not SLOTS[name]:
        raise RuntimeError(f"the slot {name!r} is filled already, by {globals()[name].__module__}.")

    def fill(function):
        globals()[name] = function
        return function
    return fill
