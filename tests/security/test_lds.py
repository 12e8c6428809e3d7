"""LDS rows of security.md that can be shown on a document alone."""

from datetime import UTC, datetime

import pytest

from federation.errors import Malformed
from federation.translate import incoming
from schemas.wire.strict import BadJson, loads

NOW = datetime(2026, 9, 1, tzinfo=UTC)
LIKE = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": "https://health.example/activities/1",
    "type": "Like",
    "actor": "https://health.example/@alice",
    "object": "https://lands.example/p/2",
}
SIGNED = {"signature": {"type": "RsaSignature2017", "signatureValue": "eA=="}}


def test_lds_01_a_linked_data_signature_is_not_honoured():
    with_signature = incoming.activity_from(LIKE | SIGNED)

    assert with_signature == incoming.activity_from(LIKE)
    assert not hasattr(with_signature, "signature")


@pytest.mark.parametrize(
    "spelling", ["as:actor", "https://www.w3.org/ns/activitystreams#actor"]
)
def test_lds_02_a_property_has_one_spelling(spelling):
    document = {key: value for key, value in LIKE.items() if key != "actor"}

    with pytest.raises(Malformed, match="actor missing"):
        incoming.activity_from(document | {spelling: LIKE["actor"]} | SIGNED)


@pytest.mark.parametrize("keyword", [b"@graph", b"@included", b"@reverse"])
@pytest.mark.parametrize("depth", [0, 1, 20])
def test_lds_03_restructuring_is_refused_at_any_depth(keyword, depth):
    body = b'{"a":[' * depth + b'{"' + keyword + b'":[]}' + b"]}" * depth

    with pytest.raises(BadJson) as caught:
        loads(body)

    assert caught.value.reason == "json-ld-restructuring"


@pytest.mark.parametrize(
    "inline",
    [{"actor": "as:object"}, {"@vocab": "https://evil.example/"}, {"who": "@id"}],
)
def test_lds_04_contexts_are_never_applied_to_what_we_read(inline):
    document = LIKE | {"@context": ["https://evil.example/context", inline]}

    found = incoming.activity_from(document | {"who": "https://evil.example/"})

    assert found == incoming.activity_from(LIKE)


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"https://a.example/","id":"https://b.example/"}',
        b'{"object":{"id":"https://a.example/","id":"https://b.example/"}}',
        b'{"a":[{"to":[],"t\\u006f":[]}]}',
    ],
)
def test_lds_07_a_key_given_twice_is_refused(body):
    with pytest.raises(BadJson) as caught:
        loads(body)

    assert caught.value.reason == "duplicate-key"


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\u0000"}',
        b'{"a":' + b"9" * 4301 + b"}",
    ],
)
def test_lds_08_numbers_and_texts_that_nobody_can_store_are_refused(body):
    with pytest.raises(BadJson):
        loads(body)
