"""Saves that fail or are killed at any system call, side by side, or in a signal handler.

What is guaranteed at every moment: the list names whole files only, the latest checkpoint that was
saved can be restored, and the next save leaves nothing that the last one has begun.
"""

import errno
import multiprocessing
import os
import pathlib
import signal
import stat
import threading
import warnings

import numpy as np
import pytest
from child import posix

import fastgrad as fg
from fastgrad import errors
from fastgrad.io.checkpoint import open_checkpoint

CALLS = ("open", "write", "fsync", "close", "replace", "link", "unlink", "listdir", "mkdir")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No power is cut here, so that nothing need be on the disk: seconds less."""
    monkeypatch.setattr(os, "fsync", lambda number: None)


@pytest.fixture(autouse=True)
def graph():
    with fg.Graph().as_default() as made:
        yield made


class Shim:
    """Counts the system calls of a save, and stops it at one of them."""

    def __init__(self, monkeypatch, at=0, stop=None):
        self.count, self.at, self.stop, self.names = 0, at, stop, []
        for name in CALLS:
            monkeypatch.setattr(os, name, self.around(name, getattr(os, name)))

    def around(self, name, call):
        def counted(*args, **kwargs):
            self.count += 1
            self.names.append(name)
            if self.count == self.at:
                return self.stop(lambda: call(*args, **kwargs))
            return call(*args, **kwargs)
        return counted


def fails(call):
    raise OSError(errno.EIO, "injected")


def fails_behind(call):
    call()
    raise KeyboardInterrupt


def is_killed(call):
    os._exit(9)


def is_killed_behind(call):
    call()
    os._exit(9)


def files(folder):
    return {p.name for p in pathlib.Path(folder).iterdir()}


def whole(path):
    """Whether a checkpoint is whole: every value is there and right."""
    return bool(dict(open_checkpoint(path)))


def of(*numbers):
    """The names of the files of checkpoints m-1, m-2, ..."""
    return {f"m-{k}.{kind}" for k in numbers for kind in ("index", "data-00000-of-00001")}


def check(folder, session, keeper, v, at_least):
    """The list names whole files, of which the latest is as new as what was saved for certain."""
    state = fg.train.get_checkpoint_state(str(folder))
    for path in state.all_model_checkpoint_paths:
        assert whole(path)
    latest = fg.train.latest_checkpoint(str(folder))
    v.load(np.full(3, -1.0))
    keeper.restore(session, latest)
    assert v.value[0] >= at_least and latest.endswith(f"-{v.value[0]:.0f}")


def saves(folder, max_to_keep):
    """(session, saver, variable, save(n)) with two checkpoints in the folder."""
    v, session = fg.Variable(np.zeros(3)), fg.Session()
    keeper = fg.train.Saver(max_to_keep=max_to_keep)

    def save(n):
        v.load(np.full(3, float(n)))
        return keeper.save(session, str(folder / "m"), n)
    save(1)
    save(2)
    return session, keeper, v, save


def count_of(folder, max_to_keep):
    """How many system calls a save makes, and which."""
    save = saves(folder, max_to_keep)[3]
    with pytest.MonkeyPatch.context() as patch:
        shim = Shim(patch)
        save(3)
    return shim.names


@pytest.mark.parametrize("max_to_keep", [1, 2])
@pytest.mark.parametrize("stop", [fails, fails_behind])
def test_a_failure_at_every_system_call(tmp_path, max_to_keep, stop):
    (tmp_path / "count").mkdir()
    names = count_of(tmp_path / "count", max_to_keep)
    assert names.index("replace") < names.index("unlink") and names.count("fsync") == 6
    for n in range(1, len(names) + 1):
        folder = tmp_path / str(n)
        folder.mkdir()
        session, keeper, v, save = saves(folder, max_to_keep)
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
            warnings.simplefilter("ignore")             # of what could not be deleted
            Shim(patch, n, stop)
            try:
                save(3)
                saved = 3
            except (OSError, KeyboardInterrupt):
                saved = 2
        check(folder, session, keeper, v, saved)
        for k in (4, 5):
            save(k)
        check(folder, session, keeper, v, 5)
        kept = of(*range(6 - max_to_keep, 6))
        assert files(folder) == kept | {"checkpoint"}, (n, names[n - 1])


@posix
@pytest.mark.parametrize("stop", [is_killed, is_killed_behind])
def test_a_kill_at_every_system_call(tmp_path, stop):
    (tmp_path / "count").mkdir()
    for n, name in enumerate(count_of(tmp_path / "count", 1), 1):
        folder = tmp_path / str(n)
        folder.mkdir()
        session, keeper, v, save = saves(folder, 1)
        child = os.fork()
        if child == 0:
            with pytest.MonkeyPatch.context() as patch:
                Shim(patch, n, stop)
                save(3)
            os._exit(0)
        assert os.waitpid(child, 0)[1] >> 8 == 9
        check(folder, session, keeper, v, 2)
        other = fg.train.Saver(max_to_keep=1)           # as a process started again would do
        other.set_last_checkpoints(fg.train.get_checkpoint_state(
            str(folder)).all_model_checkpoint_paths)
        other.save(session, str(folder / "m"), 4)
        assert not any(name.startswith(".") for name in files(folder)), (n, name)
        v.load(np.full(3, 4.0))
        other.save(session, str(folder / "m"), 4)
        check(folder, session, other, v, 4)


# ---- in the place of another ------------------------------------------------------------

def replaced(folder):
    """(session, saver, variable, save(n)) with one checkpoint, which each save replaces."""
    v, session = fg.Variable(np.zeros(3)), fg.Session()
    keeper = fg.train.Saver()

    def save(n):
        v.load(np.full(3, float(n)))
        return keeper.save(session, str(folder / "m"))
    save(1)
    return session, keeper, v, save


def check_replaced(folder, session, keeper, v, numbers):
    path = fg.train.latest_checkpoint(str(folder))
    v.load(np.full(3, -1.0))
    keeper.restore(session, path)
    assert v.value[0] in numbers and path == str(folder / "m")


@posix
@pytest.mark.parametrize("stop", [fails, fails_behind, is_killed, is_killed_behind])
def test_a_checkpoint_is_replaced_whole(tmp_path, stop):
    """Values and index are two files: at every moment the old pair or the new one is there."""
    (tmp_path / "count").mkdir()
    save = replaced(tmp_path / "count")[3]
    with pytest.MonkeyPatch.context() as patch:
        names = Shim(patch).names
        save(2)
    assert names.count("link") == 1
    for n in range(1, len(names) + 1):
        folder = tmp_path / str(n)
        folder.mkdir()
        session, keeper, v, save = replaced(folder)
        child = os.fork()
        if child == 0:
            with pytest.MonkeyPatch.context() as patch:
                Shim(patch, n, stop)
                try:
                    save(2)
                except (OSError, KeyboardInterrupt):
                    pass
            os._exit(9)
        assert os.waitpid(child, 0)[1] >> 8 == 9
        check_replaced(folder, session, keeper, v, (1, 2))
        for k in (3, 4):
            save(k)
            check_replaced(folder, session, keeper, v, (k,))
        assert files(folder) == {"checkpoint", "m.index", "m.data-00000-of-00001"}, names[n - 1]


def test_where_files_have_no_second_names(tmp_path, monkeypatch):
    session, keeper, v, save = replaced(tmp_path)

    def refused(*_):
        raise OSError(errno.EPERM, "no links here")
    monkeypatch.setattr(os, "link", refused)
    for n in (2, 3, 4):
        save(n)
        check_replaced(tmp_path, session, keeper, v, (n,))
        number = "2" if n % 2 == 0 else "1"
        assert files(tmp_path) == {"checkpoint", "m.index", f"m.data-00000-of-0000{number}"}


@pytest.mark.parametrize("before, behind", [("safetensors", "tensorflow"),
                                            ("tensorflow", "safetensors")])
def test_one_form_replaces_the_other(tmp_path, before, behind):
    v, session = fg.Variable(np.zeros(3)), fg.Session()
    for n, form in enumerate([before, behind], 1):
        v.load(np.full(3, float(n)))
        keeper = fg.train.Saver(format=form)
        keeper.save(session, str(tmp_path / "m"))
    check_replaced(tmp_path, session, keeper, v, (2,))
    assert len(files(tmp_path)) == (3 if behind == "tensorflow" else 2)


@posix
def test_a_save_that_writes_little_by_little(tmp_path, monkeypatch):
    """A write may take a part only."""
    session, keeper, v, save = saves(tmp_path, 1)
    write = os.write
    monkeypatch.setattr(os, "write", lambda n, data: write(n, data[:7]))
    save(3)
    check(tmp_path, session, keeper, v, 3)


@posix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_files_have_the_mode_that_the_umask_says(tmp_path, mask):
    before = os.umask(mask)
    try:
        saves(tmp_path, 1)
    finally:
        os.umask(before)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask, path


def test_what_cannot_be_deleted_is_tried_again(tmp_path, monkeypatch):
    session, keeper, v, save = saves(tmp_path, 1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", lambda path: fails(None))
        with pytest.warns(UserWarning, match="m-2' could not be deleted.*injected"):
            save(3)
    assert files(tmp_path) == of(2, 3) | {"checkpoint"}
    assert fg.train.get_checkpoint_state(str(tmp_path)).all_model_checkpoint_paths == [
        str(tmp_path / "m-3")]
    save(4)
    assert files(tmp_path) == of(4) | {"checkpoint"}


# ---- side by side -----------------------------------------------------------------------

def keep_saving(folder, name, times, errors_):
    try:
        with fg.Graph().as_default():
            v, session = fg.Variable(np.zeros(50)), fg.Session()
            keeper = fg.train.Saver(max_to_keep=2)
            for n in range(times):
                keeper.save(session, os.path.join(folder, name), n)
                for path in fg.train.get_checkpoint_state(folder).all_model_checkpoint_paths:
                    assert name != "alone" or whole(path)
    except BaseException as error:
        errors_.put(repr(error))


@posix
@pytest.mark.parametrize("names", [("m", "m", "m"), ("a", "b", "c")], ids=["one path", "three"])
def test_savers_of_other_processes(tmp_path, names):
    """They delete what the others list, and each other's beginnings; none may notice."""
    context = multiprocessing.get_context("fork")
    found = context.SimpleQueue()
    children = [context.Process(target=keep_saving, args=(str(tmp_path), name, 25, found))
                for name in names]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    assert found.empty(), found.get()
    listed = fg.train.get_checkpoint_state(str(tmp_path)).all_model_checkpoint_paths
    assert listed and all(map(whole, listed))
    assert {n for n in files(tmp_path) if n.startswith(".")} == set()


def test_savers_of_other_threads(tmp_path):
    found = multiprocessing.get_context().SimpleQueue()
    threads = [threading.Thread(target=keep_saving, args=(str(tmp_path), "m", 25, found))
               for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert found.empty(), found.get()


@posix
def test_a_child_forked_during_a_save_does_not_keep_the_turn(tmp_path, monkeypatch):
    session, keeper, v, save = saves(tmp_path, 1)
    sync, children = os.fsync, []

    def fork(number):
        if not children:
            read, write = os.pipe()
            children.append((os.fork(), write))
            if children[0][0] == 0:
                os.close(write)
                os.read(read, 1)            # until the parent has saved again
                os._exit(0)
            os.close(read)
        sync(number)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fork)
        save(3)
    assert save(4)
    os.close(children[0][1])
    assert os.waitpid(children[0][0], 0)[1] == 0


@posix
def test_a_handler_that_saves_during_a_save(tmp_path, monkeypatch):
    """It once moved or deleted the files of the save that it interrupted; waiting never ends."""
    session, keeper, v, save = saves(tmp_path, 2)
    refused, sync = [], os.fsync

    def handler(*_):
        try:
            save(7)
        except errors.StateError as e:
            refused.append(str(e))
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", lambda n: (sync(n), os.kill(os.getpid(), signal.SIGUSR1)))
            save(3)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(refused) == 6 and "is writing to" in refused[0] and "handler" in refused[0]
    v.load(np.full(3, 8.0))
    check(tmp_path, session, keeper, v, 3)
