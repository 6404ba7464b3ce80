"""Hyperparameters of the perceptrons: what each may be, checked when a fit begins."""

import numbers

import numpy as np

from fastgrad.sklearn.architecture import ACTIVATIONS

SOLVERS = ("lbfgs", "sgd", "adam")
SCHEDULES = ("constant", "invscaling", "adaptive")


def _number(low, high=np.inf, closed="both", whole=False):
    """(test, words) of a number between two others."""
    kind = numbers.Integral if whole else numbers.Real
    words = "a whole number" if whole else "a number"
    if high != np.inf:
        words += f" from {low} to {high}, {'both' if closed == 'both' else f'without {high}'}"
    else:
        words += f" above {low}" if closed == "right" else f" of {low} or more"

    def test(value):
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, kind):
            return False
        return (value > low if closed == "right" else value >= low) and (
            value < high if closed == "left" and high != np.inf else value <= high)
    return test, words


def _one_of(*names):
    return (lambda value: isinstance(value, str) and value in names,
            "one of " + ", ".join(map(repr, names)))


def _switch():
    return (lambda value: isinstance(value, (bool, np.bool_))), "True or False"


def _either(*choices):
    return (lambda value: any(test(value) for test, _ in choices),
            " or ".join(words for _, words in choices))


_NONE = (lambda value: value is None), "None"
_CALL = callable, "a function"
_WEIGHTS = _either(_NONE, _one_of("balanced"),
                   ((lambda value: hasattr(value, "items")), "a dict of weights by class"))

RULES = {
    "solver": _one_of(*SOLVERS), "alpha": _number(0),
    "batch_size": _either(_one_of("auto"), _number(1, whole=True)),
    "learning_rate": _one_of(*SCHEDULES), "learning_rate_init": _number(0, closed="right"),
    "power_t": _number(0), "max_iter": _number(1, whole=True), "shuffle": _switch(),
    "tol": _number(0), "warm_start": _switch(), "momentum": _number(0, 1),
    "nesterovs_momentum": _switch(), "early_stopping": _switch(),
    "validation_fraction": _number(0, 1, closed="left"), "beta_1": _number(0, 1, closed="left"),
    "beta_2": _number(0, 1, closed="left"), "epsilon": _number(0, closed="right"),
    "n_iter_no_change": _either(_number(1, whole=True), ((lambda v: v == np.inf), "infinity")),
    "max_fun": _number(1, whole=True), "batch_norm": _switch(),
    "dtype": _either(_NONE, _one_of("float32", "float64")), "class_weight": _WEIGHTS,
    "num_threads": _either(_NONE, _number(1, whole=True)),
    "callbacks": _either(_NONE, ((lambda v: hasattr(v, "__iter__")), "a list of functions")),
    "progress": _either(_NONE, _switch()), "C": _number(0, closed="right"),
    "fit_intercept": _switch(),
}


def check(estimator, losses=()):
    """ValueError or TypeError for the first parameter that cannot be."""
    for name, value in estimator.get_params(deep=False).items():
        if name == "loss":
            rule = _either(_one_of(*losses), _CALL)
        elif name in RULES:
            rule = RULES[name]
        else:
            continue
        test, words = rule
        if not test(value):
            raise ValueError(f"{type(estimator).__name__}: {name} must be {words}; "
                             f"got {value!r:.80}.")


def hidden_units(sizes):
    """Hidden units of each layer."""
    units = tuple(np.atleast_1d(np.asarray(sizes, dtype=object)))
    for n in units:
        if not isinstance(n, numbers.Integral) or n < 1:
            raise ValueError(f"hidden_layer_sizes must be > 0, whole numbers; got {sizes!r:.80}.")
    return tuple(int(n) for n in units)


def for_each_layer(name, value, count):
    """A setting of each of `count` hidden layers, given once or as a list."""
    if isinstance(value, (list, tuple)):
        if len(value) != count:
            raise ValueError(f"{name} has {len(value)} entries for {count} hidden layers; give "
                             "one for each, or one for all.")
        return tuple(value)
    return (value,) * count


def activations(value, count):
    """The activation of each hidden layer: a name, or a function of nodes."""
    found = for_each_layer("activation", value, count)
    for one in found or (value,):
        if not callable(one) and one not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {', '.join(map(repr, ACTIVATIONS))}, a "
                             f"function of a node, or a list of such; got {value!r:.80}.")
    return found


def dropout(value, count):
    """The share of each hidden layer's units that is dropped."""
    found = for_each_layer("dropout", value, count)
    for one in found:
        if isinstance(one, bool) or not isinstance(one, numbers.Real) or not 0 <= one < 1:
            raise ValueError("dropout must be a share from 0 to below 1, or a list of such; got "
                             f"{value!r:.80}.")
    return tuple(float(one) for one in found)
