"""What a scope lets through is the same in Python and in SQL (decision 0006)."""

from datetime import UTC, datetime
from itertools import product

import asyncpg
import pytest

from moderation.visibility import Scope, may_read
from schemas.records import Kind, PostFacts, Visibility
from server.storage.visibility import readable

COMMUNITIES = (1, 2)
AUTHORS = (10, 20)
#: Whom every other post that is not public names, at health.
NAMED = (30,)
FACTS = [
    PostFacts(
        id=number,
        uri=f"https://health.example/p/{number}",
        kind=Kind.QUESTION,
        author_id=author,
        author_uri=f"https://health.example/@a{author}",
        author_local=True,
        community_id=community,
        community_uri=f"https://health.example/c/c{community}",
        community_local=True,
        root_id=number,
        root_uri=f"https://health.example/p/{number}",
        visibility=visibility,
        published_at=datetime(2026, 3, 2, tzinfo=UTC),
        addressed=frozenset(
            NAMED if number % 2 and visibility is not Visibility.PUBLIC else ()
        ),
        addressed_hosts=frozenset(
            {"health.example"} if number % 2 and visibility is not Visibility.PUBLIC else ()
        ),
    )
    for number, (visibility, community, author) in enumerate(
        product(Visibility, COMMUNITIES, AUTHORS), start=1
    )
]
SCOPES = [
    Scope(
        everything=everything, public=public, joined=frozenset(joined), author=author, host=host
    )
    for everything, public, joined, author, host in product(
        (False, True),
        (False, True),
        ((), (1,), (1, 2), (3,)),
        (None, 10, 20, 30),
        (None, "health.example", "lands.example"),
    )
]


@pytest.fixture
async def connection(database_url):
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_a_list_shows_exactly_what_the_gate_releases(connection):
    rows = [
        (each.id, str(each.visibility), each.community_id, each.author_id) for each in FACTS
    ]

    for scope in SCOPES:
        condition, values = readable(scope, post="p", first=7)
        found = await connection.fetch(
            # These stand before the tables of the same names.
            "WITH addressees AS (SELECT * FROM unnest($5::bigint[], $6::bigint[]) "  # noqa: S608 - our own condition
            "AS x (post_id, actor_id)), actors AS (SELECT 30::bigint AS id, "
            "'health.example' AS host) SELECT p.id FROM unnest("
            "$1::bigint[], $2::text[], $3::bigint[], $4::bigint[]) "
            f"AS p (id, visibility, community_id, author_id) WHERE {condition}",
            *zip(*rows, strict=True),
            [each.id for each in FACTS for _ in each.addressed],
            [one for each in FACTS for one in each.addressed],
            *values,
        )

        released = {each.id for each in FACTS if may_read(each, scope)}
        assert {row["id"] for row in found} == released, scope


def test_the_scopes_tell_readers_apart():
    seen = {frozenset(each.id for each in FACTS if may_read(each, scope)) for scope in SCOPES}

    assert len(seen) > 8
    assert frozenset() in seen
    # For being a moderator alone, nobody reads what is private.
    assert {each.id for each in FACTS if each.visibility is not Visibility.DIRECT} in seen
    assert len(max(seen, key=len)) == len(FACTS)
