"""The byte rule (docs/architecture.md): what is posted and what is published have nothing in common.

No field of an envelope or of a receipt, nor its SHA-256, shares 8 bytes with anything of the batch, the release, or a
line that gate, aggregate or report log at any level; public constants apart. So nobody who has both can lay them side
by side, whatever each was told.
"""

from collections.abc import Iterable
from hashlib import sha256

from shared.canonical import unb64
from shared.jws import peek
from tests.privacy.house import Followed
from tests.privacy.needles import all_windows, windows


def posted(whole: Followed) -> set[bytes]:
    """Every 8 bytes of all decoded fields of all envelopes and receipts, and of their hashes."""
    fields: list[bytes] = []
    texts: list[bytes] = []
    for member in whole.members:
        for sealed in member.sealed:
            body = sealed.body
            fields += [sealed.encoded, unb64(body["outer"]), unb64(body["a"]), *map(unb64, body["tokens"])]
        for receipt in member.receipts:
            _typ, payload = peek(receipt)
            signature = receipt.rpartition(".")[2]
            fields += [unb64(signature), unb64(payload["envelope"]), *map(str.encode, payload.values())]
            texts += [receipt.encode(), signature.encode()]
    hashes = [sha256(value).digest() for value in (*fields, *texts)]
    return {window for value in (*fields, *hashes) for window in windows(value)} - all_windows(whole.public)


def said(whole: Followed) -> list[bytes]:
    """What gate, aggregate, report and everything that they use have logged; the client's own library is not theirs."""
    return [line.encode() for name, lines in whole.said.items() if name != "httpx" for line in lines]


def in_common(whole: Followed, values: Iterable[bytes]) -> set[bytes]:
    return posted(whole) & all_windows(values)


def test_envelopes_and_receipts_share_no_eight_bytes_with_the_batch(whole: Followed) -> None:
    assert in_common(whole, whole.batch) == set()


def test_envelopes_and_receipts_share_no_eight_bytes_with_the_release(whole: Followed) -> None:
    assert in_common(whole, whole.release) == set()


def test_envelopes_and_receipts_share_no_eight_bytes_with_any_line_that_is_logged(whole: Followed) -> None:
    assert in_common(whole, said(whole)) == set()
    assert any(name.startswith("services.gate") for name in whole.said)


def test_the_rule_would_notice_what_breaks_it(whole: Followed) -> None:
    member = next(member for member in whole.members if member.sealed)
    ticket, sealed = member.tickets[0], member.sealed[0]
    for kept in (
        ticket.nonce[:8],
        sha256(ticket.nonce).hexdigest()[:16].encode(),
        b"posted " + sha256(sealed.encoded).hexdigest().encode(),
        ticket.admission[1][100:120],
        member.receipts[0][-40:].encode(),
        sha256(unb64(member.receipts[0].rpartition(".")[2])).digest(),
    ):
        assert in_common(whole, [kept]) != set()


def test_batch_and_release_are_those_of_the_envelopes(whole: Followed) -> None:
    """Else they would have nothing in common for another reason."""
    batch, release = all_windows(whole.batch), all_windows(whole.release)
    answered = [member for member in whole.members if member.sealed]
    assert len(answered) == 17
    for member in answered:
        for ticket, sealed in zip(member.tickets, member.sealed, strict=True):
            assert windows(ticket.sk.public_key().public_bytes_raw()) <= batch
            assert windows(sealed.counted) <= release
        assert windows(member.words.encode()) <= release
