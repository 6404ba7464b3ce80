/* What the processor does with subnormal numbers, on the present thread.
 *
 * Owns the control word of floating-point arithmetic: its reading, its setting, the bits that flush
 * subnormal numbers. Knows nothing of steps, Programs or Python.
 *
 * Decisions
 * - Numbers below 1.2e-38 (float32) are computed in microcode, some 100 times as slowly; sums of
 *   products that decay meet them. A run takes them for zero, operands and results alike, and keeps
 *   whatever else its caller has set (rounding, traps).
 * - The word is the thread's: it is put back, to the bit, before anybody else's code runs on
 *   the thread. Sticky flags of exceptions too: what a run raised is not its caller's.
 * - Setting the word costs 2 to 10 ns, so it is only set where it differs.
 * - Elsewhere than on x86-64 and aarch64 nothing is set, and `FLUSHED` is 0.
 */
#ifndef FASTGRAD_SUBNORMALS_H
#define FASTGRAD_SUBNORMALS_H

#include <stdint.h>

typedef uint64_t float_control;

#if defined(__x86_64__) || defined(_M_X64)

#include <xmmintrin.h>

#define FLUSHED 0x8040u         /* results (bit 15) and operands (bit 6) */
#define RAISED 0x3fu            /* sticky flags */
static float_control control_read(void) { return _mm_getcsr(); }
static void control_write(float_control word) { _mm_setcsr((unsigned)word); }

#elif defined(__aarch64__) && defined(__GNUC__)

#define FLUSHED (1u << 24)      /* both; the sticky flags have a word of their own */
#define RAISED 0u
static float_control control_read(void)
{
    uint64_t word;
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(word));
    return word;
}
static void control_write(float_control word)
{
    __asm__ __volatile__("msr fpcr, %0" : : "r"(word) : "memory");
}

#else

#define FLUSHED 0u
#define RAISED 0u
static float_control control_read(void) { return 0; }
static void control_write(float_control word) { (void)word; }

#endif

/* Two words of a thread: its caller's own, and that of the run. */
typedef struct {
    float_control callers, runs;
} float_mode;

/* From here on as the run has it; `keep` says that subnormal numbers are kept, whatever the caller
 * has set. */
static void mode_enter(float_mode *mode, int keep)
{
    mode->callers = control_read();
    mode->runs = keep ? mode->callers & ~(float_control)FLUSHED : mode->callers | FLUSHED;
    if (mode->runs != mode->callers)
        control_write(mode->runs);
}

static void mode_leave(const float_mode *mode)
{
    if (control_read() != mode->callers)
        control_write(mode->callers);
}


/* On another thread that works for the run. */
static void mode_share(const float_mode *mode)
{
    if ((control_read() ^ mode->runs) & ~(float_control)RAISED)
        control_write(mode->runs & ~(float_control)RAISED);
}

#endif
