"""Object proofs (FEP-8b32): ours hold for Fedify, and Fedify's for us."""

import time
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from federation.errors import Unauthentic
from federation.proofs import attach_proof, verify_proof
from federation.signatures.keys import (
    PublicKey,
    generate_ed25519,
    generate_rsa,
    multikey,
    multikey_pem,
    public_key,
)
from federation.translate.outgoing_actors import person_document
from schemas.records import Actor, ActorKind
from schemas.wire.vocabulary import CONTEXT
from tests.fedify.peer import FedifyPeer

MIA: Final = "https://transport.example/@mia"
OURS: Final = generate_ed25519(f"{MIA}#ed25519-key", MIA)
NOTE: Final = {
    "@context": CONTEXT,
    "id": "https://transport.example/p/1",
    "type": "Note",
    "attributedTo": MIA,
    "postKind": "answer",
    "content": "<p>By the <em>bed</em>, não é?</p>",
    "published": "2026-03-02T09:00:00.120Z",
}
LIKE: Final = {
    "@context": CONTEXT,
    "id": "https://transport.example/activities/1",
    "type": "Like",
    "actor": MIA,
    "object": "https://health.example/p/1",
    "content": "👏",
    "kudosFor": {"type": "cl:Kudos", "category": "saved-time", "note": "Weeks to days"},
}


def now() -> datetime:
    """Fedify looks at the clock of the machine."""
    return datetime.fromtimestamp(time.time(), UTC)


def actor() -> dict[str, Any]:
    return {
        "@context": [
            "https://www.w3.org/ns/activitystreams",
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
        ],
        "id": MIA,
        "type": "Person",
        "inbox": f"{MIA}/inbox",
        "assertionMethod": [
            {
                "id": OURS.key_id,
                "type": "Multikey",
                "controller": MIA,
                "publicKeyMultibase": multikey(OURS.public_pem),
            }
        ],
    }


@pytest.mark.parametrize("document", [NOTE, LIKE], ids=["a post", "an activity"])
async def test_what_we_prove_fedify_believes_until_it_is_changed(
    peer: FedifyPeer, document: dict[str, Any]
) -> None:
    proven = attach_proof(document, OURS, created=now())
    changed = proven | {"content": "<p>Otherwise.</p>"}

    believed = await peer.do("check", document=proven, documents={MIA: actor()})
    believed_changed = await peer.do("check", document=changed, documents={MIA: actor()})

    assert (believed, believed_changed) == (True, False)


async def test_what_fedify_proves_we_believe_until_it_is_changed(peer: FedifyPeer) -> None:
    uri = f"{peer.origin}/notes/proven"
    proven = await peer.do("prove", id=uri, html="<p>By the <em>bed</em>, não é?</p>")
    document = await peer.do("document", at=peer.ada)
    listed = {each["id"]: each["publicKeyMultibase"] for each in document["assertionMethod"]}

    async def find_key(key_id: str, *, fresh: bool) -> PublicKey:
        return public_key(key_id=key_id, owner=peer.ada, pem=multikey_pem(listed[key_id]))

    by = await verify_proof(proven, now=now(), find_key=find_key)

    assert by is not None
    assert by.actor == peer.ada
    with pytest.raises(Unauthentic, match="proof wrong"):
        await verify_proof(
            proven | {"content": "<p>Otherwise.</p>"}, now=now(), find_key=find_key
        )


async def test_of_our_own_actors_fedify_sees_the_key_that_proves(peer: FedifyPeer) -> None:
    own = Actor(
        id=1,
        uri=MIA,
        kind=ActorKind.PERSON,
        host="transport.example",
        local=True,
        name="mia",
        display_name="Mia",
        inbox=f"{MIA}/inbox",
        published_at=now(),
    )
    document = person_document(own, [generate_rsa(f"{MIA}#main-key", MIA).public, OURS.public])
    proven = attach_proof(NOTE, OURS, created=now())

    assert await peer.do("check", document=proven, documents={MIA: document})
