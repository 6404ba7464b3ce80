/* Pools of images, for one dtype; behind images.h, whose geometry it uses (f is not looked at).
 *
 * Owns: `max_pool`, `max_pool_grad`, `avg_pool`, `avg_pool_grad`.
 * May not know: Steps.
 *
 * Decisions
 * - A vector is channels of one pixel, which goes through all pixels of a window in registers.
 * - Windows of 2 x 2 that meet no other have a loop of their own for the gradient: it writes dx
 *   once, where others add to zeros.
 * - A NaN is a maximum; the first maximum wins. The maximum starts at the least finite number, as
 *   TensorFlow's does.
 * - The gradient needs no places from forward: it looks for the first maximum again, which costs
 *   less than to write and read places. `relu` passes it on only where that maximum is above zero:
 *   the gradient of a relu before the pool, whose result the pool's operand is.
 */

/* Elements [y0, y1) by [x0, x1) of a window that lie inside of the image. */
typedef struct {
    ptrdiff_t y0, y1, x0, x1;
} FG_N(window);

FG_INLINE void FG_N(span_inside)(ptrdiff_t from, ptrdiff_t size, ptrdiff_t taps, ptrdiff_t apart,
                                 ptrdiff_t* lo, ptrdiff_t* hi) {
    *lo = 0;
    *hi = taps;
    if (from >= 0 && from + (taps - 1) * apart < size)
        return;                     /* nearly always, and without a division */
    *lo = from < 0 ? (-from + apart - 1) / apart : 0;
    from = size > from ? (size - from - 1) / apart + 1 : 0;
    *hi = from < taps ? from : taps;
    if (*hi < *lo)
        *hi = *lo;
}

FG_INLINE FG_N(window) FG_N(window_at)(const FG_N(geometry) * g, ptrdiff_t oh, ptrdiff_t ow) {
    FG_N(window) v;
    FG_N(span_inside)(oh * g->sh - g->top, g->h, g->kh, g->dh, &v.y0, &v.y1);
    FG_N(span_inside)(ow * g->sw - g->left, g->w, g->kw, g->dw, &v.x0, &v.x1);
    return v;
}

/* Place of an element of the window at (oh, ow) in its image. */
FG_INLINE ptrdiff_t FG_N(pixel)(const FG_N(geometry) * g, ptrdiff_t oh, ptrdiff_t ow, ptrdiff_t i,
                                ptrdiff_t j) {
    return ((oh * g->sh - g->top + i * g->dh) * g->w + ow * g->sw - g->left + j * g->dw) * g->c;
}

/* Bits of a where the mask is set, else of b; without vector types masks are 0 or 1. */
#if defined(__GNUC__)
#define FG_MASK FG_N(vec_of_int)
#define FG_PICK(m, a, b) ((FG_V)(((FG_MASK)(a) & (m)) | ((FG_MASK)(b) & ~(m))))
#define FG_NOT(m) (~(m))
#else
#define FG_MASK int
#define FG_PICK(m, a, b) ((m) ? (a) : (b))
#define FG_NOT(m) (!(m))
#endif

/* Whether x takes the place of the maximum so far. */
#define FG_WINS(x, top) (((x) > (top)) | (((x) != (x)) & ((top) == (top))))

/* `call` for vectors of n channels, from `j` on, with what get and put need. */
#define FG_CHANNELS(n, call)                      \
    for (j = 0; j + FG_W <= (n); j += FG_W)       \
        call(1, 0);                               \
    if (j < (n))                                  \
        call(0, (n) - j);

/* A vector of channels, its maximum over a window. */
FG_INLINE FG_V FG_N(max_of)(const int whole, const FG_N(geometry) * g, const FG_N(window) * v,
                            const FG_T* x, ptrdiff_t r, FG_V top) {
    ptrdiff_t i, k;
    for (i = v->y0; i < v->y1; i++)
        for (k = v->x0; k < v->x1; k++) {
            const FG_V at = FG_N(get)(x + (i * g->dh * g->w + k * g->dw) * g->c, whole, r);
            const FG_MASK wins = FG_WINS(at, top);
            top = FG_PICK(wins, at, top);
        }
    return top;
}

/* The same of 2 x 2 pixels, two by two. */
FG_INLINE FG_V FG_N(max_of_4)(const int whole, const FG_T* x, ptrdiff_t line, ptrdiff_t n,
                              ptrdiff_t r, FG_V least) {
    const FG_V a = FG_N(get)(x, whole, r), b = FG_N(get)(x + n, whole, r);
    const FG_V c = FG_N(get)(x + line, whole, r), d = FG_N(get)(x + line + n, whole, r);
    const FG_MASK is_b = FG_WINS(b, a), is_d = FG_WINS(d, c);
    const FG_V ab = FG_PICK(is_b, b, a), cd = FG_PICK(is_d, d, c);
    const FG_MASK is_cd = FG_WINS(cd, ab);
    const FG_V top = FG_PICK(is_cd, cd, ab);
    const FG_MASK wins = FG_WINS(top, least);
    return FG_PICK(wins, top, least);
}

static void FG_N(max_pool)(const ptrdiff_t* facts, const FG_T* x, FG_T* y, ptrdiff_t lo,
                           ptrdiff_t hi) {
    const FG_N(geometry)* g = (const FG_N(geometry)*)facts;
    const FG_V least = (FG_V){0} - FG_GREATEST;
    const int square = g->kh == 2 && g->kw == 2 && g->dh == 1 && g->dw == 1;
    for (; lo < hi; lo++) {
        const FG_T* image = x + lo / g->oh * g->h * g->w * g->c;
        const ptrdiff_t oh = lo % g->oh;
        ptrdiff_t ow, j;
        for (ow = 0; ow < g->ow; ow++) {
            const FG_N(window) v = FG_N(window_at)(g, oh, ow);
            const FG_T* from = image + FG_N(pixel)(g, oh, ow, 0, 0);
            FG_T* to = y + (lo * g->ow + ow) * g->c;
            if (square && v.y1 - v.y0 + v.x1 - v.x0 == 4) {
#define FG_CALL(whole, r) \
    FG_N(put)(to + j, FG_N(max_of_4)(whole, from + j, g->w * g->c, g->c, r, least), whole, r)
                FG_CHANNELS(g->c, FG_CALL)
#undef FG_CALL
                continue;
            }
#define FG_CALL(whole, r) \
    FG_N(put)(to + j, FG_N(max_of)(whole, g, &v, from + j, r, least), whole, r)
            FG_CHANNELS(g->c, FG_CALL)
#undef FG_CALL
        }
    }
}

/* A window of four pixels that no other has: dx is written, and not added to. */
FG_INLINE void FG_N(max_grad_4)(const int whole, FG_T* dx, const FG_T* x, const FG_T* dy,
                                ptrdiff_t line, ptrdiff_t n, int relu, ptrdiff_t r) {
    const FG_V a = FG_N(get)(x, whole, r), b = FG_N(get)(x + n, whole, r);
    const FG_V c = FG_N(get)(x + line, whole, r), d = FG_N(get)(x + line + n, whole, r);
    const FG_V zero = (FG_V){0};
    const FG_MASK is_b = FG_WINS(b, a);
    const FG_V ab = FG_PICK(is_b, b, a);
    const FG_MASK is_c = FG_WINS(c, ab);
    const FG_V abc = FG_PICK(is_c, c, ab);
    const FG_MASK is_d = FG_WINS(d, abc), cd = is_c | is_d, bcd = is_b | cd;
    FG_V by = FG_N(get)(dy, whole, r);
    if (relu) {
        const FG_V top = FG_PICK(is_d, d, abc);
        const FG_MASK above = top > zero;
        by = FG_PICK(above, by, zero);
    }
    FG_N(put)(dx, FG_PICK(bcd, zero, by), whole, r);
    FG_N(put)(dx + n, FG_PICK(is_b & FG_NOT(cd), by, zero), whole, r);
    FG_N(put)(dx + line, FG_PICK(is_c & FG_NOT(is_d), by, zero), whole, r);
    FG_N(put)(dx + line + n, FG_PICK(is_d, by, zero), whole, r);
}

/* A vector of channels of any window: dy is added where the first maximum is. */
FG_INLINE void FG_N(max_grad_any)(const int whole, const FG_N(geometry) * g,
                                  const FG_N(window) * v, FG_T* dx, const FG_T* x, const FG_T* dy,
                                  int relu, ptrdiff_t r) {
    const FG_V zero = (FG_V){0};
    FG_V top = zero, where = zero, by = FG_N(get)(dy, whole, r);
    FG_T t = 0;
    ptrdiff_t i, k;
    for (i = v->y0; i < v->y1; i++)
        for (k = v->x0; k < v->x1; k++, t += 1) {
            const FG_V at = FG_N(get)(x + (i * g->dh * g->w + k * g->dw) * g->c, whole, r);
            if (t == 0)
                top = at;
            else {
                const FG_MASK wins = FG_WINS(at, top);
                top = FG_PICK(wins, at, top);
                where = FG_PICK(wins, zero + t, where);
            }
        }
    if (relu) {
        const FG_MASK above = top > zero;
        by = FG_PICK(above, by, zero);
    }
    t = 0;
    for (i = v->y0; i < v->y1; i++)
        for (k = v->x0; k < v->x1; k++, t += 1) {
            FG_T* to = dx + (i * g->dh * g->w + k * g->dw) * g->c;
            const FG_MASK here = where == zero + t;
            FG_N(put)(to, FG_N(get)(to, whole, r) + FG_PICK(here, by, zero), whole, r);
        }
}

/* dx of images [lo, hi). */
static void FG_N(max_pool_grad)(const ptrdiff_t* facts, const FG_T* x, const FG_T* dy, FG_T* dx,
                                int relu, ptrdiff_t lo, ptrdiff_t hi) {
    const FG_N(geometry)* g = (const FG_N(geometry)*)facts;
    const ptrdiff_t size = g->h * g->w * g->c, c = g->c;
    const int square = g->kh == 2 && g->kw == 2 && g->sh == 2 && g->sw == 2 && g->dh == 1
                       && g->dw == 1 && g->top == 0 && g->left == 0 && 2 * g->oh <= g->h
                       && 2 * g->ow <= g->w;
    for (; lo < hi; lo++) {
        const FG_T* image = x + lo * size;
        const FG_T* by = dy + lo * g->oh * g->ow * c;
        FG_T* to = dx + lo * size;
        ptrdiff_t oh, ow, j;
        if (!square || g->h != 2 * g->oh || g->w != 2 * g->ow)
            memset(to, 0, (size_t)size * sizeof(FG_T));
        for (oh = 0; oh < g->oh; oh++)
            for (ow = 0; ow < g->ow; ow++, by += c) {
                const ptrdiff_t at = FG_N(pixel)(g, oh, ow, 0, 0);
#define FG_SQUARE_OF(whole, r)                                                              \
    FG_N(max_grad_4)(whole, to + at + j, image + at + j, by + j, g->w * c, c, relu, r)
#define FG_ANY_OF(whole, r) \
    FG_N(max_grad_any)(whole, g, &v, to + at + j, image + at + j, by + j, relu, r)
                if (square) {
                    FG_CHANNELS(c, FG_SQUARE_OF)
                } else {
                    const FG_N(window) v = FG_N(window_at)(g, oh, ow);
                    FG_CHANNELS(c, FG_ANY_OF)
                }
#undef FG_SQUARE_OF
#undef FG_ANY_OF
            }
    }
}

static void FG_N(avg_pool)(const ptrdiff_t* facts, const FG_T* x, FG_T* y, ptrdiff_t lo,
                           ptrdiff_t hi) {
    const FG_N(geometry)* g = (const FG_N(geometry)*)facts;
    for (; lo < hi; lo++) {
        const FG_T* image = x + lo / g->oh * g->h * g->w * g->c;
        const ptrdiff_t oh = lo % g->oh;
        ptrdiff_t ow, i, j, k;
        for (ow = 0; ow < g->ow; ow++) {
            const FG_N(window) v = FG_N(window_at)(g, oh, ow);
            const FG_T count = (FG_T)((v.y1 - v.y0) * (v.x1 - v.x0));
            FG_T* FG_RESTRICT to = y + (lo * g->ow + ow) * g->c;
            memset(to, 0, (size_t)g->c * sizeof(FG_T));
            for (i = v.y0; i < v.y1; i++)
                for (j = v.x0; j < v.x1; j++) {
                    const FG_T* from = image + FG_N(pixel)(g, oh, ow, i, j);
                    for (k = 0; k < g->c; k++)
                        to[k] += from[k];
                }
            for (k = 0; k < g->c; k++)
                to[k] /= count;
        }
    }
}

/* dx of images [lo, hi). */
static void FG_N(avg_pool_grad)(const ptrdiff_t* facts, const FG_T* dy, FG_T* dx, ptrdiff_t lo,
                                ptrdiff_t hi, FG_T* FG_RESTRICT share) {
    const FG_N(geometry)* g = (const FG_N(geometry)*)facts;
    const ptrdiff_t size = g->h * g->w * g->c;
    for (; lo < hi; lo++) {
        const FG_T* by = dy + lo * g->oh * g->ow * g->c;
        ptrdiff_t oh, ow, i, j, k;
        memset(dx + lo * size, 0, (size_t)size * sizeof(FG_T));
        for (oh = 0; oh < g->oh; oh++)
            for (ow = 0; ow < g->ow; ow++, by += g->c) {
                const FG_N(window) v = FG_N(window_at)(g, oh, ow);
                const FG_T count = (FG_T)((v.y1 - v.y0) * (v.x1 - v.x0));
                for (k = 0; k < g->c; k++)
                    share[k] = by[k] / count;
                for (i = v.y0; i < v.y1; i++)
                    for (j = v.x0; j < v.x1; j++) {
                        FG_T* FG_RESTRICT to = dx + lo * size + FG_N(pixel)(g, oh, ow, i, j);
                        for (k = 0; k < g->c; k++)
                            to[k] += share[k];
                    }
            }
    }
}
