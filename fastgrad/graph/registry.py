"""OpDef, the `@op` declaration, and the gradient registry.

An operation is one declaration: `@op(...)` above a function whose name is the op type (less a
leading underscore, where the public function is a wrapper), whose parameters without a default are
tensors and whose others are attributes. Everything that
the rest of the package knows of an op is in its OpDef: shape and dtype rules, NumPy reference,
kernel, aliasing, gradient. Nothing here knows any particular op.

An operation's name is decided before literal operands become constants, which are named
under it (`add/y`). In a graph whose `literals` are "tf", a literal takes the dtype of the tensors
before it (of the first tensor in a starred list), and `make` refuses to mix dtypes among the
inputs listed in `casts`; in a "numpy" graph a Python number stays weak and NumPy's promotion rules.
"""

import functools
import inspect
import os

from fastgrad import elsewhere
from fastgrad.graph import shapes
from fastgrad.graph.accepted import (ACCEPTED, CONVERTING, FOUND_IN_RUN, check_accepted, check_text,
                                     check_whole, text_error)
from fastgrad.graph.doors import door
from fastgrad.errors import (AxisError, ConvertTypeError, DTypeError, LateShapeError,
                             RegisteredError, RunShapeError, ShapeError)
from fastgrad.wording import is_ours, sentence, show_site, where
from fastgrad.graph.graph import (Tensor, as_tensor, call_site, get_default_graph, graph_of,
                                  is_node, node_of)
from fastgrad.graph.shapes import TEXT

OPS = {}                    # op type -> OpDef
_GRADIENTS = {}             # op type -> (function or None, file, line)
shapes.FOLLOWS_TF[0] = lambda: get_default_graph().literals == "tf"
PARTIAL_VALUE = [None]      # filled by ops.shape: what is known of an integer tensor's value


class OpDef:
    """What an op means. One instance an op type, made by `@op`.

    Attributes
    ----------
    type : str
    name : str, TensorFlow's default node name ("Add"); the type, if not given
    infer : callable(list of shapes, attrs) -> shape, or list of shapes if `outputs` > 1
    dtype : callable(list of dtypes) -> dtype the op computes in, or None: no conversion
    out : dtype, callable(dtypes, attrs) -> dtype(s), or None: the computing dtype
    casts : indices of the inputs that are converted to the computing dtype (None: all)
    form : str, the kernel family that `layout` lays the step out by
    kernel : str, symbol stem; None: `ref` runs as a NumPy step
    ref : callable(*arrays, **attrs) -> array(s); the readable twin
    draw : callable(generator, *arrays, **attrs) -> array(s), in place of `ref` where numbers are
        drawn
    evaluate : callable(session, operation, inputs, known, done) -> list of arrays, in place of
        `ref` where a session evaluates the operation between plans
    after_run : callable(operation, values) -> what a fetch shows, made of the fetched inputs
    writes : the op writes its first `outputs` inputs, which are variables; output i is the new
        value of input i
    inplace : inputs whose memory the output may take over
    view : the input that the output is a reshaped view of, or None
    shape_only : inputs of which only the shape is used
    static : inputs whose value must be known when a plan is specialised (shapes, axes); rules
        and `ref` find them among the attributes, under the parameter's name
    whole : inputs that must be integers: indices, and static inputs that are not cast
    truth : inputs that must be truth values in a TensorFlow graph
    pure : no state read or written, same inputs give same outputs
    text : whether it takes and makes strings: True, indices of the inputs that may be such, or a
        callable(attrs); others refuse them
    dynamic : the output's shape depends on values: `ref` runs in a stage of its own, before the
        rest of the run can be planned
    """

    __slots__ = ("type", "infer", "dtype", "out", "casts", "form", "kernel", "ref", "draw",
                 "evaluate", "after_run", "writes", "inplace", "view", "shape_only", "static",
                 "pure", "outputs", "commutes", "doc", "tensors", "attrs", "site", "name",
                 "dynamic", "whole", "truth", "text")

    def __init__(self, **fields):
        for name in self.__slots__:
            setattr(self, name, fields.get(name))
        for name in ("whole", "truth"):
            setattr(self, name, fields.get(name, ()))


def op(infer, dtype=shapes.promote, out=None, casts=None, form=None, kernel=None, ref=None,
       inplace=(), view=None, shape_only=(), static=(), pure=True, outputs=1, commutes=False,
       name=None, dynamic=False, whole=(), truth=(), draw=None, evaluate=None, after_run=None,
       writes=False, text=False):
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
                      dynamic=dynamic, truth=truth, text=text,
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
    policy, found = graph.literals == "tf" and opdef.dtype is not None, []
    for i, v in enumerate(values):
        name = f"{opdef.tensors[-1][1:]}_{i}" if starred else opdef.tensors[i]
        takes = known if policy and i in cast and not is_node(v) else None
        if policy and i in cast and takes is None and type(v) in shapes.WEAK and any(
                is_node(values[j]) and as_tensor(values[j])._dtype is None for j in cast):
            takes = type(v)         # an operation of the user's own has a dtype in the run only
        found.append(as_tensor(v, takes, graph, name))
        if known is None and i in cast and not shapes.is_weak(found[-1]._dtype):
            known = found[-1]._dtype
    return found


def _check_dtypes(opdef, inputs):
    """Refuse what TensorFlow refuses: two dtypes among the inputs that share one."""
    cast = inputs if opdef.casts is None else [inputs[i] for i in opdef.casts]
    first = None
    for t in cast:
        if t._dtype is None or shapes.is_weak(t._dtype):
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
        if t._dtype is not None and shapes.strong(t._dtype).kind in "iub":
            raise DTypeError(f"{opdef.name}{_at(inputs)}: {where(t)} has dtype {t.dtype.name}; "
                             "expected a floating dtype. Use cast().")


def check_truth(tensor, what):
    """In a TensorFlow graph refuse a condition that is a number."""
    if (tensor.graph.literals == "tf" and tensor._dtype is not None
            and shapes.strong(tensor._dtype).kind != "b"):
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
        if opdef.dtype is shapes.promote_float:
            _check_floating(opdef, inputs)
        elif opdef.type in ACCEPTED:
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
        for found, made in specs:
            check_dims(found)
            if made == TEXT and not opdef.text and opdef.out != TEXT:
                raise text_error(opdef, _at(inputs), "cannot make strings")
    except ShapeError as e:
        raise _shape_error(opdef, inputs, e) from None
    found = graph.add_op(opdef, inputs, attrs, specs, name)
    return found.outputs[0] if opdef.outputs == 1 else found.outputs


def check_dims(shape):
    """Refuse a result with a negative dimension: a user's number was wrong."""
    if shape and any(n is not None and n < 0 for n in shape):
        raise ShapeError(f"the result would have shape {tuple(shape)}; no dimension can be "
                         "negative.")


def static_values(opdef, inputs, attrs):
    """`attrs` and, under their parameters' names, what is known of the static inputs."""
    found = dict(attrs)
    for i in opdef.static:
        op_ = inputs[i].op
        found[opdef.tensors[i]] = (op_.attrs["value"] if op_.type == "constant"
                                   else PARTIAL_VALUE[0](inputs[i]))
    return found


def infer_specs(opdef, in_shapes, in_dtypes, attrs, lenient=False):
    """[(shape, dtype), ...] of the outputs, as far as the inputs tell.

    `lenient` leaves to the run what TensorFlow leaves to it.
    """
    try:
        shape = opdef.infer(in_shapes, attrs)
    except LateShapeError as e:
        if not lenient:
            raise
        shape = e.shape
    dtype = output_dtype(opdef, in_dtypes, attrs)
    if opdef.outputs == 1:
        return [(shape, dtype)]
    dtypes = dtype if isinstance(dtype, (list, tuple)) else [dtype] * len(shape)
    return list(zip(shape, dtypes))


def computing_dtype(opdef, in_dtypes):
    """The dtype the inputs listed in `casts` are converted to; None: unknown or no rule."""
    if opdef.dtype is None or not in_dtypes:
        return None
    return opdef.dtype(in_dtypes if opdef.casts is None else
                       [in_dtypes[i] for i in opdef.casts])


def output_dtype(opdef, in_dtypes, attrs):
    if callable(opdef.out):
        return opdef.out(in_dtypes, attrs)
    if opdef.out is not None:
        return opdef.out
    return computing_dtype(opdef, in_dtypes)


def _shape_error(opdef, inputs, e):
    given = ", ".join(describe(t) for t in inputs)
    given = f" Inputs: {given}." if given else ""
    late = opdef.type in FOUND_IN_RUN and get_default_graph().literals == "tf"
    kind = AxisError if isinstance(e, AxisError) else RunShapeError if late else ShapeError
    return kind(f"{opdef.type}{_at(inputs)}: {sentence(e)}{given}")


def _at(inputs):
    """` at model.py:31`, the line of the call that failed."""
    site = inputs[0].op.graph._site or call_site() if inputs else call_site()
    return f" at {show_site(site)}" if site else ""


def describe(tensor):
    """`'h' (None, 256)`: a tensor in a message."""
    node = node_of(tensor)
    shape = tensor._shape if isinstance(tensor, Tensor) else None
    return f"{node.name.removesuffix(':0')!r} {shape if shape is not None else '(unknown shape)'}"


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
    """State that an op type has no gradient: a path through it counts as constant."""
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
    key = op.graph.gradient_names.get(op.id, op.type)
    entry = _GRADIENTS.get(key, _MISSING)
    if entry is _MISSING:
        raise KeyError(key)
    return entry[0]

