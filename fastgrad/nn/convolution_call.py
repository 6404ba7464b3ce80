"""What the functions of convolutions and pools do with their arguments, and with channels first.

fastgrad's own graphs have operations with channels last only: a function with 'NCHW' moves them
before and after. A `compat.v1` graph keeps the format, and the run refuses it, as TensorFlow's on a
CPU.
"""

import numpy as np

from fastgrad.errors import ShapeError
from fastgrad.graph.build import describe
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.nn import windows as win
from fastgrad.ops.join import concat
from fastgrad.ops.reshape import transpose
from fastgrad.wording import where

FORMATS = {1: ("NWC", "NCW", "NHWC", "NCHW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}
LAST, FIRST = {1: "NHWC", 2: "NHWC", 3: "NDHWC"}, {1: "NCHW", 2: "NCHW", 3: "NCDHW"}


# ---- arguments --------------------------------------------------------------------------

def operands(x, w, what="filter"):
    """The two operands; a literal takes the other's dtype in a TensorFlow graph."""
    if x is None or w is None:
        raise TypeError(f"a convolution needs an input and a {what}; got "
                        f"{'no input' if x is None else f'no {what}'}.")
    first = as_tensor(w if is_node(w) and not is_node(x) else x)
    like = first._dtype if first.graph.literals == "tf" else None
    return (as_tensor(x, None if is_node(x) else like, first.graph),
            as_tensor(w, None if is_node(w) else like, first.graph))


def attributes(graph, n, strides, padding, data_format, dilations, explicit=True):
    """The attributes of an operation over `n` dimensions."""
    first = win.channels_first(data_format)
    return dict(strides=win.sequence(strides, n, first, "strides"),
                padding=win.padding_of(padding, first, explicit),
                dilations=win.sequence(dilations, n, first, "dilations"),
                data_format=data_format, _strict=graph.literals == "tf")


def flat_attributes(graph, strides, padding, data_format, dilations):
    """The attributes over two dimensions of which the first is 1."""
    allowed = FORMATS[1]
    if data_format is not None and data_format not in allowed:
        raise ValueError(f'data_format must be "NWC" or "NCW"; got {data_format!r}.')
    first = win.channels_first(data_format)
    steps = {}
    for what, value in (("stride", strides), ("dilations", dilations)):
        line = win.sequence(value, 1, first, what)
        steps[what] = (line[0], 1, *line[1:]) if not first else (*line[:2], 1, line[2])
    return dict(strides=steps["stride"], padding=win.padding_of(padding, first, False),
                dilations=steps["dilations"], data_format=FIRST[1] if first else LAST[1],
                _strict=graph.literals == "tf")


def steps_of(n, strides, dilation_rate):
    """(strides, dilations) of `n` numbers each; not both may be above 1.

    Raises
    ------
    ValueError
    """
    found = []
    for value, what in ((strides, "strides"), (dilation_rate, "dilation_rate")):
        value = [1] * n if value is None else [value] * n if np.ndim(value) == 0 else list(value)
        value = value * n if len(value) == 1 else value
        if len(value) != n:
            raise ValueError(f"len({what})={len(value)} but should be {n}")
        if any(v < 1 for v in value):
            raise ValueError(f"all values of {what} must be positive; got {value}")
        found.append(win.whole(value, what))
    if max(found[0]) > 1 and max(found[1]) > 1:
        raise ValueError("strides > 1 not supported in conjunction with dilation_rate > 1")
    return found


# ---- channels first ---------------------------------------------------------------------

def _moves(graph, attrs):
    """Whether the channels are first and this library moves them, and does not refuse."""
    return win.channels_first(attrs["data_format"]) and graph.literals != "tf"


def _channels_last(attrs):
    """The attributes of the same operation on an image whose channels are last."""
    old, n = attrs["data_format"], len(attrs["strides"]) - 2
    turned = {key: win.last(attrs[key], old) for key in ("strides", "dilations")}
    if not isinstance(attrs["padding"], str):
        turned["padding"] = win.last(attrs["padding"], old)
    return {**attrs, **turned, "data_format": LAST[n]}


def to_last(x, rank):
    return transpose(x, [0, *range(2, rank), 1])


def to_first(x, rank, name=None):
    return transpose(x, [0, rank - 1, *range(1, rank - 1)], name=name)


def forward(op, x, w, attrs, name):
    rank = len(attrs["strides"])
    if _moves(x.graph, attrs):
        y = forward(op, to_last(x, rank), w, _channels_last(attrs), None)
        return to_first(y, rank, name)
    y = op(x, w, **attrs, name=name)
    check_windows(x, w._shape and w._shape[:-2], y, **attrs)
    return y


def check_windows(x, sizes, y, strides, dilations, padding, data_format, **_):
    """Refuse, while the graph is built, a window that is larger than the image."""
    if x._shape is None or not sizes:
        return
    try:
        win.check_fits(win.last(x._shape, data_format)[1:-1],
                       win.windows_of(sizes, strides, dilations, padding, data_format))
    except ShapeError as e:
        raise ShapeError(f"{where(y)}: {e} Input: {describe(x)}.") from None


def to_input(op, sizes, w, dy, attrs, name):
    rank = len(attrs["strides"])
    if _moves(dy.graph, attrs):
        turned = as_tensor(sizes)
        turned = concat([turned[:1], turned[2:], turned[1:2]], 0)
        y = to_input(op, turned, w, to_last(dy, rank), _channels_last(attrs), None)
        return to_first(y, rank, name)
    return op(sizes, w, dy, **attrs, name=name)


def to_filter(op, x, sizes, dy, attrs, name):
    rank = len(attrs["strides"])
    if _moves(x.graph, attrs):
        x, dy, attrs = to_last(x, rank), to_last(dy, rank), _channels_last(attrs)
    return op(x, sizes, dy, **attrs, name=name)
