"""Double knocking: by which scheme first, when a second time, and what is remembered of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from federation.session import Session
from federation.signatures import SignedRequest, read_signature, verify
from federation.signatures.keys import KeyKind, generate_ed25519, generate_rsa
from federation.signatures.knocking import Knock, Knocking, Manner, Scheme
from tests.hostile_peer import HostilePeer, Reply, Request, outgoing, redirect

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OWNER = "https://transport.example/@ada"
RSA = generate_rsa(f"{OWNER}#main-key", OWNER)
ED25519 = generate_ed25519(f"{OWNER}#ed25519-key", OWNER)
RING = {KeyKind.RSA: RSA, KeyKind.ED25519: ED25519}
UNKNOWN = Manner(keys=RING)
COMMONLORE = Manner(keys=RING, first=Scheme.RFC9421, kind=KeyKind.ED25519)
MASTODON = Manner(keys=RING, first=Scheme.RFC9421)


@dataclass(slots=True)
class Sender:
    """Signs in one manner, on a clock that moves with every signature."""

    manner: Manner = UNKNOWN
    heard: list[Knock] = field(default_factory=list)
    moment: datetime = NOW

    @property
    def knocking(self) -> Knocking:
        return Knocking(manner=self._manner, heard=self._hear, now=self._now)

    async def _manner(self, _url: str) -> Manner:
        return self.manner

    async def _hear(self, knock: Knock) -> None:
        self.heard.append(knock)

    def _now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@pytest.fixture
async def peer() -> AsyncIterator[HostilePeer]:
    async with HostilePeer() as peer:
        peer.tells(peer.url("good", "/inbox"), Reply(status=202))
        peer.publishes(peer.url("good", "/p/1"))
        yield peer


async def post(peer: HostilePeer, sender: Sender) -> int:
    async with Session(outgoing()) as session:
        answer = await session.post(
            peer.url("good", "/inbox"),
            body=b"{}",
            headers={"Content-Type": "text/x"},
            sign=sender.knocking,
        )
    return answer.status


async def get(peer: HostilePeer, sender: Sender, path: str = "/p/1") -> int:
    async with Session(outgoing()) as session:
        url = peer.url("good", path)
        return (await session.get(url, accept="*/*", sign=sender.knocking)).status


def scheme_of(request: Request) -> Scheme:
    return Scheme.RFC9421 if "signature-input" in request.headers else Scheme.CAVAGE


def signer_of(request: Request) -> KeyKind:
    """With which key the request was signed, as its receiver finds out."""
    received = SignedRequest(
        method=request.method,
        target=request.target,
        headers=tuple(request.headers.items()),
        body=request.body,
    )
    claim = read_signature(received, authority=request.host, now=NOW, scheme="http")
    key = next(key for key in RING.values() if key.key_id == claim.key_id)
    verify(claim, key.public)
    return key.kind


@pytest.mark.parametrize(
    ("manner", "scheme", "kind"),
    [
        (UNKNOWN, Scheme.CAVAGE, KeyKind.RSA),
        (COMMONLORE, Scheme.RFC9421, KeyKind.ED25519),
        (MASTODON, Scheme.RFC9421, KeyKind.RSA),
        (
            Manner(keys={KeyKind.RSA: RSA}, first=Scheme.RFC9421, kind=KeyKind.ED25519),
            Scheme.RFC9421,
            KeyKind.RSA,
        ),
    ],
    ids=["unknown", "commonlore", "mastodon", "no-ed25519-key"],
)
async def test_who_is_taken_knocks_once(
    peer: HostilePeer, manner: Manner, scheme: Scheme, kind: KeyKind
) -> None:
    sender = Sender(manner)

    assert await post(peer, sender) == 202
    assert await get(peer, sender) == 200

    assert [scheme_of(request) for request in peer.requests] == [scheme, scheme]
    assert {signer_of(request) for request in peer.requests} == {kind}
    assert sender.heard == []


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("manner", [UNKNOWN, COMMONLORE], ids=["unknown", "commonlore"])
async def test_who_is_refused_knocks_once_more_in_the_other_manner(
    peer: HostilePeer, manner: Manner, status: int
) -> None:
    sender = Sender(manner)
    peer.insists("good", on_rfc9421=manner is UNKNOWN, status=status)

    assert await post(peer, sender) == 202

    first, second = peer.requests
    assert (scheme_of(first), first.body) == (manner.first, b"{}")
    assert (scheme_of(second), second.body) == (sender.heard[0].scheme, b"{}")
    assert signer_of(second) is KeyKind.RSA
    assert not {"digest", "date"} & second.headers.keys() or scheme_of(second) is Scheme.CAVAGE
    assert [(knock.opened, knock.url) for knock in sender.heard] == [
        (True, peer.url("good", "/inbox"))
    ]


async def test_the_second_signature_is_made_at_its_own_time(peer: HostilePeer) -> None:
    sender = Sender(COMMONLORE)
    peer.insists("good", on_rfc9421=False)

    await get(peer, sender)

    first, second = peer.requests
    assert f"created={int(NOW.timestamp()) + 1};" in first.headers["signature-input"]
    assert second.headers["date"] == "Mon, 02 Mar 2026 09:00:02 GMT"


@pytest.mark.parametrize("status", [400, 401])
async def test_who_is_refused_twice_goes_home(peer: HostilePeer, status: int) -> None:
    sender = Sender()
    peer.tells(peer.url("good", "/inbox"), Reply(status=status))

    assert await post(peer, sender) == status

    assert len(peer.requests) == 2
    assert [(knock.opened, knock.scheme) for knock in sender.heard] == [(False, Scheme.RFC9421)]


@pytest.mark.parametrize("status", [403, 404, 410, 429, 500, 503])
async def test_an_answer_that_is_not_about_the_signature_is_final(
    peer: HostilePeer, status: int
) -> None:
    sender = Sender()
    peer.tells(peer.url("good", "/inbox"), Reply(status=status))
    peer.tells(peer.url("good", "/p/1"), Reply(status=status))

    assert await post(peer, sender) == status
    assert await get(peer, sender) == status

    assert len(peer.requests) == 2
    assert sender.heard == []


async def test_there_is_one_second_knock_in_all_hops(peer: HostilePeer) -> None:
    sender = Sender()
    peer.tells(peer.url("good", "/old"), redirect(peer.url("other", "/new")))
    peer.publishes(peer.url("other", "/new"))
    for name in ("good", "other"):
        peer.insists(name, on_rfc9421=True)

    assert await get(peer, sender, "/old") == 401

    assert [(each.target, scheme_of(each)) for each in peer.requests] == [
        ("/old", Scheme.CAVAGE),
        ("/old", Scheme.RFC9421),
        ("/new", Scheme.CAVAGE),
    ]
    assert [knock.opened for knock in sender.heard] == [False]


async def test_a_hop_that_took_one_knock_leaves_the_second_to_the_next(
    peer: HostilePeer,
) -> None:
    sender = Sender()
    peer.tells(peer.url("good", "/old"), redirect(peer.url("other", "/new")))
    peer.publishes(peer.url("other", "/new"))
    peer.insists("other", on_rfc9421=True)

    assert await get(peer, sender, "/old") == 200

    assert [each.target for each in peer.requests] == ["/old", "/new", "/new"]
    assert [knock.url for knock in sender.heard] == [peer.url("other", "/new")]
