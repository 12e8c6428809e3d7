"""The pages of a search: tabs, links that narrow it, pages, and questions asked before."""

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from schemas.records import Kind, Visibility
from server.services import posts
from server.services.posts import Draft
from server.storage.embedded import Cluster
from tests.instance import Browser, Instance, TurnedClock, running
from tests.stories import life


@pytest.fixture(scope="module")
async def agency(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "health", clock=TurnedClock(), work=False) as instance:
        ada = await instance.member("ada")
        roads = await life.opened(instance, ada.actor, "roads")
        inner = await life.opened(instance, ada.actor, "inner", visibility=Visibility.MEMBERS)
        author = await life.signed_in(instance.context, "ada")
        for number in range(25):
            for community, title in ((roads.id, "How many cones"), (inner.id, "Secret cones")):
                draft = Draft(title=f"{title}, part {number}?", source="At #nearmiss sites")
                await posts.publish_thread(
                    instance.context, author, community, Kind.QUESTION, draft
                )
        last = await posts.publish_thread(
            instance.context,
            author,
            roads.id,
            Kind.QUESTION,
            Draft(title="Something else", source="Zebra"),
        )
        await posts.publish_reply(
            instance.context, author, last.id, Kind.ANSWER, Draft(source="An okapi")
        )
        async with instance.database.transaction("test") as tx:
            await tx.execute(
                "UPDATE posts SET carried = $2 WHERE id = $1",
                last.id,
                '{"warning": "About animals", "sensitive": true}',
            )
        yield instance


@pytest.fixture(scope="module")
async def ada(agency: Instance) -> Browser:
    browser = agency.browser()
    await browser.sign_in("ada")
    return browser


def tabs(page: str) -> list[str]:
    return re.findall(
        r'tabs__link" href="[^"]*tab=[a-z]+"[^>]*>([A-Z][a-z]+ \([0-9+]+\))', page
    )


async def test_tabs_count_what_the_reader_may_know_of(agency: Instance, ada: Browser) -> None:
    by_guest = await agency.browser().get("/search?q=cones")
    by_member = await ada.get("/search?q=cones")

    assert tabs(by_guest.text) == ["Posts (25)", "Communities (0)", "Hashtags (0)"]
    assert tabs(by_member.text) == [
        *("Posts (50)", "People (0)", "Communities (0)", "Hashtags (0)")
    ]


async def test_the_tab_that_has_something_is_shown_where_none_was_asked_for(
    ada: Browser,
) -> None:
    assert 'href="/c/roads"' in (await ada.get("/search?q=road")).text
    assert 'href="/tags/nearmiss"' in (await ada.get("/search?q=nearm")).text
    assert 'href="/@ada"' in (await ada.get("/search?q=ada&tab=people")).text
    assert "Nothing found for" in (await ada.get("/search?q=cones&tab=people")).text


async def test_pages_show_everything_once(agency: Instance) -> None:
    guest, path, seen = agency.browser(), "/search?q=cones", list[str]()
    while path:
        page = (await guest.get(path)).text
        seen += re.findall(r"part (\d+)\?</a>", page)
        further = re.findall(r'href="([^"]+)" rel="next"', page)
        path = further[0].replace("&amp;", "&") if further else ""

    assert sorted(map(int, seen)) == list(range(25))


async def test_links_narrow_a_search_and_widen_it_again(agency: Instance) -> None:
    guest = agency.browser()
    narrowed = await guest.get("/search?q=cones+is:question")

    assert "q=cones+is%3Aquestion+is%3Apoll&amp;tab=posts" in narrowed.text
    assert 'href="/search?q=cones&amp;tab=posts" aria-current="true"' in narrowed.text
    nothing = await guest.get("/search?q=cones+is:poll")
    assert "Nothing found for" in nothing.text
    assert 'href="/search?q=cones&amp;tab=posts" aria-current="true"' in nothing.text


async def test_what_is_folded_is_found_by_its_words_and_shown_by_its_warning(
    agency: Instance,
) -> None:
    page = (await agency.browser().get("/search?q=zebra")).text

    assert "Something else" in page
    assert "About animals" in page
    assert "<mark>Zebra" not in page


async def test_a_reply_has_the_title_of_its_thread(agency: Instance) -> None:
    page = (await agency.browser().get("/search?q=okapi")).text

    assert "Something else</a>" in page
    assert "<mark>okapi</mark>" in page


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("from:me", "Sign in to find what you wrote."),
        ("cones " * 13, "Only the first 12 words count."),
        ("???", "Those words are in every text. Add one that is not."),
        ("", "What are you looking for?"),
        ("qwzx", "Say more exactly what you look for"),
    ],
)
async def test_a_search_says_what_it_did_not_do(
    agency: Instance, query: str, told: str
) -> None:
    assert told in (await agency.browser().get(f"/search?q={quote(query)}")).text


@pytest.mark.parametrize(
    "place", ["x", "1~x", "~", "nan~5", "1e999~9", "0.1~99999999999999999999"]
)
async def test_odd_places_are_a_beginning_or_an_end(agency: Instance, place: str) -> None:
    answer = await agency.browser().get(f"/search?q=cones&tab=posts&before={place}")

    assert answer.status == 200


async def test_old_links_lead_to_the_search(agency: Instance) -> None:
    for old, new in (("/find?q=cones", "/search?q=cones"), ("/find", "/search")):
        answer = await agency.browser().get(old, follow=False)

        assert (answer.status, answer.headers["Location"]) == (303, new)


async def test_questions_asked_before_are_shown_beside_the_form(ada: Browser) -> None:
    typed = {"kind": "question", "title": "How many cones?", "body": "", "act": "post"}

    fresh = (await ada.get("/c/roads/ask")).text
    previewed = (await ada.submit("/c/roads/ask", typed | {"act": "preview"})).text
    refused = (await ada.submit("/c/roads/ask", typed | {"title": "cones " * 100})).text
    fragment = (await ada.get("/alike?title=How+many+cones")).text

    assert 'data-hx-get="/alike"' in fresh
    for page in (previewed, fragment):
        assert page.count('class="alike__one"') == 5
        assert "Has this been asked before?" in page
    assert "Please look at this again" in refused
    assert "Has this been asked before?" in refused
    assert "<html" not in fragment
    assert "Has this been asked before?" not in fresh
    assert "alike" not in (await ada.get("/alike?title=zzz")).text
