"""Where an activity from elsewhere stands: its actor, its post, its community."""

from federation.errors import Unreachable
from schemas.records import Actor, Community, PostFacts
from server.context import Context
from server.services import discovery
from server.services.arrived import Arrived, Ignored
from server.storage import communities, follows, posts
from server.storage.database import Transaction


async def actor_of(context: Context, arrived: Arrived) -> Actor:
    """Find who acts; fetched outside any transaction where we do not know them yet."""
    return await discovery.find_or_fetch_actor(context, arrived.activity.actor)


async def post_of(tx: Transaction, arrived: Arrived, uri: str | None) -> PostFacts:
    """Find the post that an activity is about, in the community that passed it on.

    An unknown one may come yet: the activity is tried again (DEL-05).
    """
    sealed = await posts.find_by_uri(tx, uri) if uri else None
    if sealed is None:
        if uri and await posts.is_tombstone(tx, uri):
            raise Ignored("post-deleted")
        raise Unreachable("post-unknown")
    facts = sealed.facts
    if arrived.via is not None and facts.community_id != arrived.via.id:
        raise Ignored("post-of-another-community")
    return facts


async def community_of(tx: Transaction, arrived: Arrived, facts: PostFacts) -> Community:
    """Find the post's community; what comes past the community that hosts it has no effect."""
    community = await communities.get(tx, facts.community_id)
    if not community.actor.local and arrived.via is None:
        raise Ignored("not-through-its-community")
    return community


async def community_of_own(tx: Transaction, arrived: Arrived, facts: PostFacts) -> Community:
    """Find the community of a post that is changed; authors may tell us of their own past it.

    Their server signed for them, and sends it to whoever has a copy (wire.md 0.8).
    """
    if arrived.activity.actor == facts.author_uri:
        return await communities.get(tx, facts.community_id)
    return await community_of(tx, arrived, facts)


async def insist_on_member(tx: Transaction, actor: Actor, community: Community) -> None:
    """Hold those elsewhere to our own rule: only who belongs may take part (ACT-11, ACT-12).

    For communities hosted elsewhere, that is their host's to judge.
    """
    belongs = await follows.is_member(tx, community.id, actor.id)
    check_member(actor, community, belongs=belongs)


def check_member(actor: Actor, community: Community, *, belongs: bool) -> None:
    if actor.suspended_at is not None or actor.deleted_at is not None:
        raise Ignored("actor-suspended")
    if community.actor.suspended_at is not None or community.actor.deleted_at is not None:
        raise Ignored("community-closed")
    if community.actor.local and not community.wall and not belongs:
        raise Ignored("not-a-member")


async def insist_on_open(tx: Transaction, facts: PostFacts) -> None:
    root = await posts.find(tx, facts.root_id)
    check_open(facts, root.facts if root else None)


def check_open(facts: PostFacts, root: PostFacts | None) -> None:
    if root is None or root.locked_at is not None:
        raise Ignored("thread-locked")
    if facts.deleted_at is not None:
        raise Ignored("post-deleted")
