"""scikit-learn's own checks of estimators, one a test."""

import unittest
import warnings

import pytest

pytest.importorskip("sklearn")
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastgrad.sklearn import LogisticRegression, MLPClassifier, MLPRegressor

warnings.simplefilter("ignore", SkipTestWarning)
# as scikit-learn checks its own perceptrons: fewer epochs, the same data
ESTIMATORS = [MLPClassifier(max_iter=100), MLPRegressor(max_iter=100),
              MLPClassifier(solver="lbfgs", max_iter=60), MLPRegressor(solver="sgd", max_iter=60),
              LogisticRegression()]


@parametrize_with_checks(ESTIMATORS)
@pytest.mark.filterwarnings("ignore")
def test_check(estimator, check):
    """A check that does not concern the estimator, or wants pandas where there is none, passes."""
    try:
        check(estimator)
    except unittest.SkipTest:
        pass
