"""Tokens for programs: given, taken back, and whose they are (client-api.md 2.4)."""

from typing import Final

from aiohttp import hdrs, web

from schemas.mastodon.oauth import ServerMetadata, Token, UserInfo
from server.handlers.mastodon.account_entities import account
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import entity, plain
from server.handlers.mastodon.parameters import Maybe, Parameters, read
from server.middleware import CONTEXT
from server.services import authorizing, oauth, scopes
from server.services.errors import Invalid
from server.services.oauth import Sent, Wrong
from server.storage.profiles import Profile

_KIND: Final = "Bearer"  # spelt so, some clients look


class _Sent(Parameters):
    grant_type: Maybe[str] = None
    client_id: Maybe[str] = None
    client_secret: Maybe[str] = None
    code: Maybe[str] = None
    code_verifier: Maybe[str] = None
    redirect_uri: Maybe[str] = None
    scope: Maybe[str] = None
    token: Maybe[str] = None


async def give_token(request: web.Request) -> web.Response:
    """POST /oauth/token."""
    try:
        given = await authorizing.exchange(request.app[CONTEXT], await _sent(request))
    except Wrong as wrong:
        return _refusal(request, wrong)
    token = Token(
        access_token=given.token,
        token_type=_KIND,
        scope=" ".join(given.scopes),
        created_at=int(given.created_at.timestamp()),
    )
    return _for_nobody_else(entity(token))


async def take_token_back(request: web.Request) -> web.Response:
    """POST /oauth/revoke."""
    try:
        await authorizing.give_back(request.app[CONTEXT], await _sent(request))
    except Wrong as wrong:
        return _refusal(request, wrong)
    return _for_nobody_else(plain({}))


async def user_info(request: web.Request) -> web.Response:
    """GET and POST /oauth/userinfo."""
    context, actor = request.app[CONTEXT], signed_in(request).member.actor
    shown = account(context, actor, Profile())
    return entity(
        UserInfo(
            iss=context.home.origin,
            sub=actor.uri,
            name=shown.display_name,
            preferred_username=actor.name,
            profile=shown.url,
            picture=shown.avatar,
        )
    )


async def metadata(request: web.Request) -> web.Response:
    """GET /.well-known/oauth-authorization-server (RFC 8414)."""
    origin = request.app[CONTEXT].home.origin
    methods = tuple(oauth.METHODS)
    return entity(
        ServerMetadata(
            issuer=origin,
            authorization_endpoint=f"{origin}/oauth/authorize",
            token_endpoint=f"{origin}/oauth/token",
            revocation_endpoint=f"{origin}/oauth/revoke",
            userinfo_endpoint=f"{origin}/oauth/userinfo",
            app_registration_endpoint=f"{origin}/api/v1/apps",
            service_documentation=f"{origin}/about",
            scopes_supported=scopes.ALL,
            grant_types_supported=tuple(oauth.GRANTS),
            token_endpoint_auth_methods_supported=methods,
            revocation_endpoint_auth_methods_supported=methods,
        )
    )


async def _sent(request: web.Request) -> Sent:
    try:
        given = await read(request, _Sent)
    except (Invalid, web.HTTPBadRequest) as error:
        raise Wrong("invalid_request") from error
    return Sent(
        fields=given.model_dump(exclude_none=True),
        authorization=request.headers.get(hdrs.AUTHORIZATION, ""),
    )


def _refusal(request: web.Request, wrong: Wrong) -> web.Response:
    told = {"error": wrong.error, "error_description": wrong.description}
    response = _for_nobody_else(plain(told, status=wrong.status))
    by_header = request.headers.get(hdrs.AUTHORIZATION, "").lower().startswith("basic ")
    if by_header and wrong.status == web.HTTPUnauthorized.status_code:
        # To those alone who tried it: of others a browser would ask their password.
        response.headers[hdrs.WWW_AUTHENTICATE] = 'Basic realm="clients"'
    return response


def _for_nobody_else(response: web.Response) -> web.Response:
    response.headers[hdrs.CACHE_CONTROL] = "no-store"  # RFC 6749 5.1 says both
    response.headers[hdrs.PRAGMA] = "no-cache"
    return response
