"""The moments at which a signal handler may run, gone through one by one.

Python looks at signals when a function begins, behind a call of something that is written in C, and
when a loop turns. (Not before the first instruction of a `with` or `try`, nor before the call that
leaves a `with`: a tracer by lines would come there too, where no interrupt can.)
"""

import dis
import os
import sys

import fastgrad

_LOOKS = {"RESUME", "JUMP_BACKWARD", "CALL", "CALL_FUNCTION_EX", "CALL_KW", "CALL_FUNCTION",
          "CALL_METHOD", "CALL_FUNCTION_KW", "JUMP_ABSOLUTE"}
_PACKAGE = os.path.dirname(fastgrad.__file__) + os.sep


class at_moment:
    """In a `with`: calls `act` at the n-th moment while the package's own code runs, this thread's
    only; `count` is the number of all."""

    def __init__(self, act=None, n=0):
        self.act, self.n, self.count = act, n, 0
        self.last, self.names = {}, {}

    def trace(self, frame, event, _):
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            before, now = self.last.get(frame), self.place(frame)
            self.last[frame] = now
            # raised here, an exception must go where one raised by the call before would go
            if before and before[0] in _LOOKS and before[1] == now[1]:
                self.moment()
        elif event == "return":
            self.last.pop(frame, None)
            if frame.f_code.co_name not in ("__init__", "__new__"):     # which C calls
                self.last[frame.f_back] = None      # Python calls Python without a look behind it
        return self.trace

    def place(self, frame):
        """(name of the instruction that comes, where its exceptions are handled)"""
        code = frame.f_code
        if code not in self.names:
            parse = getattr(dis, "_parse_exception_table", lambda code: ())
            handlers = [None] * len(code.co_code)
            for entry in parse(code):
                for i in range(entry.start, min(entry.end, len(handlers))):
                    handlers[i] = entry.target
            self.names[code] = [dis.opname[b] for b in code.co_code], handlers
        names, handlers = self.names[code]
        return names[frame.f_lasti], handlers[frame.f_lasti]

    def moment(self):
        self.count += 1
        if self.count == self.n:
            sys.settrace(None)
            self.act()
            sys.settrace(self.trace)

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.trace)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)
        self.last.clear()


def moments_of(work):
    """How many there are while `work()` runs."""
    with at_moment() as moments:
        work()
    return moments.count


def interrupt():
    raise KeyboardInterrupt
