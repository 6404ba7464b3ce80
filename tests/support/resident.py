"""What tests ask of this process: its resident memory."""

import pytest
import resource
import sys


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


MB = 1 << 20


def resident():
    with open("/proc/self/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * resource.getpagesize()
