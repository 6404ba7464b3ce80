"""Calls of functions that no other program here calls, as TensorFlow's pages write them."""
import numpy as np

import fastgrad as fg
import fastgrad.compat.v1 as tf

a = fg.constant([[4.0, 1.0], [1.0, 3.0]])
b = fg.Variable([[1.0], [2.0]], name="b")
v = fg.constant([3.0, 1.0, 2.0])
ids = fg.constant([0, 0, 1])
made = [
    fg.accumulate_n([a, a], shape=[2, 2]), fg.arg_max(a, 0), fg.arg_min(a, dimension=1),
    fg.argsort(v, direction="DESCENDING"), fg.sort(v), fg.batch_gather(a, [[0], [1]]),
    fg.cholesky_solve(fg.cholesky(a), b), fg.clip_by_average_norm(a, 1.0),
    fg.div(a, 2.0), fg.edit_distance(
        fg.SparseTensor([[0, 0]], [1], [1, 1]), fg.SparseTensor([[0, 0]], [2], [1, 1])),
    fg.lbeta(v), fg.lin_space(0.0, 1.0, 5), fg.matrix_solve(a, b), fg.matrix_solve_ls(a, b),
    fg.matrix_triangular_solve(a, b, lower=True), fg.matvec(a, [1.0, 2.0]),
    fg.random.categorical([[0.0, 1.0]], 4, seed=1), fg.reduce_euclidean_norm(v),
    fg.reduce_std(v, axis=0, keepdims=True), fg.saturate_cast(v, fg.uint8),
    fg.segment_mean(v, ids), fg.unsorted_segment_sqrt_n(v, ids, num_segments=2),
    fg.self_adjoint_eigvals(a), fg.string_join(["a", "b"], separator="-"), fg.to_int64(v),
    fg.nn.log_poisson_loss([1.0], [0.5]), fg.nn.swish(v), fg.nn.zero_fraction(v),
    fg.layers.dropout(a, rate=0.3, training=True), fg.losses.mean_pairwise_squared_error(a, a),
    fg.train.cosine_decay_restarts(0.1, 5, first_decay_steps=10),
    fg.train.linear_cosine_decay(0.1, 5, 100), fg.train.noisy_linear_cosine_decay(0.1, 5, 100),
    fg.train.piecewise_constant(5, boundaries=[10, 20], values=[1.0, 0.5, 0.1]),
    fg.nn.batch_norm_with_global_normalization(
        fg.ones([2, 1, 1, 3]), fg.zeros([3]), fg.ones([3]), fg.zeros([3]), fg.ones([3]), 1e-3,
        True),
    fg.einsum("ij,jk->ik", a, b), fg.tensordot(a, a, axes=1), fg.norm(a, ord=1), fg.cumsum(v),
    fg.roll(v, shift=1, axis=0), fg.searchsorted([1.0, 2.0], [1.5]), fg.one_hot(ids, 3),
    fg.boolean_mask(v, [True, False, True]), fg.pad(a, [[1, 1], [0, 0]]), fg.eye(3), fg.rank(a),
    fg.sequence_mask([1, 2], maxlen=3), fg.histogram_fixed_width(v, [0.0, 5.0], nbins=5),
    fg.nn.weighted_cross_entropy_with_logits(labels=[1.0], logits=[0.5], pos_weight=2.0)]
values, vectors = fg.self_adjoint_eig(a)
out, idx = fg.setdiff1d(ids, [1])
found = fg.unique(ids)
q, r = fg.qr(a)
sign, log = fg.slogdet(a)
mean, variance = fg.nn.weighted_moments(a, [0], [1.0, 2.0])
mean, variance = fg.nn.normalize_moments(*fg.nn.sufficient_statistics(a, [0])[:3], shift=None)
normed, mean, variance = fg.nn.fused_batch_norm(
    fg.ones([2, 1, 1, 3]), fg.ones([3]), fg.zeros([3]), is_training=True)
sampled, true_count, sampled_count = fg.nn.uniform_candidate_sampler(
    true_classes=fg.constant([[1]], fg.int64), num_true=1, num_sampled=2, unique=True, range_max=5)
hessian = fg.hessians(fg.reduce_sum(b ** 3), b)[0]
fg.add_to_collection("mine", a)
fg.add_to_collections(["mine", "yours"], b)
assert fg.is_numeric_tensor(a) and len(fg.get_collection("mine")) == 2
shape = fg.broadcast_static_shape(fg.TensorShape([2, 1]), fg.TensorShape([3]))
regularizer = fg.regularizers.l1_l2_regularizer(0.1, 0.2)
penalty = fg.regularizers.apply_regularization(
    fg.regularizers.sum_regularizer([regularizer, fg.regularizers.l1_regularizer(0.1)]), [b])
initializer = fg.initializers.he_normal(seed=1)
weights = fg.get_variable("weights", [3, 2], initializer=initializer, dtype=fg.float32)
error = fg.testing.check_gradient(lambda x: fg.tanh(x), [[0.5]])
session = fg.Session()
session.run([*made, values, out, found.y, q, log, mean, normed, sampled, hessian, penalty, weights])
call = fg.make_callable(a * 2.0)
print(call().tolist(), shape.as_list(), error < 1e-8, fg.model_variables())

with tf.Graph().as_default():
    x = tf.constant([1.0, 2.0])
    checks = [tf.assert_negative(-x), tf.assert_non_negative(x), tf.assert_rank_in(x, [1, 2]),
              tf.assert_none_equal(x, -x), tf.assert_type(x, tf.float32)]
    local = tf.get_local_variable("local", [2], initializer=tf.zeros_initializer())
    pairs = [tf.metrics.recall([1, 0], [1, 1]), tf.metrics.root_mean_squared_error(x, x),
             tf.metrics.mean_relative_error(x, x, normalizer=x),
             tf.metrics.mean_cosine_distance(x, x, dim=0), tf.metrics.true_negatives([1], [0])]
    divergence = tf.distributions.kl_divergence(
        tf.distributions.Normal(0.0, 1.0), tf.distributions.Normal(1.0, 1.0))
    step = tf.train.create_global_step()
    tf.train.assert_global_step(step)
    with tf.Session() as sess:
        sess.run(tf.group(tf.global_variables_initializer(), tf.local_variables_initializer()))
        sess.run([*checks, local])
        print(sess.run([u for _, u in pairs]), sess.run(divergence), tf.executing_eagerly())
        print(tf.train.global_step(sess, step), np.round(sess.run(tf.smart_cond(True, lambda: x))))
