/* exp, log, tanh and their kin as branch-free inline functions that gcc vectorises.
 *
 * Owns: the elementary functions of every kernel, in float and double. May not know: arrays, Steps,
 * Python.
 *
 * Decisions
 * - No branch, no call, no table: a loop around any function here becomes vector code at every CPU
 *   level. Special values are blended in at the end with comparisons that a NaN fails, so NaN
 *   passes through.
 * - Nothing depends on -ffast-math, and nothing breaks when products and sums are contracted to FMA
 *   or are not: ln 2 is split so that n * LN2_HI is exact either way.
 * - 2^n is assembled from bits. Where a result may be subnormal or overflow it is applied as two
 *   factors, so it rounds once. Shifts are unsigned and 64-bit integers become doubles by adding a
 *   magic number: AVX2 has neither instruction.
 * - Polynomials are Chebyshev fits made with mpmath.chebyfit; those of log are fdlibm's (e_log.c,
 *   e_logf.c).
 * - Every literal is typed: a bare 1.0 in a float function doubles its time.
 * Errors against mpmath are in tests/kernels/test_fmath.py: at most 2 ulp for exp, log, tanh and sigmoid.
 */
#ifndef FASTGRAD_FMATH_H
#define FASTGRAD_FMATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float fg_f32_of(uint32_t b) { float x; memcpy(&x, &b, 4); return x; }
static inline double fg_f64_of(uint64_t b) { double x; memcpy(&x, &b, 8); return x; }
static inline uint32_t fg_bits_f32(float x) { uint32_t b; memcpy(&b, &x, 4); return b; }
static inline uint64_t fg_bits_f64(double x) { uint64_t b; memcpy(&b, &x, 8); return b; }

/* Adding and subtracting 1.5 * 2^mantissa_bits rounds to the nearest integer, which then sits in
 * the low bits. With the exponent's bias added too, they need only a shift to become a power of
 * two. */
#define FG_MAGIC_F32 12582912.0f
#define FG_MAGIC_F64 6755399441055744.0

/* ---- exp ------------------------------------------------------------------------------------ */

/* (e^r - 1 - r) / r^2 on |r| <= ln(2)/2. */
static inline float fg_exp_tail_f32(float r)
{
    float a = 0.5000000013f + r * 0.1666666668f;
    float b = 0.0416664646f + r * 0.00833331089f;
    float c = 0.001393368586f + r * 0.0001989103065f;
    float r2 = r * r;
    return a + r2 * (b + r2 * c);
}

static inline double fg_exp_tail_f64(double r)
{
    double r2 = r * r, r4 = r2 * r2;
    double a = 0x1.0000000000000p-1 + r * 0x1.5555555555557p-3;
    double b = 0x1.5555555555556p-5 + r * 0x1.11111111100cep-7;
    double c = 0x1.6c16c16c162ccp-10 + r * 0x1.a01a01abef415p-13;
    double d = 0x1.a01a01a6dcaffp-16 + r * 0x1.71de021a90822p-19;
    double e = 0x1.27e4db57442fbp-22 + r * 0x1.af4e196027428p-26;
    return (a + r2 * b) + r4 * ((c + r2 * d) + r4 * (e + r2 * 0x1.1f731ea5352cap-29));
}

/* The nearest n to x / ln 2, returned as magic + n; *r + *lo becomes x - n ln 2, where *lo is what
 * *r loses in rounding (with it exp errs by 0.85 ulp, without it by 0.98; where it is not used it
 * costs nothing). */
static inline float fg_reduce_f32(float x, float magic, float *r, float *lo)
{
    float t = x * 1.44269504f + magic;
    float n = t - magic;
    float a = x - n * 0.693145752f;
    *r = a - n * 1.42860677e-06f;
    *lo = (a - *r) - n * 1.42860677e-06f;
    return t;
}

static inline double fg_reduce_f64(double x, double magic, double *r, double *lo)
{
    double t = x * 1.4426950408889634 + magic;
    double n = t - magic;
    double a = x - n * 6.93147180369123816490e-01;
    *r = a - n * 1.90821492927058770002e-10;
    *lo = (a - *r) - n * 1.90821492927058770002e-10;
    return t;
}

/* e^x for x <= 0 (or NaN, or up to 80): softmax and sigmoid need no more. */
static inline float fg_exp_neg_f32(float x)
{
    float r, lo, t;
    x = x < -104.0f ? -104.0f : x;
    t = fg_reduce_f32(x, FG_MAGIC_F32 + 254.0f, &r, &lo);
    uint32_t m = fg_bits_f32(t), half = m >> 1;
    float p = 1.0f + (r + (lo + r * r * fg_exp_tail_f32(r)));
    return p * fg_f32_of(half << 23) * fg_f32_of((m - half) << 23);
}

static inline double fg_exp_neg_f64(double x)
{
    double r, lo, t;
    x = x < -746.0 ? -746.0 : x;
    t = fg_reduce_f64(x, FG_MAGIC_F64 + 2046.0, &r, &lo);
    uint64_t m = fg_bits_f64(t), half = m >> 1;
    double p = 1.0 + (r + (lo + r * r * fg_exp_tail_f64(r)));
    return p * fg_f64_of(half << 52) * fg_f64_of((m - half) << 52);
}

static inline float fg_exp_f32(float x) { return fg_exp_neg_f32(x > 89.0f ? 89.0f : x); }
static inline double fg_exp_f64(double x) { return fg_exp_neg_f64(x > 710.0 ? 710.0 : x); }

/* (e^x - 1) / 2 from -80 up to the overflow of e^x. Halved, so that 2^(n-1) cannot overflow.
 * s r + (s - 1/2) comes first, since only there terms cancel. The double version adds back *lo and
 * the rounding of that sum, and tells in *low what its result lost: see tanh. */
static inline float fg_half_expm1_f32(float x)
{
    float r, lo, t = fg_reduce_f32(x, FG_MAGIC_F32 + 126.0f, &r, &lo);
    float s = fg_f32_of(fg_bits_f32(t) << 23);
    return (s * r + (s - 0.5f)) + s * (r * r * fg_exp_tail_f32(r));
}

/* fg_half_expm1_f32(2 x) to the bit, with r halved and the coefficients scaled by powers of two: the
 * doubling would be a fifteenth of the time of tanh. */
static inline float fg_half_expm1_twice_f32(float x)
{
    float t = x * 2.88539008f + (FG_MAGIC_F32 + 126.0f), n = t - (FG_MAGIC_F32 + 126.0f);
    float r = (x - n * 0.346572876f) - n * 7.14303385e-07f, r2 = r * r;
    float s = fg_f32_of(fg_bits_f32(t) << 23);
    float a = 2.0000000052f + r * 1.3333333344f;
    float b = 0.6666634336f + r * 0.26666594848f;
    float c = 0.089175589504f + r * 0.025460519232f;
    return (s * (r + r) + (s - 0.5f)) + s * (r2 * (a + r2 * (b + r2 * c)));
}

static inline double fg_half_expm1_f64(double x, double *low)
{
    double r, lo, t = fg_reduce_f64(x, FG_MAGIC_F64 + 1022.0, &r, &lo);
    double s = fg_f64_of(fg_bits_f64(t) << 52);
    double b = s - 0.5, top = s * r + b;
    double rest = (s * r - (top - b)) + s * (lo + r * r * fg_exp_tail_f64(r));
    double h = top + rest;
    *low = rest - (h - top);
    return h;
}

/* Near 0 the functions that behave like x there return x itself, which keeps the sign of -0. */
static inline float fg_expm1_f32(float x)
{
    float c = x > 89.0f ? 89.0f : x;
    c = c < -80.0f ? -80.0f : c;
    float y = 2.0f * fg_half_expm1_f32(c);
    return fabsf(x) < 1e-9f ? x : y;
}

static inline double fg_expm1_f64(double x)
{
    double c = x > 710.0 ? 710.0 : x;
    c = c < -80.0 ? -80.0 : c;
    double low, y = 2.0 * fg_half_expm1_f64(c, &low);
    return fabs(x) < 1e-18 ? x : y;
}

/* ---- log ------------------------------------------------------------------------------------ */

/* log(u + c) for normal u > 0 and |c| below one ulp of u; `shift` is added to the exponent of u.
 * c = -0 folds away. */
static inline float fg_log_core_f32(float u, float c, float shift)
{
    uint32_t b = fg_bits_f32(u) + (0x3f800000u - 0x3f3504f3u);
    float k = fg_f32_of(0x4b000000u | (b >> 23)) - (8388608.0f + 127.0f) + shift;
    float f = fg_f32_of((b & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    float s = f / (2.0f + f), z = s * s, w = z * z;
    float t = w * (0.40000972152f + w * 0.24279078841f) + z * (0.66666662693f + w * 0.28498786688f);
    float h = 0.5f * f * f;
    return k * 6.9313812256e-01f - ((h - (s * (h + t) + (k * 9.0580006145e-06f + c))) - f);
}

static inline double fg_log_core_f64(double u, double c, double shift)
{
    uint64_t b = fg_bits_f64(u) + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
    double k = fg_f64_of(0x4330000000000000u | (b >> 52)) - (4503599627370496.0 + 1023.0) + shift;
    double f = fg_f64_of((b & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1.0;
    double s = f / (2.0 + f), z = s * s, w = z * z;
    double t1 = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01
                     + w * 1.531383769920937332e-01));
    double t2 = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01
                     + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    double h = 0.5 * f * f;
    double low = k * 1.90821492927058770002e-10 + c;
    return k * 6.93147180369123816490e-01 - ((h - (s * (h + (t1 + t2)) + low)) - f);
}

static inline float fg_log_f32(float x)
{
    int small = x < 1.17549435e-38f;
    float y = fg_log_core_f32(small ? x * 8388608.0f : x, -0.0f, small ? -23.0f : 0.0f);
    y = x < INFINITY ? y : x;
    y = x < 0.0f ? NAN : y;
    return x == 0.0f ? -INFINITY : y;
}

static inline double fg_log_f64(double x)
{
    int small = x < 2.2250738585072014e-308;
    double y = fg_log_core_f64(small ? x * 4503599627370496.0 : x, -0.0, small ? -52.0 : 0.0);
    y = x < (double)INFINITY ? y : x;
    y = x < 0.0 ? (double)NAN : y;
    return x == 0.0 ? -(double)INFINITY : y;
}

/* log(1 + x) from u = 1 + x rounded and the exact rest of that sum. */
static inline float fg_log1p_f32(float x)
{
    float u = 1.0f + x, v = u - 1.0f;
    float c = ((1.0f - (u - v)) + (x - v)) / u;
    float y = fg_log_core_f32(u, c, 0.0f);
    y = x < INFINITY ? y : x;
    y = x < -1.0f ? NAN : y;
    y = x == -1.0f ? -INFINITY : y;
    return fabsf(x) < 1e-9f ? x : y;
}

static inline double fg_log1p_f64(double x)
{
    double u = 1.0 + x, v = u - 1.0;
    double c = ((1.0 - (u - v)) + (x - v)) / u;
    double y = fg_log_core_f64(u, c, 0.0);
    y = x < (double)INFINITY ? y : x;
    y = x < -1.0 ? (double)NAN : y;
    y = x == -1.0 ? -(double)INFINITY : y;
    return fabs(x) < 1e-18 ? x : y;
}

/* ---- functions made of the above ------------------------------------------------------------- */

/* tanh|x| = h / (h + 1) with h = (e^(2|x|) - 1) / 2; beyond the clamp it rounds to 1. The last
 * line takes back the rounding of h + 1, and in double that of h, which matter for small h only:
 * f32 errs by 1.97 ulp instead of 2.4, f64 by 1.5 instead of 2.4. (1 - y)^2 is 1 / (h + 1)^2, and
 * near enough to 1 / (h + 1) where h is small. */
static inline float fg_tanh_f32(float x)
{
    float c = fabsf(x);
    float h = fg_half_expm1_twice_f32(c > 11.0f ? 11.0f : c);
    float d = h + 1.0f, rest = h - (d - 1.0f), y = h / d, z = 1.0f - y;
    return copysignf(y - (y * rest) * (z * z), x);
}

static inline double fg_tanh_f64(double x)
{
    double c = 2.0 * fabs(x);
    c = c > 44.0 ? 44.0 : c;
    double low, h = fg_half_expm1_f64(c, &low);
    double d = h + 1.0, rest = h - (d - 1.0), y = h / d, z = 1.0 - y;
    return copysign(y - (y * rest - low) * (z * z), x);
}

/* 1 / (1 + e^-x), taken from e^-|x|, which neither overflows nor loses the subnormal results.
 * The last line takes back the rounding of 1 + e: 1.97 ulp instead of 2.4. 1 - e/2 stands for 1 /
 * (1 + e). */
static inline float fg_sigmoid_f32(float x)
{
    float e = fg_exp_neg_f32(-fabsf(x));
    float d = 1.0f + e, rest = e - (d - 1.0f);
    float y = (x < 0.0f ? e : 1.0f) / d;
    return y - y * (rest * (1.0f - 0.5f * e));
}

static inline double fg_sigmoid_f64(double x)
{
    double e = fg_exp_neg_f64(-fabs(x));
    double d = 1.0 + e, rest = e - (d - 1.0);
    double y = (x < 0.0 ? e : 1.0) / d;
    return y - y * (rest * (1.0 - 0.5 * e));
}

/* log1p for 0 <= e <= 1 or NaN: no special values, the rest of 1 + e is exact in two operations,
 * and 1 - e/2 stands for 1 / (1 + e). */
static inline float fg_log1p_unit_f32(float e)
{
    float u = 1.0f + e;
    return fg_log_core_f32(u, (e - (u - 1.0f)) * (1.0f - 0.5f * e), 0.0f);
}

static inline double fg_log1p_unit_f64(double e)
{
    double u = 1.0 + e;
    return fg_log_core_f64(u, (e - (u - 1.0)) * (1.0 - 0.5 * e), 0.0);
}

/* log(1 + e^x) = max(x, 0) + log1p(e^-|x|). */
static inline float fg_softplus_f32(float x)
{
    return (x < 0.0f ? 0.0f : x) + fg_log1p_unit_f32(fg_exp_neg_f32(-fabsf(x)));
}

static inline double fg_softplus_f64(double x)
{
    return (x < 0.0 ? 0.0 : x) + fg_log1p_unit_f64(fg_exp_neg_f64(-fabs(x)));
}

#endif
