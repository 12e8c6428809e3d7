"""Documents whose id we trust."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from federation.errors import (
    FederationError,
    Forbidden,
    Gone,
    Malformed,
    Unreachable,
    Unsupported,
)
from federation.fetch import fetch_again, fetch_document
from federation.session import Session
from tests.hostile_peer import ACTIVITY_JSON, HostilePeer, Reply, Signer, document, outgoing


@pytest.fixture
async def peer() -> AsyncIterator[HostilePeer]:
    async with HostilePeer() as peer:
        yield peer


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Session(outgoing()) as session:
        yield session


async def test_a_document_is_asked_for_as_activitypub_and_signed(
    peer: HostilePeer, session: Session
) -> None:
    peer.publishes(peer.url("good", "/p/1"), type="Note")

    found = await fetch_document(session, peer.url("good", "/p/1"), sign=Signer())

    assert found == {"id": peer.url("good", "/p/1"), "type": "Note"}
    headers = peer.requests[0].headers
    assert "signature" in headers
    assert headers["accept"] == (
        "application/activity+json, "
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
    )


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (400, Malformed, "status-at-origin"),
        (401, Forbidden, "refused-at-origin"),
        (403, Forbidden, "refused-at-origin"),
        (404, Gone, "gone-at-origin"),
        (406, Unsupported, "media-type-at-origin"),
        (408, Unreachable, "busy-at-origin"),
        (410, Gone, "gone-at-origin"),
        (418, Malformed, "status-at-origin"),
        (429, Unreachable, "busy-at-origin"),
        (451, Forbidden, "refused-at-origin"),
        (500, Unreachable, "failing-at-origin"),
        (503, Unreachable, "failing-at-origin"),
        (304, Malformed, "status-at-origin"),
    ],
)
async def test_a_status_says_what_the_caller_should_do(
    peer: HostilePeer,
    session: Session,
    status: int,
    kind: type[FederationError],
    reason: str,
) -> None:
    peer.tells(peer.url("good", "/p/1"), Reply(status=status))

    with pytest.raises(kind) as refused:
        await fetch_document(session, peer.url("good", "/p/1"), sign=None)

    assert refused.value.reason == reason
    if isinstance(refused.value, Gone):
        assert refused.value.status == status


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("99999999999", 604_800.0),
        ("9" * 5000, 604_800.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-1", None),
        ("1.5", None),
        ("\u00b2", None),
        ("", None),
    ],
)
async def test_a_peer_may_say_how_long_to_wait(
    peer: HostilePeer, session: Session, value: str, seconds: float | None
) -> None:
    peer.tells(peer.url("good", "/p/1"), Reply(status=429, headers=(("Retry-After", value),)))

    with pytest.raises(Unreachable) as refused:
        await fetch_document(session, peer.url("good", "/p/1"), sign=None)

    assert refused.value.retry_after == seconds


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", "json-malformed"),
        (b'{"id":1,"id":2}', "duplicate-key"),
        (b"[]", "json-not-an-object"),
        (b"{}", "document-id-missing"),
        (b'{"id":null}', "document-id-missing"),
        (b'{"id":["https://good.localhost/"]}', "document-id-missing"),
        (b'{"@id":"https://good.localhost/"}', "document-id-missing"),
        (b'{"id":"acct:x@good.localhost"}', "uri-shape"),
        (b'{"id":""}', "uri-shape"),
    ],
)
async def test_a_body_that_cannot_be_trusted_is_refused(
    peer: HostilePeer, session: Session, body: bytes, reason: str
) -> None:
    reply = Reply(headers=(("Content-Type", ACTIVITY_JSON),), body=body)
    peer.tells(peer.url("good", "/p/1"), reply)

    with pytest.raises(Malformed) as refused:
        await fetch_document(session, peer.url("good", "/p/1"), sign=None)

    assert refused.value.reason == reason
    assert len(peer.requests) == 1


def tagged(reply: Reply, tag: str) -> Reply:
    return replace(reply, headers=(*reply.headers, ("ETag", tag)))


async def test_what_has_not_changed_is_not_sent_again(
    peer: HostilePeer, session: Session
) -> None:
    url = peer.url("good", "/page")
    peer.tells(url, tagged(document({"id": url}), 'W/"one"'), Reply(status=304))

    first = await fetch_again(session, url, sign=Signer(), tag="")
    again = await fetch_again(session, url, sign=Signer(), tag=first[1])

    assert (first, again) == (({"id": url}, 'W/"one"'), (None, 'W/"one"'))
    asked = [each.headers.get("if-none-match") for each in peer.requests]
    assert asked == [None, 'W/"one"']


@pytest.mark.parametrize("tag", ["one", '"a b"', '"' + "a" * 200 + '"', ""])
async def test_a_tag_that_is_none_is_not_kept(
    peer: HostilePeer, session: Session, tag: str
) -> None:
    url = peer.url("good", "/page")
    peer.tells(url, tagged(document({"id": url}), tag))

    assert await fetch_again(session, url, sign=None, tag="") == ({"id": url}, "")


async def test_a_document_of_another_place_is_asked_for_there_and_has_no_tag(
    peer: HostilePeer, session: Session
) -> None:
    url, home = peer.url("good", "/page"), peer.url("good", "/home")
    peer.tells(url, tagged(document({"id": home}), '"one"'))
    peer.publishes(home)

    assert await fetch_again(session, url, sign=None, tag="") == ({"id": home}, "")


async def test_nothing_is_unchanged_of_which_we_have_nothing(
    peer: HostilePeer, session: Session
) -> None:
    url = peer.url("good", "/page")
    peer.tells(url, Reply(status=304))

    with pytest.raises(Malformed):
        await fetch_again(session, url, sign=None, tag="")
