"""Test vectors that others published: from `cryptography_vectors`, and from a folder beside the repository."""

import json
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest

BESIDE = Path(__file__).parents[2] / "shared" / "vectors"
"""Vectors whose licences let us run them but not hand them on; whoever has them puts them here."""


def beside(name: str) -> Any:
    """The JSON of a file of that folder; skips the test, saying so, where there is none."""
    path = BESIDE / name
    if not path.exists():
        pytest.skip(f"OFFICIAL VECTORS NOT RUN: ../shared/vectors/{name} is not there")
    return json.loads(path.read_text())


def published(name: str) -> str:
    """The text of a file of the package `cryptography_vectors`, a development dependency and so always there."""
    with cryptography_vectors.open_vector_file(name, "r") as file:
        return str(file.read())
