"""Layered layout of a directed graph: where boxes stand and how arrows run, from widths and edges.

Knows numbers only. Boxes stand in layers, each below what it takes from (longest paths); arrows
that pass layers get a place in each, so that they run between boxes; the order in a layer follows
the means of the neighbours' places (barycentres), as Sugiyama, Tagawa and Toda do it; and boxes
move towards their neighbours as far as those beside them allow.
"""

SWEEPS = 8              # over all layers, down and up in turn; more changes nothing that one sees
PASSING = 12            # width of an arrow that passes a layer


def arrange(widths, edges, gap=18):
    """Places for boxes and points for arrows.

    Parameters
    ----------
    widths : list of float, one a box
        In an order in which most edges go forwards; those that do not are laid out turned round.
    edges : list of (int, int)
    gap : float
        Between two boxes of a layer.

    Returns
    -------
    centres : list of (x, layer), one a box
    paths : list of lists of (x, layer), one an edge, from its first box to its second
    """
    forwards = [(min(e), max(e)) for e in edges]
    layer = _layers(len(widths), forwards)
    sizes, chains, links = list(widths), [], []
    for a, b in forwards:
        chain = [a]
        for between in range(layer[a] + 1, layer[b]):
            chain.append(len(sizes))
            sizes.append(PASSING)
            layer.append(between)
        chain.append(b)
        chains.append(chain)
        links += zip(chain, chain[1:])
    rows = [[] for _ in range(max(layer, default=-1) + 1)]
    for i, at in enumerate(layer):
        rows[at].append(i)
    above, below = _neighbours(len(sizes), links)
    _order(rows, above, below)
    x = _places(rows, sizes, above, below, gap)
    left = min((x[i] - w / 2 for i, w in enumerate(sizes)), default=0)
    points = [(x[i] - left, layer[i]) for i in range(len(sizes))]
    paths = [[points[i] for i in (chain if tuple(edge) == (chain[0], chain[-1]) else chain[::-1])]
             for edge, chain in zip(edges, chains)]
    return points[:len(widths)], paths


def _layers(count, edges):
    """Each below all that it takes from; what takes from none stands just above its first user."""
    layer, first = [0] * count, {}
    takes = set()
    for a, b in sorted(edges, key=lambda e: e[1]):
        takes.add(b)
        layer[b] = max(layer[b], layer[a] + 1)
    for a, b in edges:
        first[a] = min(first.get(a, layer[b]), layer[b])
    return [first[i] - 1 if i in first and i not in takes else at for i, at in enumerate(layer)]


def _neighbours(count, links):
    above, below = [[] for _ in range(count)], [[] for _ in range(count)]
    for a, b in links:
        above[b].append(a)
        below[a].append(b)
    return above, below


def _order(rows, above, below):
    """Sort each row by the means of its neighbours' places."""
    place = {i: at for row in rows for at, i in enumerate(row)}
    for sweep in range(SWEEPS):
        near, walk = (below, rows[::-1]) if sweep % 2 else (above, rows)
        for row in walk:
            mean = {i: sum(place[j] for j in near[i]) / len(near[i]) if near[i] else place[i]
                    for i in row}
            row.sort(key=mean.get)
            place.update((i, at) for at, i in enumerate(row))


def _places(rows, sizes, above, below, gap):
    """The centre of each box: near the mean of its neighbours, clear of those beside it."""
    x = [0.0] * len(sizes)
    for row in rows:
        at = 0.0
        for i in row:
            x[i] = at + sizes[i] / 2
            at += sizes[i] + gap
        for i in row:
            x[i] -= at / 2
    for sweep in range(2 * SWEEPS):
        for row in rows[::-1] if sweep % 2 else rows:
            wanted = []
            near_ones = below if sweep % 2 else above
            for i in row:
                near = near_ones[i] or above[i] + below[i]
                wanted.append(sum(x[j] for j in near) / len(near) if near else x[i])
            apart = [(sizes[i] + sizes[j]) / 2 + gap for i, j in zip(row, row[1:])]
            for i, at in zip(row, _apart(wanted, apart)):
                x[i] = at
    return x


def _apart(wanted, apart):
    """Places in order near the wanted ones, at least so far apart: the mean of what a walk from
    the left and one from the right give, which both keep the distances."""
    left, right = wanted[:], wanted[:]
    for i, least in enumerate(apart):
        left[i + 1] = max(left[i + 1], left[i] + least)
    for i, least in reversed(list(enumerate(apart))):
        right[i] = min(right[i], right[i + 1] - least)
    return [(a + b) / 2 for a, b in zip(left, right)]
