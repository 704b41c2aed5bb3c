"""What a page might do behind somebody's back: keep something, break its host's policy, complain."""

from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

STORED = """async () => ({
  cookies: document.cookie,
  local: Object.keys(localStorage),
  session: Object.keys(sessionStorage),
  databases: (await indexedDB.databases()).map(({ name }) => name),
  caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""

NOTHING: dict[str, Any] = {"cookies": "", "local": [], "session": [], "databases": [], "caches": [], "workers": 0}

_LISTEN = """document.addEventListener("securitypolicyviolation", (event) =>
  violated(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));"""


class Watching:
    """Over one browser, from its first page on."""

    def __init__(self, context: BrowserContext) -> None:
        self.wrong: list[str] = []
        """Violations of the policy, errors that nobody caught, and complaints in the console."""
        self._context = context
        context.expose_binding("violated", lambda _source, what: self.wrong.append(f"policy: {what}"))
        context.add_init_script(_LISTEN)
        context.on("weberror", lambda error: self.wrong.append(f"error: {error.error}"))
        context.on("console", self._hear)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self.wrong.append(said.text)

    def stored(self, page: Page) -> dict[str, Any]:
        """What the page's origin keeps on the device, as NOTHING."""
        assert self._context.cookies() == []
        found: dict[str, Any] = page.evaluate(STORED)
        return found
