"""Canonical JSON and base64url: one value, one spelling."""

import base64
import json
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import canonical

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-canonical.LARGEST, canonical.LARGEST)
    | st.text(st.characters(codec="utf-8"))
)
keys = st.text(st.characters(codec="ascii"))
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20)


@given(values)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert canonical.loads(canonical.dumps(value)) == value


@given(st.dictionaries(keys, scalars))
def test_the_order_in_which_a_record_was_filled_does_not_show(record: dict[str, Any]) -> None:
    assert canonical.dumps(dict(reversed(record.items()))) == canonical.dumps(record)


@given(values)
def test_any_other_spelling_of_a_value_is_refused(value: Any) -> None:
    written = canonical.dumps(value)
    for other in (json.dumps(value, indent=1), json.dumps(value), json.dumps(value, separators=(",", ":"))):
        if other.encode() != written:
            with pytest.raises(ValueError):
                canonical.loads(other.encode())


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, False, None], "": ""}, b'{"":"","a":[true,false,null],"b":1}'),
        ({"B": 1, "a": 2, "A": 3}, b'{"A":3,"B":1,"a":2}'),
        ("\u20ac\u00eb\U0001f600", '"\u20ac\u00eb\U0001f600"'.encode()),
        # The escapes of RFC 8785 section 3.2.2.2, with small hexadecimal digits; DEL and slash stand for themselves.
        ('\b\t\n\f\r"\\\x00\x1f\x7f/\u2028', b'"\\b\\t\\n\\f\\r\\"\\\\\\u0000\\u001f\x7f/\xe2\x80\xa8"'),
        (2**53 - 1, b"9007199254740991"),
        (-0, b"0"),
        ((1, 2), b"[1,2]"),
    ],
)
def test_values_are_written_as_rfc_8785_says(value: object, written: bytes) -> None:
    assert canonical.dumps(value) == written


def test_an_enum_of_words_is_written_as_its_word() -> None:
    class Kind(StrEnum):
        GROUP = "group"

    assert canonical.dumps({"kind": Kind.GROUP}) == b'{"kind":"group"}'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1 ",
        b"1.0",
        b"1e3",
        b"-0",
        b"01",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"\xc3\xab":1}',
        b'{"\\u0061":1}',
        b'"\\u00eb"',
        b'"\\/"',
        b'"\\u001F"',
        b'"\\ud83d\\ude00"',
        b'"\\ud800"',
        b'"\xed\xa0\x80"',
        b"\xff",
        b"\xef\xbb\xbf1",
        b'"\n"',
        b"[1,]",
        b"{}{}",
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_bytes_that_are_not_canonical_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        canonical.loads(data)


def test_values_may_be_nested_32_deep() -> None:
    data = b"[" * 32 + b"]" * 32
    assert canonical.dumps(canonical.loads(data)) == data


@pytest.mark.parametrize("value", [1.0, float("nan"), b"bytes", {1: 2}, {"a": {3}}, [object()], {None: 1}])
def test_types_that_json_does_not_have_are_a_mistake_of_the_caller(value: object) -> None:
    with pytest.raises(TypeError):
        canonical.dumps(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800", {"\ud800": 1}, {"\u00eb": 1}, [[2**64]]])
def test_values_that_a_reader_would_refuse_are_not_written(value: object) -> None:
    with pytest.raises(ValueError):
        canonical.dumps(value)


def test_a_value_that_contains_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ValueError, match="32"):
        canonical.dumps(value)


@given(st.binary())
def test_base64url_is_that_of_the_standard_library_without_padding(data: bytes) -> None:
    text = canonical.b64(data)
    assert text == base64.urlsafe_b64encode(data).decode().replace("=", "")
    assert canonical.unb64(text) == data


@given(st.text(st.sampled_from("ABab01-_+/= \n\u00e9"), max_size=9))
def test_base64url_of_any_other_spelling_is_refused(text: str) -> None:
    try:
        data = canonical.unb64(text)
    except ValueError:
        return
    assert canonical.b64(data) == text


@pytest.mark.parametrize("text", ["A", "AA==", "AB", "AAB", "AA\n", " AA", "+A", "/A", "\u0410A", 12, None, b"AA"])
def test_what_is_not_base64url_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="base64url"):
        canonical.unb64(text)
