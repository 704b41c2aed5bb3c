"""Reaching the services from a container: the addresses in parties.json are those of the machine outside.

The certificates have the names of both.
"""

import httpx

from clients.cli.connection import Connect, open_connection
from shared.parties import Parties

_PORT = 8443
"""Where services listen in their containers."""


def connect_from(parties: Parties) -> Connect:
    """Connections to the containers of the lead issuer, ingest and report, and to all others as they are named."""
    inside = {parties.lead.url: "issuer", parties.ingest.url: "ingest", parties.report_url: "report"}

    def connect(address: str) -> httpx.BaseTransport:
        transport = open_connection(address)
        return _To(inside[address], transport) if address in inside else transport

    return connect


class _To(httpx.BaseTransport):
    """Sends every request to one host."""

    def __init__(self, host: str, transport: httpx.BaseTransport) -> None:
        self._host = host
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(host=self._host, port=_PORT)
        return self._transport.handle_request(request)

    def close(self) -> None:
        self._transport.close()
