"""What other agencies GET from us: documents, collections, discovery, and caching."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import orjson
import pytest

from schemas.records import (
    Actor,
    ActorKind,
    AgencyState,
    Community,
    Kind,
    PostFacts,
    Visibility,
)
from server.services import changing, entitlement, posts
from server.storage import communities, threads
from server.storage.embedded import Cluster
from server.storage.posts import NewPost
from tests.hostile_peer import HostilePeer
from tests.hostile_peer import Reply as PeerReply
from tests.reading_house import House, Stranger, TurnedClock, cloned, house, stranger

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Health answers; lands is admitted there and asks."""

    health: House
    lands: Stranger
    peer: HostilePeer
    clock: TurnedClock


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with HostilePeer() as peer, house(database_url, "health", clock=clock) as health:
        lands = await stranger(peer, "lands", health.context)
        await health.decides(lands.host)
        yield Scene(health=health, lands=lands, peer=peer, clock=clock)


@pytest.fixture(scope="module")
async def settled(cluster: Cluster) -> AsyncIterator[House]:
    """For tables that change nothing: a member, a community, and nobody admitted."""
    async with cloned(cluster) as url, house(url, "health") as health:
        await health.community("roads")
        yield health


async def test_a_member_is_a_person_with_a_key_that_everybody_may_read(scene: Scene) -> None:
    await scene.health.member("mona")

    reply = await scene.health.get("/@mona")

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/activity+json"
    assert reply.headers["Cache-Control"] == "public, max-age=180"
    assert reply.headers["Vary"] == "Accept, Signature"
    assert reply.json["type"] == "Person"
    assert reply.json["publicKey"]["owner"] == reply.json["id"]


async def test_what_a_reader_has_already_is_not_sent_again(scene: Scene) -> None:
    await scene.health.member("mona")
    first = await scene.health.get("/@mona")

    again = await scene.health.get("/@mona", If_None_Match=first.headers["ETag"])
    await scene.health.sql("UPDATE actors SET display_name = 'Mona R' WHERE name = 'mona'")
    changed = await scene.health.get("/@mona", If_None_Match=first.headers["ETag"])

    assert (again.status, again.body) == (304, b"")
    assert changed.status == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


async def test_a_community_is_a_group_with_its_stewards_beside_it(scene: Scene) -> None:
    community = await scene.health.community("roads")

    document = (await scene.health.get("/c/roads")).json
    listed = await scene.health.get(document["moderators"], scene.lands)

    assert document["type"] == "Group"
    assert document["attributedTo"] == f"{community.uri}/moderators"
    assert listed.json["orderedItems"] == [scene.health.context.home.person("mona")]


async def test_a_suspended_member_is_not_there_and_a_deleted_one_is_gone(scene: Scene) -> None:
    await scene.health.member("mona")
    await scene.health.member("nils")
    at = scene.clock.now()
    await scene.health.sql("UPDATE actors SET suspended_at = $1 WHERE name = 'mona'", at)
    await scene.health.sql("UPDATE actors SET deleted_at = $1 WHERE name = 'nils'", at)

    suspended, deleted = await scene.health.get("/@mona"), await scene.health.get("/@nils")

    assert suspended.told == (await scene.health.get("/@nobody")).told
    assert (deleted.status, deleted.json["type"]) == (410, "Tombstone")
    for name in ("mona", "nils"):
        assert (await scene.health.get(f"/@{name}/outbox", scene.lands)).status == 404


async def test_a_question_is_an_article_and_its_answer_an_embedded_note(scene: Scene) -> None:
    community = await scene.health.community("roads")
    question = await scene.health.asks(community)
    answer = await scene.health.answers(question)

    article = (await scene.health.get(question.uri, scene.lands)).json
    replies = (await scene.health.get(article["replies"], scene.lands)).json

    assert (article["type"], article["id"]) == ("Article", question.uri)
    assert article["to"] == [community.uri, PUBLIC]
    assert replies["totalItems"] == 1
    (note,) = replies["orderedItems"]
    assert (note["type"], note["id"], note["answer"]) == ("Note", answer.uri, False)
    assert "@context" not in note


async def test_a_deleted_post_is_a_tombstone_wherever_its_words_were(scene: Scene) -> None:
    community = await scene.health.community("roads")
    question = await scene.health.asks(community)
    create_uri = await scene.health.sql("SELECT uri FROM activities WHERE type = 'Create'")
    await changing.withdraw(
        scene.health.context, await scene.health.member("mona"), question.id
    )
    delete_uri = await scene.health.sql("SELECT uri FROM activities WHERE type = 'Delete'")

    post = await scene.health.get(question.uri, scene.lands)
    created = await scene.health.get(create_uri, scene.lands)
    deleted = await scene.health.get(delete_uri, scene.lands)

    assert (post.status, post.json["type"]) == (410, "Tombstone")
    assert (created.status, created.json["type"]) == (410, "Tombstone")
    assert (deleted.status, deleted.json["object"]) == (200, question.uri)
    outbox = await scene.health.get(f"{community.uri}/outbox", scene.lands)
    assert outbox.json["orderedItems"] == []


async def test_an_activity_is_served_as_it_went_out(scene: Scene) -> None:
    await scene.health.asks(await scene.health.community("roads"))
    sent = await scene.health.sql("SELECT document FROM activities WHERE type = 'Create'")

    reply = await scene.health.get(orjson.loads(sent)["id"], scene.lands)

    assert reply.json == orjson.loads(sent)


async def test_an_outbox_is_announces_of_creates_under_the_ids_they_went_out_by(
    scene: Scene,
) -> None:
    community = await scene.health.community("roads")
    unheard = await scene.health.asks(community, title="Before anybody followed")
    await scene.health.lets_in(scene.lands, community)
    scene.clock.turn(timedelta(minutes=1))
    heard = await scene.health.asks(community, title="After")

    outbox = (await scene.health.get(f"{community.uri}/outbox", scene.lands)).json

    entries = outbox["orderedItems"]
    assert [entry["object"]["object"]["id"] for entry in entries] == [heard.uri, unheard.uri]
    for entry in entries:
        assert (entry["type"], entry["object"]["type"]) == ("Announce", "Create")
        assert (entry["to"], entry["cc"]) == (
            [community.uri, PUBLIC],
            [f"{community.uri}/followers"],
        )
        served = await scene.health.get(entry["object"]["id"], scene.lands)
        assert served.json["object"]["id"] == entry["object"]["object"]["id"]
    announced = await scene.health.get(entries[0]["id"], scene.lands)
    assert announced.json["object"]["id"] == entries[0]["object"]["id"]
    assert entries[1]["id"].startswith(f"{community.uri}/outbox#")


async def test_an_outbox_has_the_words_of_today(scene: Scene) -> None:
    community = await scene.health.community("roads")
    question = await scene.health.asks(community)
    scene.clock.turn(timedelta(minutes=1))
    draft = posts.Draft(source="Better words", title="Better title")
    member = await scene.health.member("mona")
    await changing.edit(scene.health.context, member, question.id, draft)

    outbox = (await scene.health.get(f"{community.uri}/outbox", scene.lands)).json

    assert outbox["orderedItems"][0]["object"]["object"]["name"] == "Better title"


async def test_an_outbox_ends_with_the_fiftieth(scene: Scene) -> None:
    community = await scene.health.community("roads")
    for number in range(51):
        scene.clock.turn(timedelta(seconds=1))
        await scene.health.asks(community, title=f"Question {number}")

    outbox = (await scene.health.get(f"{community.uri}/outbox", scene.lands)).json
    own = (await scene.health.get("/@mona/outbox", scene.lands)).json

    assert len(outbox["orderedItems"]) == len(own["orderedItems"]) == 50
    assert outbox["orderedItems"][0]["object"]["object"]["name"] == "Question 50"


async def test_the_outbox_of_a_member_has_answers_with_whom_they_told(scene: Scene) -> None:
    community = await scene.health.community("roads")
    question = await scene.health.asks(community)
    scene.clock.turn(timedelta(minutes=1))
    answer = await scene.health.answers(question)

    outbox = (await scene.health.get("/@mona/outbox", scene.lands)).json

    create = outbox["orderedItems"][0]
    assert (create["type"], create["object"]["id"]) == ("Create", answer.uri)
    served = await scene.health.get(create["id"], scene.lands)
    assert served.json["object"]["tag"] == create["object"]["tag"]


@pytest.mark.parametrize(
    ("path", "total"),
    [
        ("/@mona/followers", 0),
        ("/@mona/following", 1),
        ("/c/roads/followers", 1),
        ("/c/roads/following", 0),
    ],
)
async def test_followers_are_counted_and_never_named(
    scene: Scene, path: str, total: int
) -> None:
    await scene.health.community("roads")

    document = (await scene.health.get(path, scene.lands)).json

    assert document["totalItems"] == total
    assert not {"items", "orderedItems", "first"} & document.keys()


async def test_marks_and_boosts_are_counted(scene: Scene) -> None:
    question = await scene.health.asks(await scene.health.community("roads"))
    await scene.health.sql("UPDATE posts SET helpful = 3 WHERE id = $1", question.id)

    likes = (await scene.health.get(f"{question.uri}/likes", scene.lands)).json
    shares = (await scene.health.get(f"{question.uri}/shares", scene.lands)).json
    article = (await scene.health.get(question.uri, scene.lands)).json

    assert (likes["totalItems"], shares["totalItems"]) == (3, 0)
    assert article["likes"]["totalItems"] == 3


async def test_pinned_threads_are_featured(scene: Scene) -> None:
    community = await scene.health.community("roads")
    await scene.health.asks(community)
    pinned = await scene.health.asks(community, title="Read me first")
    at = scene.clock.now()
    await scene.health.sql("UPDATE posts SET pinned_at = $2 WHERE id = $1", pinned.id, at)

    featured = (await scene.health.get(f"{community.uri}/featured", scene.lands)).json

    assert [entry["id"] for entry in featured["orderedItems"]] == [pinned.uri]


async def test_the_context_of_a_thread_lists_it_in_reading_order(scene: Scene) -> None:
    community = await scene.health.community("roads")
    question = await scene.health.asks(community)
    answers = []
    for _ in range(2):
        scene.clock.turn(timedelta(minutes=1))
        answers.append((await scene.health.answers(question)).uri)
    assert question.context is not None

    document = (await scene.health.get(question.context, scene.lands)).json

    assert document["id"] == question.context
    assert document["attributedTo"] == community.uri
    assert [entry["id"] for entry in document["orderedItems"]] == [question.uri, *answers]
    unknown = await scene.health.get(f"{community.uri}/t/{'a' * 20}", scene.lands)
    assert unknown.status == 404


async def test_a_copy_of_somebody_elses_post_is_read_at_its_origin(scene: Scene) -> None:
    community = await scene.health.community("roads")
    copy = await _copied(scene, community)

    assert (await scene.health.get(f"/p/{copy}", scene.lands)).status == 404
    outbox = (await scene.health.get(f"{community.uri}/outbox", scene.lands)).json
    article = outbox["orderedItems"][0]["object"]["object"]
    assert article["attributedTo"] == scene.lands.person(scene.health.context, "bo").uri
    assert not {"replies", "likes", "shares"} & article.keys()


async def _copied(scene: Scene, community: Community) -> int:
    context = scene.health.context
    author = await scene.health.lets_in(scene.lands, community)
    post_id = context.ids.mint(scene.clock.now())
    new = NewPost(
        id=post_id,
        uri=f"{author.uri}/posts/1",
        kind=Kind.DISCUSSION,
        author_id=author.id,
        community_id=community.id,
        root_id=post_id,
        parent_id=None,
        context=None,
        visibility=Visibility.PUBLIC,
        title="From lands",
        source="",
        html="<p>Words</p>",
        text="Words",
        clean_version=1,
        language="en",
        topic=None,
        published_at=scene.clock.now(),
        received_at=scene.clock.now(),
    )
    async with context.database.transaction("test") as tx:
        assert await threads.add_many(tx, [new])
    return post_id


@pytest.mark.parametrize(
    "path", ["/p/0", "/p/01", "/p/abc", "/p/9223372036854775808", "/activities/-1"]
)
async def test_what_can_be_no_id_is_like_an_unknown_one(scene: Scene, path: str) -> None:
    odd = await scene.health.get(path, scene.lands)

    assert odd.told == (await scene.health.get("/p/77", scene.lands)).told


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("acct:mona@{host}", "Person"),
        ("acct:mona@{HOST}", "Person"),
        ("acct:MONA@{host}", "Person"),
        ("mona@{host}", "Person"),
        ("{origin}/@mona", "Person"),
        ("acct:roads@{host}", "Group"),
        ("{origin}/c/roads", "Group"),
        ("acct:actor@{host}", "Application"),
        ("acct:{host}@{host}", "Application"),
        ("{origin}/actor", "Application"),
        ("acct:moderation@{host}", "Service"),
        ("{origin}/actor/moderation", "Service"),
        ("{origin}", "Application"),
        ("{origin}/", "Application"),
    ],
)
async def test_webfinger_leads_to_an_actor_and_back(
    settled: House, resource: str, kind: str
) -> None:
    home = settled.context.home
    spelt = resource.format(
        host=home.authority, HOST=home.authority.upper(), origin=home.origin
    )

    reply = await settled.get(f"/.well-known/webfinger?resource={quote(spelt)}")

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/jrd+json"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    link = reply.json["links"][0]
    assert next(iter(link["properties"].values())) == kind
    actor = (await settled.get(link["href"])).json
    assert reply.json["subject"] == f"acct:{actor['webfinger']}"
    assert reply.json["aliases"][0] == actor["id"]


@pytest.mark.parametrize(
    ("resource", "opens"),
    [
        ("acct:mona@{host}", True),
        ("acct:{host}@{host}", True),
        ("acct:roads@{host}", False),
    ],
)
async def test_webfinger_says_where_people_open_what_they_found_elsewhere(
    settled: House, resource: str, opens: bool
) -> None:
    home = settled.context.home
    spelt = resource.format(host=home.authority)

    reply = await settled.get(f"/.well-known/webfinger?resource={quote(spelt)}")

    templates = {
        link["rel"]: link["template"] for link in reply.json["links"] if "template" in link
    }
    address = f"{home.origin}/authorize_interaction?uri="
    expected = {
        "http://ostatus.org/schema/1.0/subscribe": f"{address}{{uri}}",
        "https://w3id.org/fep/3b86/Follow": f"{address}{{object}}",
        "https://w3id.org/fep/3b86/Object": f"{address}{{object}}",
    }
    assert templates == (expected if opens else {})


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?resource=", 400),
        ("?resource=nonsense", 400),
        ("?resource=acct:", 400),
        ("?resource=acct:mona@", 400),
        ("?resource=acct:a@x.example&resource=acct:b@x.example", 400),
        ("?resource=acct:nobody@{host}", 404),
        ("?resource=acct:mona@elsewhere.example", 404),
        ("?resource={origin}/p/1", 404),
        ("?resource={origin}/@mona/outbox", 404),
        ("?resource=https://elsewhere.example/@mona", 404),
    ],
)
async def test_webfinger_knows_nobody_else(settled: House, query: str, status: int) -> None:
    home = settled.context.home
    asked = query.format(host=home.authority, origin=home.origin)

    assert (await settled.get(f"/.well-known/webfinger{asked}")).status == status


async def test_webfinger_forgets_who_is_suspended(scene: Scene) -> None:
    await scene.health.member("mona")
    at = scene.clock.now()
    await scene.health.sql("UPDATE actors SET suspended_at = $1 WHERE name = 'mona'", at)

    reply = await scene.health.get(
        f"/.well-known/webfinger?resource=acct:mona@{scene.health.host}"
    )

    assert reply.status == 404


async def test_nodeinfo_says_what_we_run_and_counts_no_small_group(scene: Scene) -> None:
    await scene.health.asks(await scene.health.community("roads"))
    await scene.health.asks(
        await scene.health.community("inner", visibility=Visibility.MEMBERS)
    )

    links = (await scene.health.get("/.well-known/nodeinfo")).json["links"]
    replies = [await scene.health.get(link["href"]) for link in links[:2]]

    assert [reply.json["version"] for reply in replies] == ["2.1", "2.0"]
    for reply in replies:
        assert reply.headers["Content-Type"].startswith("application/json; profile=")
        assert reply.json["software"]["name"] == "commonlore"
        assert reply.json["usage"]["users"]["total"] == 0
        assert reply.json["usage"]["localPosts"] == 1


async def test_nodeinfo_counts_five_once_a_minute(scene: Scene) -> None:
    for name in ("mona", "nils", "olga", "paul", "rosa"):
        await scene.health.member(name)
    first = (await scene.health.get("/nodeinfo/2.1")).json["usage"]["users"]
    await scene.health.member("sami")

    soon = (await scene.health.get("/nodeinfo/2.1")).json["usage"]["users"]
    scene.clock.turn(timedelta(minutes=2))
    later = (await scene.health.get("/nodeinfo/2.1")).json["usage"]["users"]

    assert first == {"total": 5, "activeMonth": 5, "activeHalfyear": 5}
    assert (soon["total"], later["total"]) == (5, 6)


async def test_host_meta_and_our_terms_are_there_for_everybody(scene: Scene) -> None:
    xml = await scene.health.get("/.well-known/host-meta")
    json = await scene.health.get("/.well-known/host-meta.json")
    terms = await scene.health.get("/ns")

    assert xml.headers["Content-Type"].startswith("application/xrd+xml")
    assert json.json["links"][0]["template"].endswith("/.well-known/webfinger?resource={uri}")
    assert json.json["links"][0]["template"].encode() in xml.body
    assert terms.json["@context"]["postKind"] == "cl:postKind"


async def test_a_host_is_told_who_belongs_only_where_it_belongs_itself(scene: Scene) -> None:
    inner = await scene.health.community("inner", visibility=Visibility.MEMBERS)
    treasury = await stranger(scene.peer, "treasury", scene.health.context)
    await scene.health.decides(treasury.host)
    asked = f"{inner.uri}/followers?is_follower="

    outside = await scene.health.get(asked + quote(treasury.key.owner), scene.lands)
    await scene.health.lets_in(scene.lands, inner)
    no = await scene.health.get(asked + quote(treasury.key.owner), scene.lands)
    by_uri = await scene.health.get(asked + quote(scene.lands.key.owner), scene.lands)
    by_host = await scene.health.get(asked + scene.lands.host, scene.lands)

    assert outside.told == no.told
    assert no.status == 404
    assert (by_uri.status, by_host.status) == (200, 200)


@pytest.mark.parametrize(
    "query", ["is_follower=", "is_follower=a..b", "is_follower=a&is_follower=b"]
)
async def test_a_malformed_question_about_followers_is_refused(
    scene: Scene, query: str
) -> None:
    community = await scene.health.community("roads")

    assert (
        await scene.health.get(f"{community.uri}/followers?{query}", scene.lands)
    ).status == 400


# A members-only post of ours in a community that transport hosts.


async def _posted_at_transport(scene: Scene) -> PostFacts:
    """Health's member asks in a members-only community of transport, which is admitted."""
    context = scene.health.context
    now = scene.clock.now()
    uri = scene.peer.url("transport", "/c/inner")
    host = scene.peer.authority("transport")
    await scene.health.decides(host)
    actor = Actor(
        id=context.ids.mint(now),
        uri=uri,
        kind=ActorKind.COMMUNITY,
        name="inner",
        host=host,
        local=False,
        inbox=f"{uri}/inbox",
        followers=f"{uri}/followers",
        published_at=now,
    )
    community = Community(actor=actor, visibility=Visibility.MEMBERS)
    await scene.health.knows(actor)
    member = await scene.health.member("mona")
    async with context.database.transaction("test") as tx:
        await communities.add(tx, community, now=now)
        await tx.execute(
            "INSERT INTO follows (uri, follower_id, target_id, state, asked_at, settled_at) "
            "VALUES ($1, $2, $3, 'accepted', $4, $4)",
            f"{uri}#follow",
            member.member.actor.id,
            actor.id,
            now,
        )
    return await scene.health.asks(community)


def _question(scene: Scene) -> str:
    owner = quote(scene.lands.key.owner, safe="")
    return scene.peer.url("transport", f"/c/inner/followers?is_follower={owner}")


def _times_asked(scene: Scene) -> int:
    return sum(1 for request in scene.peer.requests if "is_follower" in request.target)


async def test_the_host_of_a_community_is_asked_whether_an_agency_belongs(
    scene: Scene,
) -> None:
    post = await _posted_at_transport(scene)
    scene.peer.publishes(_question(scene), type="OrderedCollection")

    first = await scene.health.get(post.uri, scene.lands)
    again = await scene.health.get(post.uri, scene.lands)

    assert (first.status, first.json["id"]) == (200, post.uri)
    assert again.body == first.body
    assert _times_asked(scene) == 1
    asked = next(r for r in scene.peer.requests if "is_follower" in r.target)
    assert f"{scene.health.context.home.agency}#main-key" in asked.headers["signature"]


async def test_its_no_is_kept_for_a_minute_and_its_yes_for_ten(scene: Scene) -> None:
    post = await _posted_at_transport(scene)
    unknown = await scene.health.get("/p/77", scene.lands)

    assert (await scene.health.get(post.uri, scene.lands)).told == unknown.told
    scene.peer.publishes(_question(scene), type="OrderedCollection")
    assert (await scene.health.get(post.uri, scene.lands)).told == unknown.told
    scene.clock.turn(timedelta(seconds=61))
    assert (await scene.health.get(post.uri, scene.lands)).status == 200
    scene.peer.tells(_question(scene), PeerReply(status=404))
    scene.clock.turn(timedelta(minutes=9))
    assert (await scene.health.get(post.uri, scene.lands)).status == 200
    scene.clock.turn(timedelta(minutes=2))
    assert (await scene.health.get(post.uri, scene.lands)).status == 404


async def test_the_hosts_silence_is_no_answer(scene: Scene) -> None:
    post = await _posted_at_transport(scene)
    scene.peer.tells(_question(scene), PeerReply(status=500))

    reply = await scene.health.get(post.uri, scene.lands)

    assert reply.status == 503
    assert reply.headers["Retry-After"] == "30"
    scene.peer.publishes(_question(scene), type="OrderedCollection")
    assert (await scene.health.get(post.uri, scene.lands)).status == 200


@pytest.mark.parametrize("reply", [PeerReply(status=302), PeerReply(status=403)])
async def test_everything_but_a_plain_yes_is_a_no_or_a_later(
    scene: Scene, reply: PeerReply
) -> None:
    post = await _posted_at_transport(scene)
    scene.peer.tells(_question(scene), reply)

    assert (await scene.health.get(post.uri, scene.lands)).status in {404, 503}


async def test_the_communitys_own_host_may_have_it_unasked(scene: Scene) -> None:
    post = await _posted_at_transport(scene)
    transport = await stranger(scene.peer, "transport", scene.health.context)

    assert (await scene.health.get(post.uri, transport)).status == 200
    assert _times_asked(scene) == 0


async def test_a_blocked_host_is_not_asked(scene: Scene) -> None:
    post = await _posted_at_transport(scene)
    scene.peer.publishes(_question(scene), type="OrderedCollection")
    await scene.health.decides(scene.peer.authority("transport"), AgencyState.BLOCKED)

    assert (await scene.health.get(post.uri, scene.lands)).status == 404
    assert _times_asked(scene) == 0


async def test_a_followers_collection_elsewhere_is_not_believed(scene: Scene) -> None:
    post = await _posted_at_transport(scene)
    elsewhere = scene.peer.url("evil", "/followers")
    await scene.health.sql("UPDATE actors SET followers = $1 WHERE name = 'inner'", elsewhere)

    assert (await scene.health.get(post.uri, scene.lands)).status == 404
    assert not any("evil" in request.host for request in scene.peer.requests)


def test_what_hosts_told_is_bounded() -> None:
    clock = TurnedClock()
    answers = entitlement.Answers()

    for number in range(entitlement.MOST_ANSWERS + 1):
        answers.remember(("community", str(number)), clock.now(), belongs=True)

    assert len(answers.told) == entitlement.MOST_ANSWERS
    assert answers.find(("community", "0"), clock.now()) is None
    assert answers.find(("community", "1"), clock.now()) is True
