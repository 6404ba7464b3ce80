"""Writers of loops, branches and TensorArrays: frames and switches, as TensorFlow 1 has them.

A loop variable goes Enter, Merge, Switch, NextIteration, Exit; what a turn takes from outside goes
through a constant Enter. `maximum_iterations` is one more variable, which counts the turns, and is
asked for in the condition. The operations of condition and body are written inside, with a control
input to the frame where they have no other. A branch takes its operands through Switches, and what
both give meets in a Merge.
"""

import numpy as np

from fastgrad.graph.dtypes import strong
from fastgrad.graph.nodes import Tensor
from fastgrad.graphdef.array_out import type_of
from fastgrad.graphdef.writer import NotWritableError, Shape, Type, writes
from fastgrad.wording import where

RESOURCE = Type(20)


def kind(tensor):
    """The DataType of a tensor: a handle is a resource there."""
    source = tensor
    while source.op.op_type == "identity":
        source = source.op._inputs[0]
    if source.op.op_type in ("tensor_array", "tensor_array_grad") and source.index == 0:
        return RESOURCE
    return type_of(tensor._dtype)


def inside(op):
    """The operations of the parts of a loop or a branch, which are written with it.

    Variables that are made there are none: they are written outside, as their initializers are.
    """
    if op.op_type not in ("while_", "cond_"):
        return set()
    if op.op_type == "while_":
        test, body, slots = op.get_attr("parts")
        parts, stop = [*test, *body], {t.op.id for t in slots}
        first = min(stop)               # what is older is the same in every turn
    else:
        parts, first = [n for part in op.get_attr("parts") for n in part], 0
        stop = {t.op.id for t in op._inputs}
    found, todo = set(), [getattr(n, "op", n) for n in parts]
    while todo:
        one = todo.pop()
        if one.id in found or one.id in stop or one.id < first \
                or one.op_type in ("variable", "placeholder"):
            continue
        found.add(one.id)
        todo += [t.op for t in one._inputs] + list(one.control_inputs)
    return found


class _Part:
    """Writes the operations of one part: what it takes from outside is passed in by `enter`."""

    def __init__(self, w, owned, enter, pivot):
        self.w, self.owned, self.enter, self.pivot = w, owned, enter, pivot

    def write(self, outputs):
        """The names of the outputs, their operations written."""
        w, order, todo = self.w, {}, [getattr(n, "op", n) for n in outputs]
        while todo:
            op = todo.pop()
            if op.id in order or op.id not in self.owned:
                continue
            order[op.id] = op
            todo += [t.op for t in op._inputs] + list(op.control_inputs)
        before = w.pivot, w.op, w.refs
        w.pivot, w.refs = self.pivot, dict(w.refs)
        try:
            for i in sorted(order):
                for t in order[i]._inputs:
                    self._ref(t)
                w.write(order[i])
            return [self._ref(t) for t in outputs if isinstance(t, Tensor)]
        finally:
            w.pivot, w.op, w.refs = before

    def _ref(self, tensor):
        if tensor.op.id not in self.owned and tensor not in self.w.refs:
            self.w.refs[tensor] = self.enter(tensor)
        return self.w.ref(tensor)


# ---- loops ------------------------------------------------------------------------------

def _entered(w, op, ref, dtype, constant, frame):
    """The Enter node of a value that comes into a loop's frame."""
    return w.node("Enter", [ref], w.unique(f"{op.name}/Enter"), control=False, T=dtype,
                  is_constant=constant, **frame)


def _enterer(w, op, frame):
    """The function from a tensor outside a loop to its Enter node, one for each."""
    outer, entered = dict(w.refs), {}

    def enter(tensor, constant=True):
        if tensor not in entered:
            ref = outer.get(tensor) or w.ref(tensor)
            entered[tensor] = _entered(w, op, ref, kind(tensor), constant, frame)
        return entered[tensor]
    return enter


def _and_below(w, op, counter, most, counted, holds):
    """Whether the loop's own condition holds and there are turns left."""
    below = w.node("Less", [counter, most], w.unique(f"{op.name}/Less"), control=False, T=counted)
    return w.node("LogicalAnd", [below, holds], w.unique(f"{op.name}/LogicalAnd"), control=False)


@writes("while_")
def loop(w, op):
    test, body, slots = op.get_attr("parts")
    limit = _limit(w, op)
    frame = {"frame_name": f"{op.name}/while_context", "parallel_iterations": 10}
    enter = _enterer(w, op, frame)
    starts = op._inputs[:len(slots)]
    kinds, begins = [kind(t) for t in starts], [w.ref(t) for t in starts]
    if limit is not None:               # the turns are counted in a variable before the others
        counted, most = limit[1], _entered(w, op, *limit, True, frame)
        kinds, begins = [counted, *kinds], [w.const(0, "iteration_counter", counted), *begins]
    fronts = [_entered(w, op, b, k, False, frame) for b, k in zip(begins, kinds)]
    backs = [w.unique(f"{op.name}/NextIteration") for _ in kinds]
    merges = [w.node("Merge", [f, b], w.unique(f"{op.name}/Merge"), control=False, T=k, N=2)
              for f, b, k in zip(fronts, backs, kinds)]
    owned = inside(op)
    before = w.refs
    first = len(kinds) - len(slots)
    w.refs = {**before, **dict(zip(slots, merges[first:]))}
    holds, = _Part(w, owned, enter, merges[0]).write(test)
    w.op = op
    if limit is not None:
        holds = _and_below(w, op, merges[0], most, counted, holds)
    condition = w.node("LoopCond", [holds], w.unique(f"{op.name}/LoopCond"), control=False)
    switches = [w.node("Switch", [m, condition], w.unique(f"{op.name}/Switch"), control=False, T=k)
                for m, k in zip(merges, kinds)]
    values = [w.node("Identity", [f"{s}:1"], w.unique(f"{op.name}/Identity"), control=False, T=k)
              for s, k in zip(switches, kinds)]
    w.refs = {**before, **dict(zip(slots, values[first:]))}
    turned = _Part(w, owned, enter, values[0]).write(body)
    w.op, w.refs = op, before
    turned = turned if limit is None else [_one_more(w, op, values[0], counted), *turned]
    for name, ref, k in zip(backs, turned, kinds):
        w.node("NextIteration", [ref], name, control=False, T=k)
    for s, k in zip(switches[:first], kinds):
        w.node("Exit", [s], w.unique(f"{op.name}/Exit"), control=False, T=k)
    for t, s, k in zip(op.outputs, switches[first:], kinds[first:]):
        w.refs[t] = w.node("Exit", [s], w.unique(f"{op.name}/Exit") if t.index else op.name,
                           control=False, T=k)


def _limit(w, op):
    """What maximum_iterations is called and its dtype, that of the counter; None without."""
    limit = op.get_attr("maximum_iterations")
    if limit is None:
        return None
    have = strong(limit._dtype)
    if have is None:
        raise NotWritableError(f"{where(op)}: maximum_iterations has no dtype.")
    counted = have if have in (np.int32, np.int64) else np.dtype(np.int32)
    return w.cast(w.ref(limit), have, counted), counted


def _one_more(w, op, counter, dtype):
    """The counter of a loop after a turn."""
    before, w.pivot = w.pivot, counter
    try:
        one = w.const(1, "add/y", dtype)
    finally:
        w.pivot = before
    return w.node("Add", [counter, one], w.unique(f"{op.name}/add"), control=False, T=dtype)


# ---- branches ---------------------------------------------------------------------------

@writes("cond_")
def branch(w, op):
    pred, owned = w.ref(op._inputs[0]), inside(op)
    outer, switched = dict(w.refs), {}

    def side(index):
        def enter(tensor):
            if tensor not in switched:
                ref = outer.get(tensor) or w.ref(tensor)
                switched[tensor] = w.node("Switch", [ref, pred], w.unique(f"{op.name}/Switch"),
                                          control=False, T=kind(tensor))
            return f"{switched[tensor]}:1" if index else switched[tensor]
        return enter
    gate = w.node("Switch", [pred, pred], w.unique(f"{op.name}/pivot"), control=False,
                  T=type_of(op._inputs[0]._dtype))
    found = []
    for index, outputs in zip((1, 0), op.get_attr("parts")):
        w.op = op
        pivot = w.node("Identity", [f"{gate}:1" if index else gate], w.unique(
            f"{op.name}/switch_{'ft'[index]}"), control=False, T=type_of(op._inputs[0]._dtype))
        refs = _Part(w, owned, side(index), pivot).write(outputs)
        # a value that neither part makes is alive on both sides, and must be on one
        effects = ["^" + n.name for n in outputs if not isinstance(n, Tensor)]
        w.op = op
        found.append([w.node("Identity", [ref, *effects], w.unique(f"{op.name}/Identity"),
                             control=False, T=kind(t))
                      for ref, t in zip(refs, [n for n in outputs if isinstance(n, Tensor)])]
                     or [w.node("Identity", [pivot, *effects], w.unique(f"{op.name}/Identity"),
                                control=False, T=type_of(op._inputs[0]._dtype))])
    w.op = op
    for i, (true, false) in enumerate(zip(*found)):
        k = kind(op.outputs[i]) if op.outputs else type_of(op._inputs[0]._dtype)
        name = w.node("Merge", [false, true], w.unique(f"{op.name}/Merge") if i else op.name,
                      control=not i, T=k, N=2)
        if op.outputs:
            w.refs[op.outputs[i]] = name


# ---- TensorArrays -----------------------------------------------------------------------

@writes("tensor_array")
def tensor_array(w, op):
    a = op.attrs
    if a["dtype"] is None:
        raise NotWritableError(f"{where(op)} has no dtype.")
    w.last("TensorArrayV3", [w.ref(t) for t in op._inputs], dtype=type_of(a["dtype"]),
           element_shape=_shape(a["shape"]), dynamic_size=bool(a["dynamic"]),
           clear_after_read=bool(a["clears"]), identical_element_shapes=bool(a["same"]),
           tensor_array_name="")


def _shape(shape):
    return None if shape is None else Shape(shape)


@writes("tensor_array_write", "tensor_array_scatter", "tensor_array_split")
def array_in(w, op):
    value = op._inputs[1 if op.op_type.endswith("split") else 2]
    w.last(op.opdef.node, [w.ref(t) for t in op._inputs], T=type_of(value._dtype))


@writes("tensor_array_read")
def array_read(w, op):
    w.last("TensorArrayReadV3", [w.ref(t) for t in op._inputs],
           dtype=type_of(op.outputs[0]._dtype))


@writes("tensor_array_gather")
def array_gather(w, op):
    w.last("TensorArrayGatherV3", [w.ref(t) for t in op._inputs],
           dtype=type_of(op.outputs[0]._dtype), element_shape=_shape(op.attrs["shape"]))


@writes("tensor_array_concat")
def array_concat(w, op):
    shape = op.attrs["shape"]
    w.last("TensorArrayConcatV3", [w.ref(t) for t in op._inputs],
           dtype=type_of(op.outputs[0]._dtype),
           element_shape_except0=_shape(None if shape is None else shape[1:]))


@writes("tensor_array_size")
def array_size(w, op):
    w.last("TensorArraySizeV3", [w.ref(t) for t in op._inputs])


@writes("tensor_array_close")
def array_close(w, op):
    w.last("TensorArrayCloseV3", [w.ref(t) for t in op._inputs])
