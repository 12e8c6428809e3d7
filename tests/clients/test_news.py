"""Notifications, one by one and in groups (client-api.md 7)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from schemas.records import Kind, Role
from server.services import changing, communities, kudos, people, posts
from server.services.posts import Draft
from server.storage import notifications
from server.storage.embedded import Cluster
from tests.clients.programs import Program, program_of
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

ONE = "/api/v1/notifications"
GROUPS = "/api/v2/notifications"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Amina asked; ben answered, chloe and ben found it helpful, and dora follows her."""

    here: Instance
    amina: Program
    ben: Program
    question: int
    answer: int


@pytest.fixture
async def news(cluster: Cluster) -> AsyncIterator[News]:
    clock = TurnedClock()
    async with running(cluster, "news", clock=clock, work=False) as here:
        context = here.context
        amina = await here.member("amina", Role.STEWARD)
        plaza = await life.opened(here, amina.actor, "plaza")
        for name in ("ben", "chloe"):
            await here.member(name)
            await communities.join(context, await life.signed_in(context, name), plaza.id)
        asker, ben, chloe = [
            await life.signed_in(context, name) for name in ("amina", "ben", "chloe")
        ]
        draft = Draft(title="How deep?", source="The river")
        question = await posts.publish_thread(context, asker, plaza.id, Kind.QUESTION, draft)
        answer = await posts.publish_reply(
            context, ben, question.id, Kind.ANSWER, Draft(source="Two metres")
        )
        for member in (ben, chloe):
            await kudos.mark_helpful(context, member, question.id, helpful=True)
        await people.follow(context, chloe, amina.id)
        yield News(
            here=here,
            amina=await program_of(here, "amina"),
            ben=await program_of(here, "ben"),
            question=question.id,
            answer=answer.id,
        )


def told(listed: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    return [
        (each["type"], each["account"]["acct"], (each["status"] or {}).get("id"))
        for each in listed
        if each["type"] != "severed_relationships"
    ]


async def test_what_happened_is_listed_newest_first(news: News) -> None:
    question, answer = str(news.question), str(news.answer)

    assert told(await news.amina.get(ONE)) == [
        ("follow", "chloe", None),
        ("favourite", "chloe", question),
        ("favourite", "ben", question),
        ("mention", "ben", answer),
    ]
    assert await news.ben.get(ONE) == []


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("?types[]=mention", ["mention"]),
        ("?exclude_types[]=favourite&exclude_types[]=follow", ["mention"]),
        ("?types[]=follow_request", []),
        ("?limit=1", ["follow"]),
    ],
)
async def test_some_kinds_are_listed_alone(news: News, query: str, types: list[str]) -> None:
    listed = (await news.amina.ask("GET", ONE + query)).json

    assert [each["type"] for each in listed] == types


async def test_somebody_s_are_listed_alone_and_page_by_page(news: News) -> None:
    everything = await news.amina.get(ONE)
    chloe = everything[0]["account"]["id"]
    first = await news.amina.ask("GET", f"{ONE}?limit=2&account_id={chloe}")
    behind = first.headers["Link"].partition(">")[0][1:]

    assert [each["account"]["acct"] for each in first.json] == ["chloe", "chloe"]
    assert (await news.amina.ask("GET", behind)).json == []
    [newer] = await news.amina.get(ONE, min_id=everything[1]["id"])
    assert newer["id"] == everything[0]["id"]


async def test_alike_ones_stand_together(news: News) -> None:
    shown = await news.amina.get(GROUPS)

    groups = shown["notification_groups"]
    assert [(each["type"], each["notifications_count"]) for each in groups] == [
        ("follow", 1),
        ("favourite", 2),
        ("mention", 1),
    ]
    liked = groups[1]
    assert isinstance(liked["most_recent_notification_id"], int)
    assert liked["status_id"] == str(news.question)
    assert len(liked["sample_account_ids"]) == 2
    assert {each["acct"] for each in shown["accounts"]} == {"chloe", "ben"}
    assert {each["id"] for each in shown["statuses"]} == {str(news.question), str(news.answer)}

    one = await news.amina.get(f"{GROUPS}/{liked['group_key']}")
    who = await news.amina.get(f"{GROUPS}/{liked['group_key']}/accounts")
    alone = await news.amina.get(f"{GROUPS}/{groups[2]['group_key']}")
    assert one["notification_groups"][0]["notifications_count"] == 2
    assert [each["acct"] for each in who] == ["chloe", "ben"]
    assert alone["notification_groups"] == [groups[2]]


async def test_a_page_of_groups_leads_to_the_next(news: News) -> None:
    first = await news.amina.ask("GET", f"{GROUPS}?limit=1&exclude_types[]=follow")
    behind = first.headers["Link"].partition(">")[0][1:]

    [group] = first.json["notification_groups"]
    following = (await news.amina.ask("GET", behind)).json["notification_groups"]
    ungrouped = await news.amina.get(GROUPS, **{"grouped_types[]": "follow"})

    assert (group["type"], [each["type"] for each in following]) == ("favourite", ["mention"])
    assert len(ungrouped["notification_groups"]) == 4


async def test_what_was_dismissed_is_gone(news: News) -> None:
    mention = (await news.amina.get(ONE))[-1]
    group = (await news.amina.get(GROUPS))["notification_groups"][1]

    shown = await news.amina.get(f"{ONE}/{mention['id']}")
    await news.amina.post(f"{ONE}/{mention['id']}/dismiss")
    await news.amina.post(f"{GROUPS}/{group['group_key']}/dismiss")
    left = await news.amina.get(ONE)
    await news.amina.post(f"{ONE}/clear")

    assert shown["status"]["id"] == str(news.answer)
    assert [each["type"] for each in left] == ["follow"]
    assert await news.amina.get(ONE) == []


async def test_nobody_sees_or_dismisses_those_of_others(news: News) -> None:
    number = (await news.amina.get(ONE))[0]["id"]

    await news.ben.post(f"{ONE}/{number}/dismiss")
    refused = [
        await news.ben.ask("GET", f"{ONE}/{number}"),
        await news.ben.ask("GET", f"{GROUPS}/ungrouped-{number}"),
        await news.ben.ask("GET", f"{GROUPS}/nothing-1-2"),
    ]

    assert [reply.status for reply in refused] == [404, 404, 404]
    assert len(await news.amina.get(ONE)) == 4


async def test_what_may_not_be_read_any_more_is_not_told(news: News) -> None:
    context = news.here.context
    ben = await life.signed_in(context, "ben")

    await changing.withdraw(context, ben, news.answer)

    assert [each["type"] for each in await news.amina.get(ONE)] == [
        "follow",
        "favourite",
        "favourite",
    ]


async def test_a_blocked_agency_is_told_as_one(news: News) -> None:
    context = news.here.context
    amina = await life.signed_in(context, "amina")
    now = news.here.now() + timedelta(hours=1)
    async with context.database.transaction("test") as tx:
        await notifications.add(
            tx,
            member_id=amina.member.id,
            kind="severed",
            actor_id=context.agency_id,
            subject=f"roads.example {now.isoformat()}",
            post_id=None,
            now=now,
        )

    [told] = (await news.amina.get(GROUPS, limit=1))["notification_groups"]

    assert (told["type"], told["event"]["target_name"]) == (
        "severed_relationships",
        "roads.example",
    )


async def test_counts_and_policy_are_there(news: News) -> None:
    assert await news.amina.get(f"{ONE}/unread_count") == {"count": 4}
    policy = await news.amina.ask("PATCH", f"{GROUPS}/policy", data={"for_not_following": "x"})
    assert policy.json["for_not_following"] == "accept"
    assert await news.amina.get(f"{ONE}/requests") == []
