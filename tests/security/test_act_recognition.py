"""ACT-23 and its neighbours: a recognition is its issuer's word, about one of ours."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from federation.proofs import attach_proof
from federation.signatures.keys import generate_ed25519
from schemas.records import AgencyState
from schemas.wire.credentials import CREDENTIALS, OPEN_BADGES, OPEN_BADGES_2
from schemas.wire.vocabulary import PUBLIC
from server.services import discovery, recognizing, silencing
from server.services.recognizing import Draft
from server.storage import agencies
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.hostile_peer import Reply
from tests.inbox_scene import EARLIER, Town, done, ignored, populated

CREDENTIAL = "application/vc+ld+json"
NUMBERS = count(1)
PAIR = generate_ed25519("https://nobody.example/#ed25519-key", "https://nobody.example/")


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def kept(town: Town, uri: str) -> list[tuple[Any, ...]]:
    return await town.scene.fetch(
        "SELECT r.name, r.criteria, i.uri FROM recognitions r "
        "JOIN actors i ON i.id = r.issuer_id WHERE r.uri = $1",
        uri,
    )


async def all_kept(town: Town) -> list[tuple[Any, ...]]:
    return await town.scene.fetch("SELECT uri, hidden_at FROM recognitions ORDER BY uri")


async def refused(town: Town, sender: Sender, note: dict[str, Any], **more: object) -> str:
    """Send what must leave nothing behind, neither here nor in what `state` looks at."""
    await discovery.find_or_fetch_actor(town.scene.here.context, sender.uri)
    before = await all_kept(town)
    reason = await ignored(town.scene, sender, "Create", note, **more)
    assert await all_kept(town) == before
    return reason


def told(
    town: Town, issuer: Sender, *, about: str = "", credential: str = "", **more: object
) -> dict[str, Any]:
    """Write a Note in our own form, and publish it at its own server."""
    uri = f"{issuer.uri}/recognition/{next(NUMBERS)}"
    said: dict[str, Any] = {
        "id": uri,
        "type": "Note",
        "attributedTo": issuer.uri,
        "to": [PUBLIC],
        "cc": [about or town.bob],
        "content": "<p>🏅</p>",
        "tag": [{"type": "Mention", "href": about or town.bob, "name": "@bob"}],
        "attachment": [
            {"type": "Link", "href": credential or f"{uri}/vc", "mediaType": CREDENTIAL}
        ],
        "published": EARLIER,
    }
    return said | more


def issued(note: dict[str, Any], **changes: object) -> dict[str, Any]:
    """Write the credential of a Note."""
    found: dict[str, Any] = {
        "@context": [CREDENTIALS, OPEN_BADGES],
        "id": note["attachment"][0]["href"],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": note["attributedTo"], "type": ["Profile"]},
        "credentialSubject": {
            "id": note["tag"][0]["href"],
            "achievement": {
                "name": "Peer Mentor",
                "criteria": {"narrative": "Helped many."},
            },
        },
    }
    return found | changes


def serves(town: Town, uri: str, found: object, content_type: str = CREDENTIAL) -> None:
    body = json.dumps(found).encode()
    town.scene.peer.tells(uri, Reply(headers=(("Content-Type", content_type),), body=body))


def badge(town: Town, issuer: Sender, **changes: object) -> dict[str, Any]:
    """Write a Note in BadgeFed's form; `changes` are of its assertion."""
    uri = f"{issuer.uri}/grant/{next(NUMBERS)}"
    assertion = {
        "@context": OPEN_BADGES_2,
        "type": "Assertion",
        "id": f"{uri}/openbadge",
        "recipient": {"type": "url", "identity": town.bob, "hashed": False},
        "badge": {
            "type": "BadgeClass",
            "name": "Unconference",
            "criteria": {"narrative": "Took part."},
            "issuer": {"type": "Profile", "id": f"{issuer.uri}/profile", "url": issuer.uri},
        },
    }
    return told(town, issuer) | {"id": uri, "attachment": [assertion | changes]}


def organisation(town: Town, name: str, host: str = "far") -> Sender:
    return town.scene.sender(host, name, "Organization")


async def test_act_23_a_recognition_is_kept_as_its_issuers_credential_tells_it(
    town: Town,
) -> None:
    note = told(town, town.roads)
    serves(town, f"{note['id']}/vc", issued(note))

    await done(town.scene, town.roads, "Create", note)

    assert await kept(town, note["id"]) == [("Peer Mentor", "Helped many.", town.roads.uri)]
    [[notices]] = await town.scene.fetch(
        "SELECT count(*) FROM notifications WHERE kind = 'recognition' AND subject = $1",
        note["id"],
    )
    assert notices == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"issuer": "https://good.example/c/roads"}, "issuer-not-actor"),
        ({"issuer": None}, "issuer-not-a-uri"),
        ({"type": ["VerifiableCredential"]}, "not-a-credential"),
        ({"credentialSubject": []}, "not-a-credential"),
        ({"credentialSubject": {"achievement": {"name": "X"}}}, "recipient-not-called"),
        ({"credentialSubject": {"id": "OTHER"}}, "recipient-not-called"),
        ({"credentialSubject": {"id": "BOB"}}, "recognition-without-name"),
        ({"id": "https://good.example/credentials/1"}, "document-id-mismatch"),
    ],
)
async def test_act_23_a_forged_issuer_or_another_credential_is_refused_by_name(
    town: Town, changes: dict[str, Any], reason: str
) -> None:
    note = told(town, town.roads)
    text = json.dumps(changes).replace("OTHER", town.ada.uri).replace("BOB", town.bob)
    serves(town, f"{note['id']}/vc", issued(note, **json.loads(text)))

    assert await refused(town, town.roads, note) == reason


@pytest.mark.parametrize("content_type", ["text/html", "application/activity+json", ""])
async def test_ori_03_what_is_no_credential_by_its_type_is_not_read_as_one(
    town: Town, content_type: str
) -> None:
    note = told(town, town.roads)
    serves(town, f"{note['id']}/vc", issued(note), content_type)

    assert await refused(town, town.roads, note) == "media-type"


async def test_ori_02_a_redirect_does_not_lend_its_address_to_a_credential(town: Town) -> None:
    note = told(town, town.roads)
    other = town.scene.peer.url("evil", "/vc")
    town.scene.peer.tells(f"{note['id']}/vc", Reply(status=302, headers=(("Location", other),)))
    serves(town, other, issued(note))

    assert await refused(town, town.roads, note) == "document-id-mismatch"


async def test_ori_13_nobody_recognises_anybody_with_somebody_elses_credential(
    town: Town,
) -> None:
    mine = town.scene.group("evil", "mine")
    honest = told(town, town.roads)
    serves(town, f"{honest['id']}/vc", issued(honest))
    elsewhere = told(town, mine, credential=f"{honest['id']}/vc")

    assert await refused(town, mine, elsewhere) == "credential-other-origin"


async def test_ori_07_a_recognition_of_another_author_is_refused(town: Town) -> None:
    mine = town.scene.group("evil", "forger")
    note = told(town, town.roads)

    assert await refused(town, mine, note) == "author-not-actor"
    assert await refused(town, mine, note | {"attributedTo": mine.uri}) == "author-other-origin"


async def test_act_23_a_neighbour_on_its_server_gives_nothing_in_its_name(town: Town) -> None:
    neighbour = town.scene.group("far", "neighbour")
    honest = told(town, town.roads)
    serves(town, f"{honest['id']}/vc", issued(honest))
    note = told(town, neighbour, credential=f"{honest['id']}/vc")

    assert await refused(town, neighbour, note) == "issuer-not-actor"


async def test_lds_05_a_credential_with_a_wrong_proof_is_a_lie_and_refused(
    town: Town,
) -> None:
    note = told(town, town.roads)
    pair = replace(PAIR, key_id=f"{town.roads.uri}#ed25519-key", owner=town.roads.uri)
    proven = attach_proof(issued(note), pair, created=town.scene.here.now())
    elsewhere = replace(pair, key_id=town.scene.peer.url("evil", "/@m#k"))
    stolen = attach_proof(issued(note), elsewhere, created=town.scene.here.now())
    serves(town, f"{note['id']}/vc", stolen)

    assert await refused(town, town.roads, note) == "proof-not-of-actor"
    serves(town, f"{note['id']}/vc", proven | {"proof": proven["proof"] | {"proofValue": 1}})
    assert await refused(town, town.roads, note) == "proof-malformed"


async def test_act_23_a_person_recognises_nobody_formally(town: Town) -> None:
    note, praise = badge(town, town.mallory), told(town, town.mallory)
    serves(town, f"{praise['id']}/vc", issued(praise))

    assert await refused(town, town.mallory, note) == "recognition-by-a-person"
    assert await refused(town, town.mallory, praise) == "recognition-by-a-person"


async def test_act_23_it_is_not_believed_for_being_passed_on(town: Town) -> None:
    note = told(town, town.roads)
    serves(town, f"{note['id']}/vc", issued(note))
    create = town.scene.activity(town.roads, "Create", note)

    before = await all_kept(town)
    reason = await ignored(town.scene, town.roads, "Announce", create)

    assert reason == "recognition-through-a-community"
    assert await all_kept(town) == before


async def test_nothing_is_fetched_for_somebody_who_is_not_here(town: Town) -> None:
    note = told(town, town.roads, about=town.ada.uri)
    nobody = told(town, town.roads, about=f"{town.bob}2")
    before = len(town.scene.asked("far"))

    assert await refused(town, town.roads, note) == "recognition-of-nobody-here"
    assert await refused(town, town.roads, nobody) == "recognition-of-nobody-here"
    assert len(town.scene.asked("far")) == before


async def test_act_23_an_organisation_gives_a_badge_as_badgefed_does(town: Town) -> None:
    academy = organisation(town, "academy")
    embedded, linked = badge(town, academy), badge(town, academy)
    about = f"{linked['id']}/badgeclass"
    shown = dict(embedded["attachment"][0]["badge"], id=about, name="Linked")
    linked["attachment"][0]["badge"] = about
    serves(town, about, shown, "application/json")

    await done(town.scene, academy, "Create", embedded)
    await done(town.scene, academy, "Create", linked)

    assert await kept(town, embedded["id"]) == [("Unconference", "Took part.", academy.uri)]
    assert await kept(town, linked["id"]) == [("Linked", "Took part.", academy.uri)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"recipient": {"type": "url", "identity": "sha256$1", "hashed": True}},
            "recipient-hashed",
        ),
        ({"recipient": {"type": "email", "identity": "b@x.example"}}, "recipient-not-a-url"),
        ({"recipient": None}, "recipient-missing"),
        ({"id": "https://good.example/a/1"}, "credential-other-origin"),
        ({"badge": {"name": "X", "issuer": "https://good.example/a"}}, "issuer-not-actor"),
        ({"badge": {"name": "X", "issuer": {"url": 1}}}, "issuer-not-actor"),
        ({"badge": "https://good.example/badge"}, "credential-other-origin"),
        ({"badge": None}, "credential-missing"),
    ],
)
async def test_act_23_a_badge_of_another_issuer_or_for_a_hash_is_refused_by_name(
    town: Town, changes: dict[str, Any], reason: str
) -> None:
    note = badge(town, organisation(town, "school"), **changes)

    assert await refused(town, organisation(town, "school"), note) == reason


async def test_act_03_only_its_issuer_takes_a_recognition_back(town: Town) -> None:
    note = told(town, town.roads)
    serves(town, f"{note['id']}/vc", issued(note, credentialSubject=named(town, "Early")))
    await done(town.scene, town.roads, "Create", note)

    neighbour = town.scene.group("far", "neighbour2")
    for other in (town.mallory, neighbour):
        await discovery.find_or_fetch_actor(town.scene.here.context, other.uri)
        assert await ignored(town.scene, other, "Delete", note["id"]) == "not-theirs-to-delete"
    assert await kept(town, note["id"]) != []
    await done(town.scene, town.roads, "Delete", note["id"])

    assert await kept(town, note["id"]) == []


async def test_act_03_nobody_elsewhere_takes_back_what_we_gave(town: Town) -> None:
    amina = await town.scene.signed_in("amina")
    ada = await discovery.find_or_fetch_actor(town.scene.here.context, town.ada.uri)
    draft = Draft(name="Peer Mentor", criteria="Helped many.")
    given = (
        await recognizing.give(town.scene.here.context, amina, town.plaza.id, ada.id, draft)
    ).uri

    assert await ignored(town.scene, town.ada, "Delete", given) == "not-theirs-to-delete"
    assert await kept(town, given) != []


async def test_act_19_what_was_withdrawn_is_not_brought_back(town: Town) -> None:
    note = told(town, town.roads)
    town.scene.peer.tells(f"{note['id']}/vc", Reply(status=410))

    assert await refused(town, town.roads, note) == "gone-at-origin"


async def test_the_same_is_kept_once(town: Town) -> None:
    note = told(town, town.roads)
    serves(town, f"{note['id']}/vc", issued(note, credentialSubject=named(town, "Once")))
    await done(town.scene, town.roads, "Create", note)
    again = told(town, town.roads)
    serves(town, f"{again['id']}/vc", issued(again, credentialSubject=named(town, "Once")))

    assert await refused(town, town.roads, note) == "recognition-known"
    assert await refused(town, town.roads, again) == "recognition-known"


async def test_xss_12_markup_in_a_recognition_is_text_and_its_address_leads_to_its_server(
    town: Town,
) -> None:
    note = told(town, town.roads)
    evil = {
        "id": town.bob,
        "achievement": {
            "name": "<img src=x onerror=alert(1)>\u202e",
            "criteria": {"narrative": "</script><script>alert(2)</script>"},
        },
    }
    serves(town, f"{note['id']}/vc", issued(note, credentialSubject=evil))
    await done(town.scene, town.roads, "Create", note)

    page = (await town.scene.here.browser().get("/@bob")).text

    assert "onerror=alert(1)" in page
    assert "<img src=x" not in page
    assert "<script>alert(2)" not in page
    assert "\u202e" not in page
    assert f'href="{note["id"]}/vc"' in page


async def test_act_15_who_blocked_an_issuer_is_given_nothing_by_it(town: Town) -> None:
    other = organisation(town, "pest", "parks")
    member = await town.scene.signed_in("bob")
    actor = await discovery.find_or_fetch_actor(town.scene.here.context, other.uri)
    await silencing.block(town.scene.here.context, member, actor.id)

    reason = await refused(town, other, badge(town, other))

    assert reason == "recognition-of-nobody-here"


async def test_dom_03_what_a_blocked_agency_told_is_shown_no_more(town: Town) -> None:
    issuer = town.scene.group("parks", "gardeners")
    note = told(town, issuer)
    serves(town, f"{note['id']}/vc", issued(note, credentialSubject=named(town, "Green")))
    await done(town.scene, issuer, "Create", note)
    guest = town.scene.here.browser()
    shown = "Green thumb" in (await guest.get("/@bob")).text

    async with town.scene.here.database.transaction("test") as tx:
        await agencies.decide(
            tx,
            town.scene.peer.authority("parks"),
            AgencyState.BLOCKED,
            by=None,
            reason="",
            now=town.scene.here.now() + timedelta(seconds=1),
        )

    assert shown
    assert "Green thumb" not in (await guest.get("/@bob")).text


def named(town: Town, word: str) -> dict[str, Any]:
    return {"id": town.bob, "achievement": {"name": f"{word} thumb"}}
