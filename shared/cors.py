"""Which pages may speak to a service from a browser (the Fetch standard, "CORS protocol").

Only the pages that parties.json lists. Nothing is allowed with credentials: what authenticates a member is a code that
the page itself sends, never something that a browser adds on its own.
"""

from collections.abc import Collection

REMEMBERED = 3600
"""Seconds for which a browser need not ask again, so that posting five parts does not take ten requests."""


def headers(origin: str | None, pages: Collection[str]) -> dict[str, str]:
    """What to add to a response for a request with this `Origin` (None: the request has none)."""
    always = {"Vary": "Origin"}
    if origin is None or origin not in pages:
        return always
    return always | {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Expose-Headers": "Retry-After",
        "Access-Control-Max-Age": str(REMEMBERED),
    }
