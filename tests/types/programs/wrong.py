"""Lines marked `# wrong` are errors, no others; this program is not run."""
import numpy as np

import fastgrad as fg
import fastgrad.compat.v1 as tf

x = fg.placeholder(np.float32, [None, 3])
session = fg.Session()
h = fg.nn.relu(x, nam="h")  # wrong
h = fg.nn.relu()  # wrong
y = fg.layers.dense(x)  # wrong
fg.train.AdamOptimizer(lr=0.1)  # wrong
session.run()  # wrong
session.run(5)  # wrong
session.run(x, feeds={})  # wrong
fg.Relu(x)  # wrong
tf.nn.rellu(x)  # wrong
x.numpy()  # wrong
session.run(x).nothing  # wrong
session.fit(x, {x: 1.0}, batch=3)  # wrong
train = fg.train.GradientDescentOptimizer(0.1).minimize(fg.reduce_sum(x))
session.run(train) + 1  # wrong
fg.reduce_sum(x, axes=1)  # wrong
session.plan(x).explain(1)  # wrong
