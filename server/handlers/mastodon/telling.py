"""How an instance is: whether it is well."""

from aiohttp import web


async def health(_request: web.Request) -> web.Response:
    """GET /health: what clients look at before they blame themselves."""
    return web.Response(text="OK")
