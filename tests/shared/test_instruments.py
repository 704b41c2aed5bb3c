"""The instruments that come with the project can be used as they are, and an organisation's own are checked alike."""

import re
from importlib.resources import files
from typing import Any

import pytest
import yaml

from services.report import results, scores
from services.report.scores import recoded
from shared import asking, draft, questionnaire
from shared.canonical import dumps, loads
from shared.instrument import PERIOD, BadInstrument, Instrument, Scoring
from shared.instruments import answer_scales, is_file, parse, shipped
from shared.questionnaire import AnswerKind, AnswerScale, PartKind
from shared.questionnaire_schema import LANGUAGES
from tests.rounds_made import NOW, draft_body, installation

FILE = """
id: mood
kind: closed
title: {nl: Stemming, en: Mood}
about: {nl: Hoe het gaat., en: How things are.}
scoring: each-item
validated: {nl: false, en: true}
source: Own items.
licence: Own.
answer_scales:
  agree3: {labels: {nl: [nee, soms, ja], en: ["no", sometimes, "yes"]}}
items:
  - {id: mood-1, text: {nl: 'Gaat het goed?', en: 'Are you well?'}, answers: agree3, reverse: false}
  - {id: mood-2, text: {nl: 'Gaat het slecht?', en: 'Are you ill?'}, answers: agree5, reverse: true, licence: CC0}
"""
PARTIES = installation().parties
OWN = "Own items of this project"
CLOSED = [one for one in shipped().values() if one.kind is PartKind.CLOSED]
OURS = [one for one in CLOSED if one.source.startswith(OWN)]


def changed(**members: Any) -> str:
    return yaml.safe_dump({**yaml.safe_load(FILE), **members})


def item(**members: Any) -> str:
    """The file with a single item, a part of which is another, or missing if None."""
    one = {**yaml.safe_load(FILE)["items"][0], **members}
    return changed(items=[{name: value for name, value in one.items() if value is not None}])


def opened(**members: Any) -> str:
    """A file with one open question."""
    body = {"kind": "open", "scoring": "in-words", "items": [{"id": "why", "text": {"nl": "Waarom?", "en": "Why?"}}]}
    return changed(**body | members)


def refusal(text: str) -> BadInstrument:
    with pytest.raises(BadInstrument) as raised:
        parse(text, "ours.yaml")
    return raised.value


# Those that are shipped.


def test_all_that_was_promised_is_there() -> None:
    assert list(shipped()) == [
        *("follow-up", "learning", "letterbox", "motivation", "open-questions", "psychological-safety", "pulse"),
        *("recommend", "room", "safe", "standards", "thanks", "trust-colleagues", "trust-management", "trust-manager"),
    ]


def test_every_file_is_named_after_its_instrument() -> None:
    assert {f"{name}.yaml" for name in shipped()} == {one.name for one in (files("shared") / "instruments").iterdir()}


@pytest.mark.parametrize("one", shipped().values(), ids=lambda one: one.id)
def test_each_says_in_both_languages_what_it_asks_and_why_and_whose_it_is(one: Instrument) -> None:
    assert one.title.keys() == one.about.keys() == one.validated.keys() == set(LANGUAGES)
    for asked in one.items:
        assert asked.text.keys() == set(LANGUAGES)
        assert asked.text["nl"] != asked.text["en"]
        assert asked.source
        assert asked.licence


def test_nothing_is_asked_twice_in_the_whole_library() -> None:
    ids = [asked.id for one in shipped().values() for asked in one.items]
    assert len(ids) == len(set(ids)) == 60
    words = [words for one in shipped().values() for asked in one.items for words in asked.text.values()]
    assert len(words) == len(set(words))
    assert set(ids).isdisjoint(scale for one in shipped().values() for scale in one.scales if scale != "recommend")


def test_all_of_them_together_make_one_questionnaire_that_fits_a_record() -> None:
    composed = asking.compose(shipped().values(), "2026-11")
    asked = questionnaire.load(composed)
    assert [(part.id, part.kind, part.k) for part in asked.parts] == [
        ("scores", PartKind.CLOSED, 5),
        *((name, PartKind.OPEN, 10) for name in ("letterbox", "keep", "change", "safe", "thanks")),
    ]
    assert len(asked.parts[0].questions) == 55
    assert loads(dumps(composed)) == composed
    # A tenth of what a draft may have, so that an organisation's own instruments fit beside them.
    assert len(dumps(composed)) < draft.MAX_BYTES / 10


@pytest.mark.parametrize("one", shipped().values(), ids=lambda one: one.id)
def test_a_draft_of_each_alone_is_one_that_every_party_accepts(one: Instrument) -> None:
    body = draft_body(PARTIES)
    drafted = draft.parse(body | {"questionnaire": asking.compose([one], body["period"])})
    draft.check(drafted, trial=False, now=NOW)
    assert sum(len(part.questions) for part in drafted.questionnaire.parts) == len(one.items)


def test_psychological_safety_has_seven_items_on_seven_points_of_which_1_3_and_5_are_reversed() -> None:
    (part,) = questionnaire.load(asking.compose([shipped()["psychological-safety"]], "")).parts
    assert [question.reverse for question in part.questions] == [True, False, True, False, True, False, False]
    assert {question.answers.options for question in part.questions if question.answers} == {7}
    assert {question.scale for question in part.questions} == {"psychological-safety"}
    assert part.questions[0].text["en"] == "If you make a mistake on this team, it is often held against you."


def test_only_the_english_words_of_psychological_safety_are_said_to_be_validated() -> None:
    validated = {
        (name, language) for name, one in shipped().items() for language, told in one.validated.items() if told
    }
    assert validated == {("psychological-safety", "en")}


def test_recommending_goes_from_0_to_10() -> None:
    (part,) = questionnaire.load(asking.compose([shipped()["recommend"]], "")).parts
    answers = part.questions[0].answers
    assert answers is not None
    assert (answers.kind, answers.options) == (AnswerKind.RECOMMEND, 11)


@pytest.mark.parametrize("referent", ["manager", "management", "colleagues"])
def test_trust_asks_two_or_three_items_on_each_of_its_three_sides(referent: str) -> None:
    one = shipped()[f"trust-{referent}"]
    sides = [f"trust-{referent}-{side}" for side in ("ability", "benevolence", "integrity")]
    assert list(one.scales) == sides
    assert all(2 <= sum(asked.scale == side for asked in one.items) <= 3 for side in sides)


@pytest.mark.parametrize("one", [one for one in OURS if one.id != "follow-up"], ids=lambda one: one.id)
def test_a_fifth_to_a_third_of_our_own_items_is_reversed(one: Instrument) -> None:
    assert 1 / 5 <= sum(asked.reverse for asked in one.items) / len(one.items) <= 1 / 3


@pytest.mark.parametrize("one", OURS, ids=lambda one: one.id)
def test_our_own_items_are_short_and_informal_and_hold_one_idea(one: Instrument) -> None:
    for asked in one.items:
        assert all(len(words.split()) <= 15 and len(words) <= 90 for words in asked.text.values()), asked.id
        assert not re.search(r"\b(u|uw|jouw)\b", asked.text["nl"]), "in Dutch it is je"
        assert not re.search(r"\ben\b", asked.text["nl"]), "one idea in each item"
        assert not re.search(r"\b(and|or)\b", asked.text["en"].replace("to me and another", "")), asked.id


def test_the_two_scales_that_make_a_zone_are_there_and_have_as_many_answers() -> None:
    parts = questionnaire.load(asking.compose([shipped()[results.SAFETY], shipped()[results.STANDARDS]], "")).parts
    asked = {question.scale: question.answers for question in parts[0].questions}
    assert asked.keys() == {results.SAFETY, results.STANDARDS}
    assert len({answers.options for answers in asked.values() if answers}) == 1


@pytest.mark.parametrize("one", CLOSED, ids=lambda one: one.id)
def test_a_reversed_item_counts_as_one_more_than_the_highest_minus_the_answer(one: Instrument) -> None:
    """8 - x on seven points, 6 - x on five."""
    for question in questionnaire.load(asking.compose([one], "")).parts[0].questions:
        assert question.answers is not None
        points = scores.values(question.answers)
        for place, answer in enumerate(points):
            histogram = [0] * (1 + len(points))
            histogram[1 + place] = 1
            counted = points[recoded(question, histogram).index(1)]
            assert counted == (len(points) + 1 - answer if question.reverse else answer)


@pytest.mark.parametrize("name", answer_scales())
def test_the_middle_of_an_answer_scale_is_one_of_its_answers(name: str) -> None:
    body = answer_scales()[name]
    scale = AnswerScale(
        name, AnswerKind(body["kind"]), {language: tuple(body["labels"][language]) for language in LANGUAGES}
    )
    assert scores.middle(scale) in scores.values(scale)


# The letterbox.


def drafted_with(name: str, period: str, opens: str, closes: str) -> draft.Draft:
    changes = {"period": period, "opens": opens, "answer_from": opens, "closes": closes}
    return draft.parse(draft_body(PARTIES) | changes | {"questionnaire": asking.compose([shipped()[name]], period)})


NOVEMBER = ("2026-11", "2026-11-01T08:00:00Z", "2026-12-01T08:00:00Z")
DECEMBER = ("2026-12", "2026-12-01T08:00:00Z", "2027-01-01T08:00:00Z")


def test_a_letterbox_may_follow_a_letterbox_at_once_and_nothing_else_may_follow_itself() -> None:
    for name in shipped():
        assert drafted_with(name, *NOVEMBER).repeats(drafted_with(name, *DECEMBER)) is (name != "letterbox"), name


def test_two_letterboxes_of_one_period_are_the_same_question() -> None:
    assert drafted_with("letterbox", *NOVEMBER).repeats(drafted_with("letterbox", "2026 / 11", *DECEMBER[1:]))


def test_the_letterbox_names_the_period_and_its_part_is_always_named_alike() -> None:
    (part,) = questionnaire.load(asking.compose([shipped()["letterbox"]], "Najaar 2026")).parts
    assert (part.id, part.questions[0].id) == ("letterbox", "letterbox-najaar-2026")
    assert part.questions[0].text["nl"] == "Brievenbus Najaar 2026: wat wil je kwijt?"


# One's own.


def test_a_file_of_ones_own_can_be_read() -> None:
    one = parse(FILE)
    assert (one.id, one.note, one.scoring, one.validated) == ("mood", None, Scoring.EACH, {"nl": False, "en": True})
    assert [(asked.id, asked.reverse, asked.licence) for asked in one.items] == [
        ("mood-1", False, "Own."),
        ("mood-2", True, "CC0"),
    ]
    assert set(one.answer_scales) == {"agree3", "agree5"}
    assert one.answer_scales["agree5"] == answer_scales()["agree5"]


def test_a_name_that_ends_like_one_is_that_of_a_file() -> None:
    assert is_file("./ours.yaml")
    assert is_file("ours.yml")
    assert not any(map(is_file, shipped()))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a: [", ""),
        ("just words", ""),
        ("[]", ""),
        (changed(id="My mood"), "id"),
        (changed(kind="mixed"), "kind"),
        (changed(title={"nl": "Stemming"}), "title.en"),
        (changed(about={"nl": "Stemming\nregel", "en": "Mood"}), "about.nl"),
        (changed(licence=""), "licence"),
        (changed(source=None), "source"),
        (changed(validated={"nl": 0, "en": True}), "validated.nl"),
        (changed(validated=False), "validated"),
        (changed(scoring="mean"), "scoring"),
        (changed(scoring="mean-of-items"), "scoring"),
        (changed(scoring="recommendation-score"), "scoring"),
        (changed(note={"en": "only"}), "note.nl"),
        (changed(colour="red"), "colour"),
        (changed(items=[]), "items"),
        (changed(items=["why"]), "items.0"),
        (changed(answer_scales={}), "items.0.answers"),
        (
            changed(answer_scales={"agree3": {"labels": {"nl": ["x"], "en": ["x"]}}}),
            "answer_scales.agree3.value.labels.en",
        ),
        (changed(scales={"mood": {"title": {"nl": "a", "en": "b"}}}), "scales.mood"),
        (item(text={"nl": "x"}), "items.0.text.en"),
        (item(text={"nl": "x ", "en": "x"}), "items.0.text.nl"),
        (item(reverse=None), "items.0.reverse"),
        (item(reverse="no"), "items.0.reverse"),
        (item(answers=None), "items.0.answers"),
        (item(answers="agree9"), "items.0.answers"),
        (item(answers="recommend11", reverse=True), "items.0"),
        (item(scale="mood"), "items.0.scale"),
        (item(licence=""), "items.0.licence"),
        (item(text={"nl": f"In {PERIOD}?", "en": f"In {PERIOD}?"}), "items.0.text"),
        (opened(items=[{"id": "why", "text": {"nl": f"In {PERIOD}?", "en": "Now?"}}]), "items.0.text"),
        (opened(items=[{"id": "why", "text": {"nl": "a", "en": "b"}, "answers": "agree5"}]), "items.0.answers"),
        (opened(scoring="each-item"), "scoring"),
        (opened(items=yaml.safe_load(opened())["items"] * 2), "items.1.id"),
        (changed(items=yaml.safe_load(FILE)["items"][:1] * 2), "items.1.id"),
    ],
)
def test_a_file_that_no_round_could_use_is_refused_with_its_name_and_the_field(text: str, path: str) -> None:
    refused = refusal(text)
    assert refused.where == "ours.yaml"
    assert refused.path == path
    assert str(refused).startswith(f"ours.yaml: {path}")
    assert refused.reason


def test_a_wrong_value_is_not_repeated() -> None:
    assert "secret" not in str(refusal(item(answers="secret words")))


def test_instruments_that_ask_the_same_do_not_go_together() -> None:
    with pytest.raises(BadInstrument, match=r"mood: items\.0\.id: another question"):
        asking.compose([parse(FILE), parse(FILE)], "")


def test_instruments_that_mean_different_things_by_one_name_do_not_go_together() -> None:
    other = changed(answer_scales={"agree3": {"labels": {"nl": ["a", "b"], "en": ["a", "b"]}}})
    with pytest.raises(BadInstrument, match="something else"):
        asking.compose([parse(FILE), parse(other)], "")


def test_the_minimum_cannot_be_set_below_the_floor() -> None:
    with pytest.raises(BadInstrument, match=r"parts\.0\.k"):
        asking.compose([parse(FILE)], "", closed_k=4)
