"""ORI: origin, identity and ownership of objects (security.md 1.2)."""

from collections.abc import AsyncIterator

import pytest

from federation.discovery import Handle, find_actor
from federation.errors import FederationError, Malformed, Unsupported
from federation.fetch import fetch_document
from federation.session import Session
from tests.hostile_peer import HostilePeer, document, outgoing, redirect


@pytest.fixture
async def peer() -> AsyncIterator[HostilePeer]:
    async with HostilePeer() as peer:
        yield peer


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Session(outgoing()) as session:
        yield session


async def test_ori_01_a_document_that_claims_another_id(
    peer: HostilePeer, session: Session
) -> None:
    good = peer.url("good", "/alice")
    peer.publishes(good, type="Person", name="the real one")
    peer.publishes(peer.url("evil", "/x"), id=good, type="Person", name="a fake")

    found = await fetch_document(session, peer.url("evil", "/x"), sign=None)

    assert found["name"] == "the real one"
    assert [request.host for request in peer.requests] == [
        peer.authority("evil"),
        peer.authority("good"),
    ]


@pytest.mark.parametrize(
    "path", ["/missing", "/alice/", "/alice?x", "/alice#x", "/ALICE", "/%61lice", "/./alice"]
)
async def test_ori_01_one_refetch_and_exact_equality(
    peer: HostilePeer, session: Session, path: str
) -> None:
    claimed = peer.url("good", path)
    peer.publishes(peer.url("evil", "/x"), id=claimed)
    for each in ("/alice/", "/alice?x", "/ALICE", "/%61lice", "/./alice"):
        peer.publishes(peer.url("good", each), id=peer.url("good", "/alice"))
    peer.publishes(peer.url("good", "/alice"))

    with pytest.raises(FederationError):
        await fetch_document(session, peer.url("evil", "/x"), sign=None)

    assert len(peer.requests) <= 2


@pytest.mark.parametrize("spelt", ["http://GOOD.localhost", "http://good.localhost."])
async def test_ori_01_an_id_has_the_canonical_spelling_of_its_origin(
    peer: HostilePeer, session: Session, spelt: str
) -> None:
    claimed = f"{spelt}:{peer.port}/alice"
    peer.publishes(peer.url("good", "/alice"), id=claimed)

    with pytest.raises(Malformed):
        await fetch_document(session, peer.url("good", "/alice"), sign=None)


async def test_ori_02_the_final_url_decides(peer: HostilePeer, session: Session) -> None:
    good, evil = peer.url("good", "/alice"), peer.url("evil", "/alice")
    peer.tells(good, redirect(evil))
    peer.publishes(evil, id=good)

    with pytest.raises(Malformed, match="document id mismatch"):
        await fetch_document(session, good, sign=None)


async def test_ori_02_an_honest_redirect_is_followed(
    peer: HostilePeer, session: Session
) -> None:
    peer.tells(peer.url("good", "/old"), redirect(peer.url("new", "/alice")))
    peer.publishes(peer.url("new", "/alice"))

    found = await fetch_document(session, peer.url("good", "/old"), sign=None)

    assert found["id"] == peer.url("new", "/alice")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/html",
        "application/json",
        "application/ld+json",
        'application/ld+json; profile="https://example.org/"',
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams/x"',
        "application/octet-stream",
        "application/activity+json, text/html",
        "application/activity+jsonx",
        "",
        None,
    ],
)
async def test_ori_03_types_that_are_not_activitypub(
    peer: HostilePeer, session: Session, content_type: str | None
) -> None:
    url = peer.url("good", "/alice")
    peer.tells(url, document({"id": url}, content_type=content_type))

    with pytest.raises(Unsupported, match="media type"):
        await fetch_document(session, url, sign=None)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        "APPLICATION/Activity+JSON",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/LD+JSON;PROFILE="https://www.w3.org/ns/activitystreams";charset=utf-8',
        'application/ld+json; profile="https://x.example/ https://www.w3.org/ns/activitystreams"',
        "application/ld+json; profile=https://www.w3.org/ns/activitystreams",
    ],
)
async def test_ori_03_types_that_are_activitypub(
    peer: HostilePeer, session: Session, content_type: str
) -> None:
    url = peer.url("good", "/alice")
    peer.tells(url, document({"id": url}, content_type=content_type))

    assert await fetch_document(session, url, sign=None) == {"id": url}


async def test_ori_14_a_handle_that_its_host_does_not_confirm(
    peer: HostilePeer, session: Session
) -> None:
    evil, good = peer.url("evil", "/mallory"), peer.url("good", "/alice")
    peer.publishes(evil, type="Person", preferredUsername="alice")
    evil_handle = Handle("alice", peer.authority("evil"))
    good_handle = Handle("alice", peer.authority("good"))
    peer.webfingers(str(evil_handle), evil, subject=str(good_handle))
    peer.webfingers(str(good_handle), good)

    assert (await find_actor(session, evil, sign=None))[1] is None
    assert (await find_actor(session, evil_handle, sign=None))[1] is None


async def test_ori_14_a_handle_named_in_the_document_is_not_believed_either(
    peer: HostilePeer, session: Session
) -> None:
    evil, good = peer.url("evil", "/mallory"), peer.url("good", "/alice")
    good_handle = Handle("alice", peer.authority("good"))
    peer.publishes(evil, type="Person", preferredUsername="m", webfinger=str(good_handle))
    peer.webfingers(str(good_handle), good)

    assert (await find_actor(session, evil, sign=None))[1] is None


async def test_ori_14_a_handle_whose_link_ends_elsewhere_is_not_confirmed(
    peer: HostilePeer, session: Session
) -> None:
    handle = Handle("alice", peer.authority("good"))
    peer.webfingers(str(handle), peer.url("good", "/old"))
    peer.tells(peer.url("good", "/old"), redirect(peer.url("evil", "/alice")))
    peer.publishes(peer.url("evil", "/alice"), type="Person", preferredUsername="alice")

    found, confirmed = await find_actor(session, handle, sign=None)

    assert found["id"] == peer.url("evil", "/alice")
    assert confirmed is None


async def test_ori_14_a_handle_that_leads_there_and_back_is_confirmed(
    peer: HostilePeer, session: Session
) -> None:
    url = peer.url("actors", "/alice")
    inner = Handle("alice", peer.authority("actors"))
    outer = Handle("alice", peer.authority("agency"))
    peer.publishes(url, type="Person", preferredUsername="alice")
    peer.webfingers(str(inner), url, subject=str(outer))
    peer.webfingers(str(outer), url)

    for asked in (url, inner, outer):
        assert (await find_actor(session, asked, sign=None))[1] == outer
