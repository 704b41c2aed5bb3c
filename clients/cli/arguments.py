"""The command line: what can be typed, and the help for it. Codes and keys are never arguments: see session.py."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from clients.cli import employee, hr, instruments, page, texts
from clients.cli.outcomes import BadInput
from clients.cli.session import Session

Command = Callable[[Session], None]


class Parser(argparse.ArgumentParser):
    """An argument parser that leaves printing and exit codes to `main`, and speaks the reader's language."""

    def __init__(self, *, language: str, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False, add_help=False)
        self._usage = texts.text(language, "help-usage") + " "
        self._positionals.title = texts.text(language, "help-positionals")
        self._optionals.title = texts.text(language, "help-options")
        self.add_argument("-h", "--help", action="help", help=texts.text(language, "help-help"))

    def format_usage(self) -> str:
        return super().format_usage().replace("usage: ", self._usage, 1)

    def format_help(self) -> str:
        return super().format_help().replace("usage: ", self._usage, 1)

    def error(self, message: str) -> NoReturn:
        raise BadInput("usage-error", problem=message)


def language_of(argv: Sequence[str], fallback: str) -> str:
    """What `--lang` says, wherever it stands, before anything else is read: help is in that language too."""
    finder = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    finder.add_argument("--lang")
    try:
        found = finder.parse_known_args(list(argv))[0].lang
    except argparse.ArgumentError:
        return fallback
    return found if found in texts.LANGUAGES else fallback


def parser(language: str) -> Parser:
    """The whole command line in one language."""

    def say(key: str) -> str:
        return texts.text(language, key)

    def made(to: Any, name: str, words: str) -> Parser:
        parser: Parser = to.add_parser(name, help=words, description=words, parents=[common], language=language)
        return parser

    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--parties", metavar="FILE", help=say("help-parties"))
    common.add_argument("--wallet", metavar="FILE", help=say("help-wallet"))
    common.add_argument("--lang", choices=texts.LANGUAGES, help=say("help-lang"))
    top = Parser(
        prog="klankbord",
        description=say("help-klankbord"),
        epilog=say("help-exit-codes"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
        language=language,
    )
    commands = top.add_subparsers(metavar=say("help-command-name"), title=say("help-commands"))

    def add(name: str, run: Command, to: Any = commands) -> Parser:
        """A command with the help that its function is named after."""
        words = say(f"help-{run.__module__.rpartition('.')[2]}-{run.__name__.replace('_', '-')}")
        command = made(to, name, words)
        command.set_defaults(run=run)
        return command

    def group(name: str) -> Any:
        """Commands of two words."""
        group = made(commands, name, say(f"help-{name}"))
        group.set_defaults(group=group.prog)
        return group.add_subparsers(metavar=say("help-command-name"), title=say("help-commands"))

    _employee(add, say)
    _hr(add, group, say)
    listed = made(commands, "instruments", say("help-instruments"))
    listed.set_defaults(run=instruments.list_instruments)
    shown = add(
        "show",
        instruments.show_instrument,
        listed.add_subparsers(metavar=say("help-command-name"), title=say("help-commands")),
    )
    shown.add_argument("instrument", metavar=say("help-instrument"), help=say("help-instrument-name"))
    return top


def _employee(add: Callable[..., Parser], say: Callable[[str], str]) -> None:
    shown = add("round", employee.show_round)
    shown.add_argument("--groups", action="store_true", help=say("help-groups"))
    collected = add("collect", employee.collect)
    key = collected.add_mutually_exclusive_group()
    key.add_argument("--key", action="store_true", help=say("help-key"))
    key.add_argument("--key-file", metavar="FILE", help=say("help-key-file"))
    collected.add_argument("--show-key", action="store_true", help=say("help-show-key"))
    for command in (shown, collected):
        command.add_argument("--code-file", metavar="FILE", help=say("help-code-file"))
        command.add_argument("--all-names", action="store_true", help=say("help-all-names"))
    answered, changed = add("answer", employee.answer), add("change", employee.change)
    for command in (answered, changed):
        command.add_argument("--answers", metavar="FILE", help=say("help-answers"))
    for command in (collected, answered, changed):
        command.add_argument("--yes", action="store_true", help=say("help-yes"))
    for command in (shown, collected, answered, changed, add("counted", employee.check_counted)):
        command.add_argument("round", nargs="?", metavar=say("help-round-name"), help=say("help-round-argument"))
    verified = add("verify-page", page.verify)
    verified.add_argument("url", metavar="URL|FILE", help=say("help-page-url"))
    verified.add_argument("--hashes", metavar="FILE", help=say("help-hashes"))
    add("page-file", page.write_file).add_argument("file", metavar="FILE", help=say("help-page-file"))


def _hr(add: Callable[..., Parser], group: Callable[[str], Any], say: Callable[[str], str]) -> None:
    roster, plan, rounds = group("roster"), group("plan"), group("rounds")
    imported = add("import", hr.import_roster, roster)
    imported.add_argument("file", metavar="FILE", help=say("help-roster-file"))
    previewed, opened = add("preview", hr.preview_plan, plan), add("open", hr.open_round, rounds)
    for command in (previewed, opened):
        command.add_argument("file", metavar="FILE", help=say("help-draft-file"))
    cancelled = add("cancel", hr.cancel_round, rounds)
    cancelled.add_argument("round", metavar=say("help-round-name"), help=say("help-round-argument"))
    for command in (opened, cancelled):
        command.add_argument("--yes", action="store_true", help=say("help-yes"))
    codes = add("codes", hr.make_codes)
    codes.add_argument("--out", metavar="FILE", required=True, help=say("help-out"))
    codes.add_argument("--renew", action="store_true", help=say("help-renew"))
    everything = (imported, add("show", hr.show_roster, roster), previewed, opened, cancelled, codes)
    for command in (*everything, add("status", hr.show_status)):
        command.add_argument("--admin-key-file", metavar="FILE", help=say("help-admin-key-file"))
        command.add_argument("--issuer", metavar="NAME", help=say("help-issuer"))
