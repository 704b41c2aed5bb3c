"""Nothing that is handed on tells in which order people came, and nothing that is kept after closing.

Envelopes lie in the log as they arrive, and the gate reads them there; what comes after it is in another order.
"""

from shared import batch_items, bundle, release_items
from shared.batch_items import Batch
from shared.jws import peek
from shared.release_items import Comment
from tests.privacy.house import Followed


def batch(whole: Followed) -> Batch:
    signed, *records = whole.batch
    return batch_items.decode(bundle.unpack(peek(signed.decode())[1]["body"]["bundle"], records), whole.composed)


def comments(whole: Followed) -> tuple[Comment, ...]:
    _, signed, *records = whole.release
    return release_items.decode_words(bundle.unpack(peek(signed.decode())[1]["body"]["words"], records))


def test_lots_are_in_the_order_of_random_keys(whole: Followed) -> None:
    came = [ticket.sk.public_key().public_bytes_raw() for member in whole.members for ticket in member.tickets]
    for lot in batch(whole).lots:
        keys = [entry.pk for entry in lot.entries]
        assert len(keys) >= 5
        assert keys == sorted(keys) != [key for key in came if key in keys]


def test_comments_are_in_an_order_that_is_neither_that_of_the_lots_nor_that_of_arrival(whole: Followed) -> None:
    said = [comment.text for comment in comments(whole)]
    came = {member.words: member for member in whole.members if member.sealed}
    assert sorted(said) == sorted(came)
    of_lots = sorted(said, key=lambda text: came[text].tickets[1].sk.public_key().public_bytes_raw())
    assert said not in (list(came), of_lots, sorted(said))


def test_the_list_of_what_counted_is_sorted(whole: Followed) -> None:
    _, signed, *records = whole.release
    items = bundle.unpack(peek(signed.decode())[1]["body"]["counted"], records)
    assert len(items) == 34
    assert items == sorted(items)


def test_from_closing_on_no_file_tells_in_which_order_people_collected(whole: Followed) -> None:
    """Rows lie in the order of names: neither where they lie in a page nor an older copy of it tells more."""
    collected = [member.person for member in whole.members]
    for issuer in (0, 1):
        name = whole.services[issuer]
        digests = {member.person: member.requests[issuer] for member in whole.members}
        home = whole.copies["released"] / name
        raw, ahead = (home / "issuer.db").read_bytes(), (home / "issuer.db-wal").read_bytes()
        assert all(raw.count(digest) == 1 and digest not in ahead for digest in digests.values())
        lying = [person for _, person in sorted((raw.index(digest), person) for person, digest in digests.items())]
        assert lying in (sorted(collected), sorted(collected, reverse=True))
        assert collected not in (sorted(collected), sorted(collected, reverse=True))
