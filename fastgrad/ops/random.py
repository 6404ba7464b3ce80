"""Random tensors, drawn anew at each run.

Every operation draws from a stream of its own, see `streams`. As in TensorFlow, an operation
without a seed of its own gets one from its number in the graph if the graph has a seed, and a
different one each time if nothing has a seed. The numbers are not TensorFlow's.

Uniform and normal numbers and dropout's mask are drawn by compiled kernels, the rest by NumPy.
"""

import numpy as np

from fastgrad.errors import ConvertTypeError, ShapeError
from fastgrad.graph.default_graph import get_default_graph
from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import FLOAT32, INT32, INT64, as_dtype, to_np
from fastgrad.graph.nodes import is_node
from fastgrad.graph.registry import NotDifferentiable, op
from fastgrad.ops.arithmetic import add, multiply
from fastgrad.ops.shape import check_rank, dims_of, plain_shape, scoped

DEFAULT_GRAPH_SEED = 87654321


# ---- seeds ------------------------------------------------------------------------------

def set_random_seed(seed):
    """Set the default graph's seed: random operations made from now on are reproducible.

    Examples
    --------
    >>> set_random_seed(7)
    >>> a, b = Session().run(random_normal([2])), Session().run(random_normal([2]))
    >>> a.shape
    (2,)
    """
    get_default_graph().seed = None if seed is None else int(seed)


def seeds_of(graph, op_seed):
    """(graph seed, operation seed) of a new random operation; None if nothing was set."""
    if op_seed is None:
        return None if graph.seed is None else (graph.seed, graph.version)
    return (DEFAULT_GRAPH_SEED if graph.seed is None else graph.seed), int(op_seed)


@door
def get_seed(op_seed):
    """(graph seed, operation seed) that a random operation made now would have."""
    seeds = seeds_of(get_default_graph(), op_seed)
    return (None, None) if seeds is None else seeds


# ---- the drawing ops: `draw` gets the generator first --------------------------------------

def _given_shape(in_shapes, attrs):
    return dims_of(attrs["shape"])


def _given_dtype(_, attrs):
    return attrs["dtype"]


def _drawn(ref, name, kernel=None):
    return op(_given_shape, dtype=None, out=_given_dtype, static=(0,), form="random", pure=False,
              kernel=kernel, draw=ref, name=name)


def _narrow(dtype):
    """The dtype NumPy draws in: it knows float32 and float64."""
    return dtype if dtype in (np.float32, np.float64) else FLOAT32


def _normal_ref(generator, shape, dtype, seeds):
    return generator.normal(dims_of(shape), dtype)


@_drawn(_normal_ref, "RandomStandardNormal", "random_normal")
def _standard_normal(shape, dtype=FLOAT32, seeds=None):
    pass


def _uniform_ref(generator, shape, dtype, seeds):
    return generator.uniform(dims_of(shape), dtype)


@_drawn(_uniform_ref, "RandomUniform", "random_uniform")
def _standard_uniform(shape, dtype=FLOAT32, seeds=None):
    pass


def _truncated_ref(generator, shape, dtype, seeds):
    """Normal numbers; those beyond two deviations are drawn again."""
    numbers = generator.standard_normal(dims_of(shape), _narrow(dtype))
    flat = numbers.reshape(-1)
    while True:
        far = np.flatnonzero(np.abs(flat) > 2)
        if not far.size:
            return numbers.astype(dtype, copy=False)
        flat[far] = generator.standard_normal(far.size, _narrow(dtype))


@_drawn(_truncated_ref, "TruncatedNormal")
def _truncated_normal(shape, dtype=FLOAT32, seeds=None):
    pass


def _integers_ref(generator, minval, maxval, shape, dtype, seeds):
    return generator.integers(minval, maxval, dims_of(shape), dtype)


@op(_given_shape, dtype=None, out=_given_dtype, static=(0,), form="random", pure=False,
    draw=_integers_ref, name="RandomUniformInt")
def _random_integers(shape, minval, maxval, dtype=INT32, seeds=None):
    pass


def _gamma_ref(generator, alpha, shape, dtype, seeds):
    numbers = generator.standard_gamma(alpha, dims_of(shape) + alpha.shape)
    return np.maximum(numbers, np.finfo(dtype).tiny).astype(dtype)


@op(lambda s, a: None if dims_of(a["shape"]) is None or s[-1] is None
    else dims_of(a["shape"]) + s[-1], dtype=None, out=_given_dtype, static=(0,), form="random",
    pure=False, draw=_gamma_ref, name="RandomGamma")
def _standard_gamma(shape, alpha, dtype=FLOAT32, seeds=None):
    pass


def _poisson_ref(generator, rate, shape, dtype, seeds):
    return generator.poisson(rate, dims_of(shape) + rate.shape).astype(dtype)


@op(lambda s, a: None if dims_of(a["shape"]) is None or s[-1] is None
    else dims_of(a["shape"]) + s[-1], dtype=None, out=_given_dtype, static=(0,), form="random",
    pure=False, draw=_poisson_ref, name="RandomPoissonV2")
def _random_poisson(shape, rate, dtype=FLOAT32, seeds=None):
    pass


@op(lambda s, a: s[0], pure=False, form="random", name="RandomShuffle",
    draw=lambda generator, x, seeds: generator.permutation(x) if x.ndim else x.copy(), text=True)
def _random_shuffle(value, seeds=None):
    pass


def _multinomial_ref(generator, logits, num_samples, dtype, seeds):
    """Samples by the largest of logits plus Gumbel noise."""
    rows, classes = logits.shape
    noise = generator.gumbel(size=(rows, int(num_samples), classes))
    return np.argmax(logits[:, None, :] + noise, -1).astype(dtype)


def _multinomial_shape(in_shapes, attrs):
    count = attrs["num_samples"]
    if in_shapes[0] is not None and len(in_shapes[0]) != 2:
        raise ShapeError(f"logits must have 2 dimensions; got {in_shapes[0]}.")
    if count is not None and int(np.asarray(count).item()) < 0:
        raise ShapeError(f"num_samples must not be negative; got {count}.")
    rows = None if in_shapes[0] is None else in_shapes[0][0]
    return rows, None if count is None else int(np.asarray(count).item())


@op(_multinomial_shape, dtype=None, out=_given_dtype, static=(1,), form="random", pure=False,
    draw=_multinomial_ref, name="Multinomial")
def _multinomial(logits, num_samples, dtype=INT64, seeds=None):
    pass


for _type in ("standard_normal", "standard_uniform", "truncated_normal", "random_integers",
              "standard_gamma", "random_poisson", "multinomial"):
    NotDifferentiable(_type)
NotDifferentiable("random_shuffle")


# ---- what users call --------------------------------------------------------------------

def _float_dtype(dtype):
    dtype = to_np(dtype)
    if dtype.kind != "f":
        raise ConvertTypeError(f"Invalid dtype {as_dtype(dtype)!r}: expected a floating "
                               "dtype.")
    return dtype


def _scaled(build, shape, low, scale, dtype, seed, name):
    """`build` times `scale` plus `low`."""
    graph = get_default_graph()
    dtype = _float_dtype(dtype)
    shape = _vector_of(shape, name)
    with graph.name_scope(name) as scope:
        numbers = build(shape, dtype=dtype, seeds=seeds_of(graph, seed))
        if is_node(scale) or scale != 1:
            numbers = multiply(numbers, _of(scale, dtype), name="mul")
        return add(numbers, _of(low, dtype), name=scope)


def _vector_of(shape, name):
    """A shape as a vector; in a TensorFlow graph a single number is refused."""
    check_rank(shape, 1, f"the shape of {name}")
    return plain_shape(shape)


def _of(value, dtype):
    return value if is_node(value) else np.asarray(value, dtype)


@door
def random_normal(shape, mean=0.0, stddev=1.0, dtype=FLOAT32, seed=None, name=None):
    """Normally distributed numbers, new ones in each run.

    Parameters
    ----------
    shape : sequence of int, or integer tensor
    mean, stddev : float or tensor
        Broadcast to `shape`.
    dtype : floating dtype
    seed : int, optional
        With `set_random_seed`, makes the sequence of runs of a session repeatable.

    Notes
    -----
    Gradient: to `mean` and `stddev`, as of `stddev * z + mean`.

    Examples
    --------
    >>> Session().run(random_normal([2, 3], stddev=0.1)).shape
    (2, 3)
    """
    return _scaled(_standard_normal, shape, mean, stddev, dtype, seed, name or "random_normal")


@door
def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=FLOAT32, seed=None, name=None):
    """Normally distributed numbers, none more than two deviations from the mean.

    Gradient: to `mean` and `stddev`, as of `stddev * z + mean`.

    Examples
    --------
    >>> x = Session().run(truncated_normal([100], seed=1))
    >>> bool((np.abs(x) <= 2).all())
    True
    """
    return _scaled(_truncated_normal, shape, mean, stddev, dtype, seed,
                   name or "truncated_normal")


@door
def random_uniform(shape, minval=0, maxval=None, dtype=FLOAT32, seed=None, name=None):
    """Uniformly distributed numbers in [minval, maxval); whole ones for an integer dtype.

    Gradient: to the bounds, as of `u * (maxval - minval) + minval`.

    Examples
    --------
    >>> x = Session().run(random_uniform([100], seed=1))
    >>> bool((x >= 0).all() and (x < 1).all())
    True
    """
    dtype = to_np(dtype)
    name = name or "random_uniform"
    if dtype.kind in "iu":
        if maxval is None:
            raise ValueError(f"Must specify maxval for integer dtype {dtype.name}")
        graph = get_default_graph()
        return _random_integers(_vector_of(shape, name), _of(minval, dtype), _of(maxval, dtype),
                                dtype=dtype, seeds=seeds_of(graph, seed), name=name)
    maxval = 1 if maxval is None else maxval
    return _scaled(_standard_uniform, shape, minval, maxval - minval, dtype, seed, name)


@door
def random_shuffle(value, seed=None, name=None):
    """The rows of a tensor in random order.

    Gradient: none.

    Examples
    --------
    >>> sorted(Session().run(random_shuffle([3, 1, 2], seed=1)).tolist())
    [1, 2, 3]
    """
    return _random_shuffle(value, seeds=seeds_of(get_default_graph(), seed), name=name)


@scoped("multinomial")
def multinomial(logits, num_samples, seed=None, name=None, output_dtype=None):
    """Classes drawn from unnormalised log-probabilities, `num_samples` a row; int64.

    Gradient: none.

    Examples
    --------
    >>> Session().run(multinomial([[0., -100.]], 4, seed=1))
    array([[0, 0, 0, 0]])
    """
    dtype = INT64 if output_dtype is None else to_np(output_dtype)
    return _multinomial(logits, num_samples, dtype=dtype,
                        seeds=seeds_of(get_default_graph(), seed))


@door
def categorical(logits, num_samples, dtype=None, seed=None, name=None):
    """The same as `multinomial`.

    Gradient: none.

    Examples
    --------
    >>> Session().run(categorical([[0., -100.]], 4, seed=1))
    array([[0, 0, 0, 0]])
    """
    return multinomial(logits, num_samples, seed, name or "categorical", dtype)


@door
def random_gamma(shape, alpha, beta=None, dtype=FLOAT32, seed=None, name=None):
    """Gamma distributed numbers: `shape` of them for each element of `alpha`.

    Gradient: to `beta` only.

    Examples
    --------
    >>> x = Session().run(random_gamma([100], 2.0, seed=1))
    >>> bool((x > 0).all())
    True
    """
    dtype = _float_dtype(dtype)
    graph = get_default_graph()
    numbers = _standard_gamma(_vector_of(shape, "random_gamma"), _of(alpha, dtype), dtype=dtype,
                              seeds=seeds_of(graph, seed), name=name or "random_gamma")
    return numbers if beta is None else numbers / _of(beta, dtype)


@door
def random_poisson(lam, shape, dtype=FLOAT32, seed=None, name=None):
    """Poisson distributed numbers: `shape` of them for each element of `lam`.

    Gradient: none.

    Examples
    --------
    >>> x = Session().run(random_poisson(3.0, [100], seed=1))
    >>> bool((x >= 0).all())
    True
    """
    rate = lam if is_node(lam) else np.asarray(lam, np.float64)
    return _random_poisson(_vector_of(shape, "random_poisson"), rate, dtype=to_np(dtype),
                           seeds=seeds_of(get_default_graph(), seed),
                           name=name or "random_poisson")


__all__ = ["set_random_seed", "random_normal", "truncated_normal", "random_uniform",
           "random_shuffle", "multinomial", "random_gamma", "random_poisson"]
