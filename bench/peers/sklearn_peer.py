"""scikit-learn: MLPClassifier, plain SGD, one partial_fit of one batch per step.

partial_fit checks and encodes its labels on every call; users of the class pay for that, so it
is timed.
"""
import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

from bench.images import ImageWorkload
from bench.peers import Unsupported
from bench.sequences import Sequence
from bench.workloads import make_data, make_weights

ACTIVATION = {"none": "identity", "relu": "relu", "tanh": "tanh", "sigmoid": "logistic"}


def versions():
    return {"scikit-learn": sklearn.__version__}


def build(workload):
    if isinstance(workload, Sequence):
        raise Unsupported("recurrent nets are not compared here")
    if isinstance(workload, ImageWorkload):
        raise Unsupported("dense nets only")
    if workload.layers[-1] == 2:
        raise Unsupported("MLPClassifier models two classes with one logistic output: another net")
    return Net(workload)


class Net:
    def __init__(self, workload):
        self.x, c = make_data(workload)
        self.label = c.argmax(axis=1)
        # Its loss is a mean over the batch; the tutorial's sum is the same with a larger rate.
        rate = workload.lr * (workload.batch if workload.loss == "tutorial" else 1)
        self.model = MLPClassifier(
            workload.layers[1:-1], activation=ACTIVATION[workload.hidden], solver="sgd", alpha=0.0,
            batch_size=workload.batch, learning_rate_init=rate, shuffle=False, momentum=0.0,
            nesterovs_momentum=False)
        # The first call makes the arrays and their optimizer, which then see ours written in place.
        self.model.partial_fit(self.x, self.label, classes=np.arange(workload.layers[-1]))
        arrays = make_weights(workload)
        own = self.model.coefs_ + self.model.intercepts_
        for target, array in zip(own, arrays[::2] + arrays[1::2]):
            target[...] = array
        self.step = self.train if workload.trains else self.predict

    def train(self):
        self.model.partial_fit(self.x, self.label)

    def predict(self):
        return self.model.predict_proba(self.x)

    def weights(self):
        return [a.copy() for pair in zip(self.model.coefs_, self.model.intercepts_) for a in pair]
