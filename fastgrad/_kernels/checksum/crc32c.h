/* CRC-32C (Castagnoli): the checksum of TensorFlow's files.
 *
 * Owns: the polynomial, its tables, and the choice between the CPU's instruction and tables.
 * May not know: what the bytes are.
 *
 * Decisions
 * - The instruction has a latency of three cycles and starts one each cycle, so three streams are
 *   read side by side, and joined by tables that move a checksum past a block of zeros: 20 GB/s
 *   where one stream makes 8 (Zen 5). Two sizes of block, so that 1 kB gains too.
 * - The target of the one function is raised instead of the file's: the module runs on every
 *   x86-64, and asks the CPU. On aarch64 the instruction is used where the build may assume it.
 * - Elsewhere eight tables take eight bytes a turn (1.5 to 2.5 GB/s).
 */
#ifndef FASTGRAD_CRC32C_H
#define FASTGRAD_CRC32C_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FG_CRC_POLYNOMIAL 0x82F63B78u
#define FG_CRC_LONG 8192
#define FG_CRC_SHORT 256

static uint32_t fg_crc_bytes[8][256];       /* [i][b]: byte b, i bytes before the last */
static uint32_t fg_crc_past_long[4][256];   /* byte i of a checksum, FG_CRC_LONG zeros later */
static uint32_t fg_crc_past_short[4][256];

static uint64_t fg_crc_load(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void fg_crc_make_past(uint32_t past[4][256], size_t zeros)
{
    uint32_t bits[32];
    int i, b, k;
    for (i = 0; i < 32; i++) {
        uint32_t c = (uint32_t)1 << i;
        size_t n;
        for (n = 0; n < zeros; n++) c = fg_crc_bytes[0][c & 255] ^ (c >> 8);
        bits[i] = c;
    }
    for (i = 0; i < 4; i++)
        for (b = 0; b < 256; b++) {
            uint32_t c = 0;
            for (k = 0; k < 8; k++)
                if (b >> k & 1) c ^= bits[8 * i + k];
            past[i][b] = c;
        }
}

static void fg_crc_make_tables(void)
{
    int i, b, k;
    for (b = 0; b < 256; b++) {
        uint32_t c = (uint32_t)b;
        for (k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? FG_CRC_POLYNOMIAL : 0);
        fg_crc_bytes[0][b] = c;
    }
    for (i = 1; i < 8; i++)
        for (b = 0; b < 256; b++) {
            uint32_t c = fg_crc_bytes[i - 1][b];
            fg_crc_bytes[i][b] = fg_crc_bytes[0][c & 255] ^ (c >> 8);
        }
    fg_crc_make_past(fg_crc_past_long, FG_CRC_LONG);
    fg_crc_make_past(fg_crc_past_short, FG_CRC_SHORT);
}

static uint32_t fg_crc_past(uint32_t past[4][256], uint32_t c)
{
    return past[0][c & 255] ^ past[1][c >> 8 & 255] ^ past[2][c >> 16 & 255] ^ past[3][c >> 24];
}

static uint32_t fg_crc_by_tables(uint32_t c, const unsigned char *p, size_t n)
{
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v = fg_crc_load(p) ^ c;
        c = fg_crc_bytes[7][v & 255] ^ fg_crc_bytes[6][v >> 8 & 255]
            ^ fg_crc_bytes[5][v >> 16 & 255] ^ fg_crc_bytes[4][v >> 24 & 255]
            ^ fg_crc_bytes[3][v >> 32 & 255] ^ fg_crc_bytes[2][v >> 40 & 255]
            ^ fg_crc_bytes[1][v >> 48 & 255] ^ fg_crc_bytes[0][v >> 56];
    }
    for (; n; n--, p++) c = fg_crc_bytes[0][(c ^ *p) & 255] ^ (c >> 8);
    return c;
}

/* ---- the CPU's instruction ------------------------------------------------------------------- */

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <cpuid.h>
#define FG_CRC_TARGET __attribute__((target("sse4.2")))
#define FG_CRC_8(c, v) ((uint32_t)__builtin_ia32_crc32di((c), (v)))
#define FG_CRC_1(c, v) __builtin_ia32_crc32qi((c), (v))

static int fg_crc_has_instruction(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#define FG_CRC_TARGET
#define FG_CRC_8(c, v) __crc32cd((c), (v))
#define FG_CRC_1(c, v) __crc32cb((c), (v))

static int fg_crc_has_instruction(void) { return 1; }
#endif

#ifdef FG_CRC_TARGET
/* Whole groups of three blocks, from *at on; *at moves behind them. */
FG_CRC_TARGET static uint32_t fg_crc_threes(uint32_t c, const unsigned char **at, size_t *n,
                                            size_t block, uint32_t past[4][256])
{
    const unsigned char *p = *at;
    for (; *n >= 3 * block; *n -= 3 * block, p += 3 * block) {
        uint32_t c1 = 0, c2 = 0;
        size_t i;
        for (i = 0; i < block; i += 8) {
            c = FG_CRC_8(c, fg_crc_load(p + i));
            c1 = FG_CRC_8(c1, fg_crc_load(p + block + i));
            c2 = FG_CRC_8(c2, fg_crc_load(p + 2 * block + i));
        }
        c = fg_crc_past(past, c) ^ c1;
        c = fg_crc_past(past, c) ^ c2;
    }
    *at = p;
    return c;
}

FG_CRC_TARGET static uint32_t fg_crc_by_instruction(uint32_t c, const unsigned char *p, size_t n)
{
    c = fg_crc_threes(c, &p, &n, FG_CRC_LONG, fg_crc_past_long);
    c = fg_crc_threes(c, &p, &n, FG_CRC_SHORT, fg_crc_past_short);
    for (; n >= 8; n -= 8, p += 8) c = FG_CRC_8(c, fg_crc_load(p));
    for (; n; n--, p++) c = FG_CRC_1(c, *p);
    return c;
}
#else
static int fg_crc_has_instruction(void) { return 0; }
#define fg_crc_by_instruction fg_crc_by_tables
#endif

/* ---- the door -------------------------------------------------------------------------------- */

static uint32_t (*fg_crc_way)(uint32_t, const unsigned char *, size_t);

/* Choose the way; returns whether the CPU's instruction is used. */
static int fg_crc_choose(int by_tables)
{
    const int instruction = !by_tables && fg_crc_has_instruction();
    fg_crc_way = instruction ? fg_crc_by_instruction : fg_crc_by_tables;
    return instruction;
}

static uint32_t fg_crc32c(uint32_t crc, const unsigned char *p, size_t n)
{
    return ~fg_crc_way(~crc, p, n);
}
#endif
