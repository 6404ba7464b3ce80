"""Weights of rows: checked, and joined with those of classes."""

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.class_weight import compute_sample_weight


def row_weights(X, y, sample_weight, class_weight=None):
    """The weight of each row in the dtype of `X`, or None if all are 1.

    Raises
    ------
    ValueError
        If there is not one number a row, or they have no positive sum.
    """
    weights = None
    if sample_weight is not None:
        weights = check_array(sample_weight, ensure_2d=False, dtype=X.dtype, order="C",
                              input_name="sample_weight")
        if weights.shape != (X.shape[0],):
            raise ValueError(f"sample_weight.shape == {weights.shape}, expected "
                             f"({X.shape[0]},): one number a row.")
    if class_weight is not None:
        if isinstance(class_weight, str) and weights is not None and y.ndim == 1:
            by_class = _balanced(y, weights)
        else:
            by_class = compute_sample_weight(class_weight, y)
        weights = np.asarray(by_class, X.dtype) if weights is None else \
            weights * by_class.astype(X.dtype)
    if weights is not None and not weights.sum(dtype=np.float64) > 0:
        raise ValueError("the weights of the rows (sample_weight and class_weight) must not all "
                         "be zero: their sum must be above 0; it is "
                         f"{weights.sum(dtype=np.float64)}.")
    return weights


def _balanced(y, weights):
    """Weights by class that give all classes the same sum of sample weights."""
    classes, codes = np.unique(y, return_inverse=True)
    sums = np.bincount(codes, weights)
    return (weights.sum() / (len(classes) * np.where(sums > 0, sums, np.inf)))[codes]
