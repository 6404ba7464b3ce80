/* Products of few elements with a long sum, for one dtype; vectors.h includes this twice, with FG_T,
 * FG_I and FG_N set.
 *
 * Owns: `outer`, which `tiny` symbols use where A is transposed.
 * May not know: anything above plain pointers.
 *
 * Decisions
 * - C = A^T G is a sum of outer products of rows. A vector holds all elements of several of them:
 *   with m and n known to the compiler, two permutations lay the rows of A and of G out, and one
 *   multiply-add takes them in. The lanes of the rows are folded at the end. The weight gradient of
 *   a perceptron, 2 x 2 from 100 rows of doubles: 61 ns with one row after the other, 17 so.
 * - AVX-512 alone: others have no permutation of all lanes in one instruction.
 */
#if FG_VECTOR_BYTES == 64
FG_INLINE int FG_N(whole_power)(const int x) {
    return x >= 16 ? 16 : x >= 8 ? 8 : x >= 4 ? 4 : x >= 2 ? 2 : 1;
}

/* Contiguous A[k, m], G[k, n] and C[m, n], m and n at most 4 and constants:
 * C = alpha * A^T G + beta * C, where C is not read if beta is zero. */
FG_INLINE void FG_N(outer_case)(const int m, const int n, ptrdiff_t k, const FG_T* a, const FG_T* g,
                                FG_T* c, FG_T alpha, FG_T beta) {
    const int w = FG_VECTOR_BYTES / sizeof(FG_T), size = m * n;
    const int vectors = (size + w - 1) / w;                   /* of C */
    const int folded = vectors > 1 ? 1 : FG_N(whole_power)(w / size);     /* rows in a vector */
    const int rows = FG_N(whole_power)(w / (m > n ? m : n));              /* rows in a load */
    const int parts = rows / folded;
    const int sets = parts * vectors < 4 ? 4 / (parts * vectors) : 1;     /* adds do not wait */
    FG_V acc[4][16][2];
    FG_I at_a[16][2][FG_VECTOR_BYTES / sizeof(FG_T)], at_g[16][2][FG_VECTOR_BYTES / sizeof(FG_T)];
    ptrdiff_t p = 0;
    int i, v, l, u, some;
    FG_UNROLL
    for (i = 0; i < parts; i++)
        FG_UNROLL
        for (v = 0; v < vectors; v++) {
            FG_UNROLL
            for (u = 0; u < sets; u++)
                acc[u][i][v] = (FG_V){0};
            FG_UNROLL
            for (l = 0; l < w; l++) {
                const int e = v * w + l, row = e / size, rest = e % size;
                at_a[i][v][l] = row < folded ? (i * folded + row) * m + rest / n : 0;
                at_g[i][v][l] = row < folded ? (i * folded + row) * n + rest % n : 0;
            }
        }
#define FG_OUTER_STEP(u, left)                                                                      \
    {                                                                                               \
        const FG_V x = FG_N(part)(a + p * m, (left) * m), y = FG_N(part)(g + p * n, (left) * n);    \
        FG_UNROLL                                                                                   \
        for (i = 0; i < parts; i++)                                                                 \
            FG_UNROLL                                                                               \
            for (v = 0; v < vectors; v++)                                                           \
                acc[u][i][v] += (FG_V)FG_N(pick)(x, at_a[i][v]) * (FG_V)FG_N(pick)(y, at_g[i][v]);  \
        p += rows;                                                                                  \
    }
    while (p + rows * sets <= k)
        FG_UNROLL
        for (u = 0; u < sets; u++)
            FG_OUTER_STEP(u, rows)
    while (p + rows <= k)
        FG_OUTER_STEP(0, rows)
    if (p < k)
        FG_OUTER_STEP(0, k - p)         /* what is missing is zero */
#undef FG_OUTER_STEP
    FG_UNROLL
    for (v = 0; v < vectors; v++) {
        const ptrdiff_t here = size - v * w < w ? size - v * w : w;
        FG_V sum = (FG_V){0};
        FG_UNROLL
        for (u = 0; u < sets; u++)
            FG_UNROLL
            for (i = 0; i < parts; i++)
                sum += acc[u][i][v];
        FG_UNROLL
        for (some = folded / 2; some > 0; some /= 2)
            sum += (FG_V)FG_N(roll)(sum, some * size);
        sum *= alpha;
        if (beta != (FG_T)0)
            sum += beta * FG_N(part)(c + v * w, here);
        FG_N(put_part)(c + v * w, sum, here);
    }
}

#endif

/* C = alpha * A^T G + beta * C; returns 0, and does nothing, for shapes that it does not make. */
static int FG_N(outer)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const FG_T* a, ptrdiff_t lda,
                       const FG_T* g, ptrdiff_t ldg, FG_T* c, ptrdiff_t ldc, const FG_T* bias,
                       FG_T alpha, FG_T beta) {
#if FG_VECTOR_BYTES == 64
    if (m < 1 || m > 4 || n < 1 || n > 4 || lda != m || ldg != n || ldc != n || bias)
        return 0;
#define FG_CASE(m_, n_)                                       \
    case m_ * 8 + n_:                                         \
        FG_N(outer_case)(m_, n_, k, a, g, c, alpha, beta);    \
        break;
#define FG_CASES(m_) FG_CASE(m_, 1) FG_CASE(m_, 2) FG_CASE(m_, 3) FG_CASE(m_, 4)
    switch (m * 8 + n) { FG_CASES(1) FG_CASES(2) FG_CASES(3) FG_CASES(4) }
#undef FG_CASES
#undef FG_CASE
    return 1;
#else
    (void)m, (void)n, (void)k, (void)a, (void)lda, (void)g, (void)ldg, (void)c, (void)ldc;
    (void)bias, (void)alpha, (void)beta;
    return 0;
#endif
}
