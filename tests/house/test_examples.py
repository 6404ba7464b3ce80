"""Every program in examples runs as a reader runs it, and ends well.

The last line of each ends with a number: an accuracy, an error. It must lie within the bounds of
the table, which leave room for other random numbers and rounding.
"""

import pathlib

import pytest
from child import run_python

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"
LAST = {                        # file: (least, most)
    "tutorial.py": (0.95, 1),
    "moons.py": (0.97, 1),
    "digits.py": (0.93, 1),
    "regression.py": (0.09, 0.6),
    "scikit_learn.py": (0.85, 1),
    "policy_gradient.py": (60, 200),
    "autoencoder.py": (0, 0.022),
    "word_vectors.py": (0.9, 1),
    "gan.py": (3.6, 4.4),
    "tensorflow1.py": (1, 1),
    "own_operation.py": (0, 0.05),
    "inference.py": (0, 1),
}


@pytest.mark.parametrize("name", LAST)
def test_example(name):
    done = run_python(str(EXAMPLES / name))
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stderr.splitlines() if not line.startswith("epoch ")]
    assert told == []                       # but fit's progress, on a slow machine
    least, most = LAST[name]
    assert least <= float(done.stdout.split()[-1]) <= most, done.stdout


def test_the_table_and_the_list_are_whole():
    files = {p.name for p in EXAMPLES.glob("*.py")}
    assert files == set(LAST)
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in text for name in files)


def test_examples_are_short():
    lengths = {p.name: p.read_text(encoding="utf-8").count("\n") for p in EXAMPLES.glob("*.py")}
    assert {name: n for name, n in lengths.items() if n >= 80} == {}
