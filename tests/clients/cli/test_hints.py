"""Hints about what may give a writer away: found on the device, and not at every ordinary sentence."""

import pytest

from clients.cli.hints import Hint, hints

COLLEAGUES = ("Ann Smit", "Bas de Boer", "Jo-Anne van der Wil", "Żaneta O'Neill")


@pytest.mark.parametrize(
    ("text", "hint", "piece"),
    [
        ("mail me op ann@velda.example graag", Hint.MAIL, "ann@velda.example"),
        ("bel 06-12345678", Hint.NUMBER, "06-12345678"),
        ("bel 06-12345678\nof mail", Hint.NUMBER, "06-12345678"),
        ("sinds 12-03-2021 werk ik hier", Hint.NUMBER, "12-03-2021"),
        ("op 1234 AB woon ik", Hint.NUMBER, "1234 AB"),
        ("nummer +31 20 123 45 67.", Hint.NUMBER, "+31 20 123 45 67"),
        ("als enige vrouw in het team", Hint.PHRASE, "als enige"),
        ("Ik ben de enige die dat doet", Hint.PHRASE, "ben de enige"),
        ("As the only tester I see it all", Hint.PHRASE, "As the only"),
        ("In my role I plan", Hint.PHRASE, "In my role"),
        ("sinds mijn zwangerschap", Hint.PHRASE, "mijn zwangerschap"),
        ("Smit zegt altijd nee", Hint.NAME, "Smit"),
        ("smit zegt altijd nee", Hint.NAME, "smit"),
        ("Met Bas kan ik praten", Hint.NAME, "Bas"),
        ("vraag het Jo-Anne", Hint.NAME, "Jo-Anne"),
        ("żaneta weet het", Hint.NAME, "żaneta"),
    ],
)
def test_it_points_at_what_may_give_somebody_away(text: str, hint: Hint, piece: str) -> None:
    assert (hint, piece) in hints(text, COLLEAGUES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "De planning klopt nooit en dat kost ons de vrijdag.",
        "We hebben in 2024 en 2025 drie keer verhuisd, met 12 teams.",
        "Ik wil dat de bas van de boerderij zachter staat.",
        "We should keep the short meetings; they work for all 11 of us.",
        "Zo'n team van de week is leuk.",
    ],
)
def test_it_stays_silent_at_ordinary_sentences(text: str) -> None:
    assert hints(text, COLLEAGUES) == ()


def test_without_names_it_knows_no_names() -> None:
    assert hints("Ann Smit") == ()


def test_each_piece_is_told_once() -> None:
    assert hints("Ann, Ann en nog eens Ann", COLLEAGUES) == ((Hint.NAME, "Ann"),)
