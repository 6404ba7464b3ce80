/* Depthwise convolutions of images, for one dtype; behind images.h, whose kinds of pixels it uses.
 *
 * Owns: `depthwise`, `depthwise_back`, `depthwise_filter`.
 * May not know: Steps, activations but relu.
 *
 * Decisions
 * - A vector is channels of one pixel. FG_PIXELS pixels of a row are summed in registers over all
 *   elements of the filter: an element's vector is loaded once for them, and each product reads the
 *   image where it lies. Two loads and two multiply-adds a cycle keep each other busy.
 * - Pixels whose window reaches beyond the image are made one by one, over the elements inside.
 * - The gradient to the filter sums an image's pixels in four sums an element, and adds images up
 *   in memory.
 * - Several filters a channel are plain loops: their products are no vectors of channels.
 */
#define FG_PIXELS 8

/* Steps of a walk over a window, in elements: of source and filter. */
typedef struct {
    ptrdiff_t rows, cols, x_row, x_col, w_row, w_col, move, step;
} FG_N(walk);

typedef struct {
    ptrdiff_t h, w, dh, dw, c, m, kw; /* source, result, channels, filters a channel */
    const FG_T *x, *b, *bias;
    FG_T* y;
    int relu, back;
} FG_N(apart);

/* `count` pixels of a vector of channels. */
FG_INLINE void FG_N(apart_pixels)(const int count, const int whole, const FG_N(walk) * s,
                                  const FG_T* x, const FG_T* w, const FG_T* bias, FG_T* y,
                                  int relu, ptrdiff_t r) {
    const ptrdiff_t move = s->move, step = s->step, x_col = s->x_col, w_col = s->w_col;
    const FG_V from = bias ? FG_N(get)(bias, whole, r) : (FG_V){0};
    FG_V acc[FG_PIXELS];
    ptrdiff_t u, v;
    int i;
    FG_UNROLL
    for (i = 0; i < count; i++)
        acc[i] = from;
    for (u = s->rows; u > 0; u--, x += s->x_row, w += s->w_row) {
        const FG_T *p = x, *q = w;
        for (v = s->cols; v > 0; v--, p += x_col, q += w_col) {
            const FG_V by = FG_N(get)(q, whole, r);
            FG_UNROLL
            for (i = 0; i < count; i++)
                acc[i] += by * FG_N(get)(p + i * move, whole, r);
        }
    }
    if (relu) {
        FG_UNROLL
        for (i = 0; i < count; i++)
            acc[i] = FG_RELU(acc[i]);
    }
    FG_UNROLL
    for (i = 0; i < count; i++)
        FG_N(put)(y + i * step, acc[i], whole, r);
}

/* One pixel of all channels, several filters a channel. */
static void FG_N(apart_several)(const FG_N(apart) * p, const FG_N(kind) * row,
                                const FG_N(kind) * col, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t c0,
                                ptrdiff_t c1, const FG_T* x, FG_T* y) {
    const ptrdiff_t c = p->c, m = p->m, from_c = p->back ? c * m : c, to_c = p->back ? c : c * m;
    ptrdiff_t u, v, i, k;
    for (i = 0; i < to_c; i++)
        y[i] = p->bias ? p->bias[i] : 0;
    for (u = r0; u < r1; u++)
        for (v = c0; v < c1; v++) {
            const FG_T* from = x + (u * row->apart * p->w + v * col->apart) * from_c;
            const FG_T* w = p->b + ((row->tap + u * row->taps_apart) * p->kw + col->tap
                                    + v * col->taps_apart) * c * m;
            for (i = 0; i < c; i++)
                for (k = 0; k < m; k++)
                    if (p->back)
                        y[i] += from[i * m + k] * w[i * m + k];
                    else
                        y[i * m + k] += from[i] * w[i * m + k];
        }
    for (i = 0; i < to_c && p->relu; i++)
        y[i] = y[i] < 0 ? (FG_T)0 : y[i];
}

/* `n` pixels of a vector of channels. */
FG_INLINE void FG_N(apart_run)(const int whole, const FG_N(walk) * s, ptrdiff_t n, const FG_T* x,
                               const FG_T* w, const FG_T* bias, FG_T* y, int relu, ptrdiff_t r) {
    ptrdiff_t t = 0;
#define FG_SOME(count) \
    FG_N(apart_pixels)(count, whole, s, x + t * s->move, w, bias, y + t * s->step, relu, r)
    for (; t + FG_PIXELS <= n; t += FG_PIXELS)
        FG_SOME(FG_PIXELS);
    if (t < n && n >= FG_PIXELS) {              /* the last ones again, with those before them */
        t = n - FG_PIXELS;
        FG_SOME(FG_PIXELS);
        return;
    }
    for (; t + 2 <= n; t += 2)
        FG_SOME(2);
    if (t < n)
        FG_SOME(1);
#undef FG_SOME
}

/* Places [t0, t1) of a kind of columns in one row, of all channels; elements [r0, r1) by [c0, c1)
 * of the filter lie inside. */
static void FG_N(apart_places)(const FG_N(apart) * p, const FG_N(kind) * row,
                               const FG_N(kind) * col, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t c0,
                               ptrdiff_t c1, ptrdiff_t t0, ptrdiff_t t1, const FG_T* x, FG_T* y) {
    const FG_N(walk) s = {r1 - r0, c1 - c0, row->apart * p->w * p->c, col->apart * p->c,
                          row->taps_apart * p->kw * p->c, col->taps_apart * p->c,
                          col->move * p->c, col->step * p->c};
    const FG_T* w;
    ptrdiff_t j = 0, t;
    if (p->m > 1) {
        const ptrdiff_t all = p->c * p->m, from_c = p->back ? all : p->c;
        const ptrdiff_t to_c = p->back ? p->c : all;
        for (t = t0; t < t1; t++)
            FG_N(apart_several)(p, row, col, r0, r1, c0, c1, x + t * col->move * from_c,
                                y + t * col->step * to_c);
        return;
    }
    x += (r0 * row->apart * p->w + c0 * col->apart + t0 * col->move) * p->c;
    y += t0 * col->step * p->c;
    w = p->b + ((row->tap + r0 * row->taps_apart) * p->kw + col->tap + c0 * col->taps_apart) * p->c;
    for (; j < p->c; j += FG_W) {
        const FG_T* bias = p->bias ? p->bias + j : NULL;
        if (j + FG_W <= p->c)
            FG_N(apart_run)(1, &s, t1 - t0, x + j, w + j, bias, y + j, p->relu, 0);
        else
            FG_N(apart_run)(0, &s, t1 - t0, x + j, w + j, bias, y + j, p->relu, p->c - j);
    }
}

/* A row of the result, its pixels of one kind of columns. */
static void FG_N(apart_row)(const FG_N(apart) * p, const FG_N(kind) * row, const FG_N(kind) * col,
                            ptrdiff_t t, ptrdiff_t n) {
    const ptrdiff_t from_c = p->back ? p->c * p->m : p->c, to_c = p->back ? p->c : p->c * p->m;
    const ptrdiff_t top = row->from + t * row->move, left = col->from + col->first;
    const FG_T* x = p->x + ((n * p->h + top + row->first) * p->w + left) * from_c;
    FG_T* y = p->y + ((n * p->dh + row->at + t * row->step) * p->dw + col->at) * to_c;
    const ptrdiff_t least = col->from + FG_N(least)(col);
    const ptrdiff_t greatest = col->from + FG_N(greatest)(col);
    ptrdiff_t r0, r1, c0, c1, u, from, to;
    FG_N(taps_inside)(row, top, p->h, &r0, &r1);
    from = least < 0 ? (-least + col->move - 1) / col->move : 0;
    to = greatest < p->w ? (p->w - 1 - greatest) / col->move + 1 : 0;
    to = to < col->count ? to : col->count;
    from = from < to ? from : to;
    for (u = 0; u < col->count; u++) {
        if (u == from && from < to) {
            FG_N(apart_places)(p, row, col, r0, r1, 0, col->taps, from, to, x, y);
            u = to - 1;
            continue;
        }
        FG_N(taps_inside)(col, col->from + u * col->move, p->w, &c0, &c1);
        FG_N(apart_places)(p, row, col, r0, r1, c0, c1, u, u + 1, x, y);
    }
}

/* y = depthwise convolution of x by w [kh, kw, c, m], rows [lo, hi) of y. */
static void FG_N(depthwise)(const ptrdiff_t* facts, const FG_T* x, const FG_T* w, const FG_T* bias,
                            FG_T* y, int relu, ptrdiff_t lo, ptrdiff_t hi) {
    const FG_N(geometry)* g = (const FG_N(geometry)*)facts;
    const FG_N(kind) row = FG_N(forward_kind)(g->oh, g->kh, g->sh, g->dh, g->top);
    const FG_N(kind) col = FG_N(forward_kind)(g->ow, g->kw, g->sw, g->dw, g->left);
    const FG_N(apart) p = {g->h, g->w, g->oh, g->ow, g->c, g->f, g->kw, x, w, bias, y, relu, 0};
    for (; lo < hi; lo++)
        FG_N(apart_row)(&p, &row, &col, lo % g->oh, lo / g->oh);
}

/* dx from dy, rows [lo, hi) of dx. */
static void FG_N(depthwise_back)(const ptrdiff_t* facts, const FG_T* dy, const FG_T* w, FG_T* dx,
                                 ptrdiff_t lo, ptrdiff_t hi) {
    const FG_N(geometry)* g = (const FG_N(geometry)*)facts;
    const FG_N(apart) p = {g->oh, g->ow, g->h, g->w, g->c, g->f, g->kw, dy, w, NULL, dx, 0, 1};
    ptrdiff_t i, j;
    for (i = 0; i < g->sh; i++) {
        const FG_N(kind) row = FG_N(back_kind)(g->h, g->kh, g->sh, g->dh, g->top, i);
        for (j = 0; j < g->sw; j++) {
            const FG_N(kind) col = FG_N(back_kind)(g->w, g->kw, g->sw, g->dw, g->left, j);
            ptrdiff_t at = lo;
            for (; at < hi && row.count > 0; at++)
                if (at % g->h % g->sh == row.at)
                    FG_N(apart_row)(&p, &row, &col, at % g->h / g->sh, at / g->h);
        }
    }
}

/* The sum over a row of `n` pixels of x times dy, a vector of channels; four sums at a time. */
FG_INLINE FG_V FG_N(apart_sum)(const int whole, ptrdiff_t n, const FG_T* x, ptrdiff_t move,
                               const FG_T* dy, ptrdiff_t c, ptrdiff_t r, FG_V total) {
    FG_V acc[4] = {{0}};
    ptrdiff_t t;
    int i;
    for (t = 0; t + 4 <= n; t += 4, x += 4 * move, dy += 4 * c)
        FG_UNROLL
        for (i = 0; i < 4; i++)
            acc[i] += FG_N(get)(x + i * move, whole, r) * FG_N(get)(dy + i * c, whole, r);
    for (; t < n; t++, x += move, dy += c)
        acc[0] += FG_N(get)(x, whole, r) * FG_N(get)(dy, whole, r);
    return total + ((acc[0] + acc[1]) + (acc[2] + acc[3]));
}

/* One image's part of an element of the filter's gradient. */
static void FG_N(apart_element)(const FG_N(geometry) * g, const FG_T* x, const FG_T* dy, FG_T* dw,
                                ptrdiff_t y, ptrdiff_t left) {
    const ptrdiff_t c = g->c, m = g->f, move = g->sw * c;
    ptrdiff_t y0, y1, x0, x1, j, t, u, k;
    FG_N(inside)(y, g->h, g->oh, g->sh, &y0, &y1);
    FG_N(inside)(left, g->w, g->ow, g->sw, &x0, &x1);
    x += ((y0 * g->sh + y) * g->w + x0 * g->sw + left) * c;
    dy += (y0 * g->ow + x0) * c * m;
    if (m > 1) {
        for (t = 0; t < y1 - y0; t++)
            for (u = 0; u < x1 - x0; u++)
                for (j = 0; j < c; j++)
                    for (k = 0; k < m; k++)
                        dw[j * m + k] += x[t * g->sh * g->w * c + u * move + j]
                                         * dy[(t * g->ow + u) * c * m + j * m + k];
        return;
    }
    for (j = 0; j < c; j += FG_W) {
        const int whole = c - j >= FG_W;
        const ptrdiff_t r = c - j;
        FG_V sum = whole ? FG_N(get)(dw + j, 1, 0) : FG_N(get)(dw + j, 0, r);
        for (t = 0; t < y1 - y0; t++) {
            const FG_T* from = x + t * g->sh * g->w * c + j;
            const FG_T* by = dy + t * g->ow * c + j;
            sum = whole ? FG_N(apart_sum)(1, x1 - x0, from, move, by, c, 0, sum)
                        : FG_N(apart_sum)(0, x1 - x0, from, move, by, c, r, sum);
        }
        if (whole)
            FG_N(put)(dw + j, sum, 1, 0);
        else
            FG_N(put)(dw + j, sum, 0, r);
    }
}

/* dw, elements [lo, hi) of the filter's kh * kw. */
static void FG_N(depthwise_filter)(const ptrdiff_t* facts, const FG_T* x, const FG_T* dy, FG_T* dw,
                                   ptrdiff_t lo, ptrdiff_t hi) {
    const FG_N(geometry)* g = (const FG_N(geometry)*)facts;
    const ptrdiff_t one = g->c * g->f;
    ptrdiff_t n, tap;
    memset(dw + lo * one, 0, (size_t)((hi - lo) * one) * sizeof(FG_T));
    for (n = 0; n < g->images; n++)
        for (tap = lo; tap < hi; tap++)
            FG_N(apart_element)(g, x + n * g->h * g->w * g->c, dy + n * g->oh * g->ow * one,
                                dw + tap * one, tap / g->kw * g->dh - g->top,
                                tap % g->kw * g->dw - g->left);
}
