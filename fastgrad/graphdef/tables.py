"""The files that fill the tables of builders and writers; this list is the only one."""

from fastgrad.graphdef import (array_in, array_out, arrays_in, branches, flow_out, functions,
                               image_in, image_out, lookup_in, loops, math_in, math_out, nn_in,
                               nn_out, random_in, saver_in, state_in, state_out, text_in)

__all__ = ["array_in", "array_out", "arrays_in", "branches", "flow_out", "functions", "image_in",
           "image_out", "lookup_in", "loops", "math_in", "math_out", "nn_in", "nn_out", "random_in",
           "saver_in", "state_in", "state_out", "text_in"]
