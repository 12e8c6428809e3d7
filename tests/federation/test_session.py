"""The one outgoing client, where no attack is involved."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from federation.errors import Malformed, TooLarge, Unreachable, Unsupported
from federation.media_types import UNKNOWN, is_activity
from federation.session import Fetched, OutgoingLimits, OutgoingSettings, Session
from tests.hostile_peer import HostilePeer, Names, Reply, Signer, document, outgoing, redirect


@pytest.fixture
async def peer() -> AsyncIterator[HostilePeer]:
    async with HostilePeer() as peer:
        yield peer


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Session(outgoing()) as session:
        yield session


async def test_a_document_arrives_with_its_type_and_headers(
    peer: HostilePeer, session: Session
) -> None:
    headers = (("Content-Type", 'Application/LD+json; profile="x y"'), ("X-Thing", "1"))
    peer.tells(peer.url("good", "/x?a=%41+b"), Reply(headers=headers, body=b"{}"))

    fetched = await session.get(peer.url("GOOD", "/x?a=%41+b"), accept="text/x")

    assert isinstance(fetched, Fetched)
    assert (fetched.url, fetched.status) == (peer.url("good", "/x?a=%41+b"), 200)
    assert fetched.media_type.essence == "application/ld+json"
    assert fetched.media_type.profiles == {"x", "y"}
    assert fetched.headers["x-thing"] == "1"
    assert fetched.body == b"{}"


async def test_a_request_says_who_we_are_and_what_we_take(
    peer: HostilePeer, session: Session
) -> None:
    await session.get(peer.url("good", "/x"), accept="text/x")

    headers = peer.requests[0].headers
    assert headers["user-agent"] == "Commonlore (test)"
    assert headers["accept"] == "text/x"
    assert headers["accept-encoding"] == "gzip"
    assert headers["host"] == peer.authority("good")


async def test_a_signature_is_made_over_what_is_sent(
    peer: HostilePeer, session: Session
) -> None:
    signer = Signer()
    peer.tells(peer.url("good", "/a?x"), redirect("/b?y"))
    peer.publishes(peer.url("good", "/b?y"))

    fetched = await session.get(peer.url("good", "/a?x"), accept="text/x", sign=signer)

    assert fetched.url == peer.url("good", "/b?y")
    assert [request.target for request in peer.requests] == ["/a?x", "/b?y"]
    for asked, request in zip(signer.asked, peer.requests, strict=True):
        method, url, headers, body = asked
        assert (method, url, body) == ("GET", peer.url("good", request.target), None)
        assert headers["Host"] == request.headers["host"]
        assert request.headers["signature"] == f"for {url}"


@pytest.mark.parametrize("status", [204, 304, 400, 404, 410, 500, 503])
async def test_a_status_is_given_back_as_it_came(
    peer: HostilePeer, session: Session, status: int
) -> None:
    peer.tells(peer.url("good", "/x"), Reply(status=status))

    fetched = await session.get(peer.url("good", "/x"), accept="*/*")

    assert (fetched.status, fetched.body, fetched.media_type) == (status, b"", UNKNOWN)


async def test_the_body_of_a_failure_is_not_read(peer: HostilePeer, session: Session) -> None:
    endless = Reply(status=404, body=b"x" * 65_536, chunked=True, endless=True)
    peer.tells(peer.url("good", "/x"), endless)

    fetched = await session.get(peer.url("good", "/x"), accept="*/*", accept_types=is_activity)

    assert (fetched.status, fetched.body) == (404, b"")


async def test_the_type_is_judged_before_the_body(peer: HostilePeer, session: Session) -> None:
    headers = (("Content-Type", "text/html"),)
    endless = Reply(headers=headers, body=b"x" * 65_536, chunked=True, endless=True)
    peer.tells(peer.url("good", "/x"), endless)

    with pytest.raises(Unsupported, match="media type"):
        await session.get(peer.url("good", "/x"), accept="*/*", accept_types=is_activity)


async def test_two_types_are_no_type(peer: HostilePeer, session: Session) -> None:
    headers = (("Content-Type", "application/activity+json"), ("Content-Type", "text/html"))
    peer.tells(peer.url("good", "/x"), Reply(headers=headers))

    with pytest.raises(Unsupported, match="media type"):
        await session.get(peer.url("good", "/x"), accept="*/*", accept_types=is_activity)


async def test_a_limit_of_the_call_is_kept(peer: HostilePeer, session: Session) -> None:
    peer.tells(peer.url("good", "/x"), document({"a": 1}))

    assert (await session.get(peer.url("good", "/x"), accept="*/*", max_bytes=8)).body
    with pytest.raises(TooLarge):
        await session.get(peer.url("good", "/x"), accept="*/*", max_bytes=7)


async def test_a_post_carries_body_headers_and_signature(
    peer: HostilePeer, session: Session
) -> None:
    signer = Signer()
    peer.tells(peer.url("good", "/inbox"), Reply(status=202, body=b"taken"))

    answer = await session.post(
        peer.url("good", "/inbox"), body=b"{}", headers={"Content-Type": "text/x"}, sign=signer
    )

    assert (answer.status, answer.body) == (202, b"taken")
    [request] = peer.requests
    assert (request.method, request.body) == ("POST", b"{}")
    assert request.headers["content-type"] == "text/x"
    assert request.headers["signature"] == f"for {peer.url('good', '/inbox')}"
    assert signer.asked[0][3] == b"{}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_post_is_never_sent_on(
    peer: HostilePeer, session: Session, status: int
) -> None:
    peer.tells(peer.url("good", "/inbox"), redirect(peer.url("other", "/inbox"), status=status))

    answer = await session.post(peer.url("good", "/inbox"), body=b"{}", headers={})

    assert answer.status == status
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    ("reply", "length"),
    [
        (Reply(body=b"x" * 65_536, chunked=True, endless=True), 16_384),
        (Reply(body=b"x" * 65_536), 16_384),
        (Reply(body=b"x", headers=(("Content-Encoding", "gzip"),)), 0),
        (Reply(body=b""), 0),
    ],
)
async def test_the_answer_to_a_post_is_cut_at_the_limit(
    peer: HostilePeer, session: Session, reply: Reply, length: int
) -> None:
    peer.tells(peer.url("good", "/inbox"), reply)

    answer = await session.post(peer.url("good", "/inbox"), body=b"{}", headers={})

    assert len(answer.body) == length


async def test_a_peer_that_is_not_there_is_unreachable(session: Session) -> None:
    async with HostilePeer() as peer:
        url = peer.url("good", "/x")

    with pytest.raises(Unreachable, match="connection failed"):
        await session.get(url, accept="*/*")


async def test_a_name_that_nobody_knows_is_unreachable() -> None:
    async with Session(outgoing(networks=()), resolver=Names()) as session:
        with pytest.raises(Unreachable, match="connection failed"):
            await session.get("https://peer.example/", accept="*/*")


async def test_a_peer_that_speaks_no_http_is_unreachable(
    peer: HostilePeer, session: Session
) -> None:
    long_line = Reply(headers=(("X-Long", "x" * 20_000),))
    peer.tells(peer.url("good", "/x"), long_line)

    with pytest.raises(Unreachable, match="connection failed"):
        await session.get(peer.url("good", "/x"), accept="*/*")


async def test_a_failing_signer_is_not_mistaken_for_the_network(
    peer: HostilePeer, session: Session
) -> None:
    async def refuse(*_: object) -> dict[str, str]:
        raise LookupError

    with pytest.raises(LookupError):
        await session.get(peer.url("good", "/x"), accept="*/*", sign=refuse)

    assert peer.connections == 0


async def test_no_more_connections_to_one_host_than_the_limit(peer: HostilePeer) -> None:
    peer.tells(peer.url("good", "/x"), Reply(silent=True))
    limits = OutgoingLimits(per_host=2)

    async with Session(outgoing(limits=limits)) as session:
        asking = [
            asyncio.create_task(session.get(peer.url("good", "/x"), accept="*/*"))
            for _ in range(5)
        ]
        done, waiting = await asyncio.wait(asking, timeout=0.3)

        assert (len(done), len(waiting)) == (0, 5)
        assert peer.connections == 2
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)


async def test_names_under_localhost_are_never_asked_for(peer: HostilePeer) -> None:
    names = Names()
    async with Session(outgoing(), resolver=names) as session:
        for name in ("good", "deep.good.localhost", "localhost"):
            peer.publishes(peer.url(name, "/x"))
            assert (await session.get(peer.url(name, "/x"), accept="*/*")).status == 200

    assert names.asked == []


async def test_a_handle_is_asked_over_https_but_in_development() -> None:
    async with Session(outgoing(networks=())) as session:
        assert session.origin_for("Good.example") == "https://good.example"
        assert session.origin_for("good.localhost:8001") == "https://good.localhost:8001"
    async with Session(outgoing()) as session:
        assert session.origin_for("good.localhost:8001") == "http://good.localhost:8001"
        assert session.origin_for("127.0.0.1:8001") == "http://127.0.0.1:8001"
        assert session.origin_for("10.0.0.1:8001") == "https://10.0.0.1:8001"
        assert session.origin_for("good.example") == "https://good.example"
        with pytest.raises(Malformed):
            session.origin_for("good.example/x y")


async def test_a_handle_is_asked_over_https_in_development_behind_tls() -> None:
    settings = replace(outgoing(), development_scheme="https")

    async with Session(settings) as session:
        assert session.origin_for("good.localhost:8001") == "https://good.localhost:8001"
        assert session.origin_for("good.example") == "https://good.example"


async def test_plain_http_in_development_is_for_loopback_names_only() -> None:
    async with Session(outgoing()) as session:
        with pytest.raises(Malformed, match="scheme not https"):
            session.judge("http://good.example/")


def test_the_limits_are_those_of_the_design() -> None:
    limits = OutgoingSettings(user_agent="x").limits

    assert (limits.connect, limits.first_byte, limits.total) == (5, 10, 30)
    assert (limits.body, limits.redirects, limits.per_host) == (1_000_000, 3, 4)
