"""The search itself: what the other tests here find nowhere, they would find."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.privacy.needles import WINDOW, Needles

SPELLINGS: list[Callable[[bytes], bytes]] = [
    bytes,
    b64encode,
    lambda value: urlsafe_b64encode(value).rstrip(b"="),
    lambda value: value.hex().encode(),
    lambda value: value.hex().upper().encode(),
]
VALUES = st.binary(min_size=WINDOW, max_size=40)
AROUND = st.binary(max_size=20)


@given(VALUES, AROUND, AROUND, st.sampled_from(SPELLINGS))
def test_a_value_is_found_in_any_spelling_and_surroundings(
    value: bytes, before: bytes, after: bytes, spelled: Callable[[bytes], bytes]
) -> None:
    needles = Needles()
    needles.add("value", value)
    assert needles.within(before + spelled(value) + after) == {"value"}


@given(VALUES, AROUND, AROUND, st.sampled_from(SPELLINGS))
def test_a_value_is_found_inside_of_something_spelled_otherwise(
    value: bytes, before: bytes, after: bytes, spelled: Callable[[bytes], bytes]
) -> None:
    needles = Needles()
    needles.add("value", value)
    inside = urlsafe_b64encode(before + spelled(value) + after)
    assert needles.within(b'{"payload":"' + inside + b'"}') == {"value"}


def test_hashes_and_whole_values_are_found_under_their_names() -> None:
    needles = Needles()
    needles.add("code", b"the code of somebody", hashed=True)
    needles.add_whole("choices", b"[3,1,4,1,5]")
    assert needles.within(b"nothing of this") == set()
    assert needles.within(b"= [3,1,4,1,5]") == {"choices"}
    assert needles.within(b"[3,1,4,1,6]") == set()
    # As sha256sum prints it.
    assert needles.within(b"3a374edaa8cef384d49c616fa05f1af2  -") == {"SHA-256 of code"}


def test_what_is_too_short_to_be_told_from_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        Needles().add("id", b"p12")
