"""Recurrent nets under TensorFlow 1's names, for the peers tf1, tf2 and fastgrad."""
from bench.sequences import make_data, make_weights

CELLS = {"rnn": "BasicRNNCell", "lstm": "BasicLSTMCell", "gru": "GRUCell"}


class Net:
    def __init__(self, s, tf):
        x, y = make_data(s)
        with tf.Graph().as_default() as graph:
            inputs = tf.placeholder(s.dtype, [None, None, s.inputs])
            cells = [getattr(tf.nn.rnn_cell, CELLS[s.cell])(s.units) for _ in range(s.depth)]
            cell = cells[0] if s.depth == 1 else tf.nn.rnn_cell.MultiRNNCell(cells)
            outputs, _ = tf.nn.dynamic_rnn(cell, inputs, dtype=s.dtype)
            arrays = make_weights(s)
            w, b = tf.Variable(arrays[-2]), tf.Variable(arrays[-1])
            h = tf.reshape(outputs, [-1, s.units]) if s.each else outputs[:, -1]
            self.answer, self.feed = tf.matmul(h, w) + b, {inputs: x}
            if s.trains:
                target = tf.placeholder(y.dtype, [None] * y.ndim)
                self.feed[target] = y
                self.answer = self._training(s, tf, target)
            self.variables = tf.trainable_variables()
            # the dense layer's lie first where it is made first
            self.variables = [v for v in self.variables if v not in (w, b)] + [w, b]
            self.session = tf.Session(graph=graph)
            self.session.run(tf.global_variables_initializer())
            for v, array in zip(self.variables, arrays):
                v.load(array, self.session)

    def _training(self, s, tf, target):
        z = self.answer
        if s.loss == "square":
            loss = tf.reduce_mean(tf.square(z - target))
        else:
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.reshape(target, [-1]), logits=z))
        return tf.train.GradientDescentOptimizer(s.lr).minimize(loss)

    def step(self):
        return self.session.run(self.answer, self.feed)

    def weights(self):
        return self.session.run(self.variables)
