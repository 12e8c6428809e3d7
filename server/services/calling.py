"""Whom and what members name in what they write: people found, links made, hashtags kept."""

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import quote

from federation.translate import linking, sanitize
from federation.translate.incoming_parts import hashtag_named
from schemas.attached import Called, Hashtag
from schemas.records import Actor, ActorKind, Community, Visibility
from server.context import Context
from server.services import discovery
from server.storage import follows
from server.storage.carried import Carried
from server.storage.database import Transaction

#: Whom one text can call; the rest of the handles in it stay words (DOS-06).
MOST_CALLED = 20
#: How many of those may have to be asked for at their own agencies.
_MOST_FETCHED = 5
_NOT_IN_HASHTAGS = re.compile(r"[\W_]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a member wrote, cleaned and linked, with whom and what it names."""

    clean: sanitize.Clean
    people: tuple[Actor, ...] = ()
    hashtags: tuple[Hashtag, ...] = ()


async def written(context: Context, clean: sanitize.Clean) -> Written:
    """Link the handles and hashtags in a text; handles of nobody stay as they were written."""
    names = await asyncio.to_thread(linking.names_in, clean.html)
    if not names.handles and not names.hashtags:
        return Written(clean=clean)
    people = await _people(context, names.handles)
    pages = {handle: actor.url or actor.uri for handle, actor in people.items()}
    tags = {each.slug: tag_page(context, each.slug) for each in names.hashtags}
    linked = await asyncio.to_thread(linking.linked, clean.html, people=pages, hashtags=tags)
    each_once = {actor.id: actor for actor in people.values()}
    return Written(clean=linked, people=tuple(each_once.values()), hashtags=names.hashtags)


def tag_page(context: Context, slug: str) -> str:
    return f"{context.home.origin}/tags/{quote(slug)}"


def hashtag_of(community: Community) -> Hashtag | None:
    """Name a community as a hashtag, for programs that know no communities (wire.md 6.5)."""
    return hashtag_named(_NOT_IN_HASHTAGS.sub("", community.actor.name))


async def _people(context: Context, handles: tuple[str, ...]) -> dict[str, Actor]:
    found: dict[str, Actor] = {}
    fetched = 0
    for handle in handles[:MOST_CALLED]:
        whole = handle if "@" in handle else f"{handle}@{context.home.authority}"
        actor = await discovery.look_up(context, f"@{whole}", may_fetch=False)
        if actor is None and fetched < _MOST_FETCHED:
            fetched += 1
            actor = await discovery.look_up(context, f"@{whole}", may_fetch=True)
        if isinstance(actor, Actor) and _can_be_called(actor):
            found[handle] = actor
    return found


def _can_be_called(actor: Actor) -> bool:
    is_there = actor.suspended_at is None and actor.deleted_at is None
    return actor.kind is ActorKind.PERSON and is_there


async def carried_by(
    tx: Transaction, said: Written, community: Community, visibility: Visibility, *, opens: bool
) -> tuple[Carried, tuple[Actor, ...]]:
    """Say what a post of ours carries, and whom it is addressed to: only who may read it.

    What opens a thread has the hashtag of its community, too.
    """
    people = said.people
    if visibility is Visibility.MEMBERS and people:
        belong = await follows.members_among(tx, [(community.id, each.id) for each in people])
        people = tuple(each for each in people if (community.id, each.id) in belong)
    place = hashtag_of(community) if opens else None
    hashtags = {each.slug: each for each in (*said.hashtags, *([place] if place else []))}
    carried = Carried(
        hashtags=tuple(hashtags.values()),
        mentions=tuple(Called(uri=each.uri, handle=each.handle) for each in people),
    )
    return carried, people
