"""Embeddings with a sampled loss, and a recurrent network unrolled in Python."""
import numpy as np

import fastgrad.compat.v1 as tf

tf.reset_default_graph()
vocabulary, size, steps = 20, 8, 4
words = tf.placeholder(tf.int32, [None, steps])
targets = tf.placeholder(tf.int32, [None, 1])
table = tf.Variable(tf.random_uniform([vocabulary, size], -1.0, 1.0, seed=1))
embedded = tf.nn.embedding_lookup(table, words)
state = tf.zeros([tf.shape(words)[0], size])
W = tf.get_variable("W", [2 * size, size], tf.float32, tf.orthogonal_initializer())
for i in range(steps):
    state = tf.tanh(tf.matmul(tf.concat([embedded[:, i], state], axis=1), W))
weights = tf.get_variable("weights", [vocabulary, size])
biases = tf.get_variable("biases", [vocabulary], initializer=tf.constant_initializer(0.0))
loss = tf.reduce_mean(tf.nn.sampled_softmax_loss(
    weights=weights, biases=biases, labels=targets, inputs=state, num_sampled=5,
    num_classes=vocabulary))
train = tf.train.AdagradOptimizer(0.5).minimize(loss)
with tf.Session(config=tf.ConfigProto()) as sess:
    sess.run(tf.global_variables_initializer())
    rng = np.random.default_rng(0)
    feed = {words: rng.integers(0, vocabulary, (6, steps)), targets: np.ones((6, 1))}
    for _ in range(3):
        _, value = sess.run([train, loss], feed)
    print(float(value), sess.run(embedded, feed).shape, state.shape.as_list())
