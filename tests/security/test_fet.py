"""FET: server-side request forgery and outbound fetching (security.md 1.5)."""

import ast
import gzip
import logging
import socket
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from federation.addresses import is_public
from federation.destinations import AddressRefusedError, Destinations
from federation.discovery import Handle, nodeinfo, webfinger
from federation.errors import (
    FederationError,
    Forbidden,
    Malformed,
    TooLarge,
    Unreachable,
    Unsupported,
)
from federation.fetch import fetch_document
from federation.session import OutgoingLimits, OutgoingSettings, Session
from tests.hostile_peer import (
    ACTIVITY_JSON,
    HASTY,
    HostilePeer,
    Names,
    PrivateAuthority,
    Reply,
    Signer,
    SilentNames,
    document,
    outgoing,
    redirect,
    zipped,
)

ROOT = Path(__file__).parents[2]
PUBLIC = "93.184.216.34"
TYPED = (("Content-Type", ACTIVITY_JSON),)
PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "::1",
    "fe80::1",
    "fc00::1",
    "fdff::1",
]
SPECIAL_V4 = [
    "0.0.0.0",  # noqa: S104 - an address to refuse, not one to bind
    "0.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
]
WRAPPED = [
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "::",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2606:4700::5efe:127.0.0.1",
    "2606:4700::200:5efe:10.0.0.1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "2620:4f:8000::1",
    "3fff::1",
    "5f00::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
]


@pytest.fixture
async def peer() -> AsyncIterator[HostilePeer]:
    async with HostilePeer() as peer:
        yield peer


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Session(outgoing()) as session:
        yield session


@pytest.fixture
def authority(tmp_path: Path) -> PrivateAuthority:
    return PrivateAuthority(tmp_path)


def _literal(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize("address", PRIVATE)
async def test_fet_01_private_addresses(address: str) -> None:
    assert not is_public(address)

    async with Session(
        outgoing(networks=()), resolver=Names(peer__example=[address])
    ) as session:
        for host in (_literal(address), "peer.example"):
            with pytest.raises(Forbidden) as refused:
                await session.get(f"https://{host}/", accept="*/*")
            assert refused.value.reason == "address-not-public"


async def test_fet_01_nothing_is_dialled(peer: HostilePeer) -> None:
    settings = OutgoingSettings(user_agent="test", ports=frozenset({443, peer.port}))
    async with Session(settings, resolver=Names(peer__example=["127.0.0.1"])) as session:
        for host in ("127.0.0.1", "peer.example", "good.localhost"):
            with pytest.raises(Forbidden):
                await session.get(f"https://{host}:{peer.port}/", accept="*/*")
            with pytest.raises(Forbidden):
                await session.post(f"https://{host}:{peer.port}/", body=b"", headers={})

    assert peer.connections == 0


@pytest.mark.parametrize("address", SPECIAL_V4)
async def test_fet_02_special_use_ipv4(address: str) -> None:
    async with Session(outgoing(networks=())) as session:
        with pytest.raises(Forbidden, match="address not public"):
            await session.get(f"https://{address}/", accept="*/*")


@pytest.mark.parametrize("address", WRAPPED)
async def test_fet_03_ipv4_inside_ipv6(address: str) -> None:
    assert not is_public(address)

    async with Session(outgoing(networks=())) as session:
        with pytest.raises((Forbidden, Malformed)):
            await session.get(f"https://[{address}]/", accept="*/*")


@pytest.mark.parametrize("address", ["1.1.1.1", "172.32.0.1", "2606:4700::1111"])
def test_fet_03_the_predicate_is_not_just_no(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "records",
    [
        [PUBLIC, "10.0.0.1"],
        ["2606:4700::1111", "::1"],
        ["fd00::1", PUBLIC],
        [PUBLIC, "no address"],
    ],
)
async def test_fet_04_mixed_records_refuse_the_whole_name(records: list[str]) -> None:
    async with Session(outgoing(networks=()), resolver=Names(peer__example=records)) as session:
        with pytest.raises(Forbidden, match="address not public"):
            await session.get("https://peer.example/", accept="*/*")


async def test_fet_04_a_name_that_moves_is_judged_again(authority: PrivateAuthority) -> None:
    names = Names(peer__example=["127.0.0.1"])
    settings = outgoing(networks=("127.0.0.1/32",), ca_bundle=authority.bundle)
    async with HostilePeer(tls=authority.vouch("peer.example")) as peer:
        peer.tells(peer.url("peer.example", "/x"), document({}))
        url = peer.url("peer.example", "/x")
        async with Session(settings, resolver=names) as session:
            assert (await session.get(url, accept="*/*")).status == 200
        names.records["peer.example"] = ["127.0.0.2"]

        async with Session(settings, resolver=names) as session:
            with pytest.raises(Forbidden, match="address not public"):
                await session.get(url, accept="*/*")

        assert peer.connections == 1


@pytest.mark.parametrize("address", ["127.0.0.2", "10.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_fet_04_the_exact_address_dialled_is_judged(address: str) -> None:
    destinations = Destinations(("127.0.0.1/32",), frozenset({443}))
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    info = (family, socket.SOCK_STREAM, 0, "", (address, 443))

    with pytest.raises(AddressRefusedError):
        destinations.open_socket(info)
    with pytest.raises(AddressRefusedError):
        destinations.open_plain_socket(info)


def test_fet_04_plain_http_never_goes_to_the_public_internet() -> None:
    destinations = Destinations(("127.0.0.1/32",), frozenset({443}))
    info = (socket.AF_INET, socket.SOCK_STREAM, 0, "", (PUBLIC, 80))

    destinations.open_socket(info).close()
    with pytest.raises(AddressRefusedError):
        destinations.open_plain_socket(info)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:10.0.0.1]/x",
        "https://93.184.216.34/x",
        "http://peer.example/x",
        "file:///etc/passwd",
        "gopher://good.localhost/",
        "data:application/activity+json,{}",
        "//10.0.0.1/x",
        "https://user@good.localhost/",
        "https://good.localhost\\@evil/",
        "https://[::1",
        "http://2130706433/",
        None,
        "",
        "/a b",
        "/a\tb",
        "/\u00e9",
    ],
)
async def test_fet_05_redirects_are_judged_at_every_hop(
    peer: HostilePeer, session: Session, location: str | None, status: int
) -> None:
    peer.tells(peer.url("good", "/x"), redirect(location, status=status))

    with pytest.raises((Malformed, Forbidden)):
        await session.get(peer.url("good", "/x"), accept="*/*")

    assert len(peer.requests) == 1


async def test_fet_05_from_https_never_to_http(
    peer: HostilePeer, authority: PrivateAuthority
) -> None:
    async with HostilePeer(tls=authority.vouch("good.localhost")) as safe:
        safe.tells(safe.url("good", "/x"), redirect(peer.url("good", "/x")))

        async with Session(outgoing(ca_bundle=authority.bundle)) as session:
            with pytest.raises(Malformed, match="redirect to plain http"):
                await session.get(safe.url("good", "/x"), accept="*/*")

    assert peer.connections == 0


async def test_fet_05_three_hops_and_no_more(peer: HostilePeer, session: Session) -> None:
    for hop in range(5):
        peer.tells(peer.url("good", f"/{hop}"), redirect(f"/{hop + 1}"))
    peer.publishes(peer.url("good", "/5"))

    arrived = await session.get(peer.url("good", "/2"), accept="*/*")
    with pytest.raises(Malformed, match="redirects too many"):
        await session.get(peer.url("good", "/1"), accept="*/*")

    assert arrived.url == peer.url("good", "/5")
    assert [request.target for request in peer.requests[4:]] == ["/1", "/2", "/3", "/4"]


async def test_fet_05_loops(peer: HostilePeer, session: Session) -> None:
    peer.tells(peer.url("good", "/a"), redirect(peer.url("other", "/b")))
    peer.tells(peer.url("other", "/b"), redirect(peer.url("good", "/a#again")))

    with pytest.raises(Malformed, match="redirect loop"):
        await session.get(peer.url("good", "/a"), accept="*/*")

    assert len(peer.requests) == 2


@pytest.mark.parametrize(
    "link",
    [
        "https://10.0.0.1/@a",
        "https://[::1]/@a",
        "https://169.254.169.254/",
        "http://peer.example/@a",
        "data:application/activity+json,{}",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "/@a",
        "",
    ],
)
async def test_fet_06_second_hop_links(peer: HostilePeer, session: Session, link: str) -> None:
    handle = f"alice@{peer.authority('good')}"
    peer.webfingers(handle, link)
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.1"
    index = {"links": [{"rel": rel, "href": link}]}
    answer = document(index, content_type="application/json")
    peer.tells(peer.url("good", "/.well-known/nodeinfo"), answer)

    with pytest.raises((Malformed, Forbidden)):
        await webfinger(session, Handle("alice", peer.authority("good")))
    with pytest.raises((Malformed, Forbidden)):
        await nodeinfo(session, peer.url("good"))

    assert len(peer.requests) == 2


async def test_fet_06_nodeinfo_stays_on_its_origin(peer: HostilePeer, session: Session) -> None:
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.1"
    index = {"links": [{"rel": rel, "href": peer.url("other", "/nodeinfo")}]}
    answer = document(index, content_type="application/json")
    peer.tells(peer.url("good", "/.well-known/nodeinfo"), answer)

    with pytest.raises(Malformed, match="nodeinfo link"):
        await nodeinfo(session, peer.url("good"))

    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://user@peer.example/",
        "https://user:word@peer.example/",
        "https://@peer.example/",
        "https://peer.example:22/",
        "https://peer.example:8443/",
        "https://peer.example:0/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://017700000001/",
        "https://127.1/",
        "https://[::]/",
        "https://93.184.216.34/",
        "https://peer.example./",
        "https://peer%00.example/",
        "https://peer%2eexample/",
        "https://peer.example\\@evil.example/",
        "https://peer\t.example/",
        "https://peer.example/\n",
        "https://peer/",
        "https://localhost/",
        "https://a.localhost/",
        "https://printer.local/",
        "https://db.internal/",
        "https://hidden.onion/",
        "https://router.home.arpa/",
        "https://nas.lan/",
        "https://peer.example/#x",
        "http://peer.example/",
        "ftp://peer.example/",
        "file:///etc/passwd",
        "https:/peer.example/",
        "peer.example",
        "",
    ],
)
async def test_fet_07_url_shapes(url: str) -> None:
    names = Names(peer__example=[PUBLIC])
    async with Session(outgoing(networks=()), resolver=names) as session:
        with pytest.raises((Malformed, Forbidden)):
            await session.get(url, accept="*/*")
        with pytest.raises((Malformed, Forbidden)):
            await session.post(url, body=b"{}", headers={})

    assert names.asked == []


async def test_fet_07_ports_that_the_operator_named_are_allowed() -> None:
    settings = OutgoingSettings(user_agent="test", ports=frozenset({443, 8443}))
    async with Session(settings) as session:
        for port in ("", ":443", ":8443"):
            assert session.judge(f"https://peer.example{port}/").host == "peer.example"


async def test_fet_08_a_key_id_tells_nothing_about_what_listens(peer: HostilePeer) -> None:
    # The rate limit of the row is the server's; that nothing shows is decided here.
    settings = OutgoingSettings(user_agent="test", ports=frozenset({443, peer.port, 9}))
    outcomes = set()
    async with Session(settings) as session:
        for port in (peer.port, 9):
            with pytest.raises(FederationError) as refused:
                await fetch_document(session, f"https://127.0.0.1:{port}/key", sign=Signer())
            outcomes.add((type(refused.value), refused.value.reason, refused.value.sentence))

    assert len(outcomes) == 1
    assert peer.connections == 0


def test_fet_09_every_fetcher_uses_one_guard() -> None:
    found = {
        f"{file.relative_to(ROOT)}: {spelt}"
        for package in ("schemas", "federation", "moderation", "server")
        for file in (ROOT / package).rglob("*.py")
        for spelt in _clients_in(file.read_text())
    }

    assert {use for use in found if not use.startswith("federation/session.py")} == set()
    assert found, "the lint sees the one client that there is"


@pytest.mark.parametrize(
    "code",
    [
        "aiohttp.ClientSession()",
        "from aiohttp import ClientSession",
        "aiohttp.request('GET', '')",
        "from aiohttp import request",
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import http.client",
        "from http import client",
        "from http.client import HTTPSConnection",
        "import socket\nsocket.create_connection(())",
        "from socket import create_connection",
        "import requests",
        "import httpx",
        "asyncio.open_connection()",
        "loop.create_connection()",
    ],
)
def test_fet_09_the_lint_finds_a_second_client(code: str) -> None:
    assert _clients_in(code)


def _clients_in(code: str) -> set[str]:
    """Names of HTTP clients and of dials in a module, however they are imported."""
    used: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Import(names=names):
                used |= {name.name for name in names}
            case ast.ImportFrom(module=str(module), names=names):
                used |= {module, *(f"{module}.{name.name}" for name in names)}
            case ast.Attribute(attr=attr):
                # `requests` is a library where it is imported, and a noun everywhere else.
                used |= {attr, ast.unparse(node)} - {"requests"}
    forbidden = {
        "ClientSession",
        "aiohttp.ClientSession",
        "aiohttp.client",
        "aiohttp.request",
        "create_connection",
        "http.client",
        "httpx",
        "open_connection",
        "requests",
        "socket.create_connection",
        "urllib.request",
        "urllib3",
    }
    return used & forbidden


@pytest.mark.parametrize(
    "reply",
    [
        Reply(silent=True),
        Reply(headers=TYPED, body=b"x" * 10_000, seconds_per_byte=0.02),
        Reply(headers=TYPED, body=b"x", length=10, hangs=True),
        Reply(headers=TYPED, body=b"x", chunked=True, endless=True, seconds_per_byte=0.02),
    ],
    ids=["silent", "drip", "hangs", "endless"],
)
async def test_fet_11_slow_answers(peer: HostilePeer, reply: Reply) -> None:
    peer.tells(peer.url("good", "/slow"), reply)

    async with Session(outgoing(limits=HASTY)) as session:
        with pytest.raises(Unreachable) as refused:
            await session.get(peer.url("good", "/slow"), accept="*/*")
        with pytest.raises(Unreachable):
            await session.post(peer.url("good", "/slow"), body=b"", headers={})

    assert refused.value.reason == "timeout"


async def test_fet_11_slow_tls(peer: HostilePeer) -> None:
    # The peer waits for the end of a request that a TLS greeting never has.
    async with Session(outgoing(limits=HASTY)) as session:
        with pytest.raises(Unreachable, match="timeout"):
            await session.get(f"https://good.localhost:{peer.port}/", accept="*/*")


async def test_fet_11_slow_dns() -> None:
    async with Session(outgoing(networks=(), limits=HASTY), resolver=SilentNames()) as session:
        with pytest.raises(Unreachable, match="timeout"):
            await session.get("https://peer.example/", accept="*/*")


async def test_fet_11_the_deadline_is_for_all_hops_together(peer: HostilePeer) -> None:
    for hop in range(3):
        slow = Reply(status=302, headers=(("Location", f"/{hop + 1}"),), seconds_per_byte=0.008)
        peer.tells(peer.url("good", f"/{hop}"), slow)

    # No hop takes as long as is allowed, even on a busy machine; all three take longer.
    limits = OutgoingLimits(connect=10, first_byte=10, total=1.5)
    async with Session(outgoing(limits=limits)) as session:
        with pytest.raises(Unreachable, match="timeout"):
            await session.get(peer.url("good", "/0"), accept="*/*")

    assert len(peer.requests) > 1


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        (zipped(b"\0" * 50_000_000), TooLarge, "body-too-large"),
        (Reply(headers=TYPED, length=10**12), TooLarge, "body-too-large"),
        (Reply(headers=TYPED, body=b"x" * 65_536, chunked=True, endless=True), TooLarge, None),
        (Reply(headers=TYPED, body=b"{}", length=100), Unreachable, "connection-failed"),
        (
            zipped(gzip.compress(b"{}", mtime=0), encoding="gzip, gzip"),
            Unsupported,
            "content-encoding",
        ),
        (zipped(b"{}", encoding="br"), Unsupported, "content-encoding"),
        (zipped(b"{}", encoding="zstd"), Unsupported, "content-encoding"),
        (zipped(b"{}", encoding="deflate"), Unsupported, "content-encoding"),
        (zipped(b"{}", encoding=""), Unsupported, "content-encoding"),
    ],
)
async def test_fet_12_oversize_and_bombs(
    peer: HostilePeer,
    session: Session,
    reply: Reply,
    kind: type[FederationError],
    reason: str | None,
) -> None:
    peer.tells(peer.url("good", "/x"), reply)

    with pytest.raises(kind) as refused:
        await session.get(peer.url("good", "/x"), accept="*/*")

    assert reason in {None, refused.value.reason}


async def test_fet_12_two_encoding_headers(peer: HostilePeer, session: Session) -> None:
    twice = (("Content-Encoding", "gzip"), ("Content-Encoding", "gzip"))
    peer.tells(peer.url("good", "/x"), Reply(headers=twice, body=gzip.compress(b"{}", mtime=0)))

    with pytest.raises(Unsupported, match="content encoding"):
        await session.get(peer.url("good", "/x"), accept="*/*")


@pytest.mark.parametrize(
    "body",
    [
        b"no gzip",
        gzip.compress(b"{}", mtime=0)[:-4],
        gzip.compress(b"{}", mtime=0) + b"more",
        gzip.compress(b"{}", mtime=0) + gzip.compress(b"{}", mtime=0),
        zlib.compress(b"{}"),
    ],
)
async def test_fet_12_broken_gzip(peer: HostilePeer, session: Session, body: bytes) -> None:
    broken = Reply(headers=(("Content-Encoding", "gzip"),), body=body)
    peer.tells(peer.url("good", "/x"), broken)

    with pytest.raises(Malformed, match="body encoding"):
        await session.get(peer.url("good", "/x"), accept="*/*")


async def test_fet_12_a_gzip_that_never_says_anything(
    peer: HostilePeer, session: Session
) -> None:
    # Each chunk is a stored block of no bytes: nothing is decoded, for ever.
    nothing = b"\x00\x00\x00\xff\xff" * 10_000
    headers = (("Content-Encoding", "gzip"), ("Content-Type", ACTIVITY_JSON))
    start = gzip.compress(b"")[:10]
    reply = Reply(headers=headers, body=start + nothing * 30, length=None)
    peer.tells(peer.url("good", "/x"), Reply(headers=headers, body=reply.body, chunked=True))

    with pytest.raises(TooLarge):
        await session.get(peer.url("good", "/x"), accept="*/*", max_bytes=100_000)


async def test_fet_12_honest_bodies_arrive(peer: HostilePeer, session: Session) -> None:
    peer.tells(peer.url("good", "/plain"), document({"a": 1}))
    peer.tells(peer.url("good", "/zipped"), zipped(b"x" * 500_000))
    peer.tells(peer.url("good", "/x"), zipped(b"y", encoding="X-GZIP"))
    chunked = Reply(headers=TYPED, body=b"z" * 1_000_000, chunked=True)
    peer.tells(peer.url("good", "/chunked"), chunked)

    bodies = [
        (await session.get(peer.url("good", path), accept="*/*")).body
        for path in ("/plain", "/zipped", "/x", "/chunked")
    ]

    assert bodies == [b'{"a": 1}', b"x" * 500_000, b"y", b"z" * 1_000_000]


@pytest.mark.parametrize(
    ("certified", "seconds"),
    [("other.localhost", 86_400), ("good.localhost", -60), ("127.0.0.1", 86_400)],
    ids=["wrong host", "expired", "address only"],
)
async def test_fet_13_certificates_that_do_not_fit(
    authority: PrivateAuthority, certified: str, seconds: int
) -> None:
    tls = authority.vouch(certified, valid_for=timedelta(seconds=seconds))
    async with (
        HostilePeer(tls=tls) as peer,
        Session(outgoing(ca_bundle=authority.bundle)) as session,
    ):
        with pytest.raises(Unreachable, match="tls refused"):
            await session.get(peer.url("good", "/"), accept="*/*")

    assert peer.requests == []


async def test_fet_13_an_unknown_authority_is_refused_and_a_bundle_is_trusted(
    authority: PrivateAuthority,
) -> None:
    async with HostilePeer(tls=authority.vouch("good.localhost")) as peer:
        peer.publishes(peer.url("good", "/x"))
        async with Session(outgoing()) as session:
            with pytest.raises(Unreachable, match="tls refused"):
                await session.get(peer.url("good", "/x"), accept="*/*")

        async with Session(outgoing(ca_bundle=authority.bundle)) as session:
            assert (await session.get(peer.url("good", "/x"), accept="*/*")).status == 200


def test_fet_13_no_setting_switches_verification_off() -> None:
    code = "\n".join(file.read_text() for file in (ROOT / "federation").rglob("*.py"))

    for spelt in (
        "CERT_NONE",
        "check_hostname",
        "ssl=False",
        "verify_mode",
        "_create_unverified",
    ):
        assert spelt not in code


async def test_fet_14_nothing_of_ours_leaks_on_a_redirect(
    peer: HostilePeer, session: Session
) -> None:
    signer = Signer()
    headers = (("Location", peer.url("other", "/b")), ("Set-Cookie", "a=1; Domain=localhost"))
    peer.tells(peer.url("good", "/a"), Reply(status=302, headers=headers))
    peer.publishes(peer.url("other", "/b"))

    await session.get(peer.url("good", "/a"), accept="*/*", sign=signer)
    await session.get(peer.url("other", "/b"), accept="*/*")

    first, second, third = peer.requests
    assert first.headers["signature"] == f"for {peer.url('good', '/a')}"
    assert second.headers["signature"] == f"for {peer.url('other', '/b')}"
    assert "signature" not in third.headers
    for request in peer.requests:
        assert not {"cookie", "authorization", "referer"} & set(request.headers)


async def test_fet_15_the_proxy_of_the_environment_is_not_used(
    peer: HostilePeer, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with HostilePeer() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        peer.publishes(peer.url("good", "/x"))

        await session.get(peer.url("good", "/x"), accept="*/*")

        assert proxy.connections == 0
    assert peer.connections == 1


async def test_fet_16_exceptions_are_exact_and_logged(
    peer: HostilePeer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="federation.session"):
        async with Session(outgoing(networks=("127.0.0.2/32", "10.1.0.0/16"))) as session:
            for url in (peer.url("good", "/"), f"http://127.0.0.1:{peer.port}/"):
                with pytest.raises(Forbidden):
                    await session.get(url, accept="*/*")
            for host in ("10.2.0.1", "192.168.0.1", "[::1]", "169.254.169.254"):
                with pytest.raises(Forbidden):
                    session.judge(f"https://{host}/")
            assert session.judge("http://10.1.2.3:8080/").port == 8080

    assert peer.connections == 0
    assert [record.__dict__["networks"] for record in caplog.records] == [
        "127.0.0.2/32, 10.1.0.0/16"
    ]


async def test_fet_16_no_exceptions_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="federation.session"):
        async with Session(outgoing(networks=())):
            pass

    assert caplog.records == []
