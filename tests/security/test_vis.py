"""VIS: what is not for an asker does not reach them by any GET of another agency."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson
import pytest

from federation.translate.incoming_posts import post_from
from schemas.records import AgencyState, Community, PostFacts, Visibility
from schemas.wire.vocabulary import PUBLIC_FORMS
from server.services import changing
from server.storage.embedded import Cluster
from tests.hostile_peer import HostilePeer
from tests.instance import START
from tests.reading_house import House, Reply, Stranger, TurnedClock, cloned, house, stranger

WORDS = b"Some <em>words</em>"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Health has a public and a members-only community, with a question and answer in each."""

    health: House
    askers: dict[str, Stranger | None]
    public: Community
    inner: Community
    posts: dict[str, PostFacts]

    async def get(self, path: str, who: str) -> Reply:
        return await self.health.get(path, self.askers[who])


@pytest.fixture(scope="module")
async def world(cluster: Cluster) -> AsyncIterator[World]:
    """For tests that change nothing."""
    async with (
        cloned(cluster) as url,
        HostilePeer() as peer,
        house(url, "health", clock=TurnedClock()) as health,
    ):
        yield await _filled(health, peer)


@pytest.fixture
async def own_world(database_url: str) -> AsyncIterator[World]:
    async with (
        HostilePeer() as peer,
        house(database_url, "health", clock=TurnedClock()) as health,
    ):
        yield await _filled(health, peer)


@pytest.fixture(scope="module")
async def open_world(cluster: Cluster) -> AsyncIterator[World]:
    """The same where public posts go to the open fediverse; for tests that change nothing."""
    async with (
        cloned(cluster) as url,
        HostilePeer() as peer,
        house(url, "health", clock=TurnedClock(), open_federation=True) as health,
    ):
        yield await _filled(health, peer)


async def _filled(health: House, peer: HostilePeer) -> World:
    public = await health.community("roads")
    inner = await health.community("inner", visibility=Visibility.MEMBERS)
    written = {}
    for name, community in (("public", public), ("inner", inner)):
        written[name] = await health.asks(community, title=f"A {name} question")
        written[f"{name}-answer"] = await health.answers(written[name])
    askers: dict[str, Stranger | None] = {"anonymous": None}
    for name in ("member", "admitted", "waiting", "blocked", "subdomain.blocked"):
        askers[name] = await stranger(peer, f"{name}.localhost", health.context)
    for name in ("member", "admitted"):
        await _decide(health, askers[name], AgencyState.ADMITTED)
    await _decide(health, askers["blocked"], AgencyState.BLOCKED)
    await health.decides("blocked.localhost", AgencyState.BLOCKED)
    member = askers["member"]
    assert member is not None
    await health.lets_in(member, inner)
    return World(health=health, askers=askers, public=public, inner=inner, posts=written)


async def _decide(health: House, agency: Stranger | None, state: AgencyState) -> None:
    assert agency is not None
    await health.decides(agency.host, state)


def _reads(community: Community, question: PostFacts) -> list[str]:
    """Every read surface of a community and a thread in it, but for its actor document."""
    of_community = ("outbox", "followers", "following", "featured", "moderators")
    of_post = ("", "/replies", "/likes", "/shares")
    assert question.context is not None
    return [
        *(f"{community.uri}/{name}" for name in of_community),
        *(f"{question.uri}{name}" for name in of_post),
        question.context,
    ]


async def _activities(world: World, community: Community) -> list[str]:
    found: list[str] = await world.health.sql(
        "SELECT array_agg(uri) FROM activities WHERE community_id = $1", community.id
    )
    return found


EVERYBODY = ["anonymous", "admitted", "waiting", "blocked", "subdomain.blocked"]


@pytest.mark.parametrize("who", EVERYBODY)
async def test_vis_01_members_only_reaches_nobody_who_did_not_join(
    world: World, who: str
) -> None:
    reads = _reads(world.inner, world.posts["inner"])
    # Whose decisions count in a community is told to every agency that could join it.
    reads = [read for read in reads if (who, read[-10:]) != ("admitted", "moderators")]
    reads += [world.posts["inner-answer"].uri, *await _activities(world, world.inner)]

    for read in reads:
        reply = await world.get(read, who)
        assert reply.status in {401, 403, 404}, read
        assert WORDS not in reply.body


@pytest.mark.parametrize("who", EVERYBODY)
async def test_vis_01_the_outbox_of_a_member_has_public_posts_only(
    world: World, who: str
) -> None:
    outbox = await world.get("/@mona/outbox", who)

    assert b"A inner question" not in outbox.body
    assert (outbox.status == 200) is (who == "admitted")


async def test_vis_01_whoever_joined_reads_it_on_every_surface(world: World) -> None:
    reads = [*_reads(world.inner, world.posts["inner"]), *await _activities(world, world.inner)]

    for read in reads:
        reply = await world.get(read, "member")
        assert reply.status == 200, read
        assert PUBLIC.encode() not in reply.body, read
    personal = await world.get("/@mona/outbox", "member")
    assert b"A inner question" not in personal.body


@pytest.mark.parametrize("who", ["anonymous", "waiting"])
async def test_vis_01_the_open_fediverse_gets_what_is_public_and_no_more(
    open_world: World, who: str
) -> None:
    for read in _reads(open_world.public, open_world.posts["public"]):
        assert (await open_world.get(read, who)).status == 200, read
    for read in _reads(open_world.inner, open_world.posts["inner"]):
        assert (await open_world.get(read, who)).status == 404, read


@pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("waiting", 404)])
async def test_vis_01_who_belongs_is_told_to_nobody_else(
    open_world: World, who: str, status: int
) -> None:
    asked = f"{open_world.public.uri}/followers?is_follower={open_world.health.host}"

    assert (await open_world.get(asked, who)).status == status


async def test_vis_02_members_only_replies_stay_out_of_a_public_thread(
    own_world: World,
) -> None:
    question = own_world.posts["public"]
    hidden = await own_world.health.answers(question)
    await own_world.health.sql(
        "UPDATE posts SET visibility = 'members' WHERE id = $1", hidden.id
    )
    assert question.context is not None

    replies = (await own_world.get(f"{question.uri}/replies", "admitted")).json
    thread = (await own_world.get(question.context, "admitted")).json

    assert replies["totalItems"] == 1
    assert thread["totalItems"] == 2
    assert hidden.uri not in str(replies) + str(thread)
    assert (await own_world.get(hidden.uri, "admitted")).status == 404


@pytest.mark.parametrize("who", [*EVERYBODY, "member"])
async def test_vis_05_unknown_and_forbidden_are_the_same_answer(world: World, who: str) -> None:
    home = world.health.context.home
    unknown_post, unknown_activity = home.post(77), home.activity(77)
    inner = world.posts["inner"]
    pairs = [
        (inner.uri, unknown_post),
        (f"{inner.uri}/replies", f"{unknown_post}/replies"),
        (f"{inner.uri}/likes", f"{unknown_post}/likes"),
        (inner.context, f"{world.inner.uri}/t/{'a' * 20}"),
        (f"{world.inner.uri}/outbox", f"{home.community('nowhere')}/outbox"),
        (f"{world.inner.uri}/followers", f"{home.community('nowhere')}/followers"),
        *((uri, unknown_activity) for uri in await _activities(world, world.inner)),
    ]

    for forbidden, unknown in pairs:
        assert forbidden is not None
        hidden, missing = await world.get(forbidden, who), await world.get(unknown, who)
        assert (hidden.told == missing.told) is (who != "member"), forbidden


@pytest.mark.parametrize("who", ["blocked", "subdomain.blocked"])
async def test_vis_05_a_blocked_agency_learns_of_nothing(world: World, who: str) -> None:
    unknown = await world.get(world.health.context.home.post(77), who)

    for read in _reads(world.public, world.posts["public"]):
        assert (await world.get(read, who)).told == unknown.told, read


async def test_vis_06_an_activity_obeys_the_audience_of_its_post(own_world: World) -> None:
    question = own_world.posts["public"]
    create = await own_world.health.sql(
        "SELECT uri FROM activities WHERE post_id = $1 AND type = 'Create'", question.id
    )
    before = await own_world.get(create, "admitted")
    await own_world.health.sql(
        "UPDATE posts SET visibility = 'members' WHERE id = $1", question.id
    )

    after = await own_world.get(create, "admitted")

    assert (before.status, after.status) == (200, 404)


async def test_vis_06_an_agency_it_was_sent_to_may_read_it_again(own_world: World) -> None:
    admitted = own_world.askers["admitted"]
    assert admitted is not None
    uri = await own_world.health.sql(
        "SELECT uri FROM activities WHERE post_id = $1 AND type = 'Create'",
        own_world.posts["inner"].id,
    )
    await _deliver(own_world.health, uri, admitted.host)

    assert (await own_world.get(uri, "admitted")).status == 200
    await own_world.health.decides(admitted.host, AgencyState.BLOCKED)
    assert (await own_world.get(uri, "admitted")).status == 404


async def _deliver(health: House, uri: str, host: str) -> None:
    await health.sql(
        "INSERT INTO deliveries (activity_id, inbox, origin, host, lane, state, place, "
        "enqueued_at, next_at, settled_at) SELECT id, 'http://' || $2 || '/inbox', "
        "'http://' || $2, $2, uri, 'delivered', 'settled', $3, $3, $3 FROM activities "
        "WHERE uri = $1",
        uri,
        host,
        health.context.now(),
    )


async def test_vis_06_what_is_gone_is_in_no_activity(own_world: World) -> None:
    inner = own_world.posts["inner"]
    mona = await own_world.health.member("mona")
    await changing.withdraw(own_world.health.context, mona, inner.id)

    for uri in await _activities(own_world, own_world.inner):
        reply = await own_world.get(uri, "member")
        assert b"A inner question" not in reply.body
        document = orjson.loads(reply.body)
        if document["type"] == "Delete":
            assert document["object"] == inner.uri
    assert (await own_world.get(inner.uri, "admitted")).status == 404


@pytest.mark.parametrize("who", ["anonymous", "waiting", "blocked"])
async def test_vis_07_a_hidden_community_shows_its_keys_and_not_its_topics(
    world: World, who: str
) -> None:
    reply = await world.get(world.inner.uri, who)

    assert (reply.status, reply.json["type"]) == (200, "Group")
    assert reply.json["publicKey"]["owner"] == world.inner.uri
    assert not {b"Field work", b"We talk about", b"practitioners"} & {
        words
        for words in (b"Field work", b"We talk about", b"practitioners")
        if words in reply.body
    }
    assert reply.headers["Cache-Control"] == "private, no-store"


async def test_vis_07_an_admitted_agency_sees_what_it_could_join(world: World) -> None:
    document = (await world.get(world.inner.uri, "admitted")).json

    assert document["topics"] == [{"slug": "field-work", "name": "Field work"}]
    assert "We talk about inner" in document["summary"]


async def test_vis_07_discovery_documents_name_no_hidden_community(world: World) -> None:
    for path in ("/nodeinfo/2.1", "/.well-known/nodeinfo", "/actor", "/@mona"):
        assert b"inner" not in (await world.get(path, "anonymous")).body


def _read(to: object, cc: object = ()) -> Visibility:
    document = {
        "id": "https://lands.example/p/1",
        "type": "Note",
        "attributedTo": "https://lands.example/@bo",
        "content": "<p>Words</p>",
        "to": to,
        "cc": cc,
    }
    return post_from(document, now=START).visibility


@pytest.mark.parametrize("form", sorted(PUBLIC_FORMS))
def test_vis_13_three_forms_are_public_as_text_and_in_lists(form: str) -> None:
    assert _read(form) is _read([form]) is _read([], cc=form) is Visibility.PUBLIC


@pytest.mark.parametrize("form", ["", [], "public", "as:public", f"{PUBLIC}/", 7, {}, None])
def test_vis_13_anything_else_is_the_most_private(form: object) -> None:
    assert _read(form) is Visibility.MEMBERS


async def test_vis_13_what_we_serve_says_public_in_one_form(world: World) -> None:
    document = (await world.get(world.posts["public"].uri, "admitted")).json

    assert document["to"] == [world.public.uri, PUBLIC]
