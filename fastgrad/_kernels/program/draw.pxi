# Random orders of rows, and the gathering of rows, for `fit`.
#
# Owns a generator, a shuffle and the buffer that a batch is gathered into. Knows nothing of what a
# Program computes.
#
# Decisions
# - Shuffling is a part of gathering: Fisher and Yates from the front settle a row of the order at
#   each exchange, so a batch is gathered as soon as it is drawn. An epoch begins with the order
#   that the last one left. A permutation by NumPy would take 10 ns a row and a call for each epoch.
# - A second thread that shuffles and gathers ahead was tried: the cache lines that it hands over
#   cost more than it saves (100 rows of 32 bytes: 0.69 us a step with it, 0.53 without).
# - xoshiro256++ (Blackman and Vigna, 2018): four words of state, which the caller owns. Each half of
#   its 64 bits makes a number below a bound without bias (Lemire, 2019).
# - Row numbers are checked as they are used, not beforehand: another thread may write `order`
#   meanwhile.

cdef struct Draw:
    int64_t* order              # NULL: rows in the order of the source
    uint64_t* state             # NULL: the order as it is
    char* buffer                # the present batch of each source, one behind the other
    PyObject* owner

cdef extern from *:
    """
    static inline uint64_t draw_rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
    static inline uint64_t draw_next(uint64_t *s)
    {
        uint64_t out = draw_rotl(s[0] + s[3], 23) + s[0], t = s[1] << 17;
        s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3]; s[2] ^= t;
        s[3] = draw_rotl(s[3], 45);
        return out;
    }
    /* below n, from 32 random bits and, once in 2**32 / n times, from more */
    static inline uint32_t draw_below(uint32_t x, uint32_t n, uint64_t *s)
    {
        uint64_t m = (uint64_t)x * n;
        if ((uint32_t)m < n)
            for (uint32_t least = -n % n; (uint32_t)m < least;)
                m = (draw_next(s) >> 32) * n;
        return (uint32_t)(m >> 32);
    }
    #define DRAW_SWAP(i, j) \
        do { int64_t at = (j), row = order[i]; order[i] = order[at]; order[at] = row; } while (0)
    /* Settles places start to stop of an order of n rows. */
    static void draw_rows(int64_t *order, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t n,
                          uint64_t *state)
    {
        uint64_t s[4] = {state[0], state[1], state[2], state[3]};
        Py_ssize_t i = start;
        for (; i < stop && n - i > UINT32_MAX; i++)     /* too many for 32 bits; bias below 2**-24 */
            DRAW_SWAP(i, i + (int64_t)(draw_next(s) % (uint64_t)(n - i)));
        for (; i + 1 < stop; i += 2) {
            uint64_t x = draw_next(s);
            DRAW_SWAP(i, i + draw_below((uint32_t)x, (uint32_t)(n - i), s));
            DRAW_SWAP(i + 1, i + 1 + draw_below((uint32_t)(x >> 32), (uint32_t)(n - i - 1), s));
        }
        if (i < stop)
            DRAW_SWAP(i, i + draw_below((uint32_t)draw_next(s), (uint32_t)(n - i), s));
        memcpy(state, s, sizeof s);
    }
    #define GATHER_ROWS(size) \
        for (Py_ssize_t i = 0; i < count; i++) { \
            uint64_t row = (uint64_t)rows[i];   /* a negative number is a huge one */ \
            if (row >= bound) return 0; \
            memcpy(to + i * (size), data + (Py_ssize_t)row * (size), (size_t)(size)); \
        }
    /* Whether all rows are below `bound`. A call of memcpy takes longer than a copy of so few
       bytes: let the compiler see their number. */
    static inline int gather_rows(char *to, const char *data, const int64_t *rows,
                                  Py_ssize_t count, Py_ssize_t size, uint64_t bound)
    {
        switch (size) {
        case 4: GATHER_ROWS(4) break;
        case 8: GATHER_ROWS(8) break;
        case 16: GATHER_ROWS(16) break;
        case 32: GATHER_ROWS(32) break;
        case 64: GATHER_ROWS(64) break;
        default: GATHER_ROWS(size)
        }
        return 1;
    }
    """
    void draw_rows(int64_t*, Py_ssize_t, Py_ssize_t, Py_ssize_t, uint64_t*) noexcept nogil
    bint gather_rows(char*, const char*, const int64_t*, Py_ssize_t, Py_ssize_t,
                     uint64_t) noexcept nogil


cdef int read_draw(Draw* draw, object order, object state, Py_ssize_t rows) except -1:
    if order is None:
        return 0
    if not (cnp.PyArray_CheckExact(order) and order.dtype == np.int64 and order.ndim == 1
            and cnp.PyArray_ISCARRAY_RO(order) and len(order) == rows):
        raise ValueError(f"order must be a contiguous int64 ndarray of {rows} numbers")
    draw.order = <int64_t*>cnp.PyArray_DATA(order)
    if state is not None:
        if not (cnp.PyArray_CheckExact(state) and state.dtype == np.uint64
                and state.shape == (4,) and cnp.PyArray_ISCARRAY(state)):
            raise ValueError("state must be a contiguous uint64 ndarray of 4 numbers")
        if not cnp.PyArray_ISWRITEABLE(order):
            raise ValueError("order is read-only and cannot be shuffled")
        draw.state = <uint64_t*>cnp.PyArray_DATA(state)
    return 0


cdef object make_buffer(Fit* fit):
    """Room for a batch of each source, every one aligned to a cache line."""
    cdef Draw* draw = &fit.draw
    cdef Source* source = fit.sources
    cdef Py_ssize_t i, size = 0
    for i in range(fit.n_sources):
        if source.data != NULL:
            source.place = size
            size += (source.row_bytes * fit.batch + 63) // 64 * 64
        source += 1
    buffer = np.empty(size + 64, np.uint8)
    draw.owner = <PyObject*>buffer
    draw.buffer = <char*>((<size_t>cnp.PyArray_BYTES(buffer) + 63) & ~<size_t>63)
    return buffer


cdef int draw_batch(Fit* fit, Py_ssize_t first) noexcept nogil:
    """Draws and gathers the batch that begins at place `first` of the order."""
    cdef Draw* draw = &fit.draw
    cdef Source* source = fit.sources
    cdef Py_ssize_t i, count = min(fit.batch, fit.rows - first)
    if draw.state != NULL:
        draw_rows(draw.order, first, first + count, fit.rows, draw.state)
    for i in range(fit.n_sources):
        if source.data != NULL and not gather_rows(
                draw.buffer + source.place, source.data, draw.order + first, count,
                source.row_bytes, <uint64_t>source.rows):
            return BAD_INDEX
        source += 1
    return OK


def shuffle_rows(order not None, Py_ssize_t start, Py_ssize_t stop, state not None):
    """Settle places `start` to `stop` of an order of rows at random, as `Program.fit` does.

    Parameters
    ----------
    order : contiguous int64 array, a permutation
    start, stop : int
    state : uint64 array of 4 words, not all zero; it moves on, so that calls continue a stream
    """
    cdef Draw draw
    cdef Py_ssize_t rows = len(order)
    read_draw(&draw, order, state, rows)
    if not 0 <= start <= stop <= rows:
        raise ValueError(f"places {start} to {stop} of {rows} rows")
    with nogil:
        draw_rows(draw.order, start, stop, rows, draw.state)
