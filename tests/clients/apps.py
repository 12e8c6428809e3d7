"""An app as clients are: it registers, sends a member to us, and fetches its token."""

import base64
import hashlib
import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.browser import Answer, Browser
from tests.clients.programs import Program, Reply

VERIFIER = "a-verifier-of-at-least-forty-three-characters-0"
_FORM = re.compile(r'<form class="govuk-form-group" action="([^"]+)" method="post">')
_CODE = re.compile(r'id="code"[^>]* value="([^"]+)"')


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A registered program, and the way it asks us over HTTP."""

    http: Program
    redirect_uri: str
    client_id: str
    secret: str

    def query(self, **changes: str | None) -> str:
        """Spell what the app asks a member for; None leaves a parameter out."""
        usual = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "read write follow push",
        }
        return urlencode({name: value for name, value in (usual | changes).items() if value})

    def path(self, **changes: str | None) -> str:
        return f"/oauth/authorize?{self.query(**changes)}"

    async def token(self, code: str | None, /, **changes: str | None) -> Reply:
        given = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "client_secret": self.secret,
            "redirect_uri": self.redirect_uri,
            "code": code,
        } | changes
        sent = {name: value for name, value in given.items() if value is not None}
        return await self.http.ask("POST", "/oauth/token", data=sent)

    async def revoke(self, token: str, **changes: str) -> Reply:
        given = {"client_id": self.client_id, "client_secret": self.secret, "token": token}
        return await self.http.ask("POST", "/oauth/revoke", data=given | changes)


async def registered(
    guest: Program, redirect_uri: str, scopes: str = "read write follow push", **more: Any
) -> App:
    given = {"client_name": "Elk", "redirect_uris": redirect_uri, "scopes": scopes} | more
    told = await guest.post("/api/v1/apps", **given)
    return App(
        http=guest,
        redirect_uri=redirect_uri,
        client_id=told["client_id"],
        secret=told["client_secret"],
    )


async def answered(browser: Browser, path: str, answer: str = "allow") -> Answer:
    """Look at the consent page, and press one of its buttons; the redirect is not followed."""
    asked = await browser.get(path)
    assert asked.status == 200, asked.text
    form = _FORM.search(asked.text)
    assert form is not None, asked.text
    return await browser.request(
        "POST",
        unescape(form[1]),
        follow=False,
        data={"csrf": await browser.token(path), "answer": answer},
        headers={"Sec-Fetch-Site": "same-origin"},
    )


async def allowed(browser: Browser, app: App, **changes: str | None) -> str:
    """Let an app in; give its code."""
    answer = await answered(browser, app.path(**changes))
    return told(answer)["code"] if "Location" in answer.headers else code_on(answer)


def code_on(answer: Answer) -> str:
    """Read the code that is shown to whoever has no address for it."""
    found = _CODE.search(answer.text)
    assert found is not None, answer.text
    return found[1]


def told(answer: Answer) -> dict[str, str]:
    """Read what an app is told behind its address."""
    assert answer.status == 303, answer.text
    return dict(parse_qsl(answer.headers["Location"].partition("?")[2]))
