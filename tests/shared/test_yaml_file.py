from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.yaml_file import BadYaml, load

BAD = {
    "cut off": b"[1, 2",
    "tab": b"\tq0: 1",
    "not UTF-8": b"keep: \xff\xfe",
    "deep list": b"[" * 20_000,
    "deep mapping": b"{a: " * 5_000,
    "long number": b"q0: " + b"9" * 5_000,
    "key twice": b"q0: 1\nq0: 2",
    "key twice further in": b"title: {nl: a, en: b, nl: c}",
    "no key": b"? [1, 2]\n: 3",
    "object": b"q0: !!python/object/apply:os.getcwd []",
    "unknown tag": b"q0: !mine 1",
    "no date": b"keep: !!timestamp x",
    "no number": b"q0: !!int x",
    "no fraction": b"q0: !!float x",
    "no truth": b"q0: !!bool x",
    "no bytes": b"keep: !!binary x",
    "two documents": b"a: 1\n---\nb: 2",
    "control character": b"keep: a\x00b",
}


@pytest.mark.parametrize("name", BAD)
def test_whatever_is_wrong_is_one_kind_of_error_that_repeats_nothing(name: str) -> None:
    with pytest.raises(BadYaml, match="no YAML, or something is said twice") as refused:
        load(BAD[name])
    assert refused.value.__cause__ is None


@given(st.binary() | st.text())
def test_any_bytes_are_read_or_refused(text: str | bytes) -> None:
    with suppress(BadYaml):
        load(text)


def test_what_looks_like_a_date_is_a_text() -> None:
    assert load("opens: 2026-11-22 09:00\nkeep: 2026-99-99") == {"opens": "2026-11-22 09:00", "keep": "2026-99-99"}


def test_texts_and_numbers_are_what_they_look_like() -> None:
    assert load("q0: 4\nq1: 'nl 1'\nkeep: |\n  De lunch.\n") == {"q0": 4, "q1": "nl 1", "keep": "De lunch.\n"}
    assert load("q0: 4".encode("utf-16")) == {"q0": 4}
    assert load("") is None
