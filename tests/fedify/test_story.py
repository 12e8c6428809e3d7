"""Ada of a Fedify server takes part in a community of ours; each believes the other's keys."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import pytest

from schemas.records import Community, Kind
from server.services import choices, communities, posts
from server.services.posts import Draft
from tests.browser import Browser
from tests.fedify.peer import FedifyPeer, PeerFailed
from tests.instance import ACTIVITY_JSON, Instance, settle
from tests.stories import life

CAVAGE: Final = "draft-cavage-http-signatures-12"


async def arrived(peer: FedifyPeer, about: str) -> list[Mapping[str, Any]]:
    """List the activities that Fedify believed and that mention an id."""
    received = await peer.do("received")
    return [each for each in received["activities"] if about in json.dumps(each)]


async def thread(guest: Browser, uri: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(await life.thread_at(guest, uri))
    return found


@pytest.fixture(scope="module")
async def follow(peer: FedifyPeer, transport: Instance, roads: Community) -> str:
    """Ada follows the community, found by its handle; gives the id of the Follow."""
    uri = str(await peer.do("follow", group=f"@roads@{transport.host}"))
    await settle(transport)
    return uri


@pytest.fixture(scope="module")
async def question(transport: Instance, roads: Community, follow: str) -> str:
    """Mia, one of ours, asks in the community."""
    await transport.member("mia")
    mia = await life.signed_in(transport.context, "mia")
    await communities.join(transport.context, mia, roads.id)
    uri = await life.asks(transport, "mia", roads.id)
    await settle(transport)
    return uri


@pytest.fixture(scope="module")
async def answer(peer: FedifyPeer, transport: Instance, question: str) -> str:
    uri = str(await peer.do("answer", to=question, html="<p>By the <em>bed</em>.</p>"))
    await settle(transport)
    return uri


async def test_a_follow_is_accepted(
    peer: FedifyPeer, transport: Instance, roads: Community, follow: str
) -> None:
    assert await life.edges(transport, peer.host) == [(follow, peer.ada, roads.uri, "accepted")]
    [accept] = await arrived(peer, follow)
    assert (accept["type"], accept["actor"]) == ("Accept", roads.uri)


async def test_a_question_of_ours_is_announced_with_its_words(
    peer: FedifyPeer, roads: Community, question: str
) -> None:
    announced, *_ = await arrived(peer, question)

    assert (announced["type"], announced["actor"]) == ("Announce", roads.uri)
    assert announced["proven"]
    assert announced["object"]["type"] == "Create"
    assert announced["object"]["object"]["type"] == "Article"
    assert announced["object"]["object"]["name"] == "How do you count?"
    assert "<em>beds</em>" in announced["object"]["object"]["content"]


async def test_an_answer_of_the_peer_is_shown_as_one(
    peer: FedifyPeer, transport: Instance, guest: Browser, question: str, answer: str
) -> None:
    asked, answered = await thread(guest, question)
    page = await guest.get(await life.path_at(transport, question))

    assert (asked["id"], answered["id"]) == (question, answer)
    assert (answered["kind"], answered["author"]) == ("answer", peer.ada)
    assert "By the <em>bed</em>." in page.text
    assert "Ada of the peer" in page.text


async def test_what_the_peer_proved_is_passed_on_so_that_fedify_can_read_it(
    peer: FedifyPeer, roads: Community, answer: str
) -> None:
    """It has a proof and a context of its own, with which ours must not clash."""
    announced, *_ = await arrived(peer, answer)

    assert not announced["proven"]
    assert (announced["type"], announced["actor"]) == ("Announce", roads.uri)
    assert announced["object"]["object"] == {
        "type": "Note",
        "id": answer,
        "content": "<p>By the <em>bed</em>.</p>",
    }


async def test_a_like_counts_until_it_is_undone(
    peer: FedifyPeer, transport: Instance, guest: Browser, question: str
) -> None:
    group = f"@roads@{transport.host}"

    like = await peer.do("like", of=question)
    await settle(transport)
    liked = (await thread(guest, question))[0]["marks"]
    await peer.do("undo", activity=like, group=group)
    await settle(transport)

    assert [(mark["actor"], mark["helpful"]) for mark in liked] == [(peer.ada, True)]
    assert (await thread(guest, question))[0]["marks"] == []


async def test_a_thread_of_the_peer_is_shown_and_what_we_reply_goes_back(
    peer: FedifyPeer, transport: Instance, guest: Browser, question: str
) -> None:
    uri = await peer.do(
        "ask",
        group=f"@roads@{transport.host}",
        title="How wide is a lane?",
        html="<p>We <em>measured</em> ours.</p>",
    )
    await settle(transport)
    mia = await life.signed_in(transport.context, "mia")
    here = await life.post_at(transport, uri)
    reply = await posts.publish_reply(
        transport.context, mia, here.id, Kind.COMMENT, Draft(source="*Three* metres.")
    )
    await settle(transport)

    page = await guest.get(f"/p/{here.id}")
    assert "How wide is a lane?" in page.text
    assert "We <em>measured</em> ours." in page.text
    [announced] = await arrived(peer, reply.uri)
    assert (announced["type"], announced["object"]["type"]) == ("Announce", "Create")
    assert "<em>Three</em>" in announced["object"]["object"]["content"]


async def test_an_acceptance_reaches_a_peer_that_has_no_word_for_it(
    peer: FedifyPeer, transport: Instance, question: str, answer: str
) -> None:
    mia = await life.signed_in(transport.context, "mia")
    here = await life.post_at(transport, answer)

    await choices.accept(transport.context, mia, here.id)
    await settle(transport)

    told = {each["object"]["type"] for each in await arrived(peer, question)}
    assert "Update" in told
    kudos = [each["object"] for each in await arrived(peer, answer)]
    assert [each["content"] for each in kudos if each["type"] == "Like"] == ["✅"]


async def test_every_request_of_ours_was_signed_to_fedifys_satisfaction(
    peer: FedifyPeer, roads: Community, question: str
) -> None:
    requests = (await peer.do("received"))["requests"]

    assert requests
    for each in requests:
        assert (each["verified"], each["key"]) == (True, f"{roads.uri}#main-key"), each
    # Fedify has no type for it, and refuses what it has no type for.
    refused = {each["says"] for each in requests if each["status"] != 202}
    assert refused <= {"Announce ChooseAnswer"}


async def test_a_post_is_given_to_ada_and_not_to_whoever_does_not_sign(
    peer: FedifyPeer, question: str
) -> None:
    document = await peer.do("document", at=question)

    assert document["id"] == question
    with pytest.raises(PeerFailed, match="HTTP 401"):
        await peer.do("document", at=question, anonymous=True)


@pytest.mark.parametrize("spec", [CAVAGE, "rfc9421"])
async def test_what_ada_signed_is_taken(
    peer: FedifyPeer, transport: Instance, follow: str, spec: str
) -> None:
    key = await peer.do("key", of="ada")

    answer = await post(peer, transport, {"type": "View", "object": follow}, spec, key["id"])

    assert answer["status"] == 202


@pytest.mark.parametrize("spec", [CAVAGE, "rfc9421"])
@pytest.mark.parametrize(
    ("forgery", "reason"),
    [
        ({"as": "mallory", "key": "mallory"}, "key-not-of-actor"),
        ({"as": "mallory", "key": "ada"}, "signature-wrong"),
        ({"as": "ada", "key": "ada", "changed": True}, "digest-mismatch"),
    ],
    ids=["of a neighbour", "under her key id", "with other words"],
)
async def test_what_ada_did_not_sign_is_refused(
    peer: FedifyPeer,
    transport: Instance,
    guest: Browser,
    question: str,
    spec: str,
    forgery: dict[str, Any],
    reason: str,
) -> None:
    key = await peer.do("key", of=forgery["key"])
    like = {"type": "Like", "object": question}

    answer = await post(peer, transport, like, spec, key["id"], forgery)
    await settle(transport)

    assert answer["status"] == 401
    assert json.loads(answer["body"])["error"] == reason
    assert peer.ada not in json.dumps((await thread(guest, question))[0]["marks"])


async def post(
    peer: FedifyPeer,
    transport: Instance,
    activity: Mapping[str, str],
    spec: str,
    key_id: str,
    forgery: Mapping[str, Any] = MappingProxyType({}),
) -> Any:
    """Post an activity of Ada's by hand, so that anything about it may be wrong."""
    said = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{peer.origin}/by-hand/{spec}",
        "actor": peer.ada,
        **activity,
    }
    body = json.dumps(said)
    return await peer.do(
        "post",
        **{"as": forgery.get("as", "ada")},
        key_id=key_id,
        spec=spec,
        method="POST",
        url=f"{transport.origin}/inbox",
        headers={"Content-Type": ACTIVITY_JSON},
        body=body,
        sent=body.replace("/by-hand/", "/by-foot/") if "changed" in forgery else body,
    )
