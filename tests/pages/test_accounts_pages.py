"""Accounts and people in a browser: joining, signing in and out, settings, following."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from schemas.records import JoinRule, Kind, Role, Visibility
from server.handlers.pages.accounts import device_of
from server.services import accounts, communities, kudos, posts
from server.services.communities import CommunityDraft
from server.services.posts import Draft
from server.storage import members, sessions
from server.storage.embedded import Cluster
from server.storage.sessions import SignedIn
from tests.instance import PASSWORD, Browser, Instance, TurnedClock, running

OTHER_PASSWORD = "eleven quiet lighthouses"  # noqa: S105 -- of nobody
FORM = {"name": "ingrid", "display_name": "Ingrid Solberg", "password": PASSWORD}


@pytest.fixture(scope="module")
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(scope="module")
async def health(cluster: Cluster, clock: TurnedClock) -> AsyncIterator[Instance]:
    async with running(
        cluster, "health", clock=clock, work=False, registration="open"
    ) as instance:
        yield instance


async def is_signed_in(browser: Browser) -> bool:
    return (await browser.get("/settings", follow=False)).status == 200


async def test_whoever_signs_up_is_signed_in_and_goes_on_where_they_wanted(
    health: Instance,
) -> None:
    browser = health.browser()

    answer = await browser.submit(
        "/sign-up", FORM | {"next": "/agencies"}, page="/sign-up?next=/agencies"
    )

    assert (answer.status, answer.path) == (200, "/agencies")
    assert "Welcome." in answer.text
    assert await is_signed_in(browser)


async def test_a_sign_up_form_comes_back_with_what_was_typed_but_the_password(
    health: Instance,
) -> None:
    browser = health.browser()
    typed = {"name": "in grid", "display_name": "Ingrid <S>", "password": "too short"}

    answer = await browser.submit("/sign-up", typed, page="/sign-up")

    assert answer.status == 422
    assert 'href="#name"' in answer.text
    assert 'href="#password"' in answer.text
    assert 'value="in grid"' in answer.text
    assert "Ingrid &lt;S&gt;" in answer.text
    assert "too short" not in answer.text


async def test_an_invitation_opens_a_closed_door_once(
    cluster: Cluster, clock: TurnedClock
) -> None:
    async with running(cluster, "treasury", clock=clock, work=False) as treasury:
        code = await accounts.invite(treasury.context, None, Role.MODERATOR, 7)
        guest = treasury.browser()

        without = await guest.submit("/sign-up", FORM, page="/sign-up")
        invited = await guest.submit("/sign-up", FORM | {"invitation": code}, page="/sign-up")
        again = await treasury.browser().submit(
            "/sign-up", FORM | {"name": "dele", "invitation": code}, page="/sign-up"
        )

        assert (without.status, invited.status, again.status) == (422, 200, 422)
        assert (await guest.get("/moderation")).status == 200


async def test_a_wrong_password_says_nothing_about_the_name(health: Instance) -> None:
    await health.member("jonas")
    browser = health.browser()

    known = await browser.sign_in("jonas", "not my password")
    unknown = await browser.sign_in("nobody_at_all", "not my password")

    assert (known.status, unknown.status) == (422, 422)
    assert 'value="jonas"' in known.text
    assert "The name or the password is wrong." in known.text
    assert "The name or the password is wrong." in unknown.text
    assert not await is_signed_in(browser)


async def test_who_is_signed_in_does_not_see_the_forms_for_guests(health: Instance) -> None:
    browser = await health.member_browser("mette")

    assert (await browser.get("/sign-in?next=/about")).path == "/about"
    assert (await browser.get("/sign-up")).path == "/"


async def test_signing_in_as_another_ends_the_session_before(health: Instance) -> None:
    browser = await health.member_browser("first")
    await health.member("second")
    before = browser.cookie("session")

    await browser.submit("/sign-in", {"name": "second", "password": PASSWORD}, page="/about")

    assert 'value="Second"' in (await browser.get("/settings")).text
    assert await accounts.find_signed_in(health.context, before) is None


async def test_a_member_changes_their_profile(health: Instance) -> None:
    browser = await health.member_browser("sanna")
    wanted = {
        "display_name": "Sanna Virtanen",
        "about": "I know *bridges*.",
        "time_zone": "Europe/Helsinki",
        "language": "en",
    }

    answer = await browser.submit("/settings", wanted, page="/settings")

    assert "Your profile is saved." in answer.text
    assert "I know *bridges*." in answer.text
    assert "<em>bridges</em>" in (await health.browser().get("/@sanna")).text
    async with health.database.reading() as tx:
        found = await members.find_by_name(tx, "sanna")
    assert found is not None
    assert found[0].time_zone == "Europe/Helsinki"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", "x" * 61),
        ("about", "x" * 2001),
        ("time_zone", "../etc/passwd"),
        ("language", "tlh"),
    ],
)
async def test_a_profile_form_says_what_is_wrong(
    health: Instance, field: str, value: str
) -> None:
    name = f"odd_{field}"
    browser = await health.member_browser(name)
    right = {"display_name": "Odd", "about": "", "time_zone": "UTC", "language": "en"}

    answer = await browser.submit("/settings", right | {field: value}, page="/settings")

    assert answer.status == 422
    assert f'href="#{field}"' in answer.text
    async with health.database.reading() as tx:
        found = await members.find_by_name(tx, name)
    assert found is not None
    assert found[0].actor.display_name == name.title()


async def test_a_new_password_ends_the_other_sessions(health: Instance) -> None:
    browser = await health.member_browser("paavo")
    other = health.browser()
    await other.sign_in("paavo")

    wrong = await browser.submit(
        "/settings/password", {"password": "no", "new_password": OTHER_PASSWORD}
    )
    weak = await browser.submit(
        "/settings/password", {"password": PASSWORD, "new_password": "short"}
    )
    kept = await is_signed_in(other)
    right = await browser.submit(
        "/settings/password", {"password": PASSWORD, "new_password": OTHER_PASSWORD}
    )

    assert (wrong.status, weak.status, right.status) == (422, 422, 200)
    assert 'href="#password"' in wrong.text
    assert 'href="#new_password"' in weak.text
    assert kept
    assert await is_signed_in(browser)
    assert not await is_signed_in(other)


async def test_a_member_ends_a_session_of_theirs_and_of_nobody_else(health: Instance) -> None:
    browser = await health.member_browser("runa")
    other = health.browser()
    await other.sign_in("runa")
    stranger = await health.member_browser("stranger")
    found = await accounts.find_signed_in(health.context, other.cookie("session"))
    assert found is not None
    path = f"/settings/sessions/{found.session_id}/revoke"

    refused = await stranger.submit(path)
    still = await is_signed_in(other)
    answer = await browser.submit(path)

    assert (refused.status, answer.status) == (404, 200)
    assert still
    assert not await is_signed_in(other)
    assert path not in answer.text


async def test_the_list_of_sessions_leaves_out_those_that_are_over(
    cluster: Cluster, clock: TurnedClock
) -> None:
    async with running(cluster, "transport", clock=clock, work=False) as transport:
        old = await transport.member_browser("sam")
        clock.turn(timedelta(days=8))
        browser = transport.browser()
        await browser.sign_in("sam")

        page = await browser.get("/settings")

        assert not await is_signed_in(old)
        assert page.text.count("last used") == 1
        async with transport.database.reading() as tx:
            found = await accounts.get_member(transport.context, "sam")
            assert len(await sessions.of_member(tx, found.id)) == 2


async def test_following_a_person_and_no_longer(health: Instance) -> None:
    await health.member("tove")
    browser = await health.member_browser("ulf")

    followed = await browser.submit("/@tove/follow", page="/@tove")
    left = await browser.submit("/@tove/unfollow", page="/@tove")
    oneself = await browser.submit("/@ulf/follow", page="/@tove")

    assert "You follow Tove." in followed.text
    assert 'action="/@tove/unfollow"' in followed.text
    assert 'action="/@tove/follow"' in left.text
    assert oneself.status == 409


@pytest.mark.parametrize("path", ["/@nobody", "/@nobody@elsewhere.example", "/@%00", "/@@"])
async def test_nobody_has_no_page(health: Instance, path: str) -> None:
    assert (await health.browser().get(path)).status == 404


async def test_a_person_has_one_page_however_the_handle_is_written(health: Instance) -> None:
    await health.member("vigdis")
    browser = health.browser()

    for path in ("/@vigdis", "/@Vigdis", f"/@vigdis@{health.host}"):
        assert "Vigdis" in (await browser.get(path)).text


async def test_who_belongs_to_a_closed_community_only_its_members_see(
    health: Instance,
) -> None:
    steward = await health.member("ylva", Role.STEWARD)
    await communities.open_community(
        health.context,
        steward.actor,
        CommunityDraft(
            name="whistle_blowing",
            display_name="Whistle blowing",
            summary="",
            charter="",
            topics=(),
            join=JoinRule.APPROVAL,
            visibility=Visibility.MEMBERS,
        ),
    )
    herself = health.browser()
    await herself.sign_in("ylva")
    other = await health.member_browser("aksel")

    assert "Whistle blowing" in (await herself.get("/@ylva")).text
    assert "Whistle blowing" not in (await other.get("/@ylva")).text
    assert "Whistle blowing" not in (await health.browser().get("/@ylva")).text


async def test_a_persons_page_shows_what_they_wrote_and_what_they_were_thanked_for(
    health: Instance,
) -> None:
    asker, helper = await _session(health, "bodil"), await _session(health, "carsten")
    opened = await communities.open_community(
        health.context,
        asker.member.actor,
        CommunityDraft(
            name="bridges",
            display_name="Bridges",
            summary="",
            charter="",
            topics=(),
            join=JoinRule.OPEN,
            visibility=Visibility.PUBLIC,
        ),
    )
    await communities.join(health.context, helper, opened.id)
    question = await posts.publish_thread(
        health.context,
        asker,
        opened.id,
        Kind.QUESTION,
        Draft(source="How?", title="How do you keep salt off the bearings?"),
    )
    answer = await posts.publish_reply(
        health.context, helper, question.id, Kind.ANSWER, Draft(source="With a cover.")
    )
    await kudos.give_kudos(
        health.context, asker, answer.id, "saved-time", "Two weeks, all in all"
    )

    page = (await health.browser().get("/@carsten")).text

    assert "How do you keep salt off the bearings?" in page
    assert f'href="/p/{question.id}#p{answer.id}"' in page
    assert "Two weeks, all in all" in page
    assert "Saved time" in page
    assert "Untitled" not in page
    assert "Bridges" in page


async def test_what_a_moderator_removed_stands_on_the_desk_without_its_words(
    health: Instance,
) -> None:
    steward, moderator = await _session(health, "dagny"), await _session(health, "einar")
    async with health.database.transaction("test") as tx:
        await members.change_role(tx, moderator.member.id, Role.MODERATOR)
    opened = await communities.open_community(
        health.context,
        steward.member.actor,
        CommunityDraft(
            name="tunnels",
            display_name="Tunnels",
            summary="",
            charter="",
            topics=(),
            join=JoinRule.OPEN,
            visibility=Visibility.PUBLIC,
        ),
    )
    question = await posts.publish_thread(
        health.context,
        steward,
        opened.id,
        Kind.QUESTION,
        Draft(source="Words.", title="Mx Quill"),
    )
    browser = health.browser()
    await browser.sign_in("einar")

    await browser.submit(f"/p/{question.id}/report", {"reason": "A name"}, page="/about")
    await browser.submit(f"/p/{question.id}/remove", {"reason": "It named a client"})
    page = (await browser.get("/moderation")).text

    assert page.count("It named a client") >= 2
    assert f'action="/p/{question.id}/restore"' in page
    assert "Removed a post" in page
    assert "A name" in page
    assert "Mx Quill" not in page


async def _session(health: Instance, name: str) -> SignedIn:
    await health.member(name, Role.STEWARD)
    token, _ = await accounts.sign_in(
        health.context, name, PASSWORD, address="127.0.0.1", user_agent="test"
    )
    found = await accounts.find_signed_in(health.context, token)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
                "(KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0"
            ),
            "Edge on Windows",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
                "Version/17.5 Mobile/15E148 Safari/604.1"
            ),
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_device_is_named_in_few_words(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device
