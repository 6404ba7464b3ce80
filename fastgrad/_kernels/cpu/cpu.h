/* Which x86-64 level this CPU and this operating system support.
 *
 * Owns the CPUID questions and nothing else. Asked by hand rather than with __builtin_cpu_supports,
 * whose list of names differs between gcc 10, gcc 12 and clang. Elsewhere than on x86-64 with gcc
 * or clang the answer is 0 (base). Levels follow the x86-64 psABI: v3 is AVX2, BMI1, BMI2, F16C,
 * FMA, LZCNT, MOVBE, OSXSAVE; v4 adds AVX-512 F, BW, CD, DQ, VL. The register state must be enabled
 * by the operating system too, which XGETBV tells.
 */
#ifndef FASTGRAD_CPU_H
#define FASTGRAD_CPU_H

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <cpuid.h>

static int fg_has(unsigned reg, unsigned mask) { return (reg & mask) == mask; }

static int fg_cpu_level(void)
{
    unsigned a, b, c, d, lo, hi;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    if (!fg_has(c, bit_FMA | bit_MOVBE | bit_OSXSAVE | bit_AVX | bit_F16C)) return 0;
    __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    if (!fg_has(lo, 0x06)) return 0;                 /* XMM and YMM state saved */
    if (!__get_cpuid(0x80000001, &a, &b, &c, &d) || !fg_has(c, bit_ABM)) return 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    if (!fg_has(b, bit_AVX2 | bit_BMI | bit_BMI2)) return 0;
    if (!fg_has(b, bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL))
        return 3;
    return fg_has(lo, 0xe6) ? 4 : 3;                 /* opmask and ZMM state saved */
}

#else
static int fg_cpu_level(void) { return 0; }
#endif
#endif
