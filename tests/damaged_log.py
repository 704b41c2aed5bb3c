"""A log in which one topic is refused, as a topic of Kafka is that deletes by itself or has lost its first records."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.log.port import Log, LogDamaged


def damage(monkeypatch: pytest.MonkeyPatch, log: Log, topic: str) -> None:
    """From now on; `monkeypatch.undo()` puts it right."""

    def refusing(verb: Callable[..., Any]) -> Callable[..., Any]:
        def called(name: str, *rest: Any, **named: Any) -> Any:
            if name == topic:
                raise LogDamaged(f"{topic} is damaged")
            return verb(name, *rest, **named)

        return called

    for verb in ("append", "read", "end"):
        monkeypatch.setattr(log, verb, refusing(getattr(log, verb)))
