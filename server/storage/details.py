"""What actors say of themselves beside name and text; those who say nothing have no row."""

from typing import Any, Final

import orjson

from schemas.profiles import UNSAID, Details, ProfileField
from server.storage.database import Transaction

_NAMES: Final = (
    "locked",
    "bot",
    "discoverable",
    "indexable",
    "hides_collections",
    "avatar_alt",
    "header_alt",
)
#: Select list, where `d` is a left join on actor_details.
FIELDS: Final = "d.fields::text AS d_fields, " + ", ".join(
    f"d.{name} AS d_{name}" for name in _NAMES
)


def details_from(row: Any) -> Details:
    if row["d_fields"] is None:
        return UNSAID
    return Details(
        fields=tuple(
            ProfileField(name=name, value=value, source=source)
            for name, value, source in orjson.loads(row["d_fields"])
        ),
        **{name: row[f"d_{name}"] for name in _NAMES},
    )


async def find(tx: Transaction, actor_id: int) -> Details:
    row = await tx.fetchrow(
        f"SELECT {FIELDS} FROM actor_details d WHERE d.actor_id = $1", actor_id
    )
    return UNSAID if row is None else details_from(row)


async def lock(tx: Transaction, actor_id: int) -> Details:
    """Find it, and let nobody else change it until this is over."""
    await tx.execute("SELECT FROM actors WHERE id = $1 FOR NO KEY UPDATE", actor_id)
    return await find(tx, actor_id)


async def put(tx: Transaction, actor_id: int, details: Details) -> None:
    """Keep what an actor says of itself now."""
    fields = [(each.name, each.value, each.source) for each in details.fields]
    await tx.execute(
        "INSERT INTO actor_details (actor_id, fields, locked, bot, discoverable, indexable, "
        "hides_collections, avatar_alt, header_alt) "
        "VALUES ($1, $2::text::jsonb, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (actor_id) DO UPDATE SET fields = excluded.fields, "
        "locked = excluded.locked, bot = excluded.bot, discoverable = excluded.discoverable, "
        "indexable = excluded.indexable, hides_collections = excluded.hides_collections, "
        "avatar_alt = excluded.avatar_alt, header_alt = excluded.header_alt",
        actor_id,
        orjson.dumps(fields).decode(),
        details.locked,
        details.bot,
        details.discoverable,
        details.indexable,
        details.hides_collections,
        details.avatar_alt,
        details.header_alt,
    )
