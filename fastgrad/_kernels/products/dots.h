/* Skinny products of rows with rows, for one dtype; vectors.h includes this twice,
 * with FG_T and FG_N set.
 *
 * Owns: `dots`.
 * May not know: anything above plain pointers. Every C element is made once:
 * c = alpha * sum + beta * c + bias, where c is not read if beta is zero and bias may be NULL.
 *
 * Decisions
 * - dots: both operands' k directions are contiguous; each C element is one dot product. For
 *   long k and at most 8 columns: A streams from memory once.
 */
/* mr x n dot products of length k to c[i * rc + j * cc]; mr and n are constants. */
FG_INLINE void FG_N(dot_tile)(const int mr, const int n, ptrdiff_t k, const FG_T* a, ptrdiff_t lda,
                              const FG_T* b, ptrdiff_t ldb, FG_T* c, ptrdiff_t rc, ptrdiff_t cc,
                              const FG_T* bias, ptrdiff_t bi, ptrdiff_t bj, FG_T alpha, FG_T beta) {
    FG_V acc[4][8];
    FG_V row[4];
    int i, j;
    ptrdiff_t p;
    FG_UNROLL
    for (i = 0; i < mr; i++)
        FG_UNROLL
        for (j = 0; j < n; j++)
            acc[i][j] = (FG_V){0};
#define FG_DOT_STEP(whole)                                            \
    FG_UNROLL                                                         \
    for (i = 0; i < mr; i++)                                          \
        row[i] = FG_N(get)(a + i * lda + p, whole, k - p);            \
    FG_UNROLL                                                         \
    for (j = 0; j < n; j++) {                                         \
        FG_V x = FG_N(get)(b + j * ldb + p, whole, k - p);            \
        FG_UNROLL                                                     \
        for (i = 0; i < mr; i++)                                      \
            acc[i][j] += row[i] * x;                                  \
    }
    for (p = 0; p + FG_W <= k; p += FG_W) {
        FG_DOT_STEP(1)
    }
    if (p < k) {
        FG_DOT_STEP(0)
    }
#undef FG_DOT_STEP
#define FG_DOT_STORE(cc, bi, bj)                                      \
    FG_UNROLL                                                         \
    for (i = 0; i < mr; i++)                                          \
        FG_UNROLL                                                     \
        for (j = 0; j < n; j++) {                                     \
            FG_T v = alpha * FG_N(sum)(acc[i][j]);                    \
            if (beta != (FG_T)0)                                      \
                v += beta * c[i * rc + j * cc];                       \
            if (bias)                                                 \
                v += bias[i * bi + j * bj];                           \
            c[i * rc + j * cc] = v;                                   \
        }
    if (cc == 1 && bi == 0) {       /* C as it lies, its bias a row */
        FG_DOT_STORE(1, 0, 1)
    } else {
        FG_DOT_STORE(cc, bi, bj)
    }
#undef FG_DOT_STORE
}

FG_INLINE void FG_N(dot_rows)(const int mr, const int n, ptrdiff_t m, ptrdiff_t k, const FG_T* a,
                              ptrdiff_t lda, const FG_T* b, ptrdiff_t ldb, FG_T* c, ptrdiff_t rc,
                              ptrdiff_t cc, const FG_T* bias, ptrdiff_t bi, ptrdiff_t bj,
                              FG_T alpha, FG_T beta) {
    ptrdiff_t i = 0;
#define FG_DOTS(mr_)                                                                             \
    FG_N(dot_tile)(mr_, n, k, a + i * lda, lda, b, ldb, c + i * rc, rc, cc,                      \
                   bias ? bias + i * bi : bias, bi, bj, alpha, beta)
    for (; i + mr <= m; i += mr)
        FG_DOTS(mr);
    for (; i < m; i++)
        FG_DOTS(1);
#undef FG_DOTS
}

/* c[i * rc + j * cc] = dot(A row i, B row j), both rows contiguous; the bias of (i, j) is
 * bias[i * bi + j * bj]. One copy serves both ways round. */
FG_ALONE void FG_N(dots_of)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const FG_T* a, ptrdiff_t lda,
                            const FG_T* b, ptrdiff_t ldb, FG_T* c, ptrdiff_t rc, ptrdiff_t cc,
                            const FG_T* bias, ptrdiff_t bi, ptrdiff_t bj, FG_T alpha, FG_T beta) {
    const int wide = FG_VECTOR_BYTES == 64;   /* 32 vector registers, else 16 */
    while (n > 0 && m > 0) {
        const ptrdiff_t some = n < 8 ? n : 8;
#define FG_CASE(n_, mr)                                                                       \
    case n_:                                                                                  \
        FG_N(dot_rows)(mr, n_, m, k, a, lda, b, ldb, c, rc, cc, bias, bi, bj, alpha, beta);   \
        break;
        switch (some) {
            FG_CASE(1, 4)
            FG_CASE(2, 4)
            FG_CASE(3, wide ? 4 : 2)
            FG_CASE(4, wide ? 4 : 2)
            FG_CASE(5, wide ? 4 : 2)
            FG_CASE(6, wide ? 2 : 1)
            FG_CASE(7, wide ? 2 : 1)
            FG_CASE(8, wide ? 2 : 1)
        }
#undef FG_CASE
        n -= some;
        b += some * ldb;
        c += some * cc;
        bias = bias ? bias + some * bj : bias;
    }
}

/* The same for all but the rows that are over, where there are few columns; strides are constants:
 * 160 rows of 100 doubles by two columns take 1.4 us without that and 1.1 with it. Returns how many
 * rows it did. */
FG_INLINE ptrdiff_t FG_N(dots_by_eight)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const FG_T* a,
                                        ptrdiff_t lda, const FG_T* b, ptrdiff_t ldb, FG_T* c,
                                        ptrdiff_t rc, ptrdiff_t cc, const FG_T* bias, ptrdiff_t bi,
                                        ptrdiff_t bj, FG_T alpha, FG_T beta) {
#if FG_VECTOR_BYTES == 64
    const ptrdiff_t whole = n <= 3 ? m / 8 * 8 : 0;
#define FG_CASE(n_)                                                                           \
    case n_:                                                                                  \
        FG_N(eight)(n_, whole, k, a, lda, b, ldb, c, rc, cc, bias, bi, bj, alpha, beta);      \
        break;
    if (whole == 0)
        return 0;
    if (n > 0 && n < 3 && k <= 2 * FG_W && rc == n && cc == 1)
        FG_N(eight_short)(whole, n, k, a, lda, b, ldb, c, bias, alpha, beta);
    else
        switch (n) { FG_CASE(1) FG_CASE(2) FG_CASE(3) }
#undef FG_CASE
    return whole;
#else
    return 0;
#endif
}

FG_ALONE void FG_N(dots)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const FG_T* a, ptrdiff_t lda,
                         const FG_T* b, ptrdiff_t ldb, FG_T* c, ptrdiff_t ldc, const FG_T* bias,
                         FG_T alpha, FG_T beta) {
    const ptrdiff_t i =
        FG_N(dots_by_eight)(m, n, k, a, lda, b, ldb, c, ldc, 1, bias, 0, 1, alpha, beta);
    if (i < m)
        FG_N(dots_of)(m - i, n, k, a + i * lda, lda, b, ldb, c + i * ldc, ldc, 1, bias, 0, 1, alpha,
                      beta);
}
FG_ALONE void FG_N(dots_turned)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const FG_T* a, ptrdiff_t lda,
                                const FG_T* b, ptrdiff_t ldb, FG_T* c, ptrdiff_t ldc,
                                const FG_T* bias, FG_T alpha, FG_T beta) {
    const ptrdiff_t i =
        FG_N(dots_by_eight)(m, n, k, a, lda, b, ldb, c, 1, ldc, bias, 1, 0, alpha, beta);
    if (i < m)
        FG_N(dots_of)(m - i, n, k, a + i * lda, lda, b, ldb, c + i, 1, ldc,
                      bias ? bias + i : bias, 1, 0, alpha, beta);
}
