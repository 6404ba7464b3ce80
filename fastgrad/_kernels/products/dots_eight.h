/* Eight rows against up to three columns, for one dtype; vectors.h includes this twice, with FG_T
 * and FG_N set.
 *
 * Owns: `eight`, which `dots` uses for its first rows.
 * May not know: anything above plain pointers.
 *
 * Decisions
 * - The lanes of eight sums are added up together, in 21 instructions instead of 96: at k = 100 the
 *   adding would else take a third of the time.
 * - Rows that no first-level cache holds are fetched ahead, eight rows on: the hardware follows one
 *   stream of lines well, not eight. 20000 x 100 doubles from the shared cache, two columns:
 *   257 us without, 204 us with it (154 us is what plain reading takes).
 * - Vectors lie on cache lines where rows that start at the same place of a line can go together:
 *   NumPy's large arrays start 16 bytes behind a line, so that else every load would touch two
 *   (11.1 us a thousand rows of 100 doubles, 8.8 us with it). Lanes are turned back before they
 *   are added up: the bits of a result do not depend on where its operands lie.
 * - Rows of up to two vectors, whose sums lie together in C, do without all that: 32 x 16 floats by
 *   two columns 192 ns with it, 51 without.
 * - AVX-512 alone: others have no registers for it.
 */
#if FG_VECTOR_BYTES == 64
#define FG_CACHED 32768     /* bytes of A that need no fetching ahead */
#define FG_AHEAD 16384      /* bytes that fetching may be ahead */
#define FG_APART 4          /* rows between those that start at the same place of a cache line */

typedef FG_T FG_N(lanes) __attribute__((vector_size(8 * sizeof(FG_T))));
typedef FG_I FG_N(lanes_of_int) __attribute__((vector_size(8 * sizeof(FG_T))));

/* Element i of out = the sum of the lanes of v[i]. */
FG_INLINE void FG_N(sum_eight)(const FG_V* v, FG_T* out) {
    FG_N(lanes) w[8], x[4], y[2];
    int i;
    FG_UNROLL
    for (i = 0; i < 8; i++) {
        FG_N(lanes) parts[2];
        memcpy(parts, &v[i], sizeof v[i]);
        w[i] = sizeof(FG_T) == 4 ? parts[0] + parts[1] : parts[0];
    }
    FG_UNROLL
    for (i = 0; i < 4; i++)
        x[i] = FG_SHUFFLE(FG_N(lanes_of_int), w[2 * i], w[2 * i + 1], 0, 8, 2, 10, 4, 12, 6, 14) +
               FG_SHUFFLE(FG_N(lanes_of_int), w[2 * i], w[2 * i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    FG_UNROLL
    for (i = 0; i < 2; i++)
        y[i] = FG_SHUFFLE(FG_N(lanes_of_int), x[2 * i], x[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13) +
               FG_SHUFFLE(FG_N(lanes_of_int), x[2 * i], x[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15);
    w[0] = FG_SHUFFLE(FG_N(lanes_of_int), y[0], y[1], 0, 1, 2, 3, 8, 9, 10, 11) +
           FG_SHUFFLE(FG_N(lanes_of_int), y[0], y[1], 4, 5, 6, 7, 12, 13, 14, 15);
    memcpy(out, &w[0], sizeof w[0]);
}

/* A is read from `skip` elements before its rows, which do not count, so that vectors lie on cache
 * lines; b likewise, to match. */
FG_INLINE void FG_N(eight_tile)(const int n, ptrdiff_t skip, ptrdiff_t k, const FG_T* a,
                                ptrdiff_t lda, const FG_T* b, ptrdiff_t ldb, ptrdiff_t ahead,
                                FG_T (*out)[8]) {
    FG_V acc[3][8];
    ptrdiff_t p = 0;
    int u, j;
    a -= skip;
    b -= skip;
    k += skip;
    FG_UNROLL
    for (j = 0; j < n; j++)
        FG_UNROLL
        for (u = 0; u < 8; u++)
            acc[j][u] = (FG_V){0};
#define FG_EIGHT_STEP(get)                                                         \
    {                                                                              \
        FG_V w[3];                                                                 \
        FG_UNROLL                                                                  \
        for (j = 0; j < n; j++)                                                    \
            w[j] = get(b + j * ldb + p);                                           \
        FG_UNROLL                                                                  \
        for (u = 0; u < 8; u++) {                                                  \
            const FG_T* at = a + u * lda + p;                                      \
            FG_V x = get(at);                                                      \
            if (ahead)                                                             \
                __builtin_prefetch((const char*)((size_t)at + (size_t)ahead));     \
            FG_UNROLL                                                              \
            for (j = 0; j < n; j++)                                                \
                acc[j][u] += x * w[j];                                             \
        }                                                                          \
    }
#define FG_WHOLE(p) FG_N(get)(p, 1, 0)
#define FG_FIRST(p) FG_N(part_from)(p, skip, k < FG_W ? k : FG_W)
#define FG_LAST(at) FG_N(part)(at, k - p)
    if (skip) {
        FG_EIGHT_STEP(FG_FIRST)
        p = FG_W;
    }
    for (; p + FG_W <= k; p += FG_W)
        FG_EIGHT_STEP(FG_WHOLE)
    if (p < k)
        FG_EIGHT_STEP(FG_LAST)
#undef FG_WHOLE
#undef FG_FIRST
#undef FG_LAST
#undef FG_EIGHT_STEP
    FG_UNROLL
    for (j = 0; j < n; j++) {
        if (skip)
            FG_UNROLL
            for (u = 0; u < 8; u++)
                acc[j][u] = (FG_V)FG_N(roll)(acc[j][u], skip);
        FG_N(sum_eight)(acc[j], out[j]);
    }
}

/* Eight rows of n, 1 or 2, elements that lie together. */
FG_INLINE void FG_N(eight_whole)(const int n, FG_T (*out)[8], FG_T* c, const FG_T* bias, FG_T alpha,
                                 FG_T beta) {
    static const FG_T none[2] = {0};    /* not a masked load at NULL: see `tiny` */
    const FG_T* b = bias ? bias : none;
    const FG_T b0 = b[0], b1 = b[n - 1];
    const FG_N(lanes) add = {b0, b1, b0, b1, b0, b1, b0, b1};
    FG_N(lanes) x[2], v, old;
    int j;
    memcpy(x, out, (size_t)n * sizeof v);
    if (n == 2) {
        v = FG_SHUFFLE(FG_N(lanes_of_int), x[0], x[1], 0, 8, 1, 9, 2, 10, 3, 11);
        x[1] = FG_SHUFFLE(FG_N(lanes_of_int), x[0], x[1], 4, 12, 5, 13, 6, 14, 7, 15);
        x[0] = v;
    }
    FG_UNROLL
    for (j = 0; j < n; j++) {
        v = alpha * x[j];
        if (beta != (FG_T)0) {
            memcpy(&old, c + 8 * j, sizeof v);
            v += beta * old;
        }
        v += add;
        memcpy(c + 8 * j, &v, sizeof v);
    }
}

/* As `dots` for n of 1 or 2, m a multiple of 8 and k of at most two vectors, where C's elements lie
 * together. */
static void FG_N(eight_short)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const FG_T* a, ptrdiff_t lda,
                              const FG_T* b, ptrdiff_t ldb, FG_T* c, const FG_T* bias, FG_T alpha,
                              FG_T beta) {
    FG_T out[3][8];
    ptrdiff_t i;
    for (i = 0; i < m; i += 8, a += 8 * lda, c += 8 * n)
        if (n == 1) {
            FG_N(eight_tile)(1, 0, k, a, lda, b, ldb, 0, out);
            FG_N(eight_whole)(1, out, c, bias, alpha, beta);
        } else {
            FG_N(eight_tile)(2, 0, k, a, lda, b, ldb, 0, out);
            FG_N(eight_whole)(2, out, c, bias, alpha, beta);
        }
}

/* As `dots` for n of 1, 2 or 3 and m a multiple of 8. */
FG_INLINE void FG_N(eight)(const int n, ptrdiff_t m, ptrdiff_t k, const FG_T* a, ptrdiff_t lda,
                           const FG_T* b, ptrdiff_t ldb, FG_T* c, ptrdiff_t rc, ptrdiff_t cc,
                           const FG_T* bias, ptrdiff_t bi, ptrdiff_t bj, FG_T alpha, FG_T beta) {
    const ptrdiff_t row = lda * (ptrdiff_t)sizeof(FG_T);
    const int fetch = m * row > FG_CACHED && 8 * row <= FG_AHEAD;
    FG_T out[3][8];
    ptrdiff_t apart = 1, skip = 0, i, t;
    int u, j;
    while (apart <= FG_APART && apart * row % FG_VECTOR_BYTES)
        apart *= 2;
    for (i = 0; i < m; i += 8 * apart) {
        if (apart > FG_APART || i + 8 * apart > m)
            apart = 1;
        for (t = 0; t < apart; t++) {
            const FG_T* x = a + (i + t) * lda;
            if (apart * row % FG_VECTOR_BYTES == 0)
                skip = (ptrdiff_t)((size_t)x % FG_VECTOR_BYTES / sizeof(FG_T));
            else
                skip = 0;
            if (fetch)
                FG_N(eight_tile)(n, skip, k, x, apart * lda, b, ldb, 8 * apart * row, out);
            else
                FG_N(eight_tile)(n, skip, k, x, apart * lda, b, ldb, 0, out);
            for (u = 0; u < 8; u++)
                FG_UNROLL
                for (j = 0; j < n; j++) {
                    const ptrdiff_t r = i + t + u * apart;
                    FG_T* at = c + r * rc + j * cc;
                    FG_T v = alpha * out[j][u];
                    if (beta != (FG_T)0)
                        v += beta * *at;
                    if (bias)
                        v += bias[r * bi + j * bj];
                    *at = v;
                }
        }
    }
}
#undef FG_APART
#undef FG_CACHED
#undef FG_AHEAD
#endif
