"""Reaching the services from a container: the addresses in parties.json are those of the machine outside.

The certificates have the outer names, so these are what is checked.
"""

from collections.abc import Mapping

import httpx

from clients.cli.connection import Connect, open_connection
from shared.parties import Parties

HERE = "HERE"
"""The variable that says what `containers` reads."""


def containers(text: str) -> dict[str, str]:
    """The container and port of each party that runs here, from "hr=issuer:8443 ingest=ingest:8443"."""
    pairs = (pair.partition("=") for pair in text.split())
    return {party: container for party, _, container in pairs}


def connect_from(parties: Parties, here: Mapping[str, str]) -> Connect:
    """Connections to the containers of the parties in `here`, to all others as named. "report" and "page" count as
    parties; the page is the first that is named."""
    urls = {issuer.name: issuer.url for issuer in parties.issuers}
    urls |= {"ingest": parties.ingest.url, "report": parties.report_url}
    urls |= zip(["page"], parties.pages, strict=False)
    inside = {urls[party]: container for party, container in here.items() if party in urls}

    def connect(address: str) -> httpx.BaseTransport:
        transport = open_connection(address)
        return _To(inside[address], transport) if address in inside else transport

    return connect


class _To(httpx.BaseTransport):
    """Sends every request to one host, which must have the certificate of the host that was named."""

    def __init__(self, place: str, transport: httpx.BaseTransport) -> None:
        host, _, port = place.partition(":")
        self._host, self._port = host, int(port)
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = request.extensions | {"sni_hostname": request.url.host}
        request.url = request.url.copy_with(host=self._host, port=self._port)
        return self._transport.handle_request(request)

    def close(self) -> None:
        self._transport.close()
