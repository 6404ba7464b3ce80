"""Scratch of kernels: each piece of a step's range has some to itself, whoever runs it."""

import ctypes

import pytest
from step import KERNEL, OK

from fastgrad._kernels.program import Program
from specs import F8


def recording(pieces):
    """A kernel that notes (lo, hi, where its scratch lies) and writes its number over all of it."""
    def run(step, lo, hi):
        pieces.append((lo, hi, step[0].ptr[1]))
        ctypes.memset(step[0].ptr[1], lo % 100, 64)
        return OK
    return KERNEL(run)


def spec(kernel, n, parallel, *more):
    address = ctypes.cast(kernel, ctypes.c_void_p).value
    return (address, ((1, 0), (0, 64)), (), (), None, 0, n, 1, parallel, False, *more)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_piece_has_its_own(threads):
    pieces = []
    kernel = recording(pieces)
    program = Program([spec(kernel, 90, True, 64)], 64 + 64 * threads, [], [], [(F8, (90,))],
                      num_threads=threads)
    for _ in range(5):
        pieces.clear()
        program.run([])
        assert len({at for _, _, at in pieces}) == len(pieces) == threads
        ordered = sorted(pieces)
        assert ordered[0][0] == 0 and ordered[-1][1] == 90
        assert [at - ordered[0][2] for _, _, at in ordered] == [64 * i for i in range(threads)]


def test_a_step_that_is_not_cut_has_the_first():
    pieces = []
    kernel = recording(pieces)
    program = Program([spec(kernel, 90, False, 64)], 256, [], [], [(F8, (90,))], num_threads=2)
    program.run([])
    assert [(lo, hi) for lo, hi, _ in pieces] == [(0, 90)]


@pytest.mark.parametrize("scratch, arena", [(64, 128), (0, 512), (-1, 512), (1 << 62, 512)])
def test_scratch_lies_in_its_operand(scratch, arena):
    """Two threads' pieces of 64 bytes, from byte 64 on, do not fit into 128."""
    with pytest.raises(ValueError, match="step 0"):
        Program([spec(recording([]), 90, True, scratch)], arena, [], [], [(F8, (90,))],
                num_threads=2)
