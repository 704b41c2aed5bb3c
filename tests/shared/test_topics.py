from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import draft, topics
from shared.log.port import check_topic
from shared.schema import ROUND_ID
from tests.rounds_made import CLOSES, ERASE_AT, RESULTS_UNTIL, draft_body, installation

OF_ROUND = (topics.nodes, topics.envelopes, topics.batches, topics.releases, topics.words)


@settings(deadline=None)
@given(round_id=st.from_regex(ROUND_ID, fullmatch=True), other=st.from_regex(ROUND_ID, fullmatch=True))
def test_every_topic_of_every_round_has_a_name_of_its_own_that_the_log_takes(round_id: str, other: str) -> None:
    named = [name(of) for of in {round_id, other} for name in OF_ROUND]
    assert len({*named, topics.ROUNDS}) == len(named) + 1
    for name in (*named, topics.ROUNDS):
        check_topic(name)


@pytest.mark.parametrize(
    ("name", "when"),
    [
        (topics.nodes, RESULTS_UNTIL),
        (topics.envelopes, ERASE_AT),
        (topics.batches, ERASE_AT),
        (topics.releases, RESULTS_UNTIL),
        (topics.words, CLOSES + 86_400),
    ],
)
def test_each_topic_is_deleted_at_its_own_date(name: Callable[[str], str], when: int) -> None:
    body = draft_body(installation().parties, words_until="2026-03-10T10:00:00Z")
    assert topics.deletion(name("spring"), draft.parse(body)) == when


def test_the_records_stay_for_ever() -> None:
    assert topics.deletion(topics.ROUNDS, draft.parse(draft_body(installation().parties))) == float("inf")


def test_a_topic_that_is_not_ours_has_no_date() -> None:
    with pytest.raises(KeyError):
        topics.deletion("other.spring", draft.parse(draft_body(installation().parties)))
