"""Pictures by matplotlib: loss curves, decision boundaries, confusion matrices, weights.

Each function draws into the axes that it is given, or into those of a new figure, and returns them,
so that labels, limits and files are matplotlib's business. matplotlib is imported at the first
call and not before.
"""

import numpy as np

from fastgrad import elsewhere as _elsewhere
from fastgrad import Session as _Session
from fastgrad.graph.nodes import is_node as _is_node

_RESOLUTION = 200               # points a side at which a boundary is looked at
_MARGIN = 0.08                  # of the data's extent, around it


def history(history, names=None, *, logarithmic=False, ax=None):
    """Draw what a training fetched, epoch by epoch.

    Parameters
    ----------
    history : History
        What `Session.fit` returned, or a session's `history`.
    names : str or list of str, optional
        The fetches to draw; all that are single numbers, if not given.
    logarithmic : bool
        Whether the vertical axis is logarithmic.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    KeyError
        If the history has no fetch of such a name.

    Examples
    --------
    >>> from fastgrad import plot
    >>> x = placeholder(np.float64, [None])
    >>> loss = reduce_mean(square(x - Variable(1.0)))
    >>> train = train.GradientDescentOptimizer(0.1).minimize(loss)
    >>> found = Session().fit(train, {x: np.zeros(8)}, epochs=5, fetches={"loss": loss})
    >>> plot.history(found).get_xlabel()
    'epoch'
    """
    names = [names] if isinstance(names, str) else names
    if names is None:
        names = [n for n, values in history.history.items()
                 if values and all(v is not None and np.ndim(v) == 0 for v in values)]
    unknown = [n for n in names if n not in history.history]
    if unknown:
        raise KeyError(f"plot.history: the training fetched no {unknown[0]!r}; there are "
                       f"{', '.join(map(repr, history.history)) or 'none'}.")
    ax = _axes(ax)
    for name in names:
        values = history.history[name]
        ax.plot(history.epoch, values, label=name, marker="o" if len(values) == 1 else None)
    if logarithmic:
        ax.set_yscale("log")
    ax.set_xlabel("epoch")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(alpha=0.3)
    if len(names) == 1:
        ax.set_ylabel(names[0])
    elif names:
        ax.legend()
    return ax


def decision_boundary(classifier, points, labels=None, *, feed=None, session=None, ax=None):
    """Colour the plane by the class that a classifier chooses, with points of data on it.

    Parameters
    ----------
    classifier : node, or callable from an array of shape (n, 2) to an array
        Its scores or probabilities, of shape (n, classes), of which the largest is chosen; or one
        a point, of shape (n,) or (n, 1): class 1 above 0.5, or whole numbers, the class itself.
    points : array of shape (n, 2)
        The picture shows the part of the plane that they fill.
    labels : array of shape (n,), or one-hot of shape (n, classes), optional
        The points' classes. Without them, points are not drawn.
    feed : node, optional
        The placeholder that takes points, where `classifier` is a node.
    session : Session, optional
        The one that runs the node; a new one of its graph, if not given.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If `points` or the classifier's result has another shape; if `feed` is missing.

    Examples
    --------
    >>> from fastgrad import plot
    >>> x = placeholder(np.float64, [None, 2])
    >>> p = softmax(x @ Variable([[1.0, -1.0], [0.5, -0.5]]))
    >>> points = np.random.default_rng(0).normal(size=(50, 2))
    >>> ax = plot.decision_boundary(p, points, points[:, 0] < 0, feed=x)
    """
    points = np.asarray(points, float)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError("plot.decision_boundary: points must have shape (n, 2); got "
                         f"{points.shape}.")
    low, high = points.min(0), points.max(0)
    around = np.where(high > low, (high - low) * _MARGIN, 0.5)
    across, up = (np.linspace(a, b, _RESOLUTION) for a, b in zip(low - around, high + around))
    plane = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    chosen = _classes(_scores(classifier, plane, feed, session), len(plane))
    given = None if labels is None else _labels(labels, len(points))
    most = max(chosen.max(), 0 if given is None else given.max(), 1)
    ax = _axes(ax)
    colours = _colours(most + 1)
    ax.pcolormesh(across, up, chosen.reshape(_RESOLUTION, _RESOLUTION), cmap=colours, vmin=-0.5,
                  vmax=most + 0.5, alpha=0.3, shading="nearest", rasterized=True)
    if given is not None:
        ax.scatter(*points.T, c=given, cmap=colours, vmin=-0.5, vmax=most + 0.5, s=18,
                   edgecolors="white", linewidths=0.5)
    ax.set_xlim(across[0], across[-1])
    ax.set_ylim(up[0], up[-1])
    return ax


def confusion_matrix(labels, predictions, *, names=None, normalize=False, ax=None):
    """Draw how often examples of each class were taken for each.

    Parameters
    ----------
    labels, predictions : array of shape (n,), or of shape (n, classes)
        Classes; one-hot or scores, of which the largest counts.
    names : list of str, optional
        Of the classes; their numbers, if not given.
    normalize : bool
        Whether a field shows the share of its row, the examples of a class, in percent.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the lengths differ, a class is negative, or there are fewer names than classes.

    Examples
    --------
    >>> from fastgrad import plot
    >>> ax = plot.confusion_matrix([0, 0, 1, 2], [0, 1, 1, 2], names=["red", "green", "blue"])
    >>> ax.get_ylabel()
    'label'
    """
    labels = _labels(labels)
    predictions = _labels(predictions, len(labels))
    count = max([len(names or ()), *(int(v.max()) + 1 for v in (labels, predictions) if v.size)])
    if names is not None and len(names) < count:
        raise ValueError(f"plot.confusion_matrix: there are {count} classes and {len(names)} "
                         "names.")
    table = np.zeros((count, count), int)
    np.add.at(table, (labels, predictions), 1)
    shares = table / np.maximum(table.sum(1, keepdims=True), 1)
    ax = _axes(ax)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    size = max(5, min(10, 120 / max(count, 1)))
    for (i, j), share in np.ndenumerate(shares):
        text = f"{100 * share:.0f}" if normalize else str(table[i, j])
        ax.text(j, i, text, ha="center", va="center", fontsize=size,
                color="white" if share > 0.55 else "black" if table[i, j] else "0.6")
    ticks = [str(n) for n in (names if names is not None else range(count))]
    long = max(map(len, ticks), default=0) > 3
    ax.set_xticks(range(count), ticks, rotation=45 if long else 0, ha="right" if long else "center")
    ax.set_yticks(range(count), ticks)
    ax.tick_params(labelsize=max(5, min(10, 170 / max(count, 1))))
    ax.set_xlabel("prediction" + " (percent of the label's examples)" * bool(normalize))
    ax.set_ylabel("label")
    return ax


def weights(weights, shape=None, *, columns=None, ax=None):
    """Draw each unit's weights as an image, in one mosaic: blue below zero, red above.

    Parameters
    ----------
    weights : Variable, or array of shape (inputs, units)
        A layer's kernel: each column is an image. Of rank 1, one image.
    shape : (int, int), optional
        Rows and columns of an image; the square that holds `inputs`, if not given.
    columns : int, optional
        Images in a row; about as many as rows, if not given.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If `shape` does not hold `inputs`, or `inputs` is no square and no shape is given.

    Examples
    --------
    >>> from fastgrad import plot
    >>> kernel = Variable(np.random.default_rng(0).normal(size=(64, 10)))
    >>> ax = plot.weights(kernel)
    """
    found = np.asarray(weights.value if _is_node(weights) else weights, float)
    found = found[:, None] if found.ndim == 1 else found
    if found.ndim != 2 or not found.size:
        raise ValueError("plot.weights: the weights must have shape (inputs, units); got "
                         f"{found.shape}.")
    inputs, units = found.shape
    side = int(round(inputs ** 0.5))
    high, wide = (side, side) if shape is None else shape
    if high * wide != inputs:
        hint = "Give shape=(rows, columns)." if shape is None else ""
        raise ValueError(f"plot.weights: {inputs} inputs are no image of {high} x {wide}. "
                         f"{hint}".rstrip())
    columns = min(columns or int(np.ceil(units ** 0.5)), units)
    rows = -(-units // columns)
    mosaic = np.full((rows * (high + 1) - 1, columns * (wide + 1) - 1), np.nan)
    for i, image in enumerate(found.T):
        top, left = i // columns * (high + 1), i % columns * (wide + 1)
        mosaic[top:top + high, left:left + wide] = image.reshape(high, wide)
    finite = found[np.isfinite(found)]
    most = np.abs(finite).max() if finite.size else 1.0
    ax = _axes(ax)
    image = ax.imshow(mosaic, cmap="RdBu_r", vmin=-(most or 1.0), vmax=most or 1.0)
    ax.figure.colorbar(image, ax=ax, fraction=0.046, pad=0.03)
    ax.set_axis_off()
    return ax


# ---- what they share --------------------------------------------------------------------

def _axes(ax):
    """The axes given, or those of a new figure."""
    try:
        import matplotlib.pyplot as pyplot
    except ImportError as error:
        raise ImportError("fastgrad.plot draws with matplotlib, which cannot be imported here: "
                          f"{error}. Install it: pip install matplotlib") from error
    return pyplot.subplots(layout="constrained")[1] if ax is None else ax


def _colours(count):
    """As many colours as classes, told apart up to ten."""
    import matplotlib
    if count <= 10:
        return matplotlib.colors.ListedColormap(matplotlib.colormaps["tab10"].colors[:count])
    return matplotlib.colormaps["turbo"].resampled(count)


def _scores(classifier, plane, feed, session):
    """What the classifier says of each point."""
    if not _is_node(classifier):
        return np.asarray(classifier(plane))
    if feed is None:
        raise ValueError("plot.decision_boundary: say which placeholder takes the points: "
                         "feed=x.")
    session = session or _Session(graph=classifier.graph)
    return np.asarray(session.run(classifier, {feed: plane}))


def _classes(scores, count):
    """A class a point, of scores in any of the accepted shapes."""
    if scores.shape == (count, 1):
        scores = scores[:, 0]
    if scores.ndim == 2 and len(scores) == count:
        return scores.argmax(1)
    if scores.shape != (count,):
        raise ValueError(f"plot.decision_boundary: for {count} points the classifier gave shape "
                         f"{scores.shape}; expected ({count},) or ({count}, classes).")
    return scores.astype(int) if scores.dtype.kind in "iub" else (scores > 0.5).astype(int)


def _labels(labels, count=None):
    """Classes as whole numbers of 0 or more."""
    found = np.asarray(labels)
    if found.ndim == 2:
        found = found.argmax(1) if found.shape[1] > 1 else found[:, 0]
    if found.ndim != 1 or count is not None and len(found) != count:
        raise ValueError(f"plot: expected {'one class' if count is None else f'{count} classes'}"
                         f"{' a row' if count is None else ''}; got shape {np.shape(labels)}.")
    whole = found.astype(int)
    if found.size and (whole.min() < 0 or np.any(whole != found)):
        raise ValueError("plot: classes are whole numbers of 0 or more; got "
                         f"{found[(whole < 0) | (whole != found)][0]}.")
    return whole


__all__ = ["history", "decision_boundary", "confusion_matrix", "weights"]
__getattr__ = _elsewhere.missing("fastgrad.plot")
