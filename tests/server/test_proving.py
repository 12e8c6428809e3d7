"""Proofs of our own: made once for what is sent, kept for what is read, never in the way."""

import json
from collections.abc import AsyncIterator

import pytest

from federation.proofs import verify_proof
from federation.signatures.keys import KeyKind, PublicKey, generate_ed25519
from schemas.wire.vocabulary import ACTIVITYSTREAMS, CONTEXT, DATA_INTEGRITY
from server.services import proving
from server.storage import actors
from server.storage.embedded import Cluster
from tests.inbox_scene import Town, done, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


def document(town: Town, **more: object) -> dict[str, object]:
    return {"id": town.question.uri, "attributedTo": town.question.author_uri, **more}


async def key_of(town: Town) -> PublicKey:
    async with town.scene.here.database.reading() as tx:
        rings = await actors.signing_keys(
            tx, {town.question.author_id}, now=town.scene.here.now()
        )
    return rings[town.question.author_id][KeyKind.ED25519].public


async def test_a_proof_is_kept_for_what_is_read_again_and_made_for_what_changed(town):
    context = town.scene.here.context
    key = await key_of(town)

    async def find_key(key_id: str, *, fresh: bool) -> PublicKey:
        assert key_id == key.key_id
        return key

    first, again, changed = [
        (await proving.prove_posts(context, [(town.question, document(town, likes=likes))]))[0]
        for likes in (1, 1, 2)
    ]

    assert again["proof"] is first["proof"]
    assert changed["proof"]["proofValue"] != first["proof"]["proofValue"]
    for each in (first, changed):
        assert await verify_proof(each, now=context.now(), find_key=find_key) is not None


async def test_a_post_of_somebody_elsewhere_and_a_tombstone_are_left_as_they_are(town):
    theirs = await town.scene.facts(town.answer)
    assert theirs is not None
    found = [
        (theirs, {"id": theirs.uri, "attributedTo": theirs.author_uri}),
        (town.question, {"id": town.question.uri, "type": "Tombstone"}),
    ]

    proven = await proving.prove_posts(town.scene.here.context, found)

    assert proven == [each for _, each in found]


async def test_what_was_proven_in_another_context_is_passed_on_without_a_proof_of_ours(town):
    inner = {
        "@context": [ACTIVITYSTREAMS, "https://w3id.org/security/data-integrity/v1"],
        "type": "Like",
        "proof": {"type": "x"},
    }
    announce = {"@context": CONTEXT, "id": "https://x.example/1", "type": "Announce"}
    announce |= {"object": inner}
    key = generate_ed25519("https://x.example/c/roads#key", "https://x.example/c/roads")

    told = proving.prove(town.scene.here.context, announce, key)

    assert told["object"] == inner
    assert "proof" not in told
    assert told["@context"] == [each for each in CONTEXT if each != DATA_INTEGRITY]


async def test_a_number_that_cannot_be_proven_is_passed_on_all_the_same(town):
    # In a community of ours, from somebody whose program counts in large numbers.
    reply = town.scene.post(
        town.ada, town.plaza.uri, reply_to=town.question.uri, serial=2**53 + 1
    )

    await done(town.scene, town.ada, "Create", reply)

    rows = await town.scene.fetch(
        "SELECT convert_from(document, 'UTF8') FROM activities WHERE type = 'Announce' "
        "ORDER BY id DESC LIMIT 1"
    )
    told = json.loads(rows[0][0])
    assert told["object"]["object"]["serial"] == 2**53 + 1
    assert "proof" not in told


async def test_what_has_no_key_is_told_without_a_proof(town):
    context = town.scene.here.context
    async with town.scene.here.database.transaction("test") as tx:
        await tx.execute("DELETE FROM actor_keys WHERE actor_id = $1", town.question.author_id)

    read = await proving.prove_posts(context, [(town.question, document(town, likes=3))])

    assert read == [document(town, likes=3)]
    sent = {"id": "https://x.example/1", "type": "Like", "actor": town.question.author_uri}
    assert proving.prove(context, sent, None) == sent
