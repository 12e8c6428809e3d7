"""People move between agencies, take along what is theirs, and delete their accounts."""

import io
import json
import re
import zipfile
from datetime import timedelta
from zlib import crc32

import aiohttp
import pytest

from schemas.records import Community, DeletedBy, FollowState, JoinRule, Role
from server.services import accounts, archives, communities, ending
from server.services.errors import Invalid, NotAllowed
from server.storage import lanes
from tests.instance import (
    ACTIVITY_JSON,
    PASSWORD,
    Answer,
    Browser,
    Instance,
    TurnedClock,
    settle,
)
from tests.stories import life

Agencies = tuple[Instance, Instance, Instance]


async def edge(instance: Instance, follower: str, target: str) -> FollowState | None:
    found = await life.value(
        instance,
        "SELECT f.state FROM follows f JOIN actors a ON a.id = f.follower_id "
        "JOIN actors t ON t.id = f.target_id WHERE a.uri = $1 AND t.uri = $2",
        follower,
        target,
    )
    return FollowState(found) if found else None


class Story:
    """Ola has an account at health and one at treasury; a closed community is at transport.

    A fan at transport and a mate at health follow the old account.
    """

    club: Community
    old: Browser
    new: Browser
    fan: Browser
    mate: Browser

    def __init__(self, name: str, everybody: Agencies) -> None:
        self.name = name
        self.everybody = everybody
        self.transport, self.health, self.treasury = everybody

    async def begin(self) -> None:
        founder = await self.transport.member(f"founder_{self.name}", Role.STEWARD)
        self.club = await life.opened(
            self.transport, founder.actor, f"club_{self.name}", join=JoinRule.APPROVAL
        )
        self.old = await self.health.member_browser(f"ola_{self.name}")
        self.new = await self.treasury.member_browser(f"olanew_{self.name}")
        self.fan = await self.transport.member_browser(f"fan_{self.name}")
        self.mate = await self.health.member_browser(f"mate_{self.name}")
        await life.finds(self.transport, self.old_handle)
        await self.fan.submit(f"/{self.old_handle}/follow")
        await self.mate.submit(f"/@ola_{self.name}/follow")
        await self.joins(self.old)
        await self.calm()

    @property
    def old_handle(self) -> str:
        return f"@ola_{self.name}@{self.health.host}"

    @property
    def new_handle(self) -> str:
        return f"@olanew_{self.name}@{self.treasury.host}"

    @property
    def old_uri(self) -> str:
        return f"{self.health.origin}/@ola_{self.name}"

    @property
    def new_uri(self) -> str:
        return f"{self.treasury.origin}/@olanew_{self.name}"

    async def calm(self) -> None:
        await settle(*self.everybody)

    async def joins(self, browser: Browser) -> None:
        """Ask to join the club, from elsewhere; the founder lets in."""
        club = f"club_{self.name}@{self.transport.host}"
        await browser.get(f"/find?q=!{club}")
        await browser.submit(f"/c/{club}/join")
        await self.calm()
        founder = await life.signed_in(self.transport.context, f"founder_{self.name}")
        asking = await life.value(
            self.transport,
            "SELECT follower_id FROM follows WHERE target_id = $1 AND state = 'asked'",
            self.club.id,
        )
        if asking is not None:
            await communities.decide_request(
                self.transport.context, founder, self.club.id, asking, let_in=True
            )
        await self.calm()

    async def names_the_old_one(self) -> None:
        form = {"alias": self.old_handle}
        done = await self.new.submit("/settings/moving/alias", form, page="/settings/moving")
        assert done.status == 200, done.text

    async def moves(self, password: str = PASSWORD) -> int:
        form = {"target": self.new_handle, "password": password}
        done = await self.old.submit("/settings/moving/go", form, page="/settings/moving")
        await self.calm()
        return done.status


@pytest.fixture
async def story(agencies: Agencies, request: pytest.FixtureRequest) -> Story:
    story = Story(f"m{crc32(request.node.name.encode())}", agencies)
    await story.begin()
    return story


async def test_whoever_moves_is_followed_at_the_new_place(story: Story) -> None:
    await story.names_the_old_one()

    assert await story.moves() == 200

    fan, mate = f"@fan_{story.name}", f"@mate_{story.name}"
    for at, who in ((story.transport, fan), (story.health, mate)):
        follower = f"{at.origin}/{who}"
        assert await edge(at, follower, story.new_uri) is FollowState.ACCEPTED
        assert await edge(story.treasury, follower, story.new_uri) is FollowState.ACCEPTED
        assert await edge(at, follower, story.old_uri) is None
        assert await edge(story.health, follower, story.old_uri) is None
    news = await story.fan.get("/notifications")
    assert "moved to another account" in news.text
    page = await story.fan.get(f"/{story.old_handle}")
    assert story.new_handle in page.text


async def test_a_closed_community_lets_the_new_account_in_at_once(story: Story) -> None:
    await story.names_the_old_one()
    await story.moves()
    club = f"club_{story.name}@{story.transport.host}"

    await story.new.get(f"/find?q=!{club}")
    await story.new.submit(f"/c/{club}/join")
    await story.calm()

    for each in (story.transport, story.treasury):
        assert await edge(each, story.new_uri, story.club.uri) is FollowState.ACCEPTED
    assert await edge(story.transport, story.old_uri, story.club.uri) is None
    told = await story.old.get("/notifications")
    assert "refused" not in told.text


async def test_without_a_word_from_the_new_account_nothing_happens(story: Story) -> None:
    assert await story.moves() == 422

    page = await story.old.get("/settings/moving")
    assert "This account moved to" not in page.text
    fan = f"{story.transport.origin}/@fan_{story.name}"
    assert await edge(story.transport, fan, story.old_uri) is FollowState.ACCEPTED


async def test_nobody_moves_somebody_else_without_their_password(story: Story) -> None:
    await story.names_the_old_one()

    assert await story.moves(f"{PASSWORD}, or not") == 422

    page = await story.old.get("/settings/moving")
    assert "This account moved to" not in page.text


async def test_an_account_that_moved_writes_nothing_until_it_is_opened_again(
    story: Story,
) -> None:
    await story.names_the_old_one()
    await story.moves()
    club = f"club_{story.name}@{story.transport.host}"

    silenced = await life.asks_in(story.old, club, "May I?", "From here?")
    await story.old.submit("/settings/moving/back", page="/settings/moving")
    await story.calm()
    spoken = await life.asks_in(story.old, club, "May I now?", "From here?")
    form = {"target": story.new_handle, "password": PASSWORD}
    again = await story.old.submit("/settings/moving/go", form, page="/settings")

    assert silenced.status == 403
    assert spoken.status == 200
    assert again.status == 403
    moved_to = "SELECT moved_to FROM actors WHERE uri = $1"
    assert await life.value(story.transport, moved_to, story.old_uri) is None


async def test_two_accounts_of_one_agency_move_with_all_memberships(story: Story) -> None:
    await story.health.member(f"ola2_{story.name}")
    other = story.health.browser()
    await other.sign_in(f"ola2_{story.name}")
    form = {"alias": f"@ola_{story.name}@{story.health.host}"}
    await other.submit("/settings/moving/alias", form, page="/settings/moving")

    form = {"target": f"@ola2_{story.name}@{story.health.host}", "password": PASSWORD}
    await story.old.submit("/settings/moving/go", form, page="/settings/moving")
    await story.calm()

    new = f"{story.health.origin}/@ola2_{story.name}"
    fan, mate = f"{story.transport.origin}/@fan_{story.name}", f"/@mate_{story.name}"
    for each in (story.transport, story.health):
        assert await edge(each, new, story.club.uri) is FollowState.ACCEPTED
        assert await edge(each, fan, new) is FollowState.ACCEPTED
    assert await edge(story.transport, story.old_uri, story.club.uri) is None
    assert await edge(story.health, f"{story.health.origin}{mate}", new) is FollowState.ACCEPTED


async def test_what_cannot_be_named_or_moved_to_is_told_in_a_sentence(story: Story) -> None:
    club = f"!club_{story.name}@{story.transport.host}"
    told = {
        story.new_handle: "That is this account.",
        f"@nobody@{story.health.host}": "We found no person there.",
        club: "We found no person there.",
    }
    for text, sentence in told.items():
        answer = await story.new.submit("/settings/moving/alias", {"alias": text})
        assert (answer.status, sentence in answer.text) == (422, True), text
    to_itself = {"target": story.old_handle, "password": PASSWORD}

    answer = await story.old.submit("/settings/moving/go", to_itself)
    opened = await story.old.submit("/settings/moving/back")

    assert (answer.status, "That is this account." in answer.text) == (422, True)
    assert opened.status == 409


async def test_an_account_is_named_once_and_named_no_longer(story: Story) -> None:
    for _ in range(2):
        await story.names_the_old_one()
    before = await story.new.get("/settings/moving")
    await story.new.submit("/settings/moving/alias/remove", {"uri": story.old_uri})
    after = await story.new.get("/settings/moving")

    assert before.text.count(f"<p>{story.old_handle}</p>") == 1
    assert story.old_handle not in after.text
    assert await story.moves() == 422


async def test_nobody_moves_to_an_account_that_moved_itself(story: Story) -> None:
    await story.names_the_old_one()
    async with story.treasury.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE actors SET moved_to = uri || '2' WHERE uri = $1", story.new_uri
        )

    form = {"target": story.new_handle, "password": PASSWORD}
    answer = await story.old.submit("/settings/moving/go", form)

    assert "That account has moved itself." in answer.text


# Taking along what is theirs


async def archive_of(story: Story) -> bytes:
    await story.old.submit("/settings/archive", page="/settings/archive")
    await story.calm()
    page = await story.old.get("/settings/archive")
    [place] = re.findall(r'href="(/settings/archives/[0-9]+)"', page.text)
    async with story.old.client.get(f"{story.health.origin}{place}") as answer:
        assert answer.status == 200
        return await answer.read()


async def brings(story: Story, raw: bytes) -> Answer:
    form = aiohttp.FormData({"csrf": await story.new.token("/settings/archive")})
    form.add_field("archive", raw, filename="archive.zip", content_type="application/zip")
    return await story.new.request("POST", "/settings/archive/bring", data=form)


async def test_vis_17_an_archive_holds_what_is_theirs_in_plain_formats(story: Story) -> None:
    club = f"club_{story.name}@{story.transport.host}"
    await life.asks_in(story.old, club, "How do you pack?", "I fold *once*.")
    await story.old.submit(f"/@mate_{story.name}/follow", page="/settings")
    await story.joins(story.mate)
    await life.asks_in(story.mate, club, "And who packs for you?", "Nobody.")
    thanked = await life.newest(story.health, f"mate_{story.name}")
    path = await life.path_at(story.health, thanked)
    await story.old.submit(f"{path}/helpful", {"on": "yes"}, page="/settings")
    await story.calm()

    raw = await archive_of(story)

    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(files) == {
        "README.txt",
        "actor.json",
        "outbox.json",
        "likes.json",
        "follows.csv",
        "memberships.csv",
        "collections.csv",
        "bookmarks.csv",
        "recognitions.csv",
        "mutes.csv",
        "blocks.csv",
        "domain_blocks.csv",
        "lists.csv",
        "filters.csv",
        "hashtags.csv",
        "shown_hashtags.csv",
        "pinned.csv",
        "recommended.csv",
        "quiet_threads.csv",
        "not_suggested.csv",
        "scheduled.csv",
    }
    assert not [name for name, content in files.items() if "Nobody." in content]
    outbox = json.loads(files["outbox.json"])
    [post] = outbox["orderedItems"]
    assert post["source"]["content"] == "I fold *once*."
    [like] = json.loads(files["likes.json"])["orderedItems"]
    assert (like["type"], like["object"]) == ("Like", thanked)
    assert json.loads(files["actor.json"])["id"] == story.old_uri
    assert f"{story.health.origin}/@mate_{story.name}" in files["follows.csv"]
    assert story.club.uri in files["memberships.csv"]
    assert "Your posts stay where you wrote them" in " ".join(files["README.txt"].split())


async def test_vis_17_nobody_else_fetches_an_archive_and_nobody_after_a_week(
    story: Story, clock: TurnedClock
) -> None:
    await archive_of(story)
    place = await life.value(story.health, "SELECT max(id) FROM account_jobs")

    by_mate = await story.mate.get(f"/settings/archives/{place}")
    by_guest = await story.health.browser().get(f"/settings/archives/{place}", follow=False)
    acts = "SELECT act FROM audit_events WHERE actor = $1 ORDER BY id"
    logged = await life.rows(story.health, acts, story.old_uri)
    clock.turn(timedelta(days=7))
    await story.old.sign_in(f"ola_{story.name}")
    late = await story.old.get(f"/settings/archives/{place}")

    assert (by_mate.status, by_guest.status, late.status) == (404, 303, 404)
    assert logged == [("ask-for-archive",), ("fetch-archive",)]


async def test_a_new_account_asks_for_what_the_archive_lists(story: Story) -> None:
    await story.old.submit(f"/@mate_{story.name}/follow", page="/settings")
    await story.calm()
    raw = await archive_of(story)
    await story.names_the_old_one()
    await story.moves()

    answer = await brings(story, raw)
    await story.calm()

    assert answer.status == 200, answer.text
    mate = f"{story.health.origin}/@mate_{story.name}"
    assert await edge(story.treasury, story.new_uri, story.club.uri) is FollowState.ACCEPTED
    assert await edge(story.treasury, story.new_uri, mate) is FollowState.ACCEPTED
    page = await story.new.get("/settings/archive")
    assert "The last archive is taken in: 2 of 2 are asked for." in page.text


async def test_the_text_about_somebody_is_offered_and_taken(story: Story) -> None:
    profile = {"display_name": "Ola", "about": "I *fold*.", "time_zone": "UTC"}
    await story.old.submit("/settings", profile | {"language": "en"}, page="/settings")
    await brings(story, await archive_of(story))
    nothing = await brings(story, b"")
    await story.calm()
    offered = await story.new.get("/settings/archive")

    await story.new.submit("/settings/archive/about", page="/settings/archive")

    assert nothing.status == 422
    assert "I *fold*." in offered.text
    page = await story.new.get(f"/@olanew_{story.name}")
    assert "<em>fold</em>" in page.text


async def test_one_archive_at_a_time_is_made_and_what_is_not_there_is_listed(
    story: Story,
) -> None:
    async with story.health.database.transaction("test") as tx:
        # As if a worker were at it.
        await tx.execute(
            "INSERT INTO account_jobs (id, member_id, kind, state, asked_at, due_at, "
            "leased_until) SELECT 1 + id, id, 'export', 'waiting', $2, $3, $3 FROM actors "
            "WHERE uri = $1",
            story.old_uri,
            story.health.now(),
            story.health.now() + timedelta(days=1),
        )
    under_way = await story.old.submit("/settings/archive", page="/settings/archive")
    page = await story.old.get("/settings/archive")
    gone = f"{story.treasury.origin}/@nobody"
    rows = [("x", f"{gone}{number}") for number in range(12)]
    listed = archives.table(("Account address", "Address"), rows)

    await brings(story, archives.packed({"memberships.csv": listed, "follows.csv": listed}))
    await story.calm()

    assert under_way.status == 409
    assert "It is being made" in page.text
    told = await story.new.get("/settings/archive")
    assert "0 of 24 are asked for" in told.text
    assert gone in told.text
    async with story.health.database.transaction("test") as tx:
        await tx.execute("DELETE FROM account_jobs WHERE state = 'waiting'")


async def test_a_job_that_fails_every_time_is_refused_and_others_go_on(
    story: Story, clock: TurnedClock
) -> None:
    async with story.treasury.database.transaction("test") as tx:
        await tx.execute(
            "INSERT INTO account_jobs (id, member_id, kind, state, asked_at, due_at, "
            "leased_until, content) SELECT 1 + id, id, 'import', 'waiting', $2, $2, $2, 'torn' "
            "FROM actors WHERE uri = $1",
            story.new_uri,
            story.treasury.now(),
        )

    for _ in range(5):
        await story.calm()
        clock.turn(timedelta(minutes=6))
    await story.new.submit("/settings/archive", page="/settings/archive")
    await story.calm()

    ended = "SELECT kind, state FROM account_jobs ORDER BY id DESC LIMIT 2"
    found = await life.rows(story.treasury, ended)
    assert set(found) == {("import", "refused"), ("export", "done")}


async def test_a_form_without_a_file_is_shown_again(story: Story) -> None:
    answer = await story.new.submit("/settings/archive/bring", page="/settings/archive")

    assert (answer.status, "Choose the file first." in answer.text) == (422, True)


async def test_a_file_that_is_no_archive_is_refused_in_a_sentence(story: Story) -> None:
    answer = await brings(story, b"PK not really")

    assert answer.status == 422
    assert "This is no archive of an account" in answer.text


# Going


async def test_del_24_whoever_goes_is_gone_everywhere_and_their_keys_with_them(
    story: Story, clock: TurnedClock
) -> None:
    club = f"club_{story.name}@{story.transport.host}"
    await story.joins(story.new)
    await life.asks_in(story.old, club, "Is anybody there?", "I am.")
    await story.calm()
    question = await life.newest(story.health, f"ola_{story.name}")
    await life.asks_in(story.new, club, "Another one?", "It is.")
    await story.calm()
    other = await life.newest(story.treasury, f"olanew_{story.name}")
    path = await life.path_at(story.health, other)
    await story.old.submit(f"{path}/helpful", {"on": "yes"}, page="/settings")
    await story.calm()
    helped = "SELECT helpful FROM posts WHERE uri = $1"
    assert await life.value(story.treasury, helped, other) == 1

    done = await story.old.submit(
        "/settings/delete", {"sure": "yes", "password": PASSWORD}, page="/settings/delete"
    )
    for _ in range(4):
        await story.calm()
        clock.turn(timedelta(minutes=1))
    await story.calm()

    assert done.status == 200
    gone = "SELECT deleted_at IS NOT NULL FROM actors WHERE uri = $1"
    for each in story.everybody:
        facts = await life.post_at(each, question)
        assert facts.deleted_by is DeletedBy.AUTHOR
        assert await life.value(each, gone, story.old_uri) is True
        assert await life.value(each, helped, other) == 0
        assert await edge(each, story.old_uri, story.club.uri) is None
    fan = f"{story.transport.origin}/@fan_{story.name}"
    assert await edge(story.transport, fan, story.old_uri) is None
    keys = (
        "SELECT count(*) FROM actor_keys k JOIN actors a ON a.id = k.actor_id "
        "WHERE a.uri = $1 AND k.private_pem IS NOT NULL"
    )
    assert await life.value(story.health, keys, story.old_uri) == 0
    answer = await story.health.browser().request(
        "GET", f"/@ola_{story.name}", headers={"Accept": ACTIVITY_JSON}
    )
    assert answer.status == 410
    with pytest.raises(Invalid):
        await story.health.member(f"ola_{story.name}")
    with pytest.raises(Invalid):
        await life.signed_in(story.health.context, f"ola_{story.name}")


async def test_a_last_steward_names_another_one_first(story: Story) -> None:
    browser = story.transport.browser()
    await browser.sign_in(f"founder_{story.name}")

    page = await browser.get("/settings/delete")
    with pytest.raises(NotAllowed, match="last-steward"):
        await ending.end_by_operator(
            story.transport.context,
            await accounts.get_member(story.transport.context, f"founder_{story.name}"),
        )

    assert f"About club_{story.name}" in page.text


async def test_nobody_is_deleted_by_a_wrong_password_or_without_being_sure(
    story: Story,
) -> None:
    for form in (
        {"sure": "yes", "password": f"{PASSWORD}, or not"},
        {"password": PASSWORD},
    ):
        answer = await story.old.submit("/settings/delete", form, page="/settings/delete")
        assert answer.status == 422

    assert (await story.old.get("/settings")).status == 200


_KEYS = (
    "SELECT count(*) FROM actor_keys k JOIN actors a ON a.id = k.actor_id "
    "WHERE a.uri = $1 AND k.private_pem IS NOT NULL"
)
_GONE = "SELECT deleted_at IS NOT NULL FROM actors WHERE uri = $1"


async def goes_while_transport_is_away(story: Story, clock: TurnedClock) -> int:
    """Have the operator delete the account; give how many keys it keeps meanwhile."""
    health = story.health
    async with health.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE origins SET paused_at = $1 WHERE origin = $2",
            health.now(),
            story.transport.origin,
        )
    member = await accounts.get_member(health.context, f"ola_{story.name}")
    await ending.end_by_operator(health.context, member)
    for _ in range(3):
        await settle(story.health, story.treasury)
        clock.turn(timedelta(hours=1))
    await settle(story.health, story.treasury)
    return int(await life.value(health, _KEYS, story.old_uri))


async def transport_is_back(story: Story, clock: TurnedClock) -> None:
    async with story.health.database.transaction("test") as tx:
        await tx.execute("UPDATE origins SET paused_at = NULL")
        await lanes.set_due(tx, [story.transport.origin], now=story.health.now())
    for _ in range(3):
        await story.calm()
        clock.turn(timedelta(minutes=1))
    await story.calm()


async def test_del_24_who_was_away_hears_that_an_account_went_signed_by_its_key(
    story: Story, clock: TurnedClock
) -> None:
    kept = await goes_while_transport_is_away(story, clock)

    await transport_is_back(story, clock)

    assert kept > 0
    assert await life.value(story.transport, _GONE, story.old_uri) is True
    assert await life.value(story.health, _KEYS, story.old_uri) == 0


async def test_sig_18_an_agency_that_lost_the_key_believes_that_the_account_is_gone(
    story: Story, clock: TurnedClock
) -> None:
    club = f"club_{story.name}@{story.transport.host}"
    await life.asks_in(story.old, club, "Will this go?", "It will.")
    await story.calm()
    question = await life.newest(story.health, f"ola_{story.name}")
    await goes_while_transport_is_away(story, clock)
    async with story.transport.database.transaction("test") as tx:
        await tx.execute(
            "DELETE FROM actor_keys WHERE actor_id = (SELECT id FROM actors WHERE uri = $1)",
            story.old_uri,
        )

    await transport_is_back(story, clock)

    assert await life.value(story.transport, _GONE, story.old_uri) is True
    assert (await life.post_at(story.transport, question)).deleted_by is DeletedBy.AUTHOR
