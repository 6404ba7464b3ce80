"""A TensorFlow 1 script as they are written: scopes, get_variable, Saver, summaries."""
import os
import tempfile

import numpy as np

import fastgrad.compat.v1 as tf

tf.reset_default_graph()
tf.set_random_seed(1)


def layer(x, units, name):
    with tf.variable_scope(name):
        w = tf.get_variable("w", [x.get_shape()[1], units],
                            initializer=tf.random_normal_initializer(stddev=0.1))
        b = tf.get_variable("b", shape=(units,), initializer=tf.zeros_initializer())
        return tf.nn.relu(tf.matmul(x, w) + b)


x = tf.placeholder(tf.float32, shape=[None, 4], name="x")
y_ = tf.placeholder("float", [None, 2])
keep_prob = tf.placeholder_with_default(1.0, shape=())
h = tf.nn.dropout(layer(x, 8, "one"), keep_prob)
y = tf.layers.dense(h, 2, kernel_initializer=tf.glorot_uniform_initializer())
loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y_, logits=y))
loss += 1e-4 * tf.add_n([tf.nn.l2_loss(v) for v in tf.trainable_variables()])
global_step = tf.train.get_or_create_global_step()
rate = tf.train.exponential_decay(0.1, global_step, 10, 0.9, staircase=True)
optimizer = tf.train.MomentumOptimizer(rate, momentum=0.9)
grads_and_vars = optimizer.compute_gradients(loss)
clipped = [(tf.clip_by_norm(g, 5.0), v) for g, v in grads_and_vars]
train_op = optimizer.apply_gradients(clipped, global_step=global_step)
tf.summary.scalar("loss", loss)
merged = tf.summary.merge_all()
init = tf.global_variables_initializer()
saver = tf.train.Saver(max_to_keep=2)

with tf.Session() as sess, tempfile.TemporaryDirectory() as folder:
    sess.run(init)
    writer = tf.summary.FileWriter(folder, sess.graph)
    xs = np.random.RandomState(0).rand(16, 4).astype(np.float32)
    ys = np.eye(2)[(xs[:, 0] > 0.5).astype(int)]
    for i in range(5):
        _, value, text = sess.run([train_op, loss, merged],
                                  feed_dict={x: xs, y_: ys, keep_prob: 0.5})
        writer.add_summary(text, global_step=i)
        print("step %d, loss %g" % (i, value))
    path = saver.save(sess, os.path.join(folder, "model.ckpt"), global_step=global_step)
    saver.restore(sess, path)
    print(sess.run(global_step), tf.train.latest_checkpoint(folder))
    writer.close()
