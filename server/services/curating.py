"""Collections of communities of ours: made, changed, closed, and told to who follows them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from federation.audience import Addressing
from federation.signatures.keys import generate_ed25519, generate_rsa
from federation.translate import sanitize
from federation.translate.incoming_feeds import MOST
from federation.translate.outgoing_activities import accept_activity, delete_activity
from federation.translate.outgoing_feeds import announced_change, list_change
from schemas.records import Actor, ActorKind, AgencyState, FollowState, Role, Visibility
from schemas.wire.vocabulary import PUBLIC
from server.context import Context
from server.services import discovery, fanout, feed_following, names, proving, sharing
from server.services.errors import Invalid, NotAllowed, NotFound
from server.services.keeping import row_of
from server.services.targets import targets_of
from server.storage import (
    activities,
    actors,
    agencies,
    audit,
    communities,
    community_feeds,
    endings,
    follows,
    owed,
)
from server.storage.community_feeds import Feed
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

LONGEST_SUMMARY: Final = 5_000
#: Communities that nobody here knows are fetched while somebody waits: no more at a time.
_UNKNOWN_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDraft:
    """What a curator filled in: `summary` is Markdown, `communities` handles or addresses."""

    name: str = ""
    display_name: str
    summary: str
    communities: tuple[str, ...]


async def open_feed(context: Context, member: SignedIn, draft: FeedDraft) -> Actor:
    """Open a collection of communities; who opens it is its first curator.

    Raises:
        NotAllowed: "not-a-curator": of a member who is no steward here.
        Invalid: fields name, display_name, summary, communities.
    """
    if not member.member.role.reaches(Role.STEWARD):
        raise NotAllowed("not-a-curator", "Only stewards and moderators can do that.")
    name = draft.name.strip().lower()
    _check(draft, name)
    uris = await _found(context, draft)
    uri = context.home.feed(name)
    pairs = await asyncio.gather(
        asyncio.to_thread(generate_rsa, f"{uri}#main-key", uri),
        asyncio.to_thread(generate_ed25519, f"{uri}#ed25519-key", uri),
    )
    feed, now = _actor(context, name, draft), context.now()

    async with context.database.transaction("feeds.open") as tx:
        if not await actors.add(tx, feed, now=now):
            raise Invalid({"name": "That name is taken. Choose another."}, reason="name-taken")
        for pair in pairs:
            await actors.add_key_pair(tx, feed.id, pair, now=now)
        await community_feeds.add(tx, feed.id, now=now)
        await community_feeds.add_curator(tx, feed.id, member.member.id, now=now)
        await _change_list(tx, context, feed, uris)
        await audit.append(
            tx, actor=member.member.actor.uri, act="open-feed", about=uri, now=now
        )
    return feed


def _actor(context: Context, name: str, draft: FeedDraft) -> Actor:
    home, now = context.home, context.now()
    uri = home.feed(name)
    return Actor(
        id=context.ids.mint(now),
        uri=uri,
        kind=ActorKind.FEED,
        name=name,
        host=home.authority,
        local=True,
        display_name=sanitize.plain(draft.display_name, limit=100),
        summary=sanitize.from_markdown(draft.summary).html,
        summary_source=draft.summary,
        shared_inbox=home.shared_inbox,
        url=uri,
        published_at=now,
        inbox=home.collection(uri, "inbox"),
        outbox=home.collection(uri, "outbox"),
        followers=home.collection(uri, "followers"),
        following=home.collection(uri, "following"),
        moderators=home.collection(uri, "moderators"),
    )


async def change_feed(
    context: Context, member: SignedIn, feed_id: int, draft: FeedDraft
) -> Actor:
    """Change what a collection is called and what is in it; who follows it is told.

    Raises:
        NotFound: "feed-not-found".
        NotAllowed: "not-a-curator".
        Invalid: fields display_name, summary, communities.
    """
    async with context.database.reading() as tx:
        feed = (await curated(tx, member, feed_id)).actor
    _check(draft, feed.name)
    uris = await _found(context, draft)

    async with context.database.transaction("feeds.change") as tx:
        feed = (await curated(tx, member, feed_id)).actor
        await actors.change_profile(
            tx,
            feed.id,
            display_name=sanitize.plain(draft.display_name, limit=100),
            summary=sanitize.from_markdown(draft.summary).html,
            summary_source=draft.summary,
        )
        await community_feeds.add_curator(tx, feed.id, member.member.id, now=context.now())
        await _change_list(tx, context, feed, uris)
        await _log(tx, context, member, "change-feed", feed)
    return feed


async def close_feed(context: Context, member: SignedIn, feed_id: int) -> None:
    """Close a collection for ever; memberships that came by it stay.

    Raises:
        NotFound: "feed-not-found".
        NotAllowed: "not-a-curator".
    """
    async with context.database.transaction("feeds.close") as tx:
        feed = (await curated(tx, member, feed_id)).actor
        document = delete_activity(
            fanout.mint_activity(context),
            actor=feed.uri,
            object_uri=feed.uri,
            addressed=Addressing((PUBLIC,), (fanout.followers_of(feed),)),
            published=context.now(),
        )
        await _tell(tx, context, feed, document)
        await endings.forget_edges(tx, feed.id)
        await community_feeds.empty(tx, feed.id, now=context.now())
        await actors.mark_deleted(tx, feed.uri, now=context.now())
        await _log(tx, context, member, "close-feed", feed)


async def curated(tx: Transaction, member: SignedIn, feed_id: int) -> Feed:
    """Get a collection of ours for one of its curators, or for a moderator.

    Raises:
        NotFound: "feed-not-found".
        NotAllowed: "not-a-curator".
    """
    feed = await feed_following.get(tx, feed_id)
    if not feed.actor.local:
        raise NotFound("feed-not-found", "There is no such collection.")
    named = {each.id for each in await community_feeds.curators(tx, feed.id)}
    if not may_curate(member, named):
        raise NotAllowed("not-a-curator", "Only those who look after it can do that.")
    return feed


def may_curate(member: SignedIn, named: set[int]) -> bool:
    """Say whether a member may change a collection that these look after."""
    role = member.member.role
    if role.reaches(Role.MODERATOR):
        return True
    return role.reaches(Role.STEWARD) and member.member.id in named


async def receive_follow(
    tx: Transaction,
    context: Context,
    follower: Actor,
    feed: Actor,
    follow_uri: str,
    document: dict[str, Any],
) -> None:
    """Let somebody from elsewhere follow a collection of ours, and tell them.

    It waits, visibly, where nobody has admitted their agency yet. `document` is as it came.
    """
    state = await sharing.may_knock(tx, follower.host)
    if feed.suspended_at is not None or state is AgencyState.BLOCKED:
        return
    await follows.ask(tx, follower.id, feed.id, follow_uri, now=context.now())
    if not sharing.may_send(context, state, public=True):
        await agencies.knock(tx, follower.host, now=context.now())
        return
    await follows.settle(tx, follower.id, feed.id, FollowState.ACCEPTED, now=context.now())
    accept = accept_activity(
        fanout.mint_activity(context),
        actor=feed.uri,
        follow=document,
        published=context.now(),
    )
    await fanout.send_to(tx, context, feed, accept, [follower], about=follower.uri)


async def _change_list(
    tx: Transaction, context: Context, feed: Actor, wanted: Sequence[str]
) -> None:
    """Make the list what a curator wants, and announce what came and what went."""
    before = [entry.uri for entry in await community_feeds.entries(tx, feed.id)]
    gone = [uri for uri in before if uri not in wanted]
    came = [uri for uri in wanted if uri not in before]
    await community_feeds.drop(tx, feed.id, gone)
    await community_feeds.put(tx, feed.id, came, most=MOST, now=context.now())
    await community_feeds.change(tx, feed.id, now=context.now())
    for uri in gone:
        await _announce(tx, context, feed, uri, adding=False)
    for uri in came:
        await _announce(tx, context, feed, uri, adding=True)


async def _announce(
    tx: Transaction, context: Context, feed: Actor, community: str, *, adding: bool
) -> None:
    followers = fanout.followers_of(feed)
    change = list_change(
        fanout.mint_activity(context),
        feed=feed.uri,
        following=feed.following or f"{feed.uri}/following",
        followers=followers,
        community=community,
        adding=adding,
        published=context.now(),
    )
    change = await proving.prove_first(tx, context, feed, change)
    await activities.add(
        tx, row_of(context, feed, change, about=community, visibility=Visibility.PUBLIC)
    )
    wrapped = announced_change(
        fanout.mint_activity(context),
        change,
        feed=feed.uri,
        followers=followers,
        published=context.now(),
    )
    await _tell(tx, context, feed, wrapped)


async def _tell(
    tx: Transaction, context: Context, feed: Actor, document: dict[str, Any]
) -> None:
    """Keep what a collection says, for everybody to read, and owe it to who follows it."""
    document = await proving.prove_first(tx, context, feed, document)
    sent = row_of(context, feed, document, about=feed.uri, visibility=Visibility.PUBLIC)
    await activities.add(tx, sent)
    found = await follows.recipients(tx, feed.id, unadmitted=context.settings.open_federation)
    if targets := targets_of(found):
        await owed.enqueue(tx, sent.id, targets, lane=feed.uri, now=context.now())


async def _found(context: Context, draft: FeedDraft) -> tuple[str, ...]:
    """Find the communities that were named; what is not public is in nobody's collection."""
    typed = list(dict.fromkeys(line.strip() for line in draft.communities if line.strip()))
    if len(typed) > MOST:
        raise Invalid({"communities": f"A collection may have {MOST} communities."})
    unknown = [
        line
        for line in typed
        if await discovery.look_up(context, line, may_fetch=False) is None
    ]
    if len(unknown) > _UNKNOWN_AT_ONCE:
        sentence = f"Add {_UNKNOWN_AT_ONCE} communities that nobody here knows yet at a time."
        raise Invalid({"communities": sentence})
    return tuple([await _community(context, line) for line in typed])


async def _community(context: Context, line: str) -> str:
    found = await discovery.look_up(context, line, may_fetch=True)
    if isinstance(found, Actor) and found.deleted_at is None:
        async with context.database.reading() as tx:
            community = await communities.find(tx, found.id)
        if community is not None and community.visibility is Visibility.PUBLIC:
            return community.uri
    raise Invalid(
        {"communities": f"There is no public community that we can find: {line[:200]}"}
    )


def _check(draft: FeedDraft, name: str) -> None:
    wrong = {}
    if sentence := names.what_is_wrong(name):
        wrong["name"] = sentence
    if not sanitize.plain(draft.display_name, limit=100):
        wrong["display_name"] = "Give it a name that says whom it is for."
    if len(draft.summary) > LONGEST_SUMMARY:
        wrong["summary"] = f"The description may have {LONGEST_SUMMARY} characters."
    if wrong:
        raise Invalid(wrong)


async def _log(
    tx: Transaction, context: Context, member: SignedIn, act: str, feed: Actor
) -> None:
    await audit.append(
        tx, actor=member.member.actor.uri, act=act, about=feed.uri, now=context.now()
    )
