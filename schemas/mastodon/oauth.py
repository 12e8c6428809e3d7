"""What OAuth answers beside tokens: where everything is, and whose token it is."""

from schemas.mastodon.entity import Entity


class ServerMetadata(Entity):
    """Where clients find what, and what is taken there (RFC 8414 2)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    userinfo_endpoint: str
    app_registration_endpoint: str
    service_documentation: str
    scopes_supported: tuple[str, ...]
    response_types_supported: tuple[str, ...] = ("code",)
    response_modes_supported: tuple[str, ...] = ("query",)
    grant_types_supported: tuple[str, ...]
    token_endpoint_auth_methods_supported: tuple[str, ...]
    revocation_endpoint_auth_methods_supported: tuple[str, ...]
    code_challenge_methods_supported: tuple[str, ...] = ("S256",)


class UserInfo(Entity):
    """Whose token it is (OpenID Connect Core 5.3)."""

    iss: str
    sub: str
    name: str
    preferred_username: str
    profile: str
    picture: str


class Token(Entity):
    """An access token; `created_at` is in seconds, and clients insist on it."""

    access_token: str
    token_type: str
    scope: str
    created_at: int
