/* Random numbers by counting: Philox 4x32-10 (Salmon and others, "Parallel random numbers: as easy
 * as 1, 2, 3", 2011), and what is made of its words.
 *
 * Owns the order of the numbers, which `fastgrad/runtime/streams.py` repeats in NumPy.
 *
 * Decisions
 * - The counter is (place in the result, number of the run) and the key is the operation's, so a
 *   number depends on nothing that was drawn before: threads may cut the result anywhere.
 * - A group is FG_LANES counters side by side; word w of counter j is at w * FG_LANES + j of
 *   its 4 * FG_LANES words. Then every loop is over lanes, without shuffles, and stores are whole.
 * - A float has 24 random bits and a double 53, in [0, 1). Normal numbers are Box and Muller's,
 *   two from two; the first of the pair is in (0, 1] (a float of 31 bits, so that tails reach 6.6).
 * - sin and cos of a turn are Taylor's sums on an eighth of it: the rest of the next term is below
 *   a rounding of the result. */
#ifndef FASTGRAD_PHILOX_H
#define FASTGRAD_PHILOX_H

#include <math.h>
#include <stdint.h>

#include "elementwise/fmath.h"

#define FG_LANES 16

static inline void fg_philox_words(uint32_t *words, uint64_t group, const uint64_t *state)
{
    const uint64_t place = group * FG_LANES;
    const uint32_t low = (uint32_t)place, high = (uint32_t)(place >> 32);
    const uint32_t run0 = (uint32_t)state[1], run1 = (uint32_t)(state[1] >> 32);
    const uint32_t key0 = (uint32_t)state[0], key1 = (uint32_t)(state[0] >> 32);
    for (int j = 0; j < FG_LANES; j++) {
        uint32_t a = low + (uint32_t)j, b = high, c = run0, d = run1, k0 = key0, k1 = key1;
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 10
#endif
        for (int round = 0; round < 10; round++) {
            uint64_t x = (uint64_t)0xD2511F53u * a, y = (uint64_t)0xCD9E8D57u * c;
            a = (uint32_t)(y >> 32) ^ b ^ k0;
            b = (uint32_t)y;
            c = (uint32_t)(x >> 32) ^ d ^ k1;
            d = (uint32_t)x;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        words[j] = a;
        words[FG_LANES + j] = b;
        words[2 * FG_LANES + j] = c;
        words[3 * FG_LANES + j] = d;
    }
}

/* Signed conversions: x86 has no vector instruction for unsigned ones before AVX-512. */
static inline double fg_unit_f64(uint32_t high, uint32_t low)
{
    return ((double)(int32_t)(high >> 5) * 67108864.0 + (double)(int32_t)(low >> 6))
           * (1.0 / 9007199254740992.0);
}

static inline void fg_uniform_group_f32(float *y, uint64_t group, const uint64_t *state)
{
    uint32_t words[4 * FG_LANES];
    fg_philox_words(words, group, state);
    for (int i = 0; i < 4 * FG_LANES; i++)
        y[i] = (float)(int32_t)(words[i] >> 8) * (1.0f / 16777216.0f);
}

static inline void fg_uniform_group_f64(double *y, uint64_t group, const uint64_t *state)
{
    uint32_t words[4 * FG_LANES];
    fg_philox_words(words, group, state);
    for (int w = 0; w < 2; w++)
        for (int j = 0; j < FG_LANES; j++)
            y[w * FG_LANES + j] = fg_unit_f64(words[2 * w * FG_LANES + j],
                                              words[(2 * w + 1) * FG_LANES + j]);
}

/* From u in [0, 1): u of a turn as q quarters and a rest in [-1/8, 1/8]. A quarter more swaps sine
 * and cosine and turns a sign. */
static inline void fg_turn_f32(float u, float *sine, float *cosine)
{
    int32_t q = (int32_t)(u * 4.0f + 0.5f);
    float x = (u - (float)q * 0.25f) * 6.28318530717958648f, z = x * x;
    float s = x + x * z * (-1.66666667e-1f + z * (8.33333333e-3f + z * (-1.98412698e-4f
              + z * 2.75573192e-6f)));
    float c = 1.0f + z * (-0.5f + z * (4.16666667e-2f + z * (-1.38888889e-3f
              + z * 2.48015873e-5f)));
    float first = q & 1 ? c : s, second = q & 1 ? s : c;
    *sine = q & 2 ? -first : first;
    *cosine = (q + 1) & 2 ? -second : second;
}

static inline void fg_turn_f64(double u, double *sine, double *cosine)
{
    int32_t q = (int32_t)(u * 4.0 + 0.5);
    double x = (u - (double)q * 0.25) * 6.28318530717958648, z = x * x;
    double s = x + x * z * (-1.0 / 6 + z * (1.0 / 120 + z * (-1.0 / 5040 + z * (1.0 / 362880
               + z * (-1.0 / 39916800 + z * (1.0 / 6227020800.0 + z * (-1.0 / 1307674368000.0
               + z * (1.0 / 355687428096000.0))))))));
    double c = 1.0 + z * (-0.5 + z * (1.0 / 24 + z * (-1.0 / 720 + z * (1.0 / 40320
               + z * (-1.0 / 3628800 + z * (1.0 / 479001600 + z * (-1.0 / 87178291200.0
               + z * (1.0 / 20922789888000.0))))))));
    double first = q & 1 ? c : s, second = q & 1 ? s : c;
    *sine = q & 2 ? -first : first;
    *cosine = (q + 1) & 2 ? -second : second;
}

static inline void fg_normal_group_f32(float *y, uint64_t group, const uint64_t *state)
{
    uint32_t words[4 * FG_LANES];
    fg_philox_words(words, group, state);
    for (int w = 0; w < 4; w += 2)
        for (int j = 0; j < FG_LANES; j++) {
            float sine, cosine;
            float first = ((float)(int32_t)(words[w * FG_LANES + j] >> 1) + 0.5f)
                          * (1.0f / 2147483648.0f);
            float far = sqrtf(-2.0f * fg_log_f32(first));
            fg_turn_f32((float)(int32_t)(words[(w + 1) * FG_LANES + j] >> 8)
                        * (1.0f / 16777216.0f), &sine, &cosine);
            y[w * FG_LANES + j] = far * cosine;
            y[(w + 1) * FG_LANES + j] = far * sine;
        }
}

static inline void fg_normal_group_f64(double *y, uint64_t group, const uint64_t *state)
{
    uint32_t words[4 * FG_LANES];
    fg_philox_words(words, group, state);
    for (int j = 0; j < FG_LANES; j++) {
        double sine, cosine;
        double first = 1.0 - fg_unit_f64(words[j], words[FG_LANES + j]);
        double far = sqrt(-2.0 * fg_log_f64(first));
        fg_turn_f64(fg_unit_f64(words[2 * FG_LANES + j], words[3 * FG_LANES + j]),
                    &sine, &cosine);
        y[j] = far * cosine;
        y[FG_LANES + j] = far * sine;
    }
}

#endif
