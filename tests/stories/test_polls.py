"""A poll of one agency, voted in at others: told to all who have it, and ended everywhere."""

from datetime import timedelta

import pytest

from schemas.records import OF_COMMUNITIES, PostFacts, Role, Visibility
from server.services import changing, polls
from server.services.polls import PollDraft
from server.services.posts import Draft
from server.storage.sessions import SignedIn
from server.workers.polls import tell_due
from tests.instance import Instance, TurnedClock, settle
from tests.stories import life
from tests.stories.test_a_question_travels import member_joined, thread_at

Agencies = tuple[Instance, Instance, Instance]


async def figures(instance: Instance, uri: str) -> dict[str, int]:
    rows = await life.rows(
        instance,
        "SELECT c.name, c.votes FROM poll_choices c JOIN posts p ON p.id = c.post_id "
        "WHERE p.uri = $1",
        uri,
    )
    return dict(rows)


async def votes(instance: Instance, member: SignedIn, uri: str, *places: int) -> None:
    poll = await life.post_at(instance, uri)
    await polls.vote(instance.context, member, poll.id, places)


async def passes(clock: TurnedClock, agencies: Agencies, by: timedelta) -> None:
    """Let time go by, and what is due then be told."""
    clock.turn(by)
    for each in agencies:
        await tell_due(each.context)
    await settle(*agencies)


async def asked_at_health(
    agencies: Agencies, name: str, visibility: Visibility, *, several: bool
) -> tuple[PostFacts, dict[str, SignedIn]]:
    """Have a member of health start a poll in a community of transport that all joined."""
    transport, health, treasury = agencies
    steward = await transport.member(f"steward_{name}", Role.STEWARD)
    await life.opened(transport, steward.actor, name, visibility=visibility)
    handle = f"!{name}@{transport.host}"
    people = {
        "transport": await life.signed_in(transport.context, f"steward_{name}"),
        "health": await member_joined(health, f"asker_{name}", handle, agencies),
        "treasury": await member_joined(treasury, f"voter_{name}", handle, agencies),
    }
    draft = PollDraft(
        words=Draft(title="Which day?", source="For the *review*."),
        choices=("Monday", "Friday"),
        several=several,
        hours=24,
    )
    asker = people["health"]
    poll = await polls.start(health.context, asker, next(iter(asker.joined)), draft)
    await settle(*agencies)
    return poll, people


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("visibility", OF_COMMUNITIES)
async def test_votes_of_three_agencies_are_the_same_figures_at_all_of_them(
    agencies: Agencies, clock: TurnedClock, visibility: Visibility, *, several: bool
) -> None:
    transport, _, treasury = agencies
    name = f"days_{visibility}_{str(several).lower()}"
    poll, people = await asked_at_health(agencies, name, visibility, several=several)

    await votes(treasury, people["treasury"], poll.uri, *((0, 1) if several else (1,)))
    at_once = await figures(treasury, poll.uri)
    await settle(*agencies)
    await votes(transport, people["transport"], poll.uri, 1)
    await settle(*agencies)
    await passes(clock, agencies, timedelta(minutes=3))

    expected = {"Monday": 1, "Friday": 2} if several else {"Monday": 0, "Friday": 2}
    assert at_once == expected | {"Friday": 1}
    assert [await figures(each, poll.uri) for each in agencies] == [expected] * 3
    seen = [await thread_at(each, poll.uri, people[each.name]) for each in agencies]
    assert b'"voters":2' in seen[0]
    assert seen[0] == seen[1] == seen[2]


async def test_the_end_is_told_everywhere_and_to_those_who_voted(
    agencies: Agencies, clock: TurnedClock
) -> None:
    transport, health, treasury = agencies
    poll, people = await asked_at_health(agencies, "ending", Visibility.PUBLIC, several=False)
    await votes(treasury, people["treasury"], poll.uri, 0)
    await settle(*agencies)

    await passes(clock, agencies, timedelta(days=1))

    told = "SELECT count(*) FROM notifications WHERE kind = 'poll-closed' AND subject = $1"
    closed = "SELECT closed_at = closes_at FROM polls o JOIN posts p ON p.id = o.post_id "
    for each, news in ((transport, 0), (health, 1), (treasury, 1)):
        assert await life.value(each, told, poll.uri) == news
        assert await life.value(each, f"{closed} WHERE p.uri = $1", poll.uri)
        assert await figures(each, poll.uri) == {"Monday": 1, "Friday": 0}


async def test_whoever_comes_late_finds_the_poll_as_it_stands(
    agencies: Agencies, clock: TurnedClock
) -> None:
    transport, health, treasury = agencies
    steward = await transport.member("steward_late", Role.STEWARD)
    community = await life.opened(transport, steward.actor, "late")
    draft = PollDraft(
        words=Draft(title="Which day?", source=""),
        choices=("Monday", "Friday"),
        several=False,
        hours=24,
    )
    asker = await life.signed_in(transport.context, "steward_late")
    poll = await polls.start(transport.context, asker, community.id, draft)
    await member_joined(health, "early_bird", f"!late@{transport.host}", agencies)
    await votes(health, await life.signed_in(health.context, "early_bird"), poll.uri, 1)
    await settle(*agencies)

    await member_joined(treasury, "late_bird", f"!late@{transport.host}", agencies)

    assert await figures(treasury, poll.uri) == {"Monday": 0, "Friday": 1}
    assert (await life.post_at(treasury, poll.uri)).kind.value == "poll"


async def test_a_poll_that_is_deleted_is_gone_with_its_votes(
    agencies: Agencies, clock: TurnedClock
) -> None:
    _, health, treasury = agencies
    poll, people = await asked_at_health(agencies, "gone", Visibility.PUBLIC, several=False)
    await votes(treasury, people["treasury"], poll.uri, 0)
    await settle(*agencies)

    await changing.withdraw(health.context, people["health"], poll.id)
    await settle(*agencies)

    left = "SELECT count(*) FROM polls o JOIN posts p ON p.id = o.post_id WHERE p.uri = $1"
    assert [await life.value(each, left, poll.uri) for each in agencies] == [0, 0, 0]
