"""The command line, as a user runs it: `fastgrad demo` and `info`; and the digits."""

import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import fastgrad
from fastgrad.__main__ import main
from fastgrad.datasets import load_digits
from fastgrad.demo import split_digits


def command(*arguments, blocked=None, cwd=None):
    """Run `python -m fastgrad ...` in a fresh process; returns the completed process."""
    path = [str(pathlib.Path(fastgrad.__file__).parents[1])]
    if blocked:
        # a package of that name that fails to import, ahead of the real one
        fake = cwd / "blocked" / blocked
        fake.mkdir(parents=True)
        (fake / "__init__.py").write_text("raise ImportError('blocked by the test')\n")
        path.insert(0, str(fake.parent))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    return subprocess.run([sys.executable, "-m", "fastgrad", *arguments], cwd=cwd,
                          env=environment, capture_output=True, text=True)


def losses(text):
    return [float(found) for found in re.findall(r"loss +([0-9.]+)", text)]


def test_demo_without_matplotlib(tmp_path):
    done = command("demo", "--out", "pictures", "--seed", "3", blocked="matplotlib", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for part in re.split(r"\n\d\. ", done.stdout[3:])[:4]:
        found = losses(part)
        assert len(found) >= 9 and found[-1] < found[0] / 2, part
    flat, images = re.findall(r"held-out accuracy ([0-9.]+) % after", done.stdout)
    assert float(flat) >= 96 and float(images) >= 98.8
    assert 'pip install "fastgrad[plot]"' in done.stdout
    assert not (tmp_path / "pictures").exists()


def test_demo_writes_the_picture(tmp_path):
    pytest.importorskip("matplotlib")
    done = command("demo", "--out", "pictures", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    picture = tmp_path / "pictures" / "fastgrad_demo.png"
    assert f"Picture: {pathlib.Path('pictures', 'fastgrad_demo.png')}" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_info_names_versions_and_the_machine(tmp_path):
    done = command("info", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for expected in (fastgrad.__version__, platform.python_version(), np.__version__):
        assert expected in done.stdout
    for expected in ("level", "blas", "threads"):
        assert expected in done.stdout.lower()


def test_no_command_prints_the_help(tmp_path):
    done = command(cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: fastgrad ")
    for name in ("demo", "info", "run", "--version"):
        assert name in done.stdout


def test_an_unknown_command_is_refused(tmp_path):
    done = command("train", cwd=tmp_path)
    assert done.returncode == 2
    assert "train" in done.stderr


def test_version(tmp_path):
    done = command("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"fastgrad {fastgrad.__version__}\n")


def test_the_console_command_is_the_module(capsys):
    written = (pathlib.Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert 'fastgrad = "fastgrad.__main__:main"' in written
    assert main(["info"]) == 0
    assert capsys.readouterr().out.startswith("fastgrad ")


def test_an_unbuilt_source_folder_says_what_to_do(tmp_path):
    """As in a fresh clone after `pip install .`: the folder hides the installed package."""
    shutil.copytree(pathlib.Path(fastgrad.__file__).parent, tmp_path / "fastgrad",
                    ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    (tmp_path / "setup.py").touch()
    done = subprocess.run([sys.executable, "-c", "import fastgrad"], cwd=tmp_path,
                          capture_output=True, text=True)
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith("ImportError: fastgrad's compiled core is missing")
    for part in ("source folder", "not built", "hides", "`fastgrad` command", "pip install -e ."):
        assert part in said
    (tmp_path / "setup.py").unlink()
    done = subprocess.run([sys.executable, "-c", "import fastgrad"], cwd=tmp_path,
                          capture_output=True, text=True)
    assert done.stderr.strip().splitlines()[-1].endswith("Reinstall fastgrad.")


def test_digits_are_complete():
    images, labels = load_digits()
    assert images.shape == (1797, 64) and images.dtype == np.float32
    assert images.min() == 0 and images.max() == 1
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_a_quarter_of_the_digits_is_held_out():
    images, labels, test_images, test_labels = split_digits()
    assert len(images) == len(labels) and len(test_images) == len(test_labels)
    assert len(labels) + len(test_labels) == 1797 and 445 <= len(test_labels) <= 450
    assert np.bincount(test_labels).min() >= 43
    known = {row.tobytes() for row in images}
    assert not any(row.tobytes() in known for row in test_images)
