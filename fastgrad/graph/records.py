"""Records of a graph's operations, which hold no reference to the graph.

A user's tensors and operations hold their graph and what they are made of. If the graph held them
in turn, that ring would keep the values of variables and constants until Python's collector comes
by, which may be long: it counts objects, not bytes. So a graph keeps Records, plain data that
names other operations by number. The Operation and the Tensors of a record are made when somebody
asks for them, and are the same objects for as long as anybody holds them.

Decisions
- A user's operation has one `__dict__`, which its record keeps: what it sets on itself lasts as
  long as the graph. (A node that such an operation or a Python function of the graph holds, or a
  list from `get_collection_ref`, still closes a ring; only then the collector is needed.)
- A node whose class has more to lose (slots, `__del__`) is held.
- An operation holds its inputs, once it was asked for them, so a train operation that is held
  keeps the nodes behind it from being made again.
- Making a node again is published under one lock: two threads must not get two objects for it.
"""

import os
import threading
import weakref

_publishing = threading.RLock()         # a finaliser may run inside and ask for a node


def _renew():
    global _publishing
    _publishing = threading.RLock()     # its holder was a thread of the parent process


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


def _nobody():
    """What a dead weak reference answers, for a node that was never made."""


class Place:
    """An operation of a graph by number, or its output `index`."""

    __slots__ = ("id", "index")

    def __init__(self, id, index=None):
        self.id, self.index = id, index


class Record:
    """An operation as its graph keeps it.

    Attributes
    ----------
    kind : the class of the operation
    op_type, name, attrs, opdef, site, id : the operation's
    state : the `__dict__` of a user's operation, or None
    inputs : tuple of the id and the index of each tensor that it takes, one after the other
    after : tuple of ids of the operations that it runs after
    outs : list of Output
    alive : callable, gives the Operation if anybody holds it
    """

    __slots__ = ("kind", "op_type", "name", "attrs", "opdef", "site", "id", "state", "inputs",
                 "after", "outs", "alive")

    def __init__(self, op, inputs, after, outs):
        self.kind = type(op)
        self.state = op.__dict__ if self.kind.__dictoffset__ else None
        self.op_type, self.name, self.attrs, self.opdef = op.op_type, op.name, op.attrs, op.opdef
        self.site, self.id = op.site, op.id
        self.inputs, self.after, self.outs = inputs, after, outs
        self.alive = holder_of(op, self.kind)

    def revived(self, graph):
        """The operation, made again."""
        op = object.__new__(self.kind)
        if self.state is not None:
            op.__dict__ = self.state
        op.op_type, op.name, op.attrs, op.opdef = self.op_type, self.name, self.attrs, self.opdef
        op.site, op.id = self.site, self.id
        op.graph, op._record, op._ins, op._after = graph, self, None, None
        return op


class Output:
    """A tensor as its graph keeps it.

    Attributes
    ----------
    kind : the class of the tensor
    shape, dtype
    consumers : ids of the operations that take it, a list once there is one
    fed : the value fed last; missing until one is
    more : dict, what a Variable knows besides
    alive : callable, gives the Tensor if anybody holds it
    """

    __slots__ = ("kind", "shape", "dtype", "consumers", "fed", "more", "alive")

    def __init__(self, kind, shape, dtype):
        self.kind, self.shape, self.dtype = kind, shape, dtype
        self.consumers, self.more, self.alive = (), None, _nobody


class Records:
    """The part of a Graph that keeps records and gives nodes; see `graph.Graph`."""

    def _record_nothing(self):
        self._records = []
        self._placeholders, self._variables = [], []        # ids

    def operation_at(self, id):
        """The operation of this number."""
        record = self._records[id]
        operation = record.alive()
        return operation if operation is not None else published(record, record.revived(self))

    def tensor_at(self, id, index):
        """An output of the operation of this number."""
        record = self._records[id]
        tensor = record.outs[index].alive()
        return tensor if tensor is not None else self._output(self.operation_at(id), index)

    @staticmethod
    def _output(op, index):
        """The Tensor of an output that nobody holds."""
        out = op._record.outs[index]
        tensor = object.__new__(out.kind)
        tensor.op, tensor.index, tensor._out = op, index, out
        tensor._shape, tensor._dtype = out.shape, out.dtype
        return published(out, tensor)

    def _record(self, op, outs):
        """Take a new operation in."""
        inputs = []
        for t in op._ins:
            inputs += self.place_of(t.op), t.index
        after = tuple(map(self.place_of, op._after)) if op._after else ()
        with _publishing:
            op.id = len(self._records)
            op._record = record = Record(op, tuple(inputs), after, outs)
            self._records.append(record)
            for t in op._ins:
                if t._out.consumers:
                    t._out.consumers.append(op.id)
                else:
                    t._out.consumers = [op.id]
        self._by_name[op.name] = op.id

    def place_of(self, op):
        """The number of an operation, which must be the graph's still."""
        if not self.keeps(op._record):
            raise ValueError(f"{op.name!r} was made by a function that failed, and was taken "
                             "back. Make it again.")
        return op.id

    def keeps(self, record):
        """Whether a record is this graph's and was not taken back."""
        return record.id < len(self._records) and self._records[record.id] is record

    def kept(self, value):
        """`value` as a graph may keep it: its own nodes as Places, lists of them too."""
        if type(value) in (list, tuple):
            return type(value)(map(self.kept, value)) if value else value
        if not hasattr(type(value), "_placed") or value.graph is not self:
            return value
        return value._placed()

    def given(self, value):
        """What `kept` was given."""
        if type(value) in (list, tuple):
            return type(value)(map(self.given, value)) if value else value
        if type(value) is not Place:
            return value
        if value.index is None:
            return self.operation_at(value.id)
        return self.tensor_at(value.id, value.index)

    def _take_back(self, count):
        """Forget the operations from number `count` on."""
        for record in self._records[count:]:
            for id, index in zip(record.inputs[::2], record.inputs[1::2]):
                if id < count:
                    out = self._records[id].outs[index]
                    out.consumers = [c for c in out.consumers if c < count]
        del self._records[count:]
        for ids in (self._placeholders, self._variables):
            ids[:] = [i for i in ids if i < count]
        for items in self._collections.values():
            items[:] = [v for v in items if _before(v, count)]


def _before(value, count):
    """Whether a kept value names no operation from number `count` on."""
    if type(value) in (list, tuple):
        return all(_before(v, count) for v in value)
    return type(value) is not Place or value.id < count


def published(place, made):
    """The node of a Record or an Output: `made`, unless another thread was first."""
    reference = holder_of(made, place.kind)
    with _publishing:
        node = place.alive()
        if node is None:
            place.alive, node = reference, made
    return node


def holder_of(node, kind):
    """What gives `node` back: a weak reference, unless making it again would lose something."""
    return weakref.ref(node) if kind is kind._whole or _lasts(kind) else lambda: node


def _lasts(kind):
    """Whether a node of a user's class can be made again; an operation's `__dict__` is kept."""
    own = kind.__mro__[:kind.__mro__.index(kind._whole)]
    if any(vars(c).get("__slots__") or "__del__" in vars(c) for c in own):
        return False
    return kind._keeps_dict or not kind.__dictoffset__
