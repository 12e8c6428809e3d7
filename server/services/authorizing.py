"""Members let apps in: what is asked of them, the code they give, the token it is worth."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from server.context import Context
from server.services import clients, oauth, scopes
from server.services.accounts import hash_of
from server.services.errors import NotAllowed, NotSignedIn
from server.services.oauth import Sent, Verdict, Wish
from server.storage import apps, authorizations, tokens
from server.storage.authorizations import Authorization
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

#: Programs fetch their token at once; somebody who copies a code needs a little longer.
_CODE_LASTS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A token, which is kept nowhere else, and what it allows."""

    token: str = field(repr=False)
    scopes: tuple[str, ...]
    created_at: datetime


async def examine(context: Context, query: Sequence[tuple[str, str]]) -> Wish:
    """Read what an app asks a member for.

    Raises:
        Wrong: it cannot be granted, whoever is asked.
    """
    ids = {value for name, value in query if name == "client_id"}
    async with context.database.reading() as tx:
        found = await apps.find(tx, ids)
    return oauth.judge_wish(found[0] if len(found) == 1 else None, query)


def may_give(member: SignedIn, wish: Wish) -> tuple[str, ...]:
    """Say which of the scopes that an app asks for this member can give."""
    return scopes.grantable(wish.scopes, member.member.role)


async def allow(context: Context, member: SignedIn, wish: Wish) -> str:
    """Let an app in; give the code with which it fetches its token, once, in five minutes.

    Raises:
        NotSignedIn: "session-ended" meanwhile.
        NotAllowed: "for-staff": it asks for nothing but what moderators may give.
    """
    given_scopes = may_give(member, wish)
    if not given_scopes:
        raise NotAllowed("for-staff", "Only a moderator can let an app do that.")
    code = secrets.token_urlsafe(32)
    given = Authorization(
        code_hash=hash_of(code),
        app_id=wish.app.id,
        member_id=member.member.id,
        redirect_uri=wish.redirect_uri,
        scopes=given_scopes,
        challenge=wish.challenge,
        expires_at=context.now() + _CODE_LASTS,
    )
    async with context.database.transaction("oauth.allow") as tx:
        if not await authorizations.add(tx, given, session_id=member.session_id):
            raise NotSignedIn("session-ended", "Sign in first.")
    return code


async def exchange(context: Context, sent: Sent) -> Given:
    """Give a token for a code, or to an app in its own name.

    Raises:
        Wrong: in the words of OAuth. A code that is brought once more ends its token (AUT-03).
    """
    code = sent.fields.get("code")
    async with context.database.transaction("oauth.token") as tx:
        known = await apps.find(tx, sent.client_ids)
        given = await authorizations.lock(tx, hash_of(code)) if code else None
        verdict = oauth.judge_token(sent, known, given, now=context.now())

        if verdict.stolen is not None:
            await tokens.remove(tx, verdict.stolen)
        token = await _give(tx, context, verdict)
    if verdict.wrong is not None:
        raise verdict.wrong
    return Given(token=token, scopes=verdict.scopes, created_at=context.now())


async def _give(tx: Transaction, context: Context, verdict: Verdict) -> str:
    if verdict.app is None:
        return ""
    token = await clients.give_token(
        tx,
        context,
        app_id=verdict.app.id,
        member_id=verdict.member_id,
        scopes=verdict.scopes,
    )
    if verdict.code_hash is not None:
        await authorizations.use(tx, verdict.code_hash, hash_of(token))
    return token


async def give_back(context: Context, sent: Sent) -> None:
    """End a token of the client's own; one that there is not has ended already (RFC 7009).

    Raises:
        Wrong: 403 when it is another client's.
    """
    token_hash = hash_of(sent.fields.get("token", ""))
    async with context.database.transaction("oauth.revoke") as tx:
        known = await apps.find(tx, sent.client_ids)
        owner = await tokens.find_app(tx, token_hash)
        oauth.judge_revocation(sent, known, owner)

        await tokens.remove_by_hash(tx, token_hash)
