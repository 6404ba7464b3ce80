"""Operations made of functions: cond, while_loop, map_fn, py_func, assertions."""
