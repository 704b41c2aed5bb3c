from collections.abc import Iterator

import pytest

from tests.privacy.house import Followed, followed
from tests.privacy.round_played import Left, played


@pytest.fixture(scope="session")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    """What a round has left behind; nobody changes it."""
    with played(tmp_path_factory.mktemp("round")) as everything:
        yield everything


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    """A round that was followed to its last date; nobody changes it."""
    with followed(tmp_path_factory.mktemp("house")) as everything:
        yield everything
