"""Adding operations to a graph: literals become constants, dtypes and shapes are checked.

An operation's name is decided before literal operands become constants, which are named
under it (`add/y`). In a graph whose `literals` are "tf", a literal takes the dtype of the tensors
before it (of the first tensor in a starred list), and `make` refuses to mix dtypes among the
inputs listed in `casts`; in a "numpy" graph a Python number stays weak and NumPy's promotion rules.
"""

from fastgrad.errors import AxisError, ConvertTypeError, DTypeError, RunShapeError, ShapeError
from fastgrad.graph.accepted import (ACCEPTED, CONVERTING, FOUND_IN_RUN, check_accepted, check_text,
                                     check_whole, text_error)
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import TEXT, WEAK, is_weak, promote_float, strong
from fastgrad.graph.nodes import Tensor, as_tensor, graph_of, is_node, node_of
from fastgrad.graph.opdef import check_dims, infer_specs, static_values
from fastgrad.wording import call_site, sentence, show_site, where


@door
def call(opdef, values, attrs, name=None, dtype=None):
    """An operation of values that may be literals; returns what `make` returns.

    Parameters
    ----------
    values : sequence of nodes, arrays, numbers and lists
    name : str, optional
        In the current scope; the declared name, if not given.
    dtype : numpy.dtype, optional
        What literals become in a "tf" graph, if known before the first tensor (`1 - x`).
    """
    graph = graph_of([as_tensor(v) for v in _nodes_in(values)])
    if all(is_node(v) for v in values):
        return make(opdef, [as_tensor(v) for v in values], attrs, name, graph)
    full = graph.unique_name(name or opdef.name) + "/"
    with graph.name_scope(full):
        inputs = _operands(graph, opdef, values, dtype)
    return make(opdef, inputs, attrs, full, graph)


def _nodes_in(values):
    """The nodes among values, and in lists among them."""
    for v in values:
        if is_node(v):
            yield v
        elif isinstance(v, (list, tuple)):
            yield from _nodes_in(v)


def _operands(graph, opdef, values, known):
    """Tensors for values; literals are named after their parameter and follow the dtype policy."""
    starred = opdef.tensors[-1].startswith("*")
    if starred and known is None:
        known = next((as_tensor(v)._dtype for v in values if is_node(v)), None)
    cast = range(len(values)) if opdef.casts is None else opdef.casts
    policy, operands = graph.literals == "tf" and opdef.dtype is not None, []
    for i, v in enumerate(values):
        name = f"{opdef.tensors[-1][1:]}_{i}" if starred else opdef.tensors[i]
        takes = known if policy and i in cast and not is_node(v) else None
        if policy and i in cast and takes is None and type(v) in WEAK and any(
                is_node(values[j]) and as_tensor(values[j])._dtype is None for j in cast):
            takes = type(v)         # an operation of the user's own has a dtype in the run only
        operands.append(as_tensor(v, takes, graph, name))
        if known is None and i in cast and not is_weak(operands[-1]._dtype):
            known = operands[-1]._dtype
    return operands


def _check_dtypes(opdef, inputs):
    """Refuse what TensorFlow refuses: two dtypes among the inputs that share one."""
    cast = inputs if opdef.casts is None else [inputs[i] for i in opdef.casts]
    first = None
    for t in cast:
        if t._dtype is None or is_weak(t._dtype):
            continue
        if first is None:
            first = t
        elif t._dtype != first._dtype:
            raise (ConvertTypeError if opdef.type in CONVERTING else DTypeError)(
                f"{opdef.name}{_at(inputs)}: {where(first)} has dtype {first._dtype.name}, "
                f"{where(t)} has dtype {t._dtype.name}; they must be one. Use cast().")


def _check_floating(opdef, inputs):
    """Refuse integers where TensorFlow has no kernel for them; NumPy makes float64 of them."""
    for t in inputs if opdef.casts is None else [inputs[i] for i in opdef.casts]:
        if t._dtype is not None and strong(t._dtype).kind in "iub":
            raise DTypeError(f"{opdef.name}{_at(inputs)}: {where(t)} has dtype {t.dtype.name}; "
                             "expected a floating dtype. Use cast().")


def check_truth(tensor, what):
    """In a TensorFlow graph refuse a condition that is a number."""
    if (tensor.graph.literals == "tf" and tensor._dtype is not None
            and strong(tensor._dtype).kind != "b"):
        raise DTypeError(f"{what}: {where(tensor)} has dtype {tensor.dtype.name}; expected bool. "
                         "Compare first, or cast to bool.")


def make(opdef, inputs, attrs, name=None, graph=None):
    """Add an operation to the graph; returns its Tensor, or a list if it has several."""
    graph = graph or graph_of(inputs)
    name = name or opdef.name
    if any(t._dtype == TEXT for t in inputs):
        check_text(opdef, inputs, attrs, _at(inputs))
    if graph.literals == "tf" and opdef.dtype is not None:
        _check_dtypes(opdef, inputs)
        if opdef.dtype is promote_float:
            _check_floating(opdef, inputs)
        if opdef.type in ACCEPTED:
            for i in range(len(inputs)) if opdef.casts is None else opdef.casts:
                check_accepted(opdef.type, opdef.tensors[i], inputs[i])
    if opdef.whole:
        check_whole(opdef, inputs, _at(inputs))
    for i in opdef.truth:
        check_truth(inputs[i], f"{opdef.name}{_at(inputs)}")
    try:
        known = static_values(opdef, inputs, attrs) if opdef.static else attrs
        specs = infer_specs(opdef, [t._shape for t in inputs], [t._dtype for t in inputs], known,
                            graph.literals == "tf")
        for shape, dtype in specs:
            check_dims(shape)
            if dtype == TEXT and not opdef.text and opdef.out != TEXT:
                raise text_error(opdef, _at(inputs), "cannot make strings")
    except ShapeError as e:
        raise _shape_error(opdef, inputs, e) from None
    op = graph.add_op(opdef, inputs, attrs, specs, name)
    return op.outputs[0] if opdef.outputs == 1 else op.outputs


def _shape_error(opdef, inputs, e):
    shown = ", ".join(describe(t) for t in inputs)
    shown = f" Inputs: {shown}." if shown else ""
    late = opdef.type in FOUND_IN_RUN and get_default_graph().literals == "tf"
    kind = AxisError if isinstance(e, AxisError) else RunShapeError if late else ShapeError
    return kind(f"{opdef.type}{_at(inputs)}: {sentence(e)}{shown}")


def _at(inputs):
    """` at model.py:31`, the line of the call that failed."""
    site = inputs[0].op.graph._site or call_site() if inputs else call_site()
    return f" at {show_site(site)}" if site else ""


def describe(tensor):
    """`'h' (None, 256)`: a tensor in a message."""
    node = node_of(tensor)
    shape = tensor._shape if isinstance(tensor, Tensor) else None
    return f"{node.name.removesuffix(':0')!r} {shape if shape is not None else '(unknown shape)'}"
