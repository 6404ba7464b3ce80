"""What a kernel costs: its arithmetic, the bytes that it moves, and about how long that takes.

Each family says how its kernels are counted (`Family.flops`, `moved`, `slow`); here is what they
are counted by, and the rates. `partition` decides by `cost_us`, `explain` shows the counts.
"""

from fastgrad.compiler.size import about

# What one thread does in a microsecond, from measurements on a 2-core AVX-512 machine (OpenBLAS
# with its AVX-512 kernels: 128x784x256 f32 at 226 GFLOP/s, 64x64x64 at 200); only the order of
# magnitude matters, since a wrong guess near the limit costs little either way.
FLOPS_PER_US = {4: 200_000.0, 8: 100_000.0}     # products, by item size
OTHER_FLOPS_PER_US = 50_000.0
BYTES_PER_US = ((1 << 20, 100_000.0), (1 << 25, 40_000.0), (1 << 62, 20_000.0))   # up to a size
ELEMENTS_PER_US = 1_500.0                       # exp, log, tanh and their like
PYTHON_US = 20.0                                # a step that runs in Python


def cost_us(k):
    """Microseconds that one thread needs, roughly; see `about`."""
    if k.symbol is None:
        return PYTHON_US
    if k.parts:
        return sum(cost_us(part) for part in k.parts)
    moved = _moving_us(about(k.family.moved(k)))
    if k.family.product:
        rate = k.family.rate * FLOPS_PER_US.get(item_size(k), OTHER_FLOPS_PER_US)
        return max(about(k.family.flops(k)) / rate, moved)
    if k.symbol.startswith(k.family.slow):
        return max(elements(k) / ELEMENTS_PER_US, moved)
    return moved


def flops(k):
    """Arithmetic operations of a kernel, counted as the textbooks do: 2mnk for a product."""
    if k.parts:
        return sum(flops(part) for part in k.parts)
    return elements(k) if k.symbol is None else about(k.family.flops(k))


def _moving_us(size):
    """Time to read or write so many bytes, by the cache that holds them."""
    return size / next(rate for limit, rate in BYTES_PER_US if size <= limit)


# ---- ways of counting -------------------------------------------------------------------

def elements(k):
    """Elements of the largest operand: one operation each."""
    return max((about(v.size) for v in k.operands), default=0)


def operand_bytes(k):
    """Each operand is read or written once."""
    return sum(about(v.size) * v.dtype.itemsize for v in k.operands)


def nothing(k):
    """No arithmetic; or nothing moved, since all lies in cache."""
    return 0


def item_size(k):
    """Bytes of the widest operand's elements."""
    return max((v.dtype.itemsize for v in k.operands), default=4)
