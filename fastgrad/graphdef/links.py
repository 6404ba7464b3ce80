"""What a GraphDef's nodes refer to: inputs by name, frames of loops, an order.

What is no graph is refused here.

Decisions
- Nodes stand in any order, and loops point back from NextIteration to Merge. Without these edges
  a graph has no circle; one that has is refused.
- Everything is iterative and linear in nodes and edges, so that a file cannot exhaust the stack.
"""

import collections

from fastgrad.graphdef.registry import ImportNodeError


class Link:
    """An input of a node: an output of another one by name, or a control input (index None)."""

    __slots__ = ("name", "index")

    def __init__(self, name, index):
        self.name, self.index = name, index


class Linked:
    """A node with what it refers to.

    Attributes
    ----------
    proto : NodeDef
    data : list of Link
    control : list of str
    frame : tuple of str
        The frames of loops that it is in, the outermost first.
    """

    __slots__ = ("proto", "data", "control", "frame")

    def __init__(self, proto, data, control):
        self.proto, self.data, self.control, self.frame = proto, data, control, ()

    def names(self):
        """All nodes that it waits for."""
        return [link.name for link in self.data] + self.control


def parsed(text, node):
    """The Link of an input as a GraphDef writes it: `a`, `a:1` or `^a`."""
    if text.startswith("^"):
        return Link(text[1:], None)
    name, colon, index = text.rpartition(":")
    if not colon:
        return Link(text, 0)
    if not index.isdigit() or not name:
        raise ImportNodeError(f"node {node!r} has the input {text!r}, which is no name; expected "
                              "'node', 'node:output' or '^node'.")
    return Link(name, int(index))


def linked(protos, extra=()):
    """{name: Linked} of nodes, each input of which must be a node of theirs or in `extra`."""
    found = {}
    for proto in protos:
        if proto.name in found:
            raise ImportNodeError(f"Node {proto.name!r} is not unique: the graph has two nodes of "
                                  "that name.")
        links = [parsed(text, proto.name) for text in proto.input]
        first = next((i for i, link in enumerate(links) if link.index is None), len(links))
        if any(link.index is not None for link in links[first:]):
            raise ImportNodeError(f"node {proto.name!r} has the input {proto.input[-1]!r} behind "
                                  "a control input; control inputs come last.")
        found[proto.name] = Linked(proto, links[:first], [c.name for c in links[first:]])
    for name, node in found.items():
        for other in node.names():
            if other not in found and other not in extra:
                raise ImportNodeError(f"Node {name!r}: Unknown input node {other!r}.")
    return found


def sorted_names(nodes, unit=None):
    """The nodes' names in an order in which inputs come first.

    Parameters
    ----------
    nodes : dict of str to Linked
    unit : callable(name) -> hashable, optional
        What several nodes are built as; the order is then one of units, and each stands once.

    Raises
    ------
    ImportNodeError
        If there is a circle, which is none of a loop; names the nodes on it.
    """
    unit = unit or (lambda name: name)
    units, waits, users = {}, collections.Counter(), collections.defaultdict(list)
    for name, node in nodes.items():
        mine = units.setdefault(unit(name), None) or unit(name)
        for other in node.names():
            if other not in nodes or (node.proto.op in MERGES and is_back(nodes[other])):
                continue
            theirs = unit(other)
            if theirs != mine:
                waits[mine] += 1
                users[theirs].append(mine)
    ready = collections.deque(u for u in units if not waits[u])
    order = []
    while ready:
        one = ready.popleft()
        order.append(one)
        for user in users[one]:
            waits[user] -= 1
            if not waits[user]:
                ready.append(user)
    if len(order) < len(units):
        left = [str(u) for u in units if waits[u] > 0]
        raise ImportNodeError(f"the graph has a circle, which is no loop, among {len(left)} nodes: "
                              f"{', '.join(left[:5])}.")
    return order


MERGES = ("Merge", "RefMerge")
ENTERS = ("Enter", "RefEnter")
EXITS = ("Exit", "RefExit")
SWITCHES = ("Switch", "RefSwitch")


def is_back(node):
    return node.proto.op in ("NextIteration", "RefNextIteration")


def find_frames(nodes, order):
    """Note at each node which loops' frames it is in."""
    for name in order:
        node = nodes[name]
        frame = ()
        for other in node.names():
            theirs = nodes.get(other)
            if theirs is None or is_back(theirs) and node.proto.op in MERGES:
                continue
            inner = theirs.frame[:-1] if theirs.proto.op in EXITS else theirs.frame
            if len(inner) > len(frame):
                frame = inner
        if node.proto.op in ENTERS:
            label = node.proto.attr["frame_name"].s.decode("utf-8", "replace")
            frame = (*frame, label)
        elif node.proto.op in EXITS and not frame:
            raise ImportNodeError(f"node {name!r} leaves a loop in which it is not.")
        node.frame = frame
