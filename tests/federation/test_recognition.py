"""Recognitions: the Note, the credential with its proof, the list, and those of others."""

import gzip
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import FederationError, Malformed, Unauthentic
from federation.fetch import fetch_credential
from federation.proofs import ProvenBy, attach_proof, verify_issued
from federation.session import Session
from federation.signatures.keys import KeyPair, PublicKey, generate_ed25519
from federation.translate import sanitize
from federation.translate.incoming import activity_from
from federation.translate.incoming_recognition import (
    IncomingAward,
    IncomingRecognition,
    award_from_badge,
    award_from_credential,
    is_recognition,
    recognition_from,
)
from federation.translate.outgoing_recognition import (
    SHORTEST,
    assertion_document,
    create_recognition_activity,
    credential_document,
    encoded_list,
    recognition_note,
    revoked_assertion_document,
    status_list_document,
)
from federation.uris import Home
from schemas.recognition import Recognition
from schemas.wire.activities import Activity
from schemas.wire.vocabulary import PUBLIC
from tests.hostile_peer import HostilePeer, Reply, document, outgoing, redirect
from tests.wire.values import GROUP, HELPER, NOW, QUESTION, ROADS, actor

LATER = NOW + timedelta(days=1)
KEY = generate_ed25519(f"{GROUP}#ed25519-key", GROUP)
GIVEN = Recognition(
    id=12,
    uri="https://transport.example/recognition/12",
    credential_uri="https://transport.example/credentials/12",
    issuer=ROADS,
    person=actor(HELPER),
    name="Peer <Mentor>",
    criteria="Helped & taught.",
    given_at=NOW,
    status_index=3,
)
LIST = f"{GROUP}/credential-status"


def created(**changes: object) -> Activity:
    """Give the Create of ours, as another agency reads it; `changes` are of the Note."""
    sent = create_recognition_activity(
        "https://transport.example/activities/1",
        recognition_note(GIVEN) | changes,
        GIVEN,
        followers=f"{GROUP}/followers",
    )
    return activity_from(sent)


def told(**changes: object) -> IncomingRecognition:
    return recognition_from(created(**changes), now=LATER)


# What we send


def test_a_note_is_addressed_to_everybody_and_names_whom_it_is_about():
    note = recognition_note(GIVEN)

    assert (note["to"], note["cc"]) == ([PUBLIC], [HELPER])
    assert note["attributedTo"] == GROUP
    assert note["tag"] == [{"type": "Mention", "href": HELPER, "name": "@helper@lands.example"}]
    assert note["attachment"] == [
        {
            "type": "Link",
            "href": GIVEN.credential_uri,
            "mediaType": "application/vc+ld+json",
        }
    ]
    assert note["content"] == (
        f'<p>🏅 <a class="u-url mention" href="{HELPER}">@helper</a> received '
        "<strong>Peer &lt;Mentor&gt;</strong>. "
        f'<a href="{GIVEN.credential_uri}">Verify</a></p>'
    )


def test_its_create_tells_the_followers_and_never_the_group():
    activity = create_recognition_activity(
        "https://transport.example/activities/1",
        recognition_note(GIVEN),
        GIVEN,
        followers=f"{GROUP}/followers",
    )

    assert activity["to"] == [PUBLIC]
    assert activity["cc"] == [HELPER, f"{GROUP}/followers"]
    assert "@context" not in activity["object"]


@pytest.mark.parametrize(
    "ended",
    [
        replace(GIVEN, withdrawn_at=LATER),
        replace(GIVEN, person=replace(GIVEN.person, deleted_at=LATER)),
        replace(GIVEN, issuer=replace(GIVEN.issuer, deleted_at=LATER)),
    ],
)
def test_what_ended_leaves_a_tombstone(ended):
    note = recognition_note(ended)

    assert (note["type"], note["formerType"]) == ("Tombstone", "Note")
    assert note["deleted"] == "2026-09-02T08:00:00.123Z"
    assert "content" not in note


def test_a_credential_says_who_gave_what_to_whom_and_where_to_look_whether_it_holds():
    credential = credential_document(replace(GIVEN, post_uri=QUESTION), status_list=LIST)

    assert credential["issuer"]["id"] == GROUP
    assert credential["credentialSubject"]["id"] == HELPER
    assert credential["credentialSubject"]["achievement"]["criteria"] == {
        "narrative": "Helped & taught."
    }
    assert credential["evidence"] == [{"id": QUESTION, "type": ["Evidence"]}]
    assert credential["credentialStatus"] == {
        "id": f"{LIST}#3",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "3",
        "statusListCredential": LIST,
    }
    assert "evidence" not in credential_document(GIVEN, status_list=LIST)


def test_an_assertion_says_the_same_and_an_ended_one_that_it_is_revoked():
    assertion = assertion_document(replace(GIVEN, post_uri=QUESTION))

    assert assertion["recipient"] == {"type": "url", "identity": HELPER, "hashed": False}
    assert assertion["badge"]["issuer"]["url"] == GROUP
    assert assertion["evidence"] == [{"type": "Evidence", "id": QUESTION}]
    assert "evidence" not in assertion_document(GIVEN)
    assert revoked_assertion_document(GIVEN)["revoked"] is True


def bits(encoded: str) -> bytes:
    assert encoded.startswith("u")
    return gzip.decompress(urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))


def test_the_first_entry_of_a_list_is_the_leftmost_bit():
    assert bits(encoded_list([0]))[0] == 0b1000_0000
    assert bits(encoded_list([7, 8]))[:2] == bytes([0b0000_0001, 0b1000_0000])
    assert encoded_list([]) == encoded_list([])


@given(st.sets(st.integers(0, 3 * SHORTEST), max_size=20))
def test_a_list_has_the_bits_of_what_was_withdrawn_and_no_others(withdrawn):
    found = bits(encoded_list(withdrawn))

    assert len(found) * 8 >= SHORTEST
    assert {
        place for place in range(len(found) * 8) if found[place // 8] >> (7 - place % 8) & 1
    } == withdrawn


def test_a_list_is_a_credential_of_the_group():
    found = status_list_document(LIST, issuer=GROUP, withdrawn=[1])

    assert found["issuer"] == GROUP
    assert found["credentialSubject"]["statusPurpose"] == "revocation"


def test_notes_and_credentials_have_addresses_of_their_own():
    home = Home("https://transport.example")

    assert home.recognition(12) == GIVEN.uri
    assert home.credential(12) == GIVEN.credential_uri


# Proofs of credentials


class Keys:
    def __init__(self, pair: KeyPair) -> None:
        self.key = pair.public

    async def __call__(self, key_id: str, *, fresh: bool) -> PublicKey:
        del key_id, fresh
        return self.key


def proven(**changes: object) -> dict[str, Any]:
    bare = credential_document(GIVEN, status_list=LIST)
    return attach_proof(bare, KEY, created=NOW) | changes


async def verified(
    credential: dict[str, Any], issuer: str = GROUP, pair: KeyPair = KEY
) -> ProvenBy | None:
    return await verify_issued(credential, issuer=issuer, now=LATER, find_key=Keys(pair))


async def test_a_credential_is_proven_by_its_issuer():
    assert await verified(proven()) == ProvenBy(actor=GROUP, key_id=KEY.key_id)


async def test_a_credential_without_a_proof_that_we_know_proves_nothing():
    bare = credential_document(GIVEN, status_list=LIST)
    other = proven()["proof"] | {"cryptosuite": "eddsa-rdfc-2022"}

    assert await verified(bare) is None
    assert await verified(bare | {"proof": other}) is None


@pytest.mark.parametrize(
    ("credential", "issuer", "reason"),
    [
        (proven(name="Director"), GROUP, "proof-wrong"),
        (proven(), f"{GROUP}2", "proof-not-of-actor"),
        (proven(id="https://other.example/c/1"), GROUP, "proof-not-of-actor"),
    ],
)
async def test_a_credential_that_somebody_changed_is_refused(credential, issuer, reason):
    with pytest.raises(Unauthentic) as refused:
        await verified(credential, issuer)

    assert refused.value.reason == reason


# What others send


def test_our_own_form_is_a_recognition():
    assert is_recognition(created())
    assert told() == IncomingRecognition(
        uri=GIVEN.uri,
        issuer_uri=GROUP,
        credential_uri=GIVEN.credential_uri,
        people=(HELPER,),
        given_at=NOW,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"attachment": []},
        {"attachment": [{"type": "Link", "href": QUESTION, "mediaType": "text/html"}]},
        {"attachment": [{"type": "Document", "mediaType": "application/vc+ld+json"}]},
        {"attachment": [{"type": "Link", "mediaType": "application/vc"}]},
        {"attachment": [{"type": "Link", "href": 1, "mediaType": "application/vc"}]},
        {"type": "Article"},
        {"inReplyTo": QUESTION},
        {"audience": GROUP},
        {"attributedTo": None},
    ],
)
def test_anything_else_is_a_post(changes):
    assert not is_recognition(created(**changes))


def test_nothing_but_a_create_with_something_in_it_recognises_anybody():
    sent = {"id": f"{GROUP}/1", "actor": GROUP, "object": QUESTION}

    assert not is_recognition(activity_from(sent | {"type": "Create"}))
    assert not is_recognition(
        activity_from(sent | {"type": "Update", "object": recognition_note(GIVEN)})
    )


ASSERTION = {
    "type": "Assertion",
    "id": "https://transport.example/openbadge/1",
    "recipient": {"type": "url", "identity": HELPER},
    "badge": {"name": "B", "issuer": {"url": GROUP}},
}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"attributedTo": HELPER}, "author-not-actor"),
        ({"id": "https://other.example/1"}, "author-other-origin"),
        ({"attachment": []}, "credential-missing"),
        ({"tag": []}, "recipient-missing"),
        (
            {
                "attachment": [
                    {
                        "type": "Link",
                        "href": "https://other.example/vc",
                        "mediaType": "application/vc",
                    }
                ]
            },
            "credential-other-origin",
        ),
        ({"attachment": [ASSERTION | {"recipient": None}]}, "recipient-missing"),
        (
            {"attachment": [ASSERTION | {"recipient": {"type": "url", "hashed": True}}]},
            "recipient-hashed",
        ),
        (
            {"attachment": [ASSERTION | {"recipient": {"type": "email", "identity": HELPER}}]},
            "recipient-not-a-url",
        ),
        (
            {"attachment": [ASSERTION | {"recipient": {"type": "url", "identity": "x"}}]},
            "recipient-not-a-url",
        ),
        ({"attachment": [ASSERTION | {"badge": 1}]}, "credential-missing"),
        ({"attachment": [ASSERTION | {"id": 1}]}, "id-not-a-uri"),
    ],
)
def test_a_recognition_that_cannot_be_so_is_refused_by_name(changes, reason):
    with pytest.raises(Malformed) as refused:
        told(**changes)

    assert refused.value.reason == reason


def test_a_credential_says_what_it_is_for():
    found = credential_document(GIVEN, status_list=LIST)

    assert award_from_credential(found, told()) == IncomingAward(
        person_uri=HELPER,
        name=sanitize.plain("Peer <Mentor>", limit=300),
        criteria="Helped & taught.",
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "VerifiableCredential"}, "not-a-credential"),
        ({"credentialSubject": None}, "not-a-credential"),
        ({"id": "https://transport.example/credentials/13"}, "credential-id-changed"),
        ({"issuer": HELPER}, "issuer-not-actor"),
        ({"credentialSubject": {"id": GROUP}}, "recipient-not-called"),
        ({"credentialSubject": {}}, "recipient-not-called"),
        ({"credentialSubject": {"id": HELPER}, "name": " "}, "recognition-without-name"),
    ],
)
def test_a_credential_of_another_is_refused_by_name(changes, reason):
    with pytest.raises(Malformed) as refused:
        award_from_credential(credential_document(GIVEN, status_list=LIST) | changes, told())

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("badge", "award"),
    [
        ({"name": "B", "description": "D", "issuer": GROUP}, ("B", "D")),
        ({"name": "B", "issuer": {"id": GROUP}, "criteria": {"narrative": "N"}}, ("B", "N")),
        ({"name": "B", "issuer": {"url": GROUP, "id": "x"}, "criteria": QUESTION}, ("B", "")),
    ],
)
def test_a_badge_says_what_it_is_for(badge, award):
    earned = award_from_badge(badge, told(attachment=[ASSERTION]))

    assert (earned.person_uri, earned.name, earned.criteria) == (HELPER, *award)


@pytest.mark.parametrize(
    "badge", [{"name": "B"}, {"name": "B", "issuer": {"url": HELPER, "id": GROUP}}]
)
def test_a_badge_of_another_is_refused(badge):
    with pytest.raises(Malformed, match="issuer not actor"):
        award_from_badge(badge, told(attachment=[ASSERTION]))


# Fetching


async def fetched(peer: HostilePeer, url: str) -> dict[str, Any] | str:
    async with Session(outgoing()) as session:
        try:
            return await fetch_credential(session, url, sign=None)
        except FederationError as error:
            return error.reason


@pytest.mark.parametrize(
    "content_type", ["application/vc+ld+json", "application/vc", "application/json"]
)
async def test_a_credential_is_fetched_where_it_says_it_is(content_type):
    async with HostilePeer() as peer:
        url = peer.url("issuer", "/vc")
        peer.tells(url, document({"id": url}, content_type=content_type))

        assert await fetched(peer, url) == {"id": url}


async def test_what_is_elsewhere_gone_or_of_another_type_is_no_credential():
    async with HostilePeer() as peer:
        url, other = peer.url("issuer", "/vc"), peer.url("issuer", "/other")
        vc = "application/vc"

        peer.tells(url, document({"id": other}, content_type=vc))
        assert await fetched(peer, url) == "document-id-mismatch"
        peer.tells(url, redirect(other))
        peer.tells(other, document({"id": other}, content_type=vc))
        assert await fetched(peer, url) == "document-id-mismatch"
        peer.tells(url, document({"id": url}))
        assert await fetched(peer, url) == "media-type"
        peer.tells(url, Reply(status=410))
        assert await fetched(peer, url) == "gone-at-origin"
