"""Guests who take part from their own server: which it is, and where it takes them."""

import re
from typing import Final

import structlog

from federation.errors import FederationError, Malformed
from federation.handles import Handle, parse_handle
from federation.interaction import Wish, interaction_url
from federation.uris import authority_of
from server.context import Context
from server.services.discovery import check_fetchable
from server.services.errors import Invalid

_LONGEST: Final = 500
_PROFILE: Final = re.compile(r"(?:https?://)?([^/?#@\s]+)/@([^/?#@\s]+)/?", re.IGNORECASE)
_SERVER: Final = re.compile(r"(?:https?://)?([^/?#@\s]+\.[^/?#@\s]+)/?", re.IGNORECASE)

log = structlog.get_logger()


async def way_home(context: Context, typed: str, uri: str, wish: Wish) -> str:
    """Find where somebody's own server opens something that is public here.

    One request, to the host that was typed, and none to one that is blocked or not public.

    Args:
        context: whose client asks.
        typed: a handle, the address of a profile, or the name of a server alone.
        uri: the id of the thing.
        wish: follow an actor, or answer a post.

    Raises:
        Invalid: field handle.
    """
    handle = _handle_in(typed.strip()[:_LONGEST])
    if handle.host == context.home.authority:
        raise Invalid({"handle": "That is an account of this agency. Sign in instead."})
    try:
        await check_fetchable(context, context.session.origin_for(handle.host))
        return await interaction_url(context.session, handle, uri, wish)
    except FederationError as error:
        log.info("way-home-failed", agency=handle.host, reason=error.reason)
        raise _refusal(error.reason, handle) from None


def _handle_in(text: str) -> Handle:
    profile = _PROFILE.fullmatch(text)
    found = parse_handle(f"{profile[2]}@{profile[1]}" if profile else text)
    if isinstance(found, Handle):
        return found
    try:
        server = _SERVER.fullmatch(text)
        host = authority_of(f"https://{server[1] if server else ''}")
    except Malformed:
        raise Invalid(
            {
                "handle": "Write your whole handle, like @name@server.example, or the name of "
                "your server."
            }
        ) from None
    # A server's own actor (FEP-d556), where only the server is known.
    return Handle(host, host)


def _refusal(reason: str, handle: Handle) -> Invalid:
    """Say why it failed, and alike for all hosts that we do not or cannot ask (FET-08)."""
    if handle.name == handle.host:
        return Invalid(
            {
                "handle": "The name of that server is not enough. Write your whole handle, "
                "like @name@server.example."
            }
        )
    if reason == "interaction-not-offered":
        return Invalid(
            {
                "handle": "Your server does not say where it opens what you find elsewhere. "
                "Search there for the address below instead."
            }
        )
    if reason == "interaction-template":
        return Invalid(
            {
                "handle": "Your server names an address that we send nobody to. Search there "
                "for the address below instead."
            }
        )
    return Invalid(
        {
            "handle": "We cannot ask that server about this handle. Check the handle, or try "
            "again later."
        }
    )
