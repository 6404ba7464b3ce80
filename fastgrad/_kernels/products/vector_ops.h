/* One dtype's vector: its types, whole and partial loads and stores, the sum of its lanes.
 * vectors.h includes this twice, with FG_T and FG_N set, and says why it is so.
 */
#if defined(__GNUC__)
typedef FG_T FG_N(vec) __attribute__((vector_size(FG_VECTOR_BYTES)));
typedef FG_I FG_N(vec_of_int) __attribute__((vector_size(FG_VECTOR_BYTES)));
typedef FG_T FG_N(mem)
    __attribute__((vector_size(FG_VECTOR_BYTES), aligned(sizeof(FG_T)), may_alias));
typedef FG_T FG_N(half) __attribute__((vector_size(32)));
typedef FG_T FG_N(quarter) __attribute__((vector_size(16)));
#else
typedef FG_T FG_N(vec);
typedef FG_T FG_N(mem);
#endif

#ifdef FG_PLAIN_PARTS
FG_INLINE FG_V FG_N(part)(const FG_T* p, ptrdiff_t r) {
    FG_V v;
    memset(&v, 0, sizeof v);
    memcpy(&v, p, (size_t)r * sizeof(FG_T));
    return v;
}
FG_INLINE void FG_N(put_part)(FG_T* p, FG_V v, ptrdiff_t r) {
    memcpy(p, &v, (size_t)r * sizeof(FG_T));
}
#if FG_VECTOR_BYTES == 64
FG_INLINE FG_V FG_N(part_from)(const FG_T* p, ptrdiff_t skip, ptrdiff_t r) {
    FG_V v;
    memset(&v, 0, sizeof v);
    memcpy((FG_T*)&v + skip, p + skip, (size_t)(r - skip) * sizeof(FG_T));
    return v;
}
#endif
#endif

/* A vector at p, or its first r elements and zeros; `whole` is a constant. */
FG_INLINE FG_V FG_N(get)(const FG_T* p, const int whole, ptrdiff_t r) {
    return whole ? (FG_V)*(const FG_N(mem)*)p : (FG_V)FG_N(part)(p, r);
}
FG_INLINE void FG_N(put)(FG_T* p, FG_V v, const int whole, ptrdiff_t r) {
    if (whole)
        *(FG_N(mem)*)p = v;
    else
        FG_N(put_part)(p, v, r);
}

/* The sum of all lanes, halving the vector. */
FG_INLINE FG_T FG_N(sum)(FG_V v) {
#if defined(__GNUC__)
    enum { lanes = 16 / sizeof(FG_T) };
    FG_N(quarter) y;
#if FG_VECTOR_BYTES > 16
    FG_N(half) x;
    FG_N(quarter) parts[2];
#if FG_VECTOR_BYTES > 32
    FG_N(half) halves[2];
    memcpy(halves, &v, sizeof v);
    x = halves[0] + halves[1];
#else
    x = v;
#endif
    memcpy(parts, &x, sizeof x);
    y = parts[0] + parts[1];
#else
    y = v;
#endif
    return lanes == 4 ? (y[0] + y[2 % lanes]) + (y[1] + y[3 % lanes]) : y[0] + y[1];
#else
    return v;
#endif
}

/* C[i, :] = bias, or C[i, :] + bias where `add` is set. */
FG_INLINE void FG_N(bias_rows)(FG_T* c, ptrdiff_t m, ptrdiff_t n, ptrdiff_t ldc, const FG_T* bias,
                               const int add) {
    ptrdiff_t i, j;
    for (i = 0; i < m; i++, c += ldc) {
        for (j = 0; j + FG_W <= n; j += FG_W) {
            FG_V v = FG_N(get)(bias + j, 1, 0);
            FG_N(put)(c + j, add ? v + FG_N(get)(c + j, 1, 0) : v, 1, 0);
        }
        if (j < n) {
            FG_V v = FG_N(get)(bias + j, 0, n - j);
            FG_N(put)(c + j, add ? v + FG_N(get)(c + j, 0, n - j) : v, 0, n - j);
        }
    }
}
static void FG_N(set_bias)(FG_T* c, ptrdiff_t m, ptrdiff_t n, ptrdiff_t ldc, const FG_T* bias) {
    FG_N(bias_rows)(c, m, n, ldc, bias, 0);
}
static void FG_N(add_bias)(FG_T* c, ptrdiff_t m, ptrdiff_t n, ptrdiff_t ldc, const FG_T* bias) {
    FG_N(bias_rows)(c, m, n, ldc, bias, 1);
}

#ifdef FG_ZIP_LOW
/* A square of FG_W rows and columns, of which r rows and c columns count unless it is `whole`, a
 * constant. Zipping the first half of the rows with the second moves one bit of an element's column
 * in front of its row; so often as a column has bits, all of them. */
FG_INLINE void FG_N(transpose_square)(const int whole, ptrdiff_t r, ptrdiff_t c, FG_T* y,
                                      ptrdiff_t ldy, const FG_T* x, ptrdiff_t ldx) {
    enum { w = FG_VECTOR_BYTES / sizeof(FG_T) };
    FG_V v[w], z[w];
    int i, bit;
    FG_UNROLL
    for (i = 0; i < w; i++)
        v[i] = whole || i < r ? FG_N(get)(x + i * ldx, whole, c) : (FG_V){0};
    FG_UNROLL
    for (bit = 1; bit < w; bit *= 2) {
        FG_UNROLL
        for (i = 0; i < w / 2; i++) {
            z[2 * i] = FG_ZIP_LOW(v[i], v[i + w / 2]);
            z[2 * i + 1] = FG_ZIP_HIGH(v[i], v[i + w / 2]);
        }
        FG_UNROLL
        for (i = 0; i < w; i++)
            v[i] = z[i];
    }
    FG_UNROLL
    for (i = 0; i < w; i++)
        if (whole || i < c)
            FG_N(put)(y + i * ldy, v[i], whole, r);
}
#endif

#ifdef FG_ZIP_LOW
/* Two rows into two columns that lie together, and back; returns how many columns, or rows, it did. */
FG_INLINE ptrdiff_t FG_N(zip_rows)(FG_T* y, const FG_T* x, ptrdiff_t ldx, ptrdiff_t cols) {
    ptrdiff_t j;
    for (j = 0; j + FG_W <= cols; j += FG_W) {
        const FG_V a = FG_N(get)(x + j, 1, 0), b = FG_N(get)(x + ldx + j, 1, 0);
        FG_N(put)(y + 2 * j, FG_ZIP_LOW(a, b), 1, 0);
        FG_N(put)(y + 2 * j + FG_W, FG_ZIP_HIGH(a, b), 1, 0);
    }
    return j;
}
FG_INLINE ptrdiff_t FG_N(part_rows)(FG_T* y, ptrdiff_t ldy, const FG_T* x, ptrdiff_t rows) {
    ptrdiff_t i;
    for (i = 0; i + FG_W <= rows; i += FG_W) {
        const FG_V a = FG_N(get)(x + 2 * i, 1, 0), b = FG_N(get)(x + 2 * i + FG_W, 1, 0);
        FG_N(put)(y + i, FG_EVEN(a, b), 1, 0);
        FG_N(put)(y + ldy + i, FG_ODD(a, b), 1, 0);
    }
    return i;
}
#endif

/* y[j * ldy + i] = x[i * ldx + j] for rows x cols elements of x, few in one direction. */
static void FG_N(transpose_few)(FG_T* y, ptrdiff_t ldy, const FG_T* x, ptrdiff_t ldx,
                                ptrdiff_t rows, ptrdiff_t cols) {
    ptrdiff_t i = 0, j;
#if defined(__GNUC__)
    enum { sq = 16 / sizeof(FG_T) };
    ptrdiff_t u;
    for (; i + sq <= rows; i += sq)
        for (j = 0; j < cols; j++) {
            FG_N(quarter) v;
            FG_UNROLL
            for (u = 0; u < sq; u++)
                v[u] = x[(i + u) * ldx + j];
            memcpy(y + j * ldy + i, &v, sizeof v);
        }
#endif
    for (; i < rows; i++)
        for (j = 0; j < cols; j++)
            y[j * ldy + i] = x[i * ldx + j];
}

/* The same for any number, in squares held in registers: the stores are whole vectors, which takes
 * a quarter of the time of a plain walk. */
FG_INLINE void FG_N(transpose_any)(FG_T* y, ptrdiff_t ldy, const FG_T* x, ptrdiff_t ldx,
                                   ptrdiff_t rows, ptrdiff_t cols) {
#ifdef FG_ZIP_LOW
    ptrdiff_t i = 0, start = 0, j;
    if (rows == 2 && ldy == 2)
        start = FG_N(zip_rows)(y, x, ldx, cols);
    else if (cols == 2 && ldx == 2)
        i = FG_N(part_rows)(y, ldy, x, rows);
    for (; i < rows; i += FG_W)
        for (j = start; j < cols; j += FG_W) {
            const ptrdiff_t r = rows - i < FG_W ? rows - i : FG_W;
            const ptrdiff_t c = cols - j < FG_W ? cols - j : FG_W;
            const FG_T* from = x + i * ldx + j;
            FG_T* to = y + j * ldy + i;
            if (r == FG_W && c == FG_W)
                FG_N(transpose_square)(1, r, c, to, ldy, from, ldx);
            else if (r * c > 3 * FG_W)
                FG_N(transpose_square)(0, r, c, to, ldy, from, ldx);
            else
                FG_N(transpose_few)(to, ldy, from, ldx, r, c);
        }
#else
    FG_N(transpose_few)(y, ldy, x, ldx, rows, cols);
#endif
}
FG_ALONE void FG_N(transpose)(FG_T* y, ptrdiff_t ldy, const FG_T* x, ptrdiff_t ldx, ptrdiff_t rows,
                              ptrdiff_t cols) {
    FG_N(transpose_any)(y, ldy, x, ldx, rows, cols);
}
/* To and from rows FG_BLOCK apart, and to rows FG_SQUARE apart: softmax of 1024 x 16 floats takes 13.7
 * us without the constant and 11.8 with it, a transposed copy of 128 x 128 floats 7.5 and 6.2. */
FG_ALONE void FG_N(to_block)(FG_T* y, const FG_T* x, ptrdiff_t ldx, ptrdiff_t rows, ptrdiff_t cols) {
    FG_N(transpose_any)(y, FG_BLOCK, x, ldx, rows, cols);
}
FG_ALONE void FG_N(from_block)(FG_T* y, ptrdiff_t ldy, const FG_T* x, ptrdiff_t rows,
                              ptrdiff_t cols) {
    FG_N(transpose_any)(y, ldy, x, FG_BLOCK, rows, cols);
}
FG_ALONE void FG_N(to_square)(FG_T* y, const FG_T* x, ptrdiff_t ldx, ptrdiff_t rows,
                              ptrdiff_t cols) {
    FG_N(transpose_any)(y, FG_SQUARE, x, ldx, rows, cols);
}
