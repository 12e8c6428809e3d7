"""Document to decision: reports, removals, bans, moves, and what becomes of reports."""

from dataclasses import dataclass
from datetime import datetime

from federation.errors import Malformed
from federation.translate.reading import read
from federation.translate.sanitize import plain
from schemas.wire.activities import Activity, parse_embedded_activity
from schemas.wire.reading import link_or_none
from schemas.wire.vocabulary import LIMITS, ActivityType


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingRemoval:
    """A Delete. With a reason it is a moderator's (Lemmy), without it the author's.

    `with_replies` and `removes_posts` widen it (Lemmy 1.0): to what replies to a post, to what
    an account wrote.
    """

    uri: str
    actor_uri: str
    object_uri: str
    by_moderator: bool
    reason: str
    with_replies: bool
    removes_posts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFlag:
    """A report: an actor, posts, or both; the reason is plain text."""

    uri: str
    actor_uri: str
    object_uris: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingResolution:
    """A moderator is done with a report (Lemmy 1.0); `flag_uri` is "" where it had no id."""

    uri: str
    actor_uri: str
    flag_uri: str
    object_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingBan:
    """Somebody is put out of a community, or of a whole server where `target` is its actor."""

    uri: str
    actor_uri: str
    person_uri: str
    target_uri: str
    reason: str
    until: datetime | None
    removes_posts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMove:
    """A thread goes to another community (PieFed, NodeBB), or an account to another place.

    An account moves itself: `object_uri` and `actor_uri` are then the same.
    """

    uri: str
    actor_uri: str
    object_uri: str
    origin_uri: str | None
    target_uri: str

    @property
    def is_of_account(self) -> bool:
        """Say whether somebody says that they themselves have moved."""
        return self.object_uri == self.actor_uri


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
        with_replies=activity.with_replies is True,
        removes_posts=activity.remove_data is True,
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


def resolution_from(activity: Activity) -> IncomingResolution:
    """Read what Lemmy sends when a report is dealt with (wire.md 1.2).

    Raises:
        Malformed: "resolve-of-nothing", "resolve-of-no-flag", or as `parse_embedded_activity`.
    """
    if activity.embedded is None:
        if activity.object_id is None:
            raise Malformed("resolve-of-nothing")
        about: tuple[str, ...] = ()
    else:
        inner = read(parse_embedded_activity, activity.embedded)
        if inner.verb is not ActivityType.FLAG:
            raise Malformed("resolve-of-no-flag")
        about = tuple(dict.fromkeys(inner.object_ids))
    return IncomingResolution(
        uri=activity.id,
        actor_uri=activity.actor,
        flag_uri=link_or_none(activity.object) or "",
        object_uris=about,
    )


def ban_from(activity: Activity) -> IncomingBan:
    """Read who is put out of what, and until when (FEP-1b12, wire.md 1.2).

    Raises:
        Malformed: "block-of-nobody", "block-from-nothing".
    """
    if activity.object_id is None:
        raise Malformed("block-of-nobody")
    if activity.target_id is None:
        # Mastodon's own Block is between two people and has no target.
        raise Malformed("block-from-nothing")
    return IncomingBan(
        uri=activity.id,
        actor_uri=activity.actor,
        person_uri=activity.object_id,
        target_uri=activity.target_id,
        reason=plain(activity.summary, limit=LIMITS["reason"].at),
        until=activity.end_time,
        removes_posts=activity.remove_data is True,
    )


def move_from(activity: Activity) -> IncomingMove:
    """Read what moves from where to where (wire.md 1.3, 1.6; ActivityStreams `Move`).

    Raises:
        Malformed: "move-of-nothing", "move-to-nowhere".
    """
    if activity.object_id is None:
        raise Malformed("move-of-nothing")
    if activity.target_id is None:
        raise Malformed("move-to-nowhere")
    return IncomingMove(
        uri=activity.id,
        actor_uri=activity.actor,
        object_uri=activity.object_id,
        origin_uri=activity.origin,
        target_uri=activity.target_id,
    )
