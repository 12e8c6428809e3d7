"""The gate of the inbox, without any network: who may send what, and what proves it."""

import dataclasses
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from federation.errors import (
    FederationError,
    Forbidden,
    Gone,
    Malformed,
    Unauthentic,
    Unreachable,
)
from federation.inbox import Acquaintance, VerifiedActivity, admit
from federation.signatures import SignedRequest, cavage, rfc9421, sign
from federation.signatures.keys import generate_rsa
from federation.synchronization import HEADER
from federation.uris import Home
from schemas.records import AgencyState
from schemas.wire.activities import parse_activity

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOME = Home("https://transport.example")
ADA = "https://health.example/@ada"
KEY = generate_rsa(f"{ADA}#main-key", ADA)
OTHER_KEY = generate_rsa(f"{ADA}#main-key", ADA)
COMMUNITY = "https://transport.example/c/road-safety"


class Keys:
    """Answers `find_key` with one thing at first and another when asked for a fresh one."""

    def __init__(self, first=KEY.public, fresh=KEY.public):
        self.answers = {False: first, True: fresh}
        self.asked = []

    async def __call__(self, key_id, *, fresh):
        self.asked.append((key_id, fresh))
        answer = self.answers[fresh]
        if isinstance(answer, FederationError):
            raise answer
        return answer


def acquaintance(agency=AgencyState.ADMITTED, *, knows=True, open_federation=False):
    async def may_knock(host):
        return agency if host == "health.example" else AgencyState.BLOCKED

    async def knows_actor(uri):
        return knows and uri == ADA

    return Acquaintance(
        may_knock=may_knock, knows_actor=knows_actor, open_federation=open_federation
    )


def activity(kind="Like", about=COMMUNITY, **changed):
    return {
        "id": f"{ADA}/activities/1",
        "type": kind,
        "actor": ADA,
        "object": about,
        **changed,
    }


def request(document, *, key=KEY):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    headers = {"Content-Type": "application/activity+json"}
    signed = headers | sign(
        method="POST",
        url="https://transport.example/inbox",
        headers=headers,
        body=body,
        key=key,
        now=NOW,
    )
    return SignedRequest(
        method="POST", target="/inbox", headers=tuple(signed.items()), body=body
    )


async def judge(received, keys=None, known=None):
    return await admit(
        received,
        authority="transport.example",
        home=HOME,
        now=NOW,
        acquaintance=known or acquaintance(),
        find_key=keys or Keys(),
    )


async def test_what_comes_out_says_who_sent_what():
    received = request(activity())

    verified = await judge(received)

    assert verified.activity.type == "Like"
    assert verified.document == activity()
    assert verified.raw == received.body
    assert (verified.actor_uri, verified.host) == (ADA, "health.example")
    assert verified.key_id == KEY.key_id
    assert len(verified.signature_hash) == 32
    assert verified.agency is AgencyState.ADMITTED


@pytest.mark.parametrize("scheme", [cavage.sign, rfc9421.sign])
async def test_del_14_what_is_said_of_followers_is_believed_where_it_is_signed(scheme):
    body = json.dumps(activity()).encode()
    said = {HEADER: 'collectionId="a", url="b", digest="c"'}
    plain = {"Content-Type": "application/activity+json"}
    how = {"method": "POST", "url": "https://transport.example/inbox", "key": KEY, "now": NOW}
    signed = plain | said | scheme(headers=plain | said, body=body, **how)
    added = plain | said | scheme(headers=plain, body=body, **how)

    verified, unsigned = [
        await judge(
            SignedRequest(
                method="POST", target="/inbox", headers=tuple(each.items()), body=body
            )
        )
        for each in (signed, added)
    ]

    assert verified.synchronization == said[HEADER]
    assert unsigned.synchronization == ""


def test_nobody_else_makes_a_verified_activity():
    claimed = {
        "activity": parse_activity(activity()),
        "document": activity(),
        "raw": b"",
        "actor_uri": ADA,
        "key_id": KEY.key_id,
        "signature_hash": b"",
        "host": "health.example",
        "agency": None,
    }

    with pytest.raises(TypeError, match="only admit"):
        VerifiedActivity(**claimed, witness=object())


async def test_a_verified_activity_cannot_be_changed_into_another():
    verified = await judge(request(activity()))

    with pytest.raises(ValueError, match="witness"):
        replace(verified, actor_uri="https://health.example/@bob")
    with pytest.raises(dataclasses.FrozenInstanceError):
        verified.actor_uri = "https://health.example/@bob"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "json-malformed"),
        (b"[]", "json-not-an-object"),
        (b'{"id": "https://a.example/1", "id": "https://b.example/1"}', "duplicate-key"),
        (activity(actor=[ADA, "https://good.example/@bob"]), "actor-several"),
        (activity(id=None), "id-not-a-uri"),
        (activity(id=f"{ADA}/{'a' * 1300}", actor=f"{ADA}{'a' * 1300}"), "id-too-long"),
    ],
)
async def test_what_is_no_activity_is_refused_before_its_key_is_looked_for(body, reason):
    keys = Keys()

    with pytest.raises(Malformed) as refused:
        await judge(request(body), keys)

    assert refused.value.reason == reason
    assert keys.asked == []


@pytest.mark.parametrize(
    ("document", "key_id", "reason"),
    [
        (activity(), "https://evil.example/@mal#main-key", "key-not-of-actor"),
        (activity(), "http://health.example/@ada#main-key", "key-not-of-actor"),
        (activity(), "https://health.example:8443/@ada#main-key", "key-not-of-actor"),
        (activity(), "https://health_.example!/@ada#main-key", "key-id-malformed"),
        (activity(), "https://TRANSPORT.example./actor#main-key", "key-is-ours"),
        (activity(actor="https://transport.example/@bob"), KEY.key_id, "actor-is-ours"),
        (activity(id="https://good.example/1"), KEY.key_id, "activity-not-of-actor"),
        (activity(id="https://transport.example/1"), KEY.key_id, "activity-not-of-actor"),
    ],
)
async def test_actor_key_and_activity_have_one_origin(document, key_id, reason):
    keys = Keys()

    with pytest.raises(Unauthentic) as refused:
        await judge(request(document, key=replace(KEY, key_id=key_id)), keys)

    assert refused.value.reason == reason
    assert keys.asked == []


async def test_a_blocked_agency_is_refused_before_its_key_is_looked_for():
    keys = Keys()

    with pytest.raises(Forbidden) as refused:
        await judge(request(activity("Follow")), keys, acquaintance(AgencyState.BLOCKED))

    assert refused.value.reason == "agency-blocked"
    assert keys.asked == []


FOLLOW = activity("Follow", id=f"{ADA}/activities/0")


@pytest.mark.parametrize("agency", [None, AgencyState.WAITING])
@pytest.mark.parametrize(
    "document",
    [
        activity("Follow"),
        activity("Undo", FOLLOW),
        activity("Undo", FOLLOW["id"]),
    ],
    ids=["follow", "undo-follow", "undo-by-id"],
)
async def test_a_stranger_may_knock_and_take_it_back(document, agency):
    verified = await judge(request(document), known=acquaintance(agency))

    assert verified.agency is agency


@pytest.mark.parametrize("agency", [None, AgencyState.WAITING])
@pytest.mark.parametrize(
    "document",
    [
        activity("Create", {"id": f"{ADA}/1", "type": "Note", "attributedTo": ADA}),
        activity("Undo", activity("Like", id=f"{ADA}/activities/0")),
        activity("Accept", FOLLOW),
        activity("Delete", ADA),
    ],
    ids=["create", "undo-like", "accept", "delete"],
)
async def test_a_stranger_may_do_nothing_else(document, agency):
    keys = Keys()

    with pytest.raises(Forbidden) as refused:
        await judge(request(document), keys, acquaintance(agency))

    assert refused.value.reason == "agency-not-admitted"
    assert keys.asked == []


async def test_where_federation_is_open_strangers_may_speak():
    open_house = acquaintance(None, open_federation=True)

    verified = await judge(request(activity("Like")), known=open_house)

    assert verified.activity.type == "Like"


async def test_a_key_of_somebody_else_at_the_same_host_proves_nothing():
    keys = Keys(first=replace(KEY.public, owner="https://health.example/@mal"))

    with pytest.raises(Unauthentic) as refused:
        await judge(request(activity()), keys)

    assert refused.value.reason == "key-not-of-actor"


async def test_a_key_that_fails_is_looked_for_once_more():
    keys = Keys(first=OTHER_KEY.public, fresh=KEY.public)

    verified = await judge(request(activity()), keys)

    assert verified is not None
    assert keys.asked == [(KEY.key_id, False), (KEY.key_id, True)]


@pytest.mark.parametrize(
    ("fresh", "reason"),
    [
        (OTHER_KEY.public, "signature-wrong"),
        (replace(KEY.public, owner="https://health.example/@mal"), "key-not-of-actor"),
        (replace(OTHER_KEY.public, pem="no key"), "key-malformed"),
        (Unauthentic("key-not-listed"), "key-not-listed"),
    ],
    ids=["same", "moved", "broken", "gone"],
)
async def test_a_signature_that_no_key_explains_is_refused(fresh, reason):
    keys = Keys(first=OTHER_KEY.public, fresh=fresh)

    with pytest.raises(Unauthentic) as refused:
        await judge(request(activity()), keys)

    assert refused.value.reason == reason


async def test_a_key_that_cannot_be_had_now_is_no_verdict():
    keys = Keys(first=Unreachable("key-unreachable", retry_after=60))

    with pytest.raises(Unreachable) as refused:
        await judge(request(activity()), keys)

    assert refused.value.retry_after == 60


async def test_an_unknown_actor_that_deletes_itself_is_not_looked_for():
    keys = Keys()

    verified = await judge(request(activity("Delete", ADA)), keys, acquaintance(knows=False))

    assert verified is None
    assert keys.asked == []


@pytest.mark.parametrize(
    ("status", "key_id", "is_taken"),
    [
        (410, KEY.key_id, True),
        (404, KEY.key_id, False),
        (410, "https://health.example/@mal#main-key", False),
    ],
)
async def test_an_actor_deletes_itself_without_a_key_only_when_its_origin_says_gone(
    status, key_id, is_taken
):
    keys = Keys(first=Gone("key-gone", status=status))
    received = request(activity("Delete", ADA), key=replace(KEY, key_id=key_id))

    verified = await judge(received, keys)

    assert (verified is not None) is is_taken


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("document", [activity(), activity("Delete", f"{ADA}/1")])
async def test_nothing_else_is_taken_without_a_key(document, status):
    keys = Keys(first=Gone("key-gone", status=status))

    with pytest.raises(Unauthentic) as refused:
        await judge(request(document), keys)

    assert refused.value.reason == "key-gone"
