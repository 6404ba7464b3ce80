/* Vector types for our own products, then their code, once per dtype.
 *
 * Owns: the width of a vector on each CPU level, unaligned loads and stores, partial vectors.
 * May not know: Steps, ranges, epilogues; skinny.pxi.in and tiles.pxi.in pass plain pointers
 *   and extents.
 *
 * Decisions
 * - GCC's vector types, not intrinsics: the same text serves SSE2, AVX2, AVX-512 and other CPUs.
 *   Only the last, partial vector of a row uses masked intrinsics where there are some, since no
 *   vector type can say it. A compiler without vector types gets "vectors" of one element, and
 *   the same loops then are plain scalar code.
 * - AddressSanitizer does not see what masked intrinsics touch, so its builds go without.
 * - This is C and not Cython, since a register tile needs sizes known to the compiler and loops
 *   that are certain to be unrolled.
 */
#ifndef FG_VECTORS_H
#define FG_VECTORS_H
#include <float.h>
#include <stddef.h>
#include <string.h>
#include "sizes.h"

#if defined(__AVX512F__)
#define FG_VECTOR_BYTES 64
#include <immintrin.h>
#elif defined(__AVX2__)
#define FG_VECTOR_BYTES 32
#include <immintrin.h>
#else
#define FG_VECTOR_BYTES 16
#endif
#if FG_VECTOR_BYTES == 64
#define FG_BY_WIDTH(wide, narrow) wide
#else
#define FG_BY_WIDTH(wide, narrow) narrow
#endif

#if defined(__GNUC__)
#define FG_INLINE static inline __attribute__((always_inline))
#define FG_UNROLL _Pragma("GCC unroll 16")
#define FG_RESTRICT __restrict__
/* A function of which there is one copy: what constants it is worth copying for, we say. gcc's own
 * choice depends on all else that is in the file. */
#if defined(__clang__)
#define FG_ALONE static __attribute__((noinline))
#else
#define FG_ALONE static __attribute__((noinline, noclone))
#endif
#else
#define FG_INLINE static
#define FG_ALONE static
#define FG_UNROLL
#define FG_RESTRICT __restrict
#endif

#if defined(__SANITIZE_ADDRESS__)
#define FG_PLAIN_PARTS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FG_PLAIN_PARTS
#endif
#endif

#if defined(__AVX512F__)
/* lane i of v goes to lane i - by, round the end */
FG_INLINE __m512 fg_roll_f32(__m512 v, ptrdiff_t by) {
    static const int lanes[32] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                                  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return _mm512_permutexvar_ps(_mm512_loadu_si512(lanes + by), v);
}
FG_INLINE __m512d fg_roll_f64(__m512d v, ptrdiff_t by) {
    static const long long lanes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7};
    return _mm512_permutexvar_pd(_mm512_loadu_si512(lanes + by), v);
}
/* lane at[i] of v goes to lane i */
FG_INLINE __m512 fg_pick_f32(__m512 v, const int* at) {
    return _mm512_permutexvar_ps(_mm512_loadu_si512(at), v);
}
FG_INLINE __m512d fg_pick_f64(__m512d v, const long long* at) {
    return _mm512_permutexvar_pd(_mm512_loadu_si512(at), v);
}
#endif

#if defined(FG_PLAIN_PARTS)
#elif defined(__AVX512F__)
FG_INLINE __m512 fg_part_f32(const float* p, ptrdiff_t r) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << r) - 1u), p);
}
FG_INLINE __m512d fg_part_f64(const double* p, ptrdiff_t r) {
    return _mm512_maskz_loadu_pd((__mmask8)((1u << r) - 1u), p);
}
/* elements from `skip` to r; the others are zero */
FG_INLINE __m512 fg_part_from_f32(const float* p, ptrdiff_t skip, ptrdiff_t r) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << r) - (1u << skip)), p);
}
FG_INLINE __m512d fg_part_from_f64(const double* p, ptrdiff_t skip, ptrdiff_t r) {
    return _mm512_maskz_loadu_pd((__mmask8)((1u << r) - (1u << skip)), p);
}
FG_INLINE void fg_put_part_f32(float* p, __m512 v, ptrdiff_t r) {
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << r) - 1u), v);
}
FG_INLINE void fg_put_part_f64(double* p, __m512d v, ptrdiff_t r) {
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << r) - 1u), v);
}
#elif defined(__AVX2__)
static const int fg_mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
FG_INLINE __m256i fg_lanes(ptrdiff_t ints) {
    return _mm256_loadu_si256((const __m256i*)(fg_mask + 8 - ints));
}
FG_INLINE __m256 fg_part_f32(const float* p, ptrdiff_t r) {
    return _mm256_maskload_ps(p, fg_lanes(r));
}
FG_INLINE __m256d fg_part_f64(const double* p, ptrdiff_t r) {
    return _mm256_maskload_pd(p, fg_lanes(2 * r));
}
FG_INLINE void fg_put_part_f32(float* p, __m256 v, ptrdiff_t r) {
    _mm256_maskstore_ps(p, fg_lanes(r), v);
}
FG_INLINE void fg_put_part_f64(double* p, __m256d v, ptrdiff_t r) {
    _mm256_maskstore_pd(p, fg_lanes(2 * r), v);
}
#else
#define FG_PLAIN_PARTS
#endif

#define FG_BLOCK 64     /* BLOCK_ROWS of rowwise.pxi.in, */
#define FG_SQUARE 32    /* and TILE of move.pxi.in */
#define FG_V FG_N(vec)
#if defined(__GNUC__)
#define FG_W ((ptrdiff_t)(FG_VECTOR_BYTES / sizeof(FG_T)))
#else
#define FG_W ((ptrdiff_t)1)
#endif

/* Lanes of two vectors by constant numbers. gcc has clang's builtin from 12 on; its own takes the
 * numbers as a vector of integers as wide as the lanes, of type `numbers`. */
#if defined(__clang__)
#define FG_SHUFFLE(numbers, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define FG_SHUFFLE(numbers, a, b, ...) __builtin_shuffle(a, b, (numbers){__VA_ARGS__})
#endif

#if FG_VECTOR_BYTES == 64
#define FG_ZIP_LOW(a, b) \
    FG_SHUFFLE(FG_N(vec_of_int), a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define FG_ZIP_HIGH(a, b) \
    FG_SHUFFLE(FG_N(vec_of_int), a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, \
                            31)
#define FG_EVEN(a, b) \
    FG_SHUFFLE(FG_N(vec_of_int), a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define FG_ODD(a, b) \
    FG_SHUFFLE(FG_N(vec_of_int), a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#endif
#define FG_T float
#define FG_GREATEST FLT_MAX
#define FG_I int
#define FG_N(name) fg_##name##_f32
#include "bodies.h"
#undef FG_T
#undef FG_GREATEST
#undef FG_I
#undef FG_N
#undef FG_ZIP_LOW
#undef FG_ZIP_HIGH
#undef FG_EVEN
#undef FG_ODD
#if FG_VECTOR_BYTES == 64
#define FG_ZIP_LOW(a, b) \
    FG_SHUFFLE(FG_N(vec_of_int), a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define FG_ZIP_HIGH(a, b) \
    FG_SHUFFLE(FG_N(vec_of_int), a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define FG_EVEN(a, b) FG_SHUFFLE(FG_N(vec_of_int), a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define FG_ODD(a, b) FG_SHUFFLE(FG_N(vec_of_int), a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#endif
#define FG_T double
#define FG_GREATEST DBL_MAX
#define FG_I long long
#define FG_N(name) fg_##name##_f64
#include "bodies.h"
#undef FG_T
#undef FG_GREATEST
#undef FG_I
#undef FG_N
#undef FG_ZIP_LOW
#undef FG_ZIP_HIGH
#undef FG_EVEN
#undef FG_ODD

#endif
