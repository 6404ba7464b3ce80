/* Gradients of convolutions to their filters, for one dtype; behind images.h, which says how.
 *
 * Owns: `convolve_filter`.
 * May not know: Steps.
 *
 * Decisions
 * - Rows of the product are elements of the filter, its depth are pixels, of some images at a time:
 *   as many as stay in the second-level cache with their dy (FG_IMAGES). The filter's gradient is
 *   added to in each turn, so sums of many pixels are sums of parts.
 * - A row of three elements makes a low tile, so that several rows of the window are one: a tile's
 *   rows of A come in threes anyway.
 * - The innermost sum is over pixels of a row, or, of very small images, over images: 32 of 4x4x16
 *   by 3x3x16x32 in 21 us, not in 26; of 7x7x64 it would be slower by 5 %.
 * - The last panel of dy, if it is no whole vector, is copied with zeros behind its columns.
 */
#define FG_IMAGES 524288    /* bytes of images and dy in one turn */
#define FG_SHORT 5          /* pixels of a row, below which a sum runs over images first */

typedef struct {
    const FG_N(geometry)* g;
    const FG_T *x, *dy, *part;  /* part: the last panel of dy with zeros, or NULL */
    FG_T* dw;
    FG_T alpha, beta;
    ptrdiff_t image, images;    /* of this turn */
} FG_N(images_turn);

/* The first and the last place, plus one, of a window whose element at `from` lies inside. */
FG_INLINE void FG_N(inside)(ptrdiff_t from, ptrdiff_t size, ptrdiff_t out, ptrdiff_t stride,
                            ptrdiff_t* lo, ptrdiff_t* hi) {
    const ptrdiff_t end = size - from > 0 ? (size - from - 1) / stride + 1 : 0;
    *lo = from < 0 ? (-from + stride - 1) / stride : 0;
    *hi = end < out ? end : out;
    if (*hi < *lo)
        *hi = *lo = 0;
}

/* Rows [r0, r1) of dw, whose pixels lie one behind the other from `a` on. */
static void FG_N(filter_rows)(const FG_N(images_turn) * t, FG_N(tiling) * s, ptrdiff_t third,
                              ptrdiff_t r0, ptrdiff_t r1, const FG_T* a, ptrdiff_t place) {
    const FG_N(geometry)* g = t->g;
    const ptrdiff_t n = g->f, count = (r1 - r0 + FG_HIGH - 1) / FG_HIGH, pixels = g->oh * g->ow;
    FG_N(tiling) by_image;
    ptrdiff_t j, i;
    s->ra = 1;
    s->third = third;
    s->ldc = n;
    s->image.n = t->images;
    s->alpha = t->alpha;
    s->beta = t->beta;
    for (j = 0; j < n; j += 2 * FG_W) {
        const ptrdiff_t width = FG_N(panel_width)(n, j), nv = width / FG_W;
        const int part = n - j < width;
        const ptrdiff_t ldb = part ? width : n;
        const FG_T* b = (part ? t->part : t->dy + t->image * pixels * n + j) + place * ldb;
        s->r = (part ? n - j : width) - (nv - 1) * FG_W;
        s->run.b = ldb;
        s->row.b = g->ow * ldb;
        s->image.b = pixels * ldb;
        by_image = *s;
        by_image.run = s->image;
        by_image.image = s->run;
        for (i = 0; i < count; i++) {
            const ptrdiff_t from = (r1 - r0) * i / count, to = (r1 - r0) * (i + 1) / count;
            FG_N(tile_calls)[nv - 1][to - from - 1](
                s->run.n < FG_SHORT && s->image.n > s->run.n ? &by_image : s, a + from, b,
                t->dw + (r0 + from) * n + j, NULL);
        }
    }
}

/* Rows [lo, hi) of dw, element by element of the filter. */
static void FG_N(filter_taps)(const FG_N(images_turn) * t, ptrdiff_t lo, ptrdiff_t hi) {
    const FG_N(geometry)* g = t->g;
    FG_N(tiling) s = {{0}};
    s.run.a = g->sw * g->c;
    s.row.a = g->sh * g->w * g->c;
    s.image.a = g->h * g->w * g->c;
    while (lo < hi) {
        const ptrdiff_t tap = lo / g->c, end = (tap + 1) * g->c < hi ? (tap + 1) * g->c : hi;
        const ptrdiff_t y = tap / g->kw * g->dh - g->top, x = tap % g->kw * g->dw - g->left;
        ptrdiff_t y0, y1, x0, x1;
        FG_N(inside)(y, g->h, g->oh, g->sh, &y0, &y1);
        FG_N(inside)(x, g->w, g->ow, g->sw, &x0, &x1);
        s.row.n = y1 - y0;
        s.run.n = x1 - x0;
        FG_N(filter_rows)(t, &s, 3, lo, end,
                          t->x + ((t->image * g->h + y0 * g->sh + y) * g->w + x0 * g->sw + x) * g->c
                          + lo - tap * g->c, y0 * g->ow + x0);
        lo = end;
    }
}

/* Rows [lo, hi) of dw, row by row of the window, over images with zeros around. */
static void FG_N(filter_lines)(const FG_N(images_turn) * t, ptrdiff_t lo, ptrdiff_t hi,
                               FG_T* copy) {
    const FG_N(geometry)* g = t->g;
    const ptrdiff_t line = g->kw * g->c, size = g->h * g->w * g->c;
    const ptrdiff_t rows = (g->oh - 1) * g->sh + (g->kh - 1) * g->dh + 1;
    const ptrdiff_t cols = (g->ow - 1) * g->sw + g->kw;
    const int whole = g->top == 0 && g->left == 0 && rows <= g->h && cols <= g->w;
    const ptrdiff_t width = (whole ? g->w : cols) * g->c;
    const FG_T* from = whole ? t->x + t->image * size : copy;
    FG_N(tiling) s = {{0}};
    ptrdiff_t i;
    for (i = 0; i < t->images && !whole; i++)
        FG_N(copy_padded)(copy + i * rows * width, t->x + (t->image + i) * size, g->h, g->w, g->c,
                          -g->top, rows, -g->left, cols);
    s.run.n = g->ow;
    s.run.a = g->sw * g->c;
    s.row.n = g->oh;
    s.row.a = g->sh * width;
    s.image.a = whole ? size : rows * width;
    while (lo < hi) {
        const ptrdiff_t row = lo / line;
        ptrdiff_t end = (row + 1) * line < hi ? (row + 1) * line : hi;
        const FG_T* a = from + row * g->dh * width + lo - row * line;
        if (line == 3 && lo % 3 == 0 && hi % 3 == 0) {      /* several rows of the window at once */
            end = lo + FG_HIGH / 3 * 3 < hi ? lo + FG_HIGH / 3 * 3 : hi;
            FG_N(filter_rows)(t, &s, g->dh * width, lo, end, a, 0);
        } else
            FG_N(filter_rows)(t, &s, 3, lo, end, a, 0);
        lo = end;
    }
}

/* dw = alpha * sum + beta * dw, rows [lo, hi) of [kh * kw * c, f]; `across`: few channels. */
static void FG_N(convolve_filter)(const ptrdiff_t* facts, const FG_T* x, const FG_T* dy, FG_T* dw,
                                  FG_T alpha, FG_T beta, ptrdiff_t lo, ptrdiff_t hi, FG_T* scratch,
                                  ptrdiff_t scratch_bytes) {
    const FG_N(geometry)* g = (const FG_N(geometry)*)facts;
    FG_N(room) room = {scratch, scratch_bytes / (ptrdiff_t)sizeof(FG_T)};
    const ptrdiff_t pixels = g->oh * g->ow, last = (g->f - 1) / (2 * FG_W) * (2 * FG_W);
    const ptrdiff_t width = FG_N(panel_width)(g->f, last), some = g->f - last;
    const ptrdiff_t padded = g->across ? ((g->oh - 1) * g->sh + (g->kh - 1) * g->dh + 1)
                                         * ((g->ow - 1) * g->sw + g->kw) * g->c : 0;
    const ptrdiff_t needed = padded + 16 + (some < width ? pixels * width : 0);
    ptrdiff_t turns = (g->h * g->w * g->c + pixels * g->f) * (ptrdiff_t)sizeof(FG_T), t;
    FG_N(images_turn) turn = {g, x, dy, NULL, dw, alpha, beta, 0, 0};
    turns = FG_IMAGES / (turns > 0 ? turns : 1);                /* images in one turn */
    turns = needed * turns > room.left ? room.left / needed : turns;
    turns = turns < 1 ? 1 : turns;
    turns = g->images > 0 ? (g->images + turns - 1) / turns : 1;    /* of none: zeros */
    for (t = 0; t < turns; t++) {
        FG_N(room) left = room;
        turn.image = g->images * t / turns;
        turn.images = g->images * (t + 1) / turns - turn.image;
        if (some < width) {
            FG_T* part = FG_N(take)(&left, turn.images * pixels * width);
            FG_N(pack_panel)(part, width, dy + turn.image * pixels * g->f + last, g->f, 0,
                             turn.images * pixels, some);
            turn.part = part;
        }
        if (g->across)
            FG_N(filter_lines)(&turn, lo, hi, left.at);
        else
            FG_N(filter_taps)(&turn, lo, hi);
        turn.beta = 1;
    }
}
