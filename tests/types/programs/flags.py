"""A script with flags, an interactive session and a test case."""
import fastgrad.compat.v1 as tf

flags = tf.app.flags
flags.DEFINE_float("types_rate", 0.5, "Learning rate.")
flags.DEFINE_string("types_folder", "out", "Folder.")
FLAGS = flags.FLAGS


def main(_):
    tf.reset_default_graph()
    tf.logging.set_verbosity(tf.logging.ERROR)
    sess = tf.InteractiveSession()
    x = tf.Variable([1.0, 2.0])
    loss = tf.reduce_sum(tf.square(x), name="loss")
    train = tf.train.GradientDescentOptimizer(FLAGS.types_rate).minimize(loss, var_list=[x])
    tf.global_variables_initializer().run()
    train.run()
    print(loss.eval(), x.eval().tolist(), FLAGS.types_folder, tf.gfile.Exists("no such file"))
    try:
        sess.run(tf.verify_tensor_all_finite(x / 0.0, "not finite"))
    except tf.errors.InvalidArgumentError as error:
        print(error.message[:10], error.error_code)
    sess.close()


class SquareTest(tf.test.TestCase):
    def test_square(self):
        with self.test_session():
            self.assertAllEqual(tf.square([2, 3]).eval(), [4, 9])


if __name__ == "__main__":
    main([])
