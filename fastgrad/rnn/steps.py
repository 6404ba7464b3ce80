"""What the recurrent loops share: batch sizes, first states, and steps behind a sequence's end."""

from fastgrad.errors import ConvertTypeError, NestingError, ShapeError
from fastgrad.flow.part import flat
from fastgrad.flow.tensor_array import TensorArray
from fastgrad.graph import shapes
from fastgrad.graph.dtypes import as_dtype, strong
from fastgrad.graph.nodes import as_tensor, is_node
from fastgrad.ops.cast import cast
from fastgrad.ops.shape import shape as shape_of
from fastgrad.ops.where import select
from fastgrad.wording import where


def replaced(structure, leaves):
    """The nesting with other leaves, tensors for arrays of the run too."""
    values = iter(leaves)

    def filled(part):
        if isinstance(part, dict):
            return {k: filled(part[k]) for k in sorted(part)}
        if isinstance(part, (list, tuple)):
            parts = [filled(p) for p in part]
            return type(part)(*parts) if hasattr(part, "_fields") else type(part)(parts)
        return next(values)
    return filled(structure)


def tensors_in(structure, graph=None):
    """A nesting with a tensor for each leaf; arrays and numbers become constants."""
    return replaced(structure, [n if isinstance(n, TensorArray) else as_tensor(n, None, graph)
                                for n in flat(structure)])


def outline(structure):
    """The nesting alone, for comparisons."""
    if isinstance(structure, dict):
        return {k: outline(structure[k]) for k in sorted(structure)}
    if isinstance(structure, (list, tuple)):
        return [outline(part) for part in structure]
    return None


def check_nesting(what, wanted, got):
    """Refuse a nesting that differs."""
    if outline(wanted) != outline(got):
        raise NestingError(f"{what}: the two structures don't have the same nested structure: "
                           f"expected {_shown(wanted)}, got {_shown(got)}.")


def _shown(structure):
    return f"{structure!r:.120}"


def batch_size_of(tensors, axis):
    """The size of the batch: a number if one of the tensors knows it, else a scalar tensor."""
    for t in tensors:
        if t._shape is not None and len(t._shape) > axis and t._shape[axis] is not None:
            return t._shape[axis]
    return shape_of(tensors[0])[axis]


def state_dtype(explicit, state):
    """The dtype of outputs: the one given, else that of the state."""
    if explicit is not None:
        return as_dtype(explicit)
    tensors = [t for t in flat(state) if is_node(t)]
    dtypes = {strong(t._dtype) for t in tensors}
    if not dtypes:
        raise ValueError("Unable to infer dtype from empty state.")
    if len(dtypes) > 1:
        raise ValueError("State has tensors of different inferred_dtypes. Unable to infer a single "
                         f"representative dtype: {[t.dtype.name for t in tensors]}.")
    return tensors[0].dtype


def first_state(cell, initial_state, batch_size, dtype, graph, words):
    """The state that a loop begins with: the one given, or zeros."""
    if initial_state is not None:
        state = tensors_in(initial_state, graph)
        check_nesting("initial_state", cell.state_size, state)
        return state
    if dtype is None:
        raise ValueError(words)
    if hasattr(cell, "get_initial_state"):
        return cell.get_initial_state(inputs=None, batch_size=batch_size, dtype=dtype)
    return cell.zero_state(batch_size, dtype)


def lengths_of(sequence_length, graph):
    """The lengths as an int32 vector."""
    lengths = as_tensor(sequence_length, None, graph)
    if lengths._shape is not None and len(lengths._shape) != 1:
        raise ShapeError("sequence_length must be a vector of length batch_size, but saw shape: "
                         f"{lengths.shape}: {where(lengths)}")
    return cast(lengths, "int32")


def copied_through(done, old, new):
    """`new`, but `old` in the rows of sequences that have ended; nestings of tensors."""
    check_nesting("a step", old, new)
    found = [_rows(done, a, b) for a, b in zip(flat(old), flat(new))]
    return replaced(new, found)


def _rows(done, old, new):
    if not is_node(new) or new._shape == ():            # an array of the run, a count
        return new
    if strong(old._dtype) != strong(new._dtype):
        raise ConvertTypeError(f"a step gives {where(new)} of dtype {new.dtype.name} where "
                               f"{old.dtype.name} was expected. Give the loop the dtype of the "
                               "inputs.")
    rows = select(done, old, new)
    if shapes.compatible(rows._shape, old._shape):
        rows.set_shape(old.shape)
    return rows
