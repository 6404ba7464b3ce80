/* Convolutions of images, for one dtype; bodies.h of ../products includes it for each.
 *
 * Owns: `convolve`, `convolve_back` and `convolve_filter`: the sums over windows, what they pass
 *   back to the image, and to the filter. Images lie as (n, height, width, channels).
 * May not know: Steps, activations but relu.
 *
 * Decisions
 * - A convolution is a product whose rows are pixels, whose depth are the elements of a window, and
 *   whose columns are filters. The register tile of tiles.h reads patches where they lie: pixels of
 *   a row are a constant step apart, and of a window each row, all its pixels and channels, is one
 *   run. Nothing of the size of the image times the window is ever made.
 * - Padding is the only copy: rows of an image with zeros around, as many at a time as the scratch
 *   holds, so that a tile knows no borders. Images without padding are read in place.
 * - Where a row of the result has few pixels, a tile takes one pixel of each of many images: they
 *   are a constant step apart too (`across`). All of them meet the same elements inside of their
 *   images, so that nothing is padded, and nothing is multiplied by padding.
 * - The gradient to the image is a convolution of dy with the turned filter. A stride of s makes s
 *   kinds of pixels in a dimension, each with every s-th element of the filter: a dense
 *   convolution each, which writes every s-th pixel.
 * - The gradient to the filter sums over pixels. With many channels it goes element by element of
 *   the filter, over the pixels that this element meets: nothing is padded. With few, a tile would
 *   be low: then its rows are a whole row of the window, and images are padded.
 */

#define FG_KINDS 8  /* kinds of columns in one walk over the rows: strides beyond take several */

/* What the layout says, in this order (layout/convolutions.py). */
typedef struct {
    ptrdiff_t images, h, w, c, oh, ow, f, kh, kw, sh, sw, dh, dw, top, left;
    ptrdiff_t across; /* whether a tile is pixels of many images, which the range counts */
    ptrdiff_t packed; /* whether the filter is packed into panels of two vectors */
} FG_N(geometry);

/* Memory of one thread, given away from the front. */
typedef struct {
    FG_T* at;
    ptrdiff_t left; /* elements */
} FG_N(room);

FG_INLINE FG_T* FG_N(take)(FG_N(room) * room, ptrdiff_t size) {
    FG_T* given = room->at;
    size = (size + 15) / 16 * 16;
    room->at += size;
    room->left -= size;
    return given;
}

FG_INLINE ptrdiff_t FG_N(floored)(ptrdiff_t a, ptrdiff_t b) { /* a / b, towards minus infinity */
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

FG_INLINE ptrdiff_t FG_N(panel_width)(ptrdiff_t n, ptrdiff_t j) {
    return n - j > FG_W ? 2 * FG_W : FG_W;
}

/* A [k, n] into panels of two vectors, the last of one or two with zeros behind its columns. */
static const FG_T* FG_N(pack_panels)(FG_T* y, const FG_T* b, ptrdiff_t k, ptrdiff_t n) {
    ptrdiff_t j;
    for (j = 0; j < n; j += 2 * FG_W) {
        const ptrdiff_t width = FG_N(panel_width)(n, j), some = n - j < width ? n - j : width;
        FG_N(pack_panel)(y + j * k, width, b + j, n, 0, k, some);
    }
    return y;
}

/* `rows` rows and `cols` columns of an image, from (row, col) on, with zeros outside of it. */
static void FG_N(copy_padded)(FG_T* y, const FG_T* x, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c,
                              ptrdiff_t row, ptrdiff_t rows, ptrdiff_t col, ptrdiff_t cols) {
    const ptrdiff_t before = col < 0 ? (-col < cols ? -col : cols) : 0;
    ptrdiff_t some = w - (col + before), i;
    some = some > cols - before ? cols - before : some < 0 ? 0 : some;
    for (i = 0; i < rows; i++, y += cols * c) {
        if (row + i < 0 || row + i >= h || some == 0) {
            memset(y, 0, (size_t)(cols * c) * sizeof(FG_T));
            continue;
        }
        memset(y, 0, (size_t)(before * c) * sizeof(FG_T));
        memcpy(y + before * c, x + ((row + i) * w + col + before) * c,
               (size_t)(some * c) * sizeof(FG_T));
        memset(y + (before + some) * c, 0, (size_t)((cols - before - some) * c) * sizeof(FG_T));
    }
}

/* ---- one dimension ---- */

/* Pixels of the result of one kind, in one dimension, and the elements of the window that they
 * meet: pixel `at + t * step` meets source pixels `from + t * move + e`, where e is `first + u *
 * apart` for element `tap + u * taps_apart` of the filter. */
typedef struct {
    ptrdiff_t at, step, count;
    ptrdiff_t from, move;
    ptrdiff_t taps, tap, taps_apart, first, apart;
} FG_N(kind);

FG_INLINE FG_N(kind) FG_N(forward_kind)(ptrdiff_t out, ptrdiff_t taps, ptrdiff_t stride,
                                        ptrdiff_t dilation, ptrdiff_t pad) {
    FG_N(kind) k = {0, 1, out, -pad, stride, taps, 0, 1, 0, dilation};
    return k;
}

/* Pixels of the image whose place behind the padding leaves `rest` over the stride. */
FG_INLINE FG_N(kind) FG_N(back_kind)(ptrdiff_t size, ptrdiff_t taps, ptrdiff_t stride,
                                     ptrdiff_t dilation, ptrdiff_t pad, ptrdiff_t rest) {
    FG_N(kind) k = {0, stride, 0, 0, 1, 0, 0, 1, 0, 0};
    k.at = ((rest - pad) % stride + stride) % stride;
    k.count = size > k.at ? (size - k.at + stride - 1) / stride : 0;
    k.from = (k.at + pad) / stride;
    while (k.tap < taps && k.tap * dilation % stride != rest)
        k.tap++;
    if (k.tap == taps)
        return k;
    while (k.tap + k.taps_apart < taps && k.taps_apart * dilation % stride != 0)
        k.taps_apart++;
    k.taps = (taps - 1 - k.tap) / k.taps_apart + 1;
    k.first = -(k.tap * dilation / stride);
    k.apart = -(k.taps_apart * dilation / stride);
    return k;
}

/* The least and the greatest e. */
FG_INLINE ptrdiff_t FG_N(least)(const FG_N(kind) * k) {
    const ptrdiff_t last = k->first + (k->taps > 0 ? k->taps - 1 : 0) * k->apart;
    return last < k->first ? last : k->first;
}
FG_INLINE ptrdiff_t FG_N(greatest)(const FG_N(kind) * k) {
    const ptrdiff_t last = k->first + (k->taps > 0 ? k->taps - 1 : 0) * k->apart;
    return last > k->first ? last : k->first;
}

/* ---- forward, and back to the image ---- */

/* A pass over images: from a source to a result of other channels, through B [taps * channels of
 * the source, channels of the result]. */
typedef struct {
    ptrdiff_t h, w, c;    /* of the source */
    ptrdiff_t dh, dw, dc; /* of the result */
    ptrdiff_t kw;         /* columns of the filter */
    ptrdiff_t across, packed, depth;
    const FG_T *x, *b, *bias;
    FG_T* y;
    int relu;
    FG_N(kind) cols[FG_KINDS];
    int kinds;              /* of columns */
    ptrdiff_t left, right;  /* source columns that they meet: [left, right) */
} FG_N(pass);

/* Where the source lies: as it is, or copied with zeros around. */
typedef struct {
    const FG_T* at;         /* of row `row` and column `col` */
    ptrdiff_t row, col, width;
} FG_N(source);

/* `m` places of the result, of one panel of columns. */
static void FG_N(line)(const FG_N(pass) * p, FG_N(tiling) * s, ptrdiff_t j, ptrdiff_t from,
                       ptrdiff_t row_b, ptrdiff_t image_b, ptrdiff_t m, const FG_T* a, FG_T* y) {
    const ptrdiff_t n = p->dc, width = FG_N(panel_width)(n, j), nv = width / FG_W;
    const ptrdiff_t count = (m + FG_HIGH - 1) / FG_HIGH, ldb = p->packed ? width : n;
    const FG_T* b = p->packed ? p->b + j * p->depth : p->b + j;
    ptrdiff_t t;
    s->r = (n - j < width ? n - j : width) - (nv - 1) * FG_W;
    s->run.b = ldb;
    s->row.b = row_b * ldb;
    s->image.b = image_b * ldb;
    for (t = 0; t < count; t++) {
        const ptrdiff_t i = m * t / count, high = m * (t + 1) / count - i;
        FG_N(tile_calls)[nv - 1][high - 1](s, a + i * s->ra, b + from * ldb, y + i * s->ldc + j,
                                           p->bias ? p->bias + j : NULL);
    }
}

/* Rows [lo, hi) of one kind and columns of one kind, of image n. */
static void FG_N(pixels)(const FG_N(pass) * p, const FG_N(source) * from, const FG_N(kind) * row,
                         const FG_N(kind) * col, ptrdiff_t lo, ptrdiff_t hi, ptrdiff_t n) {
    const ptrdiff_t c = p->c, size = p->dh * p->dw * p->dc, width = from->width * c;
    const int runs = col->apart == 1 && col->taps_apart == 1;
    const ptrdiff_t start = (row->tap * p->kw + col->tap) * c;
    const ptrdiff_t along = col->taps_apart * c, down = row->taps_apart * p->kw * c;
    FG_N(tiling) s = {{0}};
    ptrdiff_t j, t;
    s.alpha = 1;
    s.relu = p->relu;
    s.run.a = 1;
    s.run.n = runs ? col->taps * c : c;
    s.row.n = runs ? row->taps : col->taps;
    s.row.a = runs ? row->apart * width : col->apart * c;
    s.image.n = runs ? 1 : row->taps;
    s.image.a = runs ? 0 : row->apart * width;
    s.ra = col->move * c;
    s.third = 3 * s.ra;
    s.ldc = col->step * p->dc;
    for (j = 0; j < p->dc; j += 2 * FG_W)
        for (t = lo; t < hi; t++) {
            const FG_T* a = from->at + (row->from + t * row->move + row->first - from->row) * width
                            + (col->from + col->first - from->col) * c;
            FG_N(line)(p, &s, j, start, runs ? down : along, runs ? 0 : down, col->count, a,
                       p->y + n * size + ((row->at + t * row->step) * p->dw + col->at) * p->dc);
        }
}

/* The elements of a kind whose source lies in [0, size), for the place at `from`. */
FG_INLINE void FG_N(taps_inside)(const FG_N(kind) * k, ptrdiff_t from, ptrdiff_t size,
                                 ptrdiff_t* lo, ptrdiff_t* hi) {
    *lo = 0;
    *hi = k->taps;
    while (*lo < *hi && (from + k->first + *lo * k->apart < 0
                         || from + k->first + *lo * k->apart >= size))
        ++*lo;
    while (*lo < *hi && (from + k->first + (*hi - 1) * k->apart < 0
                         || from + k->first + (*hi - 1) * k->apart >= size))
        --*hi;
}

/* The pixels of one kind of rows and of columns, of images [n0, n1), which make the tiles. */
static void FG_N(pixels_across)(const FG_N(pass) * p, const FG_N(kind) * row,
                                const FG_N(kind) * col, ptrdiff_t n0, ptrdiff_t n1) {
    const ptrdiff_t c = p->c, size = p->dh * p->dw * p->dc, width = p->w * c;
    const int runs = col->apart == 1 && col->taps_apart == 1;
    const ptrdiff_t along = col->taps_apart * c, down = row->taps_apart * p->kw * c;
    FG_N(tiling) s = {{0}};
    ptrdiff_t j, t, u, r0, r1, c0, c1;
    s.alpha = 1;
    s.relu = p->relu;
    s.run.a = 1;
    s.ra = p->h * width;
    s.third = 3 * s.ra;
    s.ldc = size;
    s.row.a = runs ? row->apart * width : col->apart * c;
    s.image.a = runs ? 0 : row->apart * width;
    for (t = 0; t < row->count; t++) {
        const ptrdiff_t y = row->from + t * row->move;
        FG_N(taps_inside)(row, y, p->h, &r0, &r1);
        for (u = 0; u < col->count; u++) {
            const ptrdiff_t x = col->from + u * col->move;
            const FG_T* a;
            FG_N(taps_inside)(col, x, p->w, &c0, &c1);
            a = p->x + n0 * p->h * width + (y + row->first + r0 * row->apart) * width
                + (x + col->first + c0 * col->apart) * c;
            s.run.n = runs ? (c1 - c0) * c : c;
            s.row.n = runs ? r1 - r0 : c1 - c0;
            s.image.n = runs ? 1 : r1 - r0;
            for (j = 0; j < p->dc; j += 2 * FG_W)
                FG_N(line)(p, &s, j, ((row->tap + r0 * row->taps_apart) * p->kw + col->tap
                                      + c0 * col->taps_apart) * c,
                           runs ? down : along, runs ? 0 : down, n1 - n0, a,
                           p->y + n0 * size + ((row->at + t * row->step) * p->dw + col->at
                                               + u * col->step) * p->dc);
        }
    }
}

/* Rows of one kind between [lo, hi) of an image of the result. */
static void FG_N(rows_of_kind)(const FG_N(pass) * p, const FG_N(kind) * row, ptrdiff_t lo,
                               ptrdiff_t hi, ptrdiff_t n, FG_N(room) room) {
    const ptrdiff_t least = FG_N(least)(row), greatest = FG_N(greatest)(row);
    const ptrdiff_t cols = p->right - p->left, size = p->h * p->w * p->c;
    ptrdiff_t t = lo > row->at ? (lo - row->at + row->step - 1) / row->step : 0, end, many, i;
    end = hi > row->at ? (hi - row->at + row->step - 1) / row->step : 0;
    if (t >= end)
        return;
    if (p->left >= 0 && p->right <= p->w && row->from + t * row->move + least >= 0
        && row->from + (end - 1) * row->move + greatest < p->h) {
        FG_N(source) from = {p->x + n * size, 0, 0, p->w};
        for (i = 0; i < p->kinds; i++)
            FG_N(pixels)(p, &from, row, &p->cols[i], t, end, n);
        return;
    }
    many = room.left / (cols * p->c) - (greatest - least + 1);
    many = many < 0 ? 1 : many / row->move + 1;     /* rows of the result at a time */
    for (; t < end; t += many) {
        const ptrdiff_t stop = t + many < end ? t + many : end;
        const ptrdiff_t first = row->from + t * row->move + least;
        const ptrdiff_t rows = (stop - 1 - t) * row->move + greatest - least + 1;
        FG_N(source) from = {room.at, first, p->left, cols};
        FG_N(copy_padded)(room.at, p->x + n * size, p->h, p->w, p->c, first, rows, p->left, cols);
        for (i = 0; i < p->kinds; i++)
            FG_N(pixels)(p, &from, row, &p->cols[i], t, stop, n);
    }
}

/* Images whose pixels make the tiles of one turn. */
#define FG_GROUP FG_HIGH

/* The range [lo, hi) of rows of the result, or of images. */
static void FG_N(all_rows)(FG_N(pass) * p, const FG_N(kind) * row, ptrdiff_t lo, ptrdiff_t hi,
                           FG_N(room) room) {
    ptrdiff_t at = lo, end, i, t;
    p->left = p->w;
    p->right = 0;
    for (i = 0; i < p->kinds; i++) {
        const FG_N(kind)* k = &p->cols[i];
        const ptrdiff_t least = k->from + FG_N(least)(k);
        const ptrdiff_t last = k->from + (k->count - 1) * k->move + FG_N(greatest)(k) + 1;
        if (k->count == 0)
            continue;
        p->left = least < p->left ? least : p->left;
        p->right = last > p->right ? last : p->right;
    }
    if (p->across) {
        const ptrdiff_t groups = (hi - lo + FG_GROUP - 1) / FG_GROUP;
        for (t = 0; t < groups; t++)
            for (i = 0; i < p->kinds; i++)
                FG_N(pixels_across)(p, row, &p->cols[i], lo + (hi - lo) * t / groups,
                                    lo + (hi - lo) * (t + 1) / groups);
        return;
    }
    for (; at < hi; at = end) {
        const ptrdiff_t n = at / p->dh;
        end = (n + 1) * p->dh < hi ? (n + 1) * p->dh : hi;
        FG_N(rows_of_kind)(p, row, at - n * p->dh, end - n * p->dh, n, room);
    }
}

/* y = convolution of x by w [kh, kw, c, f], + bias, then relu. */
static void FG_N(convolve)(const ptrdiff_t* facts, const FG_T* x, const FG_T* w, const FG_T* bias,
                           FG_T* y, int relu, ptrdiff_t lo, ptrdiff_t hi, FG_T* scratch,
                           ptrdiff_t scratch_bytes) {
    const FG_N(geometry)* g = (const FG_N(geometry)*)facts;
    FG_N(room) room = {scratch, scratch_bytes / (ptrdiff_t)sizeof(FG_T)};
    FG_N(kind) row = FG_N(forward_kind)(g->oh, g->kh, g->sh, g->dh, g->top);
    FG_N(pass) p = {g->h, g->w, g->c, g->oh, g->ow, g->f, g->kw, g->across, g->packed,
                    g->kh * g->kw * g->c, x, w, bias, y, relu};
    p.cols[0] = FG_N(forward_kind)(g->ow, g->kw, g->sw, g->dw, g->left);
    p.kinds = 1;
    if (g->packed)
        p.b = FG_N(pack_panels)(FG_N(take)(&room, p.depth * ((g->f + FG_W - 1) / FG_W * FG_W)), w,
                                p.depth, g->f);
    FG_N(all_rows)(&p, &row, lo, hi, room);
}

/* dx from dy, and the filter turned: w [kh, kw, f, c]. The range counts rows of dx, or images. */
static void FG_N(convolve_back)(const ptrdiff_t* facts, const FG_T* dy, const FG_T* w, FG_T* dx,
                                ptrdiff_t lo, ptrdiff_t hi, FG_T* scratch,
                                ptrdiff_t scratch_bytes) {
    const FG_N(geometry)* g = (const FG_N(geometry)*)facts;
    FG_N(room) room = {scratch, scratch_bytes / (ptrdiff_t)sizeof(FG_T)};
    FG_N(kind) row;
    FG_N(pass) p = {g->oh, g->ow, g->f, g->h, g->w, g->c, g->kw, g->across, g->packed,
                    g->kh * g->kw * g->f, dy, w, NULL, dx, 0};
    ptrdiff_t i, j;
    if (g->packed)
        p.b = FG_N(pack_panels)(FG_N(take)(&room, p.depth * ((g->c + FG_W - 1) / FG_W * FG_W)), w,
                                p.depth, g->c);
    for (j = 0; j < g->sw; j += FG_KINDS) {
        p.kinds = 0;
        for (i = j; i < g->sw && i < j + FG_KINDS; i++)
            p.cols[p.kinds++] = FG_N(back_kind)(g->w, g->kw, g->sw, g->dw, g->left, i);
        for (i = 0; i < g->sh; i++) {
            row = FG_N(back_kind)(g->h, g->kh, g->sh, g->dh, g->top, i);
            FG_N(all_rows)(&p, &row, lo, hi, room);
        }
    }
}
