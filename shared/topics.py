"""The names of the log's topics, and when each is deleted.

rounds                  issuers, gate, aggregate write; everybody reads; kept for ever
nodes.<round>           issuers write; everybody reads
envelopes.<round>       ingest writes; gate creates, reads and deletes
batches.<round>         gate writes; aggregate reads
releases.<round>        aggregate writes; report reads
words.<round>           aggregate writes; report reads
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.draft import Draft

ROUNDS = "rounds"


def nodes(round_id: str) -> str:
    return f"nodes.{round_id}"


def envelopes(round_id: str) -> str:
    return f"envelopes.{round_id}"


def batches(round_id: str) -> str:
    return f"batches.{round_id}"


def releases(round_id: str) -> str:
    return f"releases.{round_id}"


def words(round_id: str) -> str:
    return f"words.{round_id}"


def deletion(topic: str, draft: "Draft") -> float:
    """When a round's topic is deleted by its owner, in POSIX seconds; nothing is appended to it from then on."""
    kind = topic.partition(".")[0]
    if kind == ROUNDS:
        return float("inf")
    return {
        "nodes": draft.results_until,
        "envelopes": draft.erase_at,
        "batches": draft.erase_at,
        "releases": draft.results_until,
        "words": draft.words_until,
    }[kind]
