"""What random programs are made of: the lines of `random_graphs.py`, its optimizers and updates.

Together they use every operation whose result is determined, or `LEFT_OUT` says why not;
`test_fuzz.py` tests that. A new operation gets a line here, or in `random_images.py`.
"""

import random_images

from fastgrad.graphdef import absent, tables    # noqa: F401 - they register operations


def _table(text):
    return text.replace("\n", "|").strip("|").split("|")


# {a}, {b}, {c}: earlier tensors; {f}: one of a floating dtype. Formulas stay in the domain of
# log, sqrt, divide and pow by a square or an absolute value; matrices are made regular.
LINES = _table("""
fg.reduce_prod(fg.tanh({a}))
fg.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, fg.tanh(v + {f}) * 0.9), [0, {f}])[1]
fg.while_loop(lambda i, v: i < 4, lambda i, v: (i + 1, fg.cond(i > 1, lambda: v * 0.5, lambda: -v)), [0, {f}])[1]
fg.scan(lambda s, r: s * 0.5 + r, {f}[:3])|fg.map_fn(lambda r: fg.reduce_sum(r * r), {f}[:3])
fg.foldl(lambda s, r: fg.sin(s) + r, {f}[:2])|fg.scan(lambda s, r: s - r * 0.5, {f}[:2], reverse=True)
fg.cond(fg.reduce_sum({f}) > 0.3, lambda: {f} * 2.0, lambda: fg.sin({f}))
fg.cond(fg.reduce_sum({f}) > 0.3, lambda: fg.while_loop(lambda i, v: i < 2, lambda i, v: (i + 1, v * {f}), \
[0, {f}])[1], lambda: {f} * 3.0)
fg.TensorArray(None, fg.shape({f})[0]).unstack({f}).read(0)
fg.TensorArray(None, 3, clear_after_read=False).write(0, {f}).write(2, fg.sin({f})).gather([2, 0])
fg.tanh({a})|fg.sigmoid({a})|fg.exp({a})|fg.log(fg.square({a}) + 0.5)|fg.sqrt(fg.abs({a}) + 0.25)
fg.negative({a})|fg.square({a})|fg.abs({a})|fg.sign({a})|fg.nn.relu({a})|fg.identity({a})
fg.softmax({a}, {axis1})|fg.nn.log_softmax({a}, {axis1})|fg.log(fg.softmax({a}))
fg.log(fg.softmax({a}, {axis1}))|fg.stop_gradient({a})|fg.ones_like({a})|fg.zeros_like({a})
{a} + {b}|{a} - {b}|{a} * {b}|{a} / (fg.square({b}) + 0.5)|fg.maximum({a}, {b})
fg.minimum({a}, {b})|fg.squared_difference({a}, {b})|fg.pow(fg.abs({f}) + 0.5, {b})|{a} + {b}
{a} - {b}|{a} * {b}|{a} + {a}|{a} * {a}|fg.where({a} > {b}, {b}, {c})
fg.where(fg.less_equal({a}, 0.3), {b}, 0.5)|fg.cast(fg.not_equal({a}, {b}), np.float32)
fg.cast(fg.equal({a}, {b}), np.float64)|fg.where({a} >= {b}, {a}, {b})|{a} + fg.maximum({a}, 0.1)
{a} * 2.0|1.0 - {a}|{a} ** 2|{a} ** 3|0.5 * {f} ** 1.0|{a} + 0|{a} * 1|{a} / 4.0|-(-{a})|{a} * -1
1.5 ** fg.sin({a})|2 ** fg.sin({f})
{a} - (-{b})|{a} + (-{b})|0.0 * {a}|2.0 / (1.0 + fg.square({a}))|fg.square(-{a})|-({a} - {b})
fg.reduce_sum({a}, {axis}, {keep})|fg.reduce_mean({a}, {axis}, {keep})
fg.reduce_max({a}, {axis}, {keep})|fg.reduce_min({a}, {axis}, {keep})
fg.reduce_sum(fg.reduce_sum({a}, {axis}))|fg.reduce_mean(fg.reduce_sum({a}, {axis}, {keep}), 0)
fg.cast(fg.argmax({a}, {axis1}), np.float32)|fg.cast(fg.argmin({a}, {axis1}), np.int64)
fg.reshape({a}, [-1])|fg.expand_dims({a}, {axis1})|fg.squeeze({a})|fg.transpose({a})
fg.reshape({a}, fg.shape({b}))|fg.transpose(fg.transpose({a}))|fg.expand_dims(fg.squeeze({a}), 0)
fg.broadcast_to({a}, {shape})|fg.concat([{a}, {b}], {axis1})|fg.stack([{a}, {b}], {axis1})
fg.concat([{a}, {b}, {a}], 0)|fg.cast({a}, np.float32)|fg.cast({a}, np.float64)
fg.cast({a}, np.int32)|fg.matmul({a}, {b})|fg.matmul({a}, {b}, transpose_b=True)
fg.matmul({a}, {b}, transpose_a=True)|fg.matmul({a}, {b})|fg.matmul({a}, {b}, transpose_b=True)
fg.matmul(fg.transpose({a}), {b})|fg.matmul({a}, {a}, transpose_b=True)|fg.matmul({a}, {b}) + {c}
fg.nn.relu(fg.matmul({a}, {b}) + {c})|fg.tanh({c} + fg.matmul({a}, {b}))
fg.sigmoid(fg.matmul({a}, {b}, transpose_b=True) + {c})|fg.nn.relu(fg.matmul({a}, {b}))
fg.nn.softmax_cross_entropy_with_logits_v2({a}, {b})|fg.size({a}) * {b}
fg.negative(fg.reduce_sum(fg.multiply({a}, fg.log(fg.softmax({b})))))
fg.negative(fg.reduce_sum(fg.reduce_sum(fg.multiply({a}, fg.log(fg.softmax({b}))), axis=1)))
fg.reduce_mean(fg.nn.softmax_cross_entropy_with_logits_v2({a}, {b}))
fg.reduce_sum({a} * fg.nn.log_softmax({b}), -1)|halved_cube({f})|clipped({f})|fg.sin({a})
fg.cos({a})|fg.tan(0.5 * fg.sin({a}))|fg.asin(0.9 * fg.sin({a}))|fg.acos(0.9 * fg.sin({a}))
fg.atan({a})|fg.atan2({a}, {b} + 5.0)|fg.sinh(fg.sin({a}))|fg.cosh(fg.sin({a}))|fg.asinh({a})
fg.acosh(fg.square({a}) + 1.5)|fg.atanh(0.9 * fg.sin({a}))|fg.expm1(fg.sin({a}))
fg.log1p(fg.square({a}))|fg.rsqrt(fg.square({a}) + 0.5)|fg.reciprocal(fg.square({a}) + 0.5)
fg.erf({a})|fg.erfc({a})|fg.lgamma(fg.square({a}) + 0.5)|fg.digamma(fg.square({a}) + 0.5)
fg.floor({a})|fg.ceil({a})|fg.round({a})|fg.rint({a})|fg.floormod({a}, 1.5)|fg.floordiv({a}, 2)
fg.truncatediv(fg.cast({a}, np.int32), 2)|fg.div_no_nan({a}, {b})
fg.xlogy({a}, fg.square({b}) + 0.5)|fg.nn.elu({a})|fg.nn.selu({a})|fg.nn.leaky_relu({a})
fg.nn.relu6({a})|fg.nn.softplus({a})|fg.nn.softsign({a})|fg.nn.swish({a})|fg.log_sigmoid({a})
fg.nn.crelu({a})|fg.nn.l2_loss({f})|fg.nn.l2_normalize({f}, {axis1})
fg.nn.sigmoid_cross_entropy_with_logits(labels={a}, logits={b})
fg.nn.weighted_cross_entropy_with_logits({a}, {b}, 2.0)|fg.nn.bias_add({a}, {b})
fg.nn.sparse_softmax_cross_entropy_with_logits(labels=fg.argmax({a}, -1), logits={a})
fg.nn.moments({f}, [0])[1]
fg.nn.batch_normalization({f}, *fg.nn.moments({f}, [0]), None, None, 0.1)
fg.reduce_prod(fg.sin({a}), {axis}, {keep})|fg.reduce_logsumexp({a}, {axis}, {keep})
fg.cast(fg.reduce_any({a} > 0, {axis}), np.float32)
fg.cast(fg.reduce_all({a} > -1, {axis}), np.int32)|fg.norm({f} + 3.0, axis={axis1})
fg.reduce_euclidean_norm({f} + 3.0, {axis})|fg.cumsum({a}, {axis1})
fg.cumsum({a}, {axis1}, exclusive=True, reverse=True)|fg.cumprod(fg.sin({a}), {axis1})
fg.reverse({a}, [0])|fg.tile({a}, fg.ones_like(fg.shape({a})) * 2)|fg.pad({a}, [[1, 0], [0, 2]])
fg.pad({a}, [[1, 1], [1, 0]], "REFLECT")|fg.pad({a}, [[2, 1]])|{a}[0]|{a}[:, 0]|{a}[..., ::2]
{a}[::-1]|{a}[1:]|{a}[:-1, 1:]|{a}[None, ..., -1]|{a}[..., None]|fg.slice({a}, [1, 0], [-1, 2])
fg.split({a}, 2, 0)[1]|fg.unstack({a})[0]|fg.unstack({a}, axis=-1)[-1]|fg.gather({a}, [0, 1, 0])
fg.gather({a}, [1, 1], axis=-1)|fg.gather_nd({a}, [[0, 0], [1, 1], [0, 0]])
fg.gather({a}, fg.floormod(fg.argmax({b}, -1), fg.shape({a}, out_type=np.int64)[0]))
fg.scatter_nd([[1], [0], [1]], {a}[:3], fg.shape({a}))|fg.one_hot(fg.argmax({a}, -1), 3)
fg.segment_sum({a}, fg.zeros_like(fg.cast({a}, np.int32)[..., 0]))
fg.unsorted_segment_sum({a}, fg.cast({b} > 0, np.int32), 2)|fg.segment_max({a}[:3], [0, 0, 1])
fg.unsorted_segment_max({a}[:3], [1, 0, 1], 2)|fg.segment_mean({a}[:3], [0, 0, 2])
fg.clip_by_value({a}, -0.5, 0.75)|fg.clip_by_norm({f}, 1.5)|fg.nn.top_k({a}, 2)[0]|fg.sort({a})
fg.cast(fg.nn.top_k({a}, 2)[1], np.float64)|fg.cast(fg.argsort({a}), np.int32)
fg.cast(fg.logical_and({a} > 0, fg.logical_not({b} > 0)), np.float32)|fg.add_n([{a}, {a}, {a}])
fg.cast(fg.logical_or({a} > 0, fg.logical_xor({b} > 0, {c} < 0)), np.float64)
fg.tensordot({a}, {b}, 1)|fg.einsum("ij,kj->ik", {a}, {b})|fg.einsum("ij->j", {a})|fg.trace({a})
fg.matrix_inverse(fg.matmul({f}, {f}, transpose_b=True) + 3.0 * fg.eye(3))
fg.matrix_determinant(0.9 * fg.sin({f}) + 3.0 * fg.eye(3))
fg.cholesky(fg.matmul({f}, {f}, transpose_b=True) + fg.eye(3))|fg.matrix_band_part({a}, 1, 0)
fg.matrix_diag({a})|fg.matrix_diag_part({a})|fg.diag({a})|fg.matrix_transpose({a})
fg.matrix_set_diag({a}, fg.matrix_diag_part({a}) * 2)|fg.cross({a}, {a} + 1)
fg.boolean_mask({a}, {a} > 0)|fg.cast(fg.where({a} > 0), np.float32)
fg.invert_permutation(fg.argsort(fg.reshape({a}, [-1])))|fg.cast(fg.is_finite({a}), np.int64)
fg.count_nonzero({a})|fg.meshgrid({a}, {b})[0]|fg.meshgrid({a}, {b})[1]
fg.cast(fg.is_nan({a}), np.int32)|fg.cast(fg.is_inf(1.0 / {a}), np.int32)
fg.confusion_matrix(fg.floormod(fg.argmax({a}, -1), 5), fg.floormod(fg.argmax({b}, -1), 5), 5)
fg.confusion_matrix(fg.cast({a}[0] > 0, np.int32), fg.cast({a}[-1] > 0, np.int32))
fg.cast(fg.approximate_equal({a}, {b}, 0.5), np.float32)|fg.bincount(fg.cast({a} > 0, np.int32))
fg.stop_gradient(fg.bincount(fg.cast({a} > 0, np.int32), {a} * 1.0, 3))
fg.histogram_fixed_width({a}, [-2.0, 2.0], 4)
fg.cast(fg.bitcast(fg.cast({a}, np.int32), np.uint32), np.int64)|fg.div({a}, fg.square({b}) + 0.5)
fg.realdiv({f}, fg.square({f}) + 0.5)|fg.stop_gradient(fg.truncatemod({a}, 1.5))
fg.roll({a}, 1, 0)|fg.roll({a}, [2, -1], [0, 1])
fg.dynamic_partition({a}, fg.cast({a}[..., 0] > 0, np.int32), 2)[1]|fg.rank({a}) * {b}
fg.dynamic_partition({a}, fg.cast({a} > 0, np.int32), 2)[0]
fg.dynamic_stitch([[0, 2], [1]], [{a}[:2], {a}[1:2]])|{a} + fg.zeros([2, 1])
{a} + fg.zeros(fg.shape({b}))|fg.linspace(0.0, 1.0, 3) * {a}
fg.cast(fg.range(fg.shape({a})[0]), np.float64)
fg.cast(fg.sequence_mask([1, 3, 2]), np.float64) * {a}
fg.cast(fg.nn.in_top_k({f}, fg.argmax({b}, -1), 1), np.int32)|fg.nn.moments({f}, [-1])[0]
fg.matrix_solve(fg.matmul({f}, {f}, transpose_b=True) + fg.matrix_diag({f}[..., 0] * 0 + 3), {f})
fg.qr(fg.reshape(0.9 * fg.sin({f}), [3, 3]) + 3.0 * fg.eye(3))[0]
fg.qr(fg.reshape(0.9 * fg.sin({f}), [3, 3]) + 3.0 * fg.eye(3))[1]
fg.svd({f} + fg.diag([1.0, 2.0, 4.0]))[0]|fg.abs(fg.svd({f} + fg.diag([3.0, 6.0, 9.0]))[1])
fg.slogdet(0.9 * fg.sin({f}) - 3.0 * fg.eye(3))[1]
fg.slogdet(0.9 * fg.sin({f}) - 3.0 * fg.eye(3))[0]
fg.self_adjoint_eigvals(fg.matmul({f}, {f}, transpose_b=True) + fg.diag([3.0, 6.0, 9.0]))
fg.abs(fg.self_adjoint_eig(fg.matmul({f}, {f}, transpose_b=True) + fg.diag([3.0, 6.0, 9.0]))[1])
fg.reverse_sequence({a}, fg.cast({a}[:, 0] > 0, np.int32) + 1, 1)
fg.searchsorted(fg.sort({a}), {b})|fg.segment_min({a}[:3], [0, 0, 1])
fg.stop_gradient(fg.segment_prod({a}[:3], [0, 1, 1]))|fg.segment_min({a}, [0, 1, 1, 3])
fg.unsorted_segment_min({a}[:3], [1, 0, 1], 2)|fg.unsorted_segment_prod({a}[:3], [0, 0, -1], 2)
fg.unsorted_segment_mean({a}, fg.cast({b} > 0, np.int32), 3)|fg.split({a}, [1, 2], 0)[0]
fg.setdiff1d(fg.reshape(fg.cast({a}, np.int32), [-1]), [0, 1])[0]
fg.unique(fg.reshape(fg.cast({a}, np.int32), [-1]))[0]
fg.unique(fg.reshape(fg.cast({a}, np.int32), [-1]))[1]
fg.unique_with_counts(fg.reshape(fg.cast({a}, np.int32), [-1]))[2]
fg.cast({a} > {b}, np.float32) * {c}|fg.tensor_scatter_add({a}, [[0], [1], [0]], {a}[:3])
fg.tensor_scatter_sub({a}, [[1], [1]], {a}[:2])|fg.tensor_scatter_update({a}, [[1], [0]], {b}[:2])
fg.polygamma(1.0, fg.square({a}) + 0.5)|fg.xdivy({a}, fg.square({b}) + 0.5)
tf.bitwise.bitwise_and(fg.cast({a}, np.int32), 3)|tf.bitwise.bitwise_or(fg.cast({a}, np.int32), 3)
tf.bitwise.bitwise_xor(fg.cast({a}, np.int32), 5)|tf.bitwise.invert(fg.cast({a}, np.int32))
tf.bitwise.left_shift(fg.cast(fg.abs({a}), np.int32), 1)|fg.ensure_shape({a}, [None, None])
tf.bitwise.right_shift(fg.cast({a}, np.int32), 1)|fg.linalg.expm(0.3 * fg.sin({f}))
fg.sparse_to_dense([0, 2], [4], [1.0, 2.0]) * fg.reduce_sum({a})
fg.broadcast_dynamic_shape(fg.shape({a}), fg.shape({b}))
fg.custom_gradient(lambda x: (fg.square(x), lambda dy: dy * 2.0 * x))({f})
fg.custom_gradient(lambda x: ([fg.square(x), x + 1.0], lambda d, e: d * 2.0 * x + e))({f})[0]
""")

OPTIMIZERS = _table("""
fg.train.GradientDescentOptimizer(0.05)|fg.train.MomentumOptimizer(0.05, 0.9)
fg.train.MomentumOptimizer(0.05, 0.9, use_nesterov=True)|fg.train.AdamOptimizer(0.02)
fg.train.AdagradOptimizer(0.05)|fg.train.AdadeltaOptimizer(0.5)|fg.train.RMSPropOptimizer(0.02)
fg.train.RMSPropOptimizer(0.02, momentum=0.5, centered=True)|fg.train.FtrlOptimizer(0.05)
fg.train.FtrlOptimizer(0.05, l1_regularization_strength=0.01, l2_regularization_strength=0.02)
fg.train.ProximalGradientDescentOptimizer(0.05, 0.01, 0.02)
fg.train.ProximalAdagradOptimizer(0.05, 0.1, 0.01, 0.02)|fg.train.GradientDescentOptimizer(0.05)
""")

# of a variable by a tensor of its shape; of some of its rows
UPDATES = _table("""
fg.assign({v}, {t})|fg.assign_add({v}, {t})|fg.assign_sub({v}, {t})
""")
ROW_UPDATES = _table("""
tf.scatter_add({v}, [0, 0], fg.stack([{v}[0], {v}[0] * 2]))
tf.scatter_update({v}, [0], {v}[:1] + 1)
tf.scatter_nd_add({v}, [[0], [0]], fg.stack([{v}[0], {v}[0]]))|tf.scatter_sub({v}, [0], {v}[:1])
""")

# op type -> why no line has it
LEFT_OUT = {}
for _reason, _types in {
    "draws: a plan and the reference have streams of their own": """
        candidates dropout_mask dropout_mask_as multinomial random_integers random_poisson random_shuffle
        standard_gamma standard_normal standard_uniform truncated_normal""",
    "evaluated by a session between plans, which the reference does without": """
        assert_ assign_shaped at_most_one check_initialized is_initialized print_ py_function
        report_uninitialized restore_ summary_""",
    "nodes of files, which hold state": """
        absent_node restore_tensors save_tensors stack_of_values stack_pop stack_push""",
    "a plan's own, made of what the lines make": """
        array_gain array_new array_put array_take bgemm branch carry channel_grad channel_grad_parts
        channel_moments channel_parts channel_sums convolve_back gemm loop merge_rows not_zero pop push
        snapshot take_label""",
    "of text, which has no size to compare": """
        as_string decode_raw edit_distance parse_example sparse_feature string_join""",
    "of graphs that come from files, whose axes are operands; rows in cases/ops.py": """
        broadcast_gradient_args choose concat_offset identity_n reduce_all_over reduce_any_over
        reduce_max_over reduce_mean_over reduce_min_over reduce_prod_over reduce_sum_over transpose_by
        whole_mean_over""",
    "of tables, which a session keeps, and of text": """
        lookup_find lookup_from_file lookup_import lookup_insert lookup_size lookup_table
        string_to_hash_bucket_fast""",
    "of an initializer that draws": "orthonormal",
    "only for tensors of unknown rank, which lines do not make; see test_compat_refusals.py": """
        weights_of""",
    "of sequences, against sums over all paths: test_ctc.py, test_beams.py": """
        ctc_beam_search_decoder ctc_greedy_decoder ctc_loss gather_tree""",
    "of TensorArrays, see tests/flow/test_tensor_array.py": """
        tensor_array_close tensor_array_concat tensor_array_split""",
}.items():
    LEFT_OUT.update((_t, _reason) for _t in _types.split())
# Half of all lines are of these, since many of those over images have no slope to compare.
SLOPED = list(LINES)
LINES += random_images.LINES
LEFT_OUT.update(random_images.LEFT_OUT)
