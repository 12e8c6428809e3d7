"""Authlib's grants as we grant them: on what was read before, with nothing written (AUT-03)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final

from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    AuthorizationServer,
    ClientMixin,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    OAuth2Request,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import OAuth2Payload
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from typing_extensions import override

from server.services import scopes
from server.services.accounts import hash_of
from server.storage.apps import App
from server.storage.authorizations import Authorization

METHODS: Final = ["client_secret_basic", "client_secret_post"]
GRANTS: Final = ["authorization_code", "client_credentials"]

_CHALLENGES: Final = ["S256"]
_PLACE: Final = "https://commonlore.invalid/"  # Authlib insists on https, and looks no further


def basic(authorization: str) -> tuple[str | None, str | None]:
    """Read a client's id and secret out of an Authorization header (RFC 7617)."""
    try:
        name, secret = extract_basic_authorization({"Authorization": authorization})
    except ValueError:  # no ASCII, or no UTF-8 within
        return None, None
    return name, secret


class _Payload(OAuth2Payload):
    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._lists: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in pairs:
            self._lists[name].append(value)

    @property
    @override
    def data(self) -> dict[str, str]:
        return {name: values[0] for name, values in self._lists.items()}

    @property
    @override
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._lists


class Request(OAuth2Request):
    """What was sent, as Authlib reads it."""

    client: Any
    user: Any
    authorization_code: Any

    def __init__(
        self, method: str, pairs: Sequence[tuple[str, str]], authorization: str = ""
    ) -> None:
        readable = all(basic(authorization))
        super().__init__(
            method, _PLACE, headers={"Authorization": authorization} if readable else {}
        )
        self.payload: Any = _Payload(pairs)

    @property
    @override
    def form(self) -> dict[str, str]:
        return dict(self.payload.data)


class _Client(ClientMixin):
    def __init__(self, app: App) -> None:
        self.app = app

    @override
    def get_client_id(self) -> str:
        return self.app.client_id

    @override
    def get_default_redirect_uri(self) -> None:
        return None

    @override
    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.app.redirect_uris

    @override
    def get_allowed_scope(self, scope: str | None) -> str | None:
        asked = scopes.asked(scope)
        return " ".join(asked) if scopes.within(asked, self.app.scopes) else None

    @override
    def check_client_secret(self, client_secret: str) -> bool:
        return compare_digest(hash_of(client_secret), self.app.secret_hash)

    @override
    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in METHODS

    @override
    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    @override
    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in GRANTS


class _Code(AuthorizationCodeMixin):
    def __init__(self, authorization: Authorization) -> None:
        self.of = authorization

    @override
    def get_redirect_uri(self) -> str:
        return self.of.redirect_uri

    @override
    def get_scope(self) -> str:
        return " ".join(self.of.scopes)


class _Challenge(CodeChallenge):
    """S256 alone: "plain" proves nothing to whoever saw the request."""

    SUPPORTED_CODE_CHALLENGE_METHOD = _CHALLENGES

    @override
    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        super().validate_code_challenge(grant, redirect_uri)
        given = grant.request.payload.data
        if given.get("code_challenge") and not given.get("code_challenge_method"):
            raise InvalidRequestError("Missing 'code_challenge_method': only S256 is taken")

    @override
    def get_authorization_code_challenge(self, authorization_code: _Code) -> str | None:
        return authorization_code.of.challenge

    @override
    def get_authorization_code_challenge_method(self, authorization_code: _Code) -> str:
        return "S256"


class _CodeGrant(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    server: "Server"

    @override
    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        return self.server.usable_code(client)

    @override
    def authenticate_user(self, authorization_code: _Code) -> int:
        return authorization_code.of.member_id

    @override
    def delete_authorization_code(self, authorization_code: _Code) -> None:
        """Nothing here: whoever reads the verdict marks it as used."""


class _ClientGrant(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    request: "Request"

    @override
    def validate_requested_scope(self) -> None:
        scope = self.request.client.get_allowed_scope(self.request.payload.scope)
        # Nobody of the staff speaks here.
        given = scopes.grantable((scope or "").split(), None)
        if not given:
            raise InvalidScopeError
        self.request.scope = " ".join(given)


class _Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = METHODS

    @override
    def authenticate_token(self, request: Request, client: _Client) -> None:
        self.check_params(request, client)
        if self.server.owner not in {None, client.app.id}:
            raise UnauthorizedClientError(status_code=403)


class Server(AuthorizationServer):
    """One request's: it has what was read for it, and room for what follows from it.

    `stolen` is a token whose code was brought once more; `granted` has the client, the member
    and the scopes of a token to be made, and the code that it is for.
    """

    def __init__(
        self,
        *,
        apps: Iterable[App] = (),
        code: Authorization | None = None,
        owner: int | None = None,
        now: datetime | None = None,
    ) -> None:
        super().__init__()
        self._clients = {app.client_id: _Client(app) for app in apps}
        self._code = code
        self._now = now
        self.owner = owner
        self.granted: tuple[App, int | None, tuple[str, ...], bytes | None] | None = None
        self.stolen: int | None = None
        self.register_grant(_CodeGrant, [_Challenge(required=True)])
        self.register_grant(_ClientGrant)
        self.register_endpoint(_Revocation)

    @override
    def query_client(self, client_id: str) -> _Client | None:
        return self._clients.get(client_id)

    def usable_code(self, client: _Client) -> _Code | None:
        """Give the code if this client may use it now, and note when it is brought again."""
        code = self._code
        if code is None or code.app_id != client.app.id:
            return None
        if code.token_id is not None:
            self.stolen = code.token_id
            return None
        return _Code(code) if self._now is not None and code.expires_at > self._now else None

    @override
    def generate_token(self, *_sorts: object, **_of: object) -> dict[str, str]:
        # The token is made when it is written: Authlib logs what it is given here.
        return {}

    @override
    def save_token(self, token: object, request: Request) -> None:
        code = request.authorization_code
        scope = code.get_scope() if code else request.scope
        code_hash = code.of.code_hash if code else None
        self.granted = (request.client.app, request.user, tuple(scope.split()), code_hash)

    @override
    def create_oauth2_request(self, request: Request) -> Request:
        return request

    @override
    def handle_response(self, status: int, body: object, headers: object) -> None:
        return None

    @override
    def handle_error_response(self, request: object, error: OAuth2Error) -> OAuth2Error:
        return error

    @override
    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Tell nobody: the verdict says it all."""
