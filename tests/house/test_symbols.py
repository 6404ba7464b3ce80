"""The table of TensorFlow 1's names is the one that its generator writes now."""

import importlib.util
import pathlib

import pytest

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("make_tf1_symbols", DOCS / "make_tf1_symbols.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_is_current(generator):
    assert (DOCS / "tf1_symbols.md").read_text(encoding="utf-8") == generator.text(), \
        "run python docs/make_tf1_symbols.py"


def test_every_note_is_about_a_counted_name(generator):
    counted = (DOCS / "tf1_demand.csv").read_text(encoding="utf-8")
    assert [n for n in generator.NOTES if f"\n{n}," not in counted] == []


def test_what_is_not_there_says_so(generator):
    def state(symbol, on=""):
        return generator.state({"symbol": symbol, "on": on})
    assert state("tf.matmul") == ("there", "")
    assert state("tf.data.Dataset") == ("not there", "Feed NumPy arrays.")
    assert state("tf.sub") == ("not there", "Use subtract, as in TensorFlow from 1.0 on.")
    assert state("tf.GraphDef")[0] == "there"
    assert state("tf.python.framework.ops.reset_default_graph")[0] == "there"
    assert state(".minimize", "Optimizer")[0] == "there"
    assert state(".should_stop", "Coordinator") == ("there", "")
