"""The file `checkpoint` of a folder: TensorFlow's list of checkpoints; and what is in one."""

import json
import os

from fastgrad.errors import DamagedFileError, NotInFileError
from fastgrad.io.tensors import read_tensors
from fastgrad.io.whole_files import in_turn, write_whole
from fastgrad.wording import show_names

SUFFIX = ".index"


class CheckpointState:
    """What the file `checkpoint` of a folder says: the latest checkpoint and all that are kept."""

    def __init__(self, latest, every):
        self.model_checkpoint_path = latest
        self.all_model_checkpoint_paths = list(every)
        self.all_model_checkpoint_timestamps = []
        self.last_preserved_timestamp = 0.0


def get_checkpoint_state(checkpoint_dir, latest_filename=None):
    """The CheckpointState of a folder, or None if nothing has been saved there."""
    path = os.path.join(checkpoint_dir, latest_filename or "checkpoint")
    paths = {"model_checkpoint_path": [], "all_model_checkpoint_paths": []}
    try:
        with open(path, encoding="utf-8") as f:
            for line in f:
                key, colon, value = line.partition(":")
                if colon and key.strip() in paths:
                    name = os.path.join(checkpoint_dir, json.loads(value.strip()))
                    paths[key.strip()].append(name)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, RecursionError) as e:
        raise DamagedFileError(f"{path!r} is no list of checkpoints, or a damaged one: {e}. Name "
                               "a checkpoint instead of its folder.") from None
    if not paths["model_checkpoint_path"]:
        return None
    return CheckpointState(paths["model_checkpoint_path"][-1],
                           paths["all_model_checkpoint_paths"])


def update_checkpoint_state(save_dir, model_checkpoint_path, all_model_checkpoint_paths=None,
                            latest_filename=None, **_):
    """Write the file that lists a folder's checkpoints."""
    in_turn(save_dir, lambda: _write_state(save_dir, model_checkpoint_path,
                                           all_model_checkpoint_paths, latest_filename))


def _write_state(save_dir, model_checkpoint_path, all_model_checkpoint_paths, latest_filename):
    every = list(all_model_checkpoint_paths or [])
    if model_checkpoint_path not in every:
        every.append(model_checkpoint_path)

    def shown(path):
        folder = os.path.abspath(save_dir)
        inside = os.path.dirname(os.path.abspath(path)) == folder
        return json.dumps(os.path.basename(path) if inside else path)
    lines = [f"model_checkpoint_path: {shown(model_checkpoint_path)}"]
    lines += [f"all_model_checkpoint_paths: {shown(p)}" for p in every]
    write_whole(os.path.join(save_dir, latest_filename or "checkpoint"),
                ("\n".join(lines) + "\n").encode())


def latest_checkpoint(checkpoint_dir, latest_filename=None):
    """The path of a folder's latest checkpoint, or None."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None or not checkpoint_exists(state.model_checkpoint_path):
        return None
    return state.model_checkpoint_path


def checkpoint_exists(checkpoint_prefix):
    """Whether a checkpoint of this path is there."""
    return os.path.exists(checkpoint_prefix + SUFFIX)


def list_variables(ckpt_dir_or_file):
    """[(name, shape), ...] of a checkpoint."""
    by_name = read_checkpoint(ckpt_dir_or_file)
    return sorted((k, list(v.shape)) for k, v in by_name.items())


def read_checkpoint(ckpt_dir_or_file):
    """{name: array} of a checkpoint, or of the latest one in a folder."""
    return read_tensors(_file_of(ckpt_dir_or_file))


def load_variable(ckpt_dir_or_file, name, arrays=None):
    """The array of one variable of a checkpoint; `arrays` if it has been read already."""
    by_name = read_checkpoint(ckpt_dir_or_file) if arrays is None else arrays
    name = name[:-2] if name.endswith(":0") else name
    if name not in by_name:
        raise NotInFileError(f"{name!r} is not in {ckpt_dir_or_file!r}; there are "
                             f"{show_names(sorted(by_name))}.")
    return by_name[name].copy()


def _file_of(path):
    if os.path.isdir(path):
        latest = latest_checkpoint(path)
        if latest is None:
            raise NotInFileError(f"there is no checkpoint in {path!r}.")
        path = latest
    return path + SUFFIX


__all__ = ["CheckpointState", "get_checkpoint_state", "update_checkpoint_state",
           "latest_checkpoint", "checkpoint_exists", "list_variables", "load_variable"]
