"""Rounds that are lived through once per run."""

import pytest

from tests.system.moments import Moments


@pytest.fixture(scope="session")
def moments(tmp_path_factory: pytest.TempPathFactory) -> Moments:
    """With one issuer."""
    return Moments(tmp_path_factory.mktemp, 1)


@pytest.fixture(scope="session")
def moments_of_two(tmp_path_factory: pytest.TempPathFactory) -> Moments:
    """With two."""
    return Moments(tmp_path_factory.mktemp, 2)
