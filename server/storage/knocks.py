"""What origins taught us about signing: the scheme that was taken where another was refused."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from federation.signatures.knocking import Scheme
from federation.uris import authority_of
from server.storage.database import Transaction

_OURS = "commonlore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What is known of an origin: what it took lately, and whether it runs what we run."""

    taken: Scheme | None
    is_commonlore: bool


async def recall(
    tx: Transaction, origins: Collection[str], *, since: datetime
) -> dict[str, Habit]:
    """Say what is known of origins; every one of them is in the answer."""
    asked = list(origins)
    rows = await tx.fetch(
        "SELECT o.origin, k.scheme, coalesce(g.software = $4, false) AS ours "
        "FROM unnest($1::text[], $2::text[]) AS o (origin, host) "
        "LEFT JOIN knocks k ON k.origin = o.origin AND k.learned_at > $3 "
        "LEFT JOIN agencies g ON g.host = o.host",
        asked,
        [authority_of(origin) for origin in asked],
        since,
        _OURS,
    )
    return {
        row["origin"]: Habit(
            taken=Scheme(row["scheme"]) if row["scheme"] else None, is_commonlore=row["ours"]
        )
        for row in rows
    }


async def remember(tx: Transaction, origin: str, scheme: Scheme, *, now: datetime) -> None:
    await tx.execute(
        "INSERT INTO knocks (origin, scheme, learned_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (origin) DO UPDATE SET scheme = $2, learned_at = $3",
        origin,
        scheme,
        now,
    )


async def forget(tx: Transaction, *, before: datetime) -> None:
    await tx.execute("DELETE FROM knocks WHERE learned_at <= $1", before)
