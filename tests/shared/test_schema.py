import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields

from shared import dates
from shared.canonical import b64
from shared.schema import Bytes, Date, Flag, first_error, party_name, round_id, whole


class _Everything(Schema):
    key = Bytes(32)
    at = Date()
    flag = Flag()
    n = fields.Nested(Schema.from_dict({"n": whole(min=0, max=9)}))
    round = round_id()
    name = party_name()


def refused(**members: object) -> str:
    with pytest.raises(ValidationError) as error:
        _Everything().load({"round": "spring", "name": "gate"} | members)
    return first_error(error.value)


@settings(deadline=None)
@given(data=st.binary(min_size=32, max_size=32))
def test_bytes_stay_the_text_that_was_signed(data: bytes) -> None:
    loaded = _Everything().load({"round": "a", "name": "a", "key": b64(data)})
    assert loaded["key"] == b64(data)


@pytest.mark.parametrize("key", [b64(bytes(31)), b64(bytes(33)), b64(bytes(32)) + "=", "A" * 42 + "B", "", 7, None])
def test_bytes_of_another_length_or_spelling_are_refused(key: object) -> None:
    assert refused(key=key).startswith("key: ")


@pytest.mark.parametrize("at", ["2026-02-30T00:00:00Z", "2026-11-22 13:00:00Z", "2026-11-22T13:00:00+00:00", "", 7])
def test_dates_have_one_spelling(at: object) -> None:
    assert refused(at=at).startswith("at: ")
    assert _Everything().load({"round": "a", "name": "a", "at": dates.text(0)})["at"] == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("n", ["3", 3.0, True, None, -1, 10, [3]])
def test_whole_numbers_are_nothing_else(n: object) -> None:
    assert refused(n={"n": n}).startswith("n.n: ")


@pytest.mark.parametrize("flag", [0, 1, "true", None, 1.0])
def test_a_flag_is_true_or_false(flag: object) -> None:
    assert refused(flag=flag).startswith("flag: ")


@pytest.mark.parametrize("name", ["", "-a", "A", "a b", "a\n", "../a", "a" * 41, "a.b", "é"])
def test_names_that_become_files_and_topics_are_harmless(name: str) -> None:
    assert refused(round=name).startswith("round: ")
    assert refused(name=name).startswith("name: ")


def test_a_refusal_names_the_place_and_never_the_value() -> None:
    assert "secret" not in refused(key="secret", at="secret", flag="secret", n={"n": "secret"}, round="se cret")


def test_a_strangers_own_name_for_a_member_does_no_harm_in_a_log() -> None:
    shown = refused(**{"\x1b[2J\n" + "x" * 5000: 1})
    assert shown.isprintable()
    assert len(shown) < 100
