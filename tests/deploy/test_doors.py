"""The doors of a trial, as a browser is shown them."""

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from flask.testing import FlaskClient

from deploy.trial.doors import texts
from deploy.trial.doors.app import House, create, served
from deploy.trial.doors.visits import Role, Visit, Visits
from shared.log.sqlite import SqliteLog

NAME, WORDS = "Zoë van den Berg", "Als enige <b>zeg</b> ik dit."
CODE = "KA-000G-40R4-0M30-E209-185G-R38E-1WEP"


@pytest.fixture
def house(tmp_path: Path) -> House:
    """What an issuer and a log hold of somebody."""
    for service in ("issuer-1", "ingest"):
        (tmp_path / service).mkdir()
    with closing(sqlite3.connect(tmp_path / "issuer-1" / "issuer.db")) as database:
        database.execute("CREATE TABLE people (id TEXT, name TEXT)")
        database.execute("INSERT INTO people VALUES ('p1', ?)", (NAME,))
        database.commit()
    with closing(SqliteLog(tmp_path / "log")) as log:
        log.create("words.q1")
        log.append("words.q1", f'{{"text":"{WORDS}"}}'.encode())
    metrics = {"issuer-1": "http://127.0.0.1:1/metrics", "ingest": "http://127.0.0.1:2/metrics"}
    return House(tmp_path, ("issuer-1", "ingest"), "http://127.0.0.1:3", None, metrics)


@pytest.fixture
def visits() -> Visits:
    return Visits()


@pytest.fixture
def browser(house: House, visits: Visits) -> FlaskClient:
    return create(house, visits).test_client()


def row(page: str, service: str) -> str:
    [found] = re.findall(rf'<th scope="row">{service}</th>\s*<td>(.*?)</td>', page, re.DOTALL)
    return str(found)


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_there_is_a_door_for_everybody(browser: FlaskClient, house: House, language: str) -> None:
    page = browser.get(f"/?lang={language}").text
    for key in ("trial", "employee", "hr", "council", "ops", "no-round-yet", "find-me"):
        assert texts.say(language, key) in page
    assert f'href="{house.report_url}/?lang={language}"' in page
    for url in house.metrics.values():
        assert f'href="{url}"' in page


def test_a_visitor_becomes_somebody_whom_nobody_else_is(browser: FlaskClient, visits: Visits) -> None:
    now = time.time()
    visits.open(Visit("q4", "2026 Q4", now + 60, now + 65), [Role("p007", "Noor", "Magazijn", (CODE,))])
    assert texts.say("en", "be-somebody") in browser.get("/?lang=en").text
    mine = browser.post("/somebody?lang=en").text
    assert texts.say("en", "you-are", name="Noor", team="Magazijn") in mine
    assert CODE in mine
    assert visits.taken() == {"p007"}
    another = browser.post("/somebody?lang=en").text
    assert CODE not in another
    assert texts.say("en", "nobody-left") in another


@pytest.mark.parametrize("path", ["/", "/somebody", "/find-me"])
def test_the_other_language_is_one_step_from_every_page(browser: FlaskClient, path: str) -> None:
    page = browser.get(f"{path}?lang=en") if path == "/" else browser.post(f"{path}?lang=en")
    [link] = re.findall(r'class="language" href="([^"]+)"', page.text)
    other = browser.get(f"{path}{link}")
    assert other.status_code == 200
    assert '<html lang="nl">' in other.text


def test_nobody_is_handed_a_code_for_a_round_that_has_closed(browser: FlaskClient, visits: Visits) -> None:
    now = time.time()
    visits.open(Visit("q4", "2026 Q4", now - 1, now + 5), [Role("p007", "Noor", "Magazijn", (CODE,))])
    assert CODE not in browser.post("/somebody").text
    assert visits.taken() == frozenset()


def test_the_way_to_the_questions_carries_the_code_in_the_fragment_only(house: House, visits: Visits) -> None:
    """What stands behind # is never sent to a host."""
    now = time.time()
    visits.open(Visit("q4", "2026 Q4", now + 60, now + 65), [Role("p007", "Noor", "Magazijn", (CODE,))])
    with_page = House(house.root, house.services, house.report_url, "http://127.0.0.1:9", house.metrics)
    page = create(with_page, visits).test_client().post("/somebody?lang=nl").text
    assert f'href="http://127.0.0.1:9/?lang=nl#code={CODE}"' in page


def test_find_me_shows_service_by_service_what_is_stored(browser: FlaskClient) -> None:
    page = browser.post("/find-me?lang=en", data={"name": NAME, "words": ""}).text
    assert f"<mark>{NAME}</mark>" in row(page, "issuer-1")
    assert "issuer.db: people" in row(page, "issuer-1")
    assert texts.say("en", "nothing") in row(page, "ingest")
    assert texts.say("en", "nothing") in row(page, texts.say("en", "the-log"))


def test_what_was_typed_and_what_was_found_is_text_and_no_markup(browser: FlaskClient) -> None:
    page = browser.post("/find-me?lang=nl", data={"name": "", "words": WORDS}).text
    assert "words.q1" in row(page, texts.say("nl", "the-log"))
    assert "&lt;b&gt;zeg&lt;/b&gt;" in page
    assert "<b>" not in page


def test_what_is_too_short_and_what_is_not_there_is_said(browser: FlaskClient) -> None:
    assert texts.say("en", "too-short", shortest=5) in browser.post("/find-me?lang=en", data={"name": "Zoë"}).text
    assert texts.say("en", "find-nothing-asked") in browser.post("/find-me?lang=en", data={}).text


def test_nothing_of_a_search_is_kept(browser: FlaskClient, house: House, caplog: pytest.LogCaptureFixture) -> None:
    before = {path: path.read_bytes() for path in house.root.rglob("*") if path.is_file()}
    answer = browser.post("/find-me?lang=en", data={"name": "somebody who is not there", "words": WORDS})
    assert {path: path.read_bytes() for path in house.root.rglob("*") if path.is_file()} == before
    assert caplog.records == []
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_sentence_is_there_in_every_language() -> None:
    for key, said in texts.catalogue().items():
        assert set(said) == set(texts.LANGUAGES), key


def test_who_opens_a_door_is_written_down_nowhere(
    house: House, visits: Visits, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(create(house, visits)) as url:
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{url}/?lang=en").status_code == 200
        assert httpx.get(f"{url}/nowhere").status_code == 404
    assert capfd.readouterr() == ("", "")
