/* Whether a job's next run takes a team of threads: what its runs so far have shown.
 *
 * Owns the state machine of a job's two ways, alone and with the team, and its constants. Knows
 * times only: no thread, no clock. `team.h` asks it before each run and tells it after.
 *
 * Decisions
 * - How much a team brings depends on the machine of the moment: a line of cache went from one core
 *   to the other in 90 ns on one day and in 270 on another, when a net of 21 narrow layers took
 *   175 us with two threads and 163 alone. So a job is timed both ways and goes on with the faster.
 * - A comparison is LOOKS runs its own way, as many the other, and as many its own again; each
 *   third counts without its slowest run, and its own way is as fast as the faster of its two, so
 *   that a burst of load within the comparison changes nothing. The other third ends where it is
 *   plainly slower: a run of twice the time, or all but the slowest a quarter slower on average.
 * - Looking may cost 1 % of the job's time: each run earns a CREDIT-th of itself, and a comparison
 *   waits until what it is expected to cost has been earned. So it is the same for jobs of 1 us and
 *   of 100 ms. It waits for 64 runs at first (fewer of long ones), and for twice as many after each
 *   comparison that changes nothing, up to REST runs or REST_NS: in the end 0.1 % of short runs
 *   go the other way, and 1 % of those alone, since what disturbs a team may soon be gone.
 * - A run whose first thread waited for more than a quarter of it has met a loaded machine, or
 *   workers asleep. After two such runs in a row (the first may only have woken the workers) the
 *   job runs alone until that has taken about as long as was lost; twice as long after each further
 *   failure, up to PENANCE times, so that trying again costs 6 % at most. A passing load, as of a
 *   first run or of another library's threads that still spin, costs a long job few runs. But a
 *   late team that is still faster than the job alone keeps it.
 * - A short job that comes after a pause runs alone: its workers sleep by then, and to wake them
 *   takes longer than they would save. Runs in close succession have the team from the second on.
 *   (One row through 784-256-256-10, 10 us alone, 5.5 with two threads: every 200 us it took 12 on
 *   average, and 50 in one of a hundred runs, before this was so.)
 */
#ifndef FASTGRAD_TEAM_TRUST_H
#define FASTGRAD_TEAM_TRUST_H

#include <stdint.h>

#define TRUST_SPIN_NS 50000         /* workers sleep after so long without a run */
#define TRUST_PENANCE 16
#define TRUST_LOOKS 8
#define TRUST_FIRST 64
#define TRUST_REST 8192
#define TRUST_REST_ALONE 512
#define TRUST_REST_NS 1000000000
#define TRUST_FIRST_NS 20000000
#define TRUST_CREDIT 128

typedef struct {
    int64_t alone;                  /* runs that the job still does without the team */
    int64_t lost;                   /* ns that its last run waited, if that was too long */
    int64_t doubt;                  /* alone for so many times what was lost; 0: full trust */
    int64_t wall;                   /* ns that its last run took; 0: none yet */
    int64_t ended;                  /* when that was over */
    int64_t solo;                   /* 1: it was faster alone when last compared */
    int64_t runs;                   /* its own way since that comparison */
    int64_t since;                  /* ns that these took */
    int64_t rest;                   /* so many more than TRUST_FIRST until the next one */
    int64_t credit;                 /* ns that looking may cost by now; negative: it cost more */
    int64_t looks;                  /* runs of the comparison that is going on; 0: none is */
    int64_t sum[3], most[3];        /* ns of each third's runs, and of the slowest */
    int64_t usual[2];               /* ns that a run takes: alone, with the team; 0: never seen */
} team_trust;

/* ---- what a run tells ------------------------------------------------------------------- */

/* A late run of the team: whether the job is to do without it, and for how long. */
static void trust_late(team_trust *t, int64_t wall, int64_t late)
{
    int64_t lost = t->lost + late;
    if (late <= wall / 4 || (t->usual[0] && wall < t->usual[0])) {
        t->lost = t->doubt = 0;
    } else if (t->lost == 0) {
        t->lost = late;
    } else {
        t->doubt = t->doubt == 0 ? 1 : t->doubt < TRUST_PENANCE ? 2 * t->doubt : TRUST_PENANCE;
        t->lost = 0;
        t->alone = t->doubt * lost / (wall - late + 1) + 1;
    }
}

/* The usual time of a way follows its runs, slowly, and single slow ones hardly. */
static void trust_follow(int64_t *usual, int64_t wall)
{
    int64_t seen = *usual && wall > 2 * *usual ? 2 * *usual : wall;
    *usual = *usual ? *usual + (seen - *usual) / 8 : wall;
}

/* ---- comparing -------------------------------------------------------------------------- */

/* ns that a comparison is expected to cost; a way never seen may be twice as slow. */
static int64_t trust_price(const team_trust *t)
{
    int64_t mine = t->usual[!t->solo], excess = t->usual[t->solo] - mine;
    if (!t->usual[t->solo])
        return mine;
    return excess < 0 ? 0 : excess > mine / 4 ? 3 * excess : TRUST_LOOKS * excess;
}

static int trust_is_due(const team_trust *t)
{
    int64_t first = TRUST_FIRST_NS / (t->usual[!t->solo] + 1);
    first = first < TRUST_LOOKS ? TRUST_LOOKS : first > TRUST_FIRST ? TRUST_FIRST : first;
    return (t->runs >= first + t->rest || (t->rest && t->since > TRUST_REST_NS))
        && t->credit >= trust_price(t);
}

static void trust_end_look(team_trust *t, int faster)
{
    t->looks = t->runs = t->since = 0;
    if (faster) {
        t->solo = !t->solo;
        t->rest = 0;
    } else if (t->rest < (t->solo ? TRUST_REST_ALONE : TRUST_REST)) {
        t->rest = 2 * t->rest + TRUST_FIRST;
    }
}

/* A run of the comparison: third 0 and 2 went the job's own way, third 1 the other. */
static void trust_look(team_trust *t, int64_t wall)
{
    int third = (int)(t->looks / TRUST_LOOKS), last = t->looks % TRUST_LOOKS;
    int64_t mine, mine_again, other;
    if (last == 0)
        t->sum[third] = t->most[third] = 0;
    t->sum[third] += wall;
    if (wall > t->most[third])
        t->most[third] = wall;
    t->looks++;
    mine = t->sum[0] - t->most[0];              /* of LOOKS - 1 runs */
    if (third == 1 && last >= t->solo) {        /* a team's first run wakes it */
        int64_t usual = mine / (TRUST_LOOKS - 1);
        int64_t others = t->sum[1] - t->most[1];
        if (wall > 2 * usual || (last > t->solo && others > last * (usual + usual / 4)))
            trust_end_look(t, 0);
    }
    if (t->looks < 3 * TRUST_LOOKS)
        return;
    mine_again = t->sum[2] - t->most[2];
    mine = mine_again < mine ? mine_again : mine;
    other = t->sum[1] - t->most[1];
    trust_end_look(t, other < mine - mine / 32);
}

/* ---- the two questions of `team.h` ------------------------------------------------------ */

/* Whether the next run is to take the team, all being well. */
static int trust_turn(const team_trust *t)
{
    int other = t->looks / TRUST_LOOKS == 1;
    return t->solo == other;
}

/* Whether a run that begins now is better done alone, whatever trust_turn() says. */
static int trust_declines(team_trust *t, int64_t now)
{
    if (t->alone > 0) {
        t->alone--;
        return 1;
    }
    return t->wall && t->wall < TRUST_SPIN_NS && now - t->ended > TRUST_SPIN_NS;
}

/* A run is over: `turn` is what trust_turn() said, `with` whether it had the team, and `late` the
 * ns that its first thread waited for others. */
static void trust_ran(team_trust *t, int turn, int with, int64_t wall, int64_t late, int64_t ended)
{
    int own = turn != t->solo;
    if (with)
        trust_late(t, wall, late);
    trust_follow(&t->usual[with], wall);
    t->wall = wall;
    t->ended = ended;
    if (with != turn)
        return;
    if (own) {
        if (!t->runs && !t->credit)
            t->credit = wall;               /* the first comparison need not be earned */
        t->runs++;
        t->since += wall;
        t->credit += wall / TRUST_CREDIT + 1;
    } else if (wall > t->usual[!t->solo]) {
        t->credit -= wall - t->usual[!t->solo];
    }
    if (t->looks || trust_is_due(t))
        trust_look(t, wall);
}

#endif
