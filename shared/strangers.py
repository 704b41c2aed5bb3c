"""Records in the log that are none of ours: they change nothing, and whoever runs the log should know of them."""

import logging

_LOG = logging.getLogger(__name__)


class Strangers:
    """Says a line when there are some, and again when there are twice as many: a flood of them is none of lines."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def notice(self, topic: str, number: int, what: str) -> None:
        """So many records of a topic are `what`, as far as it was read."""
        if number >= max(1, 2 * self._told.get(topic, 0)):
            self._told[topic] = number
            _LOG.warning("%s: %d %s; nothing follows from them", topic, number, what)
