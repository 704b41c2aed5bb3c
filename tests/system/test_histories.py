"""Whatever happens to a round in whatever order: crashes, lost answers, a log that is rolled back, and time.

Somebody draws a history: services look at the log or die at their n-th durable operation from now, people collect,
answer, change their minds and send the same bytes again, the network loses requests and answers, the log's operator
puts an earlier copy of the log back, HR cancels. At every moment nothing was signed twice. In the end, when everybody
may work undisturbed, the release is the plain tally of what stood in the log at the cut, or there is none for a reason.

KLANKBORD_HISTORIES=1000 tries as many, other ones each time.
"""

import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from clients.cli.counting import Fate as Found
from clients.cli.outcomes import Refusal, Unavailable
from shared import topics
from shared.records import Kind
from shared.rounds import DEAD, State
from tests.rounds_made import CLOSES, ERASE_AT, OPENS, RESULTS_UNTIL
from tests.system import tallies
from tests.system.house import Fate
from tests.system.moments import COUNTING, Moments
from tests.system.mortal import Copy

HISTORIES = int(os.environ.get("KLANKBORD_HISTORIES", "0"))
"""How many to try, other ones at each run; 0: the same few each time."""

TEAMS = tuple(tuple(f"p{number}" for number in team) for team in ((0, 1, 2), (3, 4), (12, 13, 14), (15, 16)))
"""People who do things together; enough of them for a lot of each team, and of words."""
PEOPLE_HERE = tuple(person for team in TEAMS for person in team)
SERVICES = ("hr", "council", "ingest", "gate", "aggregate", "report")
MILESTONES = (OPENS, CLOSES, COUNTING)

Death = tuple[str, int] | None
DEATHS: st.SearchStrategy[Death] = st.none() | st.tuples(st.sampled_from(SERVICES[:-1]), st.integers(0, 9))
"""Who dies, and how many durable operations happen before."""


class History(RuleBasedStateMachine):
    """One round with two issuers, in a copy of a house that is saved at several moments."""

    moments: Moments

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.copies: list[Copy] = []
        self.lost = False
        """Everybody has looked at a log that lacked a record which its author knew to have been there."""
        self.deaths = 0
        """How many there had been before."""
        self.log_changed = False
        self.cancelled = False
        self.cut: list[bytes] | None = None
        """The envelopes that the gate has bound itself to."""

    @initialize(
        moment=st.sampled_from(["drafted", "open", "answered", "closed"]),
        deaths=st.lists(DEATHS, min_size=1, max_size=4),
    )
    def begin(self, moment: str, deaths: list[Death]) -> None:
        """`deaths` are those that are still to come when everything else is over."""
        self.last_deaths = deaths
        self.house, self.crowd = self.moments.again(moment, self.folder)
        self.copies.append(self.house.log.copy())
        self.house.__enter__()

    # Services.

    @rule(names=st.lists(st.sampled_from(SERVICES), min_size=1, max_size=8), death=DEATHS)
    def some_look(self, names: list[str], death: Death) -> None:
        self.will_die(death)
        for name in names:
            self.house.look(name)

    @rule(times=st.integers(1, 3), death=DEATHS)
    def everybody_looks(self, times: int, death: Death) -> None:
        self.will_die(death)
        self._notice()
        for _ in range(times):
            self.house.everybody_looks()

    @rule(name=st.sampled_from(SERVICES))
    def is_restarted(self, name: str) -> None:
        self.house.restart(name)

    def will_die(self, death: Death) -> None:
        """At whatever it does then, now or later."""
        if death:
            name, operations = death
            self.house.processes[name].dies_after(operations)

    @rule(step=st.sampled_from(["the next milestone", "an hour", "a day"]))
    def time_passes(self, step: str) -> None:
        now = self.house.clock.now
        seconds = {"an hour": 3600, "a day": 86_400}.get(step)
        later = now + seconds if seconds else min((at for at in MILESTONES if at > now), default=now)
        # Nobody who is not asleep takes longer than the grace.
        self.house.clock.now = min(later, MILESTONES[-1])

    # People.

    @rule(team=st.sampled_from(TEAMS), death=DEATHS)
    def collect(self, team: tuple[str, ...], death: Death) -> None:
        self.will_die(death)
        for person in team:
            if not self.crowd.collected(person):
                with suppress(Unavailable, Refusal):
                    self.crowd.collect(person)

    @rule(team=st.sampled_from(TEAMS), choice=st.integers(0, 4), death=DEATHS)
    def answer(self, team: tuple[str, ...], choice: int, death: Death) -> None:
        """Anew, or for the first time."""
        self.will_die(death)
        for number, person in enumerate(team):
            if self.crowd.collected(person):
                with suppress(Unavailable, Refusal):
                    choices = [choice, (choice + number) % 5, choice or None]
                    self.crowd.answer(person, choices, f"{choice} of {person}" if choice else "")

    @rule(person=st.sampled_from(PEOPLE_HERE), received=st.booleans())
    def send_the_same_again(self, person: str, received: bool) -> None:
        with suppress(Unavailable, Refusal):
            if received:
                self.crowd.repeat(person)
            elif self.crowd.unsent.get(person):
                self.crowd.send(person)

    @rule(fates=st.lists(st.sampled_from([Fate.LOST, Fate.UNANSWERED, Fate.ARRIVES]), min_size=1, max_size=4))
    def the_network_fails(self, fates: list[Fate]) -> None:
        self.house.fates.extend(fates)

    @rule(really=st.integers(0, 7))
    def hr_cancels(self, really: int) -> None:
        if really == 0:
            self.cancelled = True
            with suppress(Unavailable, Refusal):
                self.house.cancel("spring")

    # The log's operator.

    @rule()
    def the_log_is_copied(self) -> None:
        self.copies.append(self.house.log.copy())

    @rule(which=st.integers(0, 9))
    def the_log_is_rolled_back(self, which: int) -> None:
        """Or forward again."""
        self.house.log.put_back(self.copies[which % len(self.copies)])
        self.log_changed = True

    def _notice(self) -> None:
        """Before everybody looks: is a record gone that its author knows to have been in the log?"""
        there = set(self.house.log.records())
        for path in self.house.folder.glob("*/journal/spring/*.acknowledged"):
            if path.with_suffix(".jws").read_bytes() not in there:
                self.lost, self.deaths = True, self._deaths()

    def _deaths(self) -> int:
        return sum(process.crashes for process in self.house.processes.values())

    # What holds at every moment, and in the end.

    @invariant()
    def nobody_contradicts_herself(self) -> None:
        assert all(len(texts) == 1 for texts in self.house.signed().values())
        assert self.log_changed or self.house.alarms == set()

    @invariant()
    def the_cut_says_what_stands_in_the_log(self) -> None:
        if self.cut is None:
            self.cut = tallies.bound_to(self.house, "spring")

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.let_everybody_work()
                self.the_end_is_right()
                self.nothing_stays_for_ever()
        finally:
            self.house.__exit__(None, None, None)
            shutil.rmtree(self.folder)

    def let_everybody_work(self) -> None:
        self.house.fates.clear()
        for death in self.last_deaths:
            self.will_die(death)
        for now in (self.house.clock.now, *MILESTONES):
            self.house.clock.now = max(now, self.house.clock.now)
            self._notice()
            self.house.settle()
            self.nobody_contradicts_herself()
            self.the_cut_says_what_stands_in_the_log()

    def the_end_is_right(self) -> None:
        house, phase = self.house, self.house.phase("spring")
        # Who dies between appending what was lost and telling of it takes the alarm with her.
        assert not self.lost or house.alarms or self._deaths() > self.deaths
        if phase is State.RELEASED:
            assert self.cut is not None
            assert self.log_changed or self.crowd.received <= set(self.cut)
            tallies.check(house, "spring", self.crowd.winners(self.cut))
            self.everybody_finds_her_own(self.cut)
            listed = house.web.get("report", house.installed.parties.report_url, "/rounds")["rounds"]
            assert [(one["round"], one["verified"]) for one in listed] == [("spring", True)]
        elif phase is State.VOID:
            void = house.of("spring").record(Kind.VOID)
            assert void is not None
            # Who is asked for an offer after the opening finds the draft bad.
            assert void.body["reason"] in ("late", "bad-draft")
        elif phase is State.CANCELLED:
            assert self.cancelled
        elif phase is State.STOPPED:
            # The log has shown it as dead, so that its keys were destroyed, and then as alive again.
            stop = house.of("spring").record(Kind.STOP)
            assert stop is not None
            assert stop.body == {"reason": "key-lost"}
            assert self.log_changed
        else:
            # The envelopes that the gate has bound itself to, or all that were posted, are gone: it waits, and tells.
            there = house.log.copy().get(topics.envelopes("spring"), ((),))[0]
            assert self.log_changed
            if ("aggregate", "no-batch") not in house.alarms:
                assert list(there[: len(self.cut)]) != self.cut if self.cut is not None else not there
                assert house.alarms & {("gate", "other-envelopes"), ("gate", "no-envelopes")}

    def everybody_finds_her_own(self, envelopes: list[bytes]) -> None:
        """Whoever has a receipt for an answer that stood in the log at the cut."""
        for person in PEOPLE_HERE:
            entry = self.crowd.wallet(person).get("spring")
            if entry is None or not entry.collected:
                continue
            for part, found in enumerate(self.crowd.fates(person)):
                latest = entry.latest(part, acknowledged=True)
                if latest and any(self.crowd.sealed[one].counted == latest.counted for one in envelopes):
                    assert found in (Found.COUNTED, Found.HELD_BACK)
                elif latest:
                    # It went before the cut. A later one without a receipt may be there instead.
                    assert self.log_changed

    def nothing_stays_for_ever(self) -> None:
        """Keys are gone when a round has come to its end, and at the latest at the date in the key itself."""
        house = self.house
        authors = house.installed.parties.authors
        if house.phase("spring") in (*DEAD, State.RELEASED):
            assert not any(house.has_key(author, "spring") for author in authors)
        for house.clock.now in (ERASE_AT, RESULTS_UNTIL):
            house.settle()
            assert not any(house.has_key(author, "spring") for author in authors)
        assert house.log.copy().keys() <= {topics.ROUNDS}
        self.nobody_contradicts_herself()


def test_no_history_breaks_a_promise(moments_of_two: Moments) -> None:
    histories = type("Histories", (History,), {"moments": moments_of_two})
    run_state_machine_as_test(
        histories,
        settings=settings(
            max_examples=HISTORIES or 30,
            stateful_step_count=50 if HISTORIES else 30,
            derandomize=not HISTORIES,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
