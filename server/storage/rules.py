"""The agency's rules of conduct, in their order; those that are gone stay for old reports."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    id: int
    text: str
    hint: str
    removed_at: datetime | None = None


async def in_force(tx: Transaction) -> list[Rule]:
    rows = await tx.fetch(
        "SELECT id, text, hint, removed_at FROM rules WHERE removed_at IS NULL "
        "ORDER BY place, id LIMIT 200"
    )
    return [Rule(**dict(row)) for row in rows]


async def by_id(tx: Transaction, rule_ids: Collection[int]) -> dict[int, Rule]:
    """Read rules, those that are gone, too."""
    rows = await tx.fetch(
        "SELECT id, text, hint, removed_at FROM rules WHERE id = ANY($1)", list(rule_ids)
    )
    return {row["id"]: Rule(**dict(row)) for row in rows}


async def add(tx: Transaction, *, text: str, hint: str, now: datetime) -> int:
    """Add a rule behind the others, and give its number."""
    number: int = await tx.fetchval(
        "INSERT INTO rules (text, hint, place, added_at) VALUES ($1, $2, "
        "(SELECT coalesce(max(place), 0) + 1 FROM rules), $3) RETURNING id",
        text,
        hint,
        now,
    )
    return number


async def change(tx: Transaction, rule_id: int, *, text: str, hint: str) -> bool:
    """Word a rule anew; False where it says so already, or is gone."""
    status = await tx.execute(
        "UPDATE rules SET text = $2, hint = $3 WHERE id = $1 AND removed_at IS NULL "
        "AND (text, hint) IS DISTINCT FROM ($2, $3)",
        rule_id,
        text,
        hint,
    )
    return status == "UPDATE 1"


async def remove(tx: Transaction, rule_id: int, *, now: datetime) -> bool:
    status = await tx.execute(
        "UPDATE rules SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL", rule_id, now
    )
    return status == "UPDATE 1"


async def move_up(tx: Transaction, rule_id: int) -> bool:
    """Let a rule and the one above it change places; False where there is none above."""
    status = await tx.execute(
        "UPDATE rules r SET place = CASE r.id WHEN a.id THEN b.place ELSE a.place END "
        "FROM rules a JOIN LATERAL (SELECT o.id, o.place FROM rules o "
        "WHERE o.removed_at IS NULL AND (o.place, o.id) < (a.place, a.id) "
        "ORDER BY o.place DESC, o.id DESC LIMIT 1) b ON true "
        "WHERE a.id = $1 AND a.removed_at IS NULL AND r.id IN (a.id, b.id)",
        rule_id,
    )
    return status == "UPDATE 2"
