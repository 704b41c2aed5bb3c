"""Simulated employees: each uses the real client, over HTTP, with a wallet of her own in memory."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from clients.cli import answering
from clients.cli.client import Client
from clients.cli.outcomes import Refusal
from clients.cli.wallet import Wallet
from deploy.trial.story import TrueAnswers
from shared.codes import AccessCode
from shared.manifest import Manifest

AT_ONCE = 8
"""Employees that the simulation serves at the same time; more only wait for each other's processor."""

PAUSE = (0.0, 0.02)
"""Seconds between two parts of one person. A real client takes 2 to 8 s; here 135 people share ten seconds."""


@dataclass
class Turnout:
    """What really got through: the plain truth that a release can be compared with."""

    answered: dict[str, TrueAnswers] = field(default_factory=dict)
    """By person, those all of whose parts were acknowledged."""
    late: list[str] = field(default_factory=list)
    """Who was refused because the round had closed, on a very slow machine; some parts may have got through."""


def answer_all(
    client: Client,
    manifest: Manifest,
    codes: Mapping[str, Mapping[str, AccessCode]],
    answers: Mapping[str, TrueAnswers],
    now: Callable[[], float],
    progress: Callable[[int], None],
    wallets: dict[str, Wallet] | None = None,
) -> Turnout:
    """Let everybody in `answers` collect and answer. `codes`: by person and issuer. `progress`: how many are done.

    `wallets`, if handed in, keeps each person's wallet, for checking who was counted.
    """
    turnout, lock = Turnout(), threading.Lock()

    def one(person: str) -> None:
        wallet = Wallet()
        truth = answers[person]
        try:
            places = client.membership(manifest, codes[person])
            client.collect(manifest, places, codes[person], wallet)
            given = answering.plaintexts(manifest.draft.questionnaire, dict(truth.choices) | dict(truth.words))
            client.answer(manifest, wallet, given, now())
        except Refusal as refusal:
            if refusal.word not in ("closed", "not-collecting"):
                raise
            with lock:
                turnout.late.append(person)
            return
        with lock:
            turnout.answered[person] = truth
            if wallets is not None:
                wallets[person] = wallet
            progress(len(turnout.answered))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(one, person) for person in answers]:
            done.result()
    return turnout
