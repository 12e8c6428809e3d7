"""Guests from Mastodon, GoToSocial, Misskey and Akkoma, each with the account they have."""

from collections.abc import AsyncIterator
from typing import Final

import pytest

from schemas.wire.vocabulary import PUBLIC
from server.storage.embedded import Cluster
from tests.programs import guests
from tests.programs.guests import Visit, visiting
from tests.programs.habits import AKKOMA, GOTOSOCIAL, MASTODON, MISSKEY
from tests.programs.takers import Document
from tests.programs.world import Habits

HABITS: Final[dict[str, Habits]] = {
    each.software: each for each in (MASTODON, GOTOSOCIAL, MISSKEY, AKKOMA)
}
#: What a Like has beside the common words.
LIKES: Final[dict[str, Document]] = {
    "misskey": {"content": "🗞️", "_misskey_reaction": "🗞️"},
    "akkoma": {"cc": [PUBLIC], "context": "x"},
}


@pytest.fixture(scope="module", params=HABITS)
async def visit(cluster: Cluster, request: pytest.FixtureRequest) -> AsyncIterator[Visit]:
    async with visiting(cluster, HABITS[request.param]) as visit:
        yield visit


async def test_threads_come_as_boosts(visit: Visit) -> None:
    await guests.threads_come_as_boosts(visit)


async def test_a_reply_is_an_answer(visit: Visit) -> None:
    await guests.a_reply_is_an_answer(visit)


async def test_a_mention_asks(visit: Visit) -> None:
    await guests.a_mention_asks(visit)


async def test_likes_and_boosts_count_once(visit: Visit) -> None:
    terms = LIKES.get(visit.program.habits.software, {})
    await guests.likes_and_boosts_count_once(visit, **terms)


async def test_edits_and_deletes_are_the_authors(visit: Visit) -> None:
    await guests.her_edits_and_deletes_are_hers(visit)


async def test_what_is_removed_is_taken_back(visit: Visit) -> None:
    await guests.what_is_removed_is_taken_back(visit)


async def test_who_leaves_hears_no_more(visit: Visit) -> None:
    await guests.she_leaves(visit)
