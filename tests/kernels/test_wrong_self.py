"""Methods of the compiled classes called with a wrong `self` or wrong arguments: TypeError.

A method that does not look reads foreign memory, so everything is called in a child process.
"""

import pytest
from child import run_python

import fastgrad as fg

PREPARE = """
import gc, types
import numpy as np
import fastgrad as fg
from fastgrad._kernels import program as module
from fastgrad._kernels.program import Callable, Entry, Program, Runner, StoreLock

def below(cls):
    for sub in type.__subclasses__(cls):
        yield sub
        yield from below(sub)

CLASSES = sorted({c for c in below(object) if str(c.__module__) == module.__name__
                  and not c.__flags__ & 1 << 9}, key=str)      # compiled: no heap types
STRANGERS = [5, None, object(), (), {}, "x", np.zeros(3), object, fg.Graph()]

def methods(cls):
    for name, found in vars(cls).items():
        if callable(found) and not isinstance(found, (type, types.BuiltinMethodType)):
            yield name, found

def refused(call, *arguments):
    try:
        call(*arguments)
    except TypeError:
        return True
    except BaseException as error:
        print(call, len(arguments), repr(error))
    else:
        print(call, len(arguments), "was taken")

def made():
    lock = StoreLock()
    program = Program([], 0, [], [], [])
    class Slow(Runner):
        def _run_slow(self, fetches, feed_dict):
            raise TypeError("reached")
    return [lock, program, Entry(program, ()), Slow(), Callable(Slow(), print)]
"""


def child(code):
    """Run the code after PREPARE; what it printed, and nothing killed it."""
    done = run_python("-c", PREPARE + code)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


def test_the_classes_are_found():
    found = child("print(*[c.__name__ for c in CLASSES], sep='\\n')")
    assert {"Callable", "Entry", "Program", "Runner", "StoreLock"} <= set(found)


def test_every_method_refuses_a_wrong_self():
    assert child("""
for cls in CLASSES:
    for name, method in methods(cls):
        for stranger in STRANGERS + [x for x in made() if not isinstance(x, cls)]:
            for count in range(6):
                refused(method, stranger, *[{}, [], 1, None, 2][:count])
""") == []


def test_every_attribute_refuses_a_wrong_self():
    assert child("""
for cls in CLASSES:
    for name, found in vars(cls).items():
        if isinstance(found, (types.GetSetDescriptorType, types.MemberDescriptorType)):
            for stranger in STRANGERS + [x for x in made() if not isinstance(x, cls)]:
                refused(found.__get__, stranger) if stranger is not None else None
                refused(found.__set__, stranger, 1)
                refused(found.__delete__, stranger)
""") == []


def test_methods_refuse_strangers_as_arguments():
    """Some hand what they are given to Python code or, as an `__exit__`, do not look at it."""
    free = {("Runner", "run"), ("Callable", "__call__"), ("StoreLock", "__exit__"),
            ("Runner", "__exit__")}
    assert child(f"""
for thing in made():
    cls = next(c for c in type(thing).__mro__ if c in CLASSES)
    for name, method in methods(cls):
        for count in range(1, 16):
            if (cls.__name__, name) in {free} or name.startswith("__setstate"):
                continue
            for stranger in STRANGERS[:3] + [made()[0]]:
                refused(method, thing, *[stranger] * count)
""") == []


def test_constructors_refuse_strangers_and_leave_nothing_half_made():
    assert child("""
for cls in CLASSES:
    if cls in (Runner, StoreLock) or cls.__name__ in (
            "Arena", "Changed", "Expression", "Uncollected", "Trust"):
        continue                            # take anything, nothing, a size
    refused(cls.__new__, cls)
    for count in range(16):
        for stranger in STRANGERS[:6]:
            refused(cls, *[stranger] * count)
""") == []


def test_no_stranger_is_made_a_runner():
    assert child("""
for cls in CLASSES:
    refused(cls.__new__, object)
    refused(cls.__new__, dict)
""") == []


@pytest.mark.parametrize("line", [
    "session.run((J, train), {x: a})", "session.run({'J': J}, {x: a})", "session.run('J:0')",
    "session.run(J)", "session.run(J, {x: a}, None, None)", "session.run(fetches=J, feed_dict={x: a})",
])
def test_a_forgotten_pair_of_parentheses(line):
    found = child(f"""
x = fg.placeholder("float32", (2,), name="x")
a = np.zeros(2, np.float32)
J = fg.reduce_sum(x * fg.Variable(np.zeros(2, np.float32)))
train = fg.train.GradientDescentOptimizer(0.1).minimize(J)
session = fg.Session
try:
    {line}
except TypeError as error:
    print(error)
""")
    assert len(found) == 1
    if "fetches=" not in line:
        assert found == ["Session is a class: write Session().run(...)"]


def test_signatures_are_told():
    import inspect

    from fastgrad._kernels.program import Program
    assert list(inspect.signature(fg.Session.run).parameters) == [
        "self", "fetches", "feed_dict", "options", "run_metadata"]
    assert list(inspect.signature(fg.Session().run).parameters)[0] == "fetches"
    assert list(inspect.signature(Program.profile).parameters) == ["self", "feeds", "repeat"]
