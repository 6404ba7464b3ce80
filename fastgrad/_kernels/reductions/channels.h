/* Sums over rows of a channel's values and what is done to each of them: of batch normalisation.
 *
 * Owns: the loops over rows (r, c) of contiguous values, once per dtype: this file includes itself.
 * May not know: Steps, blocks, threads; channels.pxi.in passes plain pointers and extents.
 *
 * Decisions
 * - A row of few channels leaves vectors empty, and a loop of 3 or 16 turns is mostly its own
 *   overhead. So as many rows as fit into FG_WIDE values are one long row, against values of the
 *   channels that are repeated as often; what is left over is a part of such a row.
 */
#ifndef FG_CHANNELS_H
#define FG_CHANNELS_H
#include <stddef.h>
#include <string.h>

#define FG_WIDE 128         /* values of a long row: of several vectors, and small on the stack */

#define FG_T float
#define FG_N(name) name##_f32
#include "channels.h"
#undef FG_T
#undef FG_N
#define FG_T double
#define FG_N(name) name##_f64
#include "channels.h"
#undef FG_T
#undef FG_N
#elif defined(FG_T)

/* How many rows of c values are taken for one. */
static inline ptrdiff_t FG_N(fg_rows_in_one)(ptrdiff_t c) {
    return c >= FG_WIDE ? 1 : FG_WIDE / c;
}

/* Values of the channels, repeated for a long row; those of many channels stay where they are. */
static inline const FG_T* FG_N(fg_repeated)(FG_T* room, const FG_T* v, ptrdiff_t c, ptrdiff_t m) {
    if (m == 1)
        return v;
    for (ptrdiff_t j = 0; j < m; j++)
        memcpy(room + j * c, v, (size_t)c * sizeof(FG_T));
    return room;
}

/* What a long row has gathered, added up by channels into sum. */
static inline void FG_N(fg_folded)(FG_T* sum, const FG_T* long_row, ptrdiff_t c, ptrdiff_t m) {
    for (ptrdiff_t i = 0; i < c; i++)
        sum[i] = long_row[i];
    for (ptrdiff_t j = 1; j < m; j++)
        for (ptrdiff_t i = 0; i < c; i++)
            sum[i] += long_row[j * c + i];
}

/* Means of r rows of c values, as the sums in this precision give them; the sums of squared
 * distances from them, and of the distances, which tell how far off the means are. */
static void FG_N(fg_channel_parts)(FG_T* restrict mean, FG_T* restrict squares,
                                   FG_T* restrict rest, const FG_T* restrict x, ptrdiff_t r,
                                   ptrdiff_t c) {
    FG_T rooms[3][FG_WIDE];
    const ptrdiff_t m = FG_N(fg_rows_in_one)(c), w = m * c, total = r * c;
    FG_T* restrict gathered = m == 1 ? mean : rooms[0];
    for (ptrdiff_t i = 0; i < w; i++)
        gathered[i] = (FG_T)0;
    ptrdiff_t at = 0;
    for (; at + 2 * w <= total; at += 2 * w)
        for (ptrdiff_t i = 0; i < w; i++)
            gathered[i] += x[at + i] + x[at + w + i];
    for (; at < total; at += w)
        for (ptrdiff_t i = 0; i < (total - at < w ? total - at : w); i++)
            gathered[i] += x[at + i];
    if (m > 1)
        FG_N(fg_folded)(mean, gathered, c, m);
    for (ptrdiff_t i = 0; i < c; i++)
        mean[i] /= (FG_T)r;
    const FG_T* restrict middle = FG_N(fg_repeated)(rooms[1], mean, c, m);
    gathered = m == 1 ? squares : rooms[0];
    FG_T* restrict away = m == 1 ? rest : rooms[2];
    for (ptrdiff_t i = 0; i < w; i++)
        gathered[i] = away[i] = (FG_T)0;
    for (at = 0; at + 2 * w <= total; at += 2 * w)
        for (ptrdiff_t i = 0; i < w; i++) {
            const FG_T a = x[at + i] - middle[i], b = x[at + w + i] - middle[i];
            gathered[i] += a * a + b * b;
            away[i] += a + b;
        }
    for (; at < total; at += w)
        for (ptrdiff_t i = 0; i < (total - at < w ? total - at : w); i++) {
            const FG_T a = x[at + i] - middle[i];
            gathered[i] += a * a;
            away[i] += a;
        }
    if (m > 1) {
        FG_N(fg_folded)(squares, gathered, c, m);
        FG_N(fg_folded)(rest, away, c, m);
    }
}

/* Sums over r rows of c values: of dy, and of dy times the distance from the mean. */
static void FG_N(fg_channel_grad_parts)(FG_T* restrict plain, FG_T* restrict along,
                                        const FG_T* restrict dy, const FG_T* restrict x,
                                        const FG_T* restrict mean, ptrdiff_t r, ptrdiff_t c) {
    FG_T rooms[3][FG_WIDE];
    const ptrdiff_t m = FG_N(fg_rows_in_one)(c), w = m * c, total = r * c;
    FG_T* restrict a = m == 1 ? plain : rooms[0];
    FG_T* restrict b = m == 1 ? along : rooms[1];
    const FG_T* restrict middle = FG_N(fg_repeated)(rooms[2], mean, c, m);
    for (ptrdiff_t i = 0; i < w; i++)
        a[i] = b[i] = (FG_T)0;
    for (ptrdiff_t at = 0; at < total; at += w) {
        const ptrdiff_t n = total - at < w ? total - at : w;
        for (ptrdiff_t i = 0; i < n; i++) {
            a[i] += dy[at + i];
            b[i] += dy[at + i] * (x[at + i] - middle[i]);
        }
    }
    if (m > 1) {
        FG_N(fg_folded)(plain, a, c, m);
        FG_N(fg_folded)(along, b, c, m);
    }
}

/* y = (x - mean) slope + offset of r rows of c values, then relu if wanted; a NaN stays one. */
static void FG_N(fg_channel_affine)(FG_T* y, const FG_T* x, const FG_T* mean, const FG_T* slope,
                                    const FG_T* offset, ptrdiff_t r, ptrdiff_t c, int relu) {
    FG_T rooms[3][FG_WIDE];
    const ptrdiff_t m = FG_N(fg_rows_in_one)(c), w = m * c, total = r * c;
    const FG_T* restrict middle = FG_N(fg_repeated)(rooms[0], mean, c, m);
    const FG_T* restrict by = FG_N(fg_repeated)(rooms[1], slope, c, m);
    const FG_T* restrict up = FG_N(fg_repeated)(rooms[2], offset, c, m);
    for (ptrdiff_t at = 0; at < total; at += w) {
        const ptrdiff_t n = total - at < w ? total - at : w;
        const FG_T* in = x + at;
        FG_T* out = y + at;
        if (relu)
            for (ptrdiff_t i = 0; i < n; i++) {
                const FG_T v = (in[i] - middle[i]) * by[i] + up[i];
                out[i] = v < (FG_T)0 ? (FG_T)0 : v;
            }
        else
            for (ptrdiff_t i = 0; i < n; i++)
                out[i] = (in[i] - middle[i]) * by[i] + up[i];
    }
}

/* dx = slope (dy - share - (x - mean) along) of r rows of c values. */
static void FG_N(fg_channel_grad)(FG_T* dx, const FG_T* dy, const FG_T* x, const FG_T* mean,
                                  const FG_T* slope, const FG_T* share, const FG_T* along,
                                  ptrdiff_t r, ptrdiff_t c) {
    FG_T rooms[4][FG_WIDE];
    const ptrdiff_t m = FG_N(fg_rows_in_one)(c), w = m * c, total = r * c;
    const FG_T* restrict middle = FG_N(fg_repeated)(rooms[0], mean, c, m);
    const FG_T* restrict by = FG_N(fg_repeated)(rooms[1], slope, c, m);
    const FG_T* restrict part = FG_N(fg_repeated)(rooms[2], share, c, m);
    const FG_T* restrict with = FG_N(fg_repeated)(rooms[3], along, c, m);
    for (ptrdiff_t at = 0; at < total; at += w) {
        const ptrdiff_t n = total - at < w ? total - at : w;
        const FG_T *g = dy + at, *in = x + at;
        FG_T* out = dx + at;
        for (ptrdiff_t i = 0; i < n; i++)
            out[i] = by[i] * (g[i] - part[i] - (in[i] - middle[i]) * with[i]);
    }
}
#endif
