"""Search: words in their languages, operators, whom it shows what, and what it costs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.visibility import Scope
from schemas.records import AgencyState, Anonymous, Kind, Principal, Role, Surface, Visibility
from server.services import changing, choices, communities, posts, searching
from server.services.errors import Invalid
from server.services.posts import Draft
from server.services.search_terms import LONGEST, MOST_TERMS, read
from server.services.searching import Found, Section
from server.storage import agencies, search
from server.storage.embedded import Cluster
from server.storage.search import Those, Wanted, Who
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

HERE = "health.example"


@dataclass
class House:
    """Ada's public !roads and members-only !inner; ben belongs to !roads alone."""

    instance: Instance
    roads: int
    inner: int
    ids: dict[str, int] = field(default_factory=dict)

    async def find(
        self, who: str, text: str, section: Section | None = None, **more: int
    ) -> Found:
        principal = await self.principal(who)
        return await searching.find(
            self.instance.context, principal, Surface.PAGE, text, section=section, **more
        )

    async def principal(self, who: str) -> Principal:
        if who == "guest":
            return Anonymous()
        return posts.principal_of(await life.signed_in(self.instance.context, who))

    async def titles(self, who: str, text: str) -> list[str]:
        found = await self.find(who, text)
        numbers = {number: name for name, number in self.ids.items()}
        return [numbers[entry.post.facts.id] for entry in found.entries]

    async def sets(self, name: str, sql: str, *values: object) -> None:
        async with self.instance.database.transaction("test") as tx:
            await tx.execute(f"UPDATE posts SET {sql} WHERE id = $1", self.ids[name], *values)  # noqa: S608 our own


#: By name: author, community, kind, title, text.
POSTS = {
    "cones": ("ada", "roads", "question", "How many cones are planned?", "At #nearmiss sites"),
    "night": (
        "ben",
        "roads",
        "discussion",
        "Night work",
        "Plans—and “cones” [x](https://x.example)",
    ),
    "secret": ("ada", "inner", "question", "Cones in stock", "Only for us #insiders"),
    "strasse": ("ada", "roads", "question", "Wie viele Straßen?", "Die Häuser an den Straßen"),
    "folded": ("ada", "roads", "question", "A hard one", "Blood on the tarmac"),
}


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[House]:
    clock = TurnedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    async with running(cluster, "health", clock=clock, work=False) as instance:
        ada, _ben = await instance.member("ada"), await instance.member("ben")
        await instance.member("mo", Role.MODERATOR)
        roads = await life.opened(instance, ada.actor, "roads")
        inner = await life.opened(instance, ada.actor, "inner", visibility=Visibility.MEMBERS)
        await communities.join(
            instance.context, await life.signed_in(instance.context, "ben"), roads.id
        )
        house = House(instance, roads.id, inner.id)
        for name, (author, community, kind, title, text) in POSTS.items():
            clock.turn(timedelta(days=1))
            house.ids[name] = (
                await posts.publish_thread(
                    instance.context,
                    await life.signed_in(instance.context, author),
                    {"roads": roads.id, "inner": inner.id}[community],
                    Kind(kind),
                    Draft(title=title, source=text),
                )
            ).id
        ben = await life.signed_in(instance.context, "ben")
        ada_in = await life.signed_in(instance.context, "ada")
        answer = await posts.publish_reply(
            instance.context, ben, house.ids["cones"], Kind.ANSWER, Draft(source="Forty")
        )
        house.ids["forty"] = answer.id
        await choices.accept(instance.context, ada_in, answer.id)
        await house.sets("strasse", "language = 'de-CH'")
        await house.sets(
            "folded", "carried = $2", '{"warning": "An accident", "sensitive": true}'
        )
        yield house


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cone", {"cones", "night"}),
        ("PLANNING cones", {"cones", "night"}),
        ('"cones are planned"', {"cones"}),
        ('"planned cones"', set()),
        ("\u2018cones\u2019 plan", {"cones", "night"}),
        ("cones -night", {"cones"}),
        ('cones -"night work"', {"cones"}),
        ("-night from:ben", {"forty"}),
        ("strasse", {"strasse"}),
        ("haus", {"strasse"}),
        ("tarmac", {"folded"}),
        ("accident", {"folded"}),
        ("#nearmiss", {"cones"}),
        ("cones -#nearmiss", {"night"}),
        ("from:@ada cones", {"cones"}),
        ("from:ada@health.example cones", {"cones"}),
        ("from:me cones", {"night"}),
        ("from:nobody cones", set()),
        ("cones -from:me", {"cones"}),
        ("in:roads cones", {"cones", "night"}),
        ("in:@elsewhere@there.example cones", set()),
        ("cones -in:roads", set()),
        ("is:question cones", {"cones"}),
        ("is:discussion", {"night"}),
        ("is:poll", set()),
        ("is:answer", {"forty"}),
        ("is:reply", {"forty"}),
        ("-is:reply from:ben", {"night"}),
        ("is:answered", {"cones"}),
        ("has:answer", {"cones"}),
        ("is:unanswered", {"strasse", "folded"}),
        ("is:sensitive", {"folded"}),
        ("has:link", {"night"}),
        ("has:media", set()),
        ("has:poll", set()),
        ("topic:tools", set()),
        ("-topic:tools is:discussion", {"night"}),
        ("before:2026-03-04 cones", {"cones"}),
        ("after:2026-03-03 cones", {"night"}),
        ("during:2026-03-04 cones", {"night"}),
        ("during:2026 cones", {"cones", "night"}),
        ("after:2026 cones", set()),
        ("made:up", set()),
        ("???", set()),
        ("'\\", set()),
        ("", set()),
    ],
)
async def test_posts_are_found_by_words_and_by_what_is_so_of_them(
    house: House, text: str, found: set[str]
) -> None:
    assert set(await house.titles("ben", text.replace(HERE, house.instance.host))) == found


async def test_words_in_titles_come_first_then_what_is_later(house: House) -> None:
    assert await house.titles("ben", "cones") == ["cones", "night"]
    assert await house.titles("ben", "is:question") == ["folded", "strasse", "cones"]


async def test_what_is_found_is_counted_to_the_reader_alone(house: House) -> None:
    for who, many in (("guest", 2), ("ben", 2), ("ada", 3), ("mo", 3)):
        found = await house.find(who, "cones", section="tags")

        assert (found.posts.many, found.posts.page) == (many, ()), who
    tags = [(await house.find(who, "insid")).tags.many for who in ("guest", "ada", "mo")]
    assert tags == [0, 0, 0]


async def test_pages_follow_each_other_without_gaps(house: House) -> None:
    seen, behind = [], None
    while True:
        found = await searching.find(
            house.instance.context,
            await house.principal("ada"),
            Surface.PAGE,
            "cones",
            section="posts",
            behind=behind,
            limit=1,
        )
        if not found.posts.page:
            break
        seen.append(found.entries[0].post.facts.id)
        behind = found.posts.page[-1].place
        assert found.posts.many == 3

    assert seen == [house.ids[name] for name in ("secret", "cones", "night")]


@pytest.mark.parametrize(
    ("text", "people", "groups", "tags"),
    [
        ("ad", ["ada"], [], []),
        ("RO", [], ["roads"], ["roads"]),
        ("near", [], [], ["nearmiss"]),
        ("#near", [], [], ["nearmiss"]),
        ("what", [], ["inner", "roads"], []),
        ("lunch", [], [], []),
        ("a'd\\", [], [], []),
        ("from:me", [], [], []),
    ],
)
async def test_names_are_found_by_how_they_begin(
    house: House, text: str, people: list[str], groups: list[str], tags: list[str]
) -> None:
    found = await house.find("ben", text)

    assert [actor.name for actor, _ in found.people.page] == people
    assert [actor.name for actor, _ in found.communities.page] == groups
    assert [tag.slug for tag in found.tags.page] == tags
    assert [found.people.many, found.tags.many] == [len(people), len(tags)]


async def test_people_are_found_by_members_only(house: House) -> None:
    assert (await house.find("guest", "ada")).people.many == 0


async def test_the_suspended_and_the_blocked_are_not_found(house: House) -> None:
    async def shown() -> tuple[set[str], int, int]:
        found = await house.find("mo", "cones")
        names = await house.find("mo", "ben")
        tags = await house.find("mo", "near")
        return (
            set(await house.titles("mo", "cones")),
            found.posts.many,
            names.people.many + tags.tags.many,
        )

    async def change(sql: str, *values: object) -> None:
        async with house.instance.database.transaction("test") as tx:
            await tx.execute(sql, *values)

    await change("UPDATE actors SET suspended_at = '2026-01-01Z' WHERE name = 'ben'")
    suspended = await shown()
    await change(
        "UPDATE actors SET suspended_at = NULL, local = false, "
        "host = 'a.far.example:8443' WHERE name = 'ben'"
    )
    away = await shown()
    blocked = []
    async with house.instance.database.transaction("test") as tx:
        for host in ("xfar.example", "ar.example", "far.example:8443", "far.example"):
            await agencies.decide(
                tx, host, AgencyState.BLOCKED, by=None, reason="x", now=house.instance.now()
            )
    blocked.append(await shown())
    await change("DELETE FROM agencies")
    await change(
        "UPDATE actors SET local = true, host = $1 WHERE name = 'ben'", house.instance.host
    )

    assert suspended == ({"cones", "secret"}, 2, 1)
    assert away == ({"cones", "secret", "night"}, 3, 2)
    assert blocked == [({"cones", "secret"}, 2, 1)]
    assert await shown() == away


async def test_a_search_takes_the_same_few_statements_whatever_it_finds(house: House) -> None:
    counts = []
    for text in ("cones", "nothing-at-all"):
        asked: list[str] = []
        async with house.instance.database.searching() as tx:
            tx.add_query_logger(lambda record, asked=asked: asked.append(record.query))
            looking = read(text, here=house.instance.host)
            terms = await search.terms(tx, looking.wanted)
            await search.find(tx, Scope(public=True), looking.wanted, terms)
        counts.append(len(asked))

    assert counts[0] == counts[1]


async def test_words_are_marked_in_what_is_shown_and_nothing_else_changes(
    house: House,
) -> None:
    text = "a < b > \u201ccone\u201d \u2014 d\u2019accord \x02x\x03"
    async with house.instance.database.searching() as tx:
        looking = read("cones", here=house.instance.host)
        terms = await search.terms(tx, looking.wanted)
        shown = search.Shown(language="en", title=text, text=f"{text} {'word ' * 200}")
        ((title, cut),) = await search.marked(tx, terms, [shown])
        spaces = await tx.fetchval("SELECT search_text($1)", text)

    assert title == "a < b > \u201c\x02cone\x03\u201d \u2014 d\u2019accord x"
    assert "\x02cone\x03\u201d \u2014 d\u2019accord" in cut
    assert len(cut) < 300
    assert spaces == "a   b    cone    d accord \x02x\x03"


async def test_a_search_that_takes_too_long_is_given_up(house: House) -> None:
    browser = house.instance.browser()
    async with house.instance.database.transaction("test") as tx:
        await tx.execute("LOCK TABLE post_words IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Invalid, match="search-too-slow"):
            await house.find("guest", "cones")
        page = await browser.get("/search?q=cones")
        alike = await searching.questions_like(
            house.instance.context, Anonymous(), Surface.PAGE, "Cones"
        )

    assert page.status == 422
    assert "That search takes too long. Try fewer words, or rarer ones." in page.text
    assert alike == []
    assert (await browser.get("/search?q=cones")).status == 200


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("How many cones do you plan?", ["cones"]),
        ("Which cones?", ["cones"]),
        ("Straßen", ["strasse"]),
        ("What is for lunch?", []),
        ("\\ ' :* | &", []),
        ("", []),
    ],
)
async def test_questions_like_one_are_those_with_most_of_its_words(
    house: House, title: str, found: list[str]
) -> None:
    like = await searching.questions_like(
        house.instance.context, await house.principal("ben"), Surface.PAGE, title
    )

    assert [entry.post.facts.id for entry in like] == [house.ids[name] for name in found]


async def test_questions_like_one_are_of_those_that_may_be_read(house: House) -> None:
    like = {
        who: {
            entry.post.facts.id
            for entry in await searching.questions_like(
                house.instance.context,
                await house.principal(who),
                Surface.PAGE,
                "Cones in stock",
            )
        }
        for who in ("ben", "ada")
    }

    assert house.ids["secret"] in like["ada"]
    assert house.ids["secret"] not in like["ben"]


async def test_words_that_are_gone_are_found_no_more(house: House) -> None:
    ben = await life.signed_in(house.instance.context, "ben")
    gone = await posts.publish_thread(
        house.instance.context,
        ben,
        house.roads,
        Kind.QUESTION,
        Draft(title="Quagga", source="x"),
    )
    house.ids["gone"] = gone.id
    assert await house.titles("ben", "quagga") == ["gone"]

    await changing.withdraw(house.instance.context, ben, gone.id)

    assert await house.titles("ben", "quagga") == []


MARKED = Those(words=("a b", "c"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('"a b" c', Wanted(wanted=MARKED)),
        ('-"a b" -c', Wanted(unwanted=MARKED)),
        ("a a", Wanted(wanted=Those(words=("a",)))),
        ('"a', Wanted(wanted=Those(words=("a",)))),
        ('""', Wanted()),
        ("- -", Wanted(wanted=Those(words=("-",)))),
        ("from:me", Wanted(wanted=Those(authors=(Who(name="", host=""),)))),
        ("FROM:@Ada", Wanted(wanted=Those(authors=(Who(name="ada", host=HERE),)))),
        ("from:a@B.example", Wanted(wanted=Those(authors=(Who(name="a", host="b.example"),)))),
        ("from:a@b/c", Wanted(wanted=Those(words=("from:a@b/c",)))),
        (
            "in:!r@b.example",
            Wanted(wanted=Those(communities=(Who(name="r", host="b.example"),))),
        ),
        ("in:me", Wanted(wanted=Those(communities=(Who(name="me", host=HERE),)))),
        ("Is:Answer", Wanted(wanted=Those(traits=("is-answer",)))),
        ("has:answer", Wanted(wanted=Those(traits=("answer",)))),
        ("is:is-answer", Wanted(wanted=Those(words=("is:is-answer",)))),
        ("has:hope", Wanted(wanted=Those(words=("has:hope",)))),
        ("topic:", Wanted(wanted=Those(words=("topic:",)))),
        ('topic:"Near misses"', Wanted(wanted=Those(topics=("near misses",)))),
        ("#Near #1", Wanted(wanted=Those(words=("#1",), tags=("near",)))),
        (
            "during:2026-12",
            Wanted(
                since=datetime(2026, 12, 1, tzinfo=UTC), until=datetime(2027, 1, 1, tzinfo=UTC)
            ),
        ),
        (
            "during:2026-02",
            Wanted(
                since=datetime(2026, 2, 1, tzinfo=UTC), until=datetime(2026, 3, 1, tzinfo=UTC)
            ),
        ),
        ("after:2026-12-31", Wanted(since=datetime(2027, 1, 1, tzinfo=UTC))),
        ("before:2026 before:2025", Wanted(until=datetime(2025, 1, 1, tzinfo=UTC))),
        ("before:2026-13", Wanted(wanted=Those(words=("before:2026-13",)))),
        ("after:9999", Wanted(wanted=Those(words=("after:9999",)))),
        ("-before:2026", Wanted(unwanted=Those(words=("before:2026",)))),
    ],
)
def test_what_is_typed_is_read(text: str, wanted: Wanted) -> None:
    assert read(text, here=HERE).wanted == wanted


@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(
                [
                    "from:",
                    "in:",
                    "is:",
                    "has:",
                    "before:",
                    "during:",
                    "-",
                    '"',
                    "#",
                    "@",
                    " ",
                    "0",
                    "é",
                    "\\",
                ]
            )
        ).map("".join),
    )
)
@example("after:9999-12-31")
@example("during:0000")
def test_whatever_is_typed_is_a_search(text: str) -> None:
    found = read(text, here=HERE)

    terms = [*found.wanted.wanted.words, *found.wanted.unwanted.words]
    assert len(terms) <= MOST_TERMS
    assert all(term and '"' not in term for term in terms)


def test_of_much_the_beginning_is_read() -> None:
    assert not read("a " * MOST_TERMS, here=HERE).cut
    assert read("a " * (MOST_TERMS + 1), here=HERE).cut
    assert read("a" * (LONGEST + 1), here=HERE).cut
