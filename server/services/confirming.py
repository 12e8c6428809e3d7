"""A second look at the origin: nothing a community wraps is believed for being wrapped."""

import asyncio
from typing import Any, Final
from weakref import WeakKeyDictionary

from federation.errors import Gone
from federation.fetch import fetch_again as fetch_document_again
from federation.fetch import fetch_document
from federation.session import Session
from federation.translate.incoming import embedded_activity_from
from federation.uris import same_origin
from schemas.records import Community
from schemas.wire.activities import Activity
from schemas.wire.vocabulary import TOMBSTONE, ActivityType
from server.context import Context
from server.services import discovery, proving
from server.services.arrived import Ignored
from server.services.signing import sign_as_agency

# They belong to the outgoing session of the process and end with it.
_UNDER_WAY: Final[WeakKeyDictionary[Session, dict[str, asyncio.Task[dict[str, Any]]]]] = (
    WeakKeyDictionary()
)

#: So long what was fetched is at hand, in seconds, for whoever else is told of it.
_STORED_WITHIN: Final = 5.0

Confirmed = tuple[dict[str, Any], Activity]


async def fetch(context: Context, uri: str) -> dict[str, Any]:
    """Fetch a document from its own server, signed by our agency; never a blocked one.

    Nor one that a redirect led to (DOM-06).
    """
    await discovery.check_fetchable(context, uri)
    document = await fetch_document(context.session, uri, sign=sign_as_agency(context))
    await _check_arrival(context, document)
    return document


async def fetch_again(
    context: Context, uri: str, tag: str
) -> tuple[dict[str, Any] | None, str]:
    """Do as `fetch`, unless it is the document that had this ETag: None then."""
    await discovery.check_fetchable(context, uri)
    document, fresh = await fetch_document_again(
        context.session, uri, sign=sign_as_agency(context), tag=tag
    )
    if document is not None:
        await _check_arrival(context, document)
    return document, fresh


async def is_gone(context: Context, uri: str) -> bool:
    """Say whether there is nothing any more at an address, as its own server tells."""
    try:
        document = await fetch(context, uri)
    except Gone:
        return True
    return document.get("type") == TOMBSTONE


async def _check_arrival(context: Context, document: dict[str, Any]) -> None:
    """Judge where a document is from once more: a redirect may have led us there."""
    await discovery.check_fetchable(context, str(document["id"]))


async def confirm(
    context: Context, community: Community, inner: dict[str, Any] | str
) -> Confirmed:
    """Give what a community passed on, as its own server tells it (wire.md 0.9).

    An activity of the community's own server needs no second look: that server signed it. Nor
    does one that its actor has proven (FEP-8b32); a proof that is wrong is refused, and nobody
    is asked. Of a post the newest version is fetched; of any other activity the activity
    itself, by its id.
    """
    if isinstance(inner, str):
        return await _from_id(context, inner)
    activity = embedded_activity_from(inner)
    if activity.verb is ActivityType.ANNOUNCE:
        raise Ignored("announce-of-an-announce")
    if same_origin(activity.actor, community.uri):
        return inner, activity
    if await proving.is_proven(context, inner, activity.actor) and _is_whole(activity):
        return inner, activity
    match activity.verb:
        case ActivityType.CREATE | ActivityType.UPDATE:
            return await _with_object(context, inner, activity)
        case ActivityType.DELETE:
            return await _deleted(context, inner, activity)
        case _:
            return await _same_activity(context, activity)


def _is_whole(activity: Activity) -> bool:
    """Say whether an activity tells by itself what its actor may be believed about.

    A post in it must be the actor's own (LDS-09), and say which of two versions is the newer:
    or an old edit, passed on once more, would undo the last one.
    """
    if activity.verb not in {ActivityType.CREATE, ActivityType.UPDATE}:
        return True
    post = activity.embedded
    if post is None or post.get("attributedTo") != activity.actor:
        return False
    if not same_origin(str(post.get("id", "")), activity.actor):
        return False
    return activity.verb is ActivityType.CREATE or "updated" in post


async def _fetch_once(context: Context, uri: str) -> dict[str, Any]:
    """Fetch what nobody here knows, or wait for whoever is fetching it (DEL-16).

    Only for that: what is known may have been edited since an earlier request went out. What
    came is kept for as long as it takes to store it: until then it is known to nobody.
    """
    under_way = _UNDER_WAY.setdefault(context.session, {})
    task = under_way.get(uri)
    if task is None:
        task = under_way[uri] = asyncio.create_task(fetch(context, uri))

        def forget(done: asyncio.Task[dict[str, Any]]) -> None:
            failed = done.cancelled() or done.exception() is not None
            wait = 0.0 if failed else _STORED_WITHIN
            done.get_loop().call_later(wait, under_way.pop, uri, None)

        task.add_done_callback(forget)
    # Others may be waiting for the same when this one is given up.
    return await asyncio.shield(task)


async def _from_id(context: Context, uri: str) -> Confirmed:
    document = await _fetch_once(context, uri)
    if "actor" in document:
        return document, embedded_activity_from(document)
    wrapped = {
        "id": "",
        "type": "Create",
        "actor": document.get("attributedTo"),
        "object": document,
    }
    return wrapped, embedded_activity_from(wrapped)


async def _with_object(
    context: Context, inner: dict[str, Any], activity: Activity
) -> Confirmed:
    uri = activity.object_id
    if uri is None or not same_origin(uri, activity.actor):
        raise Ignored("object-of-another-origin")
    document = await fetch(context, uri)
    confirmed = inner | {"object": document}
    return confirmed, embedded_activity_from(confirmed)


async def _deleted(context: Context, inner: dict[str, Any], activity: Activity) -> Confirmed:
    """An author's Delete is true when the post is gone at its origin; others by their id."""
    uri = activity.object_id
    if uri is None or not same_origin(uri, activity.actor):
        return await _same_activity(context, activity)
    try:
        document = await fetch(context, uri)
    except Gone:
        return inner, activity
    if document.get("type") == "Tombstone":
        return inner, activity
    return await _same_activity(context, activity)


async def _same_activity(context: Context, activity: Activity) -> Confirmed:
    if not activity.id:
        raise Ignored("activity-without-id")
    document = await fetch(context, activity.id)
    confirmed = embedded_activity_from(document)
    same = (activity.verb, activity.actor, activity.object_id) == (
        confirmed.verb,
        confirmed.actor,
        confirmed.object_id,
    )
    if not same:
        raise Ignored("origin-tells-another-story")
    return document, confirmed
