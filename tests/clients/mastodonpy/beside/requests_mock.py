"""Answers requests from a table, as far as the suite asks for it of requests-mock."""

import json as codec
from typing import Any, Final

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

ANY: Final = object()


class Asked:
    """A request that was answered; `text` is its body."""

    def __init__(self, request: requests.PreparedRequest) -> None:
        body = request.body or ""
        self.text = body if isinstance(body, str) else body.decode()


class Adapter(BaseAdapter):
    """Answers what was registered last for a method, whatever the address is."""

    def __init__(self) -> None:
        super().__init__()
        self._answers: dict[str, tuple[Any, dict[str, str]]] = {}
        self.last_request: Asked | None = None

    def register_uri(
        self, method: str, _url: object, *, json: Any, headers: dict[str, str] | None = None
    ) -> None:
        self._answers[method] = (json, headers or {})

    def post(self, url: str, *, json: Any) -> None:
        self.register_uri("POST", url, json=json)

    def patch(self, url: str, *, json: Any) -> None:
        self.register_uri("PATCH", url, json=json)

    def send(self, request: requests.PreparedRequest, **_how: Any) -> requests.Response:
        self.last_request = Asked(request)
        told, headers = self._answers[request.method or ""]
        response = requests.Response()
        response.status_code = 200
        response.headers = CaseInsensitiveDict(headers)
        response._content = codec.dumps(told).encode()  # noqa: SLF001 as a body is given to it
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is open."""
