"""Reports both ways: told to whom they concern, kept with their reason, shown to moderators."""

import re
from collections.abc import AsyncIterator

import pytest

from server.services import flagging, reporting
from server.services.flagging import Complaint
from server.storage import actors, communities
from server.storage.embedded import Cluster
from tests.browser import PASSWORD
from tests.door import Sender
from tests.programs import stories
from tests.programs.habits import LEMMY, MASTODON, PIEFED
from tests.programs.takers import Document
from tests.programs.world import Habits, Program, World, follows_plaza, opened_world

HABITS: dict[str, Habits] = {"lemmy": LEMMY, "mastodon": MASTODON, "piefed": PIEFED}


@pytest.fixture(scope="module")
async def world(cluster: Cluster) -> AsyncIterator[World]:
    async with opened_world(cluster) as world:
        for name, habits in HABITS.items():
            await world.meets(name, habits)
        yield world


async def desk(world: World) -> str:
    """What a moderator sees."""
    browser = world.scene.here.browser()
    await browser.sign_in("amina", PASSWORD)
    answer = await browser.get("/moderation")
    assert answer.status == 200
    return re.sub(r"\s+", " ", answer.text)


def flag_of(program: Program, reporter: Sender, about: Document | str, reason: str) -> Document:
    """The report as its program says it."""
    match program.habits.software:
        case "mastodon":
            return program.act(reporter, "Flag", about, content=reason)
        case _:
            plaza = {"to": [program.scene.here.origin + "/c/plaza"]}
            return program.act(reporter, "Flag", about, summary=reason, **plaza)


@pytest.mark.parametrize("name", sorted(HABITS))
async def test_a_report_from_elsewhere_is_kept_with_its_reason(world: World, name: str) -> None:
    program = world.hosts[name]
    is_mastodon = name == "mastodon"
    reporter = program.person("rosa", "Application" if is_mastodon else "Person")
    question = await world.asks(world.plaza.id, f"Reported from {name}")
    about: object = [world.bob_uri, question.uri] if is_mastodon else question.uri

    flag = flag_of(program, reporter, about, f"A patient is named, says {name}")
    assert (await program.sends(reporter, flag)).state == "done"
    again = flag_of(program, reporter, about, "And again")
    assert (await program.sends(reporter, again)).state == "ignored"

    seen = await desk(world)
    assert f"A patient is named, says {name}" in seen
    assert "And again" not in seen


async def test_who_is_done_with_a_report_there_is_shown_here(world: World) -> None:
    """A steward of ours on a Lemmy resolves; a stranger's word changes nothing."""
    program = world.hosts["lemmy"]
    reporter, steward = program.person("tell"), program.person("warden")
    question = await world.asks(world.plaza.id, "Reported and resolved")
    flag = flag_of(program, reporter, question.uri, "Look at this")
    assert (await program.sends(reporter, flag)).state == "done"

    resolve = program.act(reporter, "Resolve", flag)
    assert (await program.sends(reporter, resolve)).reason == "nothing-resolved"
    assert "are done with this" not in await desk(world)
    await follows_plaza(world, program, steward)
    async with world.scene.here.database.transaction("test") as tx:
        known = await actors.find(tx, steward.uri)
        assert known is not None
        now = world.scene.here.now()
        await communities.add_steward(tx, world.plaza.id, known.id, now=now)

    assert (await program.sends(steward, program.act(steward, "Resolve", flag))).state == "done"

    seen = await desk(world)
    assert "are done with this" in seen
    assert "Look at this" in seen


async def test_a_report_about_a_guest_goes_to_where_they_are(world: World) -> None:
    """Their server reads whose it is and why, and not who told us (ACT-14)."""
    program = world.hosts["mastodon"]
    ines = program.person("ines")
    await follows_plaza(world, program, ines)
    question = await world.asks(world.plaza.id, "Ask me")
    said = program.reply(ines, world.plaza.uri, question.uri)
    assert (await program.sends(ines, program.created(ines, said))).state == "done"
    await program.taken()

    facts = await world.facts(said["id"])
    context = world.scene.here.context
    await reporting.report(context, await world.bob(), facts.id, "Sells number plates")

    [flag] = await program.taken()
    assert (flag["type"], flag["actor"]) == ("Flag", context.home.moderation)
    assert flag["object"] == [ines.uri, said["id"]]
    assert flag["content"] == flag["summary"] == "Sells number plates"
    assert "@bob" not in str(flag)


@pytest.mark.parametrize(("name", "flags"), [("mastodon", 1), ("lemmy", 2)])
async def test_several_posts_go_in_one_report_where_a_program_reads_several(
    world: World, name: str, flags: int
) -> None:
    program = world.hosts[name]
    iris = program.person("iris")
    await follows_plaza(world, program, iris)
    question = await world.asks(world.plaza.id, "Ask me")
    written = [program.reply(iris, world.plaza.uri, question.uri) for _ in range(2)]
    for said in written:
        assert (await program.sends(iris, program.created(iris, said))).state == "done"
    await program.taken()
    ids = [(await world.facts(said["id"])).id for said in written]

    complaint = Complaint(comment="Sells", post_ids=tuple(ids), forward=True)
    kept, is_new = await flagging.complain(
        world.scene.here.context, await world.bob(), complaint
    )

    told = await program.taken()
    named = [each["object"] for each in told]
    uris = [said["id"] for said in written]
    assert (kept.posts, kept.forwarded, is_new) == (tuple(ids), True, True)
    assert len(told) == flags
    assert named == ([[iris.uri, *uris]] if flags == 1 else uris)
    assert "@bob" not in str(told)


async def test_a_guest_reported_as_a_whole_is_told_of_where_they_are(world: World) -> None:
    program = world.hosts["mastodon"]
    iva = program.person("iva")
    await follows_plaza(world, program, iva)
    await program.taken()
    number = await world.scene.fetch("SELECT id FROM actors WHERE uri = $1", iva.uri)

    complaint = Complaint(comment="Insults", person_id=number[0][0], forward=True)
    kept, _ = await flagging.complain(world.scene.here.context, await world.bob(), complaint)

    [flag] = await program.taken()
    assert (flag["object"], flag["to"], kept.forwarded) == ([iva.uri], [iva.uri], True)


async def test_a_report_about_somebody_on_lemmy_names_our_community_there(
    world: World,
) -> None:
    program = world.hosts["lemmy"]
    lena = program.person("lena")
    await follows_plaza(world, program, lena)
    said = program.starter(lena, world.plaza.uri, "Number plates for sale")
    assert (await program.sends(lena, program.created(lena, said))).state == "done"
    await program.taken()

    facts = await world.facts(said["id"])
    await reporting.report(world.scene.here.context, await world.bob(), facts.id, "Sells")

    [flag] = await program.taken()
    assert (flag["type"], flag["actor"]) == ("Flag", world.scene.here.context.home.moderation)
    assert (flag["to"], flag["object"]) == ([world.plaza.uri], said["id"])


async def test_who_reports_for_us_is_followed_by_nobody_and_hears_what_all_hear(
    world: World,
) -> None:
    piefed = world.hosts["piefed"]
    curious = piefed.person("curious")
    reports = world.scene.here.context.home.moderation
    question = await world.asks(world.plaza.id, "Reported to who reports")
    inbox = stories.REPORTS + "/inbox"

    follow = piefed.act(curious, "Follow", reports)
    assert (await world.scene.deliver(curious, follow, inbox=inbox)).state == "done"
    flag = flag_of(piefed, curious, question.uri, "Seen by those who look after it")
    assert (await world.scene.deliver(curious, flag, inbox=inbox)).state == "done"

    [reject] = await piefed.taken()
    assert (reject["type"], reject["actor"], reject["object"]) == ("Reject", reports, follow)
    assert await world.scene.edge(curious.uri, reports) is None
    assert "Seen by those who look after it" in await desk(world)


async def test_a_report_goes_to_the_community_and_to_where_its_author_is(world: World) -> None:
    piefed, mastodon = world.hosts["piefed"], world.hosts["mastodon"]
    keeper = piefed.person("keeper")
    jars = piefed.group("jars", keeper)
    await world.joins(piefed, jars)
    author = mastodon.person("cleo")
    said = mastodon.reply(author, jars.uri, "", inReplyTo=None, name="A thread", type="Article")
    announced = await piefed.announces(jars, mastodon.created(author, said))
    assert announced.state == "done", announced
    await mastodon.taken()
    await piefed.taken()

    facts = await world.facts(said["id"])
    await reporting.report(world.scene.here.context, await world.bob(), facts.id, "Spam")

    [there] = await piefed.taken()
    [home] = await mastodon.taken()
    assert (there["to"], there["object"]) == ([jars.uri], said["id"])
    assert (home["to"], home["object"]) == ([author.uri], [author.uri, said["id"]])


async def test_a_report_is_not_told_elsewhere_unless_its_author_wants(world: World) -> None:
    piefed = world.hosts["piefed"]
    keeper = piefed.person("keeper")
    lids = piefed.group("lids", keeper)
    await world.joins(piefed, lids)
    said = piefed.starter(keeper, lids.uri, "Quietly")
    await piefed.announces(lids, piefed.created(keeper, said))
    await piefed.taken()

    facts, context = await world.facts(said["id"]), world.scene.here.context
    await reporting.report(context, await world.bob(), facts.id, "Hm", forward=False)

    assert await piefed.taken() == []


async def test_a_steward_of_ours_hears_of_reports_in_a_community_elsewhere(
    world: World,
) -> None:
    """Lemmy tells them where the moderators are; where none is, it is not ours to keep."""
    lemmy = world.hosts["lemmy"]
    warden, reporter = lemmy.person("warden"), lemmy.person("rosa")
    bees = lemmy.group("bees", warden)
    await world.joins(lemmy, bees)
    said = lemmy.starter(reporter, bees.uri, "About wasps")
    assert (await lemmy.announces(bees, lemmy.created(reporter, said))).state == "done"
    flag = lemmy.act(reporter, "Flag", said["id"], to=[bees.uri], summary="Wasps are no bees")
    assert (await lemmy.announces(bees, flag)).reason == "report-not-kept"

    named = lemmy.ruled(warden, bees, "Add", world.bob_uri, target=f"{bees.uri}/moderators")
    assert (await lemmy.announces(bees, named)).state == "done"
    assert (await lemmy.announces(bees, flag)).state == "done"

    assert "Wasps are no bees" in await desk(world)
