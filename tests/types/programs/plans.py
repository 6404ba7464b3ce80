"""Plans, errors, names, collections, saving."""
import os
import tempfile

import numpy as np

import fastgrad as fg
from fastgrad.typing import DTypeLike, Plan, ShapeLike, TensorLike


def scaled(x: TensorLike, by: float = 2.0) -> fg.Tensor:
    return fg.multiply(x, by)


def source(dtype: DTypeLike, shape: ShapeLike) -> fg.Tensor:
    return fg.placeholder(dtype, shape)


x = source("float32", [None, 2])
with fg.name_scope("model") as scope:
    w = fg.Variable(np.ones((2, 2), np.float32), name="w")
    y = fg.identity(scaled([1.0, 2.0]) + x @ w, name="y")
graph = fg.get_default_graph()
assert graph.get_tensor_by_name(y.name) is y and scope.startswith("model")
session = fg.Session(graph=graph, check_numerics=False)
plan: Plan = session.plan([y], {x: np.zeros((3, 2))})
print(plan.explain().count("\n"), plan.arena_bytes, plan.threads)
try:
    session.run(y, {x: np.zeros(3)})
except fg.errors.FeedError as error:
    print(type(error).__name__, str(error)[:20])
saver = fg.train.Saver()
with tempfile.TemporaryDirectory() as folder:
    path = saver.save(session, os.path.join(folder, "w"))
    w.value = [[0.0, 1.0], [1.0, 0.0]]
    w.load(np.eye(2))
    saver.restore(session, path)
    names = [name for name, shape in fg.train.list_variables(path)]
assert names == ["model/w"] and w.value.sum() == 4
for op in graph.get_operations():
    assert isinstance(op.name, str)
print([v.name for v in fg.trainable_variables()], w.dtype.name, y.shape.ndims)
session.close()
