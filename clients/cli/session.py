"""What the commands share: the user's own parties.json, the wallet file, and the codes that were handed in."""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from clients.cli.client import Client
from clients.cli.connection import Web
from clients.cli.console import Console
from clients.cli.edge import Edge
from clients.cli.outcomes import BadInput
from clients.cli.wallet_file import WalletFile
from shared import codes
from shared.codes import AccessCode, Mistake, WalletCode
from shared.manifest import Manifest
from shared.parties import BadParties, Book


@dataclass(frozen=True)
class Session:
    """One run of one command."""

    edge: Edge
    console: Console
    options: argparse.Namespace

    @cached_property
    def book(self) -> Book:
        """The installation as the user's own file describes it: every signature is checked against this."""
        path = Path(self._setting("parties", "KLANKBORD_PARTIES") or "parties.json")
        try:
            return Book.load(path.read_bytes())
        except OSError:
            raise BadInput("no-parties", file=path) from None
        except BadParties as error:
            raise BadInput("bad-parties", file=path, reason=error) from None

    @cached_property
    def web(self) -> Web:
        return Web(self.edge.connect, plain=self.book.current.trial)

    @cached_property
    def client(self) -> Client:
        return Client(self.web, self.book, self.edge.random, self.edge.sleep)

    @cached_property
    def wallet(self) -> WalletFile:
        named = self._setting("wallet", "KLANKBORD_WALLET")
        return WalletFile.open(Path(named) if named else self._data_folder / "wallet.json")

    def read_file(self, name: str) -> bytes:
        """A named file, or standard input for "-"; BadInput."""
        try:
            # What was no UTF-8 on standard input comes as surrogates (PEP 383), and so becomes the same bytes again.
            return self.edge.stdin.read().encode("utf-8", "surrogateescape") if name == "-" else Path(name).read_bytes()
        except OSError:
            raise BadInput("no-file", file=name) from None

    def read_text(self, name: str) -> str:
        """The same as text; BadInput."""
        try:
            return self.read_file(name).decode()
        except UnicodeDecodeError:
            raise BadInput("bad-yaml", file=name) from None

    def secret_lines(self, name: str) -> list[str]:
        """The lines of a file with codes, without empty ones and comments."""
        lines = self.read_file(name).decode("utf-8", "replace").splitlines()
        return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]

    def access_codes(self, manifest: Manifest) -> dict[str, AccessCode]:
        """One access code for each issuer, from a file or typed; BadInput before anything is sent."""
        issuers = manifest.parties.issuer_names
        if file := self._setting("code_file", "KLANKBORD_CODE_FILE"):
            lines = self.secret_lines(file)
            if len(lines) != len(issuers):
                raise BadInput("code-lines", expected=len(issuers), issuers=", ".join(issuers))
            # "issuer: code" or the code alone, in the order of the issuers.
            named = {line.partition(":")[0].strip(): line.partition(":")[2] for line in lines if ":" in line}
            typed = {name: named.get(name, line) for name, line in zip(issuers, lines, strict=True)}
        else:
            key = "ask-code" if len(issuers) == 1 else "ask-code-of"
            typed = {name: self.console.secret(self.console.text(key, issuer=name) + " ") for name in issuers}
        return {name: _access_code(text) for name, text in typed.items()}

    def wallet_code(self) -> WalletCode | None:
        """The wallet code that was handed in, by `--key-file` or typed after `--key`; None if neither was asked for."""
        if self.options.key_file:
            lines = self.secret_lines(self.options.key_file)
            if len(lines) != 1:
                raise BadInput("key-lines")
            text = lines[0]
        elif self.options.key:
            text = self.console.secret(self.console.text("ask-key") + " ")
        else:
            return None
        code = codes.parse(WalletCode, text)
        if isinstance(code, Mistake):
            raise BadInput(f"wallet-code-{code}")
        return code

    def admin_key(self) -> str:
        """HR's key for one issuer, from a file or typed; never an argument, which every process list shows."""
        name = self._setting("admin_key_file", "KLANKBORD_ADMIN_KEY_FILE")
        lines = self.secret_lines(name) if name else [self.console.secret(self.console.text("ask-admin-key") + " ")]
        key = lines[0].strip() if len(lines) == 1 else ""
        if not key or not key.isascii() or not key.isprintable():
            raise BadInput("bad-admin-key")
        return key

    @property
    def _data_folder(self) -> Path:
        environ: Mapping[str, str] = self.edge.environ
        if environ.get("XDG_DATA_HOME"):
            return Path(environ["XDG_DATA_HOME"]) / "klankbord"
        if sys.platform == "win32" and environ.get("LOCALAPPDATA"):
            return Path(environ["LOCALAPPDATA"]) / "klankbord"
        return Path(environ.get("HOME") or Path.home()) / ".local" / "share" / "klankbord"

    def _setting(self, option: str, variable: str) -> str | None:
        return getattr(self.options, option, None) or self.edge.environ.get(variable)


def _access_code(text: str) -> AccessCode:
    code = codes.parse(AccessCode, text)
    if isinstance(code, Mistake):
        raise BadInput(f"access-code-{code}")
    return code
