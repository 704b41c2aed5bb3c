"""With a key for readers: the company's totals and everything needed to check are open, groups and comments are not."""

from base64 import b64encode
from pathlib import Path

import pytest

from services.report.readers import ReadKey
from shared.settings import BadSettings
from tests.services.report.rounds_shown import browser, node, released

KEY = "correct horse battery staple"


def basic(user: str, key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{key}".encode()).decode()}


def test_without_the_key_everybody_sees_the_company_and_can_check() -> None:
    made = released()
    client = browser(made, KEY)
    of = client.get("/rounds/spring").json
    assert of is not None
    assert of["details"] is False
    assert [one["node"] for one in of["groups"]] == [0]
    assert of["groups"][0]["units"]["safety"]["n"] == 61
    assert of["comments"] == []
    page = client.get("/results/spring?lang=en").text
    assert "61 of 61 people answered." in page
    assert "Finance" not in page
    assert "Words 1" not in page
    assert "Sign in to see groups" in page
    for path in ("/", "/rounds", "/rounds/spring/release", "/rounds/spring/counted", "/style.css"):
        assert client.get(path).status_code == 200
    assert "Finance" not in client.get("/rounds/spring/table.csv").text


def test_a_group_asks_for_the_key() -> None:
    made = released()
    for path in (f"/results/spring/{node(made, 'Finance')}", "/sign-in"):
        refused = browser(made, KEY).get(path)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic ")


def test_with_the_key_everything_is_open() -> None:
    made = released()
    client, right = browser(made, KEY), basic("hr", KEY)
    assert len(client.get("/rounds/spring", headers=right).get_json()["groups"]) > 5
    assert "Finance" in client.get("/results/spring", headers=right).text
    assert "Words 1" in client.get("/results/spring", headers=right).text
    assert client.get(f"/results/spring/{node(made, 'Finance')}", headers=right).status_code == 200
    assert client.get("/sign-in", headers=right).headers["Location"].startswith("/?lang=")


@pytest.mark.parametrize(
    "wrong",
    [basic("hr", "correct horse battery stable"), basic("root", KEY), basic("hr", ""), {"Authorization": "Bearer x"},
     {"Authorization": "Basic !!!"}, {"Authorization": ""}],
)  # fmt: skip
def test_wrong_credentials_are_refused_everywhere_they_count(wrong: dict[str, str]) -> None:
    client = browser(released(), KEY)
    for path in ("/rounds/spring", "/results/spring", "/rounds/spring/table.csv", "/sign-in"):
        assert client.get(path, headers=wrong).status_code == 401


def test_the_key_stays_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "read.key"
    with pytest.raises(BadSettings, match="cannot be read"):
        ReadKey.load(path)
    path.write_text(KEY + "\n")
    path.chmod(0o644)
    with pytest.raises(BadSettings, match="read by others"):
        ReadKey.load(path)
    path.chmod(0o600)
    key = ReadKey.load(path)
    assert key.fits("hr", KEY)
    assert not key.fits("hr", KEY + "\n")
    assert not key.fits("hr", None)
    assert not key.fits(None, KEY)
    assert KEY not in repr(vars(key))
    path.write_text("short")
    with pytest.raises(BadSettings, match="fewer than 16"):
        ReadKey.load(path)
