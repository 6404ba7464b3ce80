"""partial_value: what is known of integer tensors before a run.

A shape that users compute (`[tf.shape(x)[0], 3]`) is partly known while the graph is built, and
static shapes downstream depend on that part. It is found by walking back through the operations
that such expressions are made of.
"""

import numpy as np

from fastgrad.graph import hooks, shapes
from fastgrad.graph.dtypes import strong

FOLD_ELEMENTS = 64      # integer tensors up to this size are evaluated while the graph is built


def _unknown(value):
    return value is None or (isinstance(value, list) and any(_unknown(v) for v in value))


@hooks.fills("partial_value")
def partial_value(tensor):
    """What is known of an integer tensor's value: nested lists with None for an unknown element.

    Returns None if nothing is, the rank included. Iterative callers need none: such
    expressions are a few operations deep.
    """
    node = tensor.op
    if node.op_type == "constant":
        return node.attrs["value"] if node.attrs["value"].size > FOLD_ELEMENTS else \
            node.attrs["value"].tolist()
    rule = _PARTIAL.get(node.op_type)
    known = rule(node, tensor) if rule is not None else None
    if known is None and node.opdef is not None and _is_small(node, tensor):
        known = _folded(node, tensor)
    if known is None and tensor._shape is not None and len(tensor._shape) == 1 \
            and tensor._shape[0] is not None and tensor._shape[0] <= FOLD_ELEMENTS:
        known = [None] * tensor._shape[0]
    return known


def _is_small(node, tensor):
    opdef = node.opdef
    return (opdef.pure and opdef.ref is not None and not opdef.dynamic and not opdef.shape_only
            and tensor._dtype is not None and strong(tensor._dtype).kind in "iub"
            and 0 < len(node._inputs) <= FOLD_ELEMENTS
            and all(t._shape is not None and None not in t._shape
                    and shapes.size_of(t._shape) <= FOLD_ELEMENTS for t in node._inputs))


def _folded(node, tensor):
    """The value of an op all of whose inputs are known."""
    arrays = []
    for t in node._inputs:
        value = partial_value(t)
        if value is None or _unknown(value):
            return None
        arrays.append(np.asarray(value, strong(t._dtype)))
    opdef = node.opdef
    attrs = {**node.attrs, **{opdef.tensors[i]: arrays[i] for i in opdef.static}}
    args = [a for i, a in enumerate(arrays) if i not in opdef.static]
    try:
        with np.errstate(all="ignore"):
            outputs = opdef.ref(*args, **attrs)
    except (ValueError, IndexError, ArithmeticError):
        return None                             # the run says what is wrong, if it comes to that
    outputs = outputs if opdef.outputs == 1 else outputs[tensor.index]
    return np.asarray(outputs, strong(tensor._dtype)).tolist()


def _partial_shape(node, _):
    known = node._inputs[0]._shape
    return None if known is None else list(known)


def _partial_size(node, _):
    known = node._inputs[0]._shape
    return None if known is None or None in known else shapes.size_of(known)


def _partial_rank(node, _):
    known = node._inputs[0]._shape
    return None if known is None else len(known)


def _partial_same(node, _):
    return partial_value(node._inputs[0])


def _partial_pack(node, _):
    if any(t._shape != () for t in node._inputs):
        return None
    return [partial_value(t) for t in node._inputs]


def _partial_concat(node, _):
    parts = [partial_value(t) for t in node._inputs]
    if any(not isinstance(p, list) for p in parts):
        return None
    return [d for p in parts for d in p]


def _partial_slice(node, _):
    """An index or slice of a vector of which parts are known."""
    source, bounds = partial_value(node._inputs[0]), partial_value(node._inputs[1])
    spec = node.attrs["spec"]
    if not isinstance(source, list) or bounds is None or _unknown(bounds) or len(spec) != 1 \
            or any(isinstance(s, list) for s in source):
        return None
    if spec[0] == "i":
        return source[bounds[0]] if -len(source) <= bounds[0] < len(source) else None
    if spec[0][0] == "s":
        start, stop, step = bounds
        return source[slice(None if "b" in spec[0] else start,
                            None if "e" in spec[0] else stop, step)]
    return None


_PARTIAL = {"shape": _partial_shape, "size": _partial_size, "rank": _partial_rank,
            "identity": _partial_same, "stop_gradient": _partial_same, "pack": _partial_pack,
            "concat": _partial_concat, "strided_slice": _partial_slice}
