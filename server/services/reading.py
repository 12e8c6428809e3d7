"""What of ours another agency may read, one by one: actors, posts, activities, threads."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

import orjson

from federation.session import Session
from federation.translate.outgoing import (
    agency_document,
    community_document,
    feed_document,
    moderation_document,
    person_document,
    post_document,
    timestamp,
)
from federation.translate.outgoing_parts import reaction_document
from federation.translate.outgoing_quotes import stamp_document
from federation.uris import Home
from schemas.gate import Released
from schemas.records import (
    Actor,
    ActorKind,
    AgencyPrincipal,
    AgencyState,
    Anonymous,
    Community,
    Post,
    Surface,
    Visibility,
)
from schemas.wire.collections import count_only, ordered_collection
from schemas.wire.vocabulary import CONTEXT, TOMBSTONE, ActivityType
from server.context import Context
from server.services import entitlement, proving, sharing
from server.services.errors import NotFound
from server.services.lookups import Lookups
from server.storage import activities, feeds, quotes, reactions, recognitions, served
from server.storage.activities import Sent
from server.storage.database import Transaction
from server.storage.served import Kept, Known

Asker = Anonymous | AgencyPrincipal

#: What others would look for at the wrong place when we serve a copy of somebody else's post.
_AT_HOME_ONLY: Final = frozenset({"replies", "likes", "shares", "emojiReactions"})
# One for each outgoing client, of which an instance has one; nothing is kept in it.
_LOOKUPS: Final[WeakKeyDictionary[Session, Lookups[Known]]] = WeakKeyDictionary()


def nothing() -> NotFound:
    """Refuse in the same words whether there is no such thing or they may not know (VIS-05)."""
    return NotFound("not-found", "There is nothing here for you to read.")


async def known_actor(context: Context, name: str, kind: ActorKind) -> Known:
    """Read one of our actors; a deleted one comes too, as a tombstone is told of it.

    Raises:
        NotFound: there is none of this kind, or it is suspended.
    """
    known = await find_known(context, name)
    if known is None or known.actor.kind is not kind or _is_hidden(known.actor):
        raise nothing()
    return known


async def find_known(context: Context, name: str) -> Known | None:
    """Find one of our actors by name; those asked for at one moment are read together."""
    if not name.isprintable():
        return None  # PostgreSQL could not be asked, and others ask in the same statement
    lookups = _LOOKUPS.get(context.session)
    if lookups is None:
        lookups = _LOOKUPS[context.session] = Lookups(partial(_read_known, context))
    return await lookups.find(name)


async def _read_known(context: Context, names: Collection[str]) -> Mapping[str, Known]:
    async with context.database.reading() as tx:
        return await served.known(tx, names, now=context.now())


def _is_hidden(actor: Actor) -> bool:
    return actor.suspended_at is not None and actor.deleted_at is None


def actor_document(context: Context, known: Known, asker: Asker) -> dict[str, Any]:
    """Build the document of one of our actors.

    Of a members-only community, whoever is not admitted gets what it takes to check a
    signature or to ask to join; not its charter, topics or description (VIS-07).
    """
    if known.is_private and known.community is not None and not is_admitted(asker):
        return document_of_actor(context.home, replace(known, community=_bare(known.community)))
    return document_of_actor(context.home, known)


def document_of_actor(home: Home, known: Known) -> dict[str, Any]:
    """Build the whole document of one of our actors; not for everybody if it is private."""
    if known.community is not None:
        return community_document(
            known.community,
            known.keys,
            stewards_uri=home.collection(known.actor.uri, "moderators"),
            agency_uri=home.agency,
            details=known.details,
        )
    if known.actor.kind is ActorKind.AGENCY:
        return agency_document(known.actor, known.keys)
    if known.actor.kind is ActorKind.MODERATION:
        return moderation_document(known.actor, known.keys, agency_uri=home.agency)
    if known.feed_changed_at is not None:
        return feed_document(
            known.actor,
            known.keys,
            changed_at=known.feed_changed_at,
            agency_uri=home.agency,
        )
    return person_document(known.actor, known.keys, known.details)


def _bare(community: Community) -> Community:
    actor = replace(
        community.actor,
        display_name=community.actor.name,
        summary="",
        summary_source="",
        avatar=None,
        header=None,
    )
    return replace(community, actor=actor, charter="", charter_source="", topics=())


def is_admitted(asker: Asker) -> bool:
    return isinstance(asker, AgencyPrincipal) and asker.state is AgencyState.ADMITTED


async def post(context: Context, asker: Asker, post_id: int) -> dict[str, Any]:
    """Read one of our own posts; of a deleted one, its tombstone.

    Raises:
        NotFound: there is none, it is somebody else's, or it is not for them.
        Unreachable: its community's host could not say whether it is for them.
    """
    kept = await _find(context, post_id)
    released = await _let_out(context, kept, asker, Surface.OBJECT)
    facts = released.content.facts
    [document] = await proving.prove_posts(context, [(facts, document_of(released, kept))])
    return document


async def replies(context: Context, asker: Asker, post_id: int) -> dict[str, Any]:
    """Read the direct replies to a post of ours, embedded, in reading order (wire.md 4.1)."""
    kept = await _find(context, post_id)
    reader = await _reader(context, kept, asker)
    released = _released(context, kept, reader, Surface.COLLECTION)
    facts = released.content.facts
    async with context.database.reading() as tx:
        scope = sharing.scope(context, reader, Surface.COLLECTION)
        found = await feeds.replies(tx, scope, facts.id)

    notes = [
        (sealed.facts, _note(note, kept))
        for sealed in found
        if sealed.facts.deleted_at is None
        and (note := sharing.release(context, sealed, reader, Surface.COLLECTION))
    ]
    embedded = await proving.prove_embedded(context, notes)
    return ordered_collection(f"{facts.uri}/replies", list(embedded))


def _note(released: Released[Post], parent: Kept) -> dict[str, Any]:
    document = post_document(
        released,
        community=parent.community,
        parent_author=parent.author,
        likes=released.content.helpful,
    )
    return document if released.content.facts.author_local else elsewhere(document)


async def likes(context: Context, asker: Asker, post_id: int) -> dict[str, Any]:
    """Say how many marks a post of ours has; never whose."""
    kept = await _find(context, post_id)
    released = await _let_out(context, kept, asker, Surface.COLLECTION)
    return count_only(f"{released.content.facts.uri}/likes", released.content.helpful)


async def emoji_reactions(context: Context, asker: Asker, post_id: int) -> dict[str, Any]:
    """List the emoji under a post of ours, with who gave each (FEP-c0e0)."""
    kept = await _find(context, post_id)
    released = await _let_out(context, kept, asker, Surface.COLLECTION)
    facts = released.content.facts
    async with context.database.reading() as tx:
        given = [] if facts.deleted_at else await reactions.on_post(tx, facts.id)
    listed = [
        reaction_document(each.uri, each.actor_uri, facts.uri, each.reaction) for each in given
    ]
    return ordered_collection(f"{facts.uri}/reactions", listed)


async def stamp(context: Context, asker: Asker, post_id: int, stamp_id: int) -> dict[str, Any]:
    """Read a permission to quote a post of ours, while it holds (FEP-044f).

    Raises:
        NotFound: there is none, it was taken back, or its post is not for them.
    """
    kept = await _find(context, post_id)
    released = await _let_out(context, kept, asker, Surface.OBJECT)
    async with context.database.reading() as tx:
        found = await quotes.find(tx, stamp_id)
    holds = found is not None and found.quoted_id == post_id and found.revoked_at is None
    if found is None or not holds or released.content.facts.deleted_at is not None:
        raise nothing()
    return stamp_document(
        found.uri, author=found.author_uri, quoting=found.quoting_uri, quoted=found.quoted_uri
    )


async def shares(context: Context, asker: Asker, post_id: int) -> dict[str, Any]:
    """Say how many boosts of a post of ours we know."""
    kept = await _find(context, post_id)
    released = await _let_out(context, kept, asker, Surface.COLLECTION)
    return count_only(f"{released.content.facts.uri}/shares", kept.boosts)


def is_serving(actor: Actor) -> bool:
    """Say whether an actor is ours, and neither suspended nor deleted."""
    return actor.local and actor.suspended_at is None and actor.deleted_at is None


async def activity(context: Context, asker: Asker, activity_id: int) -> dict[str, Any]:
    """Read an activity of ours as it went out (conformance 18, VIS-06).

    It obeys the audience of its post; agencies that it was sent to may read it as well. What
    embeds a post that is deleted since is told as a tombstone.

    Raises:
        NotFound: there is none, or it is not for them.
        Unreachable: the community's host could not say whether it is for them.
    """
    async with context.database.reading() as tx:
        sent = await activities.find(tx, activity_id)
        if sent is None:
            raise nothing()
        await _insist_on_valid(tx, sent)
        kept = await served.find(tx, sent.post_id) if sent.post_id is not None else None
        was_sent = await _was_sent_to(tx, sent, asker)

    if not was_sent:
        reader = asker if kept is None else await _reader(context, kept, asker)
        if not _may_have(context, sent, kept, reader):
            raise nothing()
    return _as_sent(sent, kept)


async def _insist_on_valid(tx: Transaction, sent: Sent) -> None:
    """Show nobody the Create of a recognition that was withdrawn."""
    if sent.type != ActivityType.CREATE or sent.post_id is not None:
        return
    if await recognitions.is_withdrawn(tx, sent.object_uri):
        raise nothing()


async def _was_sent_to(tx: Transaction, sent: Sent, asker: Asker) -> bool:
    if not isinstance(asker, AgencyPrincipal) or asker.state is not AgencyState.ADMITTED:
        return False
    return await served.was_sent_to(tx, sent.id, asker.host)


def _may_have(context: Context, sent: Sent, kept: Kept | None, reader: Asker) -> bool:
    scope = sharing.scope(context, reader, Surface.OBJECT)
    may_read = kept and sharing.release(context, kept.post, reader, Surface.OBJECT) is not None
    if sent.visibility is Visibility.DIRECT:
        return bool(may_read)
    is_public = scope.public and sent.visibility is Visibility.PUBLIC
    if not is_public and sent.community_id not in scope.joined:
        return False
    return kept is None or bool(may_read)


def _as_sent(sent: Sent, kept: Kept | None) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(sent.document)
    deleted_at = kept.post.facts.deleted_at if kept else None
    if kept is None or deleted_at is None or not _embeds(document, kept.post.facts.uri):
        return document
    return {
        "@context": CONTEXT,
        "id": sent.uri,
        "type": TOMBSTONE,
        "formerType": sent.type,
        "deleted": timestamp(deleted_at),
    }


def _embeds(document: dict[str, Any], uri: str) -> bool:
    """Say whether a post's words are in an activity, at any depth."""
    inner = document.get("object")
    while isinstance(inner, dict):
        if inner.get("id") == uri:
            return True
        inner = inner.get("object")
    return False


async def _find(context: Context, post_id: int) -> Kept:
    async with context.database.reading() as tx:
        kept = await served.find(tx, post_id)
    if kept is None or not kept.author.local:
        # A copy of somebody else's post is read at its own origin.
        raise nothing()
    return kept


async def _reader(context: Context, kept: Kept, asker: Asker) -> Asker:
    return await entitlement.widened(context, asker, kept.post.facts, kept.community)


async def _let_out(
    context: Context, kept: Kept, asker: Asker, surface: Surface
) -> Released[Post]:
    reader = await _reader(context, kept, asker)
    return _released(context, kept, reader, surface)


def _released(context: Context, kept: Kept, reader: Asker, surface: Surface) -> Released[Post]:
    released = sharing.release(context, kept.post, reader, surface)
    if released is None:
        raise nothing()
    return released


def document_of(released: Released[Post], kept: Kept) -> dict[str, Any]:
    """Build the document of a post as it is now, with what is around it."""
    document = post_document(
        released,
        community=kept.community,
        parent_author=kept.parent_author,
        likes=released.content.helpful,
        shares=kept.boosts,
    )
    return document if kept.author.local else elsewhere(document)


def elsewhere(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out the collections that only the post's own server has."""
    return {key: value for key, value in document.items() if key not in _AT_HOME_ONLY}
