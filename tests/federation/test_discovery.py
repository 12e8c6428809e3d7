"""Handles, WebFinger, actors, NodeInfo."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.discovery import Handle, find_actor, nodeinfo, parse_handle, webfinger
from federation.errors import Gone, Malformed, Unsupported
from federation.session import Session
from tests.hostile_peer import HostilePeer, Signer, document, outgoing, redirect

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"


@pytest.fixture
async def peer() -> AsyncIterator[HostilePeer]:
    async with HostilePeer() as peer:
        yield peer


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Session(outgoing()) as session:
        yield session


@pytest.mark.parametrize(
    "text",
    [
        "roads@transport.example",
        "@roads@transport.example",
        "!roads@transport.example",
        "acct:roads@transport.example",
        "ACCT:roads@transport.example",
        "acct:@roads@transport.example",
        "  !roads@TRANSPORT.example.  ",
        "roads@transport.example:443",
    ],
)
def test_a_handle_is_known_in_every_dress(text: str) -> None:
    assert parse_handle(text) == Handle("roads", "transport.example")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a.b-c_d@h.localhost:8001", Handle("a.b-c_d", "h.localhost:8001")),
        ("Alice@bücher.example", Handle("Alice", "xn--bcher-kva.example")),
        ("https://h.example/@a", "https://h.example/@a"),
        (" HTTP://h.example/c/roads#about ", "HTTP://h.example/c/roads"),
    ],
)
def test_what_people_paste_is_a_handle_or_a_url(text: str, read: Handle | str) -> None:
    assert parse_handle(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "roads",
        "@roads",
        "!@transport.example",
        "@@transport.example",
        "roads@",
        "roads@@transport.example",
        "roads@a@transport.example",
        "roads@transport.example/x",
        "roads@transport.example?x",
        "roads@transport.example#x",
        "ro ads@transport.example",
        "roads@trans port.example",
        "r/../x@transport.example",
        "a&b@transport.example",
        ".roads@transport.example",
        "roads-@transport.example",
        "x" * 65 + "@transport.example",
        "roads@[::1",
        "ftp://h.example/",
        "https://user@h.example/",
        "https://h.example/" + "x" * 2048,
        "x" * 5000,
        "javascript:alert(1)",
    ],
)
def test_what_is_neither_is_nothing(text: str) -> None:
    assert parse_handle(text) is None


@given(st.text(max_size=60) | st.from_regex(r"[@!]?[a-z.]{1,5}@[a-z.:0-9]{1,9}"))
def test_any_handle_reads_back_as_itself(text: str) -> None:
    found = parse_handle(text)

    if isinstance(found, Handle):
        assert parse_handle(str(found)) == found


def test_names_are_compared_without_case_and_hosts_as_they_are() -> None:
    assert Handle("Alice", "h.example").is_same(Handle("alice", "h.example"))
    assert not Handle("alice", "h.example").is_same(Handle("alice", "h.example:8443"))


async def test_webfinger_asks_the_host_of_the_handle(
    peer: HostilePeer, session: Session
) -> None:
    handle = Handle("Alice", peer.authority("good"))
    peer.webfingers(str(handle), peer.url("good", "/alice"), subject=f"alice@{handle.host}")

    found = await webfinger(session, handle)

    assert found.self_link == peer.url("good", "/alice")
    assert found.subject == Handle("alice", peer.authority("good"))
    assert peer.requests[0].headers["accept"].startswith("application/jrd+json")


async def test_the_first_link_to_an_actor_counts(peer: HostilePeer, session: Session) -> None:
    handle = Handle("alice", peer.authority("good"))
    links: list[object] = [
        "nonsense",
        {"rel": "self"},
        {"rel": "self", "type": "text/html", "href": peer.url("good", "/page")},
        {"rel": "alternate", "type": "application/activity+json", "href": "x"},
        {"rel": "self", "type": "application/activity+json", "href": {"x": 1}},
        {"rel": "self", "type": "APPLICATION/activity+json", "href": peer.url("good", "/1")},
        {"rel": "self", "type": "application/activity+json", "href": peer.url("good", "/2")},
    ]
    answer = document({"subject": str(handle), "links": links}, content_type="application/json")
    peer.tells(peer.url("good", f"/.well-known/webfinger?resource=acct:{handle}"), answer)

    assert (await webfinger(session, handle)).self_link == peer.url("good", "/1")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({}, "webfinger-subject"),
        ({"subject": 1}, "webfinger-subject"),
        ({"subject": "https://good.localhost/alice"}, "webfinger-subject"),
        ({"subject": "acct:a@b.example"}, "webfinger-no-actor"),
        ({"subject": "acct:a@b.example", "links": {}}, "webfinger-no-actor"),
        ({"subject": "acct:a@b.example", "links": [[]] * 100}, "webfinger-no-actor"),
    ],
)
async def test_an_answer_that_names_no_actor_is_refused(
    peer: HostilePeer, session: Session, answer: dict[str, object], reason: str
) -> None:
    handle = Handle("alice", peer.authority("good"))
    reply = document(answer, content_type="application/jrd+json")
    peer.tells(peer.url("good", f"/.well-known/webfinger?resource=acct:{handle}"), reply)

    with pytest.raises(Malformed) as refused:
        await webfinger(session, handle)

    assert refused.value.reason == reason


async def test_a_handle_that_nobody_has_is_gone(peer: HostilePeer, session: Session) -> None:
    with pytest.raises(Gone) as refused:
        await find_actor(session, Handle("nobody", peer.authority("good")), sign=None)

    assert refused.value.status == 404


async def test_an_actor_is_found_by_handle_and_by_url(
    peer: HostilePeer, session: Session
) -> None:
    url, signer = peer.url("good", "/c/roads"), Signer()
    handle = Handle("roads", peer.authority("good"))
    peer.publishes(url, type="Group", preferredUsername="roads")
    peer.webfingers(str(handle), url)

    by_handle = await find_actor(session, handle, sign=signer)
    by_url = await find_actor(session, url, sign=signer)

    assert by_handle == by_url
    assert by_handle[0]["id"] == url
    assert by_handle[1] == handle
    assert [asked[1] for asked in signer.asked] == [url, url]


async def test_the_document_may_name_its_handle(peer: HostilePeer, session: Session) -> None:
    url = peer.url("actors", "/7")
    handle = Handle("roads", peer.authority("good"))
    peer.publishes(url, type="Group", preferredUsername="x", webfinger=f"acct:{handle}")
    peer.webfingers(str(handle), url)

    assert (await find_actor(session, url, sign=None))[1] == handle


@pytest.mark.parametrize("name", [None, 7, "no name", "", "nobody"])
async def test_an_actor_without_a_handle_is_still_an_actor(
    peer: HostilePeer, session: Session, name: object
) -> None:
    url = peer.url("good", "/7")
    peer.publishes(url, type="Service", preferredUsername=name)

    assert await find_actor(session, url, sign=None) == (
        {"id": url, "type": "Service", "preferredUsername": name},
        None,
    )


async def test_a_preferred_handle_that_does_not_answer_is_not_confirmed(
    peer: HostilePeer, session: Session
) -> None:
    url = peer.url("good", "/alice")
    handle = Handle("alice", peer.authority("good"))
    peer.publishes(url, type="Person", preferredUsername="alice")
    peer.webfingers(str(handle), url, subject=f"alice@{peer.authority('silent')}")

    assert (await find_actor(session, handle, sign=None))[1] is None


@pytest.mark.parametrize("kind", ["Note", None, ["Person"], "person"])
async def test_what_is_no_actor_is_refused(
    peer: HostilePeer, session: Session, kind: object
) -> None:
    peer.publishes(peer.url("good", "/x"), type=kind)

    with pytest.raises(Malformed, match="document not an actor"):
        await find_actor(session, peer.url("good", "/x"), sign=None)


async def test_nodeinfo_tells_the_program_behind_an_origin(
    peer: HostilePeer, session: Session
) -> None:
    old, new = peer.url("good", "/n/2.0"), peer.url("good", "/n/2.1")
    _index(
        peer, [7, {"rel": SCHEMA + "2.0", "href": old}, {"rel": SCHEMA + "2.1", "href": new}]
    )
    content = {
        "software": {"name": "Lemmy", "version": "0.19" + "x" * 500},
        "protocols": ["activitypub", 7, "no protocol", *["x"] * 99, "zot"],
        "openRegistrations": True,
        "metadata": {"nodeName": "The Good House"},
    }
    profile = 'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"'
    peer.tells(new, document(content, content_type=profile))

    found = await nodeinfo(session, peer.url("GOOD", "/any/page"))

    assert (found.software, len(found.version)) == ("lemmy", 128)
    assert found.protocols == {"activitypub", "x"}
    assert found.open_registrations is True
    assert found.name == "The Good House"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"software": "lemmy"},
        {"software": {"name": "lemmy"}},
        {"software": {"name": "lemmy", "version": 1}},
        {"software": {"name": "le mmy", "version": "1"}},
        {"software": {"name": "x" * 65, "version": "1"}},
        {"software": {"name": "lemmy", "version": "1\n2"}},
    ],
)
async def test_a_nodeinfo_without_a_program_is_refused(
    peer: HostilePeer, session: Session, content: dict[str, object]
) -> None:
    link = peer.url("good", "/n")
    _index(peer, [{"rel": SCHEMA + "2.0", "href": link}])
    peer.tells(link, document(content, content_type="application/json"))

    with pytest.raises(Malformed, match="nodeinfo software"):
        await nodeinfo(session, peer.url("good"))


async def test_a_nodeinfo_may_leave_out_the_rest(peer: HostilePeer, session: Session) -> None:
    link = peer.url("good", "/n")
    _index(peer, [{"rel": SCHEMA + "2.0", "href": link}])
    content = {"software": {"name": "x", "version": ""}, "openRegistrations": "yes"}
    peer.tells(link, document(content, content_type="application/json"))

    found = await nodeinfo(session, peer.url("good"))

    assert (found.protocols, found.open_registrations) == (frozenset(), False)


@pytest.mark.parametrize("links", [None, {}, [], [{"rel": SCHEMA + "1.0", "href": "x"}]])
async def test_an_index_without_a_link_we_know_is_refused(
    peer: HostilePeer, session: Session, links: object
) -> None:
    _index(peer, links)

    with pytest.raises(Malformed, match="nodeinfo link"):
        await nodeinfo(session, peer.url("good"))


async def test_a_nodeinfo_that_moves_to_another_origin_is_refused(
    peer: HostilePeer, session: Session
) -> None:
    there = peer.url("other", "/.well-known/nodeinfo")
    peer.tells(there, document({"links": []}, content_type="application/json"))
    peer.tells(peer.url("good", "/.well-known/nodeinfo"), redirect(there))

    with pytest.raises(Malformed, match="nodeinfo moved"):
        await nodeinfo(session, peer.url("good"))


async def test_a_page_is_no_nodeinfo(peer: HostilePeer, session: Session) -> None:
    page = document({}, content_type="text/html")
    peer.tells(peer.url("good", "/.well-known/nodeinfo"), page)

    with pytest.raises(Unsupported):
        await nodeinfo(session, peer.url("good"))


def _index(peer: HostilePeer, links: object) -> None:
    reply = document({"links": links}, content_type="application/json")
    peer.tells(peer.url("good", "/.well-known/nodeinfo"), reply)
