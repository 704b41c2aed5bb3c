"""axe-core on a screen: what it finds is a mistake.

A development dependency of clients/web; the page itself knows nothing of it.
"""

from typing import Any

from playwright.sync_api import Page

from tests.clients.web.page import WEB, node
from tests.left_out import without

SCRIPT = WEB / "node_modules" / "axe-core" / "axe.min.js"

_RUN = """() => axe.run(document, {
  resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})"""


def needed() -> None:
    """Leave out the test that runs where there is none (tests/left_out.py)."""
    node()
    if not SCRIPT.exists():
        without("Node", "the packages of clients/web are old: make clients/web/node_modules/.package-lock.json")


def violations(page: Page) -> list[str]:
    """One line for each rule that is broken, with where."""
    if not page.evaluate("() => 'axe' in window"):
        # The context must bypass the page's policy, which lets nobody in.
        page.add_script_tag(path=SCRIPT)
    found: dict[str, Any] = page.evaluate(_RUN)
    return [
        f"{one['id']}: {one['help']}: {'; '.join(str(node['target']) for node in one['nodes'][:5])}"
        for one in found["violations"]
    ]
