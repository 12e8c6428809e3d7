"""What the instance says of itself, from clients and on pages: texts, rules, figures."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from schemas.records import AgencyState, Kind, Role
from server.services import communities, posts
from server.services.posts import Draft
from server.storage import agencies, audit
from server.storage.embedded import Cluster
from tests.clients.demands import complaints
from tests.clients.programs import Program, opened, program_of
from tests.instance import Browser, Instance, TurnedClock, running
from tests.stories import life

INSTANCE: Final = "/api/v1/instance"
RULES: Final = "/moderation/rules"
TEXTS: Final = "/operations/texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    here: Instance
    clock: TurnedClock
    guest: Program
    ben: Program
    mara: Browser
    olga: Browser

    async def rules(self) -> list[tuple[str, str]]:
        found = await self.guest.get(f"{INSTANCE}/rules")
        return [(each["text"], each["hint"]) for each in found]

    async def acts(self, number: int) -> list[tuple[str, str]]:
        async with self.here.database.reading() as tx:
            return [(each.act, each.reason) for each in await audit.latest(tx, limit=number)]


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[House]:
    clock = TurnedClock()
    async with running(cluster, "house", clock=clock, work=False) as here:
        mara = await here.member_browser("mara", Role.MODERATOR)
        olga = await here.member_browser("olga", Role.OPERATOR)
        await here.member("ben")
        yield House(
            here=here,
            clock=clock,
            guest=opened(here, Program(here.origin)),
            ben=await program_of(here, "ben"),
            mara=mara,
            olga=olga,
        )


@pytest.fixture(autouse=True)
def later(house: House) -> None:
    house.clock.turn(60 * life.MINUTE)


async def test_the_first_rules_are_those_that_the_page_shows(house: House) -> None:
    found = await house.rules()
    page = await house.here.browser().get("/about")

    assert len(found) == 3
    for text, _ in found:
        assert text in page.text
    for version in ("v1", "v2"):
        told = await house.guest.get(f"/api/{version}/instance")
        assert [each["text"] for each in told["rules"]] == [text for text, _ in found]


async def test_moderators_write_the_rules_and_the_log_keeps_it(house: House) -> None:
    before = await house.rules()

    added = await house.mara.submit(RULES, {"text": "Say when it was", "hint": "A date helps"})
    number = int(await life.value(house.here, "SELECT max(id) FROM rules"))
    one = f"{RULES}/{number}"
    await house.mara.submit(one, {"act": "save", "text": "Say when", "hint": "A date"})
    await house.mara.submit(one, {"act": "save", "text": "Say when", "hint": "A date"})
    await house.mara.submit(one, {"act": "up"})
    moved = await house.rules()
    await house.mara.submit(one, {"act": "remove"})

    assert (added.status, added.path) == (200, RULES)
    assert moved == [*before[:2], ("Say when", "A date"), before[2]]
    assert await house.rules() == before
    assert await house.acts(4) == [
        ("remove-rule", "Say when"),
        ("move-rule", "Say when"),
        ("change-rule", "Say when it was → Say when"),
        ("add-rule", "Say when it was"),
    ]


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        (RULES, {"text": ""}, 422),
        (RULES, {"text": "x" * 301}, 422),
        (RULES, {"text": "x", "hint": "y" * 1001}, 422),
        (f"{RULES}/1", {"act": "save", "text": " "}, 422),
        (f"{RULES}/1", {"act": "up"}, 409),
        (f"{RULES}/999", {"act": "remove"}, 404),
        (f"{RULES}/x", {"act": "remove"}, 404),
    ],
)
async def test_a_rule_that_is_none_is_refused_and_nothing_changes(
    house: House, path: str, form: dict[str, str], status: int
) -> None:
    before = await house.rules()

    answer = await house.mara.submit(path, form)

    assert answer.status == status
    assert await house.rules() == before


async def test_there_are_so_many_rules_and_no_more(house: House) -> None:
    before = len(await house.rules())
    for number in range(30 - before):
        await house.mara.submit(RULES, {"text": f"Rule {number}"})

    assert (await house.mara.submit(RULES, {"text": "One more"})).status == 422
    async with house.here.database.transaction("test") as tx:
        await tx.execute("DELETE FROM rules WHERE place > 3")


async def test_without_rules_the_page_says_so(house: House) -> None:
    async with house.here.database.transaction("test") as tx:
        await tx.execute("UPDATE rules SET removed_at = now()")

    page = await house.here.browser().get("/about")

    assert "none written down" in page.text
    assert (await house.guest.get("/api/v2/instance"))["rules"] == []
    assert "No rule" in (await house.mara.get(RULES)).text
    async with house.here.database.transaction("test") as tx:
        await tx.execute("UPDATE rules SET removed_at = NULL")


async def test_a_report_names_rules_and_the_desk_shows_them(house: House) -> None:
    here = house.here
    mara = await life.signed_in(here.context, "mara")
    plaza = await life.opened(here, mara.member.actor, "square")
    await communities.join(here.context, await life.signed_in(here.context, "ben"), plaza.id)
    made = [
        await posts.publish_thread(
            here.context, mara, plaza.id, Kind.DISCUSSION, Draft(title=title, source="Buy it")
        )
        for title in ("Cheap pumps", "Cheaper pumps")
    ]
    [rule, *_] = await house.guest.get(f"{INSTANCE}/rules")

    given: dict[str, Any] = {
        "account_id": str(mara.member.id),
        "status_ids": [str(each.id) for each in made],
        "rule_ids": [rule["id"]],
        "comment": "Twice",
    }
    told = await house.ben.post("/api/v1/reports", **given)
    again = await house.ben.post("/api/v1/reports", **given)
    desk = (await house.mara.get("/moderation")).text

    assert list(complaints("Report", told)) == []
    assert (told["category"], told["rule_ids"]) == ("violation", [rule["id"]])
    assert told["id"] == again["id"]
    for words in ("Twice", "Against the house rules", rule["text"], "Cheap pumps", "Cheaper"):
        assert words in desk

    take = f"/moderation/reports/{told['id']}/take"
    taken = await house.mara.submit(take)
    left = await house.mara.submit(take, {"on": "no"})
    assert "You look at this." in taken.text
    assert "You look at this." not in left.text


async def test_what_a_report_can_be_about(house: House) -> None:
    ben = (await house.ben.get("/api/v1/accounts/verify_credentials"))["id"]
    mara = await life.signed_in(house.here.context, "mara")
    own = str(mara.member.id)

    async def status(**given: Any) -> int:
        return (await house.ben.ask("POST", "/api/v1/reports", json=given)).status

    assert await status(comment="x") == 422
    assert await status(account_id=own, category="rude") == 422
    assert await status(account_id=own, rule_ids=["999"]) == 422
    assert await status(account_id=own, comment="x" * 5001) == 422
    assert await status(account_id=own, status_ids=[str(n) for n in range(21)]) == 422
    assert await status(account_id="1") == 404
    assert await status(account_id=str(house.here.context.agency_id)) == 404
    assert await status(account_id=own, status_ids=["1"]) == 404
    assert await status(account_id=own, status_ids=["x"]) == 404
    assert await status(account_id=own, rule_ids=["x"]) == 404
    post = str(await life.value(house.here, "SELECT max(id) FROM posts"))
    assert await status(account_id=ben, status_ids=[post]) == 404


async def test_somebody_is_reported_as_a_whole_once(house: House) -> None:
    mara = await life.signed_in(house.here.context, "mara")
    given = {"account_id": str(mara.member.id), "comment": "Bans for fun"}

    first = await house.ben.post("/api/v1/reports", **given)
    second = await house.ben.post("/api/v1/reports", **given)

    assert first["id"] == second["id"]
    assert (first["status_ids"], first["forwarded"], first["category"]) == ([], False, "other")


async def test_where_nobody_wrote_them_the_texts_say_what_is_true_of_every_agency(
    house: House,
) -> None:
    privacy = await house.guest.get(f"{INSTANCE}/privacy_policy")
    terms = await house.guest.get(f"{INSTANCE}/terms_of_service")
    about = await house.guest.get(f"{INSTANCE}/extended_description")
    browser = house.here.browser()

    assert "the server of House keeps" in privacy["content"]
    assert "<h2>Who sees it</h2>" in (await browser.get("/privacy-policy")).text
    assert "House lets you use" in (await browser.get("/terms-of-service")).text
    assert (about["content"], terms["effective_date"]) == ("", "2026-11-24")
    urls = (await house.guest.get("/api/v2/instance"))["configuration"]["urls"]
    for url in (urls["privacy_policy"], urls["terms_of_service"], urls["about"]):
        assert (await browser.get(url.removeprefix(house.here.origin))).status == 200


async def test_operators_write_the_texts_in_markdown_and_the_log_keeps_that(
    house: House,
) -> None:
    said = {
        "about": "We *are*.\n\n<script>x</script>",
        "privacy": "## Mine\n\nYours",
        "terms": "",
    }

    await house.olga.submit(TEXTS, said)
    await house.olga.submit(TEXTS, said)
    written = await house.acts(3)
    about = await house.guest.get(f"{INSTANCE}/extended_description")
    privacy = (await house.here.browser().get("/privacy-policy")).text
    shown = (await house.here.browser().get("/about")).text
    terms = await house.ben.get(f"{INSTANCE}/terms_of_service")
    await house.olga.submit(TEXTS, dict.fromkeys(said, ""))

    assert written[:2] == [("write-text", "privacy"), ("write-text", "about")]
    assert "<em>are</em>" in about["content"]
    assert "<script>" not in about["content"]
    assert "<em>are</em>" in shown
    assert "<h2>Mine</h2>" in privacy
    assert "Last changed" in privacy
    assert "House lets you use" in terms["content"]
    assert (await house.guest.get(f"{INSTANCE}/extended_description"))["content"] == ""
    assert about["updated_at"].startswith("2026-")


async def test_a_text_too_long_is_refused_and_kept_in_the_form(house: House) -> None:
    answer = await house.olga.submit(TEXTS, {"about": "x" * 50_001})

    assert answer.status == 422
    assert "50000 characters" in answer.text


@pytest.mark.parametrize(
    ("path", "form"), [(RULES, {"text": "x"}), (TEXTS, {"about": "x"}), (f"{RULES}/1", {})]
)
async def test_aut_04_pages_of_staff_are_for_them_alone(
    house: House, path: str, form: dict[str, str]
) -> None:
    browser = house.here.browser()
    for program in (browser, house.mara if path == TEXTS else browser):
        answer = await program.submit(path, form)
        assert answer.status == 403 or answer.path.startswith("/sign-in")
    assert await life.value(house.here, "SELECT count(*) FROM instance_texts") == 0


async def test_terms_are_found_by_the_day_they_hold_from(house: House) -> None:
    terms = await house.guest.get(f"{INSTANCE}/terms_of_service/2026-11-24")
    other = await house.guest.ask("GET", f"{INSTANCE}/terms_of_service/2020-01-01")

    assert terms["effective"] is True
    assert other.status == 404


async def test_languages_and_translations(house: House) -> None:
    assert {"code": "en", "name": "English"} in await house.guest.get(f"{INSTANCE}/languages")
    assert await house.guest.get(f"{INSTANCE}/translation_languages") == {}


async def test_blocked_agencies_are_listed_with_the_reason(house: House) -> None:
    async with house.here.database.transaction("test") as tx:
        for host, state in (
            ("bad.example", AgencyState.BLOCKED),
            ("good.example", AgencyState.ADMITTED),
        ):
            await agencies.decide(tx, host, state, by=None, reason="Spam", now=house.here.now())

    listed = await house.guest.get(f"{INSTANCE}/domain_blocks")

    assert list(complaints("[PublicBlock]", listed)) == []
    assert [(each["domain"], each["comment"]) for each in listed] == [("bad.example", "Spam")]


async def test_guests_learn_no_figures_unless_the_setting_says_so(
    house: House, cluster: Cluster
) -> None:
    for name in ("peers", "activity"):
        assert await house.guest.get(f"{INSTANCE}/{name}") == []
    assert "good.example" in await house.ben.get(f"{INSTANCE}/peers")
    assert "bad.example" not in await house.ben.get(f"{INSTANCE}/peers")
    async with running(
        cluster, "frank", clock=TurnedClock(), work=False, public_figures=True
    ) as frank:
        guest = opened(frank, Program(frank.origin))
        assert len(await guest.get(f"{INSTANCE}/activity")) == 12


async def test_weeks_are_counted_and_few_people_are_nobody(
    house: House, cluster: Cluster
) -> None:
    clock = TurnedClock(datetime(2026, 3, 4, 12, tzinfo=UTC))
    async with running(cluster, "weekly", clock=clock, work=False) as here:
        amina = await here.member("amina", Role.STEWARD)
        plaza = await life.opened(here, amina.actor, "plaza")
        for number in range(6):
            name = f"person{number}"
            await here.member(name)
            member = await life.signed_in(here.context, name)
            await communities.join(here.context, member, plaza.id)
            clock.turn(life.MINUTE)
            draft = Draft(title="Hello", source="All")
            await posts.publish_thread(
                here.context,
                await life.signed_in(here.context, name),
                plaza.id,
                Kind.DISCUSSION,
                draft,
            )
            if number == 1:
                clock.turn(7 * 24 * 60 * life.MINUTE)
        this, before, *_ = await (await program_of(here, "amina")).get(f"{INSTANCE}/activity")

    monday = datetime(2026, 3, 9, tzinfo=UTC)
    assert (this["week"], this["statuses"]) == (str(int(monday.timestamp())), "4")
    assert (this["logins"], this["registrations"]) == ("0", "0")
    assert (before["statuses"], before["logins"]) == ("2", "0")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/auth/edit", "/settings"),
        ("/auth/sign_up", "/sign-up"),
        ("/settings/preferences/other", "/settings"),
        ("/settings/profile", "/settings"),
        ("/admin/reports", "/moderation"),
        ("/admin/reports/77", "/moderation#report-77"),
        ("/admin/accounts/{mara}", "/@mara"),
    ],
)
async def test_what_clients_open_on_the_server_leads_to_our_pages(
    house: House, path: str, place: str
) -> None:
    mara = await life.signed_in(house.here.context, "mara")

    answer = await house.here.browser().get(path.format(mara=mara.member.id), follow=False)

    assert (answer.status, answer.headers["Location"]) == (302, place)
    assert (await house.here.browser().get("/admin/accounts/1")).status == 404
