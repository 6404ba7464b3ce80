"""A table in scikit-learn's way: pipeline, search, a rare class, a file."""

import os
import tempfile

import joblib
import numpy as np
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastgrad.sklearn import MLPClassifier

rng = np.random.default_rng(0)
table = rng.normal(size=(4000, 6)) * [1, 20, 0.1, 5, 1, 300]
z = table / [1, 20, 0.1, 5, 1, 300]
classes = np.where(z[:, 0] * z[:, 1] + z[:, 2] > 2, "fault", "fine")      # about one in twelve
X, X_test, y, y_test = train_test_split(table, classes, stratify=classes, random_state=0)

model = MLPClassifier((32, 16), activation=["tanh", "relu"], dropout=0.05, class_weight="balanced",
                      learning_rate_init=0.01, batch_size=100, max_iter=300, tol=1e-3,
                      dtype="float32", num_threads=1, random_state=0)

search = GridSearchCV(make_pipeline(StandardScaler(), model),
                      {"mlpclassifier__alpha": [1e-4, 1e-1], "mlpclassifier__dropout": [0.0, 0.1]},
                      scoring="balanced_accuracy", cv=3).fit(X, y)
print("best:", search.best_params_, f"of {search.best_score_:.3f}")

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.joblib")
    joblib.dump(search.best_estimator_, path)
    found = joblib.load(path).predict(X_test)
print(f"faults found: {(found[y_test == 'fault'] == 'fault').mean():.3f}")
print(f"balanced accuracy on unseen rows {balanced_accuracy_score(y_test, found):.3f}")
