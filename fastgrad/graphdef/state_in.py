"""Builders of variables, their assignments, and the steps of optimizers.

A variable of a file has no initial value of its own: the node that initialises it is an
assignment like any other, which collections name (`meta_graph`).
"""

from fastgrad.flow.control import is_variable_initialized
from fastgrad.graphdef.registry import RegisterImport, UnsupportedNodeError
from fastgrad.ops.join import stack
from fastgrad.ops.reshape import reshape
from fastgrad.ops.scatter import (scatter_add, scatter_div, scatter_max, scatter_min, scatter_mul,
                                  scatter_sub, scatter_update)
from fastgrad.ops.state import assign_shaped, group
from fastgrad.variables.variable import Variable, bare_variable


@RegisterImport("VariableV2", "Variable", "VarHandleOp", "TemporaryVariable")
def variable(node):
    return bare_variable(node.graph, node.dtype("dtype"), node.attr("shape"), node.name + "/",
                         is_handle=node.type == "VarHandleOp")


def written(node, index=0):
    """The variable that an input is, read through identities and earlier updates."""
    found = through(node.inputs[index])
    if not isinstance(found, Variable):
        raise UnsupportedNodeError(f"its input {index} is no variable.")
    return found


PASSING = ("identity", "identity_n", "assign", "assign_add", "assign_sub", "assign_shaped")


def through(tensor):
    """What a tensor is of, read through identities and updates."""
    while not isinstance(tensor, Variable) and tensor.op.op_type in PASSING \
            and tensor.op._inputs:
        tensor = tensor.op._inputs[tensor.index if tensor.op.op_type == "identity_n" else 0]
    return tensor


@RegisterImport("Assign", "AssignVariableOp", effect=True)
def assign(node):
    ref, value = written(node), node.inputs[1]
    if not node.attr("validate_shape", True) or ref._shape is None:
        made = assign_shaped(ref, value, name=node.name + "/")
    else:
        made = node.op("assign", ref, value)
    return made if node.type == "Assign" else done(node, made)


def done(node, made):
    """A node without outputs that runs after an update."""
    with node.graph.control_dependencies([made.op]):
        return group(name=node.name + "/finished") if made.op.name == node.name else \
            group(name=node.name + "/")


@RegisterImport("AssignAdd", "AssignSub", "AssignAddVariableOp", "AssignSubVariableOp",
                effect=True)
def assign_more(node):
    kind = "assign_add" if "Add" in node.type else "assign_sub"
    made = node.op(kind, written(node), node.inputs[1])
    return done(node, made) if "Variable" in node.type else made


@RegisterImport("IsVariableInitialized", "VarIsInitializedOp")
def initialized(node):
    return is_variable_initialized(written(node))


_SCATTERS = {"Update": scatter_update, "Add": scatter_add, "Sub": scatter_sub, "Mul": scatter_mul,
             "Div": scatter_div, "Min": scatter_min, "Max": scatter_max}


@RegisterImport(*(f"{r}Scatter{k}" for r in ("", "Resource") for k in _SCATTERS), effect=True)
def scatter(node):
    kind = node.type.removeprefix("Resource").removeprefix("Scatter")
    made = _SCATTERS[kind](written(node), *node.inputs[1:], name=node.name + "/")
    return done(node, made) if node.type.startswith("Resource") else made


@RegisterImport("ScatterNdUpdate", "ScatterNdAdd", "ScatterNdSub", effect=True)
def scatter_nd(node):
    return node.op("scatter_elements", written(node), *node.inputs[1:],
                   how=node.type.removeprefix("ScatterNd").lower())


# ---- steps of optimizers ----------------------------------------------------------------

def _hyper(*numbers):
    """Numbers as the one vector that an update takes."""
    return stack([reshape(n, []) for n in numbers])


def _step(node, kind, slots, order):
    """An update: `slots` variables are written, `order` gives the others from the node's."""
    refs = [written(node, i) for i in range(1 + slots)]
    made = node.op(kind, *refs, *order(node.inputs[1 + slots:]))
    first = made[0] if isinstance(made, list) else made
    return done(node, first) if node.type.startswith("Resource") else [first]


# node type -> (operation, slots, the other operands in the operation's order)
STEPS = {
    "ApplyGradientDescent": ("apply_gradient_descent", 0, lambda o: o),
    "ApplyAdagrad": ("apply_adagrad", 1, lambda o: o),
    "ApplyAdadelta": ("apply_adadelta", 2, lambda o: [o[0], _hyper(o[1], o[2]), o[3]]),
    "ApplyRMSProp": ("apply_rms_prop", 2, lambda o: [o[0], _hyper(*o[1:4]), o[4]]),
    "ApplyCenteredRMSProp": ("apply_centered_rms_prop", 3,
                             lambda o: [o[0], _hyper(*o[1:4]), o[4]]),
    "ApplyAdam": ("apply_adam", 2, lambda o: [o[2], _hyper(*o[3:6]), o[0], o[1], o[6]]),
    "SparseApplyAdagrad": ("apply_adagrad_rows", 1, lambda o: [o[0], o[2], o[1]]),
    "SparseApplyAdadelta": ("apply_adadelta_rows", 2,
                            lambda o: [o[0], _hyper(o[1], o[2]), o[4], o[3]]),
    "SparseApplyRMSProp": ("apply_rms_prop_rows", 2,
                           lambda o: [o[0], _hyper(*o[1:4]), o[5], o[4]]),
    "SparseApplyCenteredRMSProp": ("apply_centered_rms_prop_rows", 3,
                                   lambda o: [o[0], _hyper(*o[1:4]), o[5], o[4]]),
}


def _named_step(kind, slots, order):
    def build(node):
        return _step(node, kind, slots, order)
    return build


for _name, _row in STEPS.items():
    for _prefix in ("", "Resource"):
        RegisterImport(_prefix + _name, effect=True)(_named_step(*_row))


@RegisterImport("ApplyMomentum", "ResourceApplyMomentum", effect=True)
def momentum(node):
    nesterov = bool(node.attr("use_nesterov", False))
    made = node.op("apply_momentum", written(node), written(node, 1), *node.inputs[2:],
                   use_nesterov=nesterov)
    return done(node, made[0]) if node.type.startswith("R") else [made[0]]


@RegisterImport("SparseApplyMomentum", "ResourceSparseApplyMomentum", effect=True)
def sparse_momentum(node):
    rate, values, indices, decay = node.inputs[2:]
    made = node.op("apply_momentum_rows", written(node), written(node, 1), rate, decay, indices,
                   values, use_nesterov=bool(node.attr("use_nesterov", False)))
    return done(node, made[0]) if node.type.startswith("R") else [made[0]]


@RegisterImport("ApplyFtrl", "ApplyFtrlV2", "ResourceApplyFtrl", "ResourceApplyFtrlV2",
                effect=True)
def ftrl(node):
    grad, rate, l1, l2, *rest = node.inputs[3:]
    shrink, power = rest if len(rest) == 2 else (None, rest[0])
    made = node.op("apply_ftrl", *(written(node, i) for i in range(3)), rate,
                   _hyper(l1, l2, power, shrink if shrink is not None else l1 * 0), grad)
    return done(node, made[0]) if node.type.startswith("R") else [made[0]]


@RegisterImport("SparseApplyFtrl", "ResourceSparseApplyFtrl", effect=True)
def sparse_ftrl(node):
    grad, indices, rate, l1, l2, power = node.inputs[3:]
    made = node.op("apply_ftrl_rows", *(written(node, i) for i in range(3)), rate,
                   _hyper(l1, l2, power, l1 * 0), indices, grad)
    return done(node, made[0]) if node.type.startswith("R") else [made[0]]


@RegisterImport("SparseApplyGradientDescent", effect=True)
def sparse_descent(node):
    rate, values, indices = node.inputs[1:]
    return node.op("apply_gradient_descent_rows", written(node), rate, indices, values)


@RegisterImport("DestroyResourceOp", "VariableShape")
def shape_of_variable(node):
    if node.type != "VariableShape":
        return group(name=node.name + "/")
    return node.op("shape", written(node), out_type=node.dtype("out_type", "int32"))

