"""A member's client as docs/protocol.md tells it, talking to an issuer through HTTP."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared import blind_rsa, merkle, nodes, tokens
from shared.blind_rsa import Blinded, PublicKey
from shared.canonical import b64, unb64
from shared.codes import WalletCode
from shared.manifest import Manifest, verify_published
from shared.vouchers import GroupVouchers
from shared.wallet_secrets import WalletSecrets
from tests.services.issuer.issuers import Running, code_of


@dataclass(frozen=True)
class Member:
    """Somebody with an access code and a wallet code."""

    issuer: Running
    person: str
    wallet: str = "hers"
    round_id: str = "spring"

    def at(self, issuer: Running) -> "Member":
        """The same person and codes at another issuer, or at the same one after a restart."""
        return replace(self, issuer=issuer)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {code_of(self.person).text}"}

    def manifest(self) -> Manifest:
        shown = self.issuer.client.get(f"/rounds/{self.round_id}").get_json()
        return verify_published(shown["manifest"], shown["accepts"], self.issuer.installed.parties)

    def membership(self) -> Any:
        return self.issuer.client.get(f"/rounds/{self.round_id}/membership", headers=self.headers)

    def checked(self) -> dict[str, Any]:
        """Her membership, with every proof and list of names checked against the manifest."""
        manifest, shown = self.manifest(), self.membership().get_json()
        parent = None
        path = []
        for step in shown["path"]:
            node = nodes.parse_composed(step["node"].encode())
            proof = [unb64(one) for one in step["proof"]]
            assert merkle.check(manifest.node_root, manifest.node_count, node["id"], step["node"].encode(), proof)
            assert node["parent"] == parent
            parent = node["id"]
            path.append(node)
        for part, said in enumerate(shown["parts"]):
            finest = [node for node in path if node["keys"][self.issuer.name][part] is not None][-1]
            assert said["finest"] == finest["id"] and len(said["names"]) == finest["own"][part]
            hashed = nodes.names_hash(unb64(said["salt"]), said["names"])
            assert b64(hashed) == finest["names"][self.issuer.name][part]
        return dict(shown) | {"nodes": path}

    def asked(self) -> list[tuple[PublicKey, bytes, Blinded]]:
        """Every token that she asks for: key, token input, and the blinded message."""
        manifest, shown = self.manifest(), self.checked()
        issuer, secrets = self.issuer.name, WalletSecrets(self._wallet, manifest.hash)
        digest = tokens.challenge_digest(issuer, manifest.hash, manifest.parties.origin)
        wanted = []
        for part in range(len(shown["parts"])):
            wanted.append((part, manifest.admission_keys[issuer], secrets.admission_nonce(part)))
            moduli = [node["keys"][issuer][part] for node in shown["nodes"]]
            nonce = tokens.group_nonce(self.pk(part))
            wanted += [(part, PublicKey.from_modulus(unb64(n)), nonce) for n in moduli if n is not None]
        asked = []
        for part, key, nonce in wanted:
            message = tokens.token_input(nonce, digest, key.key_id)
            salt, blinding = secrets.salt(part, issuer, key), secrets.blinding(part, issuer, key)
            asked.append((key, message, blind_rsa.blind(key, message, salt, blinding)))
        return asked

    def body(self) -> dict[str, Any]:
        blinded = [b64(blinded.message) for _, _, blinded in self.asked()]
        return {"manifest": self.manifest().fingerprint, "blinded": blinded}

    def collect(self, body: dict[str, Any] | None = None) -> Any:
        """The answer to her request, or to `body`."""
        path = f"/rounds/{self.round_id}/tokens"
        return self.issuer.client.post(path, json=self.body() if body is None else body, headers=self.headers)

    def tokens(self) -> list[bytes]:
        """Her finalized tokens, in the order of the request."""
        answer = self.collect()
        assert answer.status_code == 200, answer.text
        return [
            blind_rsa.finalize(key, message, unb64(signature), blinded.inverse)
            for (key, message, blinded), signature in zip(self.asked(), answer.get_json()["signatures"], strict=True)
        ]

    def vouched(self) -> bool:
        """Whether her tokens let her answer every part, as ingest and gate check it (one issuer)."""
        live = self.issuer.desk._live[self.round_id]
        vouchers, fresh = GroupVouchers(live.composed), iter(self.tokens())
        secrets, held = WalletSecrets(self._wallet, live.composed.manifest.hash), []
        for part, shown in enumerate(self.checked()["parts"]):
            held.append(vouchers.admits(secrets.admission_nonce(part), (next(fresh),)))
            path = live.composed.part_trees[part].keyed_path(shown["finest"])
            held.append(
                vouchers.belongs_along(shown["finest"], part, self.pk(part), tuple((next(fresh),) for _ in path))
            )
        return all(held) and next(fresh, None) is None

    def pk(self, part: int) -> bytes:
        seed = WalletSecrets(self._wallet, self.manifest().hash).envelope_seed(part)
        return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()

    @property
    def _wallet(self) -> WalletCode:
        return WalletCode(sha256(f"{self.person} {self.wallet}".encode()).digest()[:16])
