"""What moderators do from clients: the same as on their pages, and in the log as there."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from schemas.records import Kind, Role
from server.services import agencies, communities, people, posts
from server.services.posts import Draft
from server.storage import audit
from server.storage.embedded import Cluster
from tests.clients.demands import complaints
from tests.clients.programs import Program, program_of
from tests.counting import counted
from tests.instance import Instance, TurnedClock, running, settle
from tests.stories import life

SCOPES: Final = ("read", "write", "admin:read", "admin:write")
ACCOUNTS: Final = "/api/v1/admin/accounts"
REPORTS: Final = "/api/v1/admin/reports"
ALLOWS: Final = "/api/v1/admin/domain_allows"
BLOCKS: Final = "/api/v1/admin/domain_blocks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Mara moderates, olga operates; ben wrote two posts, chloe reports; dora is elsewhere."""

    here: Instance
    away: Instance
    clock: TurnedClock
    mara: Program
    chloe: Program
    ids: dict[str, int]
    plaza: int

    async def post(self, name: str, title: str) -> int:
        self.clock.turn(life.MINUTE)
        member = await life.signed_in(self.here.context, name)
        draft = Draft(title=title, source="Words")
        facts = await posts.publish_thread(
            self.here.context, member, self.plaza, Kind.DISCUSSION, draft
        )
        return facts.id

    async def reported(self, name: str = "ben", **given: Any) -> dict[str, Any]:
        self.clock.turn(life.MINUTE)
        report: dict[str, Any] = await self.chloe.post(
            "/api/v1/reports",
            **({"account_id": str(self.ids[name]), "comment": "Rude"} | given),
        )
        return report

    async def acts(self, number: int = 1) -> list[tuple[str, str, str]]:
        async with self.here.database.reading() as tx:
            found = await audit.latest(tx, limit=number)
        return [(each.actor.rpartition("@")[2], each.act, each.reason) for each in found]


@pytest.fixture(scope="module")
async def shared(cluster: Cluster) -> AsyncIterator[Desk]:
    clock = TurnedClock()
    async with (
        running(cluster, "desk", clock=clock) as here,
        running(cluster, "beyond", clock=clock) as away,
    ):
        await here.admit(away)
        await away.admit(here)
        mara = await here.member("mara", Role.MODERATOR)
        await here.member("olga", Role.OPERATOR)
        members = {name: await here.member(name) for name in ("ben", "chloe")}
        await away.member("dora")
        plaza = await life.opened(here, mara.actor, "plaza")
        for name in ("ben", "chloe"):
            member = await life.signed_in(here.context, name)
            await communities.join(here.context, member, plaza.id)
        dora = await life.finds(here, f"@dora@{away.host}")
        ids = {name: each.id for name, each in members.items()}
        yield Desk(
            here=here,
            away=away,
            clock=clock,
            mara=await program_of(here, "mara", SCOPES),
            chloe=await program_of(here, "chloe"),
            ids=ids | {"mara": mara.id, "dora": dora.id},
            plaza=plaza.id,
        )


@pytest.fixture
async def desk(shared: Desk) -> AsyncIterator[Desk]:
    """The desk, with no report left of other tests; the limits' windows pass in between."""
    shared.clock.turn(60 * life.MINUTE)
    yield shared
    async with shared.here.database.transaction("test") as tx:
        await tx.execute("DELETE FROM reports")
        await tx.execute("UPDATE actors SET suspended_at = NULL")


def _names(listed: list[dict[str, Any]]) -> list[str]:
    return [each["username"] for each in listed]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"ben", "chloe", "dora", "mara", "olga"}),
        ("origin=local", {"ben", "chloe", "mara", "olga"}),
        ("origin=remote", {"dora"}),
        ("permissions=staff", {"mara", "olga"}),
        ("role_ids[]=3", {"olga"}),
        ("role_ids[]=3&role_ids[]=0&permissions=staff", {"olga"}),
        ("username=B", {"ben"}),
        ("display_name=chl", {"chloe"}),
        ("by_domain={away}", {"dora"}),
        ("by_domain=nowhere.example", set()),
        ("status=active&origin=local", {"ben", "chloe", "mara", "olga"}),
        ("status=suspended", set()),
        ("status=pending", set()),
        ("status=silenced", set()),
        ("email=ben@example.org", set()),
        ("ip=192.0.2.1", set()),
        ("invited_by={mara}", set()),
    ],
)
async def test_accounts_are_found_by_what_is_known_of_them(
    desk: Desk, query: str, names: set[str]
) -> None:
    filled = query.format(away=desk.away.host, mara=desk.ids["mara"])

    found = await desk.mara.get(f"/api/v2/admin/accounts?{filled}")

    assert set(_names(found)) == names
    assert list(complaints("[AdminAccount]", found)) == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("local=true", {"ben", "chloe", "mara", "olga"}),
        ("remote=1", {"dora"}),
        ("local=true&remote=true", {"ben", "chloe", "dora", "mara", "olga"}),
        ("staff=true", {"mara", "olga"}),
        ("active=true&local=true", {"ben", "chloe", "mara", "olga"}),
        ("pending=true", set()),
        ("suspended=true", set()),
    ],
)
async def test_the_first_version_asks_by_switches(
    desk: Desk, query: str, names: set[str]
) -> None:
    assert set(_names(await desk.mara.get(f"{ACCOUNTS}?{query}"))) == names


async def test_accounts_come_page_by_page(desk: Desk) -> None:
    first = await desk.mara.ask("GET", f"{ACCOUNTS}?local=true&limit=3")
    following, _, _ = first.headers["Link"].removeprefix("<").partition(">")
    second = await desk.mara.get(following)
    back = await desk.mara.get(
        f"{ACCOUNTS}?local=true&limit=2&min_id={second[-1]['id']}",
    )

    assert len(first.json) == 3
    assert len(second) == 1
    assert set(_names(first.json + second)) == {"ben", "chloe", "mara", "olga"}
    assert _names(back) == _names(first.json)[-2:]


async def test_one_account_is_shown_with_what_its_member_may_do(desk: Desk) -> None:
    mara = await desk.mara.get(f"{ACCOUNTS}/{desk.ids['mara']}")
    dora = await desk.mara.get(f"{ACCOUNTS}/{desk.ids['dora']}")

    assert (mara["role"]["name"], mara["domain"], mara["locale"]) == ("Moderator", None, "en")
    assert (dora["role"], dora["domain"]) == (None, desk.away.host)
    for missing in (desk.plaza, 1, 2**63):
        assert (await desk.mara.ask("GET", f"{ACCOUNTS}/{missing}")).status == 404


async def test_a_person_is_suspended_and_let_in_again_as_from_the_desk(desk: Desk) -> None:
    path = f"{ACCOUNTS}/{desk.ids['ben']}"

    done = await desk.mara.post(f"{path}/action", type="suspend", text="Advertised")
    shown = await desk.mara.get(path)
    [listed] = await desk.mara.get(f"{ACCOUNTS}?suspended=true")
    lifted = await desk.mara.post(f"{path}/unsuspend")
    again = await desk.mara.post(f"{path}/unsuspend")

    assert (done, shown["suspended"], listed["id"]) == ({}, True, shown["id"])
    assert (lifted["suspended"], again["suspended"]) == (False, False)
    assert await desk.acts(2) == [
        ("mara", "lift-suspension", ""),
        ("mara", "suspend", "Advertised"),
    ]


async def test_a_suspension_needs_a_reason_and_ends_with_its_report(desk: Desk) -> None:
    report = await desk.reported()
    path = f"{ACCOUNTS}/{desk.ids['ben']}/action"

    unsaid = await desk.mara.ask("POST", path, json={"type": "suspend"})
    foreign = await desk.mara.ask(
        "POST", path, json={"type": "suspend", "text": "x", "report_id": "7"}
    )
    await desk.mara.post(path, type="suspend", text="Insults", report_id=report["id"])
    closed = await desk.mara.get(f"{REPORTS}/{report['id']}")

    assert (unsaid.status, foreign.status) == (422, 404)
    assert closed["action_taken"] is True
    assert closed["action_taken_by_account"]["username"] == "mara"
    assert await desk.acts(2) == [
        ("mara", "close-report", "suspended: Insults"),
        ("mara", "suspend", "Insults"),
    ]


async def test_a_report_is_closed_with_no_action(desk: Desk) -> None:
    report = await desk.reported()
    path = f"{ACCOUNTS}/{desk.ids['ben']}/action"

    await desk.mara.post(path, type="none", text="It is fine", report_id=report["id"])
    again = await desk.mara.ask("POST", path, json={"report_id": report["id"]})

    assert (await desk.mara.get(f"{ACCOUNTS}/{desk.ids['ben']}"))["suspended"] is False
    assert again.status == 422
    assert await desk.acts() == [("mara", "close-report", "kept: It is fine")]


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("POST", "/action", {"type": "silence", "text": "x"}, 422),
        ("POST", "/action", {"type": "disable", "text": "x"}, 422),
        ("POST", "/action", {"type": "sensitive"}, 422),
        ("POST", "/action", {"type": "banish"}, 422),
        ("POST", "/approve", {}, 403),
        ("POST", "/reject", {}, 403),
        ("DELETE", "", {}, 403),
        ("POST", "/enable", {}, 200),
        ("POST", "/unsilence", {}, 200),
        ("POST", "/unsensitive", {}, 200),
    ],
)
async def test_what_is_not_done_here_is_refused_with_a_sentence_and_changes_nothing(
    desk: Desk, method: str, path: str, given: dict[str, str], status: int
) -> None:
    before = await desk.acts(3)

    reply = await desk.mara.ask(method, f"{ACCOUNTS}/{desk.ids['ben']}{path}", json=given)
    nobody = await desk.mara.ask(method, f"{ACCOUNTS}/1{path}", json=given)

    assert reply.status == status
    assert reply.json.get("error", " ") != ""
    assert nobody.status in {404, 422}
    assert await desk.acts(3) == before


async def test_a_moderator_suspends_no_operator_and_not_themselves(desk: Desk) -> None:
    olga = await life.signed_in(desk.here.context, "olga")

    for number, status in ((olga.member.id, 403), (desk.ids["mara"], 422)):
        reply = await desk.mara.ask(
            "POST", f"{ACCOUNTS}/{number}/action", json={"type": "suspend", "text": "x"}
        )
        assert reply.status == status


async def test_a_report_is_shown_with_the_posts_and_the_rules_it_names(desk: Desk) -> None:
    first, second = await desk.post("ben", "One"), await desk.post("ben", "Two")

    made = await desk.reported(
        status_ids=[str(first), str(second)], category="spam", comment=""
    )
    [shown] = await desk.mara.get(REPORTS)
    alone = await desk.mara.get(f"{REPORTS}/{made['id']}")

    assert shown == alone
    assert list(complaints("AdminReport", shown)) == []
    assert (shown["id"], shown["category"]) == (made["id"], "spam")
    assert [each["id"] for each in shown["statuses"]] == [str(first), str(second)]
    assert shown["account"]["username"] == "chloe"
    assert shown["target_account"]["username"] == "ben"


async def test_reports_are_found_by_whom_they_are_from_and_about(desk: Desk) -> None:
    about_ben = await desk.reported()
    about_dora = await desk.reported("dora")
    chloe, away = desk.ids["chloe"], desk.away.host

    async def found(query: str) -> list[str]:
        return [each["id"] for each in await desk.mara.get(f"{REPORTS}?{query}")]

    everything = [about_dora["id"], about_ben["id"]]
    assert await found("") == everything
    assert await found(f"account_id={chloe}") == everything
    assert await found(f"account_id={desk.ids['ben']}") == []
    assert await found("account_id=nobody") == []
    assert await found(f"target_account_id={desk.ids['dora']}") == [about_dora["id"]]
    assert await found(f"by_target_domain={away}") == [about_dora["id"]]
    assert await found(f"by_target_domain={desk.here.host}") == [about_ben["id"]]
    assert await found("resolved=true") == []
    assert await found("limit=1") == [about_dora["id"]]
    assert await found(f"limit=1&min_id={int(about_ben['id']) - 1}") == [about_ben["id"]]


async def test_a_report_is_taken_left_sorted_settled_and_opened_again(desk: Desk) -> None:
    path = f"{REPORTS}/{(await desk.reported())['id']}"

    taken = await desk.mara.post(f"{path}/assign_to_self")
    await desk.mara.post(f"{path}/assign_to_self")
    left = await desk.mara.post(f"{path}/unassign")
    sorted_ = (await desk.mara.ask("PUT", path, json={"category": "legal"})).json
    closed = await desk.mara.post(f"{path}/resolve")
    await desk.mara.post(f"{path}/resolve")
    opened = await desk.mara.post(f"{path}/reopen")
    await desk.mara.post(f"{path}/reopen")

    assert taken["assigned_account"]["username"] == "mara"
    assert (left["assigned_account"], sorted_["category"]) == (None, "legal")
    assert (closed["action_taken"], opened["action_taken"]) == (True, False)
    assert closed["action_taken_at"] is not None
    assert await desk.acts(5) == [
        ("mara", "reopen-report", ""),
        ("mara", "close-report", "resolved"),
        ("mara", "sort-report", "legal"),
        ("mara", "leave-report", ""),
        ("mara", "take-report", ""),
    ]


async def test_a_report_is_not_opened_beside_the_same_one(desk: Desk) -> None:
    post = await desk.post("ben", "Three")
    first = await desk.reported(status_ids=[str(post)])
    await desk.mara.post(f"{REPORTS}/{first['id']}/resolve")
    await desk.reported(status_ids=[str(post)])

    reply = await desk.mara.ask("POST", f"{REPORTS}/{first['id']}/reopen")

    assert reply.status == 422


@pytest.mark.parametrize(
    ("given", "status"),
    [({"category": "rude"}, 422), ({"category": "violation", "rule_ids": ["999"]}, 422)],
)
async def test_a_report_is_sorted_by_what_there_is(
    desk: Desk, given: dict[str, Any], status: int
) -> None:
    path = f"{REPORTS}/{(await desk.reported())['id']}"

    assert (await desk.mara.ask("PUT", path, json=given)).status == status
    assert (await desk.mara.ask("PUT", f"{REPORTS}/7", json={})).status == 404


async def test_reports_take_as_many_statements_for_many_as_for_one(desk: Desk) -> None:
    await desk.reported(status_ids=[str(await desk.post("ben", "Four"))])
    one = await counted(desk.here, lambda: desk.mara.get(REPORTS))
    await desk.reported(status_ids=[str(await desk.post("ben", "Five"))])
    await desk.reported("dora")

    many = await counted(desk.here, lambda: desk.mara.get(REPORTS))

    assert len(await desk.mara.get(REPORTS)) == 3
    assert many == one


async def test_an_agency_is_admitted_and_no_longer(desk: Desk) -> None:
    made = await desk.mara.post(ALLOWS, domain="Commons.Energy.example")
    again = await desk.mara.post(ALLOWS, domain="commons.energy.example")
    shown = await desk.mara.get(f"{ALLOWS}/{made['id']}")
    listed = await desk.mara.get(ALLOWS)
    gone = await desk.mara.ask("DELETE", f"{ALLOWS}/{made['id']}")

    assert made == again == shown
    assert list(complaints("[AdminDomainAllow]", listed)) == []
    assert {each["domain"] for each in listed} == {"commons.energy.example", desk.away.host}
    assert (gone.status, gone.json) == (200, {})
    assert (await desk.mara.ask("GET", f"{ALLOWS}/{made['id']}")).status == 404
    assert (await desk.mara.ask("DELETE", f"{ALLOWS}/{made['id']}")).status == 404
    assert await desk.acts(2) == [("mara", "end-admission", ""), ("mara", "admit-agency", "")]


async def test_an_agency_is_blocked_with_a_reason_and_no_longer(desk: Desk) -> None:
    unsaid = await desk.mara.ask("POST", BLOCKS, json={"domain": "spam.example"})
    half = await desk.mara.ask(
        "POST",
        BLOCKS,
        json={"domain": "spam.example", "severity": "silence", "public_comment": "x"},
    )
    made = await desk.mara.post(
        BLOCKS, domain="spam.example", severity="suspend", public_comment="Sells things"
    )
    path = f"{BLOCKS}/{made['id']}"
    put = await desk.mara.ask("PUT", path, json={"public_comment": "Sells people things"})
    listed = await desk.mara.get(BLOCKS)
    gone = await desk.mara.ask("DELETE", path)

    assert (unsaid.status, half.status) == (422, 422)
    assert list(complaints("[AdminDomainBlock]", listed)) == []
    assert listed == [put.json]
    assert (made["id"], put.json["public_comment"]) == (put.json["id"], "Sells people things")
    assert (gone.json, await desk.mara.get(BLOCKS)) == ({}, [])
    assert await desk.acts(3) == [
        ("mara", "unblock-agency", ""),
        ("mara", "block-agency", "Sells people things"),
        ("mara", "block-agency", "Sells things"),
    ]


@pytest.mark.parametrize("path", [ALLOWS, BLOCKS])
@pytest.mark.parametrize("domain", [None, "", "no host", "http://", "{here}"])
async def test_what_is_no_agency_is_neither_admitted_nor_blocked(
    desk: Desk, path: str, domain: str | None
) -> None:
    given = {"domain": domain and domain.format(here=desk.here.host), "public_comment": "x"}

    assert (await desk.mara.ask("POST", path, json=given)).status == 422


async def test_who_is_admitted_no_longer_is_left_and_told(desk: Desk) -> None:
    dora = desk.ids["dora"]
    chloe = await life.signed_in(desk.here.context, "chloe")
    await people.follow(desk.here.context, chloe, dora)
    await settle(desk.here, desk.away)
    [allowed] = [
        each for each in await desk.mara.get(ALLOWS) if each["domain"] == desk.away.host
    ]

    await desk.mara.ask("DELETE", f"{ALLOWS}/{allowed['id']}")
    await settle(desk.here, desk.away)
    edges = await life.value(desk.away, "SELECT count(*) FROM follows WHERE state = 'accepted'")
    await agencies.admit(desk.here.context, desk.away.host, by=None)

    assert edges == 0
    assert await desk.chloe.get(f"/api/v1/accounts/{dora}") is not None
    [relation] = await desk.chloe.get("/api/v1/accounts/relationships", **{"id[]": dora})
    assert relation["following"] is False


@pytest.mark.parametrize(
    "path",
    [
        "canonical_email_blocks",
        "email_domain_blocks",
        "ip_blocks",
        "trends/links",
        "trends/statuses",
        "trends/tags",
    ],
)
async def test_what_we_have_none_of_is_an_empty_list(desk: Desk, path: str) -> None:
    assert await desk.mara.get(f"/api/v1/admin/{path}") == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("POST", name, 403) for name in ("canonical_email_blocks", "ip_blocks")),
        ("POST", "email_domain_blocks", 403),
        ("GET", "ip_blocks/1", 404),
        ("PUT", "ip_blocks/1", 404),
        ("DELETE", "email_domain_blocks/1", 404),
        ("POST", "trends/tags/1/approve", 403),
        ("POST", "trends/links/1/reject", 403),
        ("POST", "canonical_email_blocks/test", 200),
        *(("POST", name, 200) for name in ("measures", "dimensions", "retention")),
    ],
)
async def test_what_we_do_not_keep_is_said_so(
    desk: Desk, method: str, path: str, status: int
) -> None:
    reply = await desk.mara.ask(method, f"/api/v1/admin/{path}")

    assert reply.status == status
    assert reply.json == [] if status == 200 else len(reply.json["error"]) > 10
