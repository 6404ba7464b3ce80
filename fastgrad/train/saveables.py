"""What a Saver saves and restores: variables, and partitioned variables by their parts."""

import numpy as np

from fastgrad.errors import MisfitError
from fastgrad.graph import shapes
from fastgrad.graph.collection import GraphKeys
from fastgrad.graph.dtypes import TEXT, strong
from fastgrad.graph.interned import decoded, encoded
from fastgrad.io.bundle_writer import Partitioned
from fastgrad.io.slices import index_of
from fastgrad.variables.partitioned import PartitionedVariable
from fastgrad.variables.variable import Variable
from fastgrad.wording import where


def saveables(given, graph):
    """{name in the file: [(Variable, place)]}: one variable, whose place is None, or the parts of a
    partitioned one, whose places are (shape of the whole, slice).

    Parameters
    ----------
    given : None, list, or dict from name in the file to variable
        None: all global variables of the graph, and what else it has to be saved.

    Raises
    ------
    TypeError
        If something is no variable.
    ValueError
        If two are to have one name, or one two.
    """
    if given is None:
        given = graph.get_collection(GraphKeys.GLOBAL_VARIABLES)
        given += graph.get_collection(GraphKeys.SAVEABLE_OBJECTS)
    if isinstance(given, dict):
        found = {name: [(v, None)] if isinstance(v, Variable) else placed(_parts(v, whole=True))
                 for name, v in given.items()}
        _refuse_twice(found, graph)
        return found
    found = {}
    for v in [v for one in given for v in _parts(one)]:
        info = v.save_slice_info
        name = v.op.name if info is None else info.full_name
        before = found.setdefault(name, [])
        if before and graph.literals != "tf" and v in before:
            continue
        if before and (info is None or before[0].save_slice_info is None):
            raise ValueError(f"two variables to save are named {name!r}.")
        before.append(v)
    found = {name: placed(parts) for name, parts in found.items()}
    _refuse_twice(found, graph)
    return found


def placed(parts):
    """[(Variable, place)] of a variable or of parts; one part that is all has no place."""
    found = []
    for v in parts:
        info = v.save_slice_info
        alone = info is None or len(parts) == 1 and tuple(info.full_shape) == v._shape
        found.append((v, None if alone else (
            tuple(info.full_shape), tuple(zip(info.var_offset, info.var_shape)))))
    return found


def _parts(thing, whole=False):
    """The variables that something stands for; `whole`: what stands under one name."""
    if isinstance(thing, PartitionedVariable):
        return list(thing)
    if whole and isinstance(thing, (list, tuple)):
        parts = list(thing)
        if all(isinstance(v, Variable) and v.save_slice_info for v in parts):
            return parts
        raise ValueError("Slices must all be from the same tensor: a list under one name is of "
                         "the parts of a partitioned variable.")
    if not isinstance(thing, Variable):
        raise TypeError(f"Saver takes Variables; got {type(thing).__name__}.")
    return [thing]


def _refuse_twice(found, graph):
    every = [v for parts in found.values() for v, _ in parts]
    if graph.literals == "tf" and len({*every}) < len(every):
        raise ValueError("The same saveable will be restored with two names: the same variable is "
                         "to be saved under two names.")


# ---- values out -------------------------------------------------------------------------

def values_of(found, store):
    """{name: array or Partitioned} of variables' values, copied at one moment."""
    with store.lock.read_all():
        copies = {name: [store.copy_of(v.op) for v, _ in parts] for name, parts in found.items()}
    values = {}
    for name, parts in found.items():
        arrays = [decoded(a) if a.dtype == TEXT else a for a in copies[name]]
        places = [place for _, place in parts]
        values[name] = arrays[0] if places[0] is None else Partitioned(
            places[0][0], [(part, a) for (_, part), a in zip(places, arrays)])
    return values


def assembled(value):
    """The array of a Partitioned; any other array as it is."""
    if not isinstance(value, Partitioned):
        return value
    full = np.empty(value.shape, value.parts[0][1].dtype)
    for part, array in value.parts:
        full[index_of(part, array.shape)] = array
    return full


# ---- values in --------------------------------------------------------------------------

def fitting(found, stored, reshape=False, only=None):
    """[(variable, array)] of what a checkpoint has for variables, or `only` one of them; all are
    looked at.

    Parameters
    ----------
    found : dict
        As `saveables` gives it.
    stored : StoredTensors
    reshape : bool
        Whether another shape of as many elements will do.

    Raises
    ------
    NotInFileError, DamagedFileError
        From reading.
    MisfitError
        If a shape or dtype differs.
    """
    return [(v, _fitting(name, v, place, stored, reshape))
            for name, parts in found.items() for v, place in parts if only in (None, v)]


def _fitting(name, v, place, stored, reshape):
    entry, dtype = stored.entry(name), strong(v._dtype)
    read = stored.dtype_of(name)
    if read != (np.dtype(object) if dtype == TEXT else dtype):
        raise MisfitError(f"{where(v)} has dtype {v.dtype.name}; {name!r} of checkpoint "
                          f"{stored.path!r} has {stored.dtype_name(name)}.", v.op)
    wanted, there = (v._shape if place is None else place[0]), tuple(entry.shape)
    if shapes.compatible(wanted, there):
        array = stored.view(name) if place is None else stored.part(name, place[1])
    elif (reshape and place is None and shapes.is_known(wanted)
          and shapes.size_of(wanted) == shapes.size_of(there)):
        array = stored.view(name).reshape(wanted)
    else:
        raise MisfitError(f"{where(v)} has shape {wanted}; {name!r} of checkpoint "
                          f"{stored.path!r} has {there}. Assign requires shapes of both tensors "
                          "to match.", v.op)
    return encoded(array) if dtype == TEXT else array


def put(values, store):
    """Put arrays into variables: all, or none if that fails."""
    with store.lock.run(), store.undoing() as before:
        store.remember([v.op for v, _ in values], before)
        for v, array in values:
            store.set(v.op, array)
