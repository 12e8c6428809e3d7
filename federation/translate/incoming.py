"""Document to record: what another agency, or any other server, told us."""

from dataclasses import dataclass
from typing import Any

from federation.errors import Malformed
from federation.translate.incoming_actors import (
    IncomingActor,
    actor_from,
    refreshed_actor_from,
)
from federation.translate.incoming_governance import (
    IncomingBan,
    IncomingFlag,
    IncomingMove,
    IncomingRemoval,
    IncomingResolution,
    ban_from,
    flag_from,
    move_from,
    removal_from,
    resolution_from,
)
from federation.translate.incoming_marks import (
    IncomingMark,
    IncomingReaction,
    mark_from,
    reaction_from,
)
from federation.translate.incoming_polls import (
    IncomingVote,
    created_from,
    is_vote,
    piefed_vote_from,
    vote_from,
)
from federation.translate.incoming_posts import (
    IncomingPost,
    IncomingTombstone,
    authored_post,
    post_from,
    settled_kind,
    tombstone_from,
)
from federation.translate.incoming_quotes import (
    IncomingApproval,
    IncomingQuoteRequest,
    IncomingStamp,
    approval_from,
    quote_request_from,
    stamp_from,
)
from federation.translate.reading import read
from federation.uris import same_origin
from schemas.wire.activities import (
    Activity,
    Reference,
    parse_activity,
    parse_embedded_activity,
)
from schemas.wire.collections import parse_collection
from schemas.wire.reading import is_uri, lenient_type_name, link_or_none
from schemas.wire.vocabulary import ActivityType

__all__ = [
    "IncomingActor",
    "IncomingApproval",
    "IncomingBan",
    "IncomingFlag",
    "IncomingMark",
    "IncomingMove",
    "IncomingPost",
    "IncomingQuoteRequest",
    "IncomingReaction",
    "IncomingRemoval",
    "IncomingResolution",
    "IncomingStamp",
    "IncomingTombstone",
    "IncomingUndo",
    "IncomingVote",
    "activity_from",
    "actor_from",
    "announced_in",
    "approval_from",
    "authored_post",
    "ban_from",
    "created_from",
    "embedded_activity_from",
    "flag_from",
    "is_vote",
    "mark_from",
    "move_from",
    "piefed_vote_from",
    "post_from",
    "quote_request_from",
    "reaction_from",
    "refreshed_actor_from",
    "removal_from",
    "resolution_from",
    "settled_kind",
    "stamp_from",
    "tombstone_from",
    "undo_from",
    "vote_from",
]

_COLLECTIONS = frozenset({"OrderedCollection", "Collection"})


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
    """Give what a Group passes on: one activity, one id, a list, or a batch (FEP-1a11).

    An object without an activity around it (Lemmy and NodeBB for Mastodon, Discourse) comes
    as its id: it is fetched where it lives, like any id. An `Add` to a thread's context passes
    on the same way (FEP-400e); whose context that is, is for the caller to check.
    """
    inner = activity.embedded
    if inner is None or lenient_type_name(inner.get("type")) not in _COLLECTIONS:
        return _activities_or_ids(activity.objects)
    # A batch is nobody's object, so it need not have an id; ours gives the parser one.
    batch = read(parse_collection, {"id": activity.id} | inner)
    return _activities_or_ids(batch.entries)


def _activities_or_ids(found: tuple[Reference, ...]) -> tuple[Reference, ...]:
    named = (
        entry if isinstance(entry, str) or "actor" in entry else link_or_none(entry)
        for entry in found
    )
    return tuple(entry for entry in named if entry is not None)


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
    inner = read(parse_embedded_activity, activity.embedded)
    if not same_origin(inner.id or inner.actor, inner.actor):
        # An id that somebody else minted names nothing of this actor's: match on the rest.
        inner = inner.model_copy(update={"id": ""})
    inner = _on_own_origin(inner)
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


def _on_own_origin(activity: Activity) -> Activity:
    if not is_uri(activity.id):
        # Only an embedded activity gets here without an id; the actor must be somewhere still.
        if not same_origin(activity.actor, activity.actor):
            raise Malformed("actor-not-a-uri")
        return activity
    if not same_origin(activity.id, activity.actor):
        raise Malformed("actor-other-origin")
    return activity
