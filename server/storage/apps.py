"""Apps: programs that clients registered as, never forgotten (client-api.md 2.2)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Row, Transaction


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


async def find(tx: Transaction, client_ids: Collection[str]) -> list[App]:
    """Find the apps with these client ids."""
    rows = await tx.fetch(
        "SELECT id, client_id, secret_hash, name, website, redirect_uris, scopes FROM apps "
        "WHERE client_id = ANY($1)",
        list(client_ids),
    )
    return [_app(row) for row in rows]


async def get(tx: Transaction, app_id: int) -> App:
    row = await tx.fetchrow(
        "SELECT id, client_id, secret_hash, name, website, redirect_uris, scopes FROM apps "
        "WHERE id = $1",
        app_id,
    )
    if row is None:
        raise LookupError(app_id)  # apps are never removed
    return _app(row)


def _app(row: Row) -> App:
    lists = {"redirect_uris": tuple(row["redirect_uris"]), "scopes": tuple(row["scopes"])}
    return App(**(dict(row) | lists))
