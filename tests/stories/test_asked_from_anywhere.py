"""From the page, from toot or from a script: a question reads the same at three agencies."""

from pathlib import Path

import pytest

from schemas.records import OF_COMMUNITIES, Role, Visibility
from server.services import communities
from tests.clients import tools
from tests.instance import Browser, Instance, TurnedClock, settle
from tests.stories import life
from tests.stories.test_a_question_travels import thread_at

Agencies = tuple[Instance, Instance, Instance]

TITLE = "How do you count near misses?"
BODY = "We count *reports* of the #crossings:\n\n- by day\n- by night"
ANSWER = "Count **trains**, and divide."


async def joined(agency: Instance, name: str, handle: str, everybody: Agencies) -> Browser:
    """Have a new member of an agency join a community anywhere; give their browser."""
    browser = await agency.member_browser(name)
    community = await life.finds(agency, handle)
    member = await life.signed_in(agency.context, name)
    await communities.join(agency.context, member, community.id)
    await settle(*everybody)
    return browser


async def readings(agencies: Agencies, uri: str, *readers: str) -> set[bytes]:
    """Give a thread in canonical JSON, as a member of each agency may read it."""
    members = [
        await life.signed_in(agency.context, name)
        for agency, name in zip(agencies, readers, strict=True)
    ]
    return {
        await thread_at(agency, uri, member)
        for agency, member in zip(agencies, members, strict=True)
    }


@pytest.mark.parametrize("visibility", OF_COMMUNITIES)
async def test_a_question_asked_from_anywhere_reads_the_same_everywhere(
    agencies: Agencies, clock: TurnedClock, tmp_path: Path, visibility: Visibility
) -> None:
    transport, health, treasury = agencies
    name = f"rails_{visibility}"
    place = f"{name}@{transport.host}"
    steward, asker, helper = [f"{who}_{visibility}" for who in ("steward", "asker", "helper")]
    opener = await transport.member(steward, Role.STEWARD)
    await life.opened(transport, opener.actor, name, visibility=visibility)
    page = await joined(health, asker, f"!{place}", agencies)
    await joined(treasury, helper, f"!{place}", agencies)
    owner = await tools.owner(health, asker)
    home = tools.toot_home(owner, tmp_path / "asker")
    uris = []

    clock.turn(life.MINUTE)
    asked = await life.asks_in(page, place, TITLE, BODY)
    assert asked.status == 200, asked.text
    uris.append(await life.newest(health, asker))
    clock.turn(life.MINUTE)
    await tools.toot(home, "post", f"@{place} {TITLE}\n{BODY}")
    uris.append(await life.newest(health, asker))
    clock.turn(life.MINUTE)
    await tools.script(owner, lambda api: api.status_post(f"@{place} {TITLE}\n{BODY}"))
    uris.append(await life.newest(health, asker))
    await settle(*agencies)

    assert len(set(uris)) == 3
    for each in agencies:
        read = await life.rows(
            each, "SELECT kind, title, html, visibility FROM posts WHERE uri = ANY($1)", uris
        )
        assert (len(read), len(set(read))) == (3, 1), each.name
    for uri in uris:
        [thread] = await readings(agencies, uri, steward, asker, helper)
        assert TITLE.encode() in thread

    clock.turn(life.MINUTE)
    answering = tools.toot_home(await tools.owner(treasury, helper), tmp_path / "helper")
    at_treasury = await life.post_at(treasury, uris[1])
    await tools.toot(answering, "post", "--reply-to", str(at_treasury.id), ANSWER)
    await settle(*agencies)

    [thread] = await readings(agencies, uris[1], steward, asker, helper)
    assert (await life.newest(treasury, helper)).encode() in thread
    shown = await page.get(await life.path_at(health, uris[1]))
    assert "Count <strong>trains</strong>, and divide." in shown.text
    read_by_toot = await tools.toot(
        home, "thread", str((await life.post_at(health, uris[1])).id)
    )
    assert "and divide." in read_by_toot
