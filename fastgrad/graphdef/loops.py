"""Loops: the frames of Enter, Merge, Switch, NextIteration and Exit become while_loops.

A loop variable is a Merge of an Enter and a NextIteration; the condition is what LoopCond takes;
the body is what is between the Switches and the NextIterations. Constant Enters are what the loop
takes from outside. Nodes of condition and body keep their names, inside.
"""

from fastgrad.errors import ShapeError
from fastgrad.flow.while_loop import while_loop
from fastgrad.graph.dtypes import INT32
from fastgrad.graph.tensor_shape import TensorShape
from fastgrad.graphdef import branches
from fastgrad.graphdef.links import ENTERS, EXITS, MERGES, SWITCHES, is_back, sorted_names
from fastgrad.graphdef.registry import ImportNodeError, RegisterImport
from fastgrad.ops.logic import logical_and
from fastgrad.ops.state import constant, identity


class Frame:
    """The parts of one loop.

    Attributes
    ----------
    merges, enters, nexts : list of str
        Of each loop variable.
    switches : dict of str to int
        The loop variable that each Switch passes on.
    tail : dict of str to Linked
        What is computed of the variables' last values, the Exits among it.
    condition : str, the LoopCond
    inside : set of str
        The condition's nodes and the body's, those of loops inside too.
    """

    def __init__(self, importer, frame):
        self.key, nodes = frame, importer.nodes
        mine = importer.frames[frame]
        self.all = mine
        own = {n: node for n, node in mine.items() if node.frame == frame}
        self.merges = [n for n, node in own.items() if node.proto.op in MERGES and any(
            is_back(nodes[link.name]) for link in node.data if link.name in nodes)]
        self.enters, self.nexts = [], []
        for name in self.merges:
            back = [link.name for link in own[name].data if is_back(nodes[link.name])]
            front = [link.name for link in own[name].data if not is_back(nodes[link.name])]
            if len(back) != 1 or len(front) != 1 or nodes[front[0]].proto.op not in ENTERS:
                raise self.wrong(f"{name!r} has other inputs than an Enter and a NextIteration")
            self.enters += front
            self.nexts += back
        conditions = [n for n, node in own.items() if node.proto.op == "LoopCond"]
        if len(conditions) != 1 or not self.merges:
            raise self.wrong(f"it has {len(conditions)} LoopCond and {len(self.merges)} variables")
        self.condition = conditions[0]
        places = {n: i for i, n in enumerate(self.merges)}
        self.switches = {n: places[node.data[0].name] for n, node in own.items()
                         if node.proto.op in SWITCHES and node.data[0].name in places}
        self.tail = self._behind(own)
        self.entered = [n for n, node in own.items() if node.proto.op in ENTERS]

    def _behind(self, own):
        """What hangs on the last values of variables: Exits, and nodes before them."""
        found, todo = {}, [n for n, node in own.items() if any(
            link.name in self.switches and link.index == 0 for link in node.data)]
        users = {}
        for n, node in own.items():
            for link in node.data:
                users.setdefault(link.name, []).append(n)
        while todo:
            name = todo.pop()
            if name not in found:
                found[name] = own[name]
                if own[name].proto.op not in EXITS:
                    todo += users.get(name, ())
        lost = [n for n, node in own.items() if node.proto.op in EXITS and n not in found]
        if lost:
            raise self.wrong(f"{lost[0]!r} takes no variable's value")
        return found

    def wrong(self, why):
        return ImportNodeError(f"the loop {self.key[-1]!r} is none: {why}.")

    def needed(self, importer, starts):
        """The nodes of the frame that some need, themselves included."""
        stop = {*self.merges, *self.switches, *self.entered}
        found, todo = set(), [s for s in starts if s in self.all]
        while todo:
            name = todo.pop()
            if name not in found and name not in stop:
                found.add(name)
                todo += [n for n in importer.nodes[name].names() if n in self.all]
        return found


def build(importer, frame):
    """Build a loop, whose Enters' inputs are there."""
    loop = Frame(importer, frame)
    for name in loop.entered:
        importer.one(name)
    start = [importer.env[name][0] for name in loop.enters]
    condition = branches.alive(importer, frame)
    graph, named = importer.graph, set(importer.named)
    first = graph.version
    try:
        with graph.attempt():
            results = _loop(importer, loop, start, condition, None)
    except ShapeError:                  # a variable's shape changes from turn to turn
        importer.named = named
        results = _loop(importer, loop, start, condition, [TensorShape(None)] * len(start))
    graph.hidden.update(i for i in range(first, graph.version) if i not in graph.imported)
    last = {name: [results[i]] * 2 for name, i in loop.switches.items()}
    importer.env.update(last)
    for name in sorted_names(loop.tail):
        importer.one(name)
    for name in last:
        del importer.env[name]


def _loop(importer, loop, start, condition, invariants):
    """The results of a while_loop made of a frame's nodes."""
    outer = importer.env, importer.after
    test = loop.needed(importer, [loop.condition])
    turn = loop.needed(importer, loop.nexts)
    # what neither needs has its place in the body: a fetch would say that it is in a loop
    rest = {n for n in loop.all if n not in test and n not in loop.tail}
    body_nodes = {n: loop.all[n] for n in turn | loop.needed(importer, rest)}

    def begin(slots, names):
        importer.env, importer.after = dict(outer[0]), dict(outer[1])
        for name, index in names:
            importer.add(name, lambda full, i=index: _passed(importer, name, slots[i]))

    def test_function(*slots):
        begin(slots, zip(loop.merges, range(len(slots))))
        importer.build({n: loop.all[n] for n in test}, loop.key)
        holds = importer.env[loop.condition][0]
        return holds if condition is None else logical_and(condition, holds)

    def body(*slots):
        begin(slots, loop.switches.items())
        for name, slot in zip(loop.merges, slots):
            importer.env[name] = [slot, constant(0, INT32)]
        importer.build(body_nodes, loop.key)
        return [importer.env[name][0] for name in loop.nexts]
    try:
        return while_loop(test_function, body, start, shape_invariants=invariants,
                          return_same_structure=True)
    finally:
        importer.env, importer.after = outer


def _passed(importer, name, slot):
    """The outputs of a Merge or a Switch of a loop, inside."""
    if importer.nodes[name].proto.op in MERGES:
        return [slot, constant(0, INT32)]
    return [slot, slot]


@RegisterImport("Enter", "RefEnter", "NextIteration", "RefNextIteration", "LoopCond", "Exit",
                "RefExit")
def passed_on(node):
    return identity(node.inputs[0], name=node.name + "/")

