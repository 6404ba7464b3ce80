"""Estimators for scikit-learn: multi-layer perceptrons and softmax regression, compiled.

`from fastgrad.sklearn import MLPClassifier, MLPRegressor, LogisticRegression` needs scikit-learn,
the extra `sklearn`. They take scikit-learn's parameters and more, and give the same fit.
"""

import importlib as _importlib
import importlib.util as _util
from typing import TYPE_CHECKING as _TYPE_CHECKING

if _TYPE_CHECKING:
    from fastgrad.sklearn.classifier import MLPClassifier
    from fastgrad.sklearn.logistic import LogisticRegression
    from fastgrad.sklearn.regressor import MLPRegressor

_FILES = {"MLPClassifier": "classifier", "MLPRegressor": "regressor",
          "LogisticRegression": "logistic"}
__all__ = list(_FILES)


def __getattr__(name):
    """Load an estimator, and scikit-learn with it, at its first use."""
    if name not in _FILES:
        raise AttributeError(f"fastgrad.sklearn has no {name!r}; there is {', '.join(_FILES)}.")
    if _util.find_spec("sklearn") is None:
        raise ImportError(f"fastgrad.sklearn.{name} needs scikit-learn, which is not installed. "
                          'Install it: pip install "fastgrad[sklearn]".')
    found = getattr(_importlib.import_module(f"fastgrad.sklearn.{_FILES[name]}"), name)
    globals()[name] = found
    return found


def __dir__():
    return sorted(__all__)
