"""Tables of types for the stubs: what a parameter of a name takes, what a function returns.

What is not in a table follows from the declaration: a parameter without default, or with a number
for default, takes a tensor; one whose default is a truth value or a text takes such; a function
returns a Tensor. A method of a class that `classes.pyi` does not spell out returns Any.

A type is as wide as what the function takes, never narrower: a wrong error in a program that runs
is worse than a missed one in a program that does not.
"""

OPTIONAL_CALL = "Callable[..., Any] | None"
INITIAL = "Callable[..., Any] | TensorLike | None"
NAMES = "str | Iterable[str] | None"
VARIABLES = "Iterable[Any] | None"

# name of a parameter -> its type
PARAMETERS = {
    "dtype dtype_or_none tensor_dtype output_dtype output_type out_type out_idx index_dtype "
    "preferred_dtype type": "DTypeLike",
    "shape dims output_shape noise_shape batch_shape shape_x shape_y": "ShapeLike",
    "name message default_name import_scope family direction side suffix filename "
    "filename_suffix latest_filename": "str | None",
    "scope custom_getter partitioner caching_device use_resource synchronization aggregation "
    "collections_ reuse name_or_scope fetches options spec value_type variable_def "
    "aggregation_method gate_gradients _sentinel data_format partition_strategy reduction "
    "unconnected_gradients config regularizer_list weights_list first_n summarize "
    "stop_gradients grad_ys sampled_values parallel_iterations swap_memory shape_invariants "
    "partition_info var thread threads ex loop_vars initializer_list "
    "elems Tout inp hypothesis truth distribution adjustment "
    "virtual_batch_size fused renorm renorm_clipping renorm_momentum slot_name": "Any",
    "seed op_seed": "int | None",
    "keepdims keep_dims validate_indices use_locking validate_shape trainable": "_bool | None",
    "training is_training": "TensorLike",
    "collections metrics_collections updates_collections loss_collection": NAMES,
    "activation kernel_regularizer bias_regularizer activity_regularizer beta_regularizer "
    "gamma_regularizer kernel_constraint bias_constraint beta_constraint gamma_constraint "
    "regularizer constraint true_fn false_fn fn1 fn2 ": OPTIONAL_CALL,
    "kernel_initializer bias_initializer beta_initializer gamma_initializer "
    "moving_mean_initializer moving_variance_initializer initializer": INITIAL,
    "func cond body fn f custom_fn": "Callable[..., Any]",
    "graph": "Graph | None",
    "session sess": "Session",
    "feed_dict": "Feeds | None",
    "var_list": VARIABLES,
    "grads_and_vars": "Iterable[Any]",
    "control_inputs": "Iterable[Any] | None",
    "equation ord curve summation_method key": "str",
    "pred_fn_pairs": "Any",
    "t_list tensors": "Sequence[Any]",
    "op_type": "str",
    "loss": "TensorLike",
    "global_step": "Variable | None",
    "logdir save_dir checkpoint_dir ckpt_dir_or_file checkpoint_prefix model_checkpoint_path "
    "save_path": "str | PathLike[str]",
    "units distribution_a distribution_b summary event parameters": "Any",
    "tf_type": "DTypeLike",
    "assignment_map": "Mapping[str, Any]",
    "order": "int",
}
PARAMETERS = {name: kind for names, kind in PARAMETERS.items() for name in names.split()}

# function.parameter, or class.method.parameter -> its type
OF_FUNCTION = {
    "Layer.call.args": "Any", "MinimalRNNCell.__init__.activation": "Any",
    "CFNCell.__init__.activation": "Any",
    "norm.ord": "Any", "constant.value": "TensorLike", "as_dtype.dtype": "Any",
    "merge_all.key": "str", "get_collection.key": "str", "get_collection_ref.key": "str",
    "add_to_collection.name": "str", "add_to_collection.value": "Any",
    "add_to_collections.names": "Iterable[str]", "add_to_collections.value": "Any",
    "while_loop.cond": "Callable[..., Any]", "while_loop.body": "Callable[..., Any]",
    "while_loop.name": "str | None", "while_loop.maximum_iterations": "TensorLike | None",
    "group.inputs": "Any", "no_op.name": "str | None", "gradients.ys": "Any",
    "gradients.xs": "Any", "hessians.ys": "Any", "hessians.xs": "Any",
    "tuple.tensors": "Sequence[Any]", "global_norm.t_list": "Sequence[Any]",
    "embedding_lookup.params": "Any", "nce_loss.weights": "Any",
    "sampled_softmax_loss.weights": "Any", "load_variable.name": "str",
    "py_func.func": "Callable[..., Any]", "py_func.inp": "Any",
    "numpy_function.func": "Callable[..., Any]", "is_numeric_tensor.tensor": "Any",
    "is_variable_initialized.variable": "Variable", "get_variable.name": "str",
    "get_local_variable.name": "str", "set_random_seed.seed": "int | None",
    "global_step.sess": "Session", "global_step.global_step_tensor": "Any",
    "assert_global_step.global_step_tensor": "Any", "scalar.name": "str", "histogram.name": "str",
    "image.name": "str", "global_variables.scope": "str | None",
    "exponential_decay.global_step": "TensorLike", "cosine_decay.global_step": "TensorLike",
    "cosine_decay_restarts.global_step": "TensorLike",
    "inverse_time_decay.global_step": "TensorLike", "natural_exp_decay.global_step": "TensorLike",
    "linear_cosine_decay.global_step": "TensorLike", "polynomial_decay.global_step": "TensorLike",
    "noisy_linear_cosine_decay.global_step": "TensorLike", "piecewise_constant.x": "TensorLike",
    "check_gradient.y": "Any", "check_gradient.xs": "Any", "case.default": OPTIONAL_CALL,
    "variables_initializer.var_list": "Iterable[Any]", "make_callable.feed_list": "Any",
    "Print.data": "Sequence[Any]", "Print.message": "str | None",
    "assign.ref": "Any", "assign_add.ref": "Any", "assign_sub.ref": "Any",
    "add_n.inputs": "Any", "accumulate_n.inputs": "Any", "clip_by_global_norm.t_list": "Any",
    "Saver.save.sess": "Session | None", "Saver.restore.sess": "Session | None",
    "Saver.restore.save_path": "Any", "Saver.var_list": "Any",
    "Saver.save.global_step": "Any", "ExponentialMovingAverage.decay": "TensorLike",
    "FileWriter.add_summary.global_step": "Any", "FileWriter.graph": "Any",
    "FileWriter.add_graph.graph": "Any", "Layer.name": "str | None",
    "reference.values": "Any", "apply_regularization.regularizer": "Callable[..., Any]",
    "edit_distance.name": "str", "op_scope.values": "Any", "op_scope.name": "Any",
    "map_fn.fn": "Callable[..., Any]", "make_template.name_": "str", "string_join.inputs": "Any",
    "custom_gradient.f": "Callable[..., Any]", "NotDifferentiable.op_type": "str",
    "confusion_matrix.dtype": "DTypeLike", "get_static_value.tensor": "Any",
    "history.history": "_History | Any", "history.names": "str | Sequence[str] | None",
    "decision_boundary.classifier": "Tensor | Callable[..., Any]",
    "decision_boundary.points": "ArrayLike", "decision_boundary.labels": "ArrayLike | None",
    "decision_boundary.feed": "Tensor | str | None",
    "decision_boundary.session": "Session | None",
    "plot.weights.weights": "Variable | ArrayLike", "plot.weights.shape": "Sequence[int] | None",
    "plot.weights.columns": "int | None", "plot.confusion_matrix.labels": "ArrayLike",
    "plot.confusion_matrix.predictions": "ArrayLike",
    "plot.confusion_matrix.names": "Sequence[str] | None",
    **{f"plot.{f}.ax": "Axes | None" for f in (
        "history", "decision_boundary", "confusion_matrix", "weights")},
    "tensordot.axes": "Any", "normalize_moments.shift": "TensorLike | None",
    "BatchNormalization.axis": "Any", "batch_normalization.axis": "Any",
}

# what a function returns
TENSOR, TENSORS, OPERATION, NONE = "Tensor", "list[Tensor]", "Operation", "None"
PAIR, TRIPLE, ANY = "tuple[Tensor, Tensor]", "tuple[Tensor, Tensor, Tensor]", "Any"
RETURNS = {
    "NotDifferentiable add_to_collection add_to_collections reset_default_graph "
    "set_random_seed add_loss assert_global_step remove_checkpoint "
    "update_checkpoint_state init_from_checkpoint": NONE,
    "group no_op global_variables_initializer local_variables_initializer variables_initializer "
    "variables": OPERATION,
    "Assert assert_equal assert_none_equal assert_less assert_less_equal assert_greater "
    "assert_greater_equal assert_positive assert_negative assert_non_negative "
    "assert_non_positive assert_rank assert_rank_at_least assert_rank_in assert_near "
    "assert_integer assert_type assert_variables_initialized": OPERATION,
    "assert_proper_iterable": NONE, "assert_same_float_dtype": "DType",
    "split unstack meshgrid dynamic_partition shape_n tuple hessians": TENSORS,
    "identity_n cond case while_loop py_func numpy_function get_static_value custom_gradient "
    "op_scope variable_op_scope make_template map_fn scan foldl foldr smart_cond "
    "import_meta_graph svd merge_all control_dependencies "
    "get_checkpoint_state generate_checkpoint_state_proto summary_iterator tf_record_iterator "
    "constant_value reference": ANY,
    "parse_example parse_single_example": "dict[str, Any]",
    "fixed_size_partitioner min_max_variable_partitioner variable_axis_size_partitioner":
        "Callable[..., Any]",
    "load_digits": "tuple[NDArray[Any], NDArray[Any]]",
    "gradients": "list[Tensor | Any]",
    "compute_gradients": "dict[Any, Any]",
    "get_collection get_collection_ref get_losses get_regularization_losses": "list[Any]",
    "global_variables trainable_variables local_variables model_variables "
    "moving_average_variables": "list[Variable]",
    "get_variable get_local_variable create_global_step get_or_create_global_step": "Variable",
    "get_global_step": "Variable | Any",
    "get_variable_scope": "VariableScope",
    "get_default_graph": "Graph",
    "get_default_session": "Session | Any",
    "as_dtype": "DType | Any",
    "broadcast_static_shape": "TensorShape",
    "is_numeric_tensor checkpoint_exists": "_bool",
    "make_callable": "Callable[..., Any]",
    "clip_by_global_norm": "tuple[list[Any], Tensor]",
    "self_adjoint_eig normalize_moments weighted_moments moments": PAIR,
    "top_k": "_TopK", "qr": "_QR", "slogdet": "_LogDet", "unique": "_Unique",
    "unique_with_counts": "_UniqueWithCounts", "setdiff1d": "_ListDiff",
    "get_seed": "tuple[int | None, int | None]",
    "fused_batch_norm log_uniform_candidate_sampler "
    "uniform_candidate_sampler": TRIPLE,
    "sufficient_statistics": "tuple[Any, Tensor, Tensor, Any]",
    "sparse_placeholder": "SparseTensor",
    "latest_checkpoint": "str | Any", "list_variables": "list[Any]",
    "get_checkpoint_mtimes": "list[float]", "load_variable": "NDArray[Any]", "global_step": "int",
    "check_gradient": "float",
    "l1_regularizer l2_regularizer l1_l2_regularizer sum_regularizer": "Callable[..., Any]",
    "apply_regularization": "Any",
    "he_normal he_uniform lecun_normal lecun_uniform": "Initializer",
    "accuracy auc false_negatives false_positives mean mean_absolute_error mean_cosine_distance "
    "mean_iou mean_per_class_accuracy mean_relative_error mean_tensor percentage_below precision "
    "precision_at_thresholds recall recall_at_thresholds root_mean_squared_error true_negatives "
    "true_positives": PAIR,
    "executing_eagerly": "_bool",
    "disable_eager_execution disable_v2_behavior": NONE,
}
RETURNS = {name: kind for names, kind in RETURNS.items() for name in names.split()}
PICTURES = "history decision_boundary confusion_matrix weights"
# where a name alone does not tell: space.name
RETURNS_OF = {"metrics.mean_squared_error": PAIR,
              **{f"plot.{name}": "Axes" for name in PICTURES.split()}}

# what methods and attributes of classes that are not spelt out return; Any, if not here
METHODS = {
    "Optimizer.minimize": OPERATION, "Optimizer.apply_gradients": OPERATION,
    "Optimizer.compute_gradients": "list[tuple[Any, Variable]]", "Optimizer.get_name": "str",
    "Optimizer.get_slot": "Variable | Any", "Optimizer.get_slot_names": "list[str]",
    "Optimizer.variables": "list[Variable]",
    "Saver.save": "str", "Saver.restore": NONE, "Saver.last_checkpoints": "list[str]",
    "Saver.set_last_checkpoints": NONE,
    "ExponentialMovingAverage.apply": OPERATION, "ExponentialMovingAverage.average": "Any",
    "ExponentialMovingAverage.average_name": "str", "ExponentialMovingAverage.name": "str",
    "ExponentialMovingAverage.variables_to_restore": "dict[str, Any]",
    "Layer.__call__": TENSOR, "Layer.apply": TENSOR, "Layer.call": TENSOR, "Layer.name": "str",
    "Layer.build": NONE, "Layer.add_variable": "Variable", "Layer.add_weight": "Variable",
    **{f"Layer.{n}": "list[Variable]" for n in (
        "variables", "weights", "trainable_variables", "trainable_weights",
        "non_trainable_variables", "non_trainable_weights")},
    "FileWriter.get_logdir": "str", "FileWriter.add_summary": NONE, "FileWriter.add_graph": NONE,
    "FileWriter.flush": NONE, "FileWriter.close": NONE, "FileWriter.reopen": NONE,
    "FileWriter.__enter__": "FileWriter", "FileWriterCache.get": "FileWriter",
    "FileWriterCache.clear": NONE, "Initializer.__call__": TENSOR,
    "Initializer.get_config": "dict[str, Any]", "Coordinator.should_stop": "_bool",
    "Coordinator.request_stop": NONE, "Coordinator.join": NONE, "Coordinator.clear_stop": NONE,
    "Coordinator.wait_for_stop": "_bool", "Coordinator.stop_on_exception": "Any",
    **{f"Distribution.{n}": TENSOR for n in (
        "sample", "prob", "log_prob", "cdf", "log_cdf", "entropy", "mean", "mode", "stddev",
        "variance", "survival_function", "cross_entropy", "kl_divergence", "batch_shape_tensor")},
    "Distribution.name": "str", "Distribution.dtype": "DType", "VariableScope.name": "str",
    "VariableScope.get_variable": "Variable",
    "VariableScope.trainable_variables": "list[Variable]",
    "VariableScope.global_variables": "list[Variable]",
    "VariableScope.local_variables": "list[Variable]",
}
