"""What the agency says of itself, as its operators wrote it; each text once."""

from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Markdown, and the clean HTML that was made of it when it was written."""

    name: str
    source: str
    html: str
    changed_at: datetime


async def all_of(tx: Transaction) -> dict[str, Text]:
    rows = await tx.fetch("SELECT name, source, html, changed_at FROM instance_texts LIMIT 9")
    return {row["name"]: Text(**dict(row)) for row in rows}


async def find(tx: Transaction, name: str) -> Text | None:
    row = await tx.fetchrow(
        "SELECT name, source, html, changed_at FROM instance_texts WHERE name = $1", name
    )
    return Text(**dict(row)) if row else None


async def write(tx: Transaction, text: Text) -> bool:
    """Keep a text; False where it says so already."""
    status = await tx.execute(
        "INSERT INTO instance_texts AS t (name, source, html, changed_at) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE "
        "SET source = $2, html = $3, changed_at = $4 WHERE t.source <> $2",
        text.name,
        text.source,
        text.html,
        text.changed_at,
    )
    return status == "INSERT 0 1"


async def remove(tx: Transaction, name: str) -> bool:
    return await tx.execute("DELETE FROM instance_texts WHERE name = $1", name) == "DELETE 1"
