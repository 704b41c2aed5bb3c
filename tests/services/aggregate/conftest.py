from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.aggregate.running import Party, agreed


@pytest.fixture
def party(tmp_path: Path) -> Iterator[Party]:
    """An aggregate with the key of an agreed round whose batch is not there yet."""
    of = Party(agreed(), tmp_path)
    of.keep_key()
    yield of
    of.end()
