"""ACT-14, VIS-16, DOM-03 and DOM-07: reports, the moderators' desk, and ended federation."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from federation.errors import Malformed
from federation.translate.incoming import activity_from, flag_from
from federation.translate.outgoing_activities import follow_activity
from schemas.records import (
    Actor,
    ActorKind,
    AgencyState,
    Community,
    FollowState,
    JoinRule,
    Kind,
    PostFacts,
    Role,
    Visibility,
)
from server.services import agencies, communities, people, posts, reporting
from server.services.communities import CommunityDraft
from server.services.posts import Draft
from server.storage import actors, follows, members, reports
from server.storage import agencies as stored
from server.storage.embedded import Cluster
from server.storage.reports import Report
from server.storage.sessions import SignedIn
from tests.instance import Instance, TurnedClock, running

HOST = "learning.transport.example"
SECRET = "It names the client Mx Quill."  # noqa: S105 -- what a report says


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    health: Instance
    clock: TurnedClock
    community: Community
    questions: list[PostFacts]

    async def member(self, name: str) -> SignedIn:
        """Give a member as their requests come to the services, without the password."""
        async with self.health.database.reading() as tx:
            found = await members.find_by_name(tx, name)
        assert found is not None
        return SignedIn(
            session_id=1,
            csrf="",
            member=found[0],
            joined=frozenset(),
            stewards=frozenset(),
            unread=0,
        )

    async def remote(self, name: str, host: str = HOST) -> Actor:
        uri = f"https://{host}/@{name}"
        actor = Actor(
            id=self.health.context.ids.mint(self.health.now()),
            uri=uri,
            kind=ActorKind.PERSON,
            name=name,
            host=host,
            local=False,
            display_name=name.title(),
            inbox=f"{uri}/inbox",
            published_at=self.health.now(),
        )
        async with self.health.database.transaction("test") as tx:
            assert await actors.add(tx, actor, now=self.health.now())
        return actor

    async def flag(self, reporter: Actor, objects: list[str], content: str = "Spam") -> bool:
        """Let a Flag arrive, read as the inbox reads it."""
        document = {
            "id": f"{reporter.uri}/flags/{len(objects)}",
            "type": "Flag",
            "actor": reporter.uri,
            "object": objects,
            "content": content,
        }
        incoming = flag_from(activity_from(document))
        async with self.health.database.transaction("test") as tx:
            return await reporting.receive_flag(tx, self.health.context, reporter, incoming)

    async def reports(self) -> list[Report]:
        async with self.health.database.reading() as tx:
            return await reports.latest(tx, limit=1000)

    async def edges(self, actor: Actor) -> list[FollowState]:
        async with self.health.database.reading() as tx:
            rows = await tx.fetch(
                "SELECT state FROM follows WHERE $1 IN (follower_id, target_id)", actor.id
            )
        return [FollowState(row["state"]) for row in rows]

    async def sent(self, host: str) -> list[dict[str, Any]]:
        async with self.health.database.reading() as tx:
            rows = await tx.fetch(
                "SELECT a.document FROM deliveries d JOIN activities a "
                "ON a.id = d.activity_id WHERE d.host = $1 AND d.state = 'waiting' "
                "ORDER BY d.id",
                host,
            )
        return [json.loads(row["document"]) for row in rows]


@pytest.fixture
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with running(cluster, "health", clock=clock, work=False) as health:
        await health.member("amina", Role.MODERATOR)
        await health.member("berit", Role.STEWARD)
        await health.member("sam")
        async with health.database.transaction("test") as tx:
            await stored.decide(
                tx, HOST, AgencyState.ADMITTED, by=None, reason="", now=health.now()
            )
        yield await _make(health, clock)


async def _make(health: Instance, clock: TurnedClock) -> Scene:
    async with health.database.reading() as tx:
        berit = await actors.find_local(tx, "berit")
    assert berit is not None
    community = await communities.open_community(
        health.context,
        berit,
        CommunityDraft(
            name="reviews",
            display_name="Reviews",
            summary="",
            charter="",
            topics=(),
            join=JoinRule.OPEN,
            visibility=Visibility.PUBLIC,
        ),
    )
    scene = Scene(health=health, clock=clock, community=community, questions=[])
    member = await scene.member("berit")
    for number in range(30):
        scene.questions.append(
            await posts.publish_thread(
                health.context,
                member,
                community.id,
                Kind.QUESTION,
                Draft(source="How?", title=f"Question {number}"),
            )
        )
    return scene


async def test_act_14_ten_thousand_objects_and_a_million_letters_are_cut(
    scene: Scene,
) -> None:
    priya = await scene.remote("priya")
    uris = [each.uri for each in scene.questions]
    elsewhere = [f"https://third.example/p/{number}" for number in range(10_000)]

    kept = await scene.flag(priya, [*uris, *elsewhere], "<b>x</b>" * 125_000)

    found = await scene.reports()
    assert kept
    assert len(found) == reporting.MOST_OBJECTS
    assert max(len(each.comment) for each in found) <= reporting.LONGEST_COMMENT


async def test_act_14_an_agency_is_heard_a_hundred_times_a_day(scene: Scene) -> None:
    uris = [each.uri for each in scene.questions[:20]]
    kept = [
        await scene.flag(await scene.remote(f"reporter_{number}"), uris) for number in range(10)
    ]
    other = await scene.flag(await scene.remote("eve", "other.example"), uris)
    scene.clock.turn(timedelta(hours=25))
    tomorrow = await scene.flag(await scene.remote("late"), uris)

    assert kept == [True] * 5 + [False] * 5
    assert tomorrow
    assert not other  # nobody has admitted that one
    assert len(await scene.reports()) == reporting.MOST_PER_DAY + 20


async def test_act_14_a_thousand_times_the_same_is_once(scene: Scene) -> None:
    priya = await scene.remote("priya")

    kept = [await scene.flag(priya, [scene.questions[0].uri] * 10) for _ in range(100)]

    assert kept == [True] + [False] * 99
    assert len(await scene.reports()) == 1


async def test_act_14_what_is_neither_ours_nor_in_our_communities_is_not_kept(
    scene: Scene,
) -> None:
    priya = await scene.remote("priya")
    third = await scene.remote("third", "third.example")

    kept = [
        await scene.flag(priya, [uri])
        for uri in (
            third.uri,
            "https://third.example/p/1",
            f"{scene.health.origin}/p/1",
            scene.community.uri,
            scene.health.context.home.agency,
            scene.health.context.home.moderation,
        )
    ]

    assert not any(kept)
    assert await scene.reports() == []


async def test_act_14_a_report_of_another_origin_is_refused() -> None:
    document = {
        "id": "https://third.example/flags/1",
        "type": "Flag",
        "actor": f"https://{HOST}/actor",
        "object": ["https://health.example/p/1"],
        "content": "Spam",
    }

    with pytest.raises(Malformed) as refusal:
        activity_from(document)

    assert refusal.value.reason == "actor-other-origin"


async def test_act_14_what_they_may_not_read_they_cannot_report(scene: Scene) -> None:
    priya = await scene.remote("priya")
    async with scene.health.database.transaction("test") as tx:
        await tx.execute("UPDATE posts SET visibility = 'members'")

    hidden = await scene.flag(priya, [scene.questions[0].uri])
    unknown = await scene.flag(priya, [f"{scene.health.origin}/p/1"])

    assert (hidden, unknown) == (False, False)


async def test_act_14_elsewhere_nobody_learns_who_reported(scene: Scene) -> None:
    priya = await scene.remote("priya")
    question = scene.questions[0]
    async with scene.health.database.transaction("test") as tx:
        await tx.execute("UPDATE posts SET author_id = $1 WHERE id = $2", priya.id, question.id)
    sam = await scene.member("sam")

    await reporting.report(scene.health.context, sam, question.id, "Spam")

    [flag] = await scene.sent(HOST)
    assert flag["type"] == "Flag"
    assert flag["actor"] == scene.health.context.home.moderation
    assert "sam" not in json.dumps(flag)


async def test_act_14_the_reported_never_see_the_reporter(scene: Scene) -> None:
    sam = await scene.member("sam")
    await reporting.report(scene.health.context, sam, scene.questions[0].id, SECRET)
    author = scene.health.browser()
    await author.sign_in("berit")

    for path in ("/", "/notifications", f"/p/{scene.questions[0].id}", "/@berit", "/@sam"):
        page = await author.get(path)

        assert page.status == 200
        assert SECRET not in page.text
    assert (await author.get("/moderation")).status == 403


async def test_vis_16_reports_the_log_and_who_waits_are_for_moderators(scene: Scene) -> None:
    eve = await scene.remote("eve", "waiting.example")
    await people.follow(scene.health.context, await scene.member("sam"), eve.id)
    moderator, sam = await scene.member("amina"), await scene.member("sam")
    await reporting.report(scene.health.context, sam, scene.questions[0].id, SECRET)
    await reporting.suspend(
        scene.health.context, moderator, sam.member.id, suspended=True, reason="Insults"
    )
    readers = {"guest": scene.health.browser()}
    for name in ("berit", "amina"):
        readers[name] = scene.health.browser()
        await readers[name].sign_in(name)
    acts = [
        ("/agencies/admit", {"host": "waiting.example"}),
        ("/agencies/block", {"host": "waiting.example", "reason": "x"}),
        ("/moderation/suspend", {"person": "@sam", "reason": "", "on": "no"}),
        (f"/moderation/reports/{(await scene.reports())[0].id}/keep", {}),
    ]

    desk = {name: await browser.get("/moderation") for name, browser in readers.items()}
    lists = {name: await browser.get("/agencies") for name, browser in readers.items()}
    tried = [
        (await readers[name].submit(path, form, page="/about")).status
        for name in ("guest", "berit")
        for path, form in acts
    ]

    assert desk["guest"].path == "/sign-in?next=/moderation"
    assert (desk["berit"].status, desk["amina"].status) == (403, 200)
    for told in (SECRET, "Insults", "waiting.example"):
        assert told in desk["amina"].text
        assert told not in desk["guest"].text + desk["berit"].text
    assert "waiting.example" in lists["amina"].text
    assert "waiting.example" not in lists["guest"].text + lists["berit"].text
    # A guest is led to the sign-in page, and nothing is done.
    assert tried == [200, 200, 200, 200, 403, 403, 403, 403]
    assert len(await scene.reports()) == 1
    async with scene.health.database.reading() as tx:
        found = await stored.find(tx, "waiting.example")
    assert found is not None
    assert found.state is AgencyState.WAITING


async def test_vis_16_a_member_sees_of_the_waiting_what_they_asked_for(scene: Scene) -> None:
    eve = await scene.remote("eve", "waiting.example")
    sam = await scene.member("sam")
    await people.follow(scene.health.context, sam, eve.id)
    browser = scene.health.browser()
    await browser.sign_in("sam")

    page = await browser.get("/agencies")

    assert "waiting.example" in page.text
    assert 'action="/agencies/admit"' not in page.text


async def test_vis_16_who_is_suspended_sees_what_a_guest_sees(scene: Scene) -> None:
    browser = scene.health.browser()
    await browser.sign_in("amina")
    operator = await scene.health.member_browser("oda", Role.OPERATOR)

    suspended = await operator.submit(
        "/moderation/suspend", {"person": "@amina", "reason": "Left", "on": "yes"}
    )

    assert f"@amina@{scene.health.host} is suspended." in suspended.text
    assert (await browser.get("/moderation")).path == "/sign-in?next=/moderation"
    guest = await scene.health.browser().get("/agencies")
    theirs = await browser.get("/agencies")
    assert "Sign in" in theirs.text
    assert theirs.text.count("<li") == guest.text.count("<li")


async def test_vis_16_the_desk_shows_every_act_and_takes_the_forms_on_it(
    scene: Scene,
) -> None:
    browser = scene.health.browser()
    await browser.sign_in("amina")
    sam = await scene.member("sam")
    await reporting.report(scene.health.context, sam, scene.questions[0].id, SECRET)
    await scene.flag(await scene.remote("priya"), [sam.member.actor.uri], "Insults")
    ids = [each.id for each in await scene.reports()]

    desk = await browser.get("/moderation")
    unknown = await browser.submit("/moderation/suspend", {"person": "@x", "reason": "y"})
    unsaid = await browser.submit("/moderation/suspend", {"person": "@sam", "reason": ""})
    long = await browser.submit(
        f"/moderation/reports/{ids[0]}/keep", {"reason": "x" * 501}, page="/about"
    )
    for each in ids:
        await browser.submit(f"/moderation/reports/{each}/keep", page="/about")
    await browser.submit("/agencies/admit", {"host": "new.example"}, page="/about")
    wrong = await browser.submit(
        "/agencies/block", {"host": "new.example", "reason": ""}, page="/about"
    )
    await browser.submit(
        "/agencies/block", {"host": "new.example", "reason": "Spam"}, page="/about"
    )
    after = await browser.get("/moderation")

    assert desk.text.count('class="card report"') == 2
    assert (unknown.status, unsaid.status, long.status, wrong.status) == (422, 422, 422, 422)
    assert 'href="#person"' in unknown.text
    assert 'href="#suspend-reason"' in unsaid.text
    assert f'href="#keep-{ids[0]}"' in long.text
    assert 'href="#reason-new.example"' in wrong.text
    for words in ("Closed a report", "Admitted an agency: new.example", "No open report"):
        assert words in after.text
    assert "Blocked an agency: new.example" in after.text


@pytest.mark.parametrize(
    ("blocked", "host"),
    [
        (HOST, HOST),
        ("transport.example", HOST),
        (HOST, f"{HOST}:8443"),
        ("transport.example", f"deep.{HOST}:8443"),
    ],
)
async def test_dom_07_a_block_ends_follows_both_ways_for_good(
    scene: Scene, blocked: str, host: str
) -> None:
    context, sam = scene.health.context, await scene.member("sam")
    moderator = (await scene.member("amina")).member.id
    await agencies.admit(context, host, by=moderator)
    priya, near = (
        await scene.remote("quinn", host),
        await scene.remote("near", "nearby.example"),
    )
    for remote in (priya, near):
        await _befriend(scene, sam, remote)
    before = await scene.edges(priya)

    await agencies.block(context, blocked, by=moderator, reason="Spam")
    after = await scene.edges(priya)
    await agencies.admit(context, blocked, by=moderator)

    assert before == [FollowState.ACCEPTED] * 3
    assert after == []
    assert await scene.edges(priya) == []
    assert len(await scene.edges(near)) == 3
    kinds = [each["type"] for each in await scene.sent(host)]
    assert set(kinds) <= {"Reject", "Undo"}


async def _befriend(scene: Scene, member: SignedIn, remote: Actor) -> None:
    """Let a member follow somebody elsewhere, and them the member and a community."""
    now = scene.health.now()
    pairs = [
        (member.member.id, remote.id),
        (remote.id, member.member.id),
        (remote.id, scene.community.id),
    ]
    async with scene.health.database.transaction("test") as tx:
        for follower, target in pairs:
            uri = f"{remote.uri}/follows/{follower}/{target}"
            await follows.ask(tx, follower, target, uri, now=now)
            await follows.settle(tx, follower, target, FollowState.ACCEPTED, now=now)


async def test_dom_03_of_a_blocked_agency_neither_follow_nor_report_is_taken(
    scene: Scene,
) -> None:
    priya = await scene.remote("priya")
    sam = await scene.member("sam")
    await agencies.block(scene.health.context, "transport.example", by=None, reason="Spam")
    uri = f"{priya.uri}/follows/1"
    document = follow_activity(
        uri, actor=priya.uri, target=sam.member.actor.uri, published=scene.health.now()
    )

    async with scene.health.database.transaction("test") as tx:
        followed = await people.accept_person_follow(
            tx, scene.health.context, priya, sam.member.actor, uri, document
        )
    reported = await scene.flag(priya, [scene.questions[0].uri, sam.member.actor.uri])

    assert (followed, reported) == (False, False)
    assert await scene.edges(priya) == []
    assert await scene.reports() == []
