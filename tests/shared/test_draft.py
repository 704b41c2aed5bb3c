from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import canonical, dates, draft
from shared.draft import (
    ERASE_WITHIN,
    GRACE_FLOOR,
    LONGEST,
    MAX_BYTES,
    REPEAT_DAYS,
    RESULTS_WITHIN,
    BadDraft,
    DraftProblem,
    check,
    parse,
)
from shared.jws import sign
from shared.log.port import MAX_RECORD
from tests.keys import ed25519_key
from tests.rounds_made import (
    CLOSES,
    ERASE_AT,
    NOW,
    OPENS,
    RESULTS_UNTIL,
    draft_body,
    installation,
    long_questionnaire_body,
    questionnaire_body,
)

PARTIES = installation().parties


def body(**changes: Any) -> dict[str, Any]:
    return draft_body(PARTIES, **{name: _text(value) for name, value in changes.items()})


def _text(value: Any) -> Any:
    """POSIX seconds stand for a date."""
    return dates.text(value) if isinstance(value, int) and value > 10**6 else value


def problem(trial: bool = False, now: float = NOW, **changes: Any) -> DraftProblem | None:
    try:
        check(parse(body(**changes)), trial=trial, now=now)
    except BadDraft as error:
        return error.reason
    return None


def test_a_draft_knows_its_dates_in_posix_seconds() -> None:
    drafted = parse(body())
    assert (drafted.opens, drafted.closes, drafted.erase_at) == (OPENS, CLOSES, ERASE_AT)
    assert drafted.counting_from == CLOSES + 300
    assert drafted.quiet_until == CLOSES + 14 * 86_400
    assert drafted.smallest_k == 5
    assert (drafted.rate, drafted.cover) == (75, 5)
    assert problem() is None


@pytest.mark.parametrize(
    "changes",
    [
        {"answer_from": OPENS - 1},
        {"answer_from": CLOSES},
        {"closes": OPENS},
        {"closes": OPENS - 1, "answer_from": OPENS},
        {"erase_at": CLOSES + 300},
        {"erase_at": RESULTS_UNTIL + 1},
        {"words_until": CLOSES + 300},
        {"words_until": RESULTS_UNTIL + 1},
        {"results_until": ERASE_AT - 1, "words_until": CLOSES + 86_400},
    ],
    ids=str,
)
def test_each_date_has_its_place(changes: dict[str, Any]) -> None:
    for trial in (True, False):
        assert problem(trial, **changes) is DraftProblem.DATES


def test_dates_may_stand_as_close_as_they_can() -> None:
    end = CLOSES + 301
    assert problem(answer_from=CLOSES - 1, erase_at=end, words_until=end, results_until=end) is None


@pytest.mark.parametrize(
    ("changes", "over"),
    [
        (
            {"closes": OPENS + LONGEST, "erase_at": OPENS + LONGEST + 9999, "results_until": OPENS + 2 * LONGEST},
            "closes",
        ),
        ({"erase_at": CLOSES + ERASE_WITHIN}, "erase_at"),
        ({"results_until": CLOSES + RESULTS_WITHIN}, "results_until"),
    ],
)
def test_nothing_is_kept_or_asked_for_an_absurd_time(changes: dict[str, Any], over: str) -> None:
    changes = changes | {"words_until": CLOSES + LONGEST + 9999}
    if over != "closes":
        changes |= {"words_until": CLOSES + 9999}
    assert problem(**changes) is None
    assert problem(**changes | {over: changes[over] + 1}) is DraftProblem.DATES
    assert problem(**changes | {over: dates.parse("9999-12-31T23:59:59Z")}) is DraftProblem.DATES


def test_the_opening_lies_in_the_future_however_far() -> None:
    assert problem(now=OPENS - 1) is None
    assert problem(now=OPENS) is DraftProblem.LATE
    far = dates.parse("9990-01-01T00:00:00Z")
    later: dict[str, Any] = {
        name: far + 86_400 * days for days, name in enumerate(("opens", "answer_from", "closes", "erase_at"))
    }
    assert problem(**later, words_until=far + 86_400 * 5, results_until=far + 86_400 * 6) is None


def test_floors_hold_except_in_a_trial() -> None:
    low: list[dict[str, Any]] = [{"grace": GRACE_FLOOR - 1}, {"repeat_days": REPEAT_DAYS - 1}]
    for changes in low:
        assert problem(**changes) is DraftProblem.FLOOR
        assert problem(trial=True, **changes) is None
    assert problem(grace=GRACE_FLOOR, repeat_days=REPEAT_DAYS) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"generation": "1"},
        {"generation": 0},
        {"period": ""},
        {"period": "x" * 41},
        {"title": {"nl": "alleen Nederlands"}},
        {"contact": {}},
        {"questionnaire": {}},
        {"questionnaire": []},
        {"rate": 81},
        {"rate": 0},
        {"cover": 51},
        {"cover": -1},
        {"opens": "morgen"},
        {"opens": None},
        {"grace": 0},
        {"grace": 86_401},
        {"repeat_days": -1},
        {"repeat_days": 401},
        {"more": 1},
    ],
    ids=str,
)
def test_a_draft_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadDraft) as error:
        parse(body(**changes))
    assert error.value.reason is DraftProblem.MALFORMED


def test_the_parties_are_named_by_their_digest() -> None:
    with pytest.raises(BadDraft):
        parse(body() | {"parties": "short"})


@pytest.mark.parametrize("name", body())
def test_every_member_of_a_draft_is_needed(name: str) -> None:
    with pytest.raises(BadDraft):
        parse({other: value for other, value in body().items() if other != name})


@pytest.mark.parametrize("scale", ["é", "a" * 50])
def test_what_cannot_be_signed_is_refused_before_anybody_signs_it(scale: str) -> None:
    asked = questionnaire_body()
    asked["answer_scales"][scale] = asked["answer_scales"]["agree5"]
    with pytest.raises(BadDraft):
        parse(body(questionnaire=asked))


def test_k_has_a_floor_that_no_draft_and_no_trial_lowers() -> None:
    asked = questionnaire_body()
    asked["parts"][0]["k"] = 4
    with pytest.raises(BadDraft):
        parse(body(questionnaire=asked))


def large(labels: int) -> dict[str, Any]:
    """A draft that grows by about 3 kB with each answer scale."""
    asked = questionnaire_body()
    labelled = {language: [f"{language} {step} ".ljust(80, "x") for step in range(18)] for language in ("nl", "en")}
    asked["answer_scales"] |= {f"s{number}": {"kind": "agree", "labels": labelled} for number in range(labels)}
    text = {"nl": "é" * 4000, "en": "é" * 4000}
    return body(questionnaire=asked, title=text, contact={"counsellor": text, "channel": text})


def test_the_largest_draft_fits_a_record_of_the_log_also_within_a_manifest() -> None:
    fits = large(44)
    assert parse(fits)
    size = len(canonical.dumps(fits))
    assert MAX_BYTES * 0.6 < size <= MAX_BYTES
    padded = fits | {"padding": "x" * (MAX_BYTES - size + 8 * 400 + 2000)}
    assert len(sign("klankbord-manifest", padded, ed25519_key(0))) < MAX_RECORD


def test_a_draft_that_would_not_fit_is_refused() -> None:
    with pytest.raises(BadDraft, match="bytes"):
        parse(body(questionnaire=long_questionnaire_body(14)))


# Asking twice.


@settings(deadline=None)
@given(gap=st.integers(-40, 40), days=st.integers(14, 30), other_days=st.integers(14, 30))
def test_the_quiet_time_of_either_round_keeps_the_other_away(gap: int, days: int, other_days: int) -> None:
    """`gap`: days from the closing of the first to the opening of the second."""
    first = parse(body(repeat_days=days))
    shift = CLOSES - OPENS + gap * 86_400
    moved = {name: dates.text(dates.parse(body()[name]) + shift) for name in ("opens", "answer_from", "closes")}
    second = parse(draft_body(PARTIES, **moved, repeat_days=other_days))
    week = (CLOSES - OPENS) // 86_400
    apart = gap > days or -gap - 2 * week > other_days
    assert first.repeats(second) is second.repeats(first) is not apart


def test_a_question_is_known_by_its_id_and_by_its_words_in_any_language() -> None:
    first = parse(body())

    def asks(**question: Any) -> draft.Draft:
        asked = questionnaire_body("2")
        asked["parts"][1]["questions"][0] |= question
        return parse(body(questionnaire=asked))

    assert not first.repeats(asks())
    assert first.repeats(asks(id="q0"))
    assert first.repeats(asks(text={"nl": "VRAAG, 1!", "en": "new"}))
    assert first.repeats(asks(text={"nl": "nieuw", "en": "vraag 1 in english"}))
    assert first.repeats(asks(text={"nl": "nieuw", "en": "Vraag 1"})), "the Dutch words as English ones"
    assert not first.repeats(asks(text={"nl": "nieuw", "en": "new"}))


@settings(deadline=None)
@given(grace=st.integers(1, 86_400))
def test_ingest_waits_less_for_the_log_than_the_gate_waits_for_ingest(grace: int) -> None:
    within = parse(body(grace=grace)).acknowledge_within
    assert 0 < within < grace
    assert within <= 20
