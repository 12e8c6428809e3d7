"""Who asks: the client's address, the member behind a session, and whether they may."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import assert_never

from aiohttp import web

from schemas.records import Anonymous, MemberPrincipal, Principal, Role
from server.config import Network, Settings
from server.middleware import cookies
from server.middleware.declarations import Audience
from server.middleware.keys import ADDRESS, CONTEXT, CSRF, PRINCIPAL, SESSION
from server.services import accounts
from server.services.errors import NotAllowed, NotSignedIn
from server.storage.sessions import SignedIn


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
            if not _reaches(signed_in, Role(audience)):
                raise NotAllowed("role-too-low", "This is not for your role.")
        case _:
            assert_never(audience)


def _reaches(signed_in: SignedIn, role: Role) -> bool:
    # Who looks after one community is a steward, whatever their role at the agency.
    if role is Role.STEWARD and signed_in.stewards:
        return True
    return signed_in.member.role.reaches(role)


def _principal(signed_in: SignedIn) -> Principal:
    member = signed_in.member
    return MemberPrincipal(actor_id=member.id, role=member.role, joined=signed_in.joined)
