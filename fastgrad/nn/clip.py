"""Clipping by value and by norm."""

from fastgrad.graph.doors import door
from fastgrad.graph.dtypes import strong
from fastgrad.graph.nodes import as_tensor
from fastgrad.ops.arithmetic import _where, maximum, minimum, ones_like
from fastgrad.ops.cast import cast_to
from fastgrad.ops.indexed_slices import IndexedSlices
from fastgrad.ops.norms import _axes_list, _listed, global_norm
from fastgrad.ops.reduce import reduce_sum
from fastgrad.ops.shape import size
from fastgrad.ops.state import identity
from fastgrad.ops.unary import rsqrt, sqrt


# ---- clipping ---------------------------------------------------------------------------

def _through(fn, t):
    """Apply `fn` to a tensor, or to the values of IndexedSlices."""
    if isinstance(t, IndexedSlices):
        return IndexedSlices(fn(t.values), t.indices, t.dense_shape, t.like)
    return fn(t)


@door
def clip_by_value(t, clip_value_min, clip_value_max, name=None):
    """Elements clipped to a range.

    Gradient: `dy` where the element was within the bounds, the bounds included, else 0.

    Examples
    --------
    >>> Session().run(clip_by_value([-2., 0.5, 3.], -1., 1.))
    array([-1. ,  0.5,  1. ])
    """
    def clip(values):
        values = as_tensor(values)
        with values.graph.name_scope(name or "clip_by_value") as scope:
            return maximum(minimum(values, clip_value_max), clip_value_min, name=scope)
    return _through(clip, t)


@door
def clip_by_norm(t, clip_norm, axes=None, name=None):
    """Scaling down of `t` so that its l2 norm over `axes` is at most `clip_norm`.

    Gradient: as of the quotient; finite at 0.

    Examples
    --------
    >>> Session().run(clip_by_norm([3., 4.], 1.))
    array([0.6, 0.8])
    """
    def clip(values):
        values = as_tensor(values)
        with values.graph.name_scope(name or "clip_by_norm") as scope:
            total = reduce_sum(values * values, _axes_list(axes), True)
            some = total > 0
            root = sqrt(_where(some, total, ones_like(total)))
            length = _where(some, root, total)
            scaled = values * clip_norm
            return identity(scaled / maximum(length, clip_norm), name=scope)
    return _through(clip, t)


@door
def clip_by_average_norm(t, clip_norm, name=None):
    """Scaling down of `t` so that its l2 norm per element is at most `clip_norm`.

    Gradient: as of the quotient.

    Examples
    --------
    >>> Session().run(clip_by_average_norm([3., 4.], 1.))
    array([1.2, 1.6])
    """
    t = as_tensor(t)
    with t.graph.name_scope(name or "clip_by_average_norm"):
        count = cast_to(size(t), t)
        inverse = count * rsqrt(reduce_sum(t * t))
        limit = as_tensor(1.0 / clip_norm, None if t._dtype is None else strong(t._dtype))
        return t * clip_norm * minimum(inverse, limit)


@door
def clip_by_global_norm(t_list, clip_norm, use_norm=None, name=None):
    """(tensors scaled down to a common l2 norm of at most `clip_norm`, their norm before).

    Gradient: as of the quotient.

    Parameters
    ----------
    t_list : list of tensors, IndexedSlices or None
    clip_norm : float or scalar node
    use_norm : scalar node, optional
        The norm, if it is known already.

    Returns
    -------
    list, Tensor
        None stays None.

    Examples
    --------
    >>> clipped, norm = clip_by_global_norm([constant([3.0]), constant([4.0])], 1.0)
    >>> Session().run([*clipped, norm])
    [array([0.6]), array([0.8]), np.float64(5.0)]
    """
    listed = _listed(t_list)
    norm = global_norm(listed) if use_norm is None else as_tensor(use_norm)
    with norm.graph.name_scope(name or "clip_by_global_norm"):
        limit = ones_like(norm) / clip_norm
        scale = clip_norm * minimum(1.0 / norm, limit)
        # an infinite norm makes NaN of everything, as in TensorFlow, rather than zeros
        scale = scale + (norm - norm)
        clipped = [None if t is None else _through(lambda v: as_tensor(v) * scale, t)
                   for t in listed]
    return clipped, norm


__all__ = ["clip_by_value", "clip_by_norm", "clip_by_average_norm", "clip_by_global_norm"]
