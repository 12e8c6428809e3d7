"""Whom a member might follow, and whom they do not want to be suggested any more."""

from dataclasses import dataclass
from typing import Final

from schemas.mastodon.finding import Source
from schemas.records import Actor
from server.context import Context
from server.storage import suggestions
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

#: So many must follow somebody before that is a reason: whom one of them follows is not told.
FEWEST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """Somebody, and why; `sources` are Mastodon's words."""

    actor: Actor
    sources: tuple[Source, ...]


async def listed(
    tx: Transaction, member_id: int, *, offset: int, limit: int
) -> list[Suggested]:
    """List communities that fit, then people; two statements, however many there are."""
    most = offset + limit
    fitting = await suggestions.communities(tx, member_id, limit=most)
    known = await suggestions.people(tx, member_id, fewest=FEWEST, limit=most)
    found = [
        Suggested(actor=each.actor, sources=("similar_to_recently_followed",))
        for each in fitting
    ]
    found += [Suggested(actor=each.actor, sources=_why(each)) for each in known]
    return found[offset:most]


def _why(of: suggestions.Known) -> tuple[Source, ...]:
    reasons: list[Source] = []
    if of.is_followed:
        reasons.append("friends_of_friends")
    if of.is_thanked:
        reasons.append("most_interactions")
    return tuple(reasons)


async def dismiss(context: Context, member: SignedIn, actor_id: int) -> None:
    """Suggest somebody no more; nobody else is told."""
    async with context.database.transaction("suggesting.dismiss") as tx:
        await suggestions.dismiss(tx, member.member.id, actor_id)
