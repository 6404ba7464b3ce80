/* Sums of columns that stay in registers, for one dtype; vectors.h includes this twice, with FG_T and
 * FG_N set.
 *
 * Owns: `col_sums`.
 * May not know: anything above plain pointers.
 *
 * Decisions
 * - A panel of columns is walked down with FG_SETS sums a column, rows taken in turn, so that adds
 *   do not wait for each other. Lanes in memory (reduce.pxi.in) cost a load and a store each: 64 x 64
 *   floats take 195 ns there and 70 here.
 * - After FG_TURNS turns the sums are added to a second one and start anew. Single precision goes no
 *   further than FG_SUMS_DEEP rows or vectors here: more are added in pairs, in reduce.pxi.in.
 * - Rows of which a vector holds several go flat, and lanes are folded at the end: 100 x 2 doubles
 *   take 27 ns in lanes in memory and 16 so. If lanes do not fit (3, 5, 6, 7 columns), a vector takes
 *   one row up to a thousand of them (100 x 3: 55 and 33 ns), lanes in memory more.
 * - The order of adding depends on the shape alone, so columns may be shared out.
 * - Panels are narrow, so rows of an array beyond the second-level cache are better walked whole.
 */
#define FG_SETS 4
#define FG_TURNS 256
#define FG_SUMS_AT_MOST 65536 /* elements */
#define FG_SUMS_DEEP(n) (sizeof(FG_T) == 8 || (n) <= 256)
#if FG_VECTOR_BYTES == 64
#define FG_SUMS_WIDE 4 /* vectors of a panel: FG_SETS times as many registers */
#else
#define FG_SUMS_WIDE 2
#endif

/* nv vectors of columns; whole = 0: r < FG_W columns in the last one. */
FG_INLINE void FG_N(sums_panel)(const int nv, const int whole, ptrdiff_t r, ptrdiff_t rows,
                               const FG_T* x, ptrdiff_t stride, FG_T* y) {
    FG_V total[FG_SUMS_WIDE], acc[FG_SETS][FG_SUMS_WIDE];
    ptrdiff_t p = 0;
    int u, v;
    FG_UNROLL
    for (v = 0; v < nv; v++)
        total[v] = (FG_V){0};
    while (p < rows) {
        const ptrdiff_t stop = rows - p > FG_SETS * FG_TURNS ? p + FG_SETS * FG_TURNS : rows;
        FG_UNROLL
        for (u = 0; u < FG_SETS; u++)
            FG_UNROLL
            for (v = 0; v < nv; v++)
                acc[u][v] = (FG_V){0};
        for (; p + FG_SETS <= stop; p += FG_SETS, x += FG_SETS * stride)
            FG_UNROLL
            for (u = 0; u < FG_SETS; u++)
                FG_UNROLL
                for (v = 0; v < nv; v++)
                    acc[u][v] += FG_N(get)(x + u * stride + v * FG_W, whole || v < nv - 1, r);
        for (; p < stop; p++, x += stride)
            FG_UNROLL
            for (v = 0; v < nv; v++)
                acc[0][v] += FG_N(get)(x + v * FG_W, whole || v < nv - 1, r);
        FG_UNROLL
        for (v = 0; v < nv; v++)
            total[v] += (acc[0][v] + acc[1][v]) + (acc[2][v] + acc[3][v]);
    }
    FG_UNROLL
    for (v = 0; v < nv; v++)
        FG_N(put)(y + v * FG_W, total[v], whole || v < nv - 1, r);
}

/* The same for rows of which a vector holds several; n is all elements. */
FG_INLINE void FG_N(sums_flat)(FG_T* y, const FG_T* x, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t lo,
                               ptrdiff_t hi) {
    FG_T lanes[FG_VECTOR_BYTES / sizeof(FG_T)];
    const ptrdiff_t whole = n / FG_W * FG_W;
    ptrdiff_t some = FG_W / 2, j;
    FG_V v;
    FG_N(sums_panel)(1, 1, 0, n / FG_W, x, FG_W, lanes);
    v = FG_N(get)(lanes, 1, 0);
    if (whole < n)
        v += FG_N(get)(x + whole, 0, n - whole);
#if FG_VECTOR_BYTES == 64
    for (; some >= stride; some /= 2)
        v += (FG_V)FG_N(roll)(v, some);
    FG_N(put)(lanes, v, 1, 0);
#else
    FG_N(put)(lanes, v, 1, 0);
    for (; some >= stride; some /= 2)
        for (j = 0; j < some; j++)
            lanes[j] += lanes[j + some];
#endif
    for (j = lo; j < hi; j++)
        y[j] = lanes[j];
}

/* y[j] = the sum of x[i * stride + j] for columns from `lo` to `hi`; returns 0, and does nothing, for
 * shapes that lanes in memory serve better. */
static int FG_N(col_sums)(FG_T* y, const FG_T* x, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t lo,
                          ptrdiff_t hi) {
    ptrdiff_t j = lo, r;
    if (FG_W == 1 || rows < 8)
        return 0;
    if (2 * stride <= FG_W && FG_W % stride == 0) {
        if (!FG_SUMS_DEEP(rows * stride / FG_W))
            return 0;
        FG_N(sums_flat)(y, x, rows * stride, stride, lo, hi);
        return 1;
    }
    if (!FG_SUMS_DEEP(rows) || rows * stride > FG_SUMS_AT_MOST || (2 * stride <= FG_W && rows > FG_SETS * FG_TURNS))
        return 0;
    for (; j + FG_SUMS_WIDE * FG_W <= hi; j += FG_SUMS_WIDE * FG_W)
        FG_N(sums_panel)(FG_SUMS_WIDE, 1, 0, rows, x + j, stride, y + j);
    r = (hi - j) % FG_W;
#define FG_LAST(nv)                                                              \
    case nv:                                                                     \
        if (r)                                                                   \
            FG_N(sums_panel)(nv, 0, r, rows, x + j, stride, y + j);              \
        else                                                                     \
            FG_N(sums_panel)(nv, 1, 0, rows, x + j, stride, y + j);              \
        break;
    switch ((hi - j + FG_W - 1) / FG_W) {
        FG_LAST(1)
        FG_LAST(2)
#if FG_SUMS_WIDE == 4
        FG_LAST(3)
        FG_LAST(4)
#endif
    }
#undef FG_LAST
    return 1;
}
