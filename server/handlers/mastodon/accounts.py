"""Accounts: who asks, and everybody else."""

from aiohttp import web

from server.handlers.mastodon.account_entities import credentials
from server.handlers.mastodon.answers import entity
from server.middleware import CONTEXT, SESSION
from server.services.errors import NotSignedIn
from server.storage import profiles
from server.storage.profiles import Profile
from server.storage.sessions import SignedIn


async def verify_credentials(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/verify_credentials."""
    context, member = request.app[CONTEXT], signed_in(request)
    async with context.database.reading() as tx:
        counted = await profiles.of_actors(tx, [member.member.id])
    return entity(credentials(context, member, counted.get(member.member.id, Profile())))


def signed_in(request: web.Request) -> SignedIn:
    """Give the member whose client asks; the route table lets nobody else in."""
    session = request[SESSION]
    if session is None:
        raise NotSignedIn("token-missing", "The access token is invalid")
    return session
