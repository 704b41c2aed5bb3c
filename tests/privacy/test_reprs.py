"""What is printed by accident (in a log line, a traceback, an assertion) shows no secret and nothing of anybody.

Every dataclass and named tuple of all programs is looked at, so a new field that holds bytes, or a text by one of the
names below, has to hide itself, or to be listed here as public.
"""

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import clients
import services
import shared

PUBLIC: Mapping[str, str] = {
    "shared.author._Said.digest": "of a signed record",
    "shared.author._Said.named": "of a signed record",
    "shared.draft.Draft.body": "the draft, as it is published",
    "shared.instrument.Instrument.answer_scales": "what can be answered",
    "shared.instrument.Item.text": "what is asked",
    "shared.instrument.Item.answers": "what can be answered",
    "shared.log.kafka_topic.Topic.name": "of a topic",
    "shared.manifest.Composed.items": "the groups, as they are published",
    "shared.manifest.Manifest.admission_keys": "public keys",
    "shared.manifest.Manifest.body": "the rules, as they are published",
    "shared.manifest.Manifest.hash": "the check code",
    "shared.manifest.Manifest.gate_key": "a public key",
    "shared.manifest.Manifest.aggregate_key": "a public key",
    "shared.manifest.Manifest.node_root": "of the groups, as it is published",
    "shared.parties.Parties.digest": "of parties.json",
    "shared.parties.Party.key": "a public key",
    "shared.parties.Party.name": "gate, ingest and so on",
    "shared.questionnaire.Question.text": "what is asked",
    "shared.records.Record.body": "of a signed record",
    "shared.records.Record.jws": "a signed record",
    "shared.wallet_secrets.WalletSecrets.manifest_hash": "the check code",
    "services.aggregate.opening.Opener.manifest_hash": "the check code",
    "services.aggregate.prf.Lots.batch": "the hash of a signed record",
    "services.gate.counting.Batch.body": "what becomes a signed record",
    "services.issuer.config.Config.name": "issuer-1 and so on",
    "services.issuer.plan._Group.names": "labels of groups",
    "services.issuer.roster.Problem.text": "what is wrong in a roster, without what stands there",
    "clients.cli.drafting.Drafted.body": "the draft, as it will be published",
    "clients.cli.wallet.Entry.manifest_hash": "the check code",
}
"""Fields that anybody may see, and why."""

PAGES = re.compile(r"services\.report\.pages\.|clients\.cli\.agreed\.Listed\.")
"""What is shown to everybody anyhow: views of results, and lines of the list of rounds."""

TELLING = re.compile(
    r"secret|key|code|token|nonce|seed|salt|pk|sk|sig|inner|outer|wrap|blind|sign|word|text|choice|name|mail|person|"
    r"people|answer|plain|typed|bearer|password|digest|request|record|value|body|jws|receipt",
    re.IGNORECASE,
)
"""What texts are called that may hold something of somebody."""


def modules() -> Iterator[Any]:
    for package in (shared, services, clients):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def classes() -> Iterator[type]:
    for module in modules():
        yield from (one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__)


def shown(one: type) -> Iterator[str]:
    """The names of the fields that the class's own repr prints."""
    if dataclasses.is_dataclass(one):
        yield from (field.name for field in dataclasses.fields(one) if field.repr)
    elif issubclass(one, tuple) and hasattr(one, "_fields") and vars(one)["__repr__"].__module__ == "collections":
        yield from one._fields


def leaves(hint: Any) -> Iterator[Any]:
    """The types that a type is made of; what a function takes and gives does not show."""
    if get_origin(hint) is Callable:
        return
    if inside := get_args(hint):
        for one in inside:
            yield from leaves(one)
    else:
        yield hint


def is_telling(name: str, hint: Any) -> bool:
    types = set(leaves(hint))
    return bytes in types or (bool(types & {str, Any}) and TELLING.search(name) is not None)


def telling() -> set[str]:
    """All fields that a repr shows and that may hold what must not be printed."""
    return {
        f"{one.__module__}.{one.__qualname__}.{name}"
        for one in classes()
        for name in shown(one)
        if is_telling(name, get_type_hints(one)[name])
    }


def test_no_repr_shows_bytes_or_texts_that_are_not_public() -> None:
    assert {field for field in telling() if not PAGES.match(field)} - set(PUBLIC) == set()


def test_the_list_of_public_fields_names_only_what_is_there() -> None:
    assert set(PUBLIC) - telling() == set()


def test_enough_classes_were_looked_at() -> None:
    dataclasses_found = [one for one in classes() if dataclasses.is_dataclass(one)]
    assert len(dataclasses_found) > 80
    assert any(not field.repr for one in dataclasses_found for field in dataclasses.fields(one))


class _Pair(NamedTuple):
    person: str
    number: int


class _Hidden(NamedTuple):
    person: str

    def __repr__(self) -> str:
        return "somebody"


@dataclasses.dataclass
class _Some:
    seed: bytes | None
    names: tuple[str, ...]
    label: str
    code: str = dataclasses.field(repr=False)


def test_what_counts_as_telling() -> None:
    found = {
        one: [name for name in shown(one) if is_telling(name, get_type_hints(one)[name])]
        for one in (_Pair, _Hidden, _Some)
    }
    assert found == {_Pair: ["person"], _Hidden: [], _Some: ["seed", "names"]}
