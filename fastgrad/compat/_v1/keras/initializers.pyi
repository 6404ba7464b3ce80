"""Types of `fastgrad.compat._v1.keras.initializers`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad.initializers import constant_initializer as _constant_initializer
constant = _constant_initializer
from fastgrad.initializers import Identity as _Identity
identity = _Identity
from fastgrad.initializers import ones_initializer as _ones_initializer
ones = _ones_initializer
from fastgrad.initializers import orthogonal_initializer as _orthogonal_initializer
orthogonal = _orthogonal_initializer
from fastgrad.initializers import random_normal_initializer as _random_normal_initializer
random_normal = _random_normal_initializer
from fastgrad.initializers import random_uniform_initializer as _random_uniform_initializer
random_uniform = _random_uniform_initializer
from fastgrad.initializers import truncated_normal_initializer as _truncated_normal_initializer
truncated_normal = _truncated_normal_initializer
from fastgrad.initializers import uniform_unit_scaling_initializer as _uniform_unit_scaling_initializer
uniform_unit_scaling = _uniform_unit_scaling_initializer
from fastgrad.initializers import variance_scaling_initializer as _variance_scaling_initializer
variance_scaling = _variance_scaling_initializer
from fastgrad.initializers import zeros_initializer as _zeros_initializer
zeros = _zeros_initializer
from fastgrad.initializers import glorot_normal_initializer as _glorot_normal_initializer
glorot_normal = _glorot_normal_initializer
from fastgrad.initializers import glorot_uniform_initializer as _glorot_uniform_initializer
glorot_uniform = _glorot_uniform_initializer
from fastgrad.initializers import he_normal as he_normal
from fastgrad.initializers import he_uniform as he_uniform
from fastgrad.initializers import lecun_normal as lecun_normal
from fastgrad.initializers import lecun_uniform as lecun_uniform
