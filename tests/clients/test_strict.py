"""Every answer of the client API has what strict clients decode (client-api.md 13.3)."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from mastodon import return_types
from toot import entities as toot

from server.middleware.declarations import Route
from server.routes.clients import CLIENTS
from server.routes.finding import FINDING
from server.routes.personal import PERSONAL
from server.routes.scripts import SCRIPTS
from server.routes.telling import TEXTS
from server.routes.timed import TIMED
from server.services import tagging
from server.storage.embedded import Cluster
from tests.clients import libraries
from tests.clients.demands import complaints
from tests.clients.lived_in import Scene, lived_in
from tests.clients.test_streaming import listening, told

_ID: Final = re.compile(r":[^{}]+(\{[^{}]*\})?[^{}]*\}")
ROUTES: Final[dict[str, Route]] = {
    _ID.sub("}", route.path): route
    for route in (*CLIENTS, *PERSONAL, *SCRIPTS, *TEXTS, *FINDING, *TIMED)
    if route.method == "GET" and route.path.startswith("/api/")
}
#: What is no list or entity is judged elsewhere: streams, refusals, what is always empty.
NO_JSON: Final = {
    "/api/v1/streaming",
    "/api/v1/streaming/health",
    "/api/v1/streaming/{name}",
    "/api/v1/push/subscription",
    "/api/v1/instance/domain_blocks",
    "/api/v1/instance/terms_of_service/{day}",
    "/api/v1/instance/translation_languages",
    "/api/v1/annual_reports",
    "/api/v1/annual_reports/{year}",
    "/api/v1/annual_reports/{year}/state",
}
#: Lists that are always empty here.
EMPTY: Final = frozenset(
    f"/api/{path}" for path in ("v1/custom_emojis", "v1/notifications/requests")
)
_STATUSES: Final = ("question", "answer", "remote", "comment", "poll", "quote", "warned")
#: Route, what is asked (with names of `lived_in`), and what must come.
ASKED: Final = (
    ("v1/instance", "", "InstanceV1"),
    ("v2/instance", "", "Instance"),
    ("v1/instance/activity", "", "[Week]"),
    ("v1/instance/peers", "", "[word]"),
    ("v1/instance/rules", "", "[Rule]"),
    ("v1/instance/extended_description", "", "OwnText"),
    ("v1/instance/privacy_policy", "", "OwnText"),
    ("v1/instance/terms_of_service", "", "Terms"),
    ("v1/conversations", "", "[Conversation]"),
    ("v1/instance/languages", "", "[Language]"),
    ("v1/apps/verify_credentials", "", "App"),
    ("v1/accounts/verify_credentials", "", "CredentialAccount"),
    ("v1/accounts", "?id[]={chloe}&id[]={dora}", "[Account]"),
    ("v1/accounts/lookup", "?acct=plaza", "Account"),
    ("v1/accounts/search", "?q=dora", "[Account]"),
    ("v1/accounts/relationships", "?id[]={chloe}&id[]={eli}&id[]={fred}", "[Relationship]"),
    ("v1/accounts/familiar_followers", "?id[]={chloe}&id[]={dora}", "[Familiar]"),
    *(("v1/accounts/{id}", name, "Account") for name in ("plaza", "ben", "chloe", "dora")),
    *(("v1/accounts/{id}/statuses", name, "[Status]") for name in ("plaza", "ben", "dora")),
    ("v1/accounts/{id}/followers", "ben", "[Account]"),
    ("v1/accounts/{id}/following", "ben", "[Account]"),
    ("v1/accounts/{id}/lists", "chloe", "[List]"),
    ("v1/accounts/{id}/featured_tags", "ben", "[FeaturedTag]"),
    ("v1/accounts/{id}/endorsements", "ben", "[Account]"),
    ("v1/endorsements", "", "[Account]"),
    ("v1/timelines/home", "?limit=40", "[Status]"),
    ("v1/timelines/public", "?limit=40", "[Status]"),
    ("v1/timelines/tag/{tag}", "river", "[Status]"),
    ("v1/timelines/list/{id}", "list", "[Status]"),
    ("v1/timelines/link", "?url=https://example.org/a", "[Status]"),
    ("v1/trends", "", "[Tag]"),
    ("v1/trends/tags", "", "[Tag]"),
    ("v1/trends/statuses", "", "[Status]"),
    ("v1/trends/links", "", "[TrendingLink]"),
    ("v1/favourites", "", "[Status]"),
    ("v1/bookmarks", "", "[Status]"),
    ("v1/statuses", "?id[]={question}&id[]={poll}", "[Status]"),
    *(("v1/statuses/{id}", name, "Status") for name in _STATUSES),
    *(("v1/statuses/{id}/context", name, "Context") for name in ("question", "comment")),
    ("v1/statuses/{id}/source", "question", "StatusSource"),
    *(("v1/statuses/{id}/history", name, "[StatusEdit]") for name in ("question", "poll")),
    ("v1/statuses/{id}/favourited_by", "question", "[Account]"),
    ("v1/statuses/{id}/reblogged_by", "question", "[Account]"),
    ("v1/statuses/{id}/quotes", "question", "[Status]"),
    ("v1/polls/{id}", "poll", "Poll"),
    ("v1/media/{id}", "picture", "Medium"),
    ("v2/search", "?q=river", "Search"),
    ("v1/search", "?q=river", "SearchV1"),
    ("v1/notifications", "", "[Notification]"),
    ("v1/notifications/{id}", "notification", "Notification"),
    ("v1/notifications/unread_count", "", "Count"),
    ("v1/notifications/policy", "", "Policy"),
    ("v2/notifications", "", "Groups"),
    ("v2/notifications/{key}", "group", "Groups"),
    ("v2/notifications/{key}/accounts", "group", "[Account]"),
    ("v2/notifications/unread_count", "", "Count"),
    ("v2/notifications/policy", "", "Policy"),
    ("v1/scheduled_statuses", "", "[ScheduledStatus]"),
    ("v1/scheduled_statuses/{id}", "later", "ScheduledStatus"),
    ("v1/announcements", "", "[Announcement]"),
    ("v1/mutes", "", "[MutedAccount]"),
    ("v1/blocks", "", "[Account]"),
    ("v1/domain_blocks", "", "[word]"),
    ("v1/lists", "", "[List]"),
    ("v1/directory", "", "[Account]"),
    ("v1/suggestions", "", "[Account]"),
    ("v2/suggestions", "", "[Suggestion]"),
    ("v1/lists/{id}", "list", "List"),
    ("v1/lists/{id}/accounts", "list", "[Account]"),
    ("v2/filters", "", "[Filter]"),
    ("v2/filters/{id}", "filter", "Filter"),
    ("v2/filters/{id}/keywords", "filter", "[Keyword]"),
    ("v2/filters/{id}/statuses", "filter", "[FilterStatus]"),
    ("v2/filters/keywords/{id}", "keyword", "Keyword"),
    ("v2/filters/statuses/{id}", "named", "FilterStatus"),
    ("v1/filters", "", "[FilterV1]"),
    ("v1/filters/{id}", "keyword", "FilterV1"),
    ("v1/tags/{name}", "river", "Tag"),
    ("v1/followed_tags", "", "[Tag]"),
    ("v1/featured_tags", "", "[FeaturedTag]"),
    ("v1/featured_tags/suggestions", "", "[Tag]"),
    ("v1/markers", "?timeline[]=home&timeline[]=notifications", "Markers"),
    ("v1/preferences", "", "Preferences"),
    *(
        (path.removeprefix("/api/"), "chloe" if "{" in path else "", "nothing")
        for path in sorted(EMPTY)
    ),
)
#: What libraries make of our entities, where they know them by another name or not at all.
TOOT: Final = {
    "CredentialAccount": "Account",
    "MutedAccount": "Account",
    "Medium": "MediaAttachment",
    "Keyword": "FilterKeyword",
    "InstanceV1": "Instance",
    "Instance": "",
    "Context": "",
    "App": "",
}
MASTODON_PY: Final = {
    "CredentialAccount": "Account",
    "MutedAccount": "Account",
    "Medium": "MediaAttachment",
    "Keyword": "FilterKeyword",
    "InstanceV1": "Instance",
    "Instance": "InstanceV2",
    "Week": "",  # it reads numbers and moments out of the text
    "Language": "SupportedLocale",
    "App": "Application",
    "Filter": "FilterV2",
    "FilterV1": "Filter",
    "List": "UserList",
    "Groups": "GroupedNotificationsResults",
    "Count": "UnreadNotificationsCount",
    "Policy": "NotificationPolicy",
    "Search": "SearchV2",
    "SearchV1": "Search",
    "Preferences": "",  # its names have colons, which the library turns into something else
}


@pytest.fixture(scope="module")
async def scene(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    async with lived_in(cluster, tmp_path_factory.mktemp("lived_in")) as scene:
        yield scene


def test_every_answer_there_is_is_judged() -> None:
    judged = {f"/api/{path}" for path, _, _ in ASKED}

    assert {path.rstrip("/") for path in ROUTES} == judged | NO_JSON


def _address(scene: Scene, path: str, of: str) -> str:
    """Fill in a path: `of` is a query, or the name of what the path asks for."""
    if of.startswith("?"):
        return f"/api/{path}{of.format(**scene.ids)}"
    return "/api/" + re.sub(r"\{\w+\}", scene.ids.get(of, of), path)


@pytest.mark.parametrize(
    ("path", "of", "kind"), ASKED, ids=lambda text: text.strip("?")[:40] or "all"
)
async def test_an_answer_is_what_clients_decode(
    scene: Scene, path: str, of: str, kind: str
) -> None:
    address = _address(scene, path, of)
    answers = [await scene.ben.get(address)]
    if ROUTES[f"/api/{path}"].audience == "anyone":
        reply = await scene.guest.ask("GET", address)
        answers += [reply.json] if reply.status == 200 else []

    assert answers[0] or kind == "nothing"
    for seen in answers:
        assert list(complaints(kind, seen)) == []
        for each in _entities(seen):
            assert list(_judged_by_libraries(kind.strip("[]"), each)) == []


def _entities(seen: Any) -> list[Any]:
    return seen if isinstance(seen, list) else [seen]


def _judged_by_libraries(kind: str, seen: Any) -> list[str]:
    found: list[str] = []
    if kind == "Markers":
        return [text for each in seen.values() for text in _judged_by_libraries("Marker", each)]
    for library, names in ((toot, TOOT), (return_types, MASTODON_PY)):
        cls = getattr(library, names.get(kind, kind) or "-", None)
        if isinstance(cls, type) and isinstance(seen, dict):
            found += libraries.complaints(cls, seen)
    return found


@pytest.mark.parametrize(
    ("method", "path", "given", "kind"),
    [
        ("POST", "v1/statuses", {"status": "@plaza Why?\nSo"}, "Status"),
        ("POST", "v1/statuses", {"status": "So", "in_reply_to_id": "{question}"}, "Status"),
        ("POST", "v1/statuses/{remote}/favourite", {}, "Status"),
        ("POST", "v1/statuses/{remote}/unfavourite", {}, "Status"),
        ("POST", "v1/statuses/{comment}/bookmark", {}, "Status"),
        ("POST", "v1/statuses/{comment}/unbookmark", {}, "Status"),
        ("PUT", "v1/statuses/{comment}/emoji_reactions/💡", {}, "Status"),
        ("PUT", "v1/media/{picture}", {"description": "A bridge"}, "Medium"),
        ("POST", "v1/accounts/{amina}/follow", {}, "Relationship"),
        ("POST", "v1/accounts/{amina}/unfollow", {}, "Relationship"),
        ("POST", "v1/accounts/{amina}/mute", {"duration": 3600}, "Relationship"),
        ("POST", "v1/accounts/{amina}/unmute", {}, "Relationship"),
        ("POST", "v1/accounts/{amina}/block", {}, "Relationship"),
        ("POST", "v1/accounts/{amina}/unblock", {}, "Relationship"),
        ("POST", "v1/accounts/{amina}/note", {"comment": "Kind"}, "Relationship"),
        ("PATCH", "v1/accounts/update_credentials", {"note": "Hello"}, "CredentialAccount"),
        ("POST", "v1/lists", {"title": "Bridges"}, "List"),
        ("PUT", "v1/lists/{list}", {"exclusive": True}, "List"),
        ("POST", "v2/filters", {"title": "No", "context": ["home"]}, "Filter"),
        ("POST", "v1/filters", {"phrase": "no", "context": ["home"]}, "FilterV1"),
        ("POST", "v2/filters/{filter}/keywords", {"keyword": "feet"}, "Keyword"),
        ("POST", "v1/tags/bridge/follow", {}, "Tag"),
        ("POST", "v1/tags/bridge/unfollow", {}, "Tag"),
        ("POST", "v1/featured_tags", {"name": "bridge"}, "FeaturedTag"),
        ("POST", "v1/markers", {"home": {"last_read_id": "{poll}"}}, "[Marker]"),
        (
            "POST",
            "v1/reports",
            {"account_id": "{dora}", "status_ids": ["{remote}"], "comment": "Rude"},
            "Report",
        ),
        ("PATCH", "v2/notifications/policy", {}, "Policy"),
    ],
)
async def test_what_was_done_is_told_as_clients_decode_it(
    scene: Scene, method: str, path: str, given: dict[str, Any], kind: str
) -> None:
    text = json.dumps(given)
    for name, number in scene.ids.items():
        path, text = [each.replace(f"{{{name}}}", number) for each in (path, text)]

    reply = await scene.ben.ask(method, f"/api/{path}", json=json.loads(text))
    seen = list(reply.json.values()) if kind.startswith("[") else reply.json

    assert reply.status == 200, reply.body
    assert list(complaints(kind, seen)) == []
    for each in _entities(seen):
        assert _judged_by_libraries(kind.strip("[]"), each) == []


async def test_what_is_told_at_once_is_what_clients_decode(scene: Scene) -> None:
    async with listening(scene.ben, "user") as socket:
        thread = await scene.chloe.post("/api/v1/statuses", status="@plaza News\nAll is well.")
        update = await told(socket)
        await scene.chloe.post(
            "/api/v1/statuses", status="Really?", in_reply_to_id=scene.ids["question"]
        )
        notification = await told(socket)

    assert (update["event"], notification["event"]) == ("update", "notification")
    assert (update["payload"]["reblog"] or update["payload"])["id"] == thread["id"]
    assert list(complaints("Status", update["payload"])) == []
    assert list(complaints("Notification", notification["payload"])) == []
    assert _judged_by_libraries("Status", update["payload"]) == []
    assert _judged_by_libraries("Notification", notification["payload"]) == []


async def _statuses(scene: Scene) -> list[dict[str, Any]]:
    """Give all that ben reads, with what is boosted and quoted inside."""
    found = await scene.ben.get("/api/v1/timelines/home?limit=40")
    query = "&".join(f"id[]={scene.ids[name]}" for name in _STATUSES)
    found += await scene.ben.get(f"/api/v1/statuses?{query}")
    inner = [each["reblog"] for each in found if each["reblog"]]
    quoted = [each["quote"]["quoted_status"] for each in (*found, *inner) if each["quote"]]
    return [*found, *inner, *quoted]


async def test_what_is_judged_has_everything_once(scene: Scene) -> None:
    seen = await _statuses(scene)
    media = [each for status in seen for each in status["media_attachments"]]

    for field in (
        "card", "edited_at", "emoji_reactions", "filtered", "in_reply_to_account_id",
        "in_reply_to_id", "language", "mentions", "poll", "quote", "reblog", "spoiler_text",
        "tags",
    ):  # fmt: skip
        assert any(each[field] for each in seen), field
    assert {each["visibility"] for each in seen} == {"public", "private"}
    assert {each["type"] for each in media} == {"image", "video", "audio"}
    assert any("@" in each["account"]["acct"] for each in seen)


async def test_a_mention_is_linked_by_the_address_that_the_mention_names(scene: Scene) -> None:
    """Clients make a profile's link of those alone whose address is the very same."""
    linked, unknown = set(), []
    for status in await _statuses(scene):
        urls = {each["url"] for each in status["mentions"]}
        found = set(re.findall(r'class="u-url mention"[^>]* href="([^"]*)"', status["content"]))
        linked |= found
        unknown += sorted(found - urls)

    assert unknown == []
    hosts = {url.split("/")[2] for url in linked}
    assert len(linked) >= 3
    assert len(hosts) == 2


async def test_a_hashtag_is_linked_by_the_address_that_the_tag_names(scene: Scene) -> None:
    question = await scene.ben.get(f"/api/v1/statuses/{scene.ids['question']}")
    [url] = [each["url"] for each in question["tags"] if each["name"].lower() == "river"]

    assert f'href="{url}"' in question["content"]
    assert "hashtag" in question["content"]


async def test_quotes_are_listed_for_those_who_may_read_them(scene: Scene) -> None:
    path = f"/api/v1/statuses/{scene.ids['question']}/quotes"
    seen, outside = [await program.get(path) for program in (scene.ben, scene.guest)]

    assert [each["id"] for each in seen] == [scene.ids["hidden"], scene.ids["quote"]]
    assert [each["id"] for each in outside] == [scene.ids["quote"]]
    assert (
        await scene.guest.ask("GET", f"/api/v1/statuses/{scene.ids['hidden']}/quotes")
    ).status == 404


async def test_a_boost_has_an_id_of_its_own(scene: Scene) -> None:
    boosts = [each for each in await _statuses(scene) if each["reblog"]]

    assert boosts
    assert [each["id"] for each in boosts if each["id"] == each["reblog"]["id"]] == []


@pytest.mark.parametrize(
    "address",
    [
        "v1/timelines/home",
        "v1/timelines/public",
        "v1/notifications",
        "v2/notifications",
        "v1/bookmarks",
        "v1/favourites",
        "v1/mutes",
        "v1/blocks",
        "v1/followed_tags",
    ],
)
async def test_a_page_leads_on_by_addresses_of_this_very_host(
    scene: Scene, address: str
) -> None:
    reply = await scene.ben.ask("GET", f"/api/{address}?limit=1&x=y")
    links = re.findall(r'<([^>]*)>; rel="(\w+)"', reply.headers["Link"])

    assert {rel for _, rel in links} <= {"next", "prev"}
    assert links
    for url, _ in links:
        assert url.startswith(f"{scene.here.origin}/api/{address}?")
        assert "limit=1" in url


async def test_the_instance_says_what_clients_compare(scene: Scene) -> None:
    told = await scene.guest.get("/api/v2/instance")

    assert re.fullmatch(r"4\.5\.0 \(compatible; Commonlore [\d.]+\S*\)", told["version"])
    accounts = told["configuration"]["accounts"]
    assert accounts["max_featured_tags"] == tagging.MOST_FEATURED
    assert re.fullmatch(r"wss?://[^/]+", told["configuration"]["urls"]["streaming"])
