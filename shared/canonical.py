"""Canonical JSON: one value has one spelling, so that hashes and signatures over it mean something.

It is the subset of RFC 8785 (JCS) in which nothing is open to interpretation: keys are ASCII and sorted, there is no
white space, and numbers are whole and within ±(2^53 - 1), which every JavaScript client reads exactly.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, NoReturn

LARGEST = 2**53 - 1
"""The largest whole number that a JavaScript client holds exactly."""
DEPTH = 32
"""Most levels of nesting: no record of ours has ten, and unbounded nesting exhausts the reader's stack."""

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def dumps(value: object) -> bytes:
    """UTF-8 of `value`: dict with ASCII str keys, list or tuple, str, int, bool or None.

    Raises TypeError for any other type (floats and bytes too), ValueError for a value that has no canonical form.
    """
    _check(value, 0)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def loads(data: bytes) -> Any:
    """The value of canonical bytes; any other spelling of it raises ValueError, as do duplicate keys and floats.

    That `data` equals what `dumps` makes of the result is the whole check, so nothing can be read in two ways.
    """
    try:
        value = json.loads(data.decode(), parse_float=_refuse, parse_constant=_refuse)
        canonical = dumps(value) == data
    except (RecursionError, TypeError) as error:
        raise ValueError("no canonical JSON") from error
    if not canonical:
        raise ValueError("no canonical JSON")
    return value


def b64(data: bytes) -> str:
    """Base64url without padding (RFC 4648 section 5, RFC 7515 section 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of exactly what `b64` writes; ValueError for anything else, a value that is no string included."""
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise ValueError("no base64url")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64(data) != text:  # Unused bits of the last character must be zero, else one value has several spellings.
        raise ValueError("no base64url")
    return data


def _check(value: object, depth: int) -> None:
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise ValueError("a number beyond 2^53 - 1")
        return
    if depth == DEPTH:
        raise ValueError(f"nested more than {DEPTH} deep")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError("a key that is no string")
            if not key.isascii():
                raise ValueError("a key that is not ASCII")
            _check(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, depth + 1)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form")


def _refuse(_text: str) -> NoReturn:
    raise ValueError("numbers are whole")
