"""init_from_checkpoint: variables whose initial values are those of a checkpoint."""

from fastgrad.errors import MisfitError
from fastgrad.flow.control import add_session_op, session_op
from fastgrad.graph import shapes
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.registry import NotDifferentiable
from fastgrad.io.checkpoint import open_checkpoint
from fastgrad.io.checkpoint_state import open_latest
from fastgrad.ops.state import _assign
from fastgrad.train.saveables import fitting, placed
from fastgrad.variables.partitioned import PartitionedVariable
from fastgrad.variables.scopes import variables_by_name
from fastgrad.variables.variable import Variable


class _Source:
    """A checkpoint that initializers read; opened by the first, and anew if it was replaced."""

    def __init__(self, stored, path):
        self.stored, self.path = stored, path

    def fitting(self, name, parts, v):
        try:
            return fitting({name: placed(parts)}, self.stored, only=v)
        except MisfitError:
            raise
        except Exception:               # its files may have been replaced since it was opened
            self.stored = open_checkpoint(self.path)
            return fitting({name: placed(parts)}, self.stored, only=v)


@session_op
def restore_(session, node, inputs, known, done):
    """Read a variable's initial value."""
    attrs = node.attrs
    parts = [node.graph.given(v) for v in attrs["parts"]]
    (_, array), = attrs["source"].fitting(attrs["tensor"], parts, parts[attrs["place"]])
    return [array if array.flags.aligned else array.copy()]         # as plans want what they read


NotDifferentiable("restore_")


def _begin_with(variables, source, tensor):
    """Have variables, one or the parts of one, begin with a tensor of a checkpoint."""
    graph = variables[0].graph
    for place, v in enumerate(variables):
        uses = v._out.consumers
        with graph.as_default(), graph.control_dependencies(None), graph.name_scope(
                v.op.name + "/"):
            attrs = {"source": source, "tensor": tensor, "place": place,
                     "parts": [graph.kept(p) for p in variables]}
            read = add_session_op(restore_, [], attrs, [(v._shape, v._dtype)],
                                  "checkpoint_initializer", graph).outputs[0]
            v.initializer = _assign(v, read, name="Assign").op
        v.op.attrs["initial"] = graph.kept(read)
        v._out.consumers = uses             # the user's nodes consume it, not this


@door
def init_from_checkpoint(ckpt_dir_or_file, assignment_map):
    """Replace initializers of variables by ones that read a checkpoint.

    Parameters
    ----------
    ckpt_dir_or_file : str
        A checkpoint of fastgrad's or TensorFlow's, or a folder, of which the latest is taken.
    assignment_map : dict
        From the name of a tensor in the checkpoint to a variable, its name, or the list of parts
        of a partitioned one; or from a scope there to a scope here, both with a slash at the end:
        all variables in it. "/" is the root. A list of pairs does too.

    Raises
    ------
    NotInFileError
        If there is no such checkpoint.
    ValueError
        If a name is not there, or a shape or dtype differs. No initializer changes.

    Notes
    -----
    Values are read when an initializer runs. In a graph of `fastgrad`, whose variables have values
    from the start, run `global_variables_initializer()` if one has been read already.

    Examples
    --------
    >>> import tempfile
    >>> w = Variable([1.0, 2.0], name="w")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = train.Saver().save(Session(), folder + "/model")
    ...     v = Variable([0.0, 0.0], name="v")
    ...     train.init_from_checkpoint(path, {"w": v})
    ...     print(Session().run(v))
    [1. 2.]
    """
    stored = open_latest(ckpt_dir_or_file)
    pairs = sorted(dict(assignment_map).items(), key=lambda pair: str(pair[0]))
    wanted = []
    for tensor, target in pairs:
        parts = _variables_of(target)
        if parts is not None:
            wanted.append((tensor, parts))
        else:
            wanted += _in_scope(tensor, target, stored, ckpt_dir_or_file)
    for tensor, parts in wanted:
        _check(tensor, parts, stored, ckpt_dir_or_file)
    source = _Source(stored, stored.prefix)
    for tensor, parts in wanted:
        _begin_with(parts, source, tensor)


def _variables_of(target):
    """The variables that a value of an assignment map names; None if it is a scope."""
    if isinstance(target, Variable):
        return [target]
    if isinstance(target, PartitionedVariable):
        return list(target)
    if isinstance(target, (list, tuple)) and target and all(
            isinstance(v, Variable) for v in target):
        return list(target)
    if not isinstance(target, str):
        raise TypeError("init_from_checkpoint: an assignment map's values are variables, names or "
                        f"scopes; got a {type(target).__name__}.")
    return variables_by_name(get_default_graph()).get(target)


def _in_scope(tensor, scope, stored, where_):
    """[(tensor, variables)] of all variables in a scope."""
    prefix = scope[:scope.rindex("/")] if "/" in scope else ""
    if not tensor.endswith("/"):
        raise ValueError(f"Assignment map with scope only name {prefix or scope} should map to "
                         f"scope only {tensor}. Should be 'scope/': 'other_scope/'.")
    found = []
    for name, parts in sorted(variables_by_name(get_default_graph()).items()):
        if prefix and not name.startswith(prefix + "/"):
            continue
        rest = name[len(prefix):] if scope == "/" else name[len(prefix) + bool(prefix):]
        full = rest if tensor == "/" else tensor + rest
        full = full.rstrip("/")
        if full not in stored:
            raise ValueError(f"Tensor {full} ({rest} in {tensor}) is not found in {where_} "
                             "checkpoint")
        found.append((full, parts))
    if not found:
        raise ValueError(f"init_from_checkpoint: {scope!r} names no variable that get_variable "
                         "made, and no scope with such.")
    return found


def _check(tensor, parts, stored, where_):
    if tensor not in stored:
        raise ValueError(f"Tensor {tensor} is not found in {where_} checkpoint "
                         f"{sorted(stored.entries)!r:.500}")
    there, info = tuple(stored.entry(tensor).shape), parts[0].save_slice_info
    for v in parts:
        shape = v._shape if len(parts) == 1 and info is None else tuple(info.full_shape)
        if not shapes.compatible(shape, there):
            raise ValueError(f"Shape of variable {v.name} ({shape}) doesn't match with shape of "
                             f"tensor {tensor} ({list(there)}) from checkpoint reader.")


__all__ = ["init_from_checkpoint"]
