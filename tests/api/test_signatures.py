"""What `inspect.signature` and `help` show of public functions is how they can be called."""

import inspect
import types

import fastgrad as fg
from fastgrad import layers, losses
from fastgrad.metrics import counts as metrics
from fastgrad.graph.registry import _GRADIENTS
from fastgrad.graph.opdef import OPS

PUBLIC = {f"{space.__name__}.{name}": getattr(space, name)
          for space in (fg, fg.nn, fg.math, fg.linalg, fg.random, layers, losses, metrics)
          for name in space.__all__ if isinstance(getattr(space, name), types.FunctionType)}


def test_signatures_of_operations():
    assert str(inspect.signature(fg.add)) == "(x, y, name=None)"
    assert str(inspect.signature(fg.nn.relu)) == "(features, name=None)"
    assert str(inspect.signature(fg.exp)) == "(x, name=None)"
    assert str(inspect.signature(fg.reduce_sum)).startswith("(input_tensor, axis=None")


def test_no_public_function_hides_its_parameters():
    """`(*args, **kwargs)` is shown of none."""
    hidden = [name for name, f in PUBLIC.items() if any(
        p.kind is p.VAR_KEYWORD and p.name != "_" for p in inspect.signature(f).parameters.values())]
    assert hidden == []
    assert len(PUBLIC) > 250


def test_signatures_are_true():
    """Every operation can be called with all of its parameters by the names shown."""
    for name, f in PUBLIC.items():
        opdef = getattr(f, "opdef", None)
        if opdef is None or f.__code__.co_name != "build":
            continue
        shown = list(inspect.signature(f).parameters)
        assert shown == [*[t.lstrip("*") for t in opdef.tensors], *opdef.attrs, "name"], name


def test_a_call_as_shown_works():
    with fg.Graph().as_default():
        found = inspect.signature(fg.add).bind(1.0, y=2.0, name="sum")
        assert fg.add(*found.args, **found.kwargs).op.name == "sum"


def gradient_function(op_type):
    return _GRADIENTS.get(op_type, (None,))[0]


def test_gradient_rules_are_named_after_their_operation():
    """What a traceback shows of an error inside one."""
    assert gradient_function("sigmoid").__name__ == "sigmoid_gradient"
    nameless = [t for t in OPS if getattr(gradient_function(t), "__name__", "").strip("_") == ""
                and gradient_function(t) is not None]
    assert nameless == []
