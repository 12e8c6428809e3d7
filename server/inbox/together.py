"""New posts for our communities, given their effect many at a time, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from federation.audience import Event
from federation.errors import FederationError
from federation.translate.incoming import activity_from
from federation.translate.incoming_posts import IncomingPost, authored_post
from federation.translate.incoming_recognition import is_recognition
from schemas.records import Actor, ActorKind, AgencyState, Community, PostFacts
from schemas.wire import strict
from schemas.wire.vocabulary import ActivityType, BadDocument
from server.context import Context
from server.services import fanout, standing, storing
from server.services.arrived import Ignored
from server.services.fanout import Happening, about_post
from server.services.newcomer import facts_of, meant_for, newcomer
from server.services.sharing import may_all_knock
from server.storage import actors, communities, follows, received, threads
from server.storage.database import Transaction
from server.storage.posts import NewPost
from server.storage.received import Event as Received


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A Create whose document can be read: what it says, and where it came from."""

    event: Received
    document: dict[str, Any]
    post: IncomingPost

    @property
    def uris(self) -> Iterable[str]:
        return (
            (self.post.uri, self.post.parent_uri) if self.post.parent_uri else (self.post.uri,)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A post that may be stored, and what it becomes here."""

    written: _Written
    new: NewPost
    facts: PostFacts
    community: Community


@dataclass(slots=True, kw_only=True)
class _Around:
    """What is known here of all that the posts name."""

    stands: dict[str, AgencyState | None]
    authors: dict[str, Actor]
    posts: dict[str, PostFacts]
    communities: dict[str, Community]
    members: set[tuple[int, int]] = field(default_factory=set)


async def give_effect(
    tx: Transaction, context: Context, events: Sequence[Received]
) -> set[int]:
    """Store and pass on the plain new posts among activities; give the ids of those done.

    They are locked, and in order per actor. What needs more than that (an author to fetch, a
    parent that has not come, any other verb, a refusal) is left as it was, and with it what
    its actor did afterwards: it gets its effect by itself, as `server.workers.inbox` gives it.
    """
    written = await _read(context, events)
    if not written:
        return set()
    around = await _look_around(tx, context, written)
    taken = _judge(context, written, around)
    if not taken:
        return set()

    added = await storing.store_all(tx, context, [each.new for each in taken])
    stored = [each for each in taken if each.new.id in added]
    await fanout.announce_all(
        tx, context, [(each.written.document, _happening(each)) for each in stored]
    )
    done = {each.written.event.id for each in stored}
    await received.settle_many(tx, sorted(done), now=context.now())
    return done


async def _read(context: Context, events: Sequence[Received]) -> list[_Written]:
    written: list[_Written] = []
    left: set[str] = set()
    for event in events:
        if event.actor_uri in left:
            continue
        found = _read_one(context, event)
        if found is None:
            left.add(event.actor_uri)
            continue
        written.append(found)
        await context.courtesy.give_way()
    return written


def _read_one(context: Context, event: Received) -> _Written | None:
    if event.type != ActivityType.CREATE:
        return None
    try:
        document = strict.loads(event.raw)
        activity = activity_from(document)
        if activity.verb is not ActivityType.CREATE or activity.embedded is None:
            return None
        if is_recognition(activity):
            return None
        post = authored_post(activity, activity.embedded, now=context.now())
        if post.quote is not None and post.quote.stamp is not None:
            return None  # its stamp is to be looked at, and nobody is asked here
    except (FederationError, BadDocument):
        return None
    elsewhere = post.community_uri is not None and not context.home.is_ours(post.community_uri)
    return None if elsewhere else _Written(event=event, document=document, post=post)


async def _look_around(
    tx: Transaction, context: Context, written: Sequence[_Written]
) -> _Around:
    authors = await actors.find_many(tx, sorted({each.post.author_uri for each in written}))
    posts = await threads.facts_by_uri(
        tx, sorted({uri for each in written for uri in each.uris})
    )
    roots = {facts.root_uri for facts in posts.values()} - posts.keys()
    posts |= await threads.facts_by_uri(tx, sorted(roots)) if roots else {}
    around = _Around(
        stands=await may_all_knock(tx, {each.event.host for each in written}),
        authors=authors,
        posts=posts,
        communities={},
    )
    named = {uri for each in written for uri in _candidates(context, each, posts)}
    for uri, actor in (await actors.find_many(tx, sorted(named))).items():
        if actor.local and actor.kind is ActorKind.COMMUNITY:
            around.communities[uri] = await communities.get(tx, actor.id)
    ours, theirs = around.communities.values(), authors.values()
    around.members = await follows.members_among(
        tx, [(community.id, author.id) for community in ours for author in theirs]
    )
    return around


def _candidates(context: Context, written: _Written, posts: dict[str, PostFacts]) -> list[str]:
    """Name the communities of ours that may be meant, best first (ACT-08)."""
    post = written.post
    if post.parent_uri is not None:
        parent = posts.get(post.parent_uri)
        return [parent.community_uri] if parent is not None else []
    return [uri for uri in meant_for(post) if context.home.is_ours(uri)]


def _judge(context: Context, written: Sequence[_Written], around: _Around) -> list[_Taken]:
    taken: list[_Taken] = []
    uris: set[str] = set()
    left: set[str] = set()
    for each in written:
        if each.event.actor_uri in left:
            continue
        found = None if each.post.uri in uris else _judge_one(context, each, around)
        if found is None:
            left.add(each.event.actor_uri)
            continue
        uris.add(each.post.uri)
        taken.append(found)
    return taken


def _judge_one(context: Context, written: _Written, around: _Around) -> _Taken | None:
    """Judge as `server.inbox.create` does; None for whatever is not plainly to be stored."""
    post = written.post
    author = around.authors.get(post.author_uri)
    parent = around.posts.get(post.parent_uri) if post.parent_uri else None
    community = next(
        (
            around.communities[uri]
            for uri in _candidates(context, written, around.posts)
            if uri in around.communities
        ),
        None,
    )
    if author is None or community is None or post.uri in around.posts:
        return None
    if around.stands[written.event.host] is AgencyState.BLOCKED:
        return None
    try:
        standing.check_member(
            author, community, belongs=(community.id, author.id) in around.members
        )
        if parent is not None:
            standing.check_open(parent, around.posts.get(parent.root_uri))
    except Ignored:
        return None
    new = newcomer(
        context,
        post,
        author=author,
        community=community,
        parent=parent,
        announced_at=context.now(),
    )
    facts = facts_of(new, author, community, parent)
    return _Taken(written=written, new=new, facts=facts, community=community)


def _happening(taken: _Taken) -> Happening:
    event = Event.POST if taken.new.parent_id is None else Event.REPLY
    return about_post(event, taken.community, taken.facts)
