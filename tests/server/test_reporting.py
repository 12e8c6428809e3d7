"""Reports from here and elsewhere, closing them, and suspending whom they are about."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from federation.translate.incoming import IncomingFlag
from schemas.records import (
    Actor,
    ActorKind,
    AgencyState,
    Community,
    JoinRule,
    Kind,
    PostFacts,
    Role,
    Visibility,
)
from server.services import accounts, communities, flagging, posts, reporting
from server.services.communities import CommunityDraft
from server.services.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from server.services.flagging import Complaint
from server.services.posts import Draft
from server.storage import actors, agencies, audit, follows, reports, threads
from server.storage import communities as stored_communities
from server.storage import posts as stored_posts
from server.storage.embedded import Cluster
from server.storage.posts import NewPost
from server.storage.reports import Report
from server.storage.sessions import SignedIn
from tests.instance import PASSWORD, Instance, TurnedClock, running

HOST = "learning.transport.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A community with a question, who looks after it, and somebody at another agency."""

    instance: Instance
    amina: SignedIn
    sam: SignedIn
    community: Community
    question: PostFacts
    priya: Actor

    async def open_reports(self) -> list[Report]:
        async with self.instance.database.reading() as tx:
            return await reports.latest(tx)

    async def receive(self, *uris: str, reason: str = "Spam", by: Actor | None = None) -> bool:
        reporter = by or self.priya
        flag = IncomingFlag(
            uri=f"https://{reporter.host}/flags/1",
            actor_uri=reporter.uri,
            object_uris=uris,
            reason=reason,
        )
        async with self.instance.database.transaction("test") as tx:
            return await reporting.receive_flag(tx, self.instance.context, reporter, flag)

    async def last_act(self) -> tuple[str, str, str, str]:
        async with self.instance.database.reading() as tx:
            [act] = await audit.latest(tx, limit=1)
        return act.actor, act.act, act.object, act.reason


@pytest.fixture(scope="module")
async def made(cluster: Cluster) -> AsyncIterator[Scene]:
    async with running(cluster, "health", clock=TurnedClock(), work=False) as health:
        yield await make(health)


@pytest.fixture
async def scene(made: Scene) -> AsyncIterator[Scene]:
    yield made
    async with made.instance.database.transaction("test") as tx:
        await tx.execute("DELETE FROM reports")
        await tx.execute("DELETE FROM deliveries")
        await tx.execute("UPDATE actors SET suspended_at = NULL")
        await agencies.decide(
            tx, HOST, AgencyState.ADMITTED, by=None, reason="", now=made.instance.now()
        )


async def make(health: Instance) -> Scene:
    for name, role in (("amina", Role.MODERATOR), ("sam", Role.MEMBER), ("oda", Role.OPERATOR)):
        await health.member(name, role)
    amina = await signed_in(health, "amina")
    community = await communities.open_community(
        health.context,
        amina.member.actor,
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
    await communities.join(health.context, await signed_in(health, "sam"), community.id)
    amina, sam = await signed_in(health, "amina"), await signed_in(health, "sam")
    question = await posts.publish_thread(
        health.context,
        amina,
        community.id,
        Kind.QUESTION,
        Draft(source="How?", title="How do you review?"),
    )
    async with health.database.transaction("test") as tx:
        await agencies.decide(
            tx, HOST, AgencyState.ADMITTED, by=None, reason="", now=health.now()
        )
    return Scene(
        instance=health,
        amina=amina,
        sam=sam,
        community=community,
        question=question,
        priya=await remote(health, "priya"),
    )


async def signed_in(instance: Instance, name: str) -> SignedIn:
    token, _ = await accounts.sign_in(
        instance.context, name, PASSWORD, address="127.0.0.1", user_agent="test"
    )
    found = await accounts.find_signed_in(instance.context, token)
    assert found is not None
    return found


async def remote(
    instance: Instance, name: str, host: str = HOST, kind: ActorKind = ActorKind.PERSON
) -> Actor:
    uri = f"https://{host}/@{name}"
    actor = Actor(
        id=instance.context.ids.mint(instance.now()),
        uri=uri,
        kind=kind,
        name=name,
        host=host,
        local=False,
        inbox=f"{uri}/inbox",
        published_at=instance.now(),
    )
    async with instance.database.transaction("test") as tx:
        assert await actors.add(tx, actor, now=instance.now())
    return actor


async def remote_thread(scene: Scene, name: str, visibility: Visibility) -> PostFacts:
    """Let a thread of a community elsewhere be known, which Sam belongs to."""
    health = scene.instance
    group = await remote(health, name, kind=ActorKind.COMMUNITY)
    post_id = health.context.ids.mint(health.now())
    uri = f"https://{HOST}/p/{post_id}"
    async with health.database.transaction("test") as tx:
        community = Community(actor=group, visibility=visibility)
        await stored_communities.add(tx, community, now=health.now())
        await follows.ask(tx, scene.sam.member.id, group.id, f"{uri}#follow", now=health.now())
        new = NewPost(
            id=post_id,
            uri=uri,
            kind=Kind.DISCUSSION,
            author_id=scene.priya.id,
            community_id=group.id,
            root_id=post_id,
            parent_id=None,
            context=None,
            visibility=visibility,
            title="Buy this",
            source="",
            html="<p>Buy this</p>",
            text="Buy this",
            clean_version=1,
            language="en",
            topic=None,
            published_at=health.now(),
            received_at=health.now(),
        )
        await threads.add_many(tx, [new])
        found = await stored_posts.find(tx, post_id)
    assert found is not None
    return found.facts


async def sent(instance: Instance, host: str = HOST) -> list[dict[str, Any]]:
    async with instance.database.reading() as tx:
        rows = await tx.fetch(
            "SELECT a.document FROM deliveries d JOIN activities a ON a.id = d.activity_id "
            "WHERE d.host = $1 AND d.state = 'waiting' ORDER BY d.id",
            host,
        )
    return [json.loads(row["document"]) for row in rows]


async def test_a_report_is_kept_for_the_moderators_and_stays_here(scene: Scene) -> None:
    await reporting.report(
        scene.instance.context, scene.sam, scene.question.id, "It names a client."
    )

    [report] = await scene.open_reports()
    assert (report.reporter_id, report.post_id) == (scene.sam.member.id, scene.question.id)
    assert (report.target_id, report.comment) == (scene.amina.member.id, "It names a client.")
    assert report.host == scene.instance.host
    assert await sent(scene.instance) == []


async def test_the_same_report_is_kept_once(scene: Scene) -> None:
    context = scene.instance.context
    await reporting.report(context, scene.sam, scene.question.id, "Spam")

    with pytest.raises(Conflict):
        await reporting.report(context, scene.sam, scene.question.id, "Spam!")
    await reporting.report(context, scene.amina, scene.question.id, "Spam")

    assert len(await scene.open_reports()) == 2


@pytest.mark.parametrize("comment", ["", " \n ", "x" * 5001])
async def test_a_report_says_what_is_wrong(scene: Scene, comment: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await reporting.report(scene.instance.context, scene.sam, scene.question.id, comment)

    assert list(refusal.value.fields) == ["comment"]
    assert await scene.open_reports() == []


@pytest.mark.parametrize("flags", [1, 0])
async def test_a_report_is_forwarded_to_where_the_community_lives_if_that_is_wanted(
    scene: Scene, flags: int
) -> None:
    facts = await remote_thread(scene, f"rail{flags}", Visibility.PUBLIC)

    await reporting.report(
        scene.instance.context, scene.sam, facts.id, "Advertising", forward=flags > 0
    )

    found = await sent(scene.instance)
    assert len(found) == flags
    for flag in found:
        assert (flag["type"], flag["object"]) == ("Flag", facts.uri)
        assert flag["to"] == [facts.community_uri]
        assert flag["content"] == "Advertising"


async def test_an_agency_that_nobody_admitted_hears_of_no_report(scene: Scene) -> None:
    facts = await remote_thread(scene, "unadmitted", Visibility.PUBLIC)
    async with scene.instance.database.transaction("test") as tx:
        await tx.execute("UPDATE agencies SET state = 'waiting' WHERE host = $1", HOST)

    await reporting.report(scene.instance.context, scene.sam, facts.id, "Advertising")

    assert await sent(scene.instance) == []
    assert len(await scene.open_reports()) == 1


async def test_what_nobody_admitted_hears_of_no_person_that_is_reported(scene: Scene) -> None:
    async with scene.instance.database.transaction("test") as tx:
        await tx.execute("UPDATE agencies SET state = 'waiting' WHERE host = $1", HOST)

    complaint = Complaint(person_id=scene.priya.id, comment="Insults", forward=True)
    kept, _ = await flagging.complain(scene.instance.context, scene.sam, complaint)

    assert (await sent(scene.instance), kept.forwarded) == ([], False)


async def test_what_was_not_said_yet_is_a_report_of_its_own(scene: Scene) -> None:
    context = scene.instance.context
    other = await posts.publish_thread(
        context,
        scene.amina,
        scene.community.id,
        Kind.QUESTION,
        Draft(source="And?", title="And how else?"),
    )

    async def complain(*post_ids: int) -> tuple[int, bool]:
        report, is_new = await flagging.complain(
            context, scene.sam, Complaint(comment="Spam", post_ids=post_ids)
        )
        return report.id, is_new

    first = await complain(scene.question.id)
    both = await complain(scene.question.id, other.id)

    assert (first[1], both[1]) == (True, True)
    assert await complain(scene.question.id, other.id) == (both[0], False)
    assert await complain(other.id) == (both[0], False)
    assert {each.posts for each in await scene.open_reports()} == {
        (other.id, scene.question.id),
        (scene.question.id,),
    }


async def test_what_one_may_not_read_one_cannot_report(scene: Scene) -> None:
    facts = await remote_thread(scene, "closed", Visibility.MEMBERS)

    with pytest.raises(NotFound):
        await reporting.report(scene.instance.context, scene.sam, facts.id, "Spam")
    with pytest.raises(NotFound):
        await reporting.report(scene.instance.context, scene.sam, 1, "Spam")


async def test_a_report_from_elsewhere_is_kept_with_where_it_came_from(scene: Scene) -> None:
    author = scene.amina.member.actor.uri

    kept = await scene.receive(author, scene.question.uri, "https://third.example/p/1")

    assert kept
    [report] = await scene.open_reports()
    assert (report.host, report.post_id, report.comment) == (HOST, scene.question.id, "Spam")


async def test_a_person_of_ours_can_be_reported_from_elsewhere_once(scene: Scene) -> None:
    author = scene.amina.member.actor.uri

    first, second = await scene.receive(author), await scene.receive(author)

    assert (first, second) == (True, False)
    [report] = await scene.open_reports()
    assert (report.target_id, report.post_id) == (scene.amina.member.id, None)


async def test_a_report_is_closed_once_and_by_moderators(scene: Scene) -> None:
    context = scene.instance.context
    await reporting.report(context, scene.sam, scene.question.id, "Spam")
    [report] = await scene.open_reports()

    with pytest.raises(NotAllowed):
        await reporting.close(context, scene.sam, report.id, "kept")
    await reporting.close(context, scene.amina, report.id, "kept", reason=" It is fine. ")
    with pytest.raises(Conflict):
        await reporting.close(context, scene.amina, report.id, "kept")
    with pytest.raises(NotFound):
        await reporting.close(context, scene.amina, 1, "kept")

    assert await scene.open_reports() == []
    moderator = scene.amina.member.actor.uri
    expected = (moderator, "close-report", scene.question.uri, "kept: It is fine.")
    assert await scene.last_act() == expected


async def test_a_report_about_a_person_is_closed_as_such(scene: Scene) -> None:
    await scene.receive(scene.sam.member.actor.uri)
    [report] = await scene.open_reports()

    await reporting.close(scene.instance.context, scene.amina, report.id, "kept")

    about = scene.sam.member.actor.uri
    expected = (scene.amina.member.actor.uri, "close-report", about, "kept")
    assert await scene.last_act() == expected


async def test_a_suspended_member_is_out_at_once_until_it_is_lifted(scene: Scene) -> None:
    context, sam = scene.instance.context, scene.sam.member
    token, _ = await accounts.sign_in(
        context, "sam", PASSWORD, address="127.0.0.1", user_agent="test"
    )

    await reporting.suspend(context, scene.amina, sam.id, suspended=True, reason="Insults")
    out = await accounts.find_signed_in(context, token)
    logged = await scene.last_act()
    with pytest.raises(NotAllowed):
        await signed_in(scene.instance, "sam")
    await reporting.suspend(context, scene.amina, sam.id, suspended=False, reason="")

    assert out is None
    assert logged == (scene.amina.member.actor.uri, "suspend", sam.actor.uri, "Insults")
    assert (await scene.last_act())[1] == "lift-suspension"
    assert (await signed_in(scene.instance, "sam")).member.id == sam.id


async def test_somebody_elsewhere_is_suspended_here(scene: Scene) -> None:
    context, priya = scene.instance.context, scene.priya

    await reporting.suspend(context, scene.amina, priya.id, suspended=True, reason="Spam")
    async with scene.instance.database.reading() as tx:
        suspended = (await actors.get(tx, priya.id)).suspended_at
    await reporting.suspend(context, scene.amina, priya.id, suspended=False, reason="")

    async with scene.instance.database.reading() as tx:
        assert (await actors.get(tx, priya.id)).suspended_at is None
    assert suspended == scene.instance.now()


@pytest.mark.parametrize(
    ("by", "about", "reason", "refusal"),
    [
        ("sam", "priya", "Spam", NotAllowed),
        ("amina", "oda", "Spam", NotAllowed),
        ("amina", "amina", "Spam", Conflict),
        ("amina", "priya", " ", Invalid),
        ("amina", "priya", "x" * 501, Invalid),
        ("amina", "reviews", "Spam", NotFound),
        ("amina", "nobody", "Spam", NotFound),
    ],
)
async def test_nobody_is_suspended_who_may_not_be(
    scene: Scene, by: str, about: str, reason: str, refusal: type[Refusal]
) -> None:
    context = scene.instance.context
    moderator = {"sam": scene.sam, "amina": scene.amina}[by]
    async with scene.instance.database.reading() as tx:
        found = scene.priya if about == "priya" else await actors.find_local(tx, about)

    with pytest.raises(refusal):
        await reporting.suspend(
            context, moderator, found.id if found else 1, suspended=True, reason=reason
        )

    async with scene.instance.database.reading() as tx:
        suspended = "SELECT count(*) FROM actors WHERE suspended_at IS NOT NULL"
        assert await tx.fetchval(suspended) == 0


async def test_what_is_not_suspended_cannot_be_lifted(scene: Scene) -> None:
    with pytest.raises(Conflict):
        await reporting.suspend(
            scene.instance.context, scene.amina, scene.priya.id, suspended=False, reason=""
        )
