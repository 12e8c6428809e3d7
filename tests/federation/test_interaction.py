"""Where somebody's own server opens what they saw: which link counts, what is filled in."""

from collections.abc import AsyncIterator
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import FederationError, Malformed, Unsupported
from federation.handles import Handle
from federation.interaction import Wish, fill, interaction_url
from federation.session import Session
from schemas.wire.discovery import CREATE_INTENT, FOLLOW_INTENT, OBJECT_INTENT, SUBSCRIBE
from tests.hostile_peer import HostilePeer, Reply, outgoing

THING = "https://learn.example/p/1?a=b&c=d"
ENCODED = "https%3A%2F%2Flearn.example%2Fp%2F1%3Fa%3Db%26c%3Dd"
PUBLIC = Session(outgoing(networks=()))


@pytest.fixture
async def peer() -> AsyncIterator[HostilePeer]:
    async with HostilePeer() as peer:
        yield peer


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Session(outgoing()) as session:
        yield session


@pytest.mark.parametrize(
    ("wish", "offered", "taken"),
    [
        ("follow", [(SUBSCRIBE, "s?u={uri}")], f"s?u={ENCODED}"),
        (
            "follow",
            [(SUBSCRIBE, "s?u={uri}"), (FOLLOW_INTENT, "f?o={object}")],
            f"f?o={ENCODED}",
        ),
        ("follow", [(OBJECT_INTENT, "o?o={object}")], f"o?o={ENCODED}"),
        (
            "answer",
            [(SUBSCRIBE, "s?u={uri}"), (OBJECT_INTENT, "o/{object}/x")],
            f"o/{ENCODED}/x",
        ),
        (
            "answer",
            [(SUBSCRIBE, "s?u={uri}"), (CREATE_INTENT, "c?text={content}&to={inReplyTo}")],
            f"c?text=&to={ENCODED}",
        ),
        (
            "answer",
            [(CREATE_INTENT, "share?text={content}"), (SUBSCRIBE, "s?u={uri}")],
            f"s?u={ENCODED}",
        ),
        (
            "follow",
            [(FOLLOW_INTENT, "f?o={object}&then={on-success}&else={on-cancel}")],
            f"f?o={ENCODED}&then=&else=",
        ),
        ("follow", [(SUBSCRIBE, "s"), (SUBSCRIBE, "s?u={uri}")], f"s?u={ENCODED}"),
    ],
)
async def test_the_most_apt_link_that_can_be_used_is_taken(
    peer: HostilePeer,
    session: Session,
    wish: Wish,
    offered: list[tuple[str, str]],
    taken: str,
) -> None:
    handle = Handle("ada", peer.authority("social"))
    home = peer.url("social", "/")
    peer.offers(str(handle), *({"rel": rel, "template": home + at} for rel, at in offered))

    found = await interaction_url(session, handle, THING, wish)

    assert found == home + taken
    assert [request.target for request in peer.requests] == [
        f"/.well-known/webfinger?resource=acct:{handle}"
    ]


@pytest.mark.parametrize(
    "links",
    [
        [],
        ["nonsense", {"rel": SUBSCRIBE}, {"rel": SUBSCRIBE, "template": 1}],
        [{"rel": SUBSCRIBE, "href": "https://social.example/?u={uri}"}],
        [{"rel": CREATE_INTENT, "template": "https://social.example/?to={inReplyTo}"}],
        [{}] * 64 + [{"rel": SUBSCRIBE, "template": "https://social.example/?u={uri}"}],
    ],
)
async def test_a_server_that_offers_nothing_apt_is_told_from_one_that_offers_rubbish(
    peer: HostilePeer, session: Session, links: list[object]
) -> None:
    handle = Handle("ada", peer.authority("social"))
    peer.offers(str(handle), *links)

    with pytest.raises(Malformed) as refused:
        await interaction_url(session, handle, THING, "follow")

    assert refused.value.reason == "interaction-not-offered"


async def test_links_that_are_no_list_offer_nothing(
    peer: HostilePeer, session: Session
) -> None:
    handle = Handle("ada", peer.authority("social"))
    peer.tells(
        peer.url("social", f"/.well-known/webfinger?resource=acct:{handle}"),
        Reply(headers=(("Content-Type", "application/json"),), body=b'{"links": {}}'),
    )

    with pytest.raises(Malformed, match="interaction not offered"):
        await interaction_url(session, handle, THING, "follow")


async def test_a_server_that_answers_with_a_page_answers_nothing(
    peer: HostilePeer, session: Session
) -> None:
    handle = Handle("ada", peer.authority("social"))
    peer.tells(
        peer.url("social", f"/.well-known/webfinger?resource=acct:{handle}"),
        Reply(headers=(("Content-Type", "text/html"),), body=b"<p>Hello"),
    )

    with pytest.raises(Unsupported):
        await interaction_url(session, handle, THING, "follow")


def test_a_template_may_be_as_long_as_an_address_and_no_longer() -> None:
    start = "https://social.example/?u={uri}"

    assert fill(PUBLIC, start + "&" * 1900, {"uri": "x"}) is not None
    assert fill(PUBLIC, start + "&" * 2030, {"uri": "x"}) is None


_PIECES = st.sampled_from(
    (
        *("https:", "http:", "javascript:", "data:", "//", "/", "\\", "?", "#", "@", ":", "%"),
        *("{uri}", "{x}", "{+uri}", "{", "}", "\t", "\n", "\0", " ", "é"),
        *("social.example", "//e.x", "."),
    )
)


@given(st.lists(_PIECES, max_size=9).map("".join) | st.text(max_size=40), st.text(max_size=30))
def test_whatever_a_template_says_it_leads_to_https_or_nowhere(template: str, uri: str) -> None:
    try:
        filled = fill(PUBLIC, template, {"uri": uri})
    except FederationError:
        filled = "refused otherwise"

    if filled is not None:
        assert filled.isascii()
        assert filled.isprintable()
        assert urlsplit(filled).scheme == "https"
        assert "{" not in filled
        assert uri in unquote(filled) or not uri.isprintable()
