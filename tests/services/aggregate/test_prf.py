"""Draws by lot that are a function of a secret key."""

from dataclasses import replace
from hashlib import shake_256
from hmac import digest
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.aggregate.prf import Lots

KEY, BATCH = bytes(range(32)), bytes(range(100, 132))
LOTS = Lots(KEY, BATCH, 3, 5)
MANY = range(40_000)


def test_the_bytes_are_those_of_the_protocol() -> None:
    cover_key = digest(KEY, b"klankbord/1 cover" + BATCH + b"\x03" + b"trust", "sha256")
    stream = shake_256(cover_key).digest(8 * 1000)
    expected = {}
    for node in range(1000):
        x, y = stream[8 * node : 8 * node + 4], stream[8 * node + 4 : 8 * node + 8]
        if int.from_bytes(x, "big") < 2**32 * 5 // 100:
            zeros = len(bin(int.from_bytes(y, "big") + 2**32)[3:].split("1")[0])
            expected[node] = 2 + zeros // 2
    assert LOTS.cover("trust", range(1000)) == expected
    assert expected


def test_the_share_that_is_drawn_is_the_one_in_the_manifest() -> None:
    assert 0.046 < len(LOTS.cover("trust", MANY)) / len(MANY) < 0.054
    assert 0.48 < len(replace(LOTS, percent=50).cover("trust", MANY)) / len(MANY) < 0.52
    assert not replace(LOTS, percent=0).cover("trust", MANY)
    assert len(replace(LOTS, percent=100).cover("trust", MANY)) == len(MANY)


def test_a_drawn_cell_asks_for_one_more_in_a_quarter_of_the_cases_and_so_on() -> None:
    asked = replace(LOTS, percent=100).cover("trust", MANY).values()
    assert min(asked) == 2
    for more in (1, 2, 3):
        share = sum(cells - 1 > more for cells in asked) / len(MANY)
        assert abs(share - 4**-more) < 0.15 * 4**-more


def test_draws_depend_on_key_batch_part_and_unit_and_not_on_the_other_cells() -> None:
    drawn = LOTS.cover("trust", MANY)
    for other in (replace(LOTS, key=bytes(32)), replace(LOTS, batch=bytes(32)), replace(LOTS, part=4)):
        assert other.cover("trust", MANY) != drawn
    assert LOTS.cover("voice", MANY) != drawn
    some = range(0, 40_000, 7)
    assert LOTS.cover("trust", some) == {node: cells for node, cells in drawn.items() if node % 7 == 0}
    assert LOTS.cover("trust", []) == {}


@given(st.lists(st.text(max_size=5).filter(lambda t: not any("\ud800" <= c <= "\udfff" for c in t)), max_size=20))
def test_the_order_of_comments_does_not_depend_on_the_order_in_which_they_came(texts: list[str]) -> None:
    shuffled = LOTS.shuffled(7, texts)
    assert sorted(shuffled) == sorted(texts)
    assert LOTS.shuffled(7, Random(1).sample(texts, len(texts))) == shuffled


def test_comments_stand_in_another_order_in_every_cell_part_and_batch() -> None:
    texts = [f"comment {i}" for i in range(30)]
    orders = {
        LOTS.shuffled(7, texts),
        LOTS.shuffled(8, texts),
        replace(LOTS, part=4).shuffled(7, texts),
        replace(LOTS, batch=bytes(32)).shuffled(7, texts),
        replace(LOTS, key=bytes(32)).shuffled(7, texts),
        tuple(texts),
    }
    assert len(orders) == 6


def test_every_comment_stands_first_about_equally_often() -> None:
    texts = [f"comment {i}" for i in range(5)]
    first = [LOTS.shuffled(cell, texts)[0] for cell in range(5000)]
    assert all(900 < first.count(text) < 1100 for text in texts)


def test_the_key_shows_in_no_repr() -> None:
    assert repr(KEY) not in repr(LOTS)
    assert "key" not in repr(LOTS)
