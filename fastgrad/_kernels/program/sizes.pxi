# Sizes that change from run to run: a table of expressions that fills Steps.
#
# Owns Expression and its kin, which stand in specs where a number hangs on sizes; the table that
# gives their values; the look at fed shapes. Knows nothing of what a size means.
#
# Decisions
# - A spec is read once, with the values at the sizes that the plan was made for (`hint`). Where
#   an Expression stood, a Fill remembers the place; new sizes evaluate the table, a few
#   nanoseconds a row, and write all places. Kernels and walkers know nothing of it.
# - A size is what the first feed that has it says; other feeds must say the same. What a
#   plan takes for granted is mostly a range of each size, looked at while feeds are looked at;
#   other guards are rows of the table.
# - A call looks at shapes before it has the lock, and another may run at other sizes
#   meanwhile. So sizes are bound under the lock, from the feeds again.

cdef enum:
    MAX_SIZES = 16              # symbols of one Program
    GROWN = 2                   # times a size at which step times were measured: measure again
    OCTAVES = 46                # of sizes: each learns by itself whether a team pays

cdef enum Rule:                 # how a row of the table is made
    ROW_SYMBOL = 0              # the symbol a
    ROW_CONSTANT                # the number a
    ROW_SUM                     # of the rows a and b
    ROW_PRODUCT
    ROW_FLOOR                   # row a divided by row b, rounded down
    ROW_POWER                   # the least power of two that is not below row a

cdef enum Relation:             # of a row to 0, which must hold
    LESS = 0
    AT_MOST
    EQUAL
    UNEQUAL
    AT_LEAST
    MORE

cdef enum Place:                # what stands where a value goes
    PLACE_SIZE = 0              # a Py_ssize_t
    PLACE_POINTER               # base + value
    PLACE_RATIO                 # a double: factor / value
    PLACE_KERNEL                # a function: the first whose limit is not below the value
    PLACE_F32                   # an element of an array
    PLACE_F64
    PLACE_I32
    PLACE_I64

cdef struct Symbol:
    Py_ssize_t feed, dim        # where it is read
    Py_ssize_t least, most
    Py_ssize_t now
    Py_ssize_t measured         # the largest at which times were taken

cdef struct Row:
    int rule
    int64_t a, b

cdef struct Guard:
    Py_ssize_t row
    int relation

cdef struct Fill:
    int place
    void* at
    Py_ssize_t row
    char* base
    double factor
    Py_ssize_t count            # of kernels
    Py_ssize_t* limits
    kernel_t* kernels


cdef class Expression:
    """A number of a Program that hangs on sizes.

    Attributes
    ----------
    hint : int, its value at the sizes that the specs were made for
    symbol : int, which size it is, -1 if it is made of some
    """
    cdef public Py_ssize_t hint, symbol

    def __cinit__(self, *_, **__):
        self.symbol = -1


cdef class Ratio:
    """A parameter of a step: `factor` / `size`."""
    cdef public double factor
    cdef public Expression size

    def __cinit__(self, factor, size):
        self.factor, self.size = factor, size


@cython.final
cdef class Choice:
    """The address of a kernel that `size` decides: the first whose limit is at least the size.

    Parameters
    ----------
    size : Expression
    limits : tuple of int, ascending; the last kernel has no limit
    addresses : tuple of int, one more
    """
    cdef readonly Expression size
    cdef readonly tuple limits, addresses

    def __cinit__(self, Expression size not None, tuple limits not None,
                  tuple addresses not None):
        if len(addresses) != len(limits) + 1 or not all(addresses):
            raise ValueError(f"{len(addresses)} addresses of kernels for {len(limits)} limits")
        self.size, self.limits, self.addresses = size, limits, addresses

    cdef size_t first(self):
        for limit, address in zip(self.limits, self.addresses):
            if self.size.hint <= limit:
                return address
        return self.addresses[len(self.limits)]


# ---- while specs are read ---------------------------------------------------------------

cdef Fill* promise(Program p, Expression size, int place, void* at) except NULL:
    """Have the value of `size` written to `at` whenever sizes change."""
    cdef Fill* room
    if p.n_fills == p.max_fills:
        room = <Fill*>PyMem_RawRealloc(p.fills, (64 + 2 * p.max_fills) * sizeof(Fill))
        if room == NULL:
            raise MemoryError("no memory for a program's sizes")
        p.fills, p.max_fills = room, 64 + 2 * p.max_fills
    p.numbers.append(size)
    room = &p.fills[p.n_fills]
    memset(room, 0, sizeof(Fill))
    room.place, room.at = place, at
    p.n_fills += 1
    return room


cdef inline int read_number(Program p, object number, Py_ssize_t* at) except -1:
    """Sets *at to a number, or to the present value of an Expression."""
    if not PyLong_CheckExact(number) and isinstance(number, Expression):
        promise(p, <Expression>number, PLACE_SIZE, at)
        at[0] = (<Expression>number).hint
    else:
        at[0] = number
    return 0


cdef inline int read_parameter(Program p, object number, double* at) except -1:
    if isinstance(number, Ratio):
        promise(p, (<Ratio>number).size, PLACE_RATIO, at).factor = (<Ratio>number).factor
        at[0] = (<Ratio>number).factor / <double>(<Ratio>number).size.hint
    else:
        at[0] = number
    return 0


cdef int read_address(Program p, object address, kernel_t* at) except -1:
    cdef Choice choice
    cdef Fill* fill
    cdef Py_ssize_t i, count
    cdef size_t where
    if isinstance(address, Choice):
        choice = <Choice>address
        count = len(choice.limits)
        fill = promise(p, choice.size, PLACE_KERNEL, at)
        fill.count = count
        fill.limits = <Py_ssize_t*>take(&p.pool, count * sizeof(Py_ssize_t) + 1)
        fill.kernels = <kernel_t*>take(&p.pool, (count + 1) * sizeof(kernel_t))
        for i in range(count):
            fill.limits[i] = choice.limits[i]
        for i in range(count + 1):
            where = choice.addresses[i]
            fill.kernels[i] = <kernel_t>where
        where = choice.first()
    else:
        where = address
    if where == 0:
        raise ValueError("a kernel at address 0")
    at[0] = <kernel_t>where
    return 0


cdef Py_ssize_t present(object number) except? -1:
    """A number as it is while specs are read."""
    if isinstance(number, Expression):
        return (<Expression>number).hint
    return number


cdef int read_sizes(Program p, tuple symbols, list rows, dict places, list guards,
                    list constants, Py_ssize_t alone) except -1:
    """The table, once all specs have been read; see `Program.take_sizes`."""
    cdef Py_ssize_t i, offset
    cdef Symbol* symbol
    cdef Expression size
    for offset, dtype, size in constants:
        if p.n_spaces < 2 or not 0 <= offset <= p.spaces[1].nbytes - np.dtype(dtype).itemsize:
            raise ValueError(f"a number at {offset} of the first fixed array")
        promise(p, size, {"float32": PLACE_F32, "float64": PLACE_F64, "int32": PLACE_I32,
                          "int64": PLACE_I64}[np.dtype(dtype).name], p.spaces[1].base + offset)
    if len(symbols) > MAX_SIZES:
        raise ValueError(f"{len(symbols)} sizes, at most {MAX_SIZES} fit")
    p.symbols = <Symbol*>take(&p.pool, len(symbols) * sizeof(Symbol) + 1)
    for i, (feed, dim, least, most, now) in enumerate(symbols):
        symbol = &p.symbols[i]
        symbol[0] = Symbol(feed, dim, least, most, now, now)
        if not 0 <= symbol.feed < p.n_feeds or not 0 <= symbol.dim < p.slots[symbol.feed].ndim:
            raise ValueError(f"size {i} is dimension {dim} of feed {feed}")
    p.n_rows, p.n_guards = len(rows), len(guards)
    p.rows = <Row*>take(&p.pool, p.n_rows * sizeof(Row) + 1)
    p.values = <int64_t*>take(&p.pool, p.n_rows * sizeof(int64_t) + 1)
    p.trial = <int64_t*>take(&p.pool, p.n_rows * sizeof(int64_t) + 1)
    p.guards = <Guard*>take(&p.pool, p.n_guards * sizeof(Guard) + 1)
    for i, (rule, a, b) in enumerate(rows):
        p.rows[i] = Row(rule, a, b)
        if rule == ROW_SYMBOL and not 0 <= a < len(symbols) or rule > ROW_CONSTANT and not (
                0 <= a < i and 0 <= b < i):
            raise ValueError(f"row {i} of the table of sizes is made of {a} and {b}")
    for i in range(p.n_fills):
        p.fills[i].row = places[p.numbers[i]]
    for i, (row, relation) in enumerate(guards):
        p.guards[i] = Guard(row, relation)
    p.alone_below = alone
    if p.threads > 1:
        p.trusts = <team_trust*>take(&p.pool, OCTAVES * sizeof(team_trust))
        memset(p.trusts, 0, OCTAVES * sizeof(team_trust))
    p.n_symbols = len(symbols)
    for i in range(p.n_symbols):
        take_size(p, i, p.symbols[i].now)
    fill_steps(p)
    return 0


# ---- when feeds come --------------------------------------------------------------------

cdef inline bint dims_fit(const Slot* slot, const Py_ssize_t* dims, Py_ssize_t* sizes) noexcept:
    """Whether an array's dimensions fit a slot that has symbols; notes the sizes that they say."""
    cdef int i
    cdef signed char symbol
    for i in range(slot.ndim):
        symbol = slot.symbols[i]
        if symbol < 0:
            if dims[i] != slot.dims[i]:
                return False
        elif sizes[symbol] < 0:
            sizes[symbol] = dims[i]
        elif sizes[symbol] != dims[i]:
            return False
    return True


cdef inline void forget_sizes(Program p, Py_ssize_t* sizes) noexcept:
    cdef Py_ssize_t i
    for i in range(p.n_symbols):
        sizes[i] = -1


cdef bint sizes_fit(Program p, const Py_ssize_t* sizes) noexcept:
    """Whether the Program is right for these sizes."""
    cdef Py_ssize_t i
    cdef bint known = True
    for i in range(p.n_symbols):
        if not p.symbols[i].least <= sizes[i] <= p.symbols[i].most:
            return False
        known = known and sizes[i] == p.symbols[i].now
    if known or p.n_guards == 0:
        return True
    evaluate(p, sizes, p.trial)
    for i in range(p.n_guards):
        if not holds(p.trial[p.guards[i].row], p.guards[i].relation):
            return False
    return True


cdef inline bint holds(int64_t value, int relation) noexcept nogil:
    if relation == LESS:
        return value < 0
    if relation == AT_MOST:
        return value <= 0
    if relation == EQUAL:
        return value == 0
    if relation == UNEQUAL:
        return value != 0
    if relation == AT_LEAST:
        return value >= 0
    return value > 0


cdef void evaluate(Program p, const Py_ssize_t* sizes, int64_t* values) noexcept nogil:
    """The table at these sizes."""
    cdef Py_ssize_t i
    cdef Row* row
    cdef int64_t over
    for i in range(p.n_rows):
        row = &p.rows[i]
        if row.rule == ROW_SUM:
            values[i] = values[row.a] + values[row.b]
        elif row.rule == ROW_PRODUCT:
            values[i] = values[row.a] * values[row.b]
        elif row.rule == ROW_SYMBOL:
            values[i] = sizes[row.a]
        elif row.rule == ROW_CONSTANT:
            values[i] = row.a
        elif row.rule == ROW_POWER:
            values[i] = 1
            while values[i] < values[row.a] and values[i] < INT64_MAX // 4:
                values[i] *= 2
        else:
            over = values[row.b]
            if over == 0:               # a guard refuses these sizes
                values[i] = 0
                continue
            values[i] = values[row.a] // over
            if values[row.a] % over != 0 and (values[row.a] < 0) != (over < 0):
                values[i] -= 1


cdef void fill_steps(Program p) noexcept nogil:
    """Writes the values at the present sizes to their places."""
    cdef Py_ssize_t i, j
    cdef Py_ssize_t[MAX_SIZES] sizes
    cdef int64_t value
    cdef Fill* fill
    cdef char* base
    for i in range(p.n_symbols):
        sizes[i] = p.symbols[i].now
    evaluate(p, sizes, p.values)
    for i in range(p.n_fills):
        fill = &p.fills[i]
        value = p.values[fill.row]
        if fill.place == PLACE_SIZE:
            (<Py_ssize_t*>fill.at)[0] = value
        elif fill.place == PLACE_POINTER:
            (<char**>fill.at)[0] = fill.base + value
        elif fill.place == PLACE_RATIO:
            (<double*>fill.at)[0] = fill.factor / <double>value
        elif fill.place == PLACE_KERNEL:
            j = 0
            while j < fill.count and value > fill.limits[j]:
                j += 1
            (<kernel_t*>fill.at)[0] = fill.kernels[j]
        elif fill.place == PLACE_F32:
            (<float*>fill.at)[0] = <float>value
        elif fill.place == PLACE_F64:
            (<double*>fill.at)[0] = <double>value
        elif fill.place == PLACE_I32:
            (<int32_t*>fill.at)[0] = <int32_t>value
        else:
            (<int64_t*>fill.at)[0] = value
    if p.moving:
        for i in range(p.n_slots + 1):
            base = p.slots[i].bound
            p.slots[i].bound = NULL
            if base != NULL:
                bind(&p.slots[i], base)


cdef void take_size(Program p, Py_ssize_t i, Py_ssize_t size) noexcept nogil:
    """Sets one size; `fill_steps` has to follow. Where it has grown, times of steps are old."""
    cdef Py_ssize_t j
    cdef Symbol* symbol = &p.symbols[i]
    symbol.now = size
    if size > GROWN * symbol.measured:
        symbol.measured = size
        p.learning, p.brief = LEARNING_RUNS, False
        for j in range(p.job.count):
            p.times[j] = INT64_MAX
        p.job.checks[0] = p.job.count + 1
    if i == 0:
        p.active = 1 if size < p.alone_below else p.threads
        p.job.pieces = p.active
        if p.trusts != NULL:
            take_trust(p, size)


cdef void take_trust(Program p, Py_ssize_t size) noexcept nogil:
    """Runs of one size say little of those of another: what is known of a team goes by octaves."""
    cdef int octave = 0
    cdef team_trust* before = p.job.trust
    while size > 1 and octave < OCTAVES - 1:
        size >>= 1
        octave += 1
    p.job.trust = &p.trusts[octave]
    p.job.trust.ended = max(p.job.trust.ended, before.ended)    # the workers are the same


cdef void bind_sizes(Program p, tuple feeds) noexcept:
    """Brings the Steps to the sizes of feeds that fit."""
    cdef Py_ssize_t i, size
    cdef bint changed = False
    cdef Symbol* symbol
    for i in range(p.n_symbols):
        symbol = &p.symbols[i]
        size = cnp.PyArray_DIMS(<object>PyTuple_GET_ITEM(feeds, symbol.feed))[symbol.dim]
        if size != symbol.now:
            take_size(p, i, size)
            changed = True
    if changed:
        fill_steps(p)


cdef object at_present(Program p, object number):
    """A number, or what an Expression is at the present sizes."""
    return number.at(p.sizes) if isinstance(number, Expression) else number
