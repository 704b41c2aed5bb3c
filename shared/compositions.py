"""The composed nodes of a round, recomputed from the issuers' bundles in the log."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from shared import bundle, nodes, topics
from shared.log.port import Log, LogDamaged
from shared.manifest import BadManifest, Composed, compose
from shared.reading import Bundles
from shared.rounds import Round, RoundId

_LOG = logging.getLogger(__name__)

KEPT = 4
"""Rounds whose nodes stay in memory: the open one and those beside it."""


class Compositions:
    """Reads and recomputes; remembers the last few rounds. Threads may share one."""

    def __init__(self, log: Log) -> None:
        self._bundles = Bundles(log)
        self._kept: OrderedDict[tuple[RoundId, str], Composed] = OrderedDict()
        self._lock = threading.Lock()
        self._told: set[str] = set()

    def offered(self, of: Round) -> dict[str, list[dict[str, Any]]]:
        """Each issuer's nodes, from the bundles that the offers name. BrokenBundle, BadNodes."""
        names = of.parties.issuer_names
        trees = self._bundles.unpack(topics.nodes(of.id), *(of.offers[name].body["nodes"] for name in names))
        return {name: nodes.parse_offered(tree) for name, tree in zip(names, trees, strict=True)}

    def recompute(self, of: Round, offered: Mapping[str, list[dict[str, Any]]]) -> Composed:
        """The manifest that draft and offers call for, whatever was proposed. BadManifest, BadNodes."""
        bodies = {name: record.body for name, record in of.offers.items()}
        return compose(of.id, of.parties, of.draft.body, bodies, offered)

    def of(self, of: Round) -> Composed:
        """The nodes of the round's effective manifest.

        MissingChunk if they are not in the log (yet, or any more); BrokenBundle, BadNodes or BadManifest if they do
        not fit.
        """
        if of.manifest is None:
            raise BadManifest("the round has no manifest yet")
        key = (of.id, of.manifest.fingerprint)
        with self._lock:
            if key not in self._kept:
                composed = self.recompute(of, self.offered(of))
                if composed.manifest.hash != of.manifest.hash:
                    raise BadManifest("the manifest does not follow from draft and offers")
                self._kept[key] = composed
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def keys_of(self, of: Round) -> frozenset[str]:
        """All keys of a round's manifest and of its offers; of its groups only while its nodes are in the log, whole.

        Who has taken them out could otherwise keep every later round from being agreed.
        """
        if of.manifest is None:
            return frozenset()
        body = of.manifest.body
        keys = {body["gate_key"], body["aggregate_key"], *body["admission_keys"].values()}
        try:
            offered = self.offered(of)
        except (bundle.BrokenBundle, nodes.BadNodes):
            return frozenset(keys)
        except LogDamaged as error:
            if str(error) not in self._told:
                _LOG.error("%s; the keys of its groups are compared with no others", error)
            self._told.add(str(error))
            return frozenset(keys)
        keys.update(key for tree in offered.values() for node in tree for key in node["keys"] if key is not None)
        return frozenset(keys)
