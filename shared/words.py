"""Which characters people's words may contain, and when two questions are the same words (docs/protocol.md).

A client cleans before it seals; whoever opens only checks. Line breaks are LF, everything is in Unicode form NFC.
"""

import unicodedata

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""The twelve characters with the property Bidi_Control (UAX 9): they can make a text read other than it is."""

_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Controls, lone surrogates, and line breaks other than LF. Joiners (Cf) stay: emoji and several scripts need them."""

_BREAKS = ("\r\n", "\r", "\x85", "\u2028", "\u2029")


def clean_text(text: str) -> str:
    """What a client makes of typed words: NFC, LF for every line break, a space for a tab, no white space around.

    Characters that no answer may hold stay where they are, so that the client can point at them:
    see `refused_characters`.
    """
    for line_break in _BREAKS:
        text = text.replace(line_break, "\n")
    return unicodedata.normalize("NFC", text.replace("\t", " ")).strip()


def refused_characters(text: str) -> tuple[str, ...]:
    """The characters that may not be sent, each once, in order of appearance."""
    return tuple(dict.fromkeys(char for char in text if _is_refused(char)))


def _is_refused(char: str) -> bool:
    return char in _BIDI or (char != "\n" and unicodedata.category(char) in _REFUSED_CATEGORIES)


def is_sendable(text: str) -> bool:
    """True for text in NFC without refused characters; that it has been stripped is not asked."""
    return not any(map(_is_refused, text)) and unicodedata.is_normalized("NFC", text)


def folded(text: str) -> str:
    """`text` without its looks: NFKC, case folded, letters and digits only; may be empty.

    Two questions with the same folded text count as one question, so that a comma or a capital does not let
    the same people be asked twice.
    """
    folded_case = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in unicodedata.normalize("NFKC", folded_case) if unicodedata.category(char)[0] in "LN")
