"""Plays recordings of HTTP in vcrpy's files, for tests that ask no server of ours."""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import requests
import yaml
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

_GZIP: Final = b"\x1f\x8b"
#: Recordings have no secrets; a request of today has some, or has none.
_SECRETS: Final = frozenset({"access_token", "client_id", "client_secret"})


class NotRecorded(AssertionError):
    """A request was made of which there is no recording left."""


@contextmanager
def use_cassette(name: str, *, cassette_library_dir: str, **_how: Any) -> Iterator[None]:
    """Answer every request of this process from a recording, each answer once."""
    path = Path(cassette_library_dir) / name
    left = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)["interactions"]

    def answer(_self: object, request: requests.PreparedRequest, **_how: Any) -> Any:
        wanted = (request.method, *_place(request.url or ""))
        for index, each in enumerate(left):
            if (each["request"]["method"], *_place(each["request"]["uri"])) == wanted:
                return _response(request, left.pop(index)["response"])
        raise NotRecorded(wanted)

    real = HTTPAdapter.send
    HTTPAdapter.send = answer  # type: ignore[method-assign]  # what a recording is for
    try:
        yield
    finally:
        HTTPAdapter.send = real  # type: ignore[method-assign]


def _place(address: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    parts = urlsplit(address)
    query = parse_qsl(parts.query, keep_blank_values=True)
    return parts.path, tuple(sorted(each for each in query if each[0] not in _SECRETS))


def _response(request: requests.PreparedRequest, told: dict[str, Any]) -> requests.Response:
    body = told["body"]["string"] or b""
    body = body.encode() if isinstance(body, str) else body
    response = requests.Response()
    response.status_code = told["status"]["code"]
    response.reason = told["status"]["message"]
    response.headers = CaseInsensitiveDict(
        {name: ", ".join(values) for name, values in told["headers"].items()}
    )
    response.raw = io.BytesIO(gzip.decompress(body) if body.startswith(_GZIP) else body)
    response.encoding = get_encoding_from_headers(response.headers)
    response.url = request.url or ""
    response.request = request
    return response
