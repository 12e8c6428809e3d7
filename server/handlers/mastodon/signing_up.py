"""An account made by a program, where anybody may sign up (client-api.md 5)."""

from typing import Final

from aiohttp import web

from schemas.mastodon.oauth import Token
from server.handlers.mastodon.answers import entity, plain
from server.handlers.mastodon.parameters import Parameters, read
from server.middleware import ADDRESS, CLIENT, CONTEXT
from server.services import accounts, clients, drafts
from server.services.accounts import SignUp
from server.services.errors import Invalid, NotSignedIn
from server.storage.members import Member
from server.storage.tokens import Client

_UNKNOWN: Final = "This method requires an app's own token"
_AGREE: Final = "must be accepted"
#: Our fields by their names there; what is wrong with others is told of the whole.
_THEIRS: Final = {"name": "username", "password": "password"}
_INVALID: Final = 422


class _Wanted(Parameters):
    """What is asked for; addresses of mail are not kept here, and so are not read."""

    username: str = ""
    password: str = ""
    agreement: bool = False
    time_zone: str = "UTC"


async def create(request: web.Request) -> web.Response:
    """POST /api/v1/accounts: with a token of the app itself, for a token of the new member.

    Raises:
        NotSignedIn: "app-missing".
        NotAllowed: "registration-closed".
        TooMany: as on the page.
    """
    client = request[CLIENT]
    if client is None:
        raise NotSignedIn("app-missing", _UNKNOWN)
    try:
        member = await _signed_up(request)
    except Invalid as wrong:
        return plain(_details(wrong), status=_INVALID)
    return entity(await _token(request, client, member))


async def _signed_up(request: web.Request) -> Member:
    wanted = await read(request, _Wanted)
    draft = SignUp(
        name=wanted.username,
        display_name=wanted.username,
        password=wanted.password,
        invitation=None,
        time_zone=wanted.time_zone,
    )
    if not wanted.agreement:
        raise Invalid(drafts.what_is_wrong(draft) | {"agreement": _AGREE})
    return await accounts.sign_up(request.app[CONTEXT], draft, address=request[ADDRESS])


async def _token(request: web.Request, client: Client, member: Member) -> Token:
    context, given = request.app[CONTEXT], sorted(client.scopes)
    async with context.database.transaction("clients.sign-up") as tx:
        token = await clients.give_token(
            tx, context, app_id=client.app_id, member_id=member.id, scopes=given
        )
    return Token(
        access_token=token,
        token_type="Bearer",  # noqa: S106 a word of the protocol
        scope=" ".join(given),
        created_at=int(context.now().timestamp()),
    )


def _details(wrong: Invalid) -> dict[str, object]:
    """Say it field by field, as programs show it beside each."""
    details = {
        _THEIRS.get(field, field): [{"error": "ERR_INVALID", "description": sentence}]
        for field, sentence in wrong.fields.items()
    }
    return {"error": f"Validation failed: {wrong.sentence}", "details": details}
