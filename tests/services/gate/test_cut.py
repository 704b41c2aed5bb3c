"""What a cut says of the envelopes, and what it notices when they change."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from services.gate.cut import Tape, end_of, reaches
from shared.canonical import b64
from shared.log.port import Entry

partitions = st.lists(st.lists(st.binary(max_size=20), max_size=6), min_size=1, max_size=4)


def entries(content: list[list[bytes]]) -> list[Entry]:
    return [Entry(n, offset, value) for n, values in enumerate(content) for offset, value in enumerate(values)]


def described(content: list[list[bytes]]) -> list[dict[str, object]]:
    tape = Tape(tuple(map(len, content)))
    assert list(tape.records(entries(content))) == [value for values in content for value in values]
    return tape.partitions


def test_a_cut_names_end_number_and_hash_of_each_partition() -> None:
    hashes = sha256(b"a").digest() + sha256(b"b").digest()
    assert described([[b"a", b"b"], []]) == [
        {"end": 2, "count": 2, "sha256": b64(sha256(hashes).digest())},
        {"end": 0, "count": 0, "sha256": b64(sha256(b"").digest())},
    ]


@given(partitions, st.data())
def test_no_record_can_be_changed_moved_added_or_left_out(content: list[list[bytes]], data: st.DataObject) -> None:
    other = [list(values) for values in content]
    number = data.draw(st.integers(0, len(other) - 1))
    values = other[number]
    match data.draw(st.sampled_from(["add", "remove", "change", "swap"])):
        case "add":
            values.insert(data.draw(st.integers(0, len(values))), data.draw(st.binary(max_size=20)))
        case "remove" if values:
            values.pop(data.draw(st.integers(0, len(values) - 1)))
        case "change" if values:
            values[data.draw(st.integers(0, len(values) - 1))] += b"!"
        case "swap":
            values.reverse()
    assert (described(other) == described(content)) == (other == content)


def test_a_topic_reaches_a_cut_if_no_partition_ends_before_it() -> None:
    cut = [{"end": 2}, {"end": 0}]
    assert end_of(cut) == (2, 0)
    assert reaches((2, 0), cut)
    assert reaches((3, 5), cut)
    for end in ((1, 9), (2,), (2, 0, 0)):
        assert not reaches(end, cut)
