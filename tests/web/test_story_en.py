"""The whole story (tests/web/story.py) in English, with two issuers. A file of its own: it waits more than it works."""

from pathlib import Path

from tests.web.story import told


def test_somebody_collects_answers_elsewhere_changes_and_was_counted_and_the_release_has_exactly_that(
    tmp_path: Path,
) -> None:
    told(tmp_path / "suite", "en", issuers=2)
