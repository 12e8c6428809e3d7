"""What single programs do not take, so that it is not sent to them."""

from collections.abc import Mapping
from typing import Any, Final

from federation.audience import receiver_class
from federation.uris import same_origin
from schemas.wire.vocabulary import ActivityType, ObjectType

_WRITES: Final = frozenset({ActivityType.CREATE, ActivityType.UPDATE})
#: All that the plugin of Discourse has a handler for; anything else is an error there.
_DISCOURSE: Final = _WRITES | {
    ActivityType.ACCEPT,
    ActivityType.DELETE,
    ActivityType.FOLLOW,
    ActivityType.LIKE,
    ActivityType.REJECT,
    ActivityType.UNDO,
}
_POLL: Final = ObjectType.QUESTION.value
_NOTE: Final = ObjectType.NOTE.value


def takes(software: str | None, activity: Mapping[str, Any], *, inbox: str) -> bool:
    """Say whether a program makes anything of an activity (wire.md 0.1, 0.8, 1.2, 1.5, 5.3).

    What is not known to be refused is taken: too much is refused, too little is missing.

    Args:
        software: the receiver's name in NodeInfo, if it has told.
        activity: as it is sent, or as a Group would wrap it.
        inbox: where it would go.
    """
    inner = activity.get("object")
    if activity["type"] == ActivityType.UNDO and isinstance(inner, dict):
        return takes(software, inner, inbox=inbox)
    if activity["type"] == ActivityType.CHOOSE_ANSWER:
        return receiver_class(software) == "questions"
    match (software or "").lower():
        case "lemmy":
            return not _drops_it(activity)
        case "discourse":
            return _is_for_discourse(activity, inbox)
        case _:
            return True


def _drops_it(activity: Mapping[str, Any]) -> bool:
    """Say whether Lemmy has no place for it; a Note that starts a thread is an error there."""
    written = activity.get("object")
    if activity["type"] not in _WRITES or not isinstance(written, dict):
        return False
    is_thread = not written.get("inReplyTo")
    return written.get("type") == _POLL or (written.get("type") == _NOTE and is_thread)


def _is_for_discourse(activity: Mapping[str, Any], inbox: str) -> bool:
    if activity["type"] not in _DISCOURSE:
        return False
    about = activity.get("object")
    if activity["type"] == ActivityType.LIKE:
        # It counts likes of its own posts only, and takes ten requests in a minute.
        return same_origin(str(about), inbox)
    return not (isinstance(about, dict) and about.get("type") == _POLL)
