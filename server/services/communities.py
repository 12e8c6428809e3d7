"""Open, change, join and leave communities, from this agency or another."""

import asyncio
import re
from dataclasses import dataclass, replace
from typing import Any

import structlog

from federation.signatures.keys import generate_ed25519, generate_rsa
from federation.translate import sanitize
from federation.translate.outgoing_activities import (
    accept_activity,
    follow_activity,
    reject_activity,
    undo_activity,
)
from schemas.records import (
    Actor,
    ActorKind,
    Community,
    FollowState,
    JoinRule,
    Role,
    Topic,
    Visibility,
)
from server.context import Context
from server.services import carrying, fanout, names, sharing
from server.services.errors import Invalid, NotAllowed, NotFound
from server.storage import (
    activities,
    actors,
    agencies,
    audit,
    communities,
    follows,
    lists,
    notifications,
)
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

log = structlog.get_logger()

LONGEST_CHARTER = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityDraft:
    """What a steward filled in: `charter` is Markdown, `topics` are names."""

    name: str = ""
    display_name: str
    summary: str
    charter: str
    topics: tuple[str, ...]
    join: JoinRule
    visibility: Visibility


async def open_community(context: Context, steward: Actor, draft: CommunityDraft) -> Community:
    """Open a community; who opens it belongs to it and is its first steward."""
    name = draft.name.strip().lower()
    _check(draft, name)
    uri = context.home.community(name)
    rsa, ed25519 = await asyncio.gather(
        asyncio.to_thread(generate_rsa, f"{uri}#main-key", uri),
        asyncio.to_thread(generate_ed25519, f"{uri}#ed25519-key", uri),
    )
    now = context.now()
    actor = Actor(
        id=context.ids.mint(now),
        uri=uri,
        kind=ActorKind.COMMUNITY,
        name=name,
        host=context.home.authority,
        local=True,
        display_name=sanitize.plain(draft.display_name, limit=100),
        summary=sanitize.plain(draft.summary, limit=300),
        summary_source=draft.summary,
        shared_inbox=context.home.shared_inbox,
        url=uri,
        published_at=now,
        inbox=context.home.collection(uri, "inbox"),
        outbox=context.home.collection(uri, "outbox"),
        followers=context.home.collection(uri, "followers"),
        following=context.home.collection(uri, "following"),
        featured=context.home.collection(uri, "featured"),
        moderators=context.home.collection(uri, "moderators"),
    )
    charter = sanitize.from_markdown(draft.charter)
    community = Community(
        actor=actor,
        charter=charter.html,
        charter_source=draft.charter,
        join=draft.join,
        visibility=draft.visibility,
        topics=_topics(draft.topics),
    )

    async with context.database.transaction("communities.open") as tx:
        if not await actors.add(tx, actor, now=now):
            raise Invalid({"name": "That name is taken. Choose another."}, reason="name-taken")
        for pair in (rsa, ed25519):
            await actors.add_key_pair(tx, actor.id, pair, now=now)
        await communities.add(tx, community, now=now)
        await communities.add_steward(tx, community.id, steward.id, now=now)
        await follows.ask(tx, steward.id, community.id, fanout.mint_activity(context), now=now)
        await follows.settle(tx, steward.id, community.id, FollowState.ACCEPTED, now=now)
        await audit.append(tx, actor=steward.uri, act="open-community", about=uri, now=now)
    return community


async def change_community(
    context: Context, member: SignedIn, community_id: int, draft: CommunityDraft
) -> Community:
    """Change charter, topics and rules; who may read it is settled when it is opened."""
    async with context.database.transaction("communities.change") as tx:
        community = await governed(tx, member, community_id)
        _check(draft, community.actor.name)
        changed = replace(
            community,
            charter=sanitize.from_markdown(draft.charter).html,
            charter_source=draft.charter,
            join=draft.join,
            topics=_topics(draft.topics),
        )

        await actors.change_profile(
            tx,
            community.id,
            display_name=sanitize.plain(draft.display_name, limit=100),
            summary=sanitize.plain(draft.summary, limit=300),
            summary_source=draft.summary,
        )
        await communities.change(tx, changed)
        await audit.append(
            tx,
            actor=member.member.actor.uri,
            act="change-community",
            about=community.uri,
            now=context.now(),
        )
        return await communities.get(tx, community.id)


async def join(context: Context, member: SignedIn, community_id: int) -> FollowState:
    """Ask to belong; an open community of ours lets in at once, others answer for themselves.

    A community of an agency that nobody has admitted yet: the Follow waits here, visibly.
    """
    actor = member.member.actor

    async with context.database.transaction("communities.join") as tx:
        community = await communities.find(tx, community_id)
        if community is None or community.actor.deleted_at is not None:
            raise NotFound("community-not-found", "There is no such community.")
        before = await follows.find(tx, actor.id, community.id)
        if before is not None and before.state is FollowState.BANNED:
            raise NotAllowed("banned", "The stewards have closed this community to you.")
        if before is not None and before.state is not FollowState.REFUSED:
            return before.state
        return await ask(tx, context, community, actor)


async def ask(
    tx: Transaction, context: Context, community: Community, actor: Actor
) -> FollowState:
    """Ask to belong in the transaction of something larger; checked is that they may."""
    follow = await follows.ask(
        tx, actor.id, community.id, fanout.mint_activity(context), now=context.now()
    )
    if community.actor.local:
        return await _answer(tx, context, community, actor, follow.uri)
    await send_follow(tx, context, actor, community.actor, follow.uri)
    return FollowState.ASKED


async def join_usual(tx: Transaction, context: Context, actor: Actor) -> None:
    """Have a new member belong where all do here, so that their home is never empty."""
    for handle in context.settings.default_communities:
        name, _, host = handle.removeprefix("@").partition("@")
        found = await communities.find_by_handle(tx, name, host or context.home.authority)
        if found is None:
            log.warning("default-community-unknown", handle=handle)
        else:
            await ask(tx, context, found, actor)


async def send_follow(
    tx: Transaction, context: Context, actor: Actor, target: Actor, follow_uri: str
) -> None:
    """Send a Follow of ours, or let it wait until a moderator admits the agency."""
    await agencies.knock(tx, target.host, now=context.now())
    state = await sharing.may_knock(tx, target.host)
    if not sharing.may_send(context, state, public=True):
        return
    document = follow_activity(
        follow_uri, actor=actor.uri, target=target.uri, published=context.now()
    )
    await fanout.send_to(tx, context, actor, document, [target], about=target.uri)


async def leave(context: Context, member: SignedIn, community_id: int) -> None:
    actor = member.member.actor

    async with context.database.transaction("communities.leave") as tx:
        community = await communities.find(tx, community_id)
        if community is None:
            raise NotFound("community-not-found", "There is no such community.")
        if [each.id for each in await communities.stewards(tx, community.id)] == [actor.id]:
            sentence = "A community needs a steward; name another before you leave."
            raise NotAllowed("last-steward", sentence)
        follow = await follows.remove(tx, actor.id, community.id)
        await lists.forget(tx, actor.id, community.id)
        await communities.remove_steward(tx, community.id, actor.id)
        if follow is None or community.actor.local:
            return
        if await activities.find_by_uri(tx, follow.uri) is None:
            # It waited here for the agency to be admitted; there is nothing to take back.
            return
        inner = follow_activity(
            follow.uri, actor=actor.uri, target=community.uri, published=follow.asked_at
        )
        document = undo_activity(
            fanout.mint_activity(context),
            actor=actor.uri,
            inner=inner,
            public=True,
            published=context.now(),
        )
        await fanout.send_to(
            tx, context, actor, document, [community.actor], about=community.uri
        )


async def receive_follow(
    tx: Transaction, context: Context, follower: Actor, community: Community, follow_uri: str
) -> FollowState:
    """Take a Follow from elsewhere: it waits for the agency, for a steward, or is let in.

    A community elsewhere, or a Feed, may follow a public one, and no other: it passes on what
    it gets to people whom nobody here has let in (wire.md 1.11).
    """
    passes_on = follower.kind in {ActorKind.COMMUNITY, ActorKind.FEED}
    if passes_on and community.visibility is not Visibility.PUBLIC:
        await _verdict(tx, context, community, follower, follow_uri, accepted=False)
        return FollowState.REFUSED
    state = await sharing.may_knock(tx, follower.host)
    follow = await follows.ask(tx, follower.id, community.id, follow_uri, now=context.now())
    if follow.state is FollowState.BANNED:
        await _verdict(tx, context, community, follower, follow_uri, accepted=False)
        return FollowState.BANNED
    public = community.visibility is Visibility.PUBLIC
    if not sharing.may_send(context, state, public=public):
        return FollowState.ASKED
    return await _answer(tx, context, community, follower, follow_uri)


async def settle_waiting(tx: Transaction, context: Context, asked: follows.Asked) -> None:
    """Go on with a Follow of theirs that waited for its agency to be admitted."""
    community = await communities.find(tx, asked.target.id)
    if community is not None and community.actor.local:
        await _answer(tx, context, community, asked.follower, asked.follow.uri)


async def _answer(
    tx: Transaction, context: Context, community: Community, follower: Actor, follow_uri: str
) -> FollowState:
    if community.join is JoinRule.OPEN or await carrying.is_proven_member(
        tx, community, follower
    ):
        await _let_in(tx, context, community, follower, follow_uri)
        return FollowState.ACCEPTED
    for steward in await communities.stewards(tx, community.id):
        await notifications.add(
            tx,
            member_id=steward.id,
            kind="asks-to-join",
            actor_id=follower.id,
            subject=follow_uri,
            post_id=None,
            now=context.now(),
        )
    return FollowState.ASKED


async def _let_in(
    tx: Transaction, context: Context, community: Community, follower: Actor, follow_uri: str
) -> None:
    await follows.settle(tx, follower.id, community.id, FollowState.ACCEPTED, now=context.now())
    await _verdict(tx, context, community, follower, follow_uri, accepted=True)
    await notifications.add(
        tx,
        member_id=follower.id,
        kind="let-in",
        actor_id=community.id,
        subject=follow_uri,
        post_id=None,
        now=context.now(),
    )
    await carrying.hand_over(tx, context, community, follower)


async def decide_request(
    context: Context, member: SignedIn, community_id: int, follower_id: int, *, let_in: bool
) -> None:
    """Let somebody in who asked, or refuse; they are told either way."""
    async with context.database.transaction("communities.decide") as tx:
        community = await governed(tx, member, community_id)
        follow = await follows.find(tx, follower_id, community.id)
        if follow is None or follow.state is not FollowState.ASKED:
            raise NotFound("request-not-found", "Nobody waits here by that name any more.")
        follower = await actors.get(tx, follower_id)
        if let_in:
            await _let_in(tx, context, community, follower, follow.uri)
        else:
            await follows.settle(
                tx, follower.id, community.id, FollowState.REFUSED, now=context.now()
            )
            await _verdict(tx, context, community, follower, follow.uri, accepted=False)
        await audit.append(
            tx,
            actor=member.member.actor.uri,
            act="let-in" if let_in else "refuse-to-join",
            about=follower.uri,
            reason=community.uri,
            now=context.now(),
        )


async def _verdict(
    tx: Transaction,
    context: Context,
    community: Community,
    follower: Actor,
    follow_uri: str,
    *,
    accepted: bool,
) -> None:
    if follower.local:
        return
    now = context.now()
    follow: dict[str, Any] = follow_activity(
        follow_uri, actor=follower.uri, target=community.uri, published=now
    )
    build = accept_activity if accepted else reject_activity
    document = build(
        fanout.mint_activity(context), actor=community.uri, follow=follow, published=now
    )
    await fanout.send_to(tx, context, community.actor, document, [follower], about=follower.uri)


async def governed(tx: Transaction, member: SignedIn, community_id: int) -> Community:
    """Get a community of ours for one of its stewards, or for a moderator."""
    community = await communities.find(tx, community_id)
    if community is None or not community.actor.local:
        raise NotFound("community-not-found", "There is no such community here.")
    if community.id not in member.stewards and not member.member.role.reaches(Role.MODERATOR):
        raise NotAllowed("not-a-steward", "Only its stewards can do that.")
    return community


def _topics(given: tuple[str, ...]) -> tuple[Topic, ...]:
    found = []
    for text in given:
        name = sanitize.plain(text, limit=60)
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]
        if slug:
            found.append(Topic(slug=slug, name=name))
    return tuple(found[:20])


def _check(draft: CommunityDraft, name: str) -> None:
    wrong = {}
    if sentence := names.what_is_wrong(name):
        wrong["name"] = sentence
    if not sanitize.plain(draft.display_name, limit=100):
        wrong["display_name"] = "Give it a name that says who meets here."
    if len(draft.charter) > LONGEST_CHARTER:
        wrong["charter"] = f"The charter may have {LONGEST_CHARTER} characters."
    if wrong:
        raise Invalid(wrong)
