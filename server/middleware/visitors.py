"""Who asks: the client's address, the member behind a session, and whether they may."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import assert_never

from aiohttp import hdrs, web

from schemas.records import Anonymous, MemberPrincipal, Principal, Role
from server.config import Network, Settings
from server.middleware import cookies
from server.middleware.declarations import Audience, Route
from server.middleware.keys import ADDRESS, CLIENT, CONTEXT, CSRF, PRINCIPAL, SESSION
from server.services import accounts, clients, scopes
from server.services.errors import NotAllowed, NotSignedIn
from server.storage.sessions import SignedIn
from server.storage.tokens import Client


def client_address(
    peer: str | None, forwarded: Sequence[str], trusted: Sequence[Network]
) -> str:
    """Find the client's address: the right-most hop that is no proxy of ours (AUT-07).

    `forwarded` are the X-Forwarded-For headers in order. What the client itself wrote there
    stands further left, and is never reached.
    """
    address = peer or ""
    hops = [hop.strip() for header in forwarded for hop in header.split(",")]
    while hops and _is_within(address, trusted):
        hop = hops.pop()
        if not _is_address(hop):
            break
        address = hop
    return address


def _is_within(address: str, networks: Sequence[Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in each for each in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def introduce(request: web.Request, settings: Settings) -> None:
    """Note what is known of every visitor before anything is looked up."""
    forwarded = request.headers.getall("X-Forwarded-For", [])
    request[ADDRESS] = client_address(request.remote, forwarded, settings.trusted_proxies)
    request[SESSION] = None
    request[PRINCIPAL] = Anonymous()
    request[CLIENT] = None
    request[CSRF] = ""


async def recognise(request: web.Request) -> None:
    """Find the member whose session this is, or give a guest a token for forms."""
    context = request.app[CONTEXT]
    token = cookies.session_token(request, context.settings)
    found = await accounts.find_signed_in(context, token) if token else None
    request[SESSION] = found
    if found is None:
        known = cookies.guest_token(request, context.settings)
        request[CSRF] = known or cookies.new_token()
        return
    request[CSRF] = found.csrf
    request[PRINCIPAL] = _principal(found)


async def recognise_client(request: web.Request) -> None:
    """Find the client whose token came along, and the member who gave it (RFC 6750 2).

    With a token that is over, a client is a guest: it asks what this instance is with it.
    """
    token = _bearer(request)
    found = await clients.find_by_token(request.app[CONTEXT], token) if token else None
    request[CLIENT] = found
    if found is not None and found.signed_in is not None:
        request[SESSION] = found.signed_in
        request[PRINCIPAL] = _principal(found.signed_in)


def _bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    # What begins a WebSocket in a browser can bring no other header (client-api.md 8).
    protocol = request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL)
    return request.query.get("access_token") or protocol or None


def check_scope(route: Route, client: Client | None) -> None:
    """Refuse a client whose token does not allow what it asks for; guests have none.

    Raises:
        NotSignedIn: "token-missing".
        NotAllowed: "scope-missing", "role-too-low".
    """
    if route.door != "client":
        return
    if client is None:
        if route.audience != "anyone":
            raise NotSignedIn("token-missing", "The access token is invalid")
        return
    if route.scope is not None and not scopes.allows(client.scopes, route.scope):
        raise NotAllowed("scope-missing", "This action is outside the authorized scopes")
    if route.audience != "anyone" and client.signed_in is None:
        raise NotSignedIn("app-alone", "This method requires an authenticated user")
    if client.signed_in is not None and not _is_let(route.audience, client.signed_in):
        raise NotAllowed("role-too-low", "This action is not allowed")


def remember_guest(request: web.Request, response: web.StreamResponse) -> None:
    """Let a guest's browser keep the token that the forms on this page have."""
    settings = request.app[CONTEXT].settings
    token = request[CSRF]
    is_page = response.content_type == "text/html" and not response.prepared
    if is_page and request[SESSION] is None and cookies.guest_token(request, settings) != token:
        cookies.set_guest(response, settings, token)


def check_audience(audience: Audience, signed_in: SignedIn | None) -> None:
    """Refuse whom a route is not for.

    Raises:
        NotSignedIn: a guest.
        NotAllowed: "role-too-low".
    """
    match audience:
        case "anyone" | "signed":
            return
        case "member" | "steward" | "moderator" | "operator":
            if signed_in is None:
                raise NotSignedIn("not-signed-in", "Sign in first.")
            if not _is_let(audience, signed_in):
                raise NotAllowed("role-too-low", "This is not for your role.")
        case _:
            assert_never(audience)


def _is_let(audience: Audience, signed_in: SignedIn) -> bool:
    return audience in {"anyone", "signed"} or _reaches(signed_in, Role(audience))


def _reaches(signed_in: SignedIn, role: Role) -> bool:
    # Who looks after one community is a steward, whatever their role at the agency.
    if role is Role.STEWARD and signed_in.stewards:
        return True
    return signed_in.member.role.reaches(role)


def _principal(signed_in: SignedIn) -> Principal:
    member = signed_in.member
    return MemberPrincipal(actor_id=member.id, role=member.role, joined=signed_in.joined)
