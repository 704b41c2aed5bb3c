"""The plaintext of an answer: what is sealed for aggregate (docs/protocol.md, "Envelope").

    closed part   one byte per question, in the part's order: 0 = no answer, else 1 + option; zeros up to the size
    open part     UTF-8, NFC, LF, no control or bidi characters; zeros up to the size

All plaintexts of a part have one length. An empty text, and zeros only, mean "no answer".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import gt

from shared.questionnaire import Part, PartKind
from shared.words import is_sendable


class Invalid(ValueError):
    """This is not an answer to this part. Says nothing more: reasons would tell about content."""


class TooLong(ValueError):
    """The text does not fit in the part; `over` is the number of UTF-8 bytes to take away."""

    def __init__(self, over: int) -> None:
        super().__init__(f"{over} bytes too long")
        self.over = over


@dataclass(frozen=True, slots=True)
class ClosedAnswer:
    """One person's choices: a byte per question, 0 = no answer, else 1 + option."""

    choices: bytes = field(repr=False)

    @property
    def options(self) -> tuple[int | None, ...]:
        """Per question the chosen option, counted from 0, or None."""
        return tuple(choice - 1 if choice else None for choice in self.choices)


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """One person's words; empty = no answer."""

    text: str = field(repr=False)


def encode_closed(part: Part, options: Mapping[str, int | None]) -> bytes:
    """The plaintext of `options` (question id -> option counted from 0, None or absent for no answer).

    Invalid for a question that is not in the part and for an option that it does not have.
    """
    left = dict(options)
    choices = bytearray(part.size)
    for place, (question, limit) in enumerate(zip(part.questions, part.limits, strict=True)):
        option = left.pop(question.id, None)
        if option is None:
            continue
        if type(option) is not int or not 0 <= option < limit:
            raise Invalid
        choices[place] = option + 1
    if left:
        raise Invalid
    return bytes(choices)


def encode_open(part: Part, text: str) -> bytes:
    """The plaintext of `text`, which shared.words.clean_text has cleaned.

    TooLong if it does not fit; Invalid if it holds refused characters (shared.words.refused_characters lists them)
    or is not in NFC.
    """
    if not is_sendable(text):
        raise Invalid
    body = text.encode()
    if len(body) > part.size:
        raise TooLong(len(body) - part.size)
    return body.ljust(part.size, b"\0")


def decode(part: Part, plaintext: bytes) -> ClosedAnswer | OpenAnswer:
    """What `plaintext` says; Invalid for every irregularity. Nothing is mended: a client that errs must be seen to."""
    if len(plaintext) != part.size:
        raise Invalid
    if part.kind is PartKind.OPEN:
        return OpenAnswer(_text(plaintext.rstrip(b"\0")))
    width = len(part.questions)
    choices = plaintext[:width]
    if plaintext[width:].strip(b"\0") or any(map(gt, choices, part.limits)):
        raise Invalid
    return ClosedAnswer(choices)


def _text(body: bytes) -> str:
    try:
        text = body.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Invalid from None
    if not is_sendable(text):
        raise Invalid
    return text
