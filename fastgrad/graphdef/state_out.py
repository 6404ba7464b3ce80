"""Writers of variables, assignments, optimizers' steps, groups, assertions and summaries."""

import numpy as np

from fastgrad.graph.dtypes import TEXT
from fastgrad.graph.opdef import node_type
from fastgrad.graphdef.array_out import type_of
from fastgrad.graphdef.math_out import dtype_out
from fastgrad.graphdef.writer import NotWritableError, Shape, writes
from fastgrad.wording import where


@writes("variable")
def variable(w, op):
    out = op.outputs[0]
    if out._dtype is None:
        raise NotWritableError(f"{where(op)} has no dtype.")
    w.last("VariableV2", (), dtype=type_of(out._dtype), container="", shared_name="",
           shape=None if out._shape is None else Shape(out._shape))
    read = f"{op.name}/read"            # the node that collections say the value is read by
    if w.unique(read) == read:
        w.node("Identity", [op.name], read, control=False, T=type_of(out._dtype),
               _class=[f"loc:@{op.name}"])


@writes("assign", "assign_shaped")
def assign(w, op):
    w.last("Assign", w.operands(op), T=type_of(op._inputs[0]._dtype), use_locking=True,
           validate_shape=op.op_type == "assign")


@writes("assign_add", "assign_sub")
def assign_more(w, op):
    w.last(node_type(op), w.operands(op), T=dtype_out(op), use_locking=False)


@writes("assign_mul")
def assign_mul(w, op):
    ref, value = w.operands(op)
    product = w.node("Mul", [ref, value], T=dtype_out(op))
    w.last("Assign", [ref, product], T=dtype_out(op), use_locking=True, validate_shape=True)


@writes("group")
def group(w, op):
    w.last("NoOp")


@writes("is_initialized")
def is_initialized(w, op):
    variable_ = op.get_attr("variable")
    w.last("IsVariableInitialized", [variable_.name], dtype=type_of(variable_.outputs[0]._dtype))


@writes("scatter_rows", "scatter_elements")
def scatter(w, op):
    kind = ("Scatter" if op.op_type.endswith("rows") else "ScatterNd") + \
        op.attrs["how"].capitalize()
    w.last(kind, w.operands(op), T=type_of(op._inputs[0]._dtype),
           Tindices=op._inputs[1]._dtype)


@writes("assert_")
def check(w, op):
    texts = [w.const(np.asarray(op.attrs["message"].encode(), object), "data")] \
        if op.attrs["message"] else []
    inputs = [w.ref(t) for t in op._inputs]
    kinds = [type_of(t._dtype) for t in op._inputs[1:]]
    if not texts and len(inputs) == 1:
        texts = [w.const(np.asarray(b"assertion failed", object), "data")]
    w.last("Assert", [inputs[0], *texts, *inputs[1:]],
           T=[type_of(TEXT)] * len(texts) + kinds, summarize=3)


@writes("summary_")
def summary(w, op):
    parts = op.attrs["parts"]
    if len(parts) == 1:
        return _one_summary(w, op, parts[0], w.ref(op._inputs[0]), op.name)
    made = [_one_summary(w, op, part, w.ref(t), w.unique(f"{op.name}/{part[0]}"))
            for part, t in zip(parts, op._inputs)]
    w.last("MergeSummary", made, N=len(made))


def _one_summary(w, op, part, ref, name):
    kind, tag, *more = part
    tensor = next(t for t in op._inputs if w.ref(t) == ref)
    label = w.const(np.asarray(tag.encode(), object), "tags")
    attrs = {"max_images": more[0]} if kind == "image" else {}
    return w.node(f"{kind.capitalize()}Summary", [label, ref], name, T=type_of(tensor._dtype),
                  **attrs)


# ---- steps of optimizers ----------------------------------------------------------------

def _parts(w, tensor, count):
    """The numbers of a vector: what was packed, or places of it."""
    op = tensor.op
    if op.op_type == "pack" and len(op._inputs) == count:
        return [w.ref(t) for t in op._inputs]
    if op.op_type == "constant":
        return [w.const(v, "hyper", tensor._dtype) for v in op.attrs["value"].tolist()]
    index = np.dtype(np.int32)
    return [w.node("GatherV2", [w.ref(tensor), w.const(i, "place", np.int32),
                                w.const(0, "axis", np.int32)], Tparams=tensor._dtype,
                   Tindices=index, Taxis=index) for i in range(count)]


def _of_one(w, ref, tensor):
    """A rate, which is a scalar in TensorFlow."""
    if tensor._shape in ((), None):
        return ref
    return w.node("Reshape", [ref, w.const(np.zeros(0, np.int32), "shape")],
                  T=tensor._dtype, Tshape=np.dtype(np.int32))


# op type -> (variables that are written, numbers in `hyper`,
#             the order of TensorFlow's inputs by our parameters' names; h0, h1, ... of `hyper`)
STEPS = {
    "apply_gradient_descent": (1, 0, "ref lr grad"),
    "apply_momentum": (2, 0, "ref accum lr grad momentum"),
    "apply_adagrad": (2, 0, "ref accum lr grad"),
    "apply_adadelta": (3, 2, "ref accum accum_update lr h0 h1 grad"),
    "apply_rms_prop": (3, 3, "ref ms mom lr h0 h1 h2 grad"),
    "apply_centered_rms_prop": (4, 3, "ref mg ms mom lr h0 h1 h2 grad"),
    "apply_adam": (3, 3, "ref m v beta1_power beta2_power lr h0 h1 h2 grad"),
    "apply_ftrl": (3, 4, "ref accum linear grad lr h0 h1 h3 h2"),
    "apply_momentum_rows": (2, 0, "ref accum lr values indices momentum"),
    "apply_adagrad_rows": (2, 0, "ref accum lr values indices"),
    "apply_adadelta_rows": (3, 2, "ref accum accum_update lr h0 h1 values indices"),
    "apply_rms_prop_rows": (3, 3, "ref ms mom lr h0 h1 h2 values indices"),
    "apply_centered_rms_prop_rows": (4, 3, "ref mg ms mom lr h0 h1 h2 values indices"),
    "apply_ftrl_rows": (3, 4, "ref accum linear values indices lr h0 h1 h3 h2"),
}
NODES = {
    "apply_ftrl": "ApplyFtrlV2", "apply_momentum_rows": "SparseApplyMomentum",
    "apply_adagrad_rows": "SparseApplyAdagrad", "apply_adadelta_rows": "SparseApplyAdadelta",
    "apply_rms_prop_rows": "SparseApplyRMSProp", "apply_ftrl_rows": "SparseApplyFtrlV2",
    "apply_centered_rms_prop_rows": "SparseApplyCenteredRMSProp"}


@writes(*STEPS)
def step(w, op):
    count, numbers, order = STEPS[op.op_type]
    names = op.opdef.tensors
    refs, given = {}, dict(zip(names, op._inputs))
    for name, ref, t in zip(names, w.operands(op), op._inputs):
        refs[name] = _of_one(w, ref, t) if name in (
            "lr", "momentum", "beta1_power", "beta2_power") else ref
    if numbers:
        refs.update({f"h{i}": r for i, r in enumerate(_parts(w, given["hyper"], numbers))})
    attrs = {"T": op._inputs[0]._dtype}
    if "indices" in given:
        attrs["Tindices"] = given["indices"]._dtype
    if "use_nesterov" in op.attrs:
        attrs["use_nesterov"] = bool(op.attrs["use_nesterov"])
    kind = NODES.get(op.op_type) or node_type(op)
    w.last(kind, [refs[n] for n in order.split()], **attrs)
    for i, t in enumerate(op.outputs):
        if i:                           # TensorFlow's node has the variable alone for an output
            w.refs[t] = refs[names[i]]


@writes("apply_gradient_descent_rows")
def descent_by_rows(w, op):
    ref, rate, indices, values = w.operands(op)
    kind = op._inputs[0]._dtype
    scaled = w.node("Mul", [values, _of_one(w, rate, op._inputs[1])], T=kind)
    w.last("ScatterSub", [ref, indices, scaled], T=kind, Tindices=op._inputs[2]._dtype)

