"""Names from elsewhere: what other frameworks and NumPy call what is here, and near misses.

One table for each place where a name can be wrong: an attribute of a module, of a node, a keyword,
a NumPy function. Answers are words for an error; nothing here makes anything work under
another name. Public names are looked up when an error is worded, by import, so that this file
knows no module of the package.
"""

import builtins
import difflib
import importlib
import sys

# where a public name may be; `fastgrad` first, for the shortest answer
NAMESPACES = ("fastgrad", "fastgrad.nn", "fastgrad.train", "fastgrad.layers", "fastgrad.image",
              "fastgrad.losses", "fastgrad.metrics", "fastgrad.math", "fastgrad.linalg",
              "fastgrad.random", "fastgrad.summary")

# a name of another framework -> the public name
NAMES = {
    "Adam": "train.AdamOptimizer", "AdamW": "train.AdamOptimizer",
    "SGD": "train.GradientDescentOptimizer", "GradientDescent": "train.GradientDescentOptimizer",
    "RMSprop": "train.RMSPropOptimizer", "RMSProp": "train.RMSPropOptimizer",
    "Adagrad": "train.AdagradOptimizer", "Adadelta": "train.AdadeltaOptimizer",
    "Ftrl": "train.FtrlOptimizer", "Momentum": "train.MomentumOptimizer",
    "optim": "train", "optimizers": "train", "Linear": "layers.dense", "linear": "layers.dense",
    "fully_connected": "layers.dense", "BatchNorm1d": "layers.batch_normalization",
    "batch_norm": "layers.batch_normalization", "cross_entropy":
    "nn.softmax_cross_entropy_with_logits_v2", "CrossEntropyLoss":
    "nn.softmax_cross_entropy_with_logits_v2", "binary_cross_entropy":
    "nn.sigmoid_cross_entropy_with_logits", "BCEWithLogitsLoss":
    "nn.sigmoid_cross_entropy_with_logits", "mse_loss": "losses.mean_squared_error", "MSELoss":
    "losses.mean_squared_error", "tensor": "constant", "array": "constant", "asarray": "constant",
    "as_tensor": "convert_to_tensor", "mul": "multiply", "sub": "subtract", "neg": "negative",
    "mm": "matmul", "bmm": "matmul", "dot": "matmul", "cat": "concat", "concatenate": "concat",
    "vstack": "concat", "hstack": "concat", "sum": "reduce_sum", "mean": "reduce_mean",
    "max": "reduce_max", "amax": "reduce_max", "min": "reduce_min", "amin": "reduce_min",
    "prod": "reduce_prod", "all": "reduce_all", "any": "reduce_any", "std": "reduce_std",
    "var": "reduce_variance", "logsumexp": "reduce_logsumexp", "absolute": "abs", "fabs": "abs",
    "power": "pow", "clip": "clip_by_value", "clamp": "clip_by_value", "permute": "transpose",
    "swapaxes": "transpose", "moveaxis": "transpose", "view": "reshape", "ravel": "reshape",
    "flatten": "reshape", "unsqueeze": "expand_dims", "take": "gather", "astype": "cast",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "isnan": "is_nan", "isfinite": "is_finite", "isinf":
    "is_inf", "inv": "matrix_inverse", "det": "matrix_determinant", "solve": "matrix_solve",
    "around": "round", "fix": "rint", "remainder": "mod", "fmod": "truncatemod", "true_divide":
    "divide", "floor_divide": "floordiv", "randn": "random_normal", "rand": "random_uniform",
    "normal": "random_normal", "uniform": "random_uniform", "grad": "gradients", "GradientTape":
    "gradients", "value_and_grad": "gradients", "no_grad": "stop_gradient", "detach":
    "stop_gradient", "function": "Session.make_callable", "jit": "Session.make_callable",
    "manual_seed": "set_random_seed", "seed": "set_random_seed", "save": "train.Saver",
    "load": "train.Saver", "summary_writer": "summary.FileWriter", "Input": "placeholder",
    "expit": "sigmoid", "InteractiveSession": "compat.v1.InteractiveSession",
    "ConfigProto": "compat.v1.ConfigProto", "app": "compat.v1.app", "flags": "compat.v1.flags",
    "gfile": "compat.v1.gfile", "global_step": "train.global_step",
    "reset_default_session": "Session"}

# an attribute that a node of another framework has -> what to write, with `node` for it
ATTRIBUTES = {
    "numpy": "Session.run(node)", "item": "Session.run(node)", "tolist": "Session.run(node)",
    "cpu": "Session.run(node)", "data": "Session.run(node)", "value": "Session.run(node)",
    "backward": "{lib}.gradients(node, variables), or an optimizer's minimize(node)",
    "grad": "{lib}.gradients(loss, node)", "detach": "{lib}.stop_gradient(node)",
    "requires_grad": "{lib}.Variable(..., trainable=True)", "T": "{lib}.transpose(node)",
    "ndim": "{lib}.rank(node), or len(node.shape)", "size": "{lib}.size(node)",
    "to": "{lib}.cast(node, dtype)", "float": "{lib}.cast(node, {lib}.float32)",
    "double": "{lib}.cast(node, {lib}.float64)", "int": "{lib}.cast(node, {lib}.int32)",
    "long": "{lib}.cast(node, {lib}.int64)", "clone": "{lib}.identity(node)",
    "copy": "{lib}.identity(node)", "append": "{lib}.concat([node, other], axis)",
    "assign": "{lib}.Variable: only a variable can be assigned"}

# methods of another framework's tensors that are functions here, of this name or by NAMES
METHODS = ("sum", "mean", "max", "min", "prod", "std", "var", "all", "any", "argmax", "argmin",
           "reshape", "view", "ravel", "flatten", "permute", "transpose", "squeeze", "unsqueeze",
           "astype", "dot", "mm", "matmul", "exp", "log", "sqrt", "abs", "pow", "sigmoid", "tanh",
           "relu", "softmax", "clip", "clamp", "round", "cumsum", "mul", "add", "sub", "div", "neg",
           "cross_entropy", "gather", "repeat", "norm", "trace", "sort", "argsort")

# a keyword of another framework, or an old one -> ours, the first that the function has
KEYWORDS = {
    "lr": ("learning_rate",), "rate": ("learning_rate", "keep_prob"), "p": ("rate", "keep_prob"),
    "alpha": ("learning_rate",), "beta_1": ("beta1",), "beta_2": ("beta2",), "betas": ("beta1",),
    "eps": ("epsilon",), "rho": ("decay",), "axes": ("axis",), "dim": ("axis",), "dims": ("axis",),
    "keepdim": ("keepdims",), "input": ("inputs", "input_tensor", "x", "features"),
    "activation_fn": ("activation",), "out_features": ("units",), "size": ("shape", "units"),
    "kernel_init": ("kernel_initializer",), "bias": ("use_bias",), "init": ("initializer",),
    "y_true": ("labels",), "y_pred": ("predictions", "logits"), "targets": ("labels",),
    "target": ("labels",), "data": ("initial_value", "value"), "requires_grad": ("trainable",),
    "params": ("var_list",), "parameters": ("var_list",), "feed": ("feed_dict",),
    "n_epochs": ("epochs",), "num_epochs": ("epochs",), "batch": ("batch_size",)}


def _public(namespace):
    """{name: thing} of a namespace's public names; empty if it cannot be had."""
    parent, _, leaf = namespace.rpartition(".")
    module = sys.modules.get(parent or namespace)
    if parent and module is not None:
        module = vars(module).get(leaf)         # `fastgrad.math` need not be a module of that name
    if module is None:
        try:
            module = importlib.import_module(namespace)
        except ImportError:
            return {}
    # `abs`, `round`, ... are public, and not in `__all__`: a star import must not hide builtins
    names = [*getattr(module, "__all__", ()), *filter(dir(builtins).__contains__, vars(module))]
    return {n: vars(module)[n] for n in names if n in vars(module) and not n.startswith("_")}


def _plain(name):
    return name.replace("_", "").lower()


def near(name, names):
    """The name of `names` that is meant, or None: the same in another spelling, or a near miss."""
    for known in names:
        if _plain(known) == _plain(name):
            return known
    found = difflib.get_close_matches(name, names, 1, 0.75)
    if found:
        return found[0]
    return next((n for n in names if len(n) > 3 and name.startswith(n + "_")), None)


def public_name(name, namespace="fastgrad"):
    """The public name that is meant by `name`, asked of a namespace; with dots, or None."""
    own, lib = _public(namespace), "fastgrad"
    if near(name, own) is not None and _plain(near(name, own)) == _plain(name):
        return f"{namespace}.{near(name, own)}"
    for other in NAMESPACES:
        if name in _public(other):
            return f"{other}.{name}"
    if name in NAMES:
        return f"{lib}.{NAMES[name]}"
    for other in (namespace, *NAMESPACES):
        found = near(name, _public(other))
        if found is not None:
            return f"{other}.{found}"
    return None


def missing(namespace):
    """A module's `__getattr__`: the error of a name that is not there, with the one that is."""
    def getter(name):
        text = f"module {namespace!r} has no attribute {name!r}"
        meant = None if name.startswith("_") else public_name(name, namespace)
        if meant is not None:
            text += f". Did you mean {meant}?"
        raise AttributeError(text, name=name, obj=sys.modules.get(namespace))
    return getter


def attribute(name, lib):
    """What to write for an attribute of ATTRIBUTES or METHODS; `lib` is "fastgrad" or "tf"."""
    if name in ATTRIBUTES:
        return ATTRIBUTES[name].format(lib=lib)
    return f"{function(name, lib)}(node, ...)"


def function(name, lib):
    """The function that does what NumPy's function of this name does: `fastgrad.log`, or None."""
    for candidate in (name, NAMES.get(name)):
        for namespace in NAMESPACES[:2]:
            if candidate in _public(namespace):
                return lib + namespace[len("fastgrad"):] + "." + candidate
    return f"{lib}.{NAMES[name]}" if "." in NAMES.get(name, "") else None


def keyword(name, parameters):
    """The parameter that is meant by a keyword, or None."""
    for meant in KEYWORDS.get(name, ()):
        if meant in parameters:
            return meant
    return near(name, parameters)
