"""SIG and ORI for keys of FEP-521a: an Ed25519 key binds like an RSA key, in both schemes."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from federation.errors import Unauthentic
from federation.signatures import cavage, rfc9421
from federation.signatures.keys import KeyPair, generate_ed25519, multikey
from server.services.keys import find_key
from tests.door import ORIGIN, Answer, House, Sender, opened
from tests.hostile_peer import ACTIVITY_JSON, document

SCHEMES = {"cavage": cavage.sign, "rfc9421": rfc9421.sign}
PAIR = generate_ed25519("https://nobody.example/#key", "")
STRANGE = generate_ed25519("https://nobody.example/#key", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    house: House
    ada: Sender
    key: KeyPair

    def shows(self, *keys: dict[str, Any]) -> None:
        """Publish Ada with these Multikeys."""
        told = self.ada.document | {"assertionMethod": list(keys)}
        self.house.peer.publishes(self.ada.uri, **told)

    async def sends(self, *, key: KeyPair | None = None, scheme: str = "rfc9421") -> Answer:
        body = json.dumps(self.ada.activity("Like", f"{ORIGIN}/p/1")).encode()
        plain = {"Content-Type": ACTIVITY_JSON}
        signed = SCHEMES[scheme](
            method="POST",
            url=f"{ORIGIN}/inbox",
            headers=plain,
            body=body,
            key=key or self.key,
            now=self.house.clock.now(),
        )
        return await self.house.send(plain | signed, body)

    async def believed(self) -> list[object]:
        rows = await self.house.fetch(
            "SELECT key_id FROM actor_keys WHERE kind = 'ed25519' AND private_pem IS NULL"
        )
        return [row[0] for row in rows]


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    async with opened(database_url) as house:
        await house.decide("health")
        await house.decide("evil")
        ada = house.sender("health", "ada")
        key = replace(PAIR, key_id=f"{ada.uri}#ed25519-key", owner=ada.uri)
        yield Scene(house=house, ada=ada, key=key)


def multikey_document(key: KeyPair, **changed: object) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "type": "Multikey",
        "controller": key.owner,
        "publicKeyMultibase": multikey(key.public_pem),
        **changed,
    }


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_sig_13_what_an_ed25519_key_signed_is_taken_in_both_schemes(
    scene: Scene, scheme: str
) -> None:
    scene.shows(multikey_document(scene.key))

    answer = await scene.sends(scheme=scheme)

    assert answer.status == 202
    assert len(await scene.house.arrived()) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"controller": "https://nobody.example/@ada"},
        {"controller": None},
        {"type": "Key"},
        {"publicKeyMultibase": multikey(STRANGE.public_pem)},
        {"publicKeyMultibase": "z6Mk"},
        {"id": "https://evil.example/key"},
    ],
    ids=["another's", "nobody's", "another-type", "another-key", "no-key", "elsewhere"],
)
async def test_sig_02_a_multikey_that_is_not_the_actors_signs_nothing(
    scene: Scene, changed: dict[str, object]
) -> None:
    scene.shows(multikey_document(scene.key, **changed))

    assert (await scene.sends()).status == 401
    assert await scene.house.arrived() == []


async def test_sig_02_a_multikey_that_names_a_victim_as_its_controller_is_refused(
    scene: Scene,
) -> None:
    evil_id = scene.house.peer.url("evil", "/key")
    forged = replace(STRANGE, key_id=evil_id, owner=scene.ada.uri)
    scene.house.peer.publishes(evil_id, **multikey_document(forged))
    scene.shows(multikey_document(scene.key))

    answer = await scene.sends(key=forged)

    assert (answer.status, answer.reason) == (401, "key-not-of-actor")
    with pytest.raises(Unauthentic):
        await find_key(scene.house.context, evil_id)
    assert evil_id not in await scene.believed()


@pytest.mark.parametrize(
    ("lists", "status"), [("the same", 202), ("nothing", 401), ("another", 401)]
)
async def test_ori_20_a_multikey_of_its_own_counts_only_if_its_controller_lists_it(
    scene: Scene, lists: str, status: int
) -> None:
    alone = replace(PAIR, key_id=f"{scene.ada.uri}/keys/1", owner=scene.ada.uri)
    other = replace(STRANGE, key_id=alone.key_id, owner=alone.owner)
    listed = {"the same": [alone], "nothing": [], "another": [other]}[lists]
    scene.shows(*(multikey_document(each) for each in listed))
    scene.house.peer.publishes(alone.key_id, **multikey_document(alone))

    answer = await scene.sends(key=alone)

    assert answer.status == status
    assert await scene.believed() == ([alone.key_id] if status == 202 else [])


async def test_sig_04_a_multikey_that_calls_itself_otherwise_is_not_kept(scene: Scene) -> None:
    asked = f"{scene.ada.uri}/keys/1"
    alone = replace(PAIR, key_id=f"{scene.ada.uri}/keys/2", owner=scene.ada.uri)
    scene.shows(multikey_document(alone))
    scene.house.peer.tells(asked, document(multikey_document(alone)))
    scene.house.peer.publishes(alone.key_id, **multikey_document(alone))

    answer = await scene.sends(key=replace(alone, key_id=asked))

    assert answer.status == 401
    assert await scene.house.arrived() == []


async def test_sig_13_an_ed25519_key_in_the_place_of_the_rsa_key_signs_as_what_it_is(
    scene: Scene,
) -> None:
    stated = {"id": scene.key.key_id, "owner": scene.key.owner}
    told = scene.ada.document | {"publicKey": stated | {"publicKeyPem": PAIR.public_pem}}
    scene.house.peer.publishes(scene.ada.uri, **told)

    assert (await scene.sends()).status == 202


async def test_sig_11_a_replay_of_a_request_in_rfc_9421_has_no_second_effect(
    scene: Scene,
) -> None:
    scene.shows(multikey_document(scene.key))

    first, second = await scene.sends(), await scene.sends()

    assert (first.status, second.status) == (202, 202)
    assert len(await scene.house.arrived()) == 1


async def test_sig_23_a_malformed_content_digest_is_a_bad_request_at_the_door(
    scene: Scene,
) -> None:
    body = json.dumps(scene.ada.activity("Like", f"{ORIGIN}/p/1")).encode()
    plain = {"Content-Type": ACTIVITY_JSON}
    signed = rfc9421.sign(
        method="POST",
        url=f"{ORIGIN}/inbox",
        headers=plain,
        body=body,
        key=scene.key,
        now=scene.house.clock.now(),
    )

    answer = await scene.house.send(plain | signed | {"Content-Digest": "sha-256=x"}, body)

    assert (answer.status, answer.reason) == (400, "content-digest-malformed")
    assert scene.house.peer.requests == []
