"""The vectors in docs/protocol.md are what the code does."""

from pathlib import Path

from shared import envelope
from shared.canonical import unb64
from shared.envelope import Envelope, Layout
from shared.hpke import SecretKey
from tests import vectors

PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"


def test_everything_that_follows_from_the_inputs_stands_in_the_page() -> None:
    published = vectors.published(PAGE.read_text("utf-8"))
    del published["sealed"]
    assert published == vectors.derived()


def test_the_published_envelope_opens_to_the_published_answers() -> None:
    published = vectors.published(PAGE.read_text("utf-8"))
    sealed, manifest_hash = published["sealed"], unb64(published["manifest_hash"])
    layout = Layout(sealed["issuers"], sealed["slots"], len(unb64(sealed["answers"])))
    posted = Envelope.decode(unb64(sealed["envelope"]), [layout, layout])
    gate, aggregate = SecretKey(unb64(sealed["gate_secret"])), SecretKey(unb64(sealed["aggregate_secret"]))

    outer = envelope.open_outer(gate, manifest_hash, posted.part, posted.nonce, posted.outer, layout)
    answers = envelope.open_inner(aggregate, manifest_hash, posted.part, outer.pk, outer.inner)

    assert answers == unb64(sealed["answers"])
    assert (outer.revision, outer.node) == (sealed["revision"], sealed["finest_node"])
    assert outer.sig == unb64(sealed["sig"])
    assert envelope.verify_ballot(outer.pk, manifest_hash, posted.part, outer.inner, outer.sig)
    entry = envelope.counted_entry(manifest_hash, posted.part, outer.pk, outer.inner)
    assert entry == unb64(sealed["counted_entry"])
