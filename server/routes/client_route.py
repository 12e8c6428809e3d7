"""A route for members' clients: declared with a slash at its end and without."""

from typing import Final

from aiohttp import hdrs
from pydantic import BaseModel

from schemas.records import Surface
from server.middleware.declarations import Audience, Handler, Limit, Route

_LARGEST: Final = 300_000  # bytes, of what has no files


def client(
    method: str,
    path: str,
    handler: Handler,
    scope: str | None = None,
    audience: Audience = "anyone",
    *,
    body: int = _LARGEST,
    limit: Limit | None = None,
    takes: type[BaseModel] | None = None,
    gives: type[BaseModel] | None = None,
) -> tuple[Route, ...]:
    return tuple(
        Route(
            method=method,
            path=each,
            handler=handler,
            door="client",
            audience=audience,
            surface=Surface.API,
            scope=scope,
            body=0 if method == hdrs.METH_GET else body,
            limit=limit,
            takes=takes,
            gives=gives,
        )
        for each in (path, f"{path}/")
    )
