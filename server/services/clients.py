"""Programs that members use instead of the pages: apps, and the tokens that they hold."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from federation.translate import sanitize
from server.context import Context
from server.services.accounts import hash_of
from server.storage import apps, tokens
from server.storage.apps import App
from server.storage.database import Transaction
from server.storage.tokens import Client

_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An app and its secret, which is kept nowhere else."""

    app: App
    secret: str = field(repr=False)


async def register(
    tx: Transaction,
    context: Context,
    *,
    name: str,
    website: str | None,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
) -> Registered:
    """Take a program on; what it says of itself is shown to members and checked by nobody."""
    secret = secrets.token_urlsafe(32)
    app = App(
        id=context.ids.mint(context.now()),
        client_id=secrets.token_urlsafe(32),
        secret_hash=hash_of(secret),
        name=sanitize.plain(name, limit=_LONGEST_NAME),
        website=sanitize.link(website),
        redirect_uris=tuple(redirect_uris),
        scopes=tuple(scopes),
    )
    await apps.add(tx, app, now=context.now())
    return Registered(app=app, secret=secret)


async def give_token(
    tx: Transaction,
    context: Context,
    *,
    app_id: int,
    member_id: int | None,
    scopes: Collection[str],
) -> str:
    """Make a token for an app, on behalf of a member or in its own name."""
    token = secrets.token_urlsafe(32)
    now = context.now()
    await tokens.add(
        tx,
        context.ids.mint(now),
        hash_of(token),
        app_id=app_id,
        member_id=member_id,
        scopes=scopes,
        now=now,
    )
    return token


async def find_by_token(context: Context, token: str) -> Client | None:
    """Find who holds a client's token; one statement."""
    idle = timedelta(days=context.settings.token_idle_days)
    async with context.database.reading() as tx:
        return await tokens.find(tx, hash_of(token), now=context.now(), idle=idle)
