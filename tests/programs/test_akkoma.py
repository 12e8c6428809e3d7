"""Guests from Akkoma: actors beside authors, sources that are plain text."""

from collections.abc import AsyncIterator

import pytest

from schemas.wire.vocabulary import PUBLIC
from server.storage.embedded import Cluster
from tests.programs import guests
from tests.programs.guests import Visit, visiting
from tests.programs.habits import AKKOMA


@pytest.fixture(scope="module")
async def visit(cluster: Cluster) -> AsyncIterator[Visit]:
    async with visiting(cluster, AKKOMA) as visit:
        yield visit


async def test_threads_come_as_boosts(visit: Visit) -> None:
    await guests.threads_come_as_boosts(visit)


async def test_a_reply_is_an_answer(visit: Visit) -> None:
    await guests.a_reply_is_an_answer(visit)


async def test_a_mention_asks(visit: Visit) -> None:
    await guests.a_mention_asks(visit)


async def test_likes_and_boosts_count_once(visit: Visit) -> None:
    await guests.likes_and_boosts_count_once(visit, cc=[PUBLIC], context="x")


async def test_edits_and_deletes_are_the_authors(visit: Visit) -> None:
    await guests.her_edits_and_deletes_are_hers(visit)


async def test_what_is_removed_is_taken_back(visit: Visit) -> None:
    await guests.what_is_removed_is_taken_back(visit)


async def test_who_leaves_hears_no_more(visit: Visit) -> None:
    await guests.she_leaves(visit)
