"""People at their browsers: they sign up, sign in and send forms, as anybody would."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from federation.session import Fetched, Session

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
_COOKIE = re.compile(r"(?:^|, )(session|guest)=([^;,]*)")
_PLACE = re.compile(r'id="p(\d+)"')
_FORM = "application/x-www-form-urlencoded"
_PATIENCE = 90.0
_LONGEST_PAUSE = 2.0
_GLANCE = 0.1


class DemoStopped(Exception):
    """The demo cannot go on; the message says what was tried and what came back."""


@dataclass(slots=True)
class Visitor:
    """One person at one agency, with the cookies of their browser."""

    session: Session
    origin: str
    name: str
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    async def get(self, path: str) -> Fetched:
        found = await self.session.get(
            self.origin + path, accept="text/html", sign=self._cookies, max_bytes=4_000_000
        )
        self._keep(found)
        return found

    async def send(self, path: str, fields: Mapping[str, str], *, page: str = "/") -> str:
        """Send a form with the token of a page; give the path it leads to."""
        if not self.token:
            await self._fetch_token(page)
        body = urlencode({"csrf": self.token, **fields}).encode()
        headers = {"Content-Type": _FORM, "Origin": self.origin, "Accept": "text/html"}
        found = await self.session.post(
            self.origin + path, body=body, headers=headers, sign=self._cookies
        )
        self._keep(found)
        if found.status not in {302, 303}:
            raise DemoStopped(f"{self.name} sent {path}: {found.status} {_gist(found)}")
        return found.headers.get("location", "/")

    async def enter(self, path: str, fields: Mapping[str, str]) -> None:
        """Sign up or in; from then on the session's own token counts."""
        await self.send(path, fields, page=path)
        self.cookies.pop("guest", None)
        self.token = ""

    async def find(self, what: str) -> str:
        """Look a handle or an address up until it is there; give the path of its page."""

        async def look() -> str:
            found = await self.get(f"/search?q={quote(what, safe='')}")
            page = found.url.removeprefix(self.origin).partition("?")[0].partition("#")[0]
            return "" if page == "/search" or not found.body else page

        return await self.until(look, f"finds {what}")

    async def find_reply(self, thread: str, uri: str) -> str:
        """Read a thread's page until a reply from elsewhere is on it; give the reply's path."""

        async def look() -> str:
            page = (await self.get(thread)).body.decode()
            before, there, _ = page.partition(f'href="{uri}"')
            return f"/p/{_PLACE.findall(before)[-1]}" if there else ""

        return await self.until(look, f"sees {uri} on {thread}")

    async def until(self, look: Callable[[], Awaitable[str]], what: str) -> str:
        """Look again and again until there is something."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        pause = _GLANCE
        while not (seen := await look()):
            if asyncio.get_running_loop().time() > deadline:
                raise DemoStopped(f"{self.name} at {self.origin} never {what}")
            await asyncio.sleep(pause)
            # Ever more slowly: looking is limited, for the people of a demo as for others.
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        return seen

    async def _fetch_token(self, page: str) -> None:
        found = _TOKEN.search((await self.get(page)).body.decode())
        if found is None:
            raise DemoStopped(f"{self.name} sees no form on {page}")
        self.token = found[1]

    def _keep(self, found: Fetched) -> None:
        for name, value in _COOKIE.findall(found.headers.get("set-cookie", "")):
            self.cookies[name] = value

    async def _cookies(
        self, _method: str, _url: str, _headers: Mapping[str, str], _body: bytes | None
    ) -> dict[str, str]:
        if not self.cookies:
            return {}
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}


def _gist(found: Fetched) -> str:
    text = re.sub(r"<[^>]+>|\s+", " ", found.body.decode(errors="replace"))
    return re.sub(r" +", " ", text)[:300]
