"""Types of `fastgrad.plot`. Written by tests/types/make_stubs.py; do not edit."""

from builtins import bool as _bool
from collections.abc import Callable, Sequence
from typing import Any
from numpy.typing import ArrayLike
from matplotlib.axes import Axes  # type: ignore
from fastgrad import Session, Tensor, Variable, _History

__all__ = [
    "confusion_matrix", "decision_boundary", "history", "weights"]

def confusion_matrix(
        labels: ArrayLike, predictions: ArrayLike, *, names: Sequence[str] | None = None,
        normalize: _bool = False, ax: Axes | None = None
) -> Axes: ...
def decision_boundary(
        classifier: Tensor | Callable[..., Any], points: ArrayLike,
        labels: ArrayLike | None = None, *, feed: Tensor | str | None = None,
        session: Session | None = None, ax: Axes | None = None
) -> Axes: ...
def history(
        history: _History | Any, names: str | Sequence[str] | None = None, *,
        logarithmic: _bool = False, ax: Axes | None = None
) -> Axes: ...
def weights(
        weights: Variable | ArrayLike, shape: Sequence[int] | None = None, *,
        columns: int | None = None, ax: Axes | None = None
) -> Axes: ...
