"""A community passes something on."""

from dataclasses import replace
from typing import Any

from federation.translate.incoming import announced_in
from schemas.records import Community
from server.context import Context
from server.services import confirming
from server.services.arrived import Arrived, Dispatch, Ignored
from server.storage import communities, follows
from server.storage import posts as stored


async def on_announce(context: Context, arrived: Arrived, dispatch: Dispatch) -> None:
    """Hand each thing inside to the dispatcher, once its own server has confirmed it (0.9).

    Only from a community that somebody here belongs to; never an Announce inside an Announce.
    """
    community = await _community(context, arrived)
    for inner in announced_in(arrived.activity):
        if isinstance(inner, dict) and context.home.is_ours(str(inner.get("actor", ""))):
            await _note_own(context, arrived, inner)
            continue
        document, activity = await confirming.confirm(context, community, inner)
        await dispatch(
            context, replace(arrived, activity=activity, document=document, via=community)
        )


async def _community(context: Context, arrived: Arrived) -> Community:
    if arrived.via is not None:
        raise Ignored("announce-of-an-announce")
    async with context.database.reading() as tx:
        community = await communities.find_by_uri(tx, arrived.activity.actor)
        if community is None or community.actor.local:
            raise Ignored("announce-of-no-community")
        if not await follows.has_local_follower(tx, community.id):
            raise Ignored("community-without-members-here")
    return community


async def _note_own(context: Context, arrived: Arrived, inner: dict[str, Any]) -> None:
    """What comes back to us is ours already; note that the community passed it on."""
    about = inner.get("object")
    uri = about.get("id") if isinstance(about, dict) else about

    async with arrived.effect() as tx:
        sealed = await stored.find_by_uri(tx, str(uri))
        if sealed is not None:
            await stored.mark_announced(tx, sealed.facts.id, now=context.now())
