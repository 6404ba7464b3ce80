"""while_loop, cond, map_fn, assertions, control dependencies."""
import fastgrad.compat.v1 as tf

tf.reset_default_graph()
n = tf.placeholder(tf.int32, [])


def body(i, total):
    return i + 1, total + tf.cast(i, tf.float32)


_, total = tf.while_loop(lambda i, t: tf.less(i, n), body, [tf.constant(0), tf.constant(0.0)])
halved = tf.cond(total > 10.0, lambda: total / 2, lambda: total)
squares = tf.map_fn(lambda v: v * v, tf.range(4))
counter = tf.Variable(0, trainable=False, name="counter")
with tf.control_dependencies([tf.assert_positive(n)]):
    increment = tf.assign_add(counter, 1)
other = counter.assign(10)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    assert sess.run(halved, {n: 6}) == 7.5
    print(sess.run(squares).tolist(), sess.run(increment, {n: 1}), halved.eval({n: 3}))
    sess.run([other, increment.op], {n: 2})
    print(counter.eval(session=sess), sess.run(counter.value()))
