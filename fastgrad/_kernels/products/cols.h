/* Products whose long side is summed away, for one dtype; vectors.h includes this twice, with FG_T
 * and FG_N set.
 *
 * Owns: `cols`.
 * May not know: anything above plain pointers. Every C element is made once:
 * c = alpha * sum + beta * c + bias, where c is not read if beta is zero and bias may be NULL.
 *
 * Decisions
 * - C = A^T G for k rows of A and of G, k long and n small. A panel of A's columns by up to four
 *   columns of G stays in registers over all rows, so a row costs one load for n multiply-adds.
 *   The sums are C's transpose; they are turned when all are there.
 * - Panels are of equal width: 100 doubles go as 7 and 6 vectors, not as 12 and 1, which could not
 *   hide the latency of its adds. For few columns rows take turns with two or four sets of sums; that
 *   must not depend on `skip`, or bits would.
 * - With AVX-512 vectors lie on cache lines: a row's first vector has `skip` lanes that are not
 *   the row's. NumPy's large arrays start 16 bytes behind a line, so that else every load would
 *   touch two lines: 174 us instead of 140 from the second-level cache. If rows are whole lines and
 *   a half long, as 100 doubles are, even and odd ones take turns.
 * - More than four columns go over FG_CLOSE bytes of a panel in turn, so that A comes from the
 *   first-level cache for all but the first: 784 x 10 from 128 rows of doubles 23 us without, 18
 *   with it (21 with the sums in memory, which this was before).
 * - Panels of an A beyond the second-level cache go over FG_DEEP bytes of it at a time, and C is
 *   added to: 2000 x 8 from 4000 rows of doubles take 4.2 ms so and 5.6 panel by panel.
 */
#if FG_VECTOR_BYTES == 64
#define FG_HOLD 24      /* accumulators in registers, of 32 */
#define FG_FEW 2        /* vectors of few columns, and the sets of sums for n columns of G */
#define FG_TURN(n) ((n) < 3 ? 4 : 2)
#else
#define FG_HOLD 10      /* of 16 */
#define FG_FEW 1
#define FG_TURN(n) 2
#endif
#define FG_LONG 128     /* rows of C that are summed at a time, */
#define FG_SLIM 16      /* and columns: 20 kB of stack in f64 */
#define FG_CLOSE 32768  /* bytes of A's panel that all columns of G go over before its next rows, */
#define FG_DEEP 524288  /* and of A that all panels do */
/* From one column's sums to the next: vectors may begin before the first and end behind the last. */
#define FG_ROOM (FG_LONG + 2 * FG_VECTOR_BYTES / (ptrdiff_t)sizeof(FG_T))

/* A vector at p of which the elements from `skip` to r count, r at most FG_W. */
FG_INLINE FG_V FG_N(between)(const FG_T* p, ptrdiff_t skip, ptrdiff_t r) {
#if FG_VECTOR_BYTES == 64
    return FG_N(part_from)(p, skip, r);
#elif FG_VECTOR_BYTES == 32
    (void)skip;
    return FG_N(part)(p, r);
#else
    (void)skip;
    return r == FG_W ? FG_N(get)(p, 1, 0) : FG_N(part)(p, r);
#endif
}

/* nv vectors of columns by n columns of G, to n rows of sums. The first `skip` elements of the first
 * vector and all but r of the last are no columns: what is stored for them is never read. */
FG_INLINE void FG_N(fold_panel)(const int nv, const int n, const int sets, ptrdiff_t skip,
                                ptrdiff_t r, ptrdiff_t k, const FG_T* a, ptrdiff_t lda,
                                const FG_T* g, ptrdiff_t ldg, FG_T* sums, const int add) {
    FG_V acc[4][12][4];
    ptrdiff_t p = 0;
    int u, v, j;
    FG_UNROLL
    for (u = 0; u < sets; u++)
        FG_UNROLL
        for (v = 0; v < nv; v++)
            FG_UNROLL
            for (j = 0; j < n; j++)
                acc[u][v][j] = (FG_V){0};
#define FG_FOLD_STEP(u)                                                                       \
    {                                                                                         \
        FG_UNROLL                                                                             \
        for (v = 0; v < nv; v++) {                                                            \
            const FG_T* at = a + v * FG_W;                                                    \
            const FG_V x = v == 0 || v == nv - 1                                              \
                ? FG_N(between)(at, v ? 0 : skip, v < nv - 1 ? FG_W : r)                      \
                : FG_N(get)(at, 1, 0);                                                        \
            FG_UNROLL                                                                         \
            for (j = 0; j < n; j++)                                                           \
                acc[u][v][j] += x * g[j];                                                     \
        }                                                                                     \
        a += lda;                                                                             \
        g += ldg;                                                                             \
    }
    for (; p + sets <= k; p += sets)
        FG_UNROLL
        for (u = 0; u < sets; u++)
            FG_FOLD_STEP(u)
    for (; p < k; p++)
        FG_FOLD_STEP(0)
#undef FG_FOLD_STEP
    FG_UNROLL
    for (v = 0; v < nv; v++)
        FG_UNROLL
        for (j = 0; j < n; j++) {
            FG_T* to = sums + j * FG_ROOM + v * FG_W;
            FG_V x = acc[0][v][j];
            FG_UNROLL
            for (u = 1; u < sets; u++)
                x += acc[u][v][j];
            FG_N(put)(to, add ? x + FG_N(get)(to, 1, 0) : x, 1, 0);
        }
}

FG_INLINE void FG_N(fold_n)(const int n, ptrdiff_t m, ptrdiff_t k, const FG_T* a, ptrdiff_t lda,
                            const FG_T* g, ptrdiff_t ldg, FG_T* sums, int add) {
    enum { hold = FG_HOLD };
    const ptrdiff_t most = hold / n < 12 ? hold / n : 12;
    const int few = m <= FG_FEW * FG_W;
    ptrdiff_t skip = 0, vectors, panels;
#if FG_VECTOR_BYTES == 64
    skip = (ptrdiff_t)((size_t)a % FG_VECTOR_BYTES / sizeof(FG_T));
#endif
    a -= skip;
    sums -= skip;
    m += skip;
    vectors = (m + FG_W - 1) / FG_W;
    for (panels = (vectors + most - 1) / most; vectors > 0; panels--) {
        const ptrdiff_t nv = (vectors + panels - 1) / panels;
        const ptrdiff_t r = nv == vectors ? m - (nv - 1) * FG_W : FG_W;
#define FG_CASE(nv_)                                                                      \
    case nv_:                                                                             \
        if (nv_ <= FG_FEW + 1 && few)                                                     \
            FG_N(fold_panel)(nv_, n, FG_TURN(n), skip, r, k, a, lda, g, ldg, sums, add);  \
        else if (nv_ * n <= FG_HOLD)                                                      \
            FG_N(fold_panel)(nv_, n, 1, skip, r, k, a, lda, g, ldg, sums, add);           \
        break;
        switch (nv) {
            FG_CASE(1) FG_CASE(2) FG_CASE(3) FG_CASE(4) FG_CASE(5) FG_CASE(6)
            FG_CASE(7) FG_CASE(8) FG_CASE(9) FG_CASE(10) FG_CASE(11) FG_CASE(12)
        }
#undef FG_CASE
        a += nv * FG_W;
        sums += nv * FG_W;
        m -= nv * FG_W;
        vectors -= nv;
        skip = 0;
    }
}

/* The same for up to four columns of G, to sums that are there already if `add` is set. */
FG_INLINE void FG_N(fold_some)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const FG_T* a, ptrdiff_t lda,
                               const FG_T* g, ptrdiff_t ldg, FG_T* sums, int add) {
    /* Rows that start at the same place of a cache line go together. */
    const ptrdiff_t odd = lda * (ptrdiff_t)sizeof(FG_T) % FG_VECTOR_BYTES != 0 &&
                          2 * lda * (ptrdiff_t)sizeof(FG_T) % FG_VECTOR_BYTES == 0 &&
                          FG_VECTOR_BYTES == 64 && k > 1;
    ptrdiff_t turn;
    for (turn = 0; turn <= odd; turn++) {
        const ptrdiff_t rows = (k + odd - turn) / (1 + odd);
        const FG_T* x = a + turn * lda;
        const FG_T* y = g + turn * ldg;
#define FG_CASE(n_)                                                                          \
    case n_:                                                                                 \
        FG_N(fold_n)(n_, m, rows, x, lda << odd, y, ldg << odd, sums, add || turn);          \
        break;
        switch (n) { FG_CASE(1) FG_CASE(2) FG_CASE(3) FG_CASE(4) }
#undef FG_CASE
    }
}

/* sums[j * FG_ROOM + i] = element (i, j) of A^T G, m up to FG_LONG and n up to FG_SLIM. */
FG_INLINE void FG_N(fold)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const FG_T* a, ptrdiff_t lda,
                          const FG_T* g, ptrdiff_t ldg, FG_T* sums) {
    const ptrdiff_t block = n > 4 ? FG_CLOSE / (FG_LONG * (ptrdiff_t)sizeof(FG_T)) : k;
    ptrdiff_t p = 0, j, some;
    do {
        const ptrdiff_t rows = k - p < 2 * block ? k - p : block;
        for (j = 0; j < n; j += some) {
            some = n - j < 4 ? n - j : n - j == 5 ? 3 : 4;
            FG_N(fold_some)(m, some, rows, a + p * lda, lda, g + p * ldg + j, ldg,
                            sums + j * FG_ROOM, p > 0);
        }
        p += rows;
    } while (p < k);
}

/* c = alpha * x + beta * c + bias for n elements. */
FG_INLINE void FG_N(scale_row)(ptrdiff_t n, const FG_T* x, FG_T* c, const FG_T* bias, FG_T alpha,
                               FG_T beta) {
    ptrdiff_t j;
#define FG_SCALE(whole, r)                                      \
    {                                                           \
        FG_V v = alpha * FG_N(get)(x + j, whole, r);            \
        if (beta != (FG_T)0)                                    \
            v += beta * FG_N(get)(c + j, whole, r);             \
        if (bias)                                               \
            v += FG_N(get)(bias + j, whole, r);                 \
        FG_N(put)(c + j, v, whole, r);                          \
    }
    for (j = 0; j + FG_W <= n; j += FG_W)
        FG_SCALE(1, 0)
    if (j < n)
        FG_SCALE(0, n - j)
#undef FG_SCALE
}

/* C[m, n] = A^T G with A k x m and G k x n, both row-major. */
FG_ALONE void FG_N(cols)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const FG_T* a, ptrdiff_t lda,
                         const FG_T* g, ptrdiff_t ldg, FG_T* c, ptrdiff_t ldc, const FG_T* bias,
                         FG_T alpha, FG_T beta) {
    FG_T sums[(FG_SLIM + 1) * FG_ROOM], turned[FG_LONG * FG_SLIM];
    const ptrdiff_t fitting = FG_DEEP / ((m + 1) * (ptrdiff_t)sizeof(FG_T));
    const ptrdiff_t deep = fitting > 32 ? fitting : 32;
    ptrdiff_t i, j, p = 0, q;
    do {
        const ptrdiff_t some = k - p < 2 * deep ? k - p : deep;
        for (j = 0; j < n; j += FG_SLIM)
            for (i = 0; i < m; i += FG_LONG) {
                const ptrdiff_t high = m - i < FG_LONG ? m - i : FG_LONG;
                const ptrdiff_t wide = n - j < FG_SLIM ? n - j : FG_SLIM;
                const FG_T* add = bias && p == 0 ? bias + j : NULL;
                const int flat = ldc == wide && !add;           /* then C's rows are one */
                const ptrdiff_t rows = flat ? 1 : high, row = flat ? high * wide : wide;
                FG_N(fold)(high, wide, some, a + i, lda, g + j, ldg, sums + FG_W);
                FG_N(transpose_any)(turned, wide, sums + FG_W, FG_ROOM, wide, high);
                for (q = 0; q < rows; q++)
                    FG_N(scale_row)(row, turned + q * row, c + (i + q) * ldc + j, add, alpha, beta);
            }
        p += some;
        a += some * lda;
        g += some * ldg;
        beta = 1;
    } while (p < k);
}
#undef FG_HOLD
#undef FG_FEW
#undef FG_TURN
#undef FG_LONG
#undef FG_SLIM
#undef FG_CLOSE
#undef FG_DEEP
#undef FG_ROOM
