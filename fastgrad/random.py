"""TensorFlow's `tf.random` names."""

from fastgrad import elsewhere as _elsewhere
from fastgrad.nn.sampled import log_uniform_candidate_sampler, uniform_candidate_sampler
from fastgrad.ops.random import categorical, multinomial, random_gamma as gamma
from fastgrad.ops.random import random_normal as normal
from fastgrad.ops.random import random_poisson as poisson
from fastgrad.ops.random import random_shuffle as shuffle
from fastgrad.ops.random import random_uniform as uniform
from fastgrad.ops.random import get_seed, set_random_seed, truncated_normal

__all__ = [name for name in dir() if not name.startswith("_")]
__getattr__ = _elsewhere.missing("fastgrad.random")
