"""Kernel families: each operation and each kernel has its record, and records say what is so."""

import dataclasses
import re

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.compat.v1     # noqa: F401 - registers what only TensorFlow's names reach
from fastgrad import _kernels
from fastgrad.compiler import partition, plan     # noqa: F401 - the second enters the families
from fastgrad.compiler.families import FAMILIES, family
from fastgrad.graph.opdef import OPS

DTYPE = "(?:f32|f64|i32|i64|u8|b1)"


def stems(record):
    if record.kernels is not None:
        return record.kernels
    return {d.kernel for d in OPS.values() if d.form == record.name and d.kernel is not None}


def families_of(symbol):
    """The families that bring a kernel of this symbol."""
    stem = re.fullmatch(rf"(.*?)(?:_{DTYPE})*", symbol)[1]
    return [f for f in FAMILIES.values()
            if any(stem == s + ending for s in stems(f) for ending in f.endings)]


def test_every_operation_has_a_family():
    assert {d.type: d.form for d in OPS.values() if d.form not in FAMILIES} == {}


@pytest.mark.parametrize("level", _kernels.available_levels)
def test_every_kernel_belongs_to_a_family(level):
    assert [s for s in _kernels._kernels_of(level) if not families_of(s)] == []


def test_a_family_has_one_record():
    with pytest.raises(ValueError, match="'gather' has a record already"):
        family("gather")(None)


def test_every_kernel_that_follows_indices_says_where_they_are():
    """All or nothing depends on it. Without: casts of integers, a one-hot row of a class that is
    none has no number, and what `merge_rows` let through needs no second look."""
    follow = [s for s in _kernels.symbols() if re.search("_(i32|i64)_(f32|f64|i32|i64)$", s)]
    follow += ["gather_i32", "gather_i64"]
    silent = {f.name for s in follow for f in families_of(s) if f.indices is None}
    assert silent == {"cast", "one_hot", "update_distinct_rows"}


def test_records_agree_with_one_another():
    for record in FAMILIES.values():
        assert record.layout is not None or not (record.tiles or record.epilogue or record.kernels)
        assert record.joins is None or record.joins in FAMILIES


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4)])
def test_products_without_a_kernel_are_explained(shape):
    """A NumPy step has no extents to count its arithmetic by."""
    with fg.Graph().as_default() as graph:
        x = fg.placeholder("float16", shape)
        y = fg.matmul(x, x, transpose_b=True)
        shown = fg.Session(graph=graph).plan(y, {x: np.ones(shape, "float16")}).explain()
    assert "numpy:" in shown




def test_scratch_lies_in_the_arena(monkeypatch):
    """As many pieces as threads, of whole cache lines; each thread gets its own from Program."""
    record, asked = FAMILIES["map"], []

    def layout(e, s):
        kernel, = record.layout(e, s)
        kernel.values.append(s.scratch)
        return [kernel]

    def scratch(s):
        asked.append(s)
        return 1000
    monkeypatch.setitem(FAMILIES, "map", dataclasses.replace(
        record, layout=layout, scratch=scratch, tiles=frozenset()))
    monkeypatch.setattr(partition, "PLAN_AT_LEAST_US", 0.0)
    monkeypatch.setattr(partition, "PIECE_AT_LEAST_US", 0.0)
    monkeypatch.setattr(partition, "STEP_AT_LEAST_US", 0.0)
    x = np.linspace(-1, 1, 8000, dtype=np.float32).reshape(200, 40)
    with fg.Graph().as_default() as graph:
        a = fg.placeholder("float32", x.shape)
        y = fg.exp(fg.sin(a) + fg.reduce_sum(a, 0))
        session = fg.Session(graph=graph, num_threads=2)
        made = session.plan(y, {a: x})
        found = session.run(y, {a: x})
    mapped = [k for k in made.kernels if k.step.opdef.form == "map"]
    assert {k.symbol for k in mapped} == {"sin_f32", "exp_f32"} and len(asked) >= 2
    for k in mapped:
        block = k.values[-1]
        assert block.shape == (2, 1024) and k.parallel
        assert block.storage.kind == "arena" and block.storage.offset % 64 == 0
        for v in (*k.step.outs, *k.step.inputs):
            other = v.storage
            if other.kind == "arena":
                assert (other.offset + other.bytes <= block.storage.offset
                        or block.storage.offset + 2048 <= other.offset)
    np.testing.assert_allclose(found, np.exp(np.sin(x) + x.sum(0)), rtol=1e-5)


def test_families_with_scratch_are_in_no_strip():
    """A strip's steps run on the stack's tiles; only steps of their own have pieces of the arena."""
    assert [f.name for f in FAMILIES.values() if f.scratch is not None and f.tiles] == []
