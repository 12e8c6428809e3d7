"""What people of the stories do, and how a story looks at what became of it."""

from collections import defaultdict
from datetime import timedelta
from typing import Any, Final, Protocol

from schemas.records import (
    Actor,
    ActorKind,
    AgencyState,
    Community,
    FollowState,
    JoinRule,
    Kind,
    PostFacts,
    Visibility,
)
from server.context import Context
from server.services import accounts, communities, discovery
from server.services import posts as publishing
from server.services.communities import CommunityDraft
from server.services.posts import Draft
from server.storage import actors, agencies, follows, posts
from server.storage.database import Database
from server.storage.sessions import SignedIn
from tests.instance import PASSWORD, Answer, Browser, Instance

MINUTE: Final = timedelta(minutes=1)


class Known(Protocol):
    """What a look needs of an instance, in this process or in its own."""

    @property
    def database(self) -> Database: ...


async def signed_in(context: Context, name: str) -> SignedIn:
    """Sign a member in, for use cases without a browser."""
    token, _ = await accounts.sign_in(
        context, name, PASSWORD, address="127.0.0.1", user_agent="story"
    )
    found = await accounts.find_signed_in(context, token)
    assert found is not None
    return found


async def opened(
    instance: Instance,
    steward: Actor,
    name: str,
    *,
    join: JoinRule = JoinRule.OPEN,
    visibility: Visibility = Visibility.PUBLIC,
) -> Community:
    draft = CommunityDraft(
        name=name,
        display_name=f"About {name}",
        summary="What went wrong, and why",
        charter="Be kind.",
        topics=("Near misses",),
        join=join,
        visibility=visibility,
    )
    return await communities.open_community(instance.context, steward, draft)


async def asks_in(browser: Browser, community: str, title: str, body: str) -> Answer:
    """Ask, as a browser does; `community` is as in its path: NAME, or NAME@HOST."""
    form = {"kind": "question", "title": title, "body": body, "act": "post"}
    return await browser.submit(f"/c/{community}/ask", form)


async def asks(instance: Instance, name: str, community_id: int) -> str:
    """Ask at an instance, without a browser; give the question's id."""
    member = await signed_in(instance.context, name)
    draft = Draft(title="How do you count?", source="We count *beds*.")
    facts = await publishing.publish_thread(
        instance.context, member, community_id, Kind.QUESTION, draft
    )
    return facts.uri


async def replies(instance: Instance, name: str, to: str, words: str) -> PostFacts:
    """Answer a question at an instance, without a browser."""
    member = await signed_in(instance.context, name)
    parent = await post_at(instance, to)
    draft = Draft(source=words)
    return await publishing.publish_reply(
        instance.context, member, parent.id, Kind.ANSWER, draft
    )


async def finds(instance: Instance, text: str) -> Actor:
    found = await discovery.look_up(instance.context, text, may_fetch=True)
    assert isinstance(found, Actor)
    return found


async def value(known: Known, sql: str, *values: object) -> Any:
    async with known.database.reading() as tx:
        return await tx.fetchval(sql, *values)


async def rows(known: Known, sql: str, *values: object) -> list[tuple[Any, ...]]:
    async with known.database.reading() as tx:
        return [tuple(row) for row in await tx.fetch(sql, *values)]


async def post_at(known: Known, uri: str) -> PostFacts:
    async with known.database.reading() as tx:
        sealed = await posts.find_by_uri(tx, uri)
    assert sealed is not None, f"{uri} is not known"
    return sealed.facts


async def path_at(known: Known, uri: str) -> str:
    return f"/p/{(await post_at(known, uri)).id}"


async def thread_at(browser: Browser, uri: str) -> str:
    """Give a thread in canonical JSON, as this instance shows it."""
    answer = await browser.get(f"/api/commonlore/v1/thread?id={uri}")
    assert answer.status == 200, answer.text
    return answer.text


async def newest(known: Known, author: str) -> str:
    """Give the id of what somebody wrote last."""
    return str(
        await value(
            known,
            "SELECT p.uri FROM posts p JOIN actors a ON a.id = p.author_id WHERE a.name = $1 "
            "ORDER BY p.id DESC LIMIT 1",
            author,
        )
    )


async def edges(known: Known, host: str) -> list[tuple[Any, ...]]:
    """List who follows whom, to and from an agency, with the state."""
    return await rows(
        known,
        "SELECT f.uri, p.uri, t.uri, f.state FROM follows f "
        "JOIN actors p ON p.id = f.follower_id JOIN actors t ON t.id = f.target_id "
        "WHERE p.host <> t.host AND $1 IN (p.host, t.host) ORDER BY 2, 3",
        host,
    )


async def joined_from(instance: Instance, origin: str, community_id: int) -> str:
    """Have somebody of a peer belong to a community; give the inbox of the peer."""
    host, uri, now = origin.partition("://")[2], f"{origin}/@ada", instance.now()
    ada = Actor(
        id=instance.context.ids.mint(now),
        uri=uri,
        kind=ActorKind.PERSON,
        name="ada",
        host=host,
        local=False,
        inbox=f"{uri}/inbox",
        shared_inbox=f"{origin}/inbox",
        published_at=now,
    )
    async with instance.database.transaction("test") as tx:
        await agencies.decide(tx, host, AgencyState.ADMITTED, by=None, reason="", now=now)
        await actors.add(tx, ada, now=now)
        await follows.ask(tx, ada.id, community_id, f"{uri}/follows/1", now=now)
        await follows.settle(tx, ada.id, community_id, FollowState.ACCEPTED, now=now)
    return f"{origin}/inbox"


def by_post(activities: list[dict[str, Any]]) -> list[list[str]]:
    """List what was told of each post, by its community or not, in the order it came."""
    got: dict[str, list[str]] = defaultdict(list)
    for activity in activities:
        inner = activity["object"] if activity["type"] == "Announce" else activity
        about = inner["object"]
        got[about if isinstance(about, str) else about["id"]].append(inner["type"])
    return sorted(got.values())
