"""Opening and folding a whole batch: hostile contents, one release for one batch, and what a release does not tell."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aggregate import invariants, opening, prf
from services.aggregate.invariants import Violation
from services.aggregate.opening import Answer, Opener, Published, nothing, open_all, release, sealed
from shared import canonical, envelope, hpke, release_items
from shared.answers import ClosedAnswer, OpenAnswer
from shared.batch_items import Batch, Entry
from shared.release_items import NOTHING, Counted, Result
from shared.sealing_key import SealingKey
from tests.batches_made import honest, lot
from tests.rounds_made import MadeRound, make_round

PEOPLE: Mapping[tuple[str, ...], int] = {("Payments",): 14, ("Risk",): 12}
BATCH = bytes(range(32))


@cache
def made() -> MadeRound:
    return make_round(people=PEOPLE, changes={"cover": 0})  # Lots are drawn with a key that differs in each run.


@cache
def key() -> SealingKey:
    return SealingKey(made().aggregate_key.to_bytes(), made().manifest.draft.erase_at)


def opener() -> Opener:
    return Opener(key().secret, made().manifest.hash, made().manifest.draft.questionnaire.parts)


def published(batch: Batch, answers: list[Answer] | None = None) -> Published:
    found = open_all(opener(), list(sealed(batch))) if answers is None else answers
    return release(made().manifest, made().trees, batch, BATCH, key(), iter(found))


def encoded(of: Published) -> list[bytes]:
    return [
        *release_items.encode_numbers(of.numbers),
        *release_items.encode_words(of.words),
        *release_items.encode_counted(of.counted),
    ]


@cache
def mixed() -> Batch:
    """Everybody answers everything, not all the same."""
    people = [person.id for person in made().roster.people]
    closed = {person: made().closed(i % 5, i % 3, i % 4) for i, person in enumerate(people)}
    return honest(made(), closed, {person: made().words(f"Words {i}") for i, person in enumerate(people)})


def results(of: Published, node: int, unit: str = "safety") -> Result:
    return next(result for result in of.numbers.results if (result.node, result.unit) == (node, unit))


def test_the_release_tells_cells_histograms_and_words() -> None:
    of = published(mixed())
    assert [(cell.part, cell.node, cell.n) for cell in of.numbers.cells] == [
        (0, 1, 14),
        (0, 2, 12),
        (1, 1, 14),
        (1, 2, 12),
    ]
    assert results(of, 1).histograms == {"q0": (0, 3, 3, 3, 3, 2), "q1": (0, 5, 5, 4, 0, 0)}
    assert sorted(comment.text for comment in of.words) == sorted(f"Words {i}" for i in range(26))
    assert len(of.counted.counted) == 52
    assert of.counted.held_back == ()


def test_the_same_batch_and_key_give_the_same_bytes_whatever_the_order_of_opening() -> None:
    assert encoded(published(mixed())) == encoded(published(mixed()))
    chunks = list(sealed(mixed()))
    singly = [answer for one in chunks for answer in open_all(opener(), [one])]
    assert encoded(published(mixed(), singly)) == encoded(published(mixed()))


def test_another_batch_or_key_gives_the_comments_another_order() -> None:
    answers = open_all(opener(), list(sealed(mixed())))
    again = release(made().manifest, made().trees, mixed(), bytes(32), key(), iter(answers))
    other = SealingKey(bytes(31) + b"\1", key().erase_at)
    elsewhere = release(made().manifest, made().trees, mixed(), BATCH, other, iter(answers))
    orders = {tuple(c.text for c in of.words) for of in (again, elsewhere, published(mixed()))}
    assert len(orders) == 3


def seal_anyhow(plaintext: bytes, part: int, pk: bytes) -> bytes:
    """As a hostile client seals: whatever plaintext, under the round's real key and context."""
    manifest = made().manifest
    return envelope.seal_inner(manifest.aggregate_key, manifest.hash, part, pk, plaintext)


def hostile(part: int) -> Mapping[str, bytes]:
    """Inner layers that are no answer to the part, by what is wrong with them."""
    manifest, size = made().manifest, made().manifest.draft.questionnaire.parts[part].size
    pk = made().member("p0").pk(part)
    good = (made().closed(1, 2, 3), made().words("Mine"))[part]
    plaintexts = {
        "longer": good + b"\0",
        "shorter": good[:-1],
        "empty": b"",
        "option beyond the last": bytes([6]).ljust(size, b"\0"),
        "bytes behind the answers": good[:-1] + b"\1",
        "lone surrogate": b"\xed\xa0\x80".ljust(size, b"\0"),
        "not UTF-8": b"\xff\xfe".ljust(size, b"\0"),
        "overlong": b"\xc0\xaf".ljust(size, b"\0"),
        "control character": b"a\x07b".ljust(size, b"\0"),
        "escape sequence": b"\x1b[2J".ljust(size, b"\0"),
        "zero inside": b"a\0b".ljust(size, b"\0"),
        "right to left": "\u202eevil".encode().ljust(size, b"\0"),
        "not NFC": "e\u0301".encode().ljust(size, b"\0"),
        "carriage return": b"a\r\nb".ljust(size, b"\0"),
        "deep JSON": b"[" * size,
    }
    if part == 0:
        del plaintexts["empty"]
    sealed_for = {name: seal_anyhow(plaintext, part, pk) for name, plaintext in plaintexts.items()}
    other = made().member("p1").pk(part)
    return sealed_for | {
        "for another key": seal_anyhow(good, part, other),
        "for another part": envelope.seal_inner(manifest.aggregate_key, manifest.hash, 1 - part, pk, good),
        "for another round": envelope.seal_inner(manifest.aggregate_key, bytes(32), part, pk, good),
        "to another party": envelope.seal_inner(manifest.gate_key, manifest.hash, part, pk, good),
        "noise": bytes(range(256))[: size + hpke.OVERHEAD].ljust(size + hpke.OVERHEAD, b"x"),
        "zeros": bytes(size + hpke.OVERHEAD),
    }


def with_inner(batch: Batch, part: int, inner: bytes) -> Batch:
    """p0's inner layer replaced, whatever its length."""
    pk = made().member("p0").pk(part)
    lots = []
    for of in batch.lots:
        entries = [replace(e, inner=inner) if (of.part, e.pk) == (part, pk) else e for e in of.entries]
        lots.append(lot(of.part, of.node, entries))
    return Batch(tuple(lots), batch.held_back)


@pytest.mark.parametrize("name", sorted(hostile(0)))
def test_a_hostile_closed_answer_counts_as_no_answer_and_changes_nobody_elses(name: str) -> None:
    people = [person.id for person in made().roster.people]
    blank = {person: made().closed(i % 5, i % 3, i % 4) if i else made().closed() for i, person in enumerate(people)}
    expected = published(honest(made(), blank, {}))
    got = published(with_inner(honest(made(), blank, {}), 0, hostile(0)[name]))
    assert got.numbers == expected.numbers
    assert results(got, made().finest("p0", 0)).histograms["q0"][0] == 1


@pytest.mark.parametrize("name", sorted(hostile(1)))
def test_a_hostile_comment_is_left_out_and_changes_nobody_elses(name: str) -> None:
    got = published(with_inner(mixed(), 1, hostile(1)[name]))
    if name != "deep JSON":  # Which are words like any other.
        assert [c for c in published(mixed()).words if c.text != "Words 0"] == list(got.words)
    assert got.numbers == published(mixed()).numbers
    encoded(got)


def test_an_exception_of_any_kind_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Answer:
        raise RecursionError

    monkeypatch.setattr(opening, "decode", broken)
    assert set(open_all(opener(), list(sealed(mixed())))) == {None}


def swapped_in_a_cell(answers: list[Answer], of: Batch, draw: st.DataObject) -> list[Answer]:
    """The same answers, two of one lot exchanged: what nobody may notice."""
    starts = dict(zip(range(len(of.lots)), cumulative([len(lot.entries) for lot in of.lots]), strict=False))
    place = draw.draw(st.integers(0, len(of.lots) - 1))
    size = len(of.lots[place].entries)
    left, right = (starts[place] + draw.draw(st.integers(0, size - 1)) for _ in range(2))
    changed = list(answers)
    changed[left], changed[right] = changed[right], changed[left]
    return changed


def cumulative(sizes: list[int]) -> list[int]:
    return [sum(sizes[:at]) for at in range(len(sizes))]


def drawn_answers(draw: st.DataObject) -> list[Answer]:
    """An answer, or none, for each entry of `mixed`."""
    option = st.integers(0, 5)
    closed = st.one_of(st.none(), st.tuples(option, option, option).map(bytes).map(ClosedAnswer))
    words = st.one_of(st.none(), st.text("ab ", max_size=3).map(OpenAnswer))
    return [draw.draw(words if lot.part else closed) for lot in mixed().lots for _ in lot.entries]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_two_answers_of_a_cell_can_change_places_without_a_trace(draw: st.DataObject) -> None:
    answers = drawn_answers(draw)
    assert encoded(published(mixed(), answers)) == encoded(
        published(mixed(), swapped_in_a_cell(answers, mixed(), draw))
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_release_keeps_its_promises_and_can_be_read(draw: st.DataObject) -> None:
    of = published(mixed(), drawn_answers(draw))
    assert of.violation is None
    for result in of.numbers.results:
        for _, *options in result.histograms.values():
            assert sum(options) >= 5
            assert max(options) < sum(options)
    assert release_items.decode_numbers(list(release_items.encode_numbers(of.numbers))) == of.numbers
    assert release_items.decode_words(release_items.encode_words(of.words)) == of.words
    assert release_items.decode_counted(release_items.encode_counted(of.counted)) == of.counted


def test_a_broken_promise_publishes_nothing_but_the_counted_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = count()
    monkeypatch.setattr(invariants, "check", lambda *_: Violation.SMALL if next(calls) == 1 else None)
    of = published(mixed())
    assert of.violation is Violation.SMALL
    assert (of.numbers, of.words) == (NOTHING, ())
    everything = published_counted(mixed())
    assert of.counted == Counted((), everything)


def published_counted(batch: Batch) -> tuple[bytes, ...]:
    """The counted entries as the clients compute them."""
    manifest = made().manifest
    entries = [
        envelope.counted_entry(manifest.hash, lot.part, e.pk, e.inner) for lot in batch.lots for e in lot.entries
    ]
    return tuple(sorted(entries))


def test_without_the_key_all_entries_are_held_back() -> None:
    assert nothing(made().manifest, mixed()).counted == Counted((), published_counted(mixed()))


def test_what_was_held_back_stands_beside_what_was_counted() -> None:
    batch = honest(made(), {}, {f"p{number}": made().words("Few") for number in range(4)})
    assert published(batch).counted.held_back == batch.held_back[1]
    closed = {f"p{number}": made().closed(number % 4, 1 + number % 2, 2) for number in range(10)}
    both = honest(made(), closed, {"p0": made().words("Alone")})
    of = published(both)
    assert (len(of.counted.counted), len(of.counted.held_back)) == (10, 1)
    assert "Alone" not in b"".join(encoded(of)).decode("latin-1")


def test_nothing_of_a_single_answer_is_in_the_release() -> None:
    """No pk, token, signature or inner layer, nor eight bytes of any of them."""
    text = b"".join(encoded(published(mixed())))
    entry: Entry
    for of in mixed().lots:
        for entry in of.entries[:3]:
            for secret in (entry.pk, *entry.root, *(entry.cell or ()), entry.sig, entry.inner):
                assert all(secret[at : at + 8] not in text for at in range(len(secret) - 7))


def test_the_release_is_canonical_json() -> None:
    for item in release_items.encode_numbers(published(mixed()).numbers):
        assert canonical.dumps(canonical.loads(item)) == item


def test_the_lots_key_says_nothing_about_the_secret_and_differs_by_round() -> None:
    here = prf.lots_key(key().secret, made().manifest.hash)
    assert len(here) == 32
    assert here != key().secret
    assert here != prf.lots_key(key().secret, bytes(32))
    assert SealingKey.from_bytes(key().to_bytes()) == key()
    assert key().secret.hex() not in repr(key())
    assert repr(key().secret) not in repr(opener())
    with pytest.raises(ValueError, match="no sealing key"):
        SealingKey.from_bytes(key().secret)
