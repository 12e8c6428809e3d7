"""Programs register themselves, once, and look at what they registered as."""

from aiohttp import web
from pydantic import Field

from schemas.mastodon.apps import Application, CredentialApplication
from server.context import Context
from server.handlers.mastodon.answers import entity
from server.handlers.mastodon.parameters import Many, Maybe, Parameters, read
from server.middleware import CLIENT, CONTEXT
from server.services import clients, pushing, scopes
from server.services.errors import NotSignedIn
from server.storage import apps


class _Described(Parameters):
    client_name: str
    redirect_uris: Many[str] = Field(default_factory=list)
    scopes: Many[str] = Field(default_factory=list)
    website: Maybe[str] = None


async def create(request: web.Request) -> web.Response:
    """POST /api/v1/apps."""
    context, described = request.app[CONTEXT], await read(request, _Described)
    registered = await clients.sign_up_app(
        context,
        name=described.client_name,
        website=described.website,
        # A list, or one text with white space between them: no address has any within.
        redirect_uris=list(dict.fromkeys(" ".join(described.redirect_uris).split())),
        scopes=scopes.asked(" ".join(described.scopes)),
    )
    app = registered.app
    return entity(
        CredentialApplication(
            **_common(context, app), client_id=app.client_id, client_secret=registered.secret
        )
    )


async def verify_credentials(request: web.Request) -> web.Response:
    """GET /api/v1/apps/verify_credentials: with a token of the app's own, or of a member."""
    context, client = request.app[CONTEXT], request[CLIENT]
    if client is None:
        raise NotSignedIn("token-missing", "The access token is invalid")
    async with context.database.reading() as tx:
        app = await apps.get(tx, client.app_id)
    return entity(Application(**_common(context, app)))


def _common(context: Context, app: apps.App) -> dict[str, object]:
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "scopes": app.scopes,
        "redirect_uri": "\n".join(app.redirect_uris),
        "redirect_uris": app.redirect_uris,
        "vapid_key": pushing.server_key(context),
    }
