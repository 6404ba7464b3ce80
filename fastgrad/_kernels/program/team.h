/* A team of threads: one set of workers for the process, two ways to wait.
 *
 * Owns the workers, the barrier between them and the clock. Knows nothing of steps, Python or
 * NumPy: a job is a function pointer and an argument, called once on every thread.
 *
 * Decisions
 * - Workers are created on the first run that wants them, are detached, block all asynchronous
 *   signals (those belong to Python's main thread) and never touch Python: a process exits
 *   without waiting for them.
 * - Each worker has its own mailbox, so a run of two threads wakes one worker of a team of
 *   sixteen. Only one run at a time has the team; a second one walks alone. So do a forked child
 *   (its parent's workers are not there) and a system that gives no threads.
 * - Waiting spins first and then sleeps. A spin sees a change in about 0.1 us, a sleep in 5 to
 *   50; TRUST_SPIN_NS covers the Python code between two runs. With fewer processors than threads
 *   nobody spins: the spinner would hold the processor that the awaited thread needs.
 * - Whether a job has the team at all is decided by its times so far: team_trust.h.
 * - Sleeping uses a mutex and a condition (not a futex): one code for every POSIX system. The
 *   waker takes the mutex only if somebody sleeps. "Word first, then sleepers" on one side and
 *   "sleepers first, then word" on the other, all sequentially consistent, lose no wake-up.
 */
#ifndef FASTGRAD_TEAM_H
#define FASTGRAD_TEAM_H

#include <stdint.h>

#include "team_trust.h"

typedef void (*team_body)(void *job, int id, int count);

enum { TEAM_MAX = 256 };

#if defined(_WIN32)

#include <windows.h>

static int64_t team_clock(void)
{
    LARGE_INTEGER now, rate;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&rate);
    return (int64_t)((double)now.QuadPart * 1e9 / (double)rate.QuadPart);
}

static void team_setup(void) {}
static int team_forks(void) { return 0; }
static int team_cpus(void) { return 1; }
static void team_run(int count, team_body body, void *job, team_trust *trust)
{
    (void)count; (void)trust;
    body(job, 0, 1);
}
static void team_barrier(int id, int count) { (void)id; (void)count; }

typedef int64_t team_mark;
static int64_t team_mark_get(team_mark *mark) { return *mark; }
static void team_mark_set(team_mark *mark, int64_t value) { *mark = value; }
static void team_mark_lower(team_mark *mark, int64_t value)
{
    if (value < *mark) *mark = value;
}

#else

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define TEAM_STACK (2 << 20)    /* a strip's 64 KiB of scratch, and room for a BLAS kernel */

static int64_t team_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The lowest index at which some thread failed; threads stop after it, not before it, so the
 * step that is reported does not depend on who was faster. */
typedef atomic_llong team_mark;
static int64_t team_mark_get(team_mark *mark)
{
    return atomic_load_explicit(mark, memory_order_relaxed);
}
static void team_mark_set(team_mark *mark, int64_t value)
{
    atomic_store_explicit(mark, value, memory_order_relaxed);
}
static void team_mark_lower(team_mark *mark, int64_t value)
{
    long long old = atomic_load(mark);
    while (value < old && !atomic_compare_exchange_weak(mark, &old, value)) {}
}

typedef struct {
    _Alignas(64) atomic_uint word;      /* changes when the gate opens */
    atomic_int sleepers;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
} team_gate;

static struct {
    team_gate mail[TEAM_MAX];           /* mail[i] wakes worker i; 0 is the caller and unused */
    team_gate meet;                     /* the barrier */
    team_gate done;                     /* the last worker to finish opens it */
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_int unfinished;
    _Alignas(64) atomic_flag busy;
    atomic_int forks;                   /* forks between the first process and this one */
    int workers;                        /* created so far; guarded by busy */
    int count;                          /* threads of the current job */
    int64_t late;                       /* ns that its first thread waited for others */
    int cpus;
    atomic_llong spin;                  /* nanoseconds to spin before sleeping */
    team_body body;
    void *job;
} team;

static void team_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

static void gate_init(team_gate *gate)
{
    atomic_init(&gate->word, 0);
    atomic_init(&gate->sleepers, 0);
    pthread_mutex_init(&gate->mutex, NULL);
    pthread_cond_init(&gate->cond, NULL);
}

static void gate_open(team_gate *gate)
{
    atomic_fetch_add(&gate->word, 1);
    if (atomic_load(&gate->sleepers)) {
        pthread_mutex_lock(&gate->mutex);
        pthread_cond_broadcast(&gate->cond);
        pthread_mutex_unlock(&gate->mutex);
    }
}

/* Waits until the gate's word is no longer `seen`; returns the ns waited, 0 for a short while. */
static int64_t gate_wait(team_gate *gate, unsigned seen)
{
    int64_t spin = atomic_load_explicit(&team.spin, memory_order_relaxed);
    int64_t start = 0, now = 0;
    for (int turn = 1; spin && now - start <= spin; turn++) {
        if (atomic_load_explicit(&gate->word, memory_order_acquire) != seen)
            return now - start;
        team_pause();
        if (turn % 32 == 0) {           /* the clock costs as much as a look at the word */
            now = team_clock();
            start = start ? start : now;
        }
    }
    start = start ? start : team_clock();
    pthread_mutex_lock(&gate->mutex);
    atomic_fetch_add(&gate->sleepers, 1);
    while (atomic_load(&gate->word) == seen)
        pthread_cond_wait(&gate->cond, &gate->mutex);
    atomic_fetch_sub(&gate->sleepers, 1);
    pthread_mutex_unlock(&gate->mutex);
    return team_clock() - start;
}

static void team_in_child(void) { atomic_fetch_add(&team.forks, 1); }

/* Called once, when the module is imported. */
static void team_setup(void) { pthread_atfork(NULL, NULL, team_in_child); }

/* How many forks lie behind this process: a lock taken before the last one is nobody's. */
static int team_forks(void) { return atomic_load_explicit(&team.forks, memory_order_relaxed); }

static int team_cpus(void)
{
#if defined(__linux__) && defined(CPU_COUNT)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
#endif
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int)count : 1;
}

/* All `count` threads of the current job wait for each other. */
static void team_barrier(int id, int count)
{
    int64_t waited = 0;
    if (count < 2 || team_forks())      /* a child forked inside a run has nobody to wait for */
        return;
    unsigned seen = atomic_load(&team.meet.word);
    if (atomic_fetch_add(&team.arrived, 1) == count - 1) {
        atomic_store_explicit(&team.arrived, 0, memory_order_relaxed);
        gate_open(&team.meet);
    } else {
        waited = gate_wait(&team.meet, seen);
    }
    if (id == 0)
        team.late += waited;
}

static void *team_worker(void *argument)
{
    int id = (int)(intptr_t)argument;
    for (unsigned seen = 0;; seen++) {
        gate_wait(&team.mail[id], seen);
        team.body(team.job, id, team.count);
        if (atomic_fetch_sub(&team.unfinished, 1) == 1)
            gate_open(&team.done);
    }
    return NULL;
}

/* Makes workers until there are `count` threads with the caller; 0 if the system refuses. */
static int team_grow(int count)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, old;
    if (!team.workers) {
        gate_init(&team.meet);
        gate_init(&team.done);
    }
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, TEAM_STACK);
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);           /* a fault belongs to the thread that made it */
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    while (team.workers < count - 1) {
        int id = team.workers + 1;
        gate_init(&team.mail[id]);
        if (pthread_create(&thread, &attributes, team_worker, (void *)(intptr_t)id))
            break;
        team.workers = id;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    team.cpus = team_cpus();
    return team.workers >= count - 1;
}

/* team_run() with the team; returns 0, and calls nothing, if the job is to run alone. Tells how
 * long its first thread waited for others. */
static int team_try(int count, team_body body, void *job, team_trust *trust, int64_t start,
                    int64_t *late)
{
    if (trust_declines(trust, start))
        return 0;
    if (team_forks() || atomic_flag_test_and_set_explicit(&team.busy, memory_order_acquire))
        return 0;
    if (team.workers < count - 1 && !team_grow(count)) {
        atomic_flag_clear_explicit(&team.busy, memory_order_release);
        return 0;
    }
    team.body = body;
    team.job = job;
    team.count = count;
    team.late = 0;
    atomic_store_explicit(&team.spin, count > team.cpus ? 0 : TRUST_SPIN_NS,
                          memory_order_relaxed);
    atomic_store_explicit(&team.unfinished, count - 1, memory_order_relaxed);
    unsigned seen = atomic_load(&team.done.word);
    for (int id = 1; id < count; id++)
        gate_open(&team.mail[id]);
    body(job, 0, count);
    if (!team_forks())
        team.late += gate_wait(&team.done, seen);
    *late = team.late;
    atomic_flag_clear_explicit(&team.busy, memory_order_release);
    return 1;
}

/* Calls body(job, id, count) on `count` threads, id 0 being the caller, and waits for all; or
 * body(job, 0, 1), if the team is busy, asleep or not there, or has failed this job's trust (kept
 * by the caller, all zero at first). */
static void team_run(int count, team_body body, void *job, team_trust *trust)
{
    int64_t start = team_clock(), late = 0, ended;
    int turn = trust_turn(trust), with = turn && team_try(count, body, job, trust, start, &late);
    if (!with)
        body(job, 0, 1);
    ended = team_clock();
    trust_ran(trust, turn, with, ended - start, late, ended);
}

#endif
#endif
