"""Types of `fastgrad.random`. Written by tests/types/make_stubs.py; do not edit."""

from fastgrad import Tensor
from fastgrad.typing import DTypeLike, TensorLike

__all__ = [
    "categorical", "gamma", "get_seed", "log_uniform_candidate_sampler", "multinomial", "normal",
    "poisson", "set_random_seed", "shuffle", "truncated_normal", "uniform",
    "uniform_candidate_sampler"]

from fastgrad import random_gamma as _random_gamma
gamma = _random_gamma
from fastgrad.nn import log_uniform_candidate_sampler as log_uniform_candidate_sampler
from fastgrad import multinomial as multinomial
from fastgrad import random_normal as _random_normal
normal = _random_normal
from fastgrad import random_poisson as _random_poisson
poisson = _random_poisson
from fastgrad import set_random_seed as set_random_seed
from fastgrad import random_shuffle as _random_shuffle
shuffle = _random_shuffle
from fastgrad import truncated_normal as truncated_normal
from fastgrad import random_uniform as _random_uniform
uniform = _random_uniform
from fastgrad.nn import uniform_candidate_sampler as uniform_candidate_sampler

def categorical(
        logits: TensorLike, num_samples: TensorLike, dtype: DTypeLike | None = None,
        seed: int | None = None, name: str | None = None
) -> Tensor: ...
def get_seed(op_seed: int | None) -> tuple[int | None, int | None]: ...
