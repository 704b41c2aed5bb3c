import pytest

from shared.strangers import Strangers


def test_a_flood_of_foreign_records_is_none_of_lines(caplog: pytest.LogCaptureFixture) -> None:
    strangers = Strangers()
    for number in range(1_000):
        strangers.notice("rounds", number, "records of nobody")
        strangers.notice("rounds", number, "records of nobody")
    told = [int(record.getMessage().split()[1]) for record in caplog.records]
    assert told == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]


def test_each_topic_is_told_by_itself_and_none_without_any(caplog: pytest.LogCaptureFixture) -> None:
    strangers = Strangers()
    strangers.notice("batches.spring", 0, "records of nobody")
    strangers.notice("batches.spring", 3, "records of nobody")
    strangers.notice("words.spring", 2, "records of nobody")
    assert [record.getMessage() for record in caplog.records] == [
        "batches.spring: 3 records of nobody; nothing follows from them",
        "words.spring: 2 records of nobody; nothing follows from them",
    ]
