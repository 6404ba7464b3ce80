"""A TensorFlow 1 script: only its import names fastgrad. `fastgrad run` needs not even that."""

import tempfile

import numpy as np

import fastgrad.compat.v1 as tf

tf.set_random_seed(7)
x = tf.placeholder(tf.float32, [None, 2], name="x")
y = tf.placeholder(tf.float32, [None, 1], name="y")
with tf.variable_scope("net", initializer=tf.glorot_uniform_initializer()):
    w1 = tf.get_variable("w1", [2, 8])
    b1 = tf.get_variable("b1", [8], initializer=tf.zeros_initializer())
    w2 = tf.get_variable("w2", [8, 1])
    b2 = tf.get_variable("b2", [1], initializer=tf.zeros_initializer())
hidden = tf.nn.tanh(tf.matmul(x, w1) + b1)
logits = tf.matmul(hidden, w2) + b2
loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits))
right = tf.equal(tf.cast(logits > 0, tf.float32), y)
accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
step = tf.train.get_or_create_global_step()
train = tf.train.AdamOptimizer(0.05).minimize(loss, global_step=step)
saver = tf.train.Saver()

inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
outputs = np.array([[0], [1], [1], [0]])
with tempfile.TemporaryDirectory() as folder:
    with tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=1)) as sess:
        try:
            sess.run(loss, feed_dict={x: inputs, y: outputs})
        except tf.errors.FailedPreconditionError as error:
            print("before the initializer:", str(error).split("\n")[0][:60], "...")
        sess.run(tf.global_variables_initializer())
        for i in range(400):
            _, value = sess.run([train, loss], feed_dict={x: inputs, y: outputs})
            if i % 100 == 0:
                print("step %d: loss %.4f" % (i, value))
        path = saver.save(sess, folder + "/xor", global_step=step)
    with tf.Session() as sess:
        saver.restore(sess, path)
        print("restored at step", sess.run(step))
        print("accuracy %.2f" % sess.run(accuracy, feed_dict={x: inputs, y: outputs}))
