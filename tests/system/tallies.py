"""Whether a release says exactly what the plain tally of the answers says, without any of the suite's own counting."""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from shared import bundle, records, release_items, topics
from shared.canonical import b64
from shared.questionnaire import PartKind
from shared.records import Kind
from shared.release_items import Comment, Counted, Numbers
from shared.rounds import RoundId
from tests.system.house import House
from tests.system.members import Vote


def released(house: House, round_id: RoundId) -> tuple[Numbers, tuple[Comment, ...], Counted]:
    """What the release in the log names. A bundle of nothing has no chunks, and so perhaps no topic."""
    record, copy = house.of(round_id).record(Kind.RELEASE), house.log.copy()
    assert record is not None

    def items(name: str, topic: str) -> list[bytes]:
        return bundle.unpack(record.body[name], [chunk for part in copy.get(topic, ()) for chunk in part])

    return (
        release_items.decode_numbers(items("cells", topics.releases(round_id))),
        release_items.decode_words(items("words", topics.words(round_id))),
        release_items.decode_counted(items("counted", topics.releases(round_id))),
    )


def bound_to(house: House, round_id: RoundId) -> list[bytes] | None:
    """The envelopes that the gate's cut stands for, if there is one: call it before anything else is appended.

    For one partition; the hash is computed anew.
    """
    path = house.folder / "gate" / "journal" / round_id / "cut.jws"
    if not path.exists():
        return None
    (partition,) = records.peek(path.read_bytes()).body["partitions"]
    envelopes = house.envelopes(round_id)[: partition["end"]]
    hashes = b"".join(sha256(envelope).digest() for envelope in envelopes)
    assert partition == {"end": len(envelopes), "count": len(envelopes), "sha256": b64(sha256(hashes).digest())}
    return envelopes


def check(house: House, round_id: RoundId, votes: Sequence[Vote]) -> None:
    """Every one of these votes counts once, and nothing else does."""
    numbers, words, counted = released(house, round_id)
    entries = Counter([*counted.counted, *counted.held_back])
    assert entries == Counter(vote.counted for vote in votes)
    for at, part in enumerate(house.manifest(round_id).draft.questionnaire.parts):
        of_part = [vote for vote in votes if vote.part == at]
        opened = len(of_part) if len(of_part) >= part.k else 0
        assert sum(cell.n for cell in numbers.cells if cell.part == at) == opened
        assert {vote.counted for vote in of_part} <= set(counted.counted if opened else counted.held_back)
        if part.kind is PartKind.OPEN:
            written = Counter(text for vote in of_part if opened and (text := vote.plaintext.rstrip(b"\0").decode()))
            assert Counter(comment.text for comment in words if comment.part == at) == written
            continue
        for place, question in enumerate(part.questions):
            published = [result.histograms for result in numbers.results if question.id in result.histograms]
            total = Counter[int]()
            for histograms in published:
                total.update(dict(enumerate(histograms[question.id])))
            # A question that would give somebody away has no result at all; part of one would be a mistake.
            assert not published or +total == Counter(vote.plaintext[place] for vote in of_part)
