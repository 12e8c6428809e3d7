"""Which agency a request is from, where it is signed."""

from aiohttp import web

from federation.signatures import SignedRequest
from schemas.records import AgencyPrincipal, Anonymous
from server.middleware.keys import CONTEXT
from server.services.asking import who_asks


async def asker_of(request: web.Request) -> Anonymous | AgencyPrincipal:
    """Say who sent a GET, by its signature.

    Raises:
        Unauthentic: there is a signature, and it does not hold.
        Unreachable: the key could not be had now.
    """
    signed = SignedRequest(
        method=request.method,
        target=request.raw_path,
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.raw_headers
        ),
        body=b"",
    )
    return await who_asks(request.app[CONTEXT], signed)
