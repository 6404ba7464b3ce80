"""Draws the pictures of the pages in Learn, from trainings with the library as it is.

The programs are those of the pages, with their seeds. Colours: red and blue for classes, grey for
all else. SVG without dates, so that the same build draws the same bytes.
"""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

import fastgrad as fg
from fastgrad.datasets import load_digits

RED, BLUE, GREY = "#c0392b", "#2c6fbb", "#555555"
STYLE = {"svg.hashsalt": "fastgrad", "font.size": 10, "axes.spines.top": False,
         "axes.spines.right": False, "svg.fonttype": "path"}


def write(folder):
    """Draw all pictures into a folder; those that are there are left alone."""
    folder.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        path = folder / f"{name}.svg"
        if not path.exists():
            with matplotlib.rc_context(STYLE), fg.Graph().as_default():
                draw().savefig(path, metadata={"Date": None})


def figure(width, height, columns=1):
    """A Figure without pyplot's global state, and its axes."""
    made = Figure(figsize=(width, height), layout="constrained")
    return made, made.subplots(1, columns)


# ---- what is drawn ----------------------------------------------------------------------

def clouds():
    """Parts II to IV: (red points, blue points)."""
    rng = np.random.default_rng(0)
    return rng.normal(-2, 1, (50, 2)), rng.normal(2, 1, (50, 2))


def points(axes, red, blue):
    for group, colour, marker in (red, RED, "o"), (blue, BLUE, "s"):
        axes.scatter(*group.T, s=20, color=colour, marker=marker, edgecolors="white", linewidths=.5)
    axes.set_xlabel("$x_1$")
    axes.set_ylabel("$x_2$")


def shades(axes, function, low, high):
    """The probability of blue over a square, and the line where it is one half."""
    x, y = np.meshgrid(*[np.linspace(low, high, 160)] * 2)
    p = function(np.column_stack((x.ravel(), y.ravel()))).reshape(x.shape)
    axes.imshow(p, extent=(low, high, low, high), origin="lower", aspect="auto", cmap="RdBu",
                vmin=0, vmax=1, alpha=0.45, interpolation="bilinear")
    axes.contour(x, y, p, levels=[0.5], colors="black", linewidths=1.5)


def linear(W, b=0.0):
    return lambda xy: fg.Session().run(fg.softmax(fg.matmul(xy, np.array(W, float)) + b))[:, 0]


def loss_of(W):
    """The cross entropy of the clouds under the weights W."""
    red, blue = clouds()
    z = fg.matmul(np.concatenate((blue, red)), W)
    c = np.repeat(np.eye(2), 50, axis=0)
    return fg.reduce_sum(fg.nn.softmax_cross_entropy_with_logits_v2(labels=c, logits=z))


def graph():
    """Part I: z = A x + b."""
    made, axes = figure(5.2, 2.6)
    places = {"A": (0, 2, "variable"), "x": (0, 1, "placeholder"), "b": (0, 0, "variable"),
              "matmul": (1.6, 1.5, ""), "add": (3.2, 0.9, ""), "z": (4.4, 0.9, None)}
    for start, end in ("A", "matmul"), ("x", "matmul"), ("matmul", "add"), ("b", "add"), \
            ("add", "z"):
        axes.annotate("", places[end][:2], places[start][:2],
                      arrowprops={"arrowstyle": "-|>", "shrinkA": 20, "shrinkB": 24,
                                  "color": GREY})
    for name, (x, y, kind) in places.items():
        box = {"boxstyle": "round,pad=0.5" if kind == "" else "circle,pad=0.4",
               "facecolor": {"placeholder": "#fdebd0", "variable": "#d6eaf8"}.get(kind, "white"),
               "edgecolor": "none" if kind is None else GREY}
        axes.text(x, y, name, ha="center", va="center", bbox=box, family="monospace")
        if kind:
            axes.text(x - 0.32, y, kind, ha="right", va="center", color=GREY, fontsize=9)
    axes.set(xlim=(-1.5, 4.8), ylim=(-0.5, 2.5))
    axes.axis("off")
    return made


def perceptron():
    made, axes = figure(5, 4)
    shades(axes, linear([[1, -1], [1, -1]]), -5, 5)
    points(axes, *clouds())
    return made


def sigmoid():
    made, axes = figure(5, 2.4)
    a = np.linspace(-6, 6, 200)
    axes.plot(a, fg.Session().run(fg.sigmoid(a)), color=BLUE)
    axes.axvline(0, color=GREY, linewidth=0.6)
    axes.axhline(0.5, color=GREY, linewidth=0.6, linestyle=":")
    axes.set(xlabel="a", ylabel="sigmoid(a)")
    return made


def criterion():
    made, both = figure(8, 3.6, 2)
    for axes, W in zip(both, ([[1., -1.], [1., -1.]], [[1., -1.], [-1., 1.]])):
        shades(axes, linear(W), -5, 5)
        points(axes, *clouds())
        axes.set_title(f"J = {float(fg.Session().run(loss_of(np.array(W)))):.1f}", fontsize=11)
    return made


def steps_down(start, rate, count):
    """The weights of each step of gradient descent on the clouds, with W = [[w1, -w1], [w2, -w2]].

    Returns
    -------
    weights : (count, 2)
    losses : (count,)
    """
    w = fg.Variable(np.array(start, float))
    W = fg.stack([w, -w], axis=1)
    loss = loss_of(W) / 100.0
    train = fg.train.GradientDescentOptimizer(rate).minimize(loss, var_list=[w])
    session, path, losses = fg.Session(), [], []
    for _ in range(count):
        path.append(w.value)
        losses.append(session.run([loss, train])[0])
    return np.array(path), np.array(losses)


def descent():
    made, axes = figure(5.4, 4)
    path, _ = steps_down([-1.2, -0.4], 0.15, 60)
    x, y = np.meshgrid(np.linspace(-1.6, 1.6, 41), np.linspace(-1.6, 1.6, 41))
    w = fg.placeholder(fg.float64, [2])
    loss = fg.Session().make_callable(loss_of(fg.stack([w, -w], axis=1)) / 100.0, [w])
    height = np.array([loss(np.array(p)) for p in zip(x.ravel(), y.ravel())]).reshape(x.shape)
    levels = [0.01, 0.03, 0.1, 0.3, 1, 2, 4, 6, 9, 12]
    shown = axes.contourf(x, y, np.log10(height), np.log10(levels), cmap="Greys", alpha=0.7,
                          extend="both")
    bar = made.colorbar(shown, label="mean loss of a point")
    bar.ax.set_yticks(np.log10(levels), [f"{v:g}" for v in levels])
    axes.plot(*path.T, color=BLUE, marker=".", linewidth=1.2)
    axes.plot(*path[0], marker="o", color=RED)
    axes.annotate("start", path[0], xytext=(-30, -16), textcoords="offset points", color="white")
    axes.set(xlabel="$w_1$", ylabel="$w_2$", xlim=(-1.6, 1.6), ylim=(-1.6, 1.6))
    return made


def losses():
    made, axes = figure(5.4, 2.8)
    for rate, colour in (0.01, "#9bbbd9"), (0.1, "#5b92c9"), (1.0, "#1d4e89"):
        axes.semilogy(steps_down([-1.2, 0.9], rate, 100)[1], color=colour, label=f"rate {rate:g}")
    axes.set(xlabel="step", ylabel="mean loss of a point")
    axes.legend(frameon=False)
    return made


def trained_xor():
    """Part V: (red, blue, probability of blue, each hidden unit) as functions of points."""
    rng = np.random.default_rng(2)
    corners = np.repeat([[0, 0], [1, 1], [0, 1], [1, 0]], 25, axis=0)
    data = corners + 0.2 * rng.normal(size=(100, 2))
    classes = np.repeat(np.eye(2)[[1, 1, 0, 0]], 25, axis=0)
    X, c = fg.placeholder(), fg.placeholder()
    W, b = fg.Variable(rng.normal(size=(2, 4))), fg.Variable(rng.normal(size=4))
    hidden = fg.sigmoid(X @ W + b)
    W, b = fg.Variable(rng.normal(size=(4, 2))), fg.Variable(rng.normal(size=2))
    p = fg.softmax(hidden @ W + b)
    train = fg.train.GradientDescentOptimizer(0.03).minimize(-fg.reduce_sum(c * fg.log(p)))
    session = fg.Session()
    session.fit(train, {X: data, c: classes}, epochs=3000)
    units = [lambda xy, i=i: session.run(hidden, {X: xy})[:, i] for i in range(4)]
    return data[:50], data[50:], lambda xy: session.run(p, {X: xy})[:, 0], units


def xor():
    made, axes = figure(5, 4)
    red, blue, function, _ = trained_xor()
    shades(axes, function, -0.8, 1.8)
    points(axes, red, blue)
    return made


def hidden():
    made, four = figure(9, 2.5, 4)
    red, blue, _, units = trained_xor()
    for i, (axes, unit) in enumerate(zip(four, units)):
        shades(axes, unit, -0.8, 1.8)
        points(axes, red, blue)
        axes.set(xlabel="", ylabel="", xticks=[], yticks=[], title=f"unit {i + 1}")
    return made


def weights():
    """Part VI: sixteen of the hidden units' weights, times how much each pixel varies."""
    images, labels = load_digits()
    training = np.random.default_rng(0).permutation(len(images))[:1350]
    fg.set_random_seed(0)
    x, c = fg.placeholder(fg.float32, [None, 64]), fg.placeholder(fg.int64, [None])
    one = fg.layers.Dense(32, activation=fg.nn.relu, name="hidden")
    logits = fg.layers.dense(one(x), 10)
    loss = fg.reduce_mean(fg.nn.sparse_softmax_cross_entropy_with_logits(labels=c, logits=logits))
    fg.Session().fit(fg.train.AdamOptimizer(0.005).minimize(loss),
                     {x: images[training], c: labels[training]}, batch_size=32, epochs=30, seed=0)
    made = Figure(figsize=(6.4, 1.7), layout="constrained")
    shown = one.kernel.value * images[training].std(0)[:, None]
    for axes, column in zip(made.subplots(2, 8).ravel(), shown.T):
        size = np.abs(column).max()
        axes.imshow(column.reshape(8, 8), cmap="RdBu", vmin=-size, vmax=size)
        axes.axis("off")
    return made


PICTURES = {f.__name__: f for f in (graph, perceptron, sigmoid, criterion, descent, losses, xor,
                                    hidden, weights)}
