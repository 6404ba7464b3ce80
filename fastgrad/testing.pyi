"""Types of `fastgrad.testing`. Written by tests/types/make_stubs.py; do not edit."""

from typing import Any
from fastgrad import Graph
from fastgrad.typing import Feeds, TensorLike

__all__ = [
    "GradientError", "Interpreter", "check_gradient", "reference"]

from fastgrad.errors import GradientError as GradientError

class Interpreter:
    def __init__(self, feeds: Any, values: Any = None, subnormals: str = 'flush') -> None: ...
    def run(self, fetches: Any) -> Any: ...
    def evaluate(self, op: Any, inputs: Any) -> Any: ...
    after: Any
    arrays: Any
    done: Any
    env: Any
    fed: Any
    keep: Any
    old: Any
    streams: Any
    tapes: Any
    updates: Any
    values: Any

def check_gradient(
        y: Any, xs: Any, feed_dict: Feeds | None = None, *, order: int = 1, seed: int | None = 0,
        tolerance: TensorLike = 1e-08
) -> float: ...
def reference(
        fetches: Any, feed_dict: Feeds | None = None, values: Any = None,
        graph: Graph | None = None, subnormals: str = 'flush'
) -> Any: ...
