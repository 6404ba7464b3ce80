"""One table, a row per op: the shapes, values and attributes that every op is tested on.

`test_ops.py` and `test_gradients.py` run each row; a test fails if an op in OPS has none. A new op
gets its row in the file of its folder (`ops.py`, `nn.py`, `linalg.py`) and nothing else.
"""

import fastgrad.compat.v1  # noqa: F401  (registers the ops that are imported when first used)
from cases import image_ops, images, linalg, nn, ops
from cases.case import Case, Variant, build, values
from fastgrad.graphdef import absent, tables  # noqa: F401

FILES = (ops, nn, linalg, images, image_ops)
CASES = {name: case for file in FILES for name, case in file.CASES.items()}
assert len(CASES) == sum(len(file.CASES) for file in FILES), "an op with two rows"

# Ops without a row, and where they are tested instead.
ELSEWHERE = {
    "placeholder": "a source of values: test_api.py, test_errors.py",
    "constant": "a source of values: every test that writes a number",
    "variable": "a source of values: test_api_ops.py",
    "assign": "writes a variable: test_plan.py, test_fuzz.py",
    "assign_add": "writes a variable: test_plan.py, test_fuzz.py",
    "assign_sub": "writes a variable: test_plan.py, test_fuzz.py",
    "apply_gradient_descent": "writes a variable: test_plan.py, test_fuzz.py",
    "group": "has no value: test_plan.py",
    "python_gradient": "calls a user's function: test_api_gradients.py, test_fuzz.py",
    "snapshot": "made by plans only: test_plan.py",
    "gemm": "what plans make of matmul, whose row covers it",
    "bgemm": "what plans make of matmul, whose row covers it",
    "convolve_back": "what plans make of conv2d_backprop_input, whose row covers it",
}
for _reason, _types in {
        "nodes of files, which hold state: tests/graphdef":
            "lookup_find lookup_from_file lookup_import lookup_insert lookup_size lookup_table "
            "restore_tensors save_tensors stack_of_values stack_pop stack_push absent_node",
        "shapes in, axes or places out: tests/graphdef, tests/ops/test_axes_given.py":
            "broadcast_gradient_args concat_offset",
        "takes strings: tests/ops/test_hash_buckets.py": "string_to_hash_bucket_fast",
    "a plan's own, of loops, branches and arrays: tests/flow/test_loops_in_plans.py": """
        array_gain array_new array_put array_take branch carry cond_grad loop pop push""",
    "updates of optimizers, against their formulas: test_kernels_update.py": """
        apply_adadelta apply_adadelta_rows apply_adagrad apply_adagrad_rows apply_adam
        apply_centered_rms_prop apply_centered_rms_prop_rows apply_ftrl apply_ftrl_rows
        apply_gradient_descent_rows apply_momentum apply_momentum_rows apply_rms_prop
        apply_rms_prop_rows apply_proximal_adagrad_rows apply_proximal_gradient_descent_rows
        assign_mul merge_rows scatter_elements scatter_rows""",
    "draws: a plan and the reference have streams of their own": """
        candidates dropout_mask dropout_mask_as multinomial random_integers random_poisson
        random_shuffle sample_distorted_bounding_box standard_gamma standard_normal
        standard_uniform truncated_normal""",
    "of strings: test_text.py": "as_string edit_distance string_join",
    "files and what overlaps, whose sizes depend on values: test_image_files.py, test_boxes.py": """
        combined_suppression decode_and_crop_jpeg decode_bmp decode_gif decode_image decode_jpeg
        decode_png encode_jpeg encode_jpeg_quality encode_png extract_jpeg_shape is_jpeg
        non_max_suppression overlaps_suppression scored_suppression""",
    "of files' bytes: test_parsing.py": "decode_raw parse_example sparse_feature",
    "evaluated by a session between plans, which the reference does without": """
        assert_ assign_shaped at_most_one check_initialized cond_ is_initialized print_
        py_function refused report_uninitialized restore_ summary_ tensor_array tensor_array_close
        tensor_array_concat tensor_array_gather tensor_array_grad tensor_array_read
        tensor_array_scatter tensor_array_size tensor_array_split tensor_array_write while_
        while_grad""",
    "only the plan's own form of another op whose row covers it": """
        channel_grad channel_grad_parts channel_moments channel_parts channel_sums not_zero
        orthonormal whole_mean""",
    "results of a size that depends on values, by the same ref on both sides": """
        bincount confusion_matrix dynamic_partition dynamic_stitch histogram setdiff1d unique
        unique_with_counts ctc_beam_search_decoder ctc_greedy_decoder
        where_indices""",
    "no input but static ones: folded, so that ref is all there is": """
        eye filled filled_as linspace range""",
    "of sequences, against sums over all paths: test_ctc.py, test_beams.py": """
        ctc_loss gather_tree""",
    "hold a function of the program's own: test_api_gradients.py": "own_gradient own_gradients",
    "LAPACK through NumPy on both sides": """
        matrix_triangular_solve self_adjoint_eig svd""",
    "a gradient op of one above, whose own derivatives cover it": """
        gather_grad image_patches_grad max_pool_grad_with_argmax mirror_pad_grad
        product_of_others sparse_softmax_xent_grad strided_slice_grad tile_grad""",
    "what derivatives of products are made of, with theirs: test_zeros.py": """
        in_rows out_of_rows recurrence shifted""",
    "through operators and functions of the API: indexing, split, unstack, scatter": """
        bitcast in_top_k polygamma put_in_order searchsorted select split strided_slice
        take_in_order tensor_scatter_update unpack unsorted_segment_prod""",
    "integers and shapes, or a check on the way, against TensorFlow's values: tf1/variants.py": """
        bitwise_and bitwise_or bitwise_xor invert left_shift right_shift broadcast_dynamic_shape
        ensure_shape shape_ends_with sparse_to_dense weights_of""",
}.items():
    ELSEWHERE.update((_t, _reason) for _t in _types.split())

__all__ = ["CASES", "ELSEWHERE", "Case", "Variant", "build", "values"]
