"""OAuth 2, judged by Authlib: it is given what was read, says what follows, writes nothing."""

# Authlib asks for clients and codes while it judges, and cannot wait for a database. So they
# are read before, and what is to be written is found in the verdict (RFC 6749, 7009, 7636).

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from authlib.oauth2.rfc6749 import OAuth2Error

from server.services.oauth_grants import GRANTS, METHODS, Request, Server, basic
from server.storage.apps import App
from server.storage.authorizations import Authorization

# What is announced of the grants is found here.
__all__ = ["GRANTS", "METHODS", "Sent", "Verdict", "Wish", "Wrong"]

_WORDS: Final = {
    "access_denied": "The member denied it.",
    "invalid_client": "Client authentication failed: unknown client, or a wrong secret.",
    "invalid_grant": "The code is invalid, expired, used, or was given to another client.",
    "invalid_request": "Something is missing, is there twice, is too long, or cannot be read.",
    "unauthorized_client": "You are not authorized to revoke this token",
    "unsupported_grant_type": "This server knows authorization_code and client_credentials.",
    "unsupported_response_type": "The only response type here is code.",
}


class Wrong(Exception):
    """What OAuth says to a request that cannot be granted.

    Args:
        redirect_uri: where the app may be told so; None unless it is known to be the app's.
    """

    def __init__(
        self,
        error: str,
        description: str = "",
        *,
        status: int = 400,
        app: App | None = None,
        redirect_uri: str | None = None,
    ) -> None:
        super().__init__(error)
        self.error = error
        self.description = description or _WORDS.get(error, error.replace("_", " "))
        self.status = status
        self.app = app
        self.redirect_uri = redirect_uri


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an app asks a member for, and where it wants the answer."""

    app: App
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a request for a token comes to: a token to give, or why not.

    `stolen` is a token to end: its code was brought once more (RFC 6749 4.1.2).
    """

    app: App | None = None
    member_id: int | None = None
    scopes: tuple[str, ...] = ()
    code_hash: bytes | None = None
    wrong: Wrong | None = None
    stolen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a client sent to us: its fields, and the Authorization header."""

    fields: Mapping[str, str]
    authorization: str = ""

    @property
    def client_ids(self) -> set[str]:
        """Name the clients that it might come from."""
        by_basic = basic(self.authorization)[0]
        return {each for each in (self.fields.get("client_id"), by_basic) if each}


def judge_wish(app: App | None, query: Sequence[tuple[str, str]]) -> Wish:
    """Judge what an app asks a member for (RFC 6749 4.1.1, RFC 7636 4.3).

    Raises:
        Wrong: with the address to tell it to once client and address were found right.
    """
    server = Server(apps=[app] if app else [])
    request = Request("GET", query)
    try:
        grant = server.get_consent_grant(request)
    except OAuth2Error as error:
        raise _wrong(error, app=app) from error
    except ValueError as error:  # Authlib puts what was sent into its words, if it can
        raise Wrong("invalid_request", app=app) from error
    payload = request.payload
    return Wish(
        app=grant.client.app,
        redirect_uri=grant.redirect_uri,
        scopes=tuple(request.scope.split()),
        state=payload.state,
        challenge=payload.data.get("code_challenge"),
    )


def judge_token(
    sent: Sent, apps: Iterable[App], code: Authorization | None, *, now: datetime
) -> Verdict:
    """Judge a request for a token: 4.1.3 and 4.4.2 of RFC 6749, 4.5 of RFC 7636."""
    server = Server(apps=apps, code=code, now=now)
    request = Request("POST", list(sent.fields.items()), sent.authorization)
    error: OAuth2Error | None = server.create_token_response(request)
    if error is not None:
        return Verdict(wrong=_wrong(error), stolen=server.stolen)
    if server.granted is None:
        raise RuntimeError("no token and no error")
    app, member_id, scopes, code_hash = server.granted
    return Verdict(app=app, member_id=member_id, scopes=scopes, code_hash=code_hash)


def judge_revocation(sent: Sent, apps: Iterable[App], owner: int | None) -> None:
    """Judge a wish to end a token; `owner` is the app that has it (RFC 7009 2.1).

    Raises:
        Wrong: 403 when it is not the client's own.
    """
    server = Server(apps=apps, owner=owner)
    request = Request("POST", list(sent.fields.items()), sent.authorization)
    error: OAuth2Error | None = server.create_endpoint_response("revocation", request)
    if error is not None:
        raise _wrong(error)


def _wrong(error: OAuth2Error, *, app: App | None = None) -> Wrong:
    # Elk registers itself anew when it reads this (client-api.md 1.5).
    status = 401 if error.error == "invalid_client" else error.status_code
    return Wrong(
        error.error or "invalid_request",
        error.get_error_description(),
        status=status,
        app=app,
        redirect_uri=error.redirect_uri,
    )
