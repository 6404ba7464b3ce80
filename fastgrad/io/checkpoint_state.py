"""The file `checkpoint` of a folder: TensorFlow's list of checkpoints, in protobuf's text form."""

import os

from fastgrad.errors import DamagedFileError, NotInFileError
from fastgrad.io.checkpoint import checkpoint_exists, open_checkpoint
from fastgrad.io.protobuf import WireError
from fastgrad.io.text_format import merge_text
from fastgrad.io.train_protos import CheckpointState
from fastgrad.io.whole_files import in_turn, write_whole


def get_checkpoint_state(checkpoint_dir, latest_filename=None):
    """The list of checkpoints of a folder (TensorFlow's message CheckpointState).

    Paths in it that are relative become paths from here, as `checkpoint_dir` is.

    Returns
    -------
    CheckpointState or None
        None if nothing has been saved there.

    Raises
    ------
    DamagedFileError
        If the file is no list of checkpoints.
    """
    path = os.path.join(checkpoint_dir, latest_filename or "checkpoint")
    state = CheckpointState()
    try:
        with open(path, encoding="utf-8") as f:
            merge_text(f.read(), state)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (WireError, UnicodeDecodeError) as e:
        raise DamagedFileError(f"{path!r} is no list of checkpoints, or a damaged one: {e}. Name "
                               "a checkpoint instead of its folder.") from None
    if not state.model_checkpoint_path:
        return None
    state.model_checkpoint_path = os.path.join(checkpoint_dir, state.model_checkpoint_path)
    paths = state.all_model_checkpoint_paths
    paths[:] = [os.path.join(checkpoint_dir, p) for p in paths]
    return state


def generate_checkpoint_state_proto(save_dir, model_checkpoint_path,
                                    all_model_checkpoint_paths=None,
                                    all_model_checkpoint_timestamps=None,
                                    last_preserved_timestamp=None, relative=False):
    """The CheckpointState that lists checkpoints, the latest last.

    Parameters
    ----------
    save_dir : str
    model_checkpoint_path : str
        The latest.
    all_model_checkpoint_paths : list of str, optional
        The oldest first.
    relative : bool
        Whether absolute paths become such from `save_dir`; relative ones always do, as in
        TensorFlow, if `save_dir` is relative too.
    """
    every = list(all_model_checkpoint_paths or [])
    times = list(all_model_checkpoint_timestamps or [])
    if times and len(times) != len(every):
        raise ValueError(f"all_model_checkpoint_timestamps has {len(times)} elements, "
                         f"all_model_checkpoint_paths {len(every)}.")
    if model_checkpoint_path not in every:
        every.append(model_checkpoint_path)
        times += [last_preserved_timestamp or 0.0] * bool(times)

    def shown(path):
        moves = relative if os.path.isabs(path) else not os.path.isabs(save_dir)
        return os.path.relpath(path, save_dir) if moves or relative else path
    return CheckpointState(
        model_checkpoint_path=shown(model_checkpoint_path),
        all_model_checkpoint_paths=list(map(shown, every)), all_model_checkpoint_timestamps=times,
        last_preserved_timestamp=last_preserved_timestamp)


def update_checkpoint_state(save_dir, model_checkpoint_path, all_model_checkpoint_paths=None,
                            latest_filename=None, all_model_checkpoint_timestamps=None,
                            last_preserved_timestamp=None):
    """Write the file that lists a folder's checkpoints; see `generate_checkpoint_state_proto`."""
    state = generate_checkpoint_state_proto(
        save_dir, model_checkpoint_path, all_model_checkpoint_paths,
        all_model_checkpoint_timestamps, last_preserved_timestamp)
    in_turn(save_dir, lambda: write_state(save_dir, state, latest_filename))


def write_state(save_dir, state, latest_filename=None):
    """Write a CheckpointState to its folder, whose turn the caller has."""
    if state.model_checkpoint_path == (latest_filename or "checkpoint"):
        raise ValueError(f"a checkpoint named {state.model_checkpoint_path!r} collides with the "
                         "list of checkpoints; use another name.")
    write_whole(os.path.join(save_dir, latest_filename or "checkpoint"), [str(state).encode()])


def latest_checkpoint(checkpoint_dir, latest_filename=None):
    """The path of a folder's latest checkpoint, or None."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None or not checkpoint_exists(state.model_checkpoint_path):
        return None
    return state.model_checkpoint_path


def open_latest(ckpt_dir_or_file):
    """A checkpoint, open; of a folder, the latest one."""
    path = os.fspath(ckpt_dir_or_file)
    if os.path.isdir(path):
        latest = latest_checkpoint(path)
        if latest is None:
            raise NotInFileError(f"there is no checkpoint in {path!r}.")
        path = latest
    return open_checkpoint(path)


__all__ = ["CheckpointState", "generate_checkpoint_state_proto", "get_checkpoint_state",
           "latest_checkpoint", "open_latest", "update_checkpoint_state"]
