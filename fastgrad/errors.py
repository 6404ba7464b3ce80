"""Exception classes, and TensorFlow's numbers for them.

TensorFlow's classes have TensorFlow's bases and no others, since programs look at them; those
that fastgrad raises itself are FastgradErrors too. Each class is also the builtin a Python user
expects (`ValueError`, `TypeError`, ...) and, where TensorFlow-1 scripts catch it, carries
TensorFlow's class name. Messages follow one form: what was done and where, what was expected,
what came, what to do; `wording` has their parts.
"""


class FastgradError(Exception):
    """Base of every error that fastgrad words itself."""


# ---- TensorFlow's run-time errors -------------------------------------------------------

class OpError(Exception):
    """A run failed at a node (TensorFlow's `tf.errors.OpError`).

    Attributes
    ----------
    op : Operation or None
        The operation at which the run failed.
    message : str
    """

    error_code = 2

    def __init__(self, message, op=None, node_def=None, error_code=None):
        if not isinstance(message, str):              # TensorFlow's order: node_def, op, message
            message, node_def = node_def, message
        super().__init__(message)
        self.message = message
        self.op = op = getattr(op, "op", op)          # a tensor stands for what makes it
        self.node_def = getattr(op, "node_def", None) if node_def is None else node_def
        self.error_code = type(self).error_code if error_code is None else error_code

    def __reduce__(self):
        """Pickled without the operation, which is a part of its graph: a worker's error travels."""
        kept = {k: v for k, v in self.__dict__.items() if k not in ("op", "node_def")}
        return type(self), self.args, kept


class CancelledError(OpError):
    """The operation was cancelled."""
    error_code = 1


class UnknownError(OpError):
    """An error of no known kind."""
    error_code = 2


class InvalidArgumentError(OpError):
    """A value was wrong for the operation that met it, at run time."""
    error_code = 3


class DeadlineExceededError(OpError):
    """It took too long."""
    error_code = 4


class NotFoundError(OpError):
    """A name or a file is not there."""
    error_code = 5


class AlreadyExistsError(OpError):
    """Something is there that was to be made."""
    error_code = 6


class PermissionDeniedError(OpError):
    """The caller may not do this."""
    error_code = 7


class ResourceExhaustedError(OpError):
    """There is not enough memory."""
    error_code = 8


class FailedPreconditionError(OpError):
    """The system is not in the state the operation needs (an uninitialised variable)."""
    error_code = 9


class AbortedError(OpError):
    """The operation was given up."""
    error_code = 10


class OutOfRangeError(OpError):
    """An iteration or an index went past the end."""
    error_code = 11


class UnimplementedError(OpError):
    """The operation exists, but not for these arguments."""
    error_code = 12


class InternalError(OpError):
    """Something that should hold does not."""
    error_code = 13


class UnavailableError(OpError):
    """A service cannot be reached at this moment (TensorFlow's UnavailableError)."""
    error_code = 14


class DataLossError(OpError):
    """A file is damaged."""
    error_code = 15


class UnauthenticatedError(OpError):
    """The caller is not known."""
    error_code = 16


# TensorFlow's numbers for the classes: `tf.errors.NOT_FOUND` is `tf.errors.NotFoundError`'s.
OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND = range(6)
ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION = range(6, 10)
ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS = range(10, 16)
UNAUTHENTICATED = 16
_BY_CODE = {kind.error_code: kind for kind in OpError.__subclasses__()}


def exception_type_from_error_code(error_code):
    """The class of errors that carry the number; KeyError if there is none."""
    return _BY_CODE[error_code]


def error_code_from_exception_type(cls):
    """The number that errors of a class carry; KeyError if it is none of TensorFlow's."""
    return {kind: code for code, kind in _BY_CODE.items()}[cls]


# ---- fastgrad's own words for mistakes --------------------------------------------------

class ShapeError(FastgradError, ValueError):
    """Shapes that do not fit, found while the graph is built."""


class LateShapeError(ShapeError):
    """Shapes that do not fit, which TensorFlow reports in the run: `shape` is what it assumes of
    the result while the graph is built."""

    def __init__(self, message, shape=None):
        super().__init__(message)
        self.shape = shape


class RunShapeError(ShapeError, InvalidArgumentError):
    """Shapes that do not fit, found when the fed shapes became known."""

    def __init__(self, message, op=None):
        InvalidArgumentError.__init__(self, message, op)


ShapeError.in_run = RunShapeError       # the class of the same misfit, found in a run


class LateUnimplementedError(LateShapeError):
    """As LateShapeError, for arguments that TensorFlow has no kernel for on a CPU."""


class UnimplementedShapeError(RunShapeError, UnimplementedError):
    """An operation that exists, but not for these arguments, found in the run."""


LateUnimplementedError.in_run = UnimplementedShapeError


class AxisError(RunShapeError):
    """The classes' dimension of a softmax that is not there; TensorFlow's two classes in one."""


class NestingError(FastgradError, ValueError, TypeError):
    """A nesting of tensors that is not the one wanted; TensorFlow has both classes for it."""


class AxisIndexError(ShapeError, IndexError):
    """An axis of a contraction that is not there; IndexError is TensorFlow's class for it."""


class DTypeError(FastgradError, TypeError):
    """A dtype that the operation cannot take."""


class NotNumbersError(DTypeError):
    """An object that is neither numbers nor strings."""


class TurnTypeError(DTypeError, ValueError, InvalidArgumentError):
    """A loop variable whose dtype a turn changes."""

    def __init__(self, message, op=None):
        InvalidArgumentError.__init__(self, message, op)


class TextError(DTypeError, InvalidArgumentError):
    """Strings for an operation that takes none; TensorFlow finds some of it in the run."""

    def __init__(self, message, op=None):
        InvalidArgumentError.__init__(self, message, op)


class TextCastError(TextError, UnimplementedError):
    """A cast between strings and numbers."""


class LossTypeError(DTypeError, AttributeError):
    """A loss that is no node; TensorFlow asks it for its `dtype` and finds none."""


class TrainTypeError(DTypeError, ValueError):
    """A loss or variable of a dtype that cannot be trained."""


class NotVariableError(FastgradError, NotImplementedError):
    """Something to train that is no variable: TensorFlow's class for it."""


class ConvertTypeError(DTypeError, ValueError):
    """A tensor of another dtype than the one asked for."""


class GraphError(FastgradError, ValueError):
    """A node from another graph, or a graph that may not be changed."""


class RegisteredError(GraphError, KeyError):
    """A name that is registered already; TensorFlow's class for it is KeyError."""

    __str__ = Exception.__str__


class FeedError(FastgradError, ValueError):
    """A fed value that does not fit its node."""


class FeedTypeError(FeedError, TypeError):
    """A fed value, or a key of the feed, of a wrong type."""


class MissingFeedError(FeedError, InvalidArgumentError):
    """A placeholder that the fetches need has no value."""

    def __init__(self, message, op=None):
        InvalidArgumentError.__init__(self, message, op)


class FeedTextError(FeedTypeError, InternalError):
    """Something other than strings, fed to a node of strings."""

    def __init__(self, message, op=None):
        InternalError.__init__(self, message, op)


class FetchError(FastgradError, ValueError):
    """A fetch that is not a node of the session's graph."""


class FetchTypeError(FetchError, TypeError):
    """A fetch that is no node, name or nesting of them."""


class NoVariableError(FastgradError, TypeError, AttributeError):
    """A node that cannot be changed where a Variable is wanted."""


class NoArrayError(FastgradError, TypeError, NotImplementedError):
    """A node where an array is wanted; NotImplementedError is TensorFlow's class for it."""


class GradientError(FastgradError, ValueError, LookupError):
    """No gradient: an op without a rule, or nothing to differentiate."""


class KernelError(FastgradError, InvalidArgumentError):
    """A compiled step found a value that it cannot work with."""

    def __init__(self, message, op=None):
        InvalidArgumentError.__init__(self, message, op)


class PartError(FastgradError, InvalidArgumentError):
    """A part of a run whose feeds or fetches do not go with what was declared, or other parts."""

    def __init__(self, message, op=None):
        InvalidArgumentError.__init__(self, message, op)


class DamagedFileError(FastgradError, DataLossError):
    """A checkpoint that is cut off or not one at all."""

    def __init__(self, message, op=None):
        DataLossError.__init__(self, message, op)


class ShortFileError(DamagedFileError, OutOfRangeError):
    """A file of values that ends before a value that another file says to be in it."""

    error_code = 11


class UnreadableFileError(FastgradError, UnimplementedError):
    """A file that is whole, in a form that is not read: compressed, of another byte order."""

    def __init__(self, message, op=None):
        UnimplementedError.__init__(self, message, op)


class NotInFileError(FastgradError, NotFoundError):
    """A checkpoint that is not there, or lacks a variable."""

    def __init__(self, message, op=None):
        NotFoundError.__init__(self, message, op)


class ComputeError(FastgradError, InvalidArgumentError, RuntimeError):
    """A Python operation raised, or returned something that does not fit."""

    def __init__(self, message, op=None):
        InvalidArgumentError.__init__(self, message, op)


class PythonError(ComputeError, UnknownError):
    """A Python function of the program raised something other than ValueError or TypeError."""


class NumericsError(InvalidArgumentError, ArithmeticError):
    """A watched step made a NaN or an infinity (`check_numerics`)."""


class StateError(FastgradError, FailedPreconditionError, ValueError):
    """A variable without a value, or assigned a value that does not fit it."""

    def __init__(self, message, op=None):
        FailedPreconditionError.__init__(self, message, op)


class MisfitError(StateError, InvalidArgumentError):
    """A checkpoint's value that does not fit its variable."""

    error_code = 3


class TooLargeError(FastgradError, ResourceExhaustedError, MemoryError, ValueError):
    """There is no memory for a value."""

    def __init__(self, message, op=None):
        ResourceExhaustedError.__init__(self, message, op)


class ClosedError(FastgradError, RuntimeError):
    """A closed session was used."""
