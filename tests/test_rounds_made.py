"""The rounds that tests stand on are such as every party and client accepts."""

from shared import envelope
from shared.bundle import unpack
from shared.canonical import unb64
from shared.manifest import check, verify_published
from shared.nodes import names_hash, parse_offered
from shared.records import Kind
from shared.rounds import State
from shared.topics import nodes
from shared.vouchers import GroupVouchers
from tests.rounds_made import NOW, OPENS, draft_body, make_round, questionnaire_body


def test_a_made_round_is_agreed_and_passes_every_check_of_parties_and_clients() -> None:
    made = make_round(issuers=2)
    assert made.of.state(NOW) is State.SCHEDULED
    assert made.of.state(OPENS) is State.OPEN
    assert verify_published(made.manifest_jws, made.accepts, made.parties) == made.manifest
    chunks = [entry.value for entry in made.log.read(nodes(made.id))]
    offered = {
        name: parse_offered(unpack(made.of.offers[name].body["nodes"], chunks)) for name in made.parties.issuer_names
    }
    check(made.manifest, made.composed, offered, [], frozenset(), NOW)


def test_a_made_member_has_valid_tokens_and_envelopes_that_open() -> None:
    made = make_round(issuers=2)
    vouchers = GroupVouchers(made.composed)
    for person in ("p0", "p15"):
        member = made.member(person)
        for part, plaintext in enumerate((made.closed(4, None, 0), made.words("Hallo"))):
            sealed = member.envelope(part, plaintext, revision=3)
            assert vouchers.admits(sealed.nonce, sealed.admission)
            outer = envelope.open_outer(
                made.gate_key, made.manifest.hash, part, sealed.nonce, sealed.outer, made.manifest.layouts[part]
            )
            assert outer.node == made.finest(person, part)
            assert vouchers.belongs_along(outer.node, part, outer.pk, outer.tokens)
            assert envelope.verify_ballot(outer.pk, made.manifest.hash, part, outer.inner, outer.sig)
            opened = envelope.open_inner(made.aggregate_key, made.manifest.hash, part, outer.pk, outer.inner)
            assert opened == plaintext
            assert envelope.Envelope.decode(sealed.encode(made.manifest.layouts[part]), made.manifest.layouts) == sealed


def test_the_names_of_a_group_fit_the_hash_in_its_node() -> None:
    made = make_round()
    node = made.finest("p0", 0)
    assert len(made.names(node, 0)) == 12
    assert names_hash(made.salt("hr", node, 0), made.names(node, 0)) == unb64(
        made.composed.nodes[node]["names"]["hr"][0]
    )


def test_several_rounds_share_a_log_and_records_go_on_from_there() -> None:
    first = make_round()
    changes = {"questionnaire": questionnaire_body("2")}
    second = make_round(
        round_id="summer", among=first.installation, log=first.log, first_key=first.next_key, changes=changes
    )
    assert set(second.fold.rounds) == {"spring", "summer"}
    assert set(first.composed.moduli).isdisjoint(second.composed.moduli)
    second.say(Kind.CANCEL, "hr", {})
    assert second.of.phase is State.CANCELLED
    assert second.fold.rounds["spring"].phase is State.SCHEDULED
    assert draft_body(first.parties) == first.of.draft.body
