"""What we publish, as any reader of JSON-LD sees it, and what Fedify makes of it."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import pytest

from schemas.records import Community
from tests.federation.test_outgoing import every_activity
from tests.fedify.peer import FedifyPeer, PeerFailed
from tests.instance import Instance
from tests.stories import life

#: Words of ours, of Lemmy and of others that Fedify 2.3 has no property for.
FOREIGN: Final = (
    "http://fedibird.com/ns#searchableBy",
    "http://schema.org/",
    "https://join-lemmy.org/ns#",
    "https://joinpeertube.org/ns#",
    "https://purl.archive.org/socialweb/webfinger#",
    "https://w3id.org/commonlore/ns#",
    "https://w3id.org/fep/844e/",
    # Where Discourse looks for it; Fedify reads it where it belongs, in the endpoints.
    "https://www.w3.org/ns/activitystreams#sharedInbox",
    # Lemmy's, and defined nowhere on purpose: a type that is defined and that Fedify does not
    # know is refused; one that is not is read as a plain object.
    "_:Lock",
)
ACTIVITIES: Final = [each for each in every_activity() if each["type"] != "ChooseAnswer"]
[CHOICE] = [each for each in every_activity() if each["type"] == "ChooseAnswer"]
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z$")


def lost(theirs: Any, made: Any) -> Iterator[str]:
    """Name what a document says and Fedify's object does not: a property, type or value."""
    if isinstance(theirs, dict) and isinstance(made, dict):
        for name, value in theirs.items():
            if name in made:
                yield from lost(value, made[name])
            elif name != "@type" or "@value" not in theirs:  # the datatype of a literal
                yield from _nodes(value) or [name] * (value != [])
    elif isinstance(theirs, list) and isinstance(made, list):
        for item in theirs:
            kinds = _nodes([item])
            alike = [each for each in made if not kinds or _nodes([each]) == kinds]
            known = [list(lost(item, each)) for each in alike]
            yield from min(known, key=len, default=kinds or [str(item)])
    elif _meant(theirs) != _meant(made):
        yield str(theirs)


def _meant(value: Any) -> Any:
    """Read a time as one: Fedify writes it without the zeros at its end."""
    return datetime.fromisoformat(value) if _TIME.match(str(value)) else value


def _nodes(items: Any) -> list[str]:
    """Name the types of what stands in a list, where it has types."""
    nodes = [each for each in items if isinstance(each, dict) and "@value" not in each]
    return [kind for each in nodes for kind in each.get("@type", ())]


@pytest.fixture(scope="module")
async def published(transport: Instance, roads: Community) -> dict[str, str]:
    """Give the ids of what we publish, by what it is."""
    question = await life.asks(transport, "steward_of_roads", roads.id)
    answer = await life.replies(transport, "steward_of_roads", question, "By the *bed*.")
    return {
        "Group": roads.uri,
        "Person": f"{transport.origin}/@steward_of_roads",
        "Application": f"{transport.origin}/actor",
        "Article": question,
        "Note": answer.uri,
    }


@pytest.mark.parametrize("kind", ["Group", "Person", "Application", "Article", "Note"])
async def test_fedify_understands_every_word_that_it_has(
    peer: FedifyPeer, published: dict[str, str], kind: str
) -> None:
    seen = await peer.do("look", at=published[kind])

    assert (seen["type"], seen["id"]) == (kind, published[kind])
    missing = lost(seen["theirs"], seen["made"])
    assert [each for each in missing if not each.startswith(FOREIGN)] == []


@pytest.mark.parametrize("document", ACTIVITIES, ids=lambda each: each["type"])
async def test_fedify_understands_every_activity_that_it_has_a_type_for(
    peer: FedifyPeer, document: dict[str, Any]
) -> None:
    seen = await peer.do("read", document=document)

    kind = "Object" if document["type"] == "Lock" else document["type"]
    assert (seen["type"], seen["id"]) == (kind, document["id"])
    missing = lost(seen["theirs"], seen["made"])
    assert [each for each in missing if not each.startswith(FOREIGN)] == []


async def test_fedify_refuses_an_activity_of_a_vocabulary_that_it_does_not_have(
    peer: FedifyPeer,
) -> None:
    """So a peer of that kind answers 400 to an acceptance, and learns of it by the Update."""
    with pytest.raises(PeerFailed, match="Invalid type"):
        await peer.do("read", document=CHOICE)


@pytest.mark.parametrize(
    ("handle", "kind"),
    [("roads", "Group"), ("steward_of_roads", "Person"), ("actor", "Application")],
)
async def test_fedify_finds_everybody_by_their_handle(
    peer: FedifyPeer, transport: Instance, published: dict[str, str], handle: str, kind: str
) -> None:
    seen = await peer.do("look", at=f"@{handle}@{transport.host}")

    assert seen["id"] == published[kind]


async def test_fedify_walks_through_our_collections(
    peer: FedifyPeer, published: dict[str, str]
) -> None:
    group, question = published["Group"], published["Article"]
    said = {
        name: await peer.do("list", at=f"{owner}/{name}")
        for owner, name in (
            (group, "outbox"),
            (group, "moderators"),
            (group, "followers"),
            (group, "featured"),
            (question, "replies"),
            (question, "likes"),
        )
    }

    found = {name: [each["id"] for each in each["items"]] for name, each in said.items()}
    asked = [each["object"]["object"]["id"] for each in said["outbox"]["items"]]
    assert question in asked
    assert (found["moderators"], found["replies"]) == (
        [published["Person"]],
        [published["Note"]],
    )
    assert found["followers"] == found["featured"] == found["likes"] == []
    assert said["followers"]["total"] >= 1


async def test_fedify_reads_both_versions_of_nodeinfo(
    peer: FedifyPeer, transport: Instance
) -> None:
    said = await peer.do("nodeinfo", at=transport.origin)

    assert [(each["software"]["name"], each["protocols"]) for each in said] == [
        ("commonlore", ["activitypub"])
    ] * 2
