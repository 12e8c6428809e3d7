"""Clients by others, unchanged, against a real instance: toot, and Mastodon.py."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from mastodon.errors import MastodonAPIError, MastodonNotFoundError

from schemas.records import Role
from server.services import communities
from server.storage.embedded import Cluster
from tests.clients import tools
from tests.clients.tools import Owner, toot, toot_home
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An agency with a community, and two who belong to it."""

    here: Instance
    clock: TurnedClock
    owners: dict[str, Owner]
    plaza: int


@pytest.fixture(scope="module")
async def desk(cluster: Cluster) -> AsyncIterator[Desk]:
    clock = TurnedClock()
    async with running(cluster, "desk", clock=clock, work=False) as here:
        amina = await here.member("amina", Role.STEWARD)
        await here.member("ben")
        plaza = await life.opened(here, amina.actor, "plaza")
        await communities.join(
            here.context, await life.signed_in(here.context, "ben"), plaza.id
        )
        owners = {name: await tools.owner(here, name) for name in ("amina", "ben")}
        yield Desk(here=here, clock=clock, owners=owners, plaza=plaza.id)


async def test_toot_asks_reads_and_thanks(desk: Desk, tmp_path: Path) -> None:
    ben = toot_home(desk.owners["ben"], tmp_path / "ben")
    amina = toot_home(desk.owners["amina"], tmp_path / "amina")

    assert "Ben" in await toot(ben, "whoami")
    assert "Desk" in await toot(ben, "instance")
    desk.clock.turn(life.MINUTE)
    posted = await toot(ben, "post", "@plaza How do you count otters?\nWe count tails.")
    home = await toot(amina, "timelines", "home")
    question = int(
        await life.value(desk.here, "SELECT id FROM posts WHERE title LIKE '%otters?'")
    )
    desk.clock.turn(life.MINUTE)
    await toot(amina, "post", "--reply-to", str(question), "By their heads")
    thread = await toot(ben, "thread", str(question))
    answer = int(await life.value(desk.here, "SELECT id FROM posts WHERE kind = 'answer'"))
    await toot(ben, "favourite", str(answer))
    told = await toot(amina, "notifications")

    assert "posted" in posted.lower()
    assert "How do you count otters?" in home
    assert ("We count tails." in thread, "By their heads" in thread) == (True, True)
    assert "favourited" in told
    assert "otters" in await toot(ben, "status", str(question))


async def script(desk: Desk, name: str, act: Callable[[Any], T]) -> T:
    return await tools.script(desk.owners[name], act)


async def test_a_script_on_mastodon_py_asks_answers_and_accepts(desk: Desk) -> None:
    desk.clock.turn(life.MINUTE)
    question = await script(
        desk, "ben", lambda api: api.status_post("@plaza How deep is the bay?\nIn spring.")
    )
    desk.clock.turn(life.MINUTE)
    answer = await script(
        desk,
        "amina",
        lambda api: api.status_post(
            "Nine metres", in_reply_to_id=question, idempotency_key="k"
        ),
    )
    again = await script(
        desk,
        "amina",
        lambda api: api.status_post(
            "Nine metres", in_reply_to_id=question, idempotency_key="k"
        ),
    )
    desk.clock.turn(life.MINUTE)
    await script(desk, "ben", lambda api: api.status_post("✅", in_reply_to_id=answer))
    await script(desk, "ben", lambda api: api.status_favourite(answer))
    context = await script(desk, "ben", lambda api: api.status_context(question))
    shown = await script(desk, "ben", lambda api: api.status(question))
    told = await script(desk, "amina", lambda api: api.notifications())
    groups = await script(desk, "amina", lambda api: api.grouped_notifications())

    assert answer.id == again.id
    assert context.descendants[0].id == answer.id
    assert shown.card.title == "✅ Accepted answer by @amina"
    assert {each.type for each in told} >= {"favourite", "mention"}
    assert groups.notification_groups


async def test_a_script_reads_page_by_page_and_is_told_what_is_wrong(desk: Desk) -> None:
    for number in range(3):
        desk.clock.turn(life.MINUTE)
        await script(
            desk, "ben", lambda api, n=number: api.status_post(f"@plaza Note {n}\nWords")
        )

    def pages(api: Any) -> list[Any]:
        first = api.timeline_home(limit=2)
        return [first, api.fetch_next(first), api.fetch_previous(first)]

    first, following, previous = await script(desk, "amina", pages)
    me = await script(desk, "amina", lambda api: api.me())
    plaza = await script(desk, "amina", lambda api: api.account_lookup("plaza"))
    related = await script(desk, "amina", lambda api: api.account_relationships([plaza.id]))
    instance = await script(desk, "amina", lambda api: api.instance())

    assert len({each.id for each in (*first, *following)}) == 4
    assert previous == []
    assert (me.username, plaza.group, related[0].following) == ("amina", True, True)
    assert instance.configuration.statuses.max_characters == 20_000
    with pytest.raises(MastodonNotFoundError):
        await script(desk, "amina", lambda api: api.status(1))
    with pytest.raises(MastodonAPIError, match="no text yet"):
        await script(desk, "amina", lambda api: api.status_post(" "))
