"""Hostile text costs no more time than honest text of its length (DOS-07)."""

from contextlib import suppress
from datetime import UTC, datetime
from time import process_time

import orjson
import pytest

from federation import uris
from federation.errors import FederationError
from federation.handles import parse_handle
from federation.media_types import parse_media_type
from federation.signatures.digest import check_content_digest
from federation.signatures.inputs import read_input
from federation.signatures.parameters import read_parameters
from federation.signatures.window import read_http_date
from federation.translate import sanitize
from federation.translate.incoming_posts import post_from
from schemas.wire import strict
from schemas.wire.vocabulary import BadDocument

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HEADER = 8_000  # what aiohttp lets a header have
TEXT = 99_000  # just below what a post may have
BODY = 900_000
#: Generous, so that a busy machine is no failure; what backtracks takes minutes.
SECONDS = 15.0  # of CPU, traced for coverage; what grows with the square takes minutes
PIECES = (
    *("a", "a.", "@", " ", "\n", "1", "/", "a-", "<a ", '"\\', "<!--", 'a="b",', "*_`[", ":"),
    *(
        "%41",
        "aA",
        "](",
        "<b>",
        "&",
        "http://",
        "~~",
        "| a |\n|-|\n",
        "> ",
        "- ",
        "\\",
        "é",
        "💡",
    ),
)


def post(text):
    return {
        "id": "https://health.example/p/1",
        "type": "Note",
        "attributedTo": "https://health.example/@a",
        "to": [uris.Home("https://x.example").person("a")],
        "content": text,
        "name": text[:2_000],
    }


READERS = {
    "media type": (HEADER, parse_media_type),
    "signature": (HEADER, read_parameters),
    "signature input": (HEADER, lambda text: read_input([text], ["sig1=:AAAA:"])),
    "signature input, inside": (
        HEADER,
        lambda text: read_input([f'sig1=("@method"{text}'], ["sig1=:AAAA:"]),
    ),
    "signature of RFC 9421": (
        HEADER,
        lambda text: read_input(['sig1=();created=1;keyid="https://a.example/k"'], [text]),
    ),
    "content digest": (HEADER, lambda text: check_content_digest([text], b"")),
    "date": (HEADER, read_http_date),
    "URL": (HEADER, lambda text: uris.parse("https://" + text)),
    "host": (HEADER, uris.canonical_host),
    "handle": (HEADER, parse_handle),
    "JSON": (BODY, lambda text: strict.loads(text.encode())),
    "JSON text": (BODY, lambda text: strict.loads(orjson.dumps({"a": text}))),
    "Markdown": (TEXT, sanitize.from_markdown),
    "HTML": (TEXT, sanitize.from_html),
    "post": (TEXT, lambda text: post_from(post(text), now=NOW)),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("reader", READERS)
def test_dos_07_hostile_text_takes_no_longer(reader, piece):
    length, read = READERS[reader]
    text = piece * (length // len(piece.encode()))

    began = process_time()
    with suppress(FederationError, BadDocument):
        read(text)
        read(text + "\x00")

    assert process_time() - began < SECONDS
