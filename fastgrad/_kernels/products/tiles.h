/* Products of middle size, for one dtype; vectors.h includes this twice, with FG_T and FG_N set.
 *
 * Owns: `tiles`, and the tile that convolutions make too.
 * May not know: anything above plain pointers. c = alpha * sum + beta * c + bias, then relu if
 * asked for; c is not read if beta is zero, bias may be NULL.
 *
 * Decisions
 * - A tile of C, FG_HIGH rows of two vectors, stays in registers over all of k: with AVX-512 28
 *   sums, two vectors of B and one broadcast element of A are 31 of 32 registers. 13 x 32 sums run
 *   at 265 GFLOP/s of the 268 that a loop of nothing but multiply-adds reaches (one core, Zen 5).
 * - A is read where it lies, through two strides, so A and its transpose cost the same and nothing
 *   of it is packed. Every third row has a pointer, the two rows behind it are its index and twice
 *   its index: so 14 rows take 6 of the 16 general registers.
 * - B is read where it lies too, as a panel of two vectors a row, if few tiles share a panel. It is
 *   packed into FG_DEPTH rows of stack where it lies across or its last panel is narrow, and where
 *   many tiles would read rows that share cache sets (`packs`). OpenBLAS packs both operands for
 *   every call, which is what it loses at this size: 128x784x256 on two threads 138 us, this 103.
 * - Tiles go down a panel, so the hardware sees no stream in C. A C that is not in the second-level
 *   cache is fetched while its sums are made: 256x1000x1000 2134 us without, 2050 us with it.
 * - Rows are shared out evenly: 64 rows are tiles of 13 and 12, not of 14 and a rest of 8.
 * - A tile's sums run over three nested counts, each with its steps through A and B: those of a
 *   product need one; pixels of a window, or of images, need all (../convolutions).
 * - What happens to the sums comes in phases, each over the whole tile, behind one test: a test for
 *   each vector made 128 deep products 5 % slower.
 */
#define FG_HIGH FG_BY_WIDTH(FG_HIGH_WIDE, FG_HIGH_NARROW)
#define FG_DEPTH 1024   /* of k at a time: a packed panel is 128 kB of stack with AVX-512 */
#define FG_FETCH 8      /* rows of B that are fetched ahead */
#define FG_NEAR 524288  /* bytes of C that stay in the second-level cache; see `far` */

typedef struct {
    ptrdiff_t n, a, b; /* turns, and what one of them adds to the places in A and B */
} FG_N(turns);

typedef struct {
    FG_N(turns) run, row, image; /* of the sums, from the innermost on */
    ptrdiff_t ra, third;  /* from a row of A to the next; to the third one behind it: 3 ra, or */
    ptrdiff_t ldc, r;     /* not, where rows come in threes; r: columns in the last vector */
    FG_T alpha, beta;
    int relu, far; /* far: C is fetched while its sums are made */
} FG_N(tiling);

#if defined(__GNUC__)
#define FG_PREFETCH(p) __builtin_prefetch(p)
#define FG_PREFETCH_W(p) __builtin_prefetch(p, 1)
#define FG_KEEP(p) __asm__("" : "+r"(p)) /* or gcc makes a pointer for every row, and spills them */
#define FG_RELU(v) (FG_V)((__typeof__((v) < (v)))(v) & ~((v) < (FG_V){0})) /* NaN stays */
#else
#define FG_PREFETCH(p)
#define FG_PREFETCH_W(p)
#define FG_KEEP(p)
#define FG_RELU(v) ((v) < 0 ? (FG_T)0 : (v))
#endif

/* mr rows of nv vectors of C. */
FG_INLINE void FG_N(big_tile)(const int mr, const int nv, const FG_N(tiling)* s, const FG_T* a,
                              const FG_T* b, FG_T* c, const FG_T* bias) {
    const ptrdiff_t ra = s->ra, ca = s->run.a, ldb = s->run.b, ldc = s->ldc, r = s->r;
    const FG_T* rows[(FG_HIGH + 2) / 3];
    FG_V acc[FG_HIGH][2], row[2];
    ptrdiff_t p, q, t;
    int i, j;
#define FG_EACH_ROW FG_UNROLL for (i = 0; i < mr; i++)
#define FG_EACH FG_EACH_ROW FG_UNROLL for (j = 0; j < nv; j++)
    FG_EACH
        acc[i][j] = (FG_V){0};
    if (s->far)
        FG_EACH
            FG_PREFETCH_W(c + i * ldc + j * FG_W);
    for (t = 0; t < s->image.n; t++)
        for (q = 0; q < s->row.n; q++) {
            const FG_T* from = a + t * s->image.a + q * s->row.a;
            const FG_T* y = b + t * s->image.b + q * s->row.b;
            FG_UNROLL
            for (i = 0; i < mr; i += 3)
                rows[i / 3] = from + i / 3 * s->third;
            for (p = 0; p < s->run.n; p++) {
                FG_UNROLL
                for (j = 0; j < nv; j++) {
                    row[j] = FG_N(get)(y + j * FG_W, 1, 0);
                    FG_PREFETCH(y + FG_FETCH * ldb + j * FG_W);
                }
                FG_EACH
                    acc[i][j] += row[j] * rows[i / 3][i % 3 * ra];
                y += ldb;
                FG_UNROLL
                for (i = 0; i < mr; i += 3) {
                    rows[i / 3] += ca;
                    FG_KEEP(rows[i / 3]);
                }
            }
        }
    if (s->alpha != (FG_T)1)
        FG_EACH
            acc[i][j] *= s->alpha;
    if (s->beta != (FG_T)0 && r == FG_W)
        FG_EACH
            acc[i][j] += FG_N(get)(c + i * ldc + j * FG_W, 1, 0) * s->beta;
    else if (s->beta != (FG_T)0)
        FG_EACH
            acc[i][j] += FG_N(get)(c + i * ldc + j * FG_W, j < nv - 1, r) * s->beta;
    if (bias) {
        FG_UNROLL
        for (j = 0; j < nv; j++)
            row[j] = FG_N(get)(bias + j * FG_W, j < nv - 1, r);
        FG_EACH
            acc[i][j] += row[j];
    }
    if (s->relu)
        FG_EACH
            acc[i][j] = FG_RELU(acc[i][j]);
    if (r == FG_W)
        FG_EACH
            FG_N(put)(c + i * ldc + j * FG_W, acc[i][j], 1, 0);
    else
        FG_EACH
            FG_N(put)(c + i * ldc + j * FG_W, acc[i][j], j < nv - 1, r);
#undef FG_EACH
#undef FG_EACH_ROW
}

typedef void (*FG_N(tile_call))(const FG_N(tiling)*, const FG_T*, const FG_T*, FG_T*,
                                const FG_T*);
#define FG_CASE(mr, nv)                                                                         \
    static void FG_N(tile_##mr##_##nv)(const FG_N(tiling)* s, const FG_T* a, const FG_T* b,     \
                                       FG_T* c, const FG_T* bias) {                             \
        FG_N(big_tile)(mr, nv, s, a, b, c, bias);                                               \
    }
#define FG_NAME(mr, nv) FG_N(tile_##mr##_##nv),
#define FG_TO_6(f, nv) f(1, nv) f(2, nv) f(3, nv) f(4, nv) f(5, nv) f(6, nv)
#if FG_HIGH == 14
#define FG_HEIGHTS(f, nv) FG_TO_6(f, nv) \
    f(7, nv) f(8, nv) f(9, nv) f(10, nv) f(11, nv) f(12, nv) f(13, nv) f(14, nv)
#elif FG_HIGH == 6
#define FG_HEIGHTS(f, nv) FG_TO_6(f, nv)
#else
#error "FG_HEIGHTS lists the tiles of 6 and of 14 rows"
#endif
FG_HEIGHTS(FG_CASE, 1)
FG_HEIGHTS(FG_CASE, 2)
static const FG_N(tile_call) FG_N(tile_calls)[2][FG_HIGH] = {{FG_HEIGHTS(FG_NAME, 1)},
                                                             {FG_HEIGHTS(FG_NAME, 2)}};
#undef FG_CASE
#undef FG_NAME
#undef FG_TO_6
#undef FG_HEIGHTS

/* k rows of a panel into rows of `width`, `some` columns of them and zeros behind. */
static void FG_N(pack_panel)(FG_T* y, ptrdiff_t width, const FG_T* b, ptrdiff_t ldb, ptrdiff_t tb,
                             ptrdiff_t k, ptrdiff_t some) {
    ptrdiff_t p;
    if (some < width)
        memset(y, 0, (size_t)(k * width) * sizeof(FG_T));
    if (tb)
        FG_N(transpose)(y, width, b, ldb, some, k);
    else if (some == 2 * FG_W)
        for (p = 0; p < k; p++) {
            FG_N(put)(y + p * width, FG_N(get)(b + p * ldb, 1, 0), 1, 0);
            FG_N(put)(y + p * width + FG_W, FG_N(get)(b + p * ldb + FG_W, 1, 0), 1, 0);
        }
    else
        for (p = 0; p < k; p++)
            memcpy(y + p * width, b + p * ldb, (size_t)some * sizeof(FG_T));
}

/* Whether a panel of B that could be read in place is better packed. */
FG_INLINE int FG_N(packs)(ptrdiff_t k, ptrdiff_t ldb, ptrdiff_t tiles) {
    return tiles > 8 || (tiles > 1 && k > 128 && ldb * (ptrdiff_t)sizeof(FG_T) % 2048 == 0);
}

/* C[m, n] = A op(B) with A[i, p] = a[i * ra + p * ca]. */
static void FG_N(tiles)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const FG_T* a, ptrdiff_t ra,
                        ptrdiff_t ca, const FG_T* b, ptrdiff_t ldb, ptrdiff_t tb, FG_T* c,
                        ptrdiff_t ldc, const FG_T* bias, FG_T alpha, FG_T beta, int relu) {
#if defined(__GNUC__)
    FG_T panel[FG_DEPTH * 2 * (FG_VECTOR_BYTES / sizeof(FG_T))] __attribute__((aligned(64)));
#else
    FG_T panel[FG_DEPTH * 2];
#endif
    const int far = m * n * (ptrdiff_t)sizeof(FG_T) > FG_NEAR;
    const ptrdiff_t count = (m + FG_HIGH - 1) / FG_HIGH;
    const ptrdiff_t depths = k > FG_DEPTH ? (k + FG_DEPTH - 1) / FG_DEPTH : 1;
    ptrdiff_t d, j, t;
    for (d = 0; d < depths; d++) {
        const ptrdiff_t from = k * d / depths, depth = k * (d + 1) / depths - from;
        for (j = 0; j < n; j += 2 * FG_W) {
            const ptrdiff_t some = n - j < 2 * FG_W ? n - j : 2 * FG_W;
            const ptrdiff_t nv = some > FG_W ? 2 : 1, width = nv * FG_W;
            const FG_T* from_b = b + (tb ? j * ldb + from : from * ldb + j);
            const FG_T* add = bias && d == 0 ? bias + j : NULL;
            FG_N(tiling) s = {{depth, ca, ldb}, {1, 0, 0}, {1, 0, 0}, ra, 3 * ra, ldc,
                              some - (nv - 1) * FG_W, alpha, d == 0 ? beta : (FG_T)1,
                              relu && d == depths - 1, far};
            if (tb || some < width || FG_N(packs)(depth, ldb, count)) {
                FG_N(pack_panel)(panel, width, from_b, ldb, tb, depth, some);
                from_b = panel;
                s.run.b = width;
            }
            for (t = 0; t < count; t++) {
                const ptrdiff_t i = m * t / count, high = m * (t + 1) / count - i;
                FG_N(tile_calls)[nv - 1][high - 1](&s, a + i * ra + from * ca, from_b,
                                                   c + i * ldc + j, add);
            }
        }
    }
}
