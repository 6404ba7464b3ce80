"""What an index outside its range is called: which one, where it stands, what the range is.

A kernel only says that there is one: it looks at each index once, and stops. Which one is looked
for here, after the failure, among copies of the indices. References call `checked` as they run.
"""

import numpy as np

# (what an index is called, the tensor of indices, what the range counts if that is to be said)
INDEX = "index", "indices", None
LABEL = "label", "labels", "classes"
LENGTH = "length", "seq_lengths", None
PARTITION = "partition", "partitions", "partitions"
SEGMENT = "segment id", "segment_ids", "segments"


def first_outside(indices, limit, least=0):
    """The place of the first index outside [least, limit), a tuple; None if there is none."""
    bad = (indices < least) | (indices >= limit)
    if not bad.any():
        return None
    return tuple(int(i) for i in np.unravel_index(int(bad.argmax()), indices.shape))


def words_of(type):
    """The words for the indices of an operation of this type."""
    if "segment" in type:
        return SEGMENT
    return LABEL if "sparse" in type or type == "take_label" else INDEX


def text_of(words, value, place, limit):
    """"label 7 at labels[1, 0] lies outside [0, 3): there are 3 classes"."""
    noun, name, counted = words
    at = f" at {name}[{', '.join(map(str, place))}]" if place else ""
    there = f": there are {limit} {counted}" if counted else ""
    return f"{noun} {value}{at} lies outside [0, {limit}){there}"


def checked(indices, limit, words=INDEX, kept=None):
    """The indices, if all lie in [0, limit); else an IndexError that names the first.

    Parameters
    ----------
    kept : array of bool, optional
        Which of them are followed; the others may be anything.
    """
    if indices.size and (indices.min() < 0 or indices.max() >= limit):
        looked = indices if kept is None else np.where(kept, indices, 0)
        place = first_outside(looked, limit)
        if place is not None:
            raise IndexError(text_of(words, indices[place], place, limit) + ".")
    return indices if indices.size else indices.astype(np.int64)


def describe(words, indices, piece, limit, first=0):
    """What a kernel that has failed has met, a sentence; None if nothing is found: another thread
    has written the fed array meanwhile.

    `piece` is the range of places, counted flat, that the thread was at which failed: those before
    it were right, and those behind it may not have been made. The user's index 0 is `first`.
    """
    flat = indices.reshape(-1)
    for lo, hi in (piece, (0, flat.size)):
        place = first_outside(flat[lo:hi], limit)
        if place is not None:
            at = lo + place[0]
            value = (flat[at:at + 1] - flat.dtype.type(first))[0]
            where = np.unravel_index(at, indices.shape)
            return text_of(words, value, where, limit - first) + "."
    return None
