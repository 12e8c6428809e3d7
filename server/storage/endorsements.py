"""People and communities whom members recommend on their profile, the latest first."""

from dataclasses import dataclass

from moderation.visibility import Scope
from schemas.records import Actor
from server.storage import actors, unwanted
from server.storage.database import Transaction
from server.storage.timelines import Window
from server.storage.visibility import heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsed:
    id: int
    actor: Actor


async def add(tx: Transaction, member_id: int, actor_id: int, *, endorsement_id: int) -> bool:
    """Recommend somebody, once; False where the member does not follow them."""
    await tx.execute(
        "INSERT INTO endorsements (member_id, actor_id, id) SELECT $1, $2, $3 "
        "WHERE EXISTS (SELECT FROM follows f WHERE f.follower_id = $1 AND f.target_id = $2 "
        "AND f.state = 'accepted') ON CONFLICT DO NOTHING",
        member_id,
        actor_id,
        endorsement_id,
    )
    return bool(
        await tx.fetchval(
            f"SELECT {of('$1', '$2')}",
            member_id,
            actor_id,
        )
    )


def of(member: str, actor: str) -> str:
    """Give a condition in SQL: a member recommends an actor, whom they still follow."""
    return (
        "EXISTS (SELECT FROM endorsements ee JOIN follows ef ON ef.follower_id = ee.member_id "
        "AND ef.target_id = ee.actor_id AND ef.state = 'accepted' "
        f"WHERE ee.member_id = {member} AND ee.actor_id = {actor})"
    )


async def remove(tx: Transaction, member_id: int, actor_id: int) -> None:
    await tx.execute(
        "DELETE FROM endorsements WHERE member_id = $1 AND actor_id = $2", member_id, actor_id
    )


async def of_member(
    tx: Transaction, scope: Scope, member_id: int, window: Window
) -> list[Endorsed]:
    """List whom a member recommends and still follows, as far as the reader may know.

    That somebody belongs to a closed community is known to its members alone.
    """
    rows = await tx.fetch(
        f"SELECT e.id AS e_id, {actors.columns('a', '')} FROM endorsements e "
        "JOIN actors a ON a.id = e.actor_id JOIN follows f ON f.follower_id = e.member_id "
        "AND f.target_id = e.actor_id AND f.state = 'accepted' "
        "LEFT JOIN communities c ON c.actor_id = a.id "
        f"WHERE e.member_id = $4 AND a.deleted_at IS NULL AND {heard('a')} "
        "AND (c.actor_id IS NULL OR c.visibility = 'public' OR $5 "
        "OR a.id = ANY($6::bigint[]) OR e.member_id = $7::bigint) "
        f"AND {unwanted.unblocked('$7', people='a.id')} "
        f"AND {window.numbered(1, row='e')}",
        *window.arguments,
        member_id,
        scope.everything,
        sorted(scope.joined),
        scope.author,
    )
    found = [Endorsed(id=row["e_id"], actor=actors.actor_from(row)) for row in rows]
    return found[::-1] if window.rising else found


async def addresses(tx: Transaction, member_id: int) -> list[Actor]:
    """List whom a member recommended, for their archive."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM endorsements e "
        "JOIN actors a ON a.id = e.actor_id WHERE e.member_id = $1 AND a.deleted_at IS NULL "
        "ORDER BY e.id LIMIT 10000",
        member_id,
    )
    return [actors.actor_from(row) for row in rows]
