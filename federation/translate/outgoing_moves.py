"""Record to document: a thread goes to another community, an account to another place."""

from datetime import datetime
from typing import Any

from federation.audience import Addressing
from federation.translate.outgoing_activities import activity_document, addressed_to
from schemas.wire.vocabulary import ActivityType


def move_activity(
    uri: str,
    *,
    actor: str,
    about: str,
    origin: str,
    target: str,
    addressed: Addressing,
    published: datetime,
) -> dict[str, Any]:
    """Build the move of a thread to another community, in PieFed's form (wire.md 1.3).

    Args:
        uri: the id of the activity.
        actor: the moderator.
        about: the thread's first post.
        origin: the community that it leaves.
        target: the community that it goes to.
        addressed: see `federation.audience`.
        published: when.
    """
    document = activity_document(uri, ActivityType.MOVE, actor, about, published)
    return document | {"origin": origin, "target": target} | addressed_to(addressed, origin)


def move_account_activity(
    uri: str, *, actor: str, target: str, followers: str, published: datetime
) -> dict[str, Any]:
    """Tell that an account moves itself to another (ActivityStreams `Move`, wire.md 6.1).

    Args:
        uri: the id of the activity.
        actor: the account that is left; it is the object as well.
        target: the account that it goes to, which must name the other in `alsoKnownAs`.
        followers: whom it tells.
        published: when.
    """
    document = activity_document(uri, ActivityType.MOVE, actor, actor, published)
    return document | {"target": target} | addressed_to(Addressing((followers,), (target,)))
