"""A community passes something on, a Feed changes its list, or a person boosts."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import structlog

from federation.errors import FederationError, Unreachable
from federation.translate.incoming import announced_in
from federation.uris import same_origin
from schemas.records import Community, FollowState
from schemas.wire.reading import lenient_type_name
from schemas.wire.vocabulary import ActivityType
from server.context import Context
from server.services import boosting, confirming, discovery, feed_changes
from server.services.arrived import Arrived, Dispatch, Ignored
from server.storage import communities, follows
from server.storage import posts as stored

log = structlog.get_logger()

#: What counts only when one who is a steward now did it (ACT-21); authors do some of it too.
_OF_STEWARDS: Final = frozenset(
    {
        ActivityType.ADD,
        ActivityType.BLOCK,
        ActivityType.CHOOSE_ANSWER,
        ActivityType.DELETE,
        ActivityType.LOCK,
        ActivityType.REMOVE,
        ActivityType.RESOLVE,
        ActivityType.UNDO,
    }
)


_LONGEST_TURN: Final = 60  # seconds


async def on_announce(context: Context, arrived: Arrived, dispatch: Dispatch) -> None:
    """Hand each thing inside to the dispatcher, once its own server has confirmed it (0.9).

    Only from a community that somebody here belongs to, but for what it takes away, or gives
    back, of what came while somebody did (DEL-24); never an Announce inside an Announce.
    """
    if await boosting.is_boost(context, arrived):
        await boosting.receive(context, arrived)
        return
    if (feed := await feed_changes.feed_of(context, arrived)) is not None:
        await feed_changes.take(context, arrived, feed)
        return
    community, belongs = await _community(context, arrived)
    inside = announced_in(arrived.activity)
    if len(inside) == 1:
        await _one(context, arrived, dispatch, community, inside[0], belongs=belongs)
        return
    # A batch (FEP-1a11) is settled as a whole, once each of its parts had its effect or none.
    part = replace(arrived, effect=lambda: context.database.transaction("inbox.part"))
    away: Unreachable | None = None
    for inner in inside:
        try:
            await _one(context, part, dispatch, community, inner, belongs=belongs)
        except Unreachable as error:
            away = error
        except (Ignored, FederationError) as refusal:
            log.info("inbox-part-ignored", activity=arrived.activity.id, reason=refusal.reason)
            context.metrics.refusals.labels(refusal.reason).inc()
    if away is not None:
        raise away

    async with arrived.effect():
        pass


async def _one(
    context: Context,
    arrived: Arrived,
    dispatch: Dispatch,
    community: Community,
    inner: dict[str, Any] | str,
    *,
    belongs: bool,
) -> None:
    if not belongs and not await _takes_away(context, community, inner):
        raise Ignored("community-without-members-here")
    if isinstance(inner, dict) and context.home.is_ours(str(inner.get("actor", ""))):
        await _note_passed_on(context, arrived, community, _about(inner))
        return
    if isinstance(inner, str) and await _is_known(context, inner):
        await _note_passed_on(context, arrived, community, inner)
        return
    if isinstance(inner, str) and not same_origin(inner, community.uri):
        _wait_for_our_turn(context, arrived)
    document, activity = await confirming.confirm(context, community, inner)
    if activity.verb in _OF_STEWARDS and activity.actor != community.uri:
        await discovery.refresh_stewards(context, community.actor)
    await dispatch(
        context, replace(arrived, activity=activity, document=document, via=community)
    )


async def _community(context: Context, arrived: Arrived) -> tuple[Community, bool]:
    """Find who passes it on, and say whether somebody here belongs there."""
    if arrived.via is not None:
        raise Ignored("announce-of-an-announce")
    async with context.database.reading() as tx:
        community = await communities.find_by_uri(tx, arrived.activity.actor)
        if community is None or community.actor.local:
            raise Ignored("announce-of-no-community")
        belongs = await follows.has_local_follower(tx, community.id)
    return community, belongs


async def _takes_away(
    context: Context, community: Community, inner: dict[str, Any] | str
) -> bool:
    """Say whether it takes away what we have, or puts out one of ours; or takes that back."""
    if not isinstance(inner, dict):
        return False
    deletion = inner
    if inner.get("type") == ActivityType.UNDO and isinstance(inner.get("object"), dict):
        deletion = inner["object"]
    if deletion.get("type") == ActivityType.DELETE:
        return await _is_about_our_copy(context, community, _about(deletion))
    if lenient_type_name(inner.get("type")) in {ActivityType.BLOCK, ActivityType.UNDO}:
        return await _is_about_ours(context, inner)
    return False


async def _is_about_our_copy(context: Context, community: Community, uri: str) -> bool:
    async with context.database.reading() as tx:
        sealed = await stored.find_by_uri(tx, uri)
    return sealed is not None and sealed.facts.community_id == community.id


async def _is_about_ours(context: Context, inner: dict[str, Any]) -> bool:
    block = inner.get("object") if inner["type"] == ActivityType.UNDO else inner
    if isinstance(block, dict):
        return block.get("type") == ActivityType.BLOCK and context.home.is_ours(_about(block))
    async with context.database.reading() as tx:
        edge = await follows.find_by_uri(tx, str(block))
    return edge is not None and edge.state is FollowState.BANNED


async def _is_known(context: Context, uri: str) -> bool:
    """Say whether an id alone is a post that we have: then nobody is asked for it again."""
    async with context.database.reading() as tx:
        return await stored.find_by_uri(tx, uri) is not None


def _wait_for_our_turn(context: Context, arrived: Arrived) -> None:
    """Let some of a minute go by before a stranger's server is asked for what is passed on.

    Everybody whom the community tells hears of it at once, and would ask at once (DEL-16). The
    seconds are drawn from our name and the activity's: others draw others, and another try
    draws the same.

    Raises:
        Unreachable: "not-our-turn", until it is.
    """
    drawn = sha256(f"{context.home.origin} {arrived.activity.id}".encode()).digest()
    seconds = 1 + int.from_bytes(drawn[:4], "big") % _LONGEST_TURN
    left = arrived.received_at + timedelta(seconds=seconds) - context.now()
    if left > timedelta():
        raise Unreachable("not-our-turn", retry_after=left.total_seconds())


async def _note_passed_on(
    context: Context, arrived: Arrived, community: Community, uri: str
) -> None:
    """What we wrote, or have, is here already; note that the community passed it on."""
    async with arrived.effect() as tx:
        sealed = await stored.find_by_uri(tx, uri)
        if sealed is not None and sealed.facts.community_id == community.id:
            await stored.mark_announced(tx, sealed.facts.id, now=context.now())


def _about(inner: dict[str, Any]) -> str:
    about = inner.get("object")
    return str(about.get("id") if isinstance(about, dict) else about)
