"""What an issuer takes for a member's tokens, and for its keys. Aim: a collection within 1.5 times its signatures.

Run it with `python -m benchmarks issuer`. A collection is a whole request through the web application, with the code
looked up, the member marked in SQLite and counted on disk, both with fsync; three parts and a path of four levels make
15 signatures. It is measured once in a small company, and once where 100,000 members were served before.
"""

import os
from hashlib import sha256
from pathlib import Path
from secrets import randbelow
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

from sqlalchemy import insert

from services.issuer.core import called_for
from services.issuer.keys import RoundSecret
from services.issuer.making import KeyMaker
from services.issuer.planned import Address
from services.issuer.store import Store
from services.issuer.tables import SERVED
from shared import blind_rsa
from shared.canonical import b64
from tests.organisations import roster
from tests.rounds_made import questionnaire_body
from tests.services.issuer.issuers import Running, code_of, world

TEAMS = [(f"Division {a}", f"Department {b}", f"Team {c}") for a in "AB" for b in "CD" for c in "EF"]
SERVED_BEFORE = 100_000
KEYS = 128


def three_parts() -> dict[str, object]:
    """Three parts that all teams can have."""
    body = questionnaire_body()
    scores, words = body["parts"]
    more = {**words, "id": "more", "k": 5, "questions": [{"id": "more", "text": {"nl": "Wat moet weg", "en": "Go"}}]}
    return body | {"parts": [scores, {**words, "k": 5}, more]}


def collection(issuer: Running, person: str) -> tuple[float, float]:
    """Seconds of a first collection, and of its bare signatures."""
    live = issuer.desk._live["spring"]
    visitor = issuer.store.visitor("spring", sha256(code_of(person).secret).digest())
    secret = issuer.secrets.load("spring")
    assert visitor and visitor.member and secret
    addresses = called_for(live.composed.part_trees, visitor.member.node)
    keys = {at: secret.unwrap(at, wrapped) for at, wrapped in issuer.store.keys("spring").items()}
    blinded = [randbelow(2**2047).to_bytes(blind_rsa.SIZE) for _ in addresses]
    start = perf_counter()
    for at, message in zip(addresses, blinded, strict=True):
        blind_rsa.blind_sign(keys[at], message)
    bare = perf_counter() - start
    body = {"manifest": live.composed.manifest.fingerprint, "blinded": [b64(message) for message in blinded]}
    headers = {"Authorization": f"Bearer {code_of(person).text}"}
    start = perf_counter()
    answer = issuer.client.post("/rounds/spring/tokens", json=body, headers=headers)
    whole = perf_counter() - start
    assert answer.status_code == 200, answer.text
    assert len(answer.get_json()["signatures"]) == len(addresses) == 15
    return whole, bare


def report(title: str, issuer: Running, people: list[str]) -> None:
    measured = [collection(issuer, person) for person in people]
    whole, bare = (median(column) for column in zip(*measured, strict=True))
    ratio = median(one / other for one, other in measured)
    print(f"{title:32} {whole * 1000:6.1f} ms, 15 bare signatures {bare * 1000:6.1f} ms: {ratio:.2f} times")


def keys(store: Store, threads: int) -> None:
    maker, secret = KeyMaker(store, threads), RoundSecret.generate(f"keys-{threads}", keys_until=2**32)
    start = perf_counter()
    maker.make(secret, [Address(node, 0) for node in range(KEYS)])
    while maker.busy:
        sleep(1)
        print(f"  {store.count_keys(secret.round_id)} of {KEYS} keys are stored")
    per_key = (perf_counter() - start) / KEYS * 1000
    print(f"keys with {threads} threads: {per_key:.0f} ms each; 67,000 take {per_key * 67 / 60:.0f} minutes")


def main() -> None:
    with TemporaryDirectory() as folder:
        company = roster(dict.fromkeys(TEAMS, 9))
        made = world(Path(folder), company)
        made.agree(questionnaire=three_parts())
        people = [person.id for person in company.people]
        report("in a small company", made.lead, people[:30])
        rows = [{"round": "spring", "person": f"x{i}", "request": bytes(32)} for i in range(SERVED_BEFORE)]
        with made.lead.database.writing() as db:
            db.execute(insert(SERVED), rows)
        report("after 100,000 others", made.lead, people[30:60])
        for threads in (1, os.cpu_count() or 1):
            keys(made.lead.store, threads)
        made.stop()


if __name__ == "__main__":
    main()
