"""Likes and kudos of whole threads: told to whoever belongs, and fetched by who comes late."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog

from federation.errors import FederationError, Unreachable
from federation.translate.incoming import IncomingMark, mark_from
from federation.translate.reading import read
from federation.uris import same_origin
from schemas.records import Actor, AgencyPrincipal, AgencyState, Community
from schemas.wire.activities import Activity
from schemas.wire.collections import parse_collection
from schemas.wire.vocabulary import ActivityType
from server.context import Context
from server.services import confirming, importing, kudos
from server.services.arrived import Ignored
from server.services.gathering import Budget, Gathered, Spent
from server.storage import marks, threads
from server.storage.database import Transaction

log = structlog.get_logger()

#: How many marks of a thread are told, and how many of one are looked at.
MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A mark of which its giver's server, or their proof, says that it was given."""

    giver: Actor
    mark: IncomingMark


def may_ask(asker: object, community_id: int) -> bool:
    """Say whether somebody may know who thanked whom: whoever is told of it as it happens."""
    return (
        isinstance(asker, AgencyPrincipal)
        and asker.state is AgencyState.ADMITTED
        and community_id in asker.joined
    )


async def on_thread(tx: Transaction, root_id: int) -> list[str | dict[str, Any]]:
    """List the live Likes in a thread of ours as they were sent, or by their ids."""
    found = await marks.documents_on_thread(tx, root_id, limit=MOST)
    return [_like_in(document) or uri for uri, document in found]


def _like_in(document: bytes | None) -> dict[str, Any] | None:
    """Take the Like out of what passed it on."""
    told = orjson.loads(document) if document is not None else None
    while isinstance(told, dict) and told.get("type") == ActivityType.ANNOUNCE:
        told = told.get("object")
    return told if isinstance(told, dict) else None


async def gather(
    context: Context, community: Community, gathered: Gathered, allowed: Budget
) -> list[Given]:
    """Fetch what was given to the posts of a thread, as far as we lack it.

    Each is believed as if the community had passed it on (wire.md 0.9): by its giver's proof,
    or by word of the server that they are at. What cannot be had now spoils no thread: it is
    looked for again whenever the thread is.
    """
    if gathered.likes is None:
        return []
    found: list[IncomingMark] = []
    try:
        for entry in await _entries(context, gathered.likes, allowed):
            mark = await _confirmed(context, community, entry, allowed)
            if mark is not None:
                found.append(mark)
    except Spent:
        gathered.whole = False
    givers, _ = await importing.people(context, {mark.actor_uri for mark in found})
    return [
        Given(giver=givers[mark.actor_uri], mark=mark)
        for mark in found
        if mark.actor_uri in givers
    ]


async def take_over(tx: Transaction, community: Community, given: Sequence[Given]) -> None:
    """Keep what was given, but for what one of ours gave: of that we know better."""
    facts = await threads.facts_by_uri(tx, sorted({each.mark.post_uri for each in given}))
    for each in given:
        post = facts.get(each.mark.post_uri)
        if post is None or post.community_id != community.id or each.giver.local:
            continue
        await kudos.take_over(tx, each.giver, post, each.mark)


async def _entries(context: Context, uri: str, allowed: Budget) -> list[str | dict[str, Any]]:
    allowed.spend()
    try:
        page = read(parse_collection, await confirming.fetch(context, uri))
    except FederationError as error:
        log.info("likes-not-gathered", reason=error.reason, likes=uri)
        return []
    entries = {_id_of(entry): entry for entry in page.entries[:MOST]}
    async with context.database.reading() as tx:
        known = await marks.known(tx, sorted(entries))
    return [entry for uri, entry in entries.items() if uri and uri not in known]


def _id_of(entry: str | dict[str, Any]) -> str:
    uri = entry.get("id") if isinstance(entry, dict) else entry
    return uri if isinstance(uri, str) else ""


async def _confirmed(
    context: Context, community: Community, entry: str | dict[str, Any], allowed: Budget
) -> IncomingMark | None:
    if context.home.is_ours(_id_of(entry)):
        return None
    try:
        activity = await _told(context, community, entry, allowed)
        is_theirs = same_origin(activity.id, activity.actor)
        if activity.verb is ActivityType.LIKE and is_theirs:
            return mark_from(activity, now=context.now())
        log.info("like-not-gathered", reason="not-a-like", like=activity.id)
    except (Ignored, FederationError) as error:
        log.info("like-not-gathered", reason=error.reason, like=_id_of(entry))
    return None


async def _told(
    context: Context, community: Community, entry: str | dict[str, Any], allowed: Budget
) -> Activity:
    """Give an activity that is proven, or told by its own server; of a bad proof ask that."""
    if isinstance(entry, dict) and "proof" in entry:
        try:
            return (await confirming.confirm(context, community, entry))[1]
        except Unreachable:
            raise
        except FederationError as error:
            log.info("proof-not-believed", like=_id_of(entry), reason=error.reason)
    allowed.spend()
    asked = _id_of(entry) if isinstance(entry, dict) and "proof" in entry else entry
    return (await confirming.confirm(context, community, asked))[1]
