"""Threads fetched from elsewhere become threads here: many posts in one transaction."""

from collections.abc import Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

import structlog

from federation.errors import FederationError, Unreachable
from federation.translate.incoming_posts import IncomingPost, IncomingTombstone
from schemas.records import Actor, Community, Kind, PostFacts, Visibility
from server.context import Context
from server.services import (
    audiences,
    discovery,
    duplicates,
    gaps,
    polls,
    quotes,
    quoting,
    revising,
)
from server.services.gathering import Budget, Gathered, Spent
from server.services.newcomer import meant_for, newcomer
from server.services.storing import latest
from server.storage import actors, communities, threads
from server.storage import posts as stored
from server.storage.database import Transaction
from server.storage.posts import NewPost
from server.storage.threads import Known

log = structlog.get_logger()

#: Stamps of one thread that are fetched.
_MOST_STAMPS = 20


async def authors_of(
    context: Context, incoming: Iterable[IncomingPost], allowed: Budget
) -> tuple[dict[str, Actor], bool]:
    """Find who wrote these posts, or fetch them; False with it where one may come later.

    Nobody who is suspended or deleted here is among them, nor anybody of a blocked agency.
    """
    return await people(context, {post.author_uri for post in incoming}, allowed)


async def people(
    context: Context, uris: Iterable[str], allowed: Budget
) -> tuple[dict[str, Actor], bool]:
    """Do as `authors_of` for whoever is known by these uris."""
    uris = sorted(uris)
    async with context.database.reading() as tx:
        found = await actors.find_many(tx, uris)
    everyone_came = True
    for uri in uris:
        if uri in found:
            continue
        try:
            allowed.spend()
            found[uri] = await discovery.find_or_fetch_actor(context, uri)
        except Spent:
            everyone_came = False
            break
        except Unreachable:
            everyone_came = False
        except FederationError as error:
            log.info("author-not-imported", reason=error.reason)
    return {
        uri: actor
        for uri, actor in found.items()
        if actor.suspended_at is None and actor.deleted_at is None
    }, everyone_came


async def with_proven_quotes(
    context: Context, incoming: Mapping[str, IncomingPost]
) -> dict[str, IncomingPost]:
    """Look at the stamps of what is quoted in a thread; at most so many (DOS-06)."""
    stamped = [uri for uri, post in incoming.items() if post.quote and post.quote.stamp]
    looked_at = {
        uri: await quoting.proven(context, incoming[uri]) for uri in stamped[:_MOST_STAMPS]
    }
    return {**incoming, **looked_at}


async def import_thread(
    tx: Transaction,
    context: Context,
    community: Community,
    root_uri: str,
    gathered: Gathered,
    authors: Mapping[str, Actor],
) -> int:
    """Store what we lack of a thread, and take over what was edited since; how many are new.

    Nobody is notified: it happened long ago. A post whose author or whose parent is not to be
    had is left out, and so is what replies to it. One that is deleted keeps its place, where
    something replies to it.
    """
    incoming = gathered.posts
    place = await _Place.around(tx, context, community, root_uri, gathered, authors)
    new = place.in_order(frozenset())
    while taken := await threads.taken(tx, [post.id for post in new]):
        new = place.in_order(taken)
    added = await _add(tx, place, new, gathered.buried) if new else set()
    await _take_edits(tx, place, incoming)
    if added:
        moments = latest((post.root_id, post.published_at) for post in new)
        await communities.touch(tx, community.id, now=max(moments.values()))
        await threads.recount(tx, moments)
    await _take_answers(tx, incoming, authors)
    return len([post for post in new if post.id in added and post.uri not in place.left])


async def _add(
    tx: Transaction, place: "_Place", new: Sequence[NewPost], buried: AbstractSet[str]
) -> set[int]:
    uris = [post.uri for post in new if post.uri in place.given_back]
    await threads.make_way(tx, uris)
    added = await threads.add_many(tx, new)
    await threads.take_places(tx, uris)
    emptied = [post for post in new if post.id in added and post.uri in place.left]
    await threads.empty(
        tx, [gaps.emptied(place.left[post.uri], post, now=place.now) for post in emptied]
    )
    for post in emptied:
        if post.uri in buried:
            # Only its author's server can say so, and then a late Create comes too late.
            await stored.add_tombstone(tx, post.uri, actor_uri="", now=place.now)
    return added


@dataclass(slots=True, kw_only=True)
class _Place:
    """What is to be stored, and what is around it here already."""

    context: Context
    community: Community
    incoming: Mapping[str, IncomingPost]
    left: Mapping[str, IncomingTombstone]
    authors: Mapping[str, Actor]
    known: dict[str, Known]
    given_back: AbstractSet[str]
    gone: set[str]
    now: datetime

    @classmethod
    async def around(
        cls,
        tx: Transaction,
        context: Context,
        community: Community,
        root_uri: str,
        gathered: Gathered,
        authors: Mapping[str, Actor],
    ) -> "_Place":
        incoming = gathered.posts
        parents = {post.parent_uri for post in incoming.values() if post.parent_uri}
        uris = sorted({root_uri, *incoming, *gathered.gone, *parents})
        known = await threads.known(tx, uris)
        gone = await threads.tombstones(tx, uris)
        given_back = {
            uri
            for uri, each in known.items()
            if each.is_gap and uri not in gone and _may_come(incoming.get(uri), authors)
        }
        for uri in given_back:
            del known[uri]
        return cls(
            context=context,
            community=community,
            incoming=incoming,
            left=gaps.needed(gathered.gone, incoming, known, root_uri),
            authors=authors,
            known=known,
            given_back=given_back,
            gone=gone,
            now=context.now(),
        )

    def in_order(self, taken: AbstractSet[int]) -> list[NewPost]:
        """Make the new posts, each behind its parent, with ids that nobody has."""
        made: dict[str, NewPost] = {}
        ids = set(taken)
        every: list[IncomingPost | IncomingTombstone] = [*self.incoming.values()]
        every += self.left.values()
        waiting = sorted(every, key=lambda post: (post.published_at or self.now, post.uri))
        while waiting:
            ready = [post for post in waiting if self._has_parent(post, made)]
            if not ready:
                break
            waiting = [post for post in waiting if not self._has_parent(post, made)]
            for post in ready:
                new = self._new(post, made, ids)
                if new is not None:
                    made[post.uri] = new
                    ids.add(new.id)
        return list(made.values())

    def _has_parent(
        self, post: IncomingPost | IncomingTombstone, made: Mapping[str, NewPost]
    ) -> bool:
        return (
            post.parent_uri is None
            or post.parent_uri in made
            or (
                post.parent_uri in self.known
                and self.known[post.parent_uri].community_id == self.community.id
            )
        )

    def _new(
        self,
        post: IncomingPost | IncomingTombstone,
        made: Mapping[str, NewPost],
        taken: Container[int],
    ) -> NewPost | None:
        if isinstance(post, IncomingTombstone):
            return self._gap(post, made, taken)
        author = self.authors.get(post.author_uri)
        if author is None or author.local or post.uri in self.known or post.uri in self.gone:
            return None
        parent = None
        if post.parent_uri is not None:
            parent = made.get(post.parent_uri) or self.known[post.parent_uri]
        elif self.community.uri not in meant_for(post):
            return None
        while True:
            # Two of one millisecond may draw the same number.
            new = newcomer(
                self.context,
                post,
                author=author,
                community=self.community,
                parent=parent,
                # Its community lists it, so it was passed on.
                announced_at=self.now,
            )
            if new.id not in taken:
                return new

    def _gap(
        self, left: IncomingTombstone, made: Mapping[str, NewPost], taken: Container[int]
    ) -> NewPost:
        parent = None
        if left.parent_uri is not None:
            parent = made.get(left.parent_uri) or self.known[left.parent_uri]
        contexts = (post.context for post in self.incoming.values() if post.context)
        thread = next(contexts, None)
        while True:
            new = gaps.placeholder(
                self.context,
                left,
                community=self.community,
                parent=parent,
                thread=thread,
            )
            if new.id not in taken:
                return new


def _may_come(post: IncomingPost | None, authors: Mapping[str, Actor]) -> bool:
    author = authors.get(post.author_uri) if post is not None else None
    return author is not None and not author.local


async def _take_edits(
    tx: Transaction, place: _Place, incoming: Mapping[str, IncomingPost]
) -> None:
    for uri, known in place.known.items():
        post = incoming.get(uri)
        if post is None:
            continue
        is_newer = post.edited_at is not None and (
            known.edited_at is None or known.edited_at < post.edited_at
        )
        if not is_newer and post.poll is None:
            continue
        sealed = await stored.find(tx, known.id)
        if sealed is None or sealed.facts.author_uri != post.author_uri:
            continue
        if post.poll is not None:
            await polls.take_over(tx, sealed.facts, post, told_at=place.now)
        if is_newer:
            await _take_edit(tx, place, sealed.facts, post)


async def _take_edit(
    tx: Transaction, place: _Place, facts: PostFacts, post: IncomingPost
) -> None:
    await revising.take_over(tx, facts, post, now=place.now)
    await quotes.take_over(tx, facts, post)
    await duplicates.take_over(tx, facts, post)
    if post.visibility is Visibility.MEMBERS:
        # To more people only by `audiences.confirmed`: an old version may be proven, too.
        await audiences.take_over(tx, facts, post, place.community)


async def _take_answers(
    tx: Transaction,
    incoming: Mapping[str, IncomingPost],
    authors: Mapping[str, Actor],
) -> None:
    """Accept what a question's own author says was accepted (wire.md 0.6, 2.3 rule 6)."""
    questions = [post for post in incoming.values() if post.accepted]
    uris = {uri for question in questions for uri in (question.uri, *question.accepted)}
    here = await threads.known(tx, sorted(uris)) if uris else {}
    for question in questions:
        root, chooser = here.get(question.uri), authors.get(question.author_uri)
        if root is None or chooser is None or root.kind is not Kind.QUESTION:
            continue
        for number, uri in enumerate(question.accepted):
            answer = here.get(uri)
            if answer is not None and answer.root_id == root.id != answer.id:
                await stored.accept(
                    tx,
                    root.id,
                    answer.id,
                    chosen_by=chooser.id,
                    uri=f"{question.uri}#accepted-{number}",
                    now=question.edited_at or question.published_at,
                )
