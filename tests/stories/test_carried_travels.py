"""What posts carry travels: whom they call, hashtags, quotes with leave, duplicates."""

from typing import Any

import pytest

from federation.errors import Gone
from schemas.records import Community, Kind, PostFacts, Role, Visibility
from server.services import (
    changing,
    communities,
    confirming,
    duplicates,
    posts,
    quotes,
    stewardship,
)
from server.services.errors import Invalid, NotAllowed, NotFound
from server.services.posts import Draft
from server.storage.sessions import SignedIn
from tests.instance import Browser, Instance, TurnedClock, settle
from tests.stories import life

Agencies = tuple[Instance, Instance, Instance]


class Story:
    """Founders and members: `roads` at transport is public; mo of health and tess of treasury
    belong to it. `closed` at transport is for members, and mo belongs to it, too."""

    roads: Community
    closed: Community
    fay: Browser
    mo: Browser
    tess: Browser

    def __init__(self, everybody: Agencies, clock: TurnedClock) -> None:
        self.everybody, self.clock = everybody, clock
        self.transport, self.health, self.treasury = everybody

    async def begin(self) -> None:
        self.fay = await self.transport.member_browser("fay", Role.STEWARD)
        self.mo = await self.health.member_browser("mo")
        self.tess = await self.treasury.member_browser("tess")
        fay = await self.member("fay")
        self.roads = await life.opened(self.transport, fay.member.actor, "road_safety")
        self.closed = await life.opened(
            self.transport, fay.member.actor, "closed", visibility=Visibility.MEMBERS
        )
        for browser, names in (
            (self.mo, ("road_safety", "closed")),
            (self.tess, ("road_safety",)),
        ):
            for name in names:
                at = f"{name}@{self.transport.host}"
                await browser.get(f"/find?q=!{at}")
                await browser.submit(f"/c/{at}/join")
                await self.calm()

    async def calm(self) -> None:
        await settle(*self.everybody)

    def home_of(self, name: str) -> Instance:
        return {"mo": self.health, "tess": self.treasury}.get(name, self.transport)

    async def member(self, name: str) -> SignedIn:
        return await life.signed_in(self.home_of(name).context, name)

    async def asks(
        self, name: str, community: str, body: str, *, quotes: str | None = None
    ) -> PostFacts:
        instance = self.home_of(name)
        found = await life.finds(instance, f"!{community}@{self.transport.host}")
        quoted = (await life.post_at(instance, quotes)).id if quotes else None
        facts = await posts.publish_thread(
            instance.context,
            await self.member(name),
            found.id,
            Kind.QUESTION,
            Draft(title="How do you count?", source=body, quotes=quoted),
        )
        await self.calm()
        return facts

    async def page(self, browser: Browser, instance: Instance, uri: str) -> str:
        return (await browser.get(await life.path_at(instance, uri))).text

    async def is_the_same_everywhere(self, uri: str) -> str:
        seen = [await life.thread_at(each, uri) for each in (self.fay, self.mo, self.tess)]
        assert seen[0] == seen[1] == seen[2]
        return seen[0]

    async def fetched(self, uri: str) -> dict[str, Any]:
        """Read a document as the agencies read it from each other."""
        elsewhere = next(each for each in self.everybody if not uri.startswith(each.origin))
        return await confirming.fetch(elsewhere.context, uri)


@pytest.fixture(scope="module")
async def story(agencies: Agencies, clock: TurnedClock) -> Story:
    story = Story(agencies, clock)
    await story.begin()
    return story


async def told(instance: Instance, name: str) -> list[tuple[str, str]]:
    rows = await life.rows(
        instance,
        "SELECT n.kind, n.subject FROM notifications n JOIN actors a ON a.id = n.member_id "
        "WHERE a.name = $1 AND n.kind IN ('mention', 'quote', 'answer') ORDER BY n.id",
        name,
    )
    return [(str(kind), str(subject)) for kind, subject in rows]


# Hashtags and mentions


async def test_whom_a_post_calls_is_told_here_and_at_other_agencies(story: Story) -> None:
    body = f"@fay and @mo@{story.health.host}: what of #Black_Spots? Not @nobody."

    asked = await story.asks("fay", "road_safety", body)

    page = await story.page(story.mo, story.health, asked.uri)
    assert 'class="u-url mention"' in page
    assert ("mention", asked.uri) in await told(story.health, "mo")
    assert ("mention", asked.uri) not in await told(story.transport, "fay")  # it is her own
    assert "@nobody" in page
    listed = await story.mo.get("/notifications")
    assert "mentioned you" in listed.text


async def test_whom_a_post_for_members_calls_is_told_if_they_may_read_it(story: Story) -> None:
    await story.transport.member("ines")
    await story.treasury.member("theo")
    calls = f"@ines, @mo@{story.health.host} and @theo@{story.treasury.host}"

    asked = await story.asks("fay", "closed", calls)

    assert await told(story.transport, "ines") == []
    assert ("mention", asked.uri) in await told(story.health, "mo")
    assert await told(story.treasury, "theo") == []


async def test_whoever_answers_and_calls_the_asker_tells_them_once(story: Story) -> None:
    asked = await story.asks("mo", "road_safety", "Who knows?")

    await life.replies(
        story.treasury, "tess", asked.uri, f"@mo@{story.health.host} we do #blackspots."
    )
    await story.calm()

    about = [kind for kind, _ in (await told(story.health, "mo"))][-1:]
    assert about == ["answer"]


async def test_somebody_who_is_called_in_an_edit_is_told_then(story: Story) -> None:
    await story.treasury.member("tara")
    await life.finds(story.treasury, f"!road_safety@{story.transport.host}")
    asked = await story.asks("mo", "road_safety", "Who counts?")
    story.clock.turn(life.MINUTE)

    await changing.edit(
        story.health.context,
        await story.member("mo"),
        asked.id,
        Draft(title="How?", source=f"@tara@{story.treasury.host} does."),
    )
    await story.calm()

    assert await told(story.treasury, "tara") == [("mention", asked.uri)]


async def test_a_hashtag_has_a_page_of_public_posts_at_each_agency(story: Story) -> None:
    asked = await story.asks("fay", "road_safety", "Of #NearMiss and of the #R\u00fccksicht.")
    await life.replies(story.treasury, "tess", asked.uri, "Ours: #nearmiss.")
    hidden = await story.asks("fay", "closed", "A #nearmiss that nobody may hear of.")
    await story.calm()

    for browser in (story.fay, story.mo, story.tess):
        page = (await browser.get("/tags/NearMiss")).text
        assert page.count("How do you count?") == 2  # the question, and the answer to it
        assert "nobody may hear" not in page
    assert "How do you count?" in (await story.mo.get("/tags/r%C3%BCcksicht")).text
    assert "Nothing public" in (await story.fay.get("/tags/other")).text
    assert (await story.fay.get("/tags/7")).status == 404
    assert hidden.visibility is Visibility.MEMBERS
    await story.is_the_same_everywhere(asked.uri)


async def test_a_page_of_a_hashtag_has_a_next_one(story: Story) -> None:
    for number in range(21):
        await posts.publish_thread(
            story.transport.context,
            await story.member("fay"),
            story.roads.id,
            Kind.DISCUSSION,
            Draft(title=f"Number {number}.", source="#manyofthem"),
        )

    first = (await story.fay.get("/tags/manyofthem")).text
    further = first.split('rel="next"')[0].rpartition('href="')[2].split('"')[0]
    second = (await story.fay.get(further.replace("&amp;", "&"))).text

    assert "Number 20." in first
    assert "Number 0." not in first
    assert "Number 0." in second
    assert "Number 20." not in second
    assert "Number 20." in (await story.fay.get("/tags/manyofthem?before=nonsense~1")).text
    await story.calm()


async def test_a_thread_goes_out_with_the_hashtag_of_its_community(story: Story) -> None:
    asked = await story.asks("mo", "road_safety", "Of *nothing*.")

    document = await story.fetched(asked.uri)

    hashtags = [each["name"] for each in document["tag"] if each["type"] == "Hashtag"]
    assert hashtags == ["#roadsafety"]
    assert "How do you count?" in (await story.tess.get("/tags/roadsafety")).text


# Quotes


async def test_a_quote_of_another_agency_waits_and_is_shown_once_its_author_lets_it(
    story: Story,
) -> None:
    asked = await story.asks("mo", "road_safety", "Something worth repeating.")
    composer = await story.tess.get(
        f"/c/road_safety@{story.transport.host}/ask"
        f"?quote={(await life.post_at(story.treasury, asked.uri)).id}"
    )

    quoting = await story.asks("tess", "road_safety", "See what Mo says.", quotes=asked.uri)

    assert "Something worth repeating" in composer.text
    assert ("quote", quoting.uri) in await told(story.health, "mo")
    for browser, instance in (
        (story.fay, story.transport),
        (story.mo, story.health),
        (story.tess, story.treasury),
    ):
        page = await story.page(browser, instance, quoting.uri)
        assert "<blockquote" in page, instance.name
        assert "Something worth repeating" in page
    document = await story.fetched(quoting.uri)
    assert document["quote"] == document["quoteUrl"] == asked.uri
    stamp = await story.fetched(document["quoteAuthorization"])
    assert stamp["interactingObject"] == quoting.uri
    assert stamp["interactionTarget"] == asked.uri
    await story.is_the_same_everywhere(quoting.uri)


async def test_an_author_takes_back_that_they_are_quoted_and_it_is_a_link_everywhere(
    story: Story,
) -> None:
    asked = await story.asks("mo", "road_safety", "I should not have said that.")
    quoting = await story.asks("tess", "road_safety", "Look at this.", quotes=asked.uri)
    document = await story.fetched(quoting.uri)
    here = await life.path_at(story.health, asked.uri)

    story.clock.turn(life.MINUTE)
    listed = await story.mo.get(f"{here}/quotes")
    number = document["quoteAuthorization"].rpartition("/")[2]
    await story.mo.submit(f"{here}/quotes", {"quote": number})
    await story.mo.submit(f"{here}/quotes", {"quote": number})  # twice is once
    await story.calm()

    assert "tess" in listed.text.lower()
    with pytest.raises(Gone):
        await story.fetched(document["quoteAuthorization"])
    for browser, instance in (
        (story.fay, story.transport),
        (story.mo, story.health),
        (story.tess, story.treasury),
    ):
        page = await story.page(browser, instance, quoting.uri)
        assert "<blockquote" not in page, instance.name
        assert "A quoted post at" in page
    assert "Nobody quotes it" in (await story.mo.get(f"{here}/quotes")).text
    await story.is_the_same_everywhere(quoting.uri)


async def test_one_member_quotes_another_at_once_and_others_can_check_it(story: Story) -> None:
    await story.transport.member("gil")
    await communities.join(story.transport.context, await story.member("gil"), story.roads.id)
    asked = await story.asks("gil", "road_safety", "Said at home.")

    quoting = await story.asks("fay", "road_safety", "Gil said it.", quotes=asked.uri)

    assert ("quote", quoting.uri) in await told(story.transport, "gil")
    assert "Said at home" in await story.page(story.fay, story.transport, quoting.uri)
    assert "Said at home" in await story.page(story.mo, story.health, quoting.uri)


async def test_who_quotes_themselves_asks_nobody(story: Story) -> None:
    asked = await story.asks("mo", "road_safety", "Said before.")

    quoting = await story.asks("mo", "road_safety", "As I said.", quotes=asked.uri)

    for browser, instance in ((story.fay, story.transport), (story.mo, story.health)):
        assert "Said before" in await story.page(browser, instance, quoting.uri)


async def test_what_is_for_members_is_quoted_among_them_and_nowhere_else(story: Story) -> None:
    secret = await story.asks("fay", "closed", "Between us.")

    with pytest.raises(NotAllowed, match="quote-leaves-community"):
        await story.asks("fay", "road_safety", "They say…", quotes=secret.uri)
    with pytest.raises(NotAllowed, match="quoting-not-allowed"):
        await story.asks("mo", "closed", "Fay says…", quotes=secret.uri)
    for name, community in (("hal", story.closed), ("una", story.roads)):
        await story.transport.member(name)
        await communities.join(story.transport.context, await story.member(name), community.id)
    with pytest.raises(NotFound):
        await story.asks("una", "road_safety", "They say…", quotes=secret.uri)
    quoting = await story.asks("hal", "closed", "Fay says…", quotes=secret.uri)

    assert "Between us" in await story.page(story.fay, story.transport, quoting.uri)


async def test_nobody_looks_at_or_takes_back_the_quotes_of_another(story: Story) -> None:
    asked = await story.asks("mo", "road_safety", "Mine.")
    tess = await story.member("tess")
    there = await life.post_at(story.treasury, asked.uri)

    with pytest.raises(NotAllowed, match="not-your-post"):
        await quotes.given(story.treasury.context, tess, there.id)
    with pytest.raises(NotFound):
        await quotes.revoke(story.health.context, await story.member("mo"), asked.id, 7)


# Duplicates


async def test_a_steward_closes_a_question_that_was_asked_before(story: Story) -> None:
    before = await story.asks("tess", "road_safety", "The first time.")
    again = await story.asks("mo", "road_safety", "The second time.")
    here = await life.path_at(story.transport, again.uri)
    address = f"{story.transport.origin}{await life.path_at(story.transport, before.uri)}"

    form = await story.fay.get(f"{here}/duplicate")
    wrong = await story.fay.submit(f"{here}/duplicate", {"original": "https://a.example/x"})
    await story.fay.submit(f"{here}/duplicate", {"original": f"{address}#p1"})
    await story.calm()

    assert "Asked before" in form.text
    assert "no other thread" in wrong.text
    seen = await story.is_the_same_everywhere(again.uri)
    assert f'"duplicateOf":"{before.uri}"' in seen
    assert '"locked":true' in seen
    for browser, instance in ((story.mo, story.health), (story.tess, story.treasury)):
        page = await story.page(browser, instance, again.uri)
        assert "The same was asked here:" in page
        assert await life.path_at(instance, before.uri) in page


async def test_a_thread_that_is_opened_again_points_nowhere(story: Story) -> None:
    before = await story.asks("fay", "road_safety", "First.")
    again = await story.asks("fay", "road_safety", "Second.")
    fay = await story.member("fay")
    await duplicates.mark(story.transport.context, fay, again.id, before.uri)
    await story.calm()
    document = await story.fetched(again.uri)

    await stewardship.lock(story.transport.context, fay, again.id, locked=False)
    await story.calm()

    assert document["duplicateOf"] == before.uri
    assert '"duplicateOf"' not in await story.is_the_same_everywhere(again.uri)


async def test_a_public_thread_points_to_no_secret_one(story: Story) -> None:
    secret = await story.asks("fay", "closed", "First.")
    again = await story.asks("fay", "road_safety", "Second.")
    fay = await story.member("fay")

    with pytest.raises(Invalid):
        await duplicates.mark(story.transport.context, fay, again.id, secret.uri)
    with pytest.raises(Invalid):
        await duplicates.mark(story.transport.context, fay, again.id, again.uri)
    with pytest.raises(NotAllowed):
        await duplicates.mark(
            story.health.context,
            await story.member("mo"),
            (await life.post_at(story.health, again.uri)).id,
            "https://a.example/x",
        )
