"""What an issuer does by itself: plan and offer, propose if it leads, accept or refuse, destroy what has had its time.

Each look at the log (`tick`) destroys keys first, then appends what was said before and is not in the log yet, and
only then says anything new.

Of several processes of one issuer (docs/decisions/0007-replicas-share-one-home.md) one leads and does all of this; the
others destroy keys too, for keys wait for nobody, tell their desks what the log says, and lead when nobody else does.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from services.issuer import core, offering
from services.issuer.desk import Desk, Live
from services.issuer.keys import DamagedKey, Secrets
from services.issuer.making import KeyMaker
from services.issuer.metrics import Metrics
from services.issuer.people import People
from services.issuer.plan import PlanError
from services.issuer.store import Shares, Store
from services.issuer.unavailable import DatabaseUnavailable
from shared import topics
from shared.agreeing import VoidReason, acceptable_draft, decide, may_offer
from shared.apart import Apart
from shared.author import Author
from shared.bundle import BrokenBundle
from shared.compositions import Compositions
from shared.log.port import Log, NoSuchTopic
from shared.manifest import BadManifest
from shared.nodes import BadNodes
from shared.reading import CHANGED_PAST, RoundsReader
from shared.records import Kind
from shared.rounds import Fold, Round, RoundId, State

_LOG = logging.getLogger(__name__)

_BEFORE_AGREED = frozenset({State.DRAFTED, State.OFFERED, State.PROPOSED})


class Loop:
    """One issuer's part in all rounds; one thread calls `tick`."""

    def __init__(
        self,
        name: str,
        log: Log,
        reader: RoundsReader,
        author: Author,
        people: People,
        store: Store,
        secrets: Secrets,
        maker: KeyMaker,
        desk: Desk,
        metrics: Metrics,
        clock: Callable[[], float],
    ) -> None:
        self._name = name
        self._log = log
        self._reader = reader
        self._author = author
        self._people = people
        self._store = store
        self._secrets = secrets
        self._maker = maker
        self._desk = desk
        self._metrics = metrics
        self._clock = clock
        self._compositions = Compositions(log)
        self._live: dict[RoundId, Live] = {}
        self._deleted: set[RoundId] = set()
        self._warned: set[str] = set()
        self._warned_before: set[str] = set()
        self._changed_pasts = 0
        self._leads = False

    def tick(self) -> None:
        """Once; LogUnavailable, DatabaseUnavailable, OSError, RoundsWait: what is left is done next time."""
        now = self._clock()
        self._warned_before, self._warned = self._warned, set()
        away = self._destroy(now)
        apart = Apart(self._check_log)
        if leads := self._lead():
            for trouble in self._author.reconcile(self._reader.refresh(), now, apart.round):
                self._metrics.alarm(trouble.round_id, trouble.trouble)
        fold = self._reader.refresh()
        if self._reader.changed_pasts > self._changed_pasts:
            self._changed_pasts = self._reader.changed_pasts
            self._deleted.clear()  # What was deleted may be back.
            self._metrics.alarm(None, CHANGED_PAST)
        for alarm in fold.alarms:
            self._metrics.alarm(alarm.round_id, alarm.reason)
        for of in fold.rounds.values():
            if leads and self._name in of.parties.issuer_names:
                if of.id not in apart.waiting:
                    with apart.round(of.id):
                        self._work(fold, of, now)
                with apart.round(of.id):
                    self._delete_due(of, now)
        self._show(fold, now, apart)
        self._check_log()
        if away is not None:
            raise away
        apart.finish()

    def _check_log(self) -> None:
        """Whoever may not append is to hear of it in time; LogUnavailable."""
        with suppress(NoSuchTopic):  # Its author makes it.
            self._log.append(topics.ROUNDS)

    def _lead(self) -> bool:
        if not self._leads and self._author.leads():
            self._leads = True
            # What lies there unfinished is no longer anybody's work.
            self._secrets.tidy()
            self._metrics.leads()
        return self._leads

    def _warn(self, text: str) -> None:
        """One line, not one at each look for as long as it stays so."""
        if text not in self._warned_before | self._warned:
            _LOG.warning(text)
        self._warned.add(text)

    def _destroy(self, now: float) -> DatabaseUnavailable | None:
        """Keys and rows whose time is over. Members were told before: the desk shows what the last tick saw.

        What is returned has kept rows from being erased; it need not keep anybody from looking at the log.
        """
        gone = self._destroy_keys(now)
        try:
            for round_id in gone:
                self._store.drop_keys(round_id)
            for round_id, (keys_until, erase_at) in self._store.dates().items():
                if now >= erase_at:
                    self._store.erase(round_id)
                elif now >= keys_until and self._store.count_keys(round_id):
                    self._store.drop_keys(round_id)  # The process ended between the two above.
        except DatabaseUnavailable as error:
            return error
        try:
            self._store.tidy()
        except DatabaseUnavailable as error:
            self._warn(f"what was deleted lies in the database's files for now: {error}")
        return None

    def _destroy_keys(self, now: float) -> list[RoundId]:
        """Those whose time is over, whose rounds are returned; the log is not asked, nor is the database."""
        gone = []
        for round_id in self._secrets.rounds():
            secret = self._secrets.load(round_id)
            if secret is None or core.keys_must_go(self._reader.fold.rounds.get(round_id), secret.keys_until, now):
                self._maker.cancel(round_id)
                self._secrets.destroy(round_id)
                _LOG.info("the keys of %s are destroyed", round_id)
                gone.append(round_id)
        return gone

    def _work(self, fold: Fold, of: Round, now: float) -> None:
        """What is due for one round."""
        if of.phase in _BEFORE_AGREED and now >= of.draft.opens:
            self._void(of, VoidReason.LATE, "Not everybody had accepted when the round should have opened.")
        elif of.phase is State.DRAFTED:
            self._offer(of, now)
        elif of.phase is State.OFFERED and of.parties.lead.name == self._name:
            self._propose(of)
        elif of.phase is State.PROPOSED:
            if why := decide(fold, of, self._author, self._compositions, now):
                self._store.set_note(of.id, why)
        elif of.phase is State.VOID:
            self._explain(of)
        if of.agreed:
            self._share(of, now)

    def _delete_due(self, of: Round, now: float) -> None:
        """The round's nodes at their date, whatever else of it waits."""
        if now >= of.draft.results_until and of.id not in self._deleted:
            self._author.forget_chunks(of.id, topics.nodes(of.id))
            self._log.delete(topics.nodes(of.id))
            self._deleted.add(of.id)

    def _void(self, of: Round, reason: VoidReason, note: str) -> None:
        if not self._author.said(of.id, Kind.VOID):
            self._store.set_note(of.id, note)
            self._author.say(of.id, Kind.VOID, {"reason": reason})

    def _offer(self, of: Round, now: float) -> None:
        """Plan once, make keys in the background, and offer when all are there."""
        if not may_offer(of, self._author):
            return
        if wrong := acceptable_draft(of, now):
            self._void(of, VoidReason.BAD_DRAFT, wrong)
            return
        drafted = of.there(Kind.DRAFT)
        planned = self._store.planned(of.id)
        if planned is not None and planned.draft != drafted.digest:
            # Made for a draft that the log no longer shows, and never offered.
            self._maker.cancel(of.id)
            self._secrets.destroy(of.id)
            self._store.erase(of.id)
            planned = None
        if planned is None:
            if (roster := self._people.roster()) is None:
                return
            try:
                planned, places = offering.prepare(of.id, drafted.digest, of.draft, roster)
            except PlanError as error:
                self._void(of, VoidReason.ROSTER, str(error))
                return
            self._store.add(planned, places, roster)
        if (secret := self._secrets.load(of.id)) is None:
            # Keys that another file wrapped are of no use, and nobody has seen them.
            self._store.drop_keys(of.id)
            secret = self._secrets.create(of.id, planned.keys_until)
        if self._store.count_keys(of.id) < planned.keys:
            if not self._maker.busy:
                self._maker.make(secret, core.addresses(planned.trees()))
            return
        try:
            keys = {at: secret.unwrap(at, wrapped) for at, wrapped in self._store.keys(of.id).items()}
        except DamagedKey:
            self._store.drop_keys(of.id)
            return
        body, chunks = offering.offer(planned, keys, secret, self._store.names_by_node(of.id))
        self._author.say(of.id, Kind.OFFER, body, {topics.nodes(of.id): chunks})

    def _propose(self, of: Round) -> None:
        """The lead issuer's manifest of all offers, or `void` where the issuers' rosters tell of other groups."""
        if self._author.said(of.id, Kind.MANIFEST) or self._author.said(of.id, Kind.VOID):
            return
        try:
            manifest = self._compositions.recompute(of, self._compositions.offered(of)).manifest
        except BrokenBundle:
            return
        except BadNodes as error:
            self._void(of, VoidReason.TREES_DIFFER, str(error))
        except BadManifest as error:
            self._void(of, VoidReason.BAD_MANIFEST, str(error))
        else:
            self._author.say(of.id, Kind.MANIFEST, {"manifest": manifest.body})

    def _explain(self, of: Round) -> None:
        """Tell HR where the trees differ, if the lead issuer says that they do: each issuer corrects its own roster."""
        void = of.record(Kind.VOID, of.parties.lead.name)
        if void is None or void.body["reason"] != VoidReason.TREES_DIFFER or self._store.note(of.id) is not None:
            return
        note = ""
        try:
            self._compositions.recompute(of, self._compositions.offered(of))
        except (BadNodes, BadManifest, BrokenBundle) as error:
            note = str(error) if isinstance(error, BadNodes) else note
        self._store.set_note(of.id, note)

    def _share(self, of: Round, now: float) -> None:
        """Note the share who have collected: once a day, for whoever saw it move would see who moved it."""
        day = int(now // core.DAY)
        known = self._store.shares(of.id)
        if known is not None and known.day >= day and not of.parties.trial:
            return
        if (planned := self._store.planned(of.id)) is not None:
            counted, collected = self._store.served(of.id), self._store.collected(of.id)
            if sum(collected.values()) < counted:
                # Somebody took rows out, so that a member could collect twice.
                self._metrics.alarm(of.id, core.Fault.RESTORED)
            percent = core.shares(planned.nodes, collected)
            if known is None or known.percent != percent or known.day != day:
                self._store.set_shares(of.id, Shares(day, percent))

    def _show(self, fold: Fold, now: float, apart: Apart) -> None:
        """Tell the desk what the log says now."""
        rounds = dict(fold.rounds)
        live: dict[RoundId, Live] = {}
        for of in rounds.values():
            if of.phase is State.SCHEDULED and self._name in of.parties.issuer_names:
                try:
                    shown = self._with_groups(of, apart)
                except (BrokenBundle, BadManifest, BadNodes) as error:
                    self._warn(f"the groups of {of.id} cannot be shown: {error}")
                    continue
                if shown is not None:
                    live[of.id] = shown
        self._live = live
        self._desk.show(rounds, live)
        states = [str(of.state(now)) for of in rounds.values()]
        self._metrics.looked(now, states, len(self._secrets.rounds()), len(apart.waiting))
        self._metrics.made(self._maker.made, self._maker.seconds)

    def _with_groups(self, of: Round, apart: Apart) -> Live | None:
        """The round with its groups; where their topic cannot be read, those that were known before, if any were."""
        known, composed = self._live.get(of.id), None
        with apart.round(of.id):
            composed = self._compositions.of(of)
        if known is not None and of.manifest is not None and known.composed.manifest.hash == of.manifest.hash:
            return replace(known, of=of)
        return Live.build(of, composed) if composed is not None else None
