"""Where a post is: which agencies have it, which not yet and why, which are not sent it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.gate import Released
from schemas.records import (
    AgencyState,
    MemberPrincipal,
    Post,
    Role,
    Standing,
    Surface,
    Visibility,
    Why,
)
from server.context import Context
from server.services import sharing
from server.services.errors import NotAllowed, NotFound
from server.storage import whereabouts
from server.storage.database import Transaction
from server.storage.origins import DROPPED
from server.storage.whereabouts import Leg, Unsent

_NAMED: Final[dict[str, Why]] = {
    DROPPED: "dropped",
    "agency-blocked": "blocked",
    "not-found": "no-inbox",
    "gone": "no-inbox",
    "clock-refused": "failing",
    "status-401": "unwelcome",
    "status-403": "unwelcome",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """An agency and what it has of a post; `since` is when it got it.

    Where something is on its way, `again_at` is when it will be tried next.
    """

    host: str
    standing: Standing
    why: Why = ""
    since: datetime | None = None
    again_at: datetime | None = None
    attempts: int = 0
    status: int | None = None


async def of_post(
    tx: Transaction,
    context: Context,
    post_id: int,
    reader: MemberPrincipal,
    surface: Surface = Surface.PAGE,
) -> tuple[Released[Post], list[Stay]]:
    """Say for its author, and for moderators, where a post of theirs is.

    Raises:
        NotFound: "post-not-found"; there is none, or it is not for them to read;
            "post-sent-elsewhere".
        NotAllowed: "not-its-author".
    """
    released = await sharing.released(tx, context, post_id, reader, surface)
    facts = released.content.facts
    if facts.author_id != reader.actor_id and not reader.role.reaches(Role.MODERATOR):
        raise NotAllowed("not-its-author", "Only its author and our moderators see that.")
    if not (facts.author_local or facts.community_local):
        raise NotFound("post-sent-elsewhere", "Another agency sent that post; it knows where.")
    legs = await whereabouts.legs(tx, post_id)
    public = facts.visibility is Visibility.PUBLIC
    unsent: list[Unsent] = []
    if facts.community_local:
        unsent = await whereabouts.unsent(
            tx, facts.community_id, strangers=public and context.settings.open_federation
        )
    return released, stays(legs, unsent)


def stays(legs: Sequence[Leg], unsent: Sequence[Unsent]) -> list[Stay]:
    """Sum up deliveries per agency, what needs a look first.

    Args:
        legs: oldest first.
        unsent: agencies that get nothing; left out where they got it before.
    """
    by_host: dict[str, list[Leg]] = {}
    for leg in legs:
        by_host.setdefault(leg.host, []).append(leg)
    found = [_stay(host, told) for host, told in by_host.items()]
    found += [
        Stay(
            host=each.host,
            standing="unsent",
            why="blocked" if each.state is AgencyState.BLOCKED else "not-admitted",
        )
        for each in unsent
        if each.host not in by_host
    ]
    return sorted(found, key=lambda stay: (_ORDER[stay.standing], stay.host))


_ORDER: Final[dict[Standing, int]] = {
    "refused": 0,
    "given-up": 1,
    "waiting": 2,
    "older": 3,
    "unsent": 4,
    "has": 5,
    "gone": 6,
}


def _stay(host: str, legs: Sequence[Leg]) -> Stay:
    """Judge by the last change; one that came before may have arrived."""
    had = [leg.settled_at for leg in legs if leg.state == "delivered"]
    last = legs[-1]
    if last.state == "delivered":
        standing: Standing = "gone" if last.change == "Delete" else "has"
        return Stay(host=host, standing=standing, since=last.settled_at)
    return Stay(
        host=host,
        standing=_standing(last, had_before=bool(had)),
        why=_why(last),
        since=had[0] if had else None,
        again_at=_again_at(last),
        attempts=last.attempts,
        status=last.status,
    )


def _standing(last: Leg, *, had_before: bool) -> Standing:
    if had_before:
        return "older"
    match last.state:
        case "waiting":
            return "waiting"
        case "expired":
            return "given-up"
        case _:
            return "refused"


def _again_at(leg: Leg) -> datetime | None:
    if leg.state != "waiting" or leg.paused_at is not None:
        return None
    return max(leg.next_at, leg.open_until) if leg.open_until else leg.next_at


def _why(leg: Leg) -> Why:
    if leg.state == "waiting" and leg.paused_at is not None:
        return "paused"
    if (named := _NAMED.get(leg.reason)) is not None:
        return named
    if leg.state == "refused":
        return "refused"
    if leg.state == "expired" or leg.open_until is not None:
        return "silent"
    return "failing" if leg.attempts else "next"
