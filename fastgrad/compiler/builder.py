"""Makes the Steps of a plan one by one: converts their inputs, folds, shares and rewrites.

Steps come in topological order, and `rewrite` is asked of each whether something better can stand
in its place; since inputs come first, one pass over the graph rewrites it all.
"""

import numpy as np

from fastgrad.compiler import families, symbolic_fold
from fastgrad.compiler.ir import (Numbers, Step, Value, const_value, ghost, is_splat, repeated)
from fastgrad.compiler.size import symbolic
from fastgrad.errors import DTypeError, KernelError, RunShapeError, ShapeError, TooLargeError
from fastgrad.graph.dtypes import is_weak, strong
from fastgrad.graph.opdef import OPS, check_dims, computing_dtype, output_dtype
from fastgrad.graph.reference import in_casts, twin
from fastgrad.graph.shapes import size_of
from fastgrad.wording import sentence, show_bytes, where

MOST = 1 << 45            # elements: more than any machine's memory can be asked for
FOLD_LIMIT = 65536        # elements a folded constant may have; beyond, running it is as good


class Builder:
    """Makes steps; folds, shares and rewrites while doing so.

    Parameters
    ----------
    rules : dict op type -> list of rule(builder, step) -> Value, list of Values or None
    off : names of the passes left out ('fold', 'share')
    calculate : callable(function, *args, **kwargs) -> what the function returns
        Calls a reference so that it computes as a run does.
    sizes : Sizes, optional
        What the shapes of feeds are made of, where they change.
    """

    def __init__(self, rules, off=frozenset(), calculate=None, sizes=None):
        self.calculate = calculate or (lambda function, *args, **more: function(*args, **more))
        self.rules, self.sizes = rules, sizes
        self.steps = []
        self.fold = "fold" not in off
        self.share = "share" not in off
        self.nests = "loops" not in off
        self._known = {}            # key of a pure step -> its outs
        self.op = None              # the graph operation being built, for messages

    def step(self, op_type, *inputs, **attrs):
        """The value of a one-output op on `inputs`."""
        return self.build(OPS[op_type], list(inputs), attrs)[0]

    def build(self, opdef, inputs, attrs):
        """The outs of an op on `inputs`, by whatever steps are best."""
        inputs, attrs, dtypes = self._prepare(opdef, inputs, attrs)
        try:
            shape = opdef.infer([v.shape for v in inputs], attrs)
            for dims in [shape] if opdef.outputs == 1 else shape:
                check_dims(dims)
        except ShapeError as e:
            raise self._shape_error(opdef, inputs, e) from None
        shapes_ = [shape] if opdef.outputs == 1 else shape
        dtypes = dtypes if isinstance(dtypes, (list, tuple)) else [dtypes] * len(shapes_)
        for s in shapes_:
            if size_of(s) >= MOST:
                raise too_large(self.op, s, strong(dtypes[0]))
        fold = True
        if self.sizes is not None and opdef.pure and self._hangs_on_sizes(inputs, shapes_):
            folded = symbolic_fold.folded(self, opdef, inputs, attrs, shapes_, dtypes)
            if folded is not None:
                return folded
            # whole numbers may be a shape, and have to be known: that pins their sizes
            fold = strong(dtypes[0]).kind in "iub" and any(
                isinstance(v, Numbers) for v in inputs)
        if fold and opdef.pure and self._is_foldable(opdef, inputs, shapes_):
            return self._folded(opdef, inputs, attrs, shapes_, dtypes)
        step = Step(opdef, inputs, attrs, self.op)
        step.outs = tuple(Value(s, strong(d), step=step) for s, d in zip(shapes_, dtypes))
        return self._rewritten(step)

    def _rewritten(self, step):
        for rule in self.rules.get(step.type, ()):
            instead = rule(self, step)
            if instead is not None:
                return instead if isinstance(instead, (list, tuple)) else (instead,)
        if self.share and step.opdef.pure:
            key = step.type, tuple(map(_identity, step.inputs)), _frozen(step.attrs)
            known = self._known.setdefault(key, step.outs)
            if known is not step.outs:
                return known
        return self.append(step)

    def append(self, step):
        """Take a step as it is."""
        step.late = step.opdef.writes or any(
            v.step is not None and v.step.late for v in step.inputs)
        self.steps.append(step)
        return step.outs

    def _prepare(self, opdef, inputs, attrs):
        """Inputs converted to the computing dtype, static ones among the attributes."""
        dtypes = [v.dtype for v in inputs]
        full = {**opdef.attrs, **attrs}
        out = output_dtype(opdef, dtypes, full)
        want = computing_dtype(opdef, dtypes)
        casts = in_casts(opdef, len(inputs))
        for i, v in enumerate(inputs):
            kind = strong(v.dtype) if want is None or i not in casts else want
            # numpy.dtype("float64") == float: a weak dtype must be told apart first
            if strong(v.dtype).kind == "c" and i not in opdef.static:
                self._refuse_loss(v, out if opdef.type == "cast_like" else kind)
            if v.kind != "ghost" and (is_weak(v.dtype) or kind != v.dtype):
                inputs[i] = self.convert(v, kind)
        if opdef.static:
            for i in opdef.static:
                full[opdef.tensors[i]] = inputs[i].numbers if isinstance(
                    inputs[i], Numbers) else inputs[i].const
            inputs = [v for i, v in enumerate(inputs) if i not in opdef.static]
        if opdef.shape_only:
            only = (range(1, len(inputs)) if opdef.shape_only == "rest" else opdef.shape_only)
            inputs = [ghost(v) if i in only else v for i, v in enumerate(inputs)]
        return inputs, full, out

    def _refuse_loss(self, value, dtype):
        """A complex number is made a real one by functions that say how, and by nothing else."""
        if strong(dtype).kind != "c":
            maker = value.step.op if value.step is not None else None
            by = f", made by {where(maker)}," if maker is not None else ""
            raise DTypeError(f"{where(self.op)}: its operand{by} is complex "
                             f"({strong(value.dtype)}) where {strong(dtype)} is needed: the "
                             "imaginary part would be lost. Take the real part or the absolute "
                             "value first.")

    def convert(self, value, dtype):
        """`value` in another dtype."""
        if value.splat is not None:
            return repeated(np.asarray(value.splat).astype(dtype)[()], value.shape)
        if isinstance(value, Numbers) and strong(dtype).kind in "if":
            return const_value(value.numbers, strong(dtype))
        if value.known:
            return const_value(value.const.astype(dtype))
        return self.step("cast", value, dtype=dtype)

    # ---- folding ----
    def _hangs_on_sizes(self, inputs, shapes_):
        return any(isinstance(v, Numbers) or symbolic(v.shape) for v in inputs) or any(
            map(symbolic, shapes_))

    def _is_foldable(self, opdef, inputs, shapes_):
        """Constant in, constant out. Small integers fold always: shapes depend on them."""
        if opdef.ref is None or families.of(opdef).folds_in_parts:
            return False
        if any(not v.known and v.kind != "ghost" for v in inputs):
            return False
        if all(v.splat is not None or v.kind == "ghost" for v in inputs):
            return self.fold or sum(v.size for v in inputs) <= 64
        total = max([size_of(s) for s in shapes_] + [v.size for v in inputs])
        return total <= 64 or (self.fold and total <= FOLD_LIMIT)

    def _folded(self, opdef, inputs, attrs, shapes_, dtypes):
        args = [_ghost_array(v) if v.kind == "ghost" else v.const for v in inputs]
        splat = (families.of(opdef).elementwise and size_of(shapes_[0]) > 1
                 and all(v.kind != "ghost" and v.splat is not None for v in inputs))
        if splat:
            args = [np.asarray(v.splat) for v in inputs]
        try:
            with np.errstate(all="ignore", divide=self._by_zero(dtypes)):
                results = self.calculate(twin(opdef, attrs), *args)
        except ArithmeticError:
            raise KernelError(f"{where(self.op)}: Integer division by zero.", self.op) from None
        except MemoryError:
            raise too_large(self.op, shapes_[0], strong(dtypes[0])) from None
        except (ValueError, IndexError) as e:
            name = where(self.op) if self.op is not None else opdef.type
            raise RunShapeError(f"{name}: {e}", self.op) from e
        results = [results] if opdef.outputs == 1 else results
        return [const_value(_fitted(np.asarray(f), s, strong(d)))
                for f, s, d in zip(results, shapes_, dtypes)]

    def _by_zero(self, dtypes):
        """What NumPy does where integers are divided by 0: in a TensorFlow graph the run fails."""
        strict = self.op is not None and self.op.graph.literals == "tf"
        return "raise" if strict and strong(dtypes[0]).kind in "iu" else "ignore"

    def _shape_error(self, opdef, inputs, e):
        if self.op is None:
            return e.in_run(str(e))
        names = ", ".join(
            f"{t.op.name!r} {v.shape}" for t, v in zip(self.op._inputs, inputs))
        return e.in_run(f"{where(self.op)}: {sentence(e)} Inputs: {names}.", self.op)


def too_large(op, shape, dtype):
    """The error of a value that no memory holds."""
    name = where(op) if op is not None else "a result"
    return TooLargeError(
        f"{name}: there is no memory for an array of shape {tuple(shape)} and dtype {dtype.name}, "
        f"which takes {show_bytes(size_of(shape) * dtype.itemsize)}. Feed fewer rows at a time, or "
        "check the numbers that this shape comes from.", op)


def _ghost_array(value):
    """An array of the shape and dtype of a ghost that takes no memory."""
    return np.broadcast_to(np.zeros((), strong(value.dtype)), value.shape)


def _fitted(array, shape, dtype):
    """`array` in this dtype and shape; splats stay splats."""
    if array.dtype != dtype:
        if is_splat(array):
            array = np.broadcast_to(array[(0,) * array.ndim].astype(dtype), array.shape)
        else:
            array = array.astype(dtype)
    return array if array.shape == shape else np.broadcast_to(array, shape)


def _identity(value):
    """What makes two inputs the same: the value itself, or an equal small constant."""
    if value.kind == "ghost":
        return value.shape, value.dtype
    if isinstance(value, Numbers):
        return value.shape, value.dtype, tuple(value.numbers.flat)
    if value.kind == "const":
        splat = value.splat
        if splat is not None:
            return value.shape, value.dtype, splat.tobytes()
    return id(value)


def _frozen(attrs):
    return tuple((k, _hashable(v)) for k, v in attrs.items())


def _hashable(v):
    if isinstance(v, np.ndarray):
        return tuple(v.flat) if v.dtype == object else v.tobytes()
    return tuple(_hashable(x) for x in v) if isinstance(v, (list, tuple)) else v
