"""A community adds to its threads, or removes from them, by their context (FEP-171b, 400e)."""

from dataclasses import replace

from federation.translate.incoming import embedded_activity_from
from federation.uris import same_origin
from schemas.records import Community
from schemas.wire.activities import Activity
from schemas.wire.reading import link_or_none
from schemas.wire.vocabulary import ActivityType
from server.context import Context
from server.services.arrived import Arrived, Dispatch, Ignored
from server.storage import communities

_REMOVED = "Removed by the community"


async def owner(context: Context, arrived: Arrived) -> Community | None:
    """Find the community that changes something of its own which is none of its two lists.

    A thread may come before we know its context, so that it is the actor's is all we ask:
    whatever is inside is confirmed where it comes from, and must be meant for the community.
    """
    target = arrived.activity.target_id
    if arrived.via is not None or target is None:
        return None
    async with context.database.reading() as tx:
        community = await communities.find_by_uri(tx, arrived.activity.actor)
    if community is None or community.actor.local or not same_origin(target, community.uri):
        return None
    lists = {community.actor.featured, community.actor.moderators}
    return None if target in lists else community


async def add(context: Context, arrived: Arrived, dispatch: Dispatch) -> None:
    """Take what is added to a thread as an Announce of it (wire.md 1.7)."""
    announced = arrived.activity.model_copy(update={"type": ActivityType.ANNOUNCE})
    await dispatch(context, replace(arrived, activity=announced))


async def remove(
    context: Context, arrived: Arrived, community: Community, dispatch: Dispatch
) -> None:
    """Take what is removed from a thread as removed by the community itself."""
    uri = _what(arrived.activity)
    if uri is None:
        raise Ignored("remove-of-nothing")
    told = {
        "id": arrived.activity.id,
        "type": ActivityType.DELETE.value,
        "actor": community.uri,
        "object": uri,
        "summary": arrived.activity.summary or _REMOVED,
    }
    removal = replace(
        arrived, activity=embedded_activity_from(told), document=told, via=community
    )
    await dispatch(context, removal)


def _what(activity: Activity) -> str | None:
    """Give the post that is removed: itself, or what the activity in its place is about."""
    inner = activity.embedded
    return link_or_none(inner["object"]) if inner and "actor" in inner else activity.object_id
