"""L-BFGS: SciPy's optimizer on a compiled loss and gradient of all rows."""

import numpy as np
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

from fastgrad.graph.doors import warn
from fastgrad.sklearn.architecture import reported_share


class Objective:
    """The penalised mean loss of all rows as a function of one vector of weights.

    Parameters
    ----------
    functions : Functions
    X, y : the rows
    sample_weight : ndarray of (rows,), or None
    alpha : float
        Of the squares of the products' weights, over twice the sum of the rows' weights.
    fixed : int
        So many of the last weights stay as they are.
    """

    def __init__(self, functions, X, y, sample_weight, alpha, weights, fixed=0):
        self.functions, self.rows = functions, (X, y, sample_weight)
        self.share = X.shape[0] if sample_weight is None else float(
            sample_weight.sum(dtype=np.float64))
        if not self.share > 0:
            raise ValueError(f"sample_weight must have a positive sum; it is {self.share}.")
        self.alpha, self.weights = float(alpha), [np.asarray(w) for w in weights]
        self.free = len(self.weights) - fixed
        self.dtype = np.dtype(functions.net.dtype)
        self.penalised = sum(w.size for w in self.weights[:len(functions.net.units) - 1])

    def packed(self):
        """The weights as one vector."""
        return np.concatenate([w.ravel() for w in self.weights[:self.free]]).astype(np.float64)

    def unpacked(self, vector):
        """Arrays of the net's dtype; of float64 they are views."""
        vector, arrays, start = np.asarray(vector, self.dtype), [], 0
        for w in self.weights[:self.free]:
            arrays.append(vector[start:start + w.size].reshape(w.shape))
            start += w.size
        return arrays + self.weights[self.free:]

    def __call__(self, vector):
        """(loss, gradient)."""
        total, grads = self.functions.loss(*self.rows, self.unpacked(vector))
        gradient = np.concatenate([g.ravel() for g in grads[:self.free]]).astype(np.float64)
        gradient /= self.share
        products = vector[:self.penalised]
        gradient[:self.penalised] += products * (self.alpha / self.share)
        penalty = 0.5 * self.alpha / self.share * float(products @ products)
        return total / self.share + penalty, gradient

    def reported(self, vector, value):
        """The loss as scikit-learn reports it."""
        part = reported_share(self.functions.net)
        if part == 1:
            return value
        products = vector[:self.penalised]
        penalty = 0.5 * self.alpha / self.share * float(products @ products)
        return (value - penalty) * part + penalty


def minimised(objective, max_iter, name, callback=None, **options):
    """(weights as arrays, loss, iterations) at the minimum; warns if it was not reached."""
    start, told = objective.packed(), None
    if callback is not None:
        count = iter(range(max_iter + 1))

        def told(intermediate_result):
            if callback(next(count), intermediate_result):
                raise StopIteration
    found = minimize(objective, start, method="L-BFGS-B", jac=True, callback=told,
                     options={"maxiter": max_iter, **options})
    if found.status == 1 and "CALLBACK" not in str(found.message).upper():
        warn(f"{name}: L-BFGS ended after {found.nit} iterations and {found.nfev} evaluations "
             f"before it converged ({found.message}). Give more by max_iter, or scale the data, "
             "for example with StandardScaler.", ConvergenceWarning)
    loss = objective.reported(found.x, float(found.fun))
    return objective.unpacked(found.x.copy()), loss, min(found.nit, max_iter)
