"""Programs that members use instead of the pages: apps, and the tokens that they hold."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from federation.translate import sanitize
from server.context import Context
from server.services.accounts import hash_of
from server.services.errors import Invalid, NotFound
from server.services.redirect_uris import OUT_OF_BAND, is_fair
from server.services.scopes import ALL, grantable, known
from server.storage import apps, audit, authorizations, tokens
from server.storage.apps import App
from server.storage.database import Transaction
from server.storage.members import Member
from server.storage.tokens import Client, Held

_LONGEST_NAME = 60
_MOST_REDIRECTS = 20
_UNFAIR = (
    "Redirect URI must be an absolute address in ASCII, without a fragment: https, http to "
    "this device, or a scheme of the app"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An app and its secret, which is kept nowhere else."""

    app: App
    secret: str = field(repr=False)


async def sign_up_app(
    context: Context,
    *,
    name: str,
    website: str | None,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
) -> Registered:
    """Take a program on that asks for it by itself.

    Raises:
        Invalid: client_name, redirect_uris, scopes.
    """
    wrong = {}
    if not sanitize.plain(name, limit=_LONGEST_NAME):
        wrong["client_name"] = "Name can't be blank"
    if not 0 < len(redirect_uris) <= _MOST_REDIRECTS:
        wrong["redirect_uris"] = "Redirect URI can't be blank, and there are at most 20"
    elif not all(map(is_fair, redirect_uris)):
        wrong["redirect_uris"] = _UNFAIR
    if not known(scopes):
        wrong["scopes"] = "Scopes doesn't match configured on the server"
    if wrong:
        raise Invalid(wrong)
    async with context.database.transaction("clients.register") as tx:
        return await register(
            tx,
            context,
            name=name,
            website=website,
            redirect_uris=redirect_uris,
            scopes=scopes,
        )


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


async def connected(context: Context, member_id: int) -> list[Held]:
    """List what a member lets use their account."""
    idle = timedelta(days=context.settings.token_idle_days)
    async with context.database.reading() as tx:
        return await tokens.of_member(tx, member_id, seen_after=context.now() - idle)


async def disconnect(context: Context, member: Member, token_id: int) -> None:
    """End a token that a member gave.

    Raises:
        NotFound: "no-such-token", or one of somebody else.
    """
    async with context.database.transaction("clients.disconnect") as tx:
        if not await tokens.remove_of(tx, token_id, member.id):
            raise NotFound("no-such-token", "That app is disconnected already.")


async def disconnect_all(context: Context, member: Member) -> None:
    """End every token that a member gave, and every code that was not used yet."""
    async with context.database.transaction("clients.disconnect-all") as tx:
        await authorizations.remove_all(tx, member.id)
        await tokens.remove_all(tx, member.id)


async def give_by_operator(
    context: Context, member: Member, *, name: str, scopes: Sequence[str]
) -> str:
    """Make a token on the operator's word, for a program of its own name.

    Raises:
        Invalid: fields name, scopes.
    """
    if not sanitize.plain(name, limit=_LONGEST_NAME):
        raise Invalid({"name": "Give the program a name."})
    if not known(scopes):
        raise Invalid({"scopes": f"There are these: {', '.join(ALL)}."})
    if grantable(scopes, member.role) != tuple(scopes):
        raise Invalid({"scopes": "What begins with admin: is for moderators and operators."})
    async with context.database.transaction("clients.give") as tx:
        registered = await register(
            tx,
            context,
            name=name,
            website=None,
            redirect_uris=[OUT_OF_BAND],
            scopes=scopes,
        )
        await _note(tx, context, "give-token", member.actor.uri, reason=" ".join(scopes))
        return await give_token(
            tx, context, app_id=registered.app.id, member_id=member.id, scopes=scopes
        )


async def end_by_operator(context: Context, token_id: int) -> None:
    """End any token on the operator's word.

    Raises:
        NotFound: "no-such-token".
    """
    async with context.database.transaction("clients.end") as tx:
        if not await tokens.remove(tx, token_id):
            raise NotFound("no-such-token", "There is no token of that number.")
        await _note(tx, context, "end-token", str(token_id))


async def _note(
    tx: Transaction, context: Context, act: str, about: str, *, reason: str = ""
) -> None:
    now = context.now()
    await audit.append(tx, actor="operator", act=act, about=about, reason=reason, now=now)
