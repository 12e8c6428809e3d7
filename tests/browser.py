"""A browser for stories: cookies, redirects, and forms sent with the token of their page."""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override
from yarl import URL

PASSWORD = "seven green bicycles"  # noqa: S105  everybody here has the same
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class Loopback(AbstractResolver):
    """Finds every name at home, as browsers do with *.localhost."""

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    @override
    async def close(self) -> None:
        """Close nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a browser got; `path` is where it ended up after redirects."""

    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    text: str
    path: str


class Browser:
    """Keeps cookies, follows redirects, and sends forms with the token of their page."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self.client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=Loopback()),
            timeout=aiohttp.ClientTimeout(total=30),
        )

    async def get(self, path: str, *, follow: bool = True, **headers: str) -> Answer:
        """Get a path as it is spelt; keywords are headers: `accept=…`, `sec_fetch_site=…`."""
        return await self.request("GET", path, follow=follow, headers=_spelt(headers))

    async def submit(
        self, path: str, fields: Mapping[str, str] | None = None, *, page: str = "/"
    ) -> Answer:
        """Send a form, with the token of `page`; that of any page does."""
        form = {"csrf": await self.token(page)} | dict(fields or {})
        headers = {"Origin": self._origin, "Sec-Fetch-Site": "same-origin"}
        return await self.request("POST", path, headers=headers, data=form)

    async def token(self, page: str = "/") -> str:
        found = _TOKEN.search((await self.get(page)).text)
        return found[1] if found else self.cookie("guest")

    async def sign_in(self, name: str, password: str = PASSWORD) -> Answer:
        fields = {"name": name, "password": password}
        return await self.submit("/sign-in", fields, page="/sign-in")

    def cookie(self, name: str) -> str:
        kept = self.client.cookie_jar.filter_cookies(URL(self._origin))
        return kept[name].value if name in kept else ""

    def set_cookie(self, name: str, value: str) -> None:
        self.client.cookie_jar.update_cookies({name: value}, URL(self._origin))

    async def request(
        self, method: str, path: str, *, follow: bool = True, **more: Any
    ) -> Answer:
        url = URL(self._origin + path, encoded=True)
        async with self.client.request(method, url, allow_redirects=follow, **more) as answer:
            return Answer(
                status=answer.status,
                headers=answer.headers.copy(),
                cookies=tuple(answer.headers.getall("Set-Cookie", [])),
                text=await answer.text(),
                path=answer.url.raw_path_qs,
            )


def _spelt(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
