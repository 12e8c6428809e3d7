"""Application and CredentialApplication: programs as clients see them (client-api.md 2.2)."""

from schemas.mastodon.entity import Entity


class Application(Entity):
    """A program; `redirect_uri` has all addresses, a line each."""

    id: str
    name: str
    website: str | None
    scopes: tuple[str, ...]
    redirect_uri: str
    redirect_uris: tuple[str, ...]
    vapid_key: str = ""


class CredentialApplication(Application):
    """A program right after it registered; its secret is shown this once, and never ends."""

    client_id: str
    client_secret: str
    client_secret_expires_at: int = 0
