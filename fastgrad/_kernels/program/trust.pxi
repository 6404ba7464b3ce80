# The state machine of team_trust.h by itself, without threads or a clock: for simulations.

@cython.final
cdef class Trust:
    """What a job's runs have shown of doing it alone and with a team.

    Whoever has it asks `wants_team` before each run, and says by `ran` how the run went.
    """
    cdef team_trust trust
    cdef bint turn

    @property
    def solo(self):
        """Whether the job was faster alone when last compared."""
        return self.trust.solo != 0

    def wants_team(self, int64_t now):
        """Whether a run that begins at `now`, in ns, takes the team."""
        self.turn = trust_turn(&self.trust)
        return self.turn and not trust_declines(&self.trust, now)

    def ran(self, bint team, int64_t wall, int64_t late, int64_t ended):
        """The run took `wall` ns till `ended`, `late` of them waiting for others of the team."""
        trust_ran(&self.trust, self.turn, team, wall, late, ended)
