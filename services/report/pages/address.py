"""Where the pages are."""

from shared.tree import NodeId


def address(shown_id: str, node: NodeId, language: str) -> str:
    """The page of a group; the company is node 0."""
    path = f"/results/{shown_id}" if node == 0 else f"/results/{shown_id}/{node}"
    return f"{path}?lang={language}"
