/* Skinny products that hold a tile of C in registers, for one dtype; vectors.h includes this
 * twice, with FG_T and FG_N set.
 *
 * Owns: `rows` and `tiny`.
 * May not know: anything above plain pointers. Every C element is made once:
 * c = alpha * sum + beta * c + bias, where c is not read if beta is zero and bias may be NULL.
 *
 * Decisions
 * - rows: C's rows are vectors, A is broadcast. B is read row by row as it lies, A through two
 *   strides, so A and its transpose cost the same. A tile of mr rows x nv vectors stays in
 *   registers over all of k; where the tile is small, ku partial sums of k run side by side,
 *   since one fused multiply-add takes 4 cycles and two can start in each.
 * - tiny: with n and k known to the compiler, B sits in registers and the loop over m is what
 *   becomes vectors.
 */
/* One tile: mr rows, nv vectors; whole = 0 with nv = 1: r < FG_W columns. ku: see above. */
FG_INLINE void FG_N(tile)(const int mr, const int nv, const int ku, const int whole, ptrdiff_t r,
                          ptrdiff_t k, const FG_T* a, ptrdiff_t ra, ptrdiff_t ca, const FG_T* b,
                          ptrdiff_t ldb, FG_T* c, ptrdiff_t ldc, const FG_T* bias, FG_T alpha,
                          FG_T beta) {
    FG_V acc[4][8][8];
    int i, j, u;
    ptrdiff_t p;
    FG_UNROLL
    for (u = 0; u < ku; u++)
        FG_UNROLL
        for (i = 0; i < mr; i++)
            FG_UNROLL
            for (j = 0; j < nv; j++)
                acc[u][i][j] = (FG_V){0};
    for (p = 0; p + ku <= k; p += ku)
        FG_UNROLL
        for (u = 0; u < ku; u++)
            FG_UNROLL
            for (j = 0; j < nv; j++) {
                FG_V row = FG_N(get)(b + (p + u) * ldb + j * FG_W, whole, r);
                FG_UNROLL
                for (i = 0; i < mr; i++)
                    acc[u][i][j] += row * a[i * ra + (p + u) * ca];
            }
    for (; ku > 1 && p < k; p++)
        FG_UNROLL
        for (j = 0; j < nv; j++) {
            FG_V row = FG_N(get)(b + p * ldb + j * FG_W, whole, r);
            FG_UNROLL
            for (i = 0; i < mr; i++)
                acc[0][i][j] += row * a[i * ra + p * ca];
        }
    FG_UNROLL
    for (i = 0; i < mr; i++)
        FG_UNROLL
        for (j = 0; j < nv; j++) {
            FG_V v = acc[0][i][j];
            FG_UNROLL
            for (u = 1; u < ku; u++)
                v += acc[u][i][j];
            v *= alpha;
            if (beta != (FG_T)0)
                v += FG_N(get)(c + i * ldc + j * FG_W, whole, r) * beta;
            if (bias)
                v += FG_N(get)(bias + j * FG_W, whole, r);
            FG_N(put)(c + i * ldc + j * FG_W, v, whole, r);
        }
}

/* All columns of mr rows: wide tiles first, then two vectors, one, a part of one. */
FG_INLINE void FG_N(band)(const int mr, const int nv, ptrdiff_t n, ptrdiff_t k, const FG_T* a,
                          ptrdiff_t ra, ptrdiff_t ca, const FG_T* b, ptrdiff_t ldb, FG_T* c,
                          ptrdiff_t ldc, const FG_T* bias, FG_T alpha, FG_T beta) {
    const int ku = mr >= 4 ? 2 : 4;
    ptrdiff_t j = 0;
#define FG_TILE(nv_, ku_, whole, r)                                          \
    FG_N(tile)(mr, nv_, ku_, whole, r, k, a, ra, ca, b + j, ldb, c + j, ldc, \
               bias ? bias + j : bias, alpha, beta)
    for (; j + nv * FG_W <= n; j += nv * FG_W)
        FG_TILE(nv, 1, 1, 0);
    if (nv > 2)
        for (; j + 2 * FG_W <= n; j += 2 * FG_W)
            FG_TILE(2, ku > 2 ? 2 : 1, 1, 0);
    if (nv > 1)
        for (; j + FG_W <= n; j += FG_W)
            FG_TILE(1, ku, 1, 0);
    if (j < n)
        FG_TILE(1, ku, 0, n - j);
#undef FG_TILE
}

/* C[m, n] = A B with A[i, p] = a[i * ra + p * ca], B row-major. */
static void FG_N(rows)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const FG_T* a, ptrdiff_t ra,
                       ptrdiff_t ca, const FG_T* b, ptrdiff_t ldb, FG_T* c, ptrdiff_t ldc,
                       const FG_T* bias, FG_T alpha, FG_T beta) {
    ptrdiff_t i = 0;
#define FG_BAND(mr, nv) \
    FG_N(band)(mr, nv, n, k, a + i * ra, ra, ca, b, ldb, c + i * ldc, ldc, bias, alpha, beta)
    /* A band of 8 rows fills the registers with one or two vectors a row, one of 4 with more. */
    if (n < 4 * FG_W && FG_VECTOR_BYTES == 64)
        for (; i + 8 <= m; i += 8)
            FG_BAND(8, FG_BAND_8);
    for (; i + 4 <= m; i += 4)
        FG_BAND(4, FG_BY_WIDTH(FG_BAND_4_WIDE, FG_BAND_4_NARROW));
    for (; i + 2 <= m; i += 2)
        FG_BAND(2, FG_BAND_2);
    for (; i < m; i++)
        FG_BAND(1, FG_BAND_1);
#undef FG_BAND
}

/* Contiguous A[m, k] and C[m, n], n and k at most 4: B[p, j] = b[p * rb + j * cb] stays in
 * registers. */
FG_INLINE void FG_N(tiny_case)(const int n, const int k, ptrdiff_t m, const FG_T* FG_RESTRICT a,
                               const FG_T* b, ptrdiff_t rb, ptrdiff_t cb, FG_T* FG_RESTRICT c,
                               const FG_T* bias, FG_T alpha, FG_T beta) {
    /* Not `bias ? bias[j] : 0`: gcc makes that a masked load at NULL, which the CPU takes 80 ns to
     * suppress. */
    static const FG_T none[4] = {0};
    const FG_T* some = bias ? bias : none;
    FG_T x[4][4], add[4];
    ptrdiff_t i;
    int j, p;
    for (j = 0; j < n; j++) {
        add[j] = some[j];
        for (p = 0; p < k; p++)
            x[p][j] = alpha * b[p * rb + j * cb];
    }
#define FG_TINY(start)                               \
    for (i = 0; i < m; i++)                          \
        FG_UNROLL                                    \
        for (j = 0; j < n; j++) {                    \
            FG_T v = start;                          \
            FG_UNROLL                                \
            for (p = 0; p < k; p++)                  \
                v += a[i * k + p] * x[p][j];         \
            c[i * n + j] = v;                        \
        }
    if (beta != (FG_T)0) {
        FG_TINY(add[j] + beta * c[i * n + j])
    } else {
        FG_TINY(add[j])
    }
#undef FG_TINY
}

static void FG_N(tiny)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const FG_T* a, const FG_T* b,
                       ptrdiff_t rb, ptrdiff_t cb, FG_T* c, const FG_T* bias, FG_T alpha,
                       FG_T beta) {
#define FG_CASE(n_, k_)                                                        \
    case n_ * 8 + k_:                                                          \
        FG_N(tiny_case)(n_, k_, m, a, b, rb, cb, c, bias, alpha, beta);        \
        break;
#define FG_CASES(n_) FG_CASE(n_, 1) FG_CASE(n_, 2) FG_CASE(n_, 3) FG_CASE(n_, 4)
    switch (n * 8 + k) { FG_CASES(1) FG_CASES(2) FG_CASES(3) FG_CASES(4) }
#undef FG_CASES
#undef FG_CASE
}
