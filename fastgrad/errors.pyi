"""Types of `fastgrad.errors`. Written by tests/types/make_stubs.py; do not edit."""

from typing import Any
from fastgrad.typing import ShapeLike

class FastgradError(Exception):
    ...


class OpError(Exception):
    error_code: int
    def __init__(
            self, message: str, op: Any = None, node_def: Any = None, error_code: Any = None
    ) -> None: ...
    message: Any
    node_def: Any
    op: Any


class AbortedError(OpError):
    error_code: int


class AlreadyExistsError(OpError):
    error_code: int


class CancelledError(OpError):
    error_code: int


class DataLossError(OpError):
    error_code: int


class DeadlineExceededError(OpError):
    error_code: int


class FailedPreconditionError(OpError):
    error_code: int


class InternalError(OpError):
    error_code: int


class InvalidArgumentError(OpError):
    error_code: int


class NotFoundError(OpError):
    error_code: int


class OutOfRangeError(OpError):
    error_code: int


class PermissionDeniedError(OpError):
    error_code: int


class ResourceExhaustedError(OpError):
    error_code: int


class UnauthenticatedError(OpError):
    error_code: int


class UnavailableError(OpError):
    error_code: int


class UnimplementedError(OpError):
    error_code: int


class UnknownError(OpError):
    error_code: int


class ClosedError(FastgradError, RuntimeError):
    ...


class DTypeError(FastgradError, TypeError):
    ...


class FeedError(FastgradError, ValueError):
    ...


class FetchError(FastgradError, ValueError):
    ...


class GraphError(FastgradError, ValueError):
    ...


class ShapeError(FastgradError, ValueError):
    in_run: Any


class DamagedFileError(FastgradError, DataLossError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class GradientError(FastgradError, ValueError, LookupError):
    ...


class KernelError(FastgradError, InvalidArgumentError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class LateShapeError(ShapeError):
    def __init__(self, message: str, shape: ShapeLike = None) -> None: ...
    shape: Any


class NestingError(FastgradError, ValueError, TypeError):
    ...


class NoVariableError(FastgradError, TypeError, AttributeError):
    ...


class NotInFileError(FastgradError, NotFoundError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class NotNumbersError(DTypeError):
    ...


class NotVariableError(FastgradError, NotImplementedError):
    ...


class NumericsError(InvalidArgumentError, ArithmeticError):
    ...


class PartError(FastgradError, InvalidArgumentError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class UnreadableFileError(FastgradError, UnimplementedError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class ComputeError(FastgradError, InvalidArgumentError, RuntimeError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class ConvertTypeError(DTypeError, ValueError):
    ...


class FeedTypeError(FeedError, TypeError):
    ...


class FetchTypeError(FetchError, TypeError):
    ...


class LateUnimplementedError(LateShapeError):
    in_run: Any


class LossTypeError(DTypeError, AttributeError):
    ...


class NoArrayError(FastgradError, TypeError, NotImplementedError):
    ...


class StateError(FastgradError, FailedPreconditionError, ValueError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class TrainTypeError(DTypeError, ValueError):
    ...


class AxisIndexError(ShapeError, IndexError):
    ...


class MissingFeedError(FeedError, InvalidArgumentError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class RegisteredError(GraphError, KeyError):
    ...


class RunShapeError(ShapeError, InvalidArgumentError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class ShortFileError(DamagedFileError, OutOfRangeError):
    error_code: int


class TextError(DTypeError, InvalidArgumentError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class TooLargeError(FastgradError, ResourceExhaustedError, MemoryError, ValueError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class AxisError(RunShapeError):
    ...


class MisfitError(StateError, InvalidArgumentError):
    error_code: int


class PythonError(ComputeError, UnknownError):
    ...


class TurnTypeError(DTypeError, ValueError, InvalidArgumentError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class FeedTextError(FeedTypeError, InternalError):
    def __init__(self, message: str, op: Any = None) -> None: ...


class TextCastError(TextError, UnimplementedError):
    ...


class UnimplementedShapeError(RunShapeError, UnimplementedError):
    ...

ABORTED: int
ALREADY_EXISTS: int
CANCELLED: int
DATA_LOSS: int
DEADLINE_EXCEEDED: int
FAILED_PRECONDITION: int
INTERNAL: int
INVALID_ARGUMENT: int
NOT_FOUND: int
OK: int
OUT_OF_RANGE: int
PERMISSION_DENIED: int
RESOURCE_EXHAUSTED: int
UNAUTHENTICATED: int
UNAVAILABLE: int
UNIMPLEMENTED: int
UNKNOWN: int
def error_code_from_exception_type(cls) -> Any: ...
def exception_type_from_error_code(error_code: Any) -> Any: ...
