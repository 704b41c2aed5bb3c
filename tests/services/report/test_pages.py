"""The pages as a browser gets them: words, languages, escaping, headers, and markup that any software can read."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.releases_made import hand_out, published
from tests.rounds_made import MadeRound, make_round
from tests.services.report.rounds_shown import LATER, agreed, answers, browser, library, node, released, usual

NEVER = re.compile(
    r"\b(gate|cells?|cel|envelopes?|enveloppen?|manifest|fingerprint|issuers?|aggregate|ingest|tokens?|hash|k)\b", re.I
)
"""Words that mean nothing to employees and HR; the pages have others for them."""

_VOID = {"meta", "link", "input", "br", "img"}


class Page(HTMLParser):
    """Checks that every element is closed in its turn; collects texts, ids, headings and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        labels = [of.get(name) or "" for _, of in self.tags for name in ("aria-label", "title")]
        return " ".join([*self.words, *labels])

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [of for name, of in self.tags if name == tag]


def page(client: FlaskClient, path: str) -> Page:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def every_page(made: MadeRound, language: str, **more: Any) -> list[Page]:
    client = browser(made, **more)
    paths = ["/", "/results/spring", *(f"/results/spring/{at}" for at in made.trees[0].nodes if at)]
    return [page(client, f"{path}?lang={language}") for path in paths]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("silent", [(), ("Risk", "North")])
def test_every_page_is_whole_and_says_nothing_that_only_developers_say(language: str, silent: tuple[str, ...]) -> None:
    for one in every_page(released(silent), language):
        assert NEVER.search(one.text) is None, NEVER.search(one.text)
        assert "{" not in one.text
        assert one.all("html")[0]["lang"] == language
        assert len(one.all("h1")) == len(one.all("main")) == 1
        assert not one.all("script")
        assert all("style" not in of for _, of in one.tags)
        ids = [of["id"] for _, of in one.tags if "id" in of and of["id"] != "hatch"]
        assert len(ids) == len(set(ids))
        links = [of.get("href") or "" for of in one.all("a") + one.all("link")]
        assert all(link.startswith(("/", "#")) for link in links)
        for chart in one.all("svg"):
            assert chart.get("aria-label") or chart.get("aria-hidden") == "true"


def test_what_people_wrote_is_text_and_nothing_else() -> None:
    made = agreed()
    closed, words = answers(made)
    evil = "<script>alert(1)</script><img src=x onerror=y>&amp;\"'"
    words["p20"] = made.words(evil)
    hand_out(made, published(made, closed, words))
    client = browser(made)
    html = client.get("/results/spring").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html
    assert "<img" not in html
    assert evil in Page(html).words


def test_names_of_groups_are_text_too() -> None:
    made = make_round(people={("<b>Bold</b>",): 12, ("A&B",): 12}, changes={"cover": 0})
    hand_out(made, published(made, *answers(made)))
    html = browser(made).get("/results/spring").text
    assert "&lt;b&gt;Bold&lt;/b&gt;" in html
    assert "<b>" not in html


def header(answer: TestResponse, name: str) -> str:
    return answer.headers.get(name, "")


@pytest.mark.parametrize("path", ["/", "/results/spring", "/results/none", "/rounds", "/style.css", "/nothing"])
def test_nothing_comes_from_elsewhere_and_nobody_is_remembered(path: str) -> None:
    answer = usual().get(path)
    policy = dict(part.strip().split(" ", 1) for part in header(answer, "Content-Security-Policy").split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert policy["style-src"] == policy["img-src"] == "'self'"
    assert "script-src" not in policy
    assert "unsafe" not in header(answer, "Content-Security-Policy")
    assert header(answer, "Set-Cookie") == ""
    assert header(answer, "Referrer-Policy") == "no-referrer"
    assert header(answer, "X-Content-Type-Options") == "nosniff"


def test_the_style_sheet_loads_nothing() -> None:
    style = usual().get("/style.css").text
    assert "url(" not in style
    assert "@import" not in style
    for colour in ("#fbf9f5", "#14191a", "#0f5f5c", "#7fd0c6", "prefers-color-scheme: dark", "prefers-reduced-motion"):
        assert colour in style


def test_the_language_is_the_browsers_unless_another_is_asked_for() -> None:
    client = usual()
    assert Page(client.get("/", headers={"Accept-Language": "en-GB,nl;q=0.5"}).text).all("html")[0]["lang"] == "en"
    assert Page(client.get("/", headers={"Accept-Language": "fr"}).text).all("html")[0]["lang"] == "nl"
    assert Page(client.get("/?lang=nl", headers={"Accept-Language": "en"}).text).all("html")[0]["lang"] == "nl"
    assert (
        Page(client.get("/?lang=%3Cscript%3E", headers={"Accept-Language": "en"}).text).all("html")[0]["lang"] == "en"
    )


def test_the_link_to_the_other_language_stays_on_the_page() -> None:
    html = page(usual(), "/results/spring/1?lang=nl&sort=1")
    (other,) = [of["href"] for of in html.all("a") if of.get("hreflang")]
    assert other == "/results/spring/1?lang=en&sort=1"


def test_the_first_sentence_comes_first_and_the_groups_have_their_numbers() -> None:
    one = page(usual(), "/results/spring?lang=en")
    words = one.words
    assert words.index("Scores") > next(
        at for at, text in enumerate(words) if text.startswith("Safety in Velda stands")
    )
    assert "61 of 61 people answered." in one.text
    assert {"Finance", "Service"} <= set(words)
    assert "31 answers" in one.text
    assert [of["href"] for of in one.all("a") if (of.get("href") or "").startswith("/results/spring/")]


def test_a_group_that_counts_elsewhere_is_hatched_and_says_where() -> None:
    made = released(("Risk", "Payments"))
    one = page(browser(made), f"/results/spring/{node(made, 'Payments')}?lang=nl")
    assert "tellen mee in Velda" in one.text
    assert [of for of in one.all("svg") if of.get("class") == "hatched"]
    above = page(browser(made), f"/results/spring/{node(made, 'Finance')}?lang=nl")
    assert "Samen geteld" in above.words
    assert "het lot" in above.text


def test_groups_can_be_sorted_without_a_script() -> None:
    made = agreed()
    closed, words = answers(made)
    finance = {"Payments", "Risk", "Control"}
    closed = {
        person: made.closed(4 - i % 2, 4 - i % 3, i % 4)
        if any(name in finance for name in next(p.path for p in made.roster.people if p.id == person))
        else made.closed(i % 2, i % 3, i % 4)
        for i, person in enumerate(closed)
    }
    hand_out(made, published(made, closed, words))
    client = browser(made)

    def order(query: str) -> list[str]:
        html = page(client, f"/results/spring?lang=en{query}")
        return [word for word in html.words if word in ("Finance", "Service")][:2]

    assert order("") == ["Finance", "Service"]
    assert order("&sort=0") == ["Finance", "Service"]
    assert [of for of in page(client, "/results/spring?sort=0").all("th") if of.get("aria-sort") == "descending"]
    assert page(client, "/results/spring?sort=99").all("h1")
    assert page(client, "/results/spring?sort=%C2%B2").all("h1")
    assert page(client, "/results/spring?sort=" + "9" * 5000).all("h1")


def test_each_chart_has_its_numbers_in_a_table() -> None:
    one = page(usual(), "/results/spring?lang=en")
    bars = [of for of in one.all("svg") if of.get("class") == "bar"]
    captions = [word for word in one.words if word.startswith("Vraag")]
    assert len(bars) == 3
    assert len(one.all("table")) == len(bars) + 2
    assert captions


def test_a_trial_says_on_every_page_that_it_is_not_anonymous() -> None:
    made = make_round(trial=True)
    hand_out(made, published(made, *answers(made)))
    for language, words in (
        ("nl", "niet anoniem voor wie dit draait"),
        ("en", "not anonymous against whoever runs this"),
    ):
        for path in ("/", "/results/spring", "/results/spring/1", "/results/none"):
            assert words in browser(made).get(f"{path}?lang={language}").text
    assert "niet anoniem" not in usual().get("/?lang=nl").text


def test_a_page_that_is_not_there_says_so_in_words() -> None:
    client = usual()
    for path in ("/results/none", "/results/spring/9999", "/results/spring/99999999999999999999"):
        answer = client.get(f"{path}?lang=nl", headers={"Accept": "text/html,*/*;q=0.8"})
        assert answer.status_code == 404
        assert "Deze uitslag is er niet" in Page(answer.text).text
        for_program = client.get(path, headers={"Accept": "application/json"})
        assert (for_program.status_code, for_program.content_type) == (404, "application/problem+json")


def test_an_empty_house_teaches_the_next_step() -> None:
    made = agreed()
    made.log.delete("rounds")
    one = page(browser(made), "/?lang=en")
    assert "There is no round yet." in one.words
    assert not library(made, LATER).shelf.rounds


def test_only_the_listed_pages_may_ask_from_a_browser() -> None:
    client = usual()
    allowed = client.get("/rounds/spring/counted", headers={"Origin": "https://page.example"})
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://page.example"
    other = client.get("/rounds/spring/counted", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
