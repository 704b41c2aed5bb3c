"""Which tokens an envelope needs, and whether they hold: of every issuer, for admission and for each node of a path."""

from shared import tokens
from shared.envelope import Tokens
from shared.manifest import Composed, Manifest
from shared.tree import NodeId


class Vouchers:
    """Verifies tokens of one round; picklable."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest

    def admits(self, nonce: bytes, admission: Tokens) -> bool:
        """Whether every issuer has signed an admission token for this nonce."""
        keys = self.manifest.admission_keys.values()
        return len(admission) == len(keys) and all(
            tokens.verify(key, nonce, digest, token)
            for key, digest, token in zip(keys, self.manifest.challenge_digests, admission, strict=True)
        )


class GroupVouchers(Vouchers):
    """The same for group tokens, which needs the composed nodes."""

    def __init__(self, composed: Composed) -> None:
        super().__init__(composed.manifest)
        self.composed = composed

    def belongs(self, node: NodeId, part: int, pk: bytes, of_node: Tokens) -> bool:
        """Whether every issuer has signed a token for this envelope key, under the node's key for the part."""
        issuers = self.manifest.parties.issuer_names
        nonce = tokens.group_nonce(pk)
        return len(of_node) == len(issuers) and all(
            tokens.verify(self.composed.group_key(issuer, node, part), nonce, digest, token)
            for issuer, digest, token in zip(issuers, self.manifest.challenge_digests, of_node, strict=True)
        )

    def belongs_along(self, node: NodeId, part: int, pk: bytes, of_path: tuple[Tokens, ...]) -> bool:
        """Whether there is exactly one token of every issuer for each node with a key from the root to `node`.

        False too if `node` is no node with a key of the part's tree.
        """
        tree = self.composed.part_trees[part]
        if node not in tree.keyed:
            return False
        path = tree.keyed_path(node)
        return len(path) == len(of_path) and all(
            self.belongs(step, part, pk, of_node) for step, of_node in zip(path, of_path, strict=True)
        )
