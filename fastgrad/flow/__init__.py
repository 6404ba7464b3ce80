"""Operations made of functions: cond, while_loop, map_fn, TensorArray, py_func, assertions."""
