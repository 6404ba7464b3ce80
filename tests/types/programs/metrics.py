"""Streaming metrics, losses, regularizers, moving averages."""
import numpy as np

import fastgrad.compat.v1 as tf

tf.reset_default_graph()
labels = tf.placeholder(tf.int64, [None])
scores = tf.placeholder(tf.float32, [None, 3])
accuracy, update = tf.metrics.accuracy(labels=labels, predictions=tf.argmax(scores, axis=1))
one_hot = tf.one_hot(labels, depth=3)
tf.losses.softmax_cross_entropy(one_hot, scores)
regularizer = tf.contrib.layers.l2_regularizer(scale=0.1)
dense = tf.layers.Dense(2, activation=tf.nn.sigmoid, kernel_regularizer=regularizer)
out = dense(scores)
total = tf.losses.get_total_loss()
average = tf.train.ExponentialMovingAverage(decay=0.9)
maintain = average.apply(tf.trainable_variables())
matrix = tf.confusion_matrix(labels, tf.argmax(scores, 1), num_classes=3)
normal = tf.distributions.Normal(loc=0.0, scale=[1.0, 2.0])
likelihood = normal.log_prob(1.0)
with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    feed = {labels: [0, 1], scores: np.eye(3)[[0, 2]]}
    sess.run(update, feed_dict=feed)
    assert sess.run(accuracy) == 0.5
    sess.run(maintain)
    loss_value, m = sess.run((total, matrix), feed)
    print(loss_value, m.sum(), dense.kernel.shape, sess.run(likelihood), sess.run(out, feed).shape)
    print(sess.run(average.average(dense.kernel)).shape, len(dense.trainable_variables))
