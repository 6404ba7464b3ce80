"""Notices a graph that grows from run to run: nodes made inside a training loop.

Nodes made before the graph first runs are its building, however many a line makes. After that, a
line that has added some before each of MANY later runs is in a loop; memory and time grow with
it, in silence. The session asks where it compiles: a new node is always a new plan.
"""

import collections

from fastgrad.graph.doors import warn
from fastgrad.wording import show_site

MANY = 25                       # runs: more than a notebook's cell or a search is repeated


class Growth:
    """What a graph has been added since it first ran.

    Attributes
    ----------
    version : the number of operations at the last look
    lines : {site: [runs before which it added some, operations added]}; None once warned
    """

    def __init__(self, version):
        self.version, self.lines = version, {}


def look(graph):
    """Count what was added since the last look; warn once if a line keeps adding."""
    growth, version = graph.growth, graph.version
    if growth is None:
        graph.growth = Growth(version)
        return
    added, growth.version = range(growth.version, version), version
    if not added or growth.lines is None:
        return
    sites = [graph._records[i].site for i in added]
    for site, count in collections.Counter(sites).items():
        line = growth.lines.setdefault(site, [0, 0])
        line[0] += 1
        line[1] += count
    # a gradient carries the lines of what it is the gradient of; its optimizer's own comes last
    often = [s for s in sites if s is not None and growth.lines[s][0] >= MANY]
    if often:
        _warn(often[-1], *growth.lines[often[-1]])
        growth.lines = None


def _warn(site, runs, count):
    warn(f"{show_site(site)} has added {count} operations to the graph, some before each of {runs} "
         "runs: memory and time grow with every turn. Build nodes once, outside the loop, and "
         "feed what changes; after graph.finalize() such a line is an error.", site=site)
