"""Who follows a person at another agency reads what they publish, once, wherever it was."""

from zlib import crc32

import pytest

from schemas.records import Actor, Community, Role, Visibility
from server.services import communities
from tests.instance import Browser, Instance, TurnedClock, settle
from tests.stories import life

Agencies = tuple[Instance, Instance, Instance]
_ARRIVED = "SELECT type FROM inbox_events WHERE convert_from(raw, 'UTF8') LIKE '%' || $1 || '%'"


class Story:
    """A writer at treasury, a community at transport; a reader at health follows the writer."""

    community: Community
    writer: Browser
    reader: Browser
    author: Actor

    def __init__(self, name: str, everybody: Agencies) -> None:
        self.name = name
        self.everybody = everybody
        self.transport, self.health, self.treasury = everybody
        self.at = f"{name}@{self.transport.host}"

    async def begin(self) -> None:
        transport, health, treasury = self.everybody
        founder = await transport.member(f"founder_{self.name}", Role.STEWARD)
        self.community = await life.opened(transport, founder.actor, self.name)
        self.writer = await treasury.member_browser(f"writer_{self.name}")
        self.reader = await health.member_browser(f"reader_{self.name}")
        await self.writer.get(f"/find?q=!{self.at}")
        await self.writer.submit(f"/c/{self.at}/join")
        self.author = await life.finds(health, f"@writer_{self.name}@{treasury.host}")
        await self.calm()
        await self.reader.submit(f"/@writer_{self.name}@{treasury.host}/follow")
        await self.calm()

    async def calm(self) -> None:
        await settle(*self.everybody)

    async def asks(self) -> str:
        await life.asks_in(self.writer, self.at, "How do you count?", "We count *beds*.")
        await self.calm()
        return await life.newest(self.treasury, f"writer_{self.name}")

    async def deliveries(self, uri: str) -> list[str]:
        """What of it arrived at the reader's agency, by type."""
        return [str(row[0]) for row in await life.rows(self.health, _ARRIVED, uri)]


@pytest.fixture
async def story(agencies: Agencies, request: pytest.FixtureRequest) -> Story:
    story = Story(f"f{crc32(request.node.name.encode())}", agencies)
    await story.begin()
    return story


async def test_a_follower_elsewhere_reads_a_question_in_a_community_they_do_not_belong_to(
    story: Story,
) -> None:
    uri = await story.asks()

    page = await story.reader.get(await life.path_at(story.health, uri))
    profile = await story.reader.get(f"/@writer_{story.name}@{story.treasury.host}")

    assert "<em>beds</em>" in page.text
    assert "How do you count?" in profile.text
    assert await story.deliveries(uri) == ["Create"]


async def test_a_follower_elsewhere_reads_the_edit_and_then_finds_it_deleted(
    story: Story, clock: TurnedClock
) -> None:
    uri = await story.asks()
    here = await life.path_at(story.treasury, uri)
    there = await life.path_at(story.health, uri)

    clock.turn(life.MINUTE)
    form = {"title": "How do you count?", "body": "We count *chairs*.", "act": "save"}
    await story.writer.submit(f"{here}/edit", form)
    await story.calm()
    edited = await story.reader.get(there)
    await story.writer.submit(f"{here}/delete")
    await story.calm()

    assert "<em>chairs</em>" in edited.text
    assert "chairs" not in (await story.reader.get(there)).text


async def test_a_follower_elsewhere_reads_an_answer_with_the_question_above_it(
    story: Story,
) -> None:
    await story.transport.member(f"asker_{story.name}")
    asker = await life.signed_in(story.transport.context, f"asker_{story.name}")
    await communities.join(story.transport.context, asker, story.community.id)
    question = await life.asks(story.transport, f"asker_{story.name}", story.community.id)
    await story.calm()

    answer = await life.replies(story.treasury, f"writer_{story.name}", question, "*Twice*.")
    await story.calm()

    page = await story.reader.get(await life.path_at(story.health, question))
    assert "<em>Twice</em>" in page.text
    assert await story.deliveries(answer.uri) == ["Create"]


async def test_a_host_that_the_community_tells_is_not_told_by_the_author_too(
    story: Story,
) -> None:
    """The community is the writer's own agency's, so both would leave from one place."""
    writer = await life.signed_in(story.treasury.context, f"writer_{story.name}")
    own = await life.opened(story.treasury, writer.member.actor, f"own_{story.name}")
    await story.reader.get(f"/find?q=!own_{story.name}@{story.treasury.host}")
    await story.reader.submit(f"/c/own_{story.name}@{story.treasury.host}/join")
    await story.calm()

    uri = await life.asks(story.treasury, f"writer_{story.name}", own.id)
    await story.calm()

    assert await story.deliveries(uri) == ["Announce"]


async def test_a_host_that_both_tell_shows_one_post_and_not_two(story: Story) -> None:
    await story.reader.get(f"/find?q=!{story.at}")
    await story.reader.submit(f"/c/{story.at}/join")
    await story.calm()

    uri = await story.asks()

    listed = await story.reader.get(f"/c/{story.at}")
    assert sorted(await story.deliveries(uri)) == ["Announce", "Create"]
    assert listed.text.count(">How do you count?<") == 1


async def test_what_is_for_members_goes_to_no_follower(story: Story) -> None:
    writer = await life.signed_in(story.treasury.context, f"writer_{story.name}")
    closed = await life.opened(
        story.treasury, writer.member.actor, f"own_{story.name}", visibility=Visibility.MEMBERS
    )

    uri = await life.asks(story.treasury, f"writer_{story.name}", closed.id)
    await story.calm()

    assert await story.deliveries(uri) == []
