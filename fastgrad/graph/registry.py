"""The `@op` declaration of operations, and the registry of their gradients.

An operation is one declaration: `@op(...)` above a function whose name is the op type (less a
leading underscore, where the public function is a wrapper), whose parameters without a default are
tensors and whose others are attributes. Everything that the rest of the package knows of an op is
in its OpDef and its gradient. Nothing here knows any particular op.
"""

import functools
import inspect
import os

from fastgrad import elsewhere
from fastgrad.errors import RegisteredError
from fastgrad.graph.build import call
from fastgrad.graph.dtypes import promote
from fastgrad.graph.opdef import OPS, OpDef
from fastgrad.wording import call_site, is_ours, show_site

_GRADIENTS = {}             # op type -> (function or None, file, line)


def op(infer, dtype=promote, out=None, casts=None, form=None, kernel=None, ref=None,
       inplace=(), view=None, shape_only=(), static=(), pure=True, outputs=1, commutes=False,
       name=None, dynamic=False, whole=(), truth=(), draw=None, evaluate=None, after_run=None,
       writes=False, text=False, node=None):
    """Declare an operation; see OpDef for the fields. Returns the function users call.

    Raises
    ------
    GraphError
        If the op type is taken; names the first declaration's file and line.
    """
    def declare(fn):
        code, op_type = fn.__code__, fn.__name__.lstrip("_")
        _refuse_twice(OPS, op_type, "operation", lambda d: d.site, None)
        tensors, attrs = _split_signature(fn)
        opdef = OpDef(type=op_type, name=name or op_type, infer=infer, dtype=dtype, out=out,
                      casts=casts,
                      form=form, kernel=kernel, ref=ref, draw=draw, evaluate=evaluate,
                      after_run=after_run, writes=writes, inplace=inplace, view=view,
                      shape_only=shape_only, static=static, pure=pure, outputs=outputs,
                      commutes=commutes, doc=fn.__doc__, tensors=tensors, attrs=attrs,
                      dynamic=dynamic, truth=truth, text=text, node=node,
                      whole=(*whole, *_counts(static, casts, dtype)),
                      site=(code.co_filename, code.co_firstlineno))
        OPS[op_type] = opdef
        return _builder(opdef, fn)
    return declare


def _counts(static, casts, dtype):
    """The static inputs that are shapes, axes or numbers of elements, and so whole numbers."""
    if casts is None and dtype is not None:
        return ()
    return [i for i in static if i not in (casts or ())]


def _split_signature(fn):
    """Names of the tensor parameters (a starred one may hold many) and attribute defaults."""
    tensors, attrs = [], {}
    for p in inspect.signature(fn).parameters.values():
        if p.kind is p.VAR_POSITIONAL:
            tensors.append("*" + p.name)
        elif p.default is p.empty:
            tensors.append(p.name)
        else:
            attrs[p.name] = p.default
    return tuple(tensors), attrs


def _builder(opdef, fn):
    count, names = len(opdef.tensors), tuple(opdef.attrs)
    variadic = count > 0 and opdef.tensors[-1].startswith("*")

    @functools.wraps(fn)
    def build(*args, name=None, **kwargs):
        if kwargs:
            args = _bind(opdef, args, kwargs)
        if variadic:
            inputs, rest = args, ()
        else:
            inputs, rest = args[:count], args[count:]
            if len(rest) == len(names) + 1 and name is None:     # TensorFlow's last parameter
                rest, name = rest[:-1], rest[-1]
            if len(inputs) < count or len(rest) > len(names):
                raise TypeError(_usage(opdef, len(args)))
        attrs = dict(opdef.attrs)
        attrs.update(zip(names, rest))
        for key in names:
            if key in kwargs:
                attrs[key] = kwargs[key]
        return call(opdef, inputs, attrs, name)
    build.opdef = opdef
    build.__signature__ = _signature(fn)
    return build


def _signature(fn):
    """What `inspect` shows of an operation's function: its own parameters, and `name`."""
    shown = inspect.signature(fn)
    starred = any(p.kind is p.VAR_POSITIONAL for p in shown.parameters.values())
    kind = inspect.Parameter.KEYWORD_ONLY if starred else inspect.Parameter.POSITIONAL_OR_KEYWORD
    name = inspect.Parameter("name", kind, default=None)
    return shown.replace(parameters=[*shown.parameters.values(), name])


def _bind(opdef, args, kwargs):
    """Positional tensors when some came as keywords; refuses unknown keywords."""
    wanted = [t for t in opdef.tensors if not t.startswith("*")]
    unknown = set(kwargs) - set(wanted) - set(opdef.attrs)
    if unknown:
        wrong = sorted(unknown)[0]
        meant = elsewhere.keyword(wrong, [*wanted, *opdef.attrs, "name"])
        hint = f" Did you mean {meant!r}?" if meant else ""
        raise TypeError(f"{opdef.type}() got an unexpected keyword argument {wrong!r}; "
                        f"{_usage(opdef, None)}.{hint}")
    args = list(args)
    for i, key in enumerate(wanted):
        if key in kwargs:
            if i < len(args):
                raise TypeError(f"{opdef.type}() got multiple values for argument {key!r}")
            args.append(kwargs[key])
    if len(wanted) == len(opdef.tensors):                 # none is starred
        for i, key in enumerate(opdef.attrs):
            if key in kwargs and len(args) > len(wanted) + i:
                raise TypeError(f"{opdef.type}() got multiple values for argument {key!r}")
    return tuple(args)


def _usage(opdef, got):
    call = ", ".join(opdef.tensors + tuple(f"{k}={v!r}" for k, v in opdef.attrs.items()))
    text = f"expected {opdef.type}({call})"
    return text if got is None else f"{text}; got {got} positional argument(s)"


# ---- gradients --------------------------------------------------------------------------

class RegisterGradient:
    """Decorator: the function below is the gradient of an op type.

    The function gets `(op, *grads)`, one gradient an output, and returns one gradient an
    input (a single value for a single input, None for none). For an operation of the user's
    own it is first called with tensors; if it cannot work with those (it uses NumPy
    functions), it is called at each run with arrays: `op.inputs`, `op.output`, `grad`.

    Parameters
    ----------
    op_type : str
        The function name of a built-in op, or the class name of a user's.

    Raises
    ------
    GraphError
        If the op type has a gradient already; names its file and line.
    """

    def __init__(self, op_type):
        self.op_type = op_type

    def __call__(self, fn):
        code = getattr(fn, "__code__", None)
        site = (code.co_filename, code.co_firstlineno) if code else ("?", 0)
        _refuse_twice(_GRADIENTS, self.op_type, "gradient", lambda entry: entry[1:], site)
        _GRADIENTS[self.op_type] = (fn, *site)
        return fn


def NotDifferentiable(op_type):
    """State that an op type has no gradient: a path through it counts as constant.

    Examples
    --------
    >>> NotDifferentiable('my_lookup')
    """
    site = call_site() or ("?", 0)
    _refuse_twice(_GRADIENTS, op_type, "gradient", lambda entry: entry[1:], site)
    _GRADIENTS[op_type] = (None, *site)


def _refuse_twice(table, key, what, site_of, site):
    """A second registration fails, unless the first one's source can only have been typed in or
    run again: it is the same line, or no file (a cell of a notebook, which is edited and rerun)."""
    if key in table and site_of(table[key]) != site and os.path.exists(site_of(table[key])[0]):
        first = site_of(table[key])
        by = "by fastgrad itself" if is_ours(first[0]) else f"at {show_site(first)}"
        raise RegisteredError(f"the {what} {key!r} is registered already, {by}. Choose another "
                              "name.")


_MISSING = object()


def gradient_of(op):
    """The gradient function of an operation, None if not differentiable, KeyError if unknown."""
    key = op.graph.gradient_names.get(op.id, op.op_type)
    entry = _GRADIENTS.get(key, _MISSING)
    if entry is _MISSING:
        raise KeyError(key)
    return entry[0]
