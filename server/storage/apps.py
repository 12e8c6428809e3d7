"""Apps: programs that clients registered as, never forgotten (client-api.md 2.2)."""

from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A program, as it described itself."""

    id: int
    client_id: str
    secret_hash: bytes
    name: str
    website: str | None
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]


async def add(tx: Transaction, app: App, *, now: datetime) -> None:
    await tx.execute(
        "INSERT INTO apps (id, client_id, secret_hash, name, website, redirect_uris, scopes, "
        "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        app.id,
        app.client_id,
        app.secret_hash,
        app.name,
        app.website,
        list(app.redirect_uris),
        list(app.scopes),
        now,
    )


async def find(tx: Transaction, client_id: str) -> App | None:
    row = await tx.fetchrow(
        "SELECT id, client_id, secret_hash, name, website, redirect_uris, scopes FROM apps "
        "WHERE client_id = $1",
        client_id,
    )
    if row is None:
        return None
    lists = {"redirect_uris": tuple(row["redirect_uris"]), "scopes": tuple(row["scopes"])}
    return App(**(dict(row) | lists))
