"""Codes that people type: forgiving about how, strict about what."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes import ALPHABET, AccessCode, Code, Mistake, WalletCode, parse

SECRET = bytes(range(16))
kinds = st.sampled_from([AccessCode, WalletCode])
secrets = st.binary(min_size=16, max_size=16)


def other(kind: type[Code]) -> type[Code]:
    return WalletCode if kind is AccessCode else AccessCode


@given(kinds, secrets)
def test_what_is_printed_is_read_back(kind: type[Code], secret: bytes) -> None:
    assert parse(kind, kind(secret).text) == kind(secret)


@given(kinds, secrets, st.data())
def test_case_spaces_dashes_and_lookalikes_do_not_matter(kind: type[Code], secret: bytes, data: st.DataObject) -> None:
    lookalikes = {"0": "0Oo", "1": "1IiLl"}
    typed = ""
    for character in kind(secret).text.replace("-", ""):
        typed += data.draw(st.sampled_from(lookalikes.get(character, character + character.lower())))
        typed += data.draw(st.sampled_from(["", "", "", "-", " ", "\n", "\u00a0", "\u2011", "\u2013", " - "]))
    assert parse(kind, " " + typed) == kind(secret)


def checksum(label: bytes, characters: int) -> str:
    bits = "".join(f"{byte:08b}" for byte in sha256(label + SECRET).digest())
    return "".join(ALPHABET[int(bits[5 * i : 5 * i + 5], 2)] for i in range(characters))


def test_the_two_kinds_look_different() -> None:
    assert AccessCode(SECRET).text[-2:] == checksum(b"klankbord/1 access code", 2)
    assert WalletCode(SECRET).text[-4:] == checksum(b"klankbord/1 wallet code", 4)
    assert AccessCode(SECRET).text == "KA-000G-40R4-0M30-E209-185G-R38E-1WEP"
    assert WalletCode(SECRET).text == "KW-000G4-0R40M-30E20-9185G-R38E1-WCA21"


@given(kinds, secrets)
def test_the_other_kind_is_recognised_whatever_follows(kind: type[Code], secret: bytes) -> None:
    text = other(kind)(secret).text
    assert parse(kind, text) is Mistake.KIND
    assert parse(kind, text.lower()[:9]) is Mistake.KIND


@given(kinds, secrets)
def test_a_code_under_the_prefix_of_the_other_kind_is_no_code(kind: type[Code], secret: bytes) -> None:
    text = other(kind)(secret).text
    assert parse(kind, kind.prefix + text[2:]) is Mistake.LENGTH


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        ("", Mistake.PREFIX),
        ("hello", Mistake.PREFIX),
        ("000G-40R4-0M30-E209-185G-R38E-1WEP", Mistake.PREFIX),
        ("KW", Mistake.KIND),
        ("KA", Mistake.LENGTH),
        ("KA-000G-40R4-0M30-E209-185G-R38E-1WE", Mistake.LENGTH),
        ("KA-000G-40R4-0M30-E209-185G-R38E-1WEPP", Mistake.LENGTH),
        ("KA-000G-40R4-0M30-E209-185G-R38E-1WUP", Mistake.CHARACTER),
        ("KA-000G-40R4-0M30-E209-185G-R38E-1W_P", Mistake.CHARACTER),
        ("KA-000G-40R4-0M30-E209-185G-R38E-1W\u00ebP", Mistake.CHARACTER),
        ("KA-000G-40R4-0M30-E209-185G-R38E-1WER", Mistake.CHECKSUM),
        ("KA-000G-40R4-0M30-E209-185G-R38E-1XEP", Mistake.CHECKSUM),
        ("KA-00G0-40R4-0M30-E209-185G-R38E-1WEP", Mistake.CHECKSUM),
    ],
)
def test_each_mistake_is_named(typed: str, mistake: Mistake) -> None:
    assert parse(AccessCode, typed) is mistake


@given(kinds, st.text(max_size=20))
def test_any_text_gives_a_code_or_a_mistake(kind: type[Code], text: str) -> None:
    assert isinstance(parse(kind, kind.prefix + text), Mistake | Code)


def slips(text: str) -> list[str]:
    """All texts that differ from a code in one character behind the prefix, or in two neighbours swapped."""
    found = []
    for at in range(2, len(text)):
        found += [text[:at] + c + text[at + 1 :] for c in ALPHABET if c != text[at]]
        found.append(text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :])
    return [slip for slip in found if slip != text]


@pytest.mark.parametrize(("kind", "unnoticed"), [(AccessCode, 1 / 300), (WalletCode, 0)])
def test_slips_are_noticed(kind: type[Code], unnoticed: float) -> None:
    """Of the slips in an access code one in 1,024 is not noticed by its 10 bits, in a wallet code one in 10^6.

    A fixed code makes this a fact and not a chance; three times as many are allowed for.
    """
    accepted, tried = 0, 0
    for number in range(4):
        for slip in slips(kind(bytes([number]) * 16).text.replace("-", "")):
            tried += 1
            accepted += not isinstance(parse(kind, slip), Mistake)
    assert tried > 3000
    assert accepted <= tried * unnoticed


@given(kinds, secrets)
def test_bits_that_no_code_uses_must_be_zero(kind: type[Code], secret: bytes) -> None:
    text = kind(secret).text.replace("-", "")
    last = ALPHABET.index(text[27])
    for bits in (1, 2, 3):
        assert parse(kind, text[:27] + ALPHABET[last | bits] + text[28:]) is Mistake.CHECKSUM


@given(kinds, secrets)
def test_a_code_shows_itself_only_when_asked(kind: type[Code], secret: bytes) -> None:
    code = kind(secret)
    for shown in (repr(code), str(code), f"{code}", repr([code])):
        assert shown in (f"{kind.__name__}()", f"[{kind.__name__}()]")


def test_codes_are_equal_only_to_their_own_kind() -> None:
    assert AccessCode(SECRET) == AccessCode(bytes(range(16)))
    assert len({AccessCode(SECRET), AccessCode(bytes(range(16))), WalletCode(SECRET)}) == 2
    assert AccessCode(SECRET) != AccessCode(bytes(16))
    different: Any = WalletCode(SECRET)
    assert AccessCode(SECRET) != different


@given(kinds, st.binary().filter(lambda secret: len(secret) != 16))
def test_a_code_has_16_bytes(kind: type[Code], secret: bytes) -> None:
    with pytest.raises(ValueError, match="16"):
        kind(secret)
