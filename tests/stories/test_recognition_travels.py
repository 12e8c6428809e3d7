"""A community recognises somebody: it is told, can be checked, is hidden, and is withdrawn."""

import gzip
import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from hashlib import sha256
from typing import Any
from zlib import crc32

import base58
import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation.errors import Gone
from federation.translate import sanitize
from schemas.records import Community, Role, Visibility
from server.services import confirming, own_tables, recognizing
from server.services.errors import NotFound
from server.services.recognizing import Draft
from server.storage import actors
from tests.instance import PASSWORD, Answer, Browser, Instance, TurnedClock, settle
from tests.stories import life

Agencies = tuple[Instance, Instance, Instance]
WHAT = {
    "recognition-name": "Peer Mentor 2026",
    "criteria": "Helped twelve people & <b>more</b>.",
}
CREDENTIAL = "application/vc+ld+json"


class Story:
    """A community at transport with a steward; whom it recognises is at health."""

    community: Community
    steward: Browser
    helper: Browser

    def __init__(self, number: int, everybody: Agencies) -> None:
        self.name = f"c{number}"
        self.everybody = everybody
        self.transport, self.health, self.treasury = everybody
        self.helping = f"helper_{self.name}"
        self.at = f"@{self.helping}@{self.health.host}"

    async def begin(self) -> None:
        self.steward = await self.transport.member_browser(f"stew_{self.name}", Role.STEWARD)
        founder = await life.finds(self.transport, f"@stew_{self.name}@{self.transport.host}")
        self.community = await life.opened(self.transport, founder, self.name)
        self.helper = await self.health.member_browser(self.helping)
        await self.steward.get(f"/find?q={self.at}")
        await life.finds(self.transport, self.at)

    async def gives(self, to: str = "", **more: str) -> Answer:
        form = WHAT | {"community": self.name} | more
        answer = await self.steward.submit(f"/{to or self.at}/recognize", form)
        await settle(*self.everybody)
        return answer

    async def given(self, person: str = "") -> str:
        """Give the path of the credential, below the steward's own origin."""
        uri = await life.value(
            self.transport,
            "SELECT r.credential_uri FROM recognitions r JOIN actors a ON a.id = r.person_id "
            "WHERE a.name = $1 ORDER BY r.id DESC LIMIT 1",
            person or self.helping,
        )
        return str(uri).removeprefix(self.transport.origin)

    async def told(self) -> list[tuple[Any, ...]]:
        """Give what the helper's agency knows."""
        return await life.rows(
            self.health,
            "SELECT r.name, r.criteria, i.uri, r.hidden_at IS NULL FROM recognitions r "
            "JOIN actors i ON i.id = r.issuer_id JOIN actors a ON a.id = r.person_id "
            "WHERE a.name = $1",
            self.helping,
        )


@pytest.fixture
async def story(agencies: Agencies, request: pytest.FixtureRequest) -> Story:
    story = Story(crc32(request.node.name.encode()), agencies)
    await story.begin()
    return story


async def fetched(browser: Browser, path: str, accept: str = CREDENTIAL) -> Any:
    answer = await browser.get(path, accept=accept)
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


async def multikey(browser: Browser, actor_path: str) -> bytes:
    """Give the Ed25519 key that an actor's document lists, without our own code."""
    document = await fetched(browser, actor_path, "application/activity+json")
    [key] = [
        each
        for each in document["assertionMethod"]
        if base58.b58decode(each["publicKeyMultibase"][1:])[:2] == b"\xed\x01"
    ]
    return base58.b58decode(key["publicKeyMultibase"][1:])[2:]


def holds(document: dict[str, Any], key: bytes) -> bool:
    """Check a proof as the suite says (eddsa-jcs-2022), without our own code."""
    proof = dict(document["proof"])
    value = base58.b58decode(proof.pop("proofValue")[1:])
    bare = {name: each for name, each in document.items() if name != "proof"}
    text = sha256(rfc8785.dumps(proof)).digest() + sha256(rfc8785.dumps(bare)).digest()
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(value, text)
    except InvalidSignature:
        return False
    return True


def bit(document: dict[str, Any], place: int) -> int:
    encoded = document["credentialSubject"]["encodedList"]
    assert encoded[0] == "u"
    padded = encoded[1:] + "=" * (-len(encoded[1:]) % 4)
    bits = gzip.decompress(urlsafe_b64decode(padded))
    assert len(bits) == 131_072 // 8
    return bits[place // 8] >> (7 - place % 8) & 1


async def test_a_recognition_reaches_the_person_at_their_own_agency(story: Story) -> None:
    answer = await story.gives()

    assert answer.status == 200
    assert "They have it now" in answer.text
    assert await story.told() == [
        (
            "Peer Mentor 2026",
            sanitize.plain(WHAT["criteria"], limit=500),
            story.community.uri,
            True,
        )
    ]
    profile = await story.health.browser().get(f"/@{story.helping}")
    assert "Peer Mentor 2026" in profile.text
    assert f"told by {story.transport.host}" in profile.text
    assert "gave you a recognition" in (await story.helper.get("/notifications")).text
    there = await story.steward.get(f"/{story.at}")
    assert "Peer Mentor 2026" in there.text
    assert "told by" not in there.text


async def test_whoever_checks_the_credential_finds_it_signed_by_the_community(
    story: Story,
) -> None:
    await story.gives()
    path, guest = await story.given(), story.transport.browser()

    document = await fetched(guest, path)
    page = await guest.get(path, accept="text/html")

    key = await multikey(guest, f"/c/{story.name}")
    assert document["id"] == story.transport.origin + path
    assert document["issuer"]["id"] == story.community.uri
    assert document["credentialSubject"]["id"].endswith(f"/@{story.helping}")
    assert document["credentialSubject"]["achievement"]["name"] == "Peer Mentor 2026"
    assert document["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    assert holds(document, key)
    assert not holds(document | {"name": "Director"}, key)
    assert (page.status, page.headers["Vary"]) == (200, "Accept")
    assert "Valid: it was given" in page.text


async def test_a_withdrawn_recognition_is_gone_everywhere_and_its_bit_is_set(
    story: Story,
) -> None:
    await story.gives()
    path, guest = await story.given(), story.transport.browser()
    status = (await fetched(guest, path))["credentialStatus"]
    where = status["statusListCredential"].removeprefix(story.transport.origin)
    before = await fetched(guest, where)

    empty = await story.steward.submit(f"{path}/withdraw", {"reason": " "})
    await story.steward.submit(f"{path}/withdraw", {"reason": "The wrong person"})
    await settle(*story.everybody)

    after = await fetched(guest, where)
    place = int(status["statusListIndex"])
    assert empty.status == 422
    assert (bit(before, place), bit(after, place)) == (0, 1)
    assert holds(after, await multikey(guest, f"/c/{story.name}"))
    assert after["credentialSubject"]["statusPurpose"] == "revocation"
    assert await story.told() == []
    assert (await guest.get(path, accept=CREDENTIAL)).status == 410
    assert "Withdrawn: it does not hold" in (await guest.get(path, accept="text/html")).text
    acts = await life.rows(
        story.transport,
        "SELECT act, reason FROM audit_events WHERE object = (SELECT r.uri FROM recognitions r "
        "WHERE r.credential_uri = $1)",
        story.transport.origin + path,
    )
    assert acts == [("withdraw-recognition", "The wrong person")]


async def test_a_member_here_hides_what_they_were_given_and_shows_it_again(
    story: Story,
) -> None:
    name = f"here_{story.name}"
    browser = await story.transport.member_browser(name)
    await story.gives(f"@{name}")
    number = (await story.given(name)).rpartition("/")[2]
    guest = story.transport.browser()
    pages = (f"/@{name}", f"/c/{story.name}", f"/c/{story.name}/recognitions")

    shown = [("Peer Mentor" in (await guest.get(path)).text) for path in pages]
    await browser.submit("/settings/recognitions", {"id": number, "act": "hide"})
    hidden = [("Peer Mentor" in (await guest.get(path)).text) for path in pages]
    steward = await story.steward.get(f"/c/{story.name}/recognitions")
    await browser.submit("/settings/recognitions", {"id": number, "act": "show"})
    again = [("Peer Mentor" in (await guest.get(path)).text) for path in pages]

    assert (shown, hidden, again) == ([True] * 3, [False] * 3, [True] * 3)
    assert "kept off their profile" in steward.text


async def test_nobody_hides_what_is_somebody_elses(story: Story) -> None:
    name = f"own_{story.name}"
    await story.transport.member(name)
    await story.gives(f"@{name}")
    number = (await story.given(name)).rpartition("/")[2]

    await story.steward.submit("/settings/recognitions", {"id": number, "act": "hide"})

    assert "Peer Mentor" in (await story.transport.browser().get(f"/@{name}")).text


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"recognition-name": ""}, "Give it a name"),
        ({"recognition-name": "x" * 101}, "Say it in fewer words"),
        ({"criteria": " "}, "Say in a sentence or two"),
        ({"criteria": "x" * 501}, "Say it in fewer words"),
        ({"post": "https://nowhere.example/p/1"}, "no post here that everybody may read"),
    ],
)
async def test_what_cannot_be_given_is_asked_for_again(
    story: Story, changed: dict[str, str], told: str
) -> None:
    answer = await story.gives(**changed)

    assert answer.status == 422
    assert told in answer.text
    assert await story.told() == []


async def test_the_same_is_not_given_twice_but_again_once_it_was_withdrawn(
    story: Story,
) -> None:
    await story.gives()
    twice = await story.gives()
    path = await story.given()
    await story.steward.submit(f"{path}/withdraw", {"reason": "Too early"})
    again = await story.gives()

    assert (twice.status, again.status) == (422, 200)
    assert "They have this recognition already" in twice.text
    assert len(await story.told()) == 1


async def test_only_stewards_of_open_communities_give_and_not_to_themselves(
    story: Story,
) -> None:
    founder = await life.finds(story.transport, f"@stew_{story.name}@{story.transport.host}")
    inner = f"in{story.name}"
    await life.opened(story.transport, founder, inner, visibility=Visibility.MEMBERS)
    other = await story.transport.member_browser(f"other_{story.name}", Role.STEWARD)

    private = await story.gives(community=inner)
    nowhere = await story.gives(community="nowhere")
    to_oneself = await story.gives(f"@stew_{story.name}")
    stranger = await other.submit(f"/{story.at}/recognize", WHAT | {"community": story.name})

    assert (private.status, nowhere.status) == (403, 404)
    assert "it gives no recognition" in private.text
    assert (to_oneself.status, stranger.status) == (403, 403)
    assert await story.told() == []
    status = await story.transport.browser().get(f"/c/{inner}/credential-status")
    assert status.status == 404


async def test_the_post_that_it_was_for_goes_along_as_evidence(story: Story) -> None:
    await story.helper.get(f"/find?q=!{story.name}@{story.transport.host}")
    await story.helper.submit(f"/c/{story.name}@{story.transport.host}/join")
    await settle(*story.everybody)
    await life.asks_in(
        story.helper, f"{story.name}@{story.transport.host}", "How to mentor?", "Like this."
    )
    await settle(*story.everybody)
    uri = await life.newest(story.health, story.helping)

    await story.gives(post=uri)

    document = await fetched(story.transport.browser(), await story.given())
    assert document["evidence"] == [{"id": uri, "type": ["Evidence"]}]


async def test_badgefed_gets_the_same_as_an_open_badges_2_assertion(story: Story) -> None:
    await story.gives()
    path, guest = await story.given(), story.transport.browser()
    accept = 'application/ld+json; profile="https://w3id.org/openbadges/v2"'

    document = await fetched(guest, path, accept)
    await story.steward.submit(f"{path}/withdraw", {"reason": "An error"})
    gone = await guest.get(path, accept=accept)

    assert document["type"] == "Assertion"
    assert document["recipient"]["hashed"] is False
    assert document["badge"]["issuer"]["url"] == story.community.uri
    assert (gone.status, json.loads(gone.text)["revoked"]) == (410, True)


async def test_the_note_is_where_it_says_and_leads_people_to_the_credential(
    story: Story,
) -> None:
    await story.gives()
    path = await story.given()
    number = path.rpartition("/")[2]

    lead = await story.transport.browser().get(f"/recognition/{number}", accept="text/html")
    unsigned = await story.transport.browser().get(
        f"/recognition/{number}", accept="application/activity+json"
    )
    at_health = story.health.context
    uri = f"{story.transport.origin}/recognition/{number}"
    document = await confirming.fetch(at_health, uri)
    await story.steward.submit(f"{path}/withdraw", {"reason": "An error"})
    with pytest.raises(Gone):
        await confirming.fetch(at_health, uri)

    assert lead.path == path
    assert unsigned.status == 401
    assert document["attributedTo"] == story.community.uri
    assert document["attachment"][0]["mediaType"] == CREDENTIAL
    assert document["proof"]["verificationMethod"].startswith(story.community.uri)


async def ends(story: Story, browser: Browser, clock: TurnedClock) -> None:
    form = {"sure": "yes", "password": PASSWORD}
    done = await browser.submit("/settings/delete", form, page="/settings/delete")
    assert done.status == 200
    for _ in range(4):
        await settle(*story.everybody)
        clock.turn(timedelta(minutes=1))
    await settle(*story.everybody)


@pytest.mark.parametrize("where", ["here", "elsewhere"])
async def test_with_an_account_goes_what_it_was_recognised_for(
    story: Story, clock: TurnedClock, where: str
) -> None:
    name, browser = story.helping, story.helper
    if where == "here":
        name = f"gone_{story.name}"
        browser = await story.transport.member_browser(name)
    await story.gives(f"@{name}" if where == "here" else "")
    path, guest = await story.given(name), story.transport.browser()
    status = (await fetched(guest, path))["credentialStatus"]

    await ends(story, browser, clock)

    answers = [await guest.get(path, accept=each) for each in (CREDENTIAL, "text/html")]
    assert [each.status for each in answers] == [404, 404]
    kept = await life.rows(
        story.transport,
        "SELECT r.name, r.criteria FROM recognitions r WHERE r.credential_uri = $1",
        story.transport.origin + path,
    )
    assert kept == [("", "")]
    where_told = status["statusListCredential"].removeprefix(story.transport.origin)
    assert bit(await fetched(guest, where_told), int(status["statusListIndex"])) == 1
    assert await story.told() == []


async def test_the_followers_of_a_community_hear_of_it_and_of_its_end(story: Story) -> None:
    follower = await story.treasury.member_browser(f"fan_{story.name}")
    at = f"{story.name}@{story.transport.host}"
    await follower.get(f"/find?q=!{at}")
    await follower.submit(f"/c/{at}/join")
    await settle(*story.everybody)
    await story.gives()
    path = await story.given()
    await story.steward.submit(f"{path}/withdraw", {"reason": "An error"})
    await settle(*story.everybody)

    heard = await life.rows(
        story.treasury,
        "SELECT type, state, reason FROM inbox_events WHERE actor_uri = $1 "
        "AND type IN ('Create', 'Delete') ORDER BY id",
        story.community.uri,
    )

    assert heard == [
        ("Create", "ignored", "recognition-of-nobody-here"),
        ("Delete", "done", ""),
    ]


async def test_what_was_sent_of_a_withdrawn_one_is_read_no_more(story: Story) -> None:
    await story.gives()
    path = await story.given()
    uri = await life.value(
        story.transport,
        "SELECT s.uri FROM activities s JOIN recognitions r ON r.uri = s.object_uri "
        "WHERE r.credential_uri = $1 AND s.type = 'Create'",
        story.transport.origin + path,
    )
    before = await confirming.fetch(story.health.context, uri)
    await story.steward.submit(f"{path}/withdraw", {"reason": "An error"})

    with pytest.raises(Gone):
        await confirming.fetch(story.health.context, uri)

    assert before["object"]["type"] == "Note"


async def test_an_archive_lists_what_somebody_was_recognised_for(story: Story) -> None:
    await story.gives()
    person = await life.signed_in(story.health.context, story.helping)

    tables = await own_tables.of_member(story.health.context, person.member.id)

    [head, row] = tables["recognitions.csv"].decode("utf-8-sig").splitlines()
    assert head.startswith("Recognition,For,Given by")
    assert row.startswith("Peer Mentor 2026,")
    assert row.endswith("true")


async def test_nobody_is_recognised_who_is_gone_or_of_a_blocked_agency(story: Story) -> None:
    context = story.transport.context
    steward = await life.signed_in(context, f"stew_{story.name}")
    person = await life.finds(story.transport, story.at)
    draft = Draft(name="Peer Mentor", criteria="Helped.")

    with pytest.raises(NotFound, match="person-not-found"):
        await recognizing.give(context, steward, story.community.id, 1, draft)
    with pytest.raises(NotFound, match="person-not-found"):
        await recognizing.give(context, steward, story.community.id, story.community.id, draft)
    async with story.transport.database.transaction("test") as tx:
        await actors.suspend(tx, person.id, now=story.transport.now())
    with pytest.raises(NotFound, match="person-not-found"):
        await recognizing.give(context, steward, story.community.id, person.id, draft)
    with pytest.raises(NotFound, match="recognition-not-found"):
        await recognizing.withdraw(context, steward, 1, "Why not")
    assert (
        await life.value(
            story.transport,
            "SELECT count(*) FROM recognitions r "
            "JOIN actors a ON a.id = r.person_id WHERE a.uri = $1",
            person.uri,
        )
        == 0
    )


async def test_only_who_looks_after_a_community_withdraws_what_it_gave(story: Story) -> None:
    await story.gives()
    path = await story.given()
    other = await story.transport.member_browser(f"no_{story.name}", Role.STEWARD)
    moderator = await story.transport.member_browser(f"mod_{story.name}", Role.MODERATOR)

    refused = await other.submit(f"{path}/withdraw", {"reason": "I do not like it"})
    offered = "Withdraw it" in (await other.get(path, accept="text/html")).text
    taken = await moderator.submit(f"{path}/withdraw", {"reason": "Against our rules"})
    twice = await moderator.submit(f"{path}/withdraw", {"reason": "Once more"})

    assert (refused.status, offered, taken.status, twice.status) == (403, False, 200, 409)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("application/vc", "application/vc"),
        ("application/vc+ld+json, text/html", CREDENTIAL),
        ("application/json", "application/json"),
        ("application/activity+json", "application/json"),
        ("text/html,application/json", "text/html"),
        ("*/*", "text/html"),
    ],
)
async def test_programs_get_the_credential_under_the_name_they_ask_for(
    story: Story, accept: str, content_type: str
) -> None:
    await story.gives()

    answer = await story.transport.browser().get(await story.given(), accept=accept)

    assert answer.headers["Content-Type"].partition(";")[0] == content_type
    assert "Accept" in answer.headers["Vary"]
    if content_type != "text/html":
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
