"""Document to record: what another agency, or any other server, told us."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.errors import Malformed
from federation.translate.incoming_actors import (
    IncomingActor,
    actor_from,
    refreshed_actor_from,
)
from federation.translate.incoming_posts import (
    IncomingPost,
    IncomingTombstone,
    authored_post,
    post_from,
    settled_kind,
    tombstone_from,
)
from federation.translate.reading import read, settled_time
from federation.translate.sanitize import plain
from federation.uris import same_origin
from schemas.records import KUDOS_EMOJI, Kudos
from schemas.wire.activities import (
    Activity,
    Reference,
    parse_activity,
    parse_embedded_activity,
)
from schemas.wire.collections import parse_collection
from schemas.wire.reading import is_uri, lenient_type_name
from schemas.wire.vocabulary import LIMITS, ActivityType

__all__ = [
    "IncomingActor",
    "IncomingFlag",
    "IncomingMark",
    "IncomingPost",
    "IncomingRemoval",
    "IncomingTombstone",
    "IncomingUndo",
    "activity_from",
    "actor_from",
    "announced_in",
    "authored_post",
    "embedded_activity_from",
    "flag_from",
    "mark_from",
    "post_from",
    "refreshed_actor_from",
    "removal_from",
    "settled_kind",
    "tombstone_from",
    "undo_from",
]

ACCEPTS = "✅"
_CATEGORIES = {emoji: category for category, emoji in KUDOS_EMOJI.items()}
_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+){0,7}")
_LONGEST_CATEGORY = 64
_LONGEST_EMOJI = 16
_COLLECTIONS = frozenset({"OrderedCollection", "Collection"})
#: For a category that we do not know, sent without an emoji.
_THANKS = "👏"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMark:
    """A Like, with what it carries: helpful, kudos, acceptance (product.md, one live Like)."""

    uri: str
    actor_uri: str
    post_uri: str
    helpful: bool
    kudos: Kudos | None
    accepts: bool
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingUndo:
    """What is taken back; match on actor, type and object where `uri` is not known.

    PieFed mints a new id for the activity inside its Undo. `activity` is None, and so are
    type and object, where only an id was sent.
    """

    actor_uri: str
    uri: str | None
    type: ActivityType | None
    object_uri: str | None
    target_uri: str | None
    activity: Activity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingRemoval:
    """A Delete. With a reason it is a moderator's (Lemmy), without it the author's."""

    uri: str
    actor_uri: str
    object_uri: str
    by_moderator: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFlag:
    """A report: an actor, posts, or both; the reason is plain text."""

    uri: str
    actor_uri: str
    object_uris: tuple[str, ...]
    reason: str


def activity_from(document: dict[str, Any]) -> Activity:
    """Read an activity that was delivered or fetched; its id is on its actor's origin.

    Raises:
        Malformed: "actor-other-origin", or a property and what is wrong with it, such as
            "actor-several" (ORI-08, ORI-09, LDS-03).
    """
    activity = read(parse_activity, document)
    return _on_own_origin(activity)


def embedded_activity_from(document: dict[str, Any]) -> Activity:
    """Read an activity inside another one. It is not believed for being there (ORI-13).

    Raises:
        Malformed: as `activity_from`; a missing id is no reason.
    """
    return _on_own_origin(read(parse_embedded_activity, document))


def announced_in(activity: Activity) -> tuple[Reference, ...]:
    """Give what a Group passes on: one activity, one id, a list, or a batch (FEP-1a11)."""
    inner = activity.embedded
    if inner is None or lenient_type_name(inner.get("type")) not in _COLLECTIONS:
        return activity.objects
    # A batch is nobody's object, so it need not have an id; ours gives the parser one.
    batch = read(parse_collection, {"id": activity.id} | inner)
    return batch.entries


def mark_from(activity: Activity, *, now: datetime) -> IncomingMark:
    """Read a Like: helpful, kudos, or the ✅ of an acceptance (wire.md 0.7, FEP-c0e0).

    Raises:
        Malformed: "like-of-nothing".
    """
    if activity.object_id is None:
        raise Malformed("like-of-nothing")
    accepts = activity.content.strip() == ACCEPTS
    kudos = _kudos(activity)
    return IncomingMark(
        uri=activity.id,
        actor_uri=activity.actor,
        post_uri=activity.object_id,
        helpful=activity.helpful is True or not (accepts or kudos),
        kudos=kudos,
        accepts=accepts,
        given_at=settled_time(activity.published, now),
    )


def undo_from(activity: Activity) -> IncomingUndo:
    """Read an Undo; nobody takes back what another did (ACT-04).

    Raises:
        Malformed: "undo-of-nothing", "undo-of-another", or as `embedded_activity_from`.
    """
    if isinstance(activity.object, str):
        return IncomingUndo(
            actor_uri=activity.actor,
            uri=activity.object,
            type=None,
            object_uri=None,
            target_uri=None,
            activity=None,
        )
    if activity.embedded is None:
        raise Malformed("undo-of-nothing")
    inner = embedded_activity_from(activity.embedded)
    if inner.actor != activity.actor:
        raise Malformed("undo-of-another")
    return IncomingUndo(
        actor_uri=activity.actor,
        uri=inner.id or None,
        type=inner.verb,
        object_uri=inner.object_id,
        target_uri=inner.target_id,
        activity=inner,
    )


def removal_from(activity: Activity) -> IncomingRemoval:
    """Read a Delete of an id, a Tombstone or a whole object (FEP-1b12, wire.md 1.2).

    Raises:
        Malformed: "delete-of-nothing".
    """
    if activity.object_id is None:
        raise Malformed("delete-of-nothing")
    return IncomingRemoval(
        uri=activity.id,
        actor_uri=activity.actor,
        object_uri=activity.object_id,
        by_moderator=bool(activity.summary),
        reason=plain(activity.summary, limit=LIMITS["reason"].at),
    )


def flag_from(activity: Activity) -> IncomingFlag:
    """Read a report in Lemmy's form or Mastodon's (wire.md 1.2, 6.1; ACT-14).

    Raises:
        Malformed: "flag-of-nothing".
    """
    if not activity.object_ids:
        raise Malformed("flag-of-nothing")
    written = activity.summary or activity.content
    return IncomingFlag(
        uri=activity.id,
        actor_uri=activity.actor,
        object_uris=tuple(dict.fromkeys(activity.object_ids)),
        reason=plain(written, limit=LIMITS["reason"].at),
    )


def _on_own_origin(activity: Activity) -> Activity:
    if not is_uri(activity.id):
        # Only an embedded activity gets here without an id; the actor must be somewhere still.
        if not same_origin(activity.actor, activity.actor):
            raise Malformed("actor-not-a-uri")
        return activity
    if not same_origin(activity.id, activity.actor):
        raise Malformed("actor-other-origin")
    return activity


def _kudos(activity: Activity) -> Kudos | None:
    emoji = activity.content.strip()
    if emoji == ACCEPTS or len(emoji) > _LONGEST_EMOJI or ":" in emoji:
        emoji = ""
    if activity.kudos_for is None:
        # A reaction from elsewhere that happens to be one of ours says the same.
        category = _CATEGORIES.get(emoji)
        return Kudos(category=category, emoji=emoji) if category else None
    category = activity.kudos_for.category
    if len(category) > _LONGEST_CATEGORY or not _CATEGORY.fullmatch(category):
        return None
    emoji = plain(emoji, limit=_LONGEST_EMOJI) or KUDOS_EMOJI.get(category, _THANKS)
    note = plain(activity.kudos_for.note, limit=LIMITS["note"].at)
    return Kudos(category=category, emoji=emoji, note=note)
