"""XSS-11: what a search shows of what others wrote, with words in it marked."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from schemas.records import Kind
from server.handlers.pages.searching import highlighted
from server.services import posts
from server.services.posts import Draft
from server.storage.embedded import Cluster
from server.storage.search import BEGIN, END
from tests.instance import Browser, TurnedClock, running
from tests.stories import life

EVIL = (
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    '" autofocus onfocus=alert(1) x="',
    "<mark><b>bold</b></mark>",
    "<!-- <a href=javascript:alert(1)>",
)


@pytest.fixture(scope="module")
async def guest(cluster: Cluster) -> AsyncIterator[Browser]:
    async with running(cluster, "health", clock=TurnedClock(), work=False) as health:
        ada = await health.member("ada")
        community = await life.opened(health, ada.actor, "roads")
        author = await life.signed_in(health.context, "ada")
        async with health.database.transaction("test") as tx:
            await tx.execute("UPDATE actors SET display_name = $1 WHERE name = 'ada'", EVIL[0])
        for number, evil in enumerate(EVIL):
            facts = await posts.publish_thread(
                health.context,
                author,
                community.id,
                Kind.QUESTION,
                Draft(title=f"Zebra {number}", source="Words"),
            )
            async with health.database.transaction("test") as tx:
                await tx.execute(
                    "UPDATE posts SET title = $2, text = $2 WHERE id = $1",
                    facts.id,
                    f"zebra{number} {evil} zebra{number}",
                )
        yield health.browser()


def is_inert(text: str) -> bool:
    return not any(
        evil in text
        for evil in ("<script>alert", "<img src=x", '" autofocus', "<b>bold", "<a href=java")
    )


@pytest.mark.parametrize("number", range(len(EVIL)))
async def test_xss_11_words_are_marked_and_all_else_is_text(
    guest: Browser, number: int
) -> None:
    page = (await guest.get(f"/search?q=zebra{number}")).text

    assert f"<mark>zebra{number}</mark>" in page
    assert is_inert(page)


@pytest.mark.parametrize("evil", EVIL)
async def test_xss_11_what_is_looked_for_is_text(guest: Browser, evil: str) -> None:
    for query in (evil, f"is:question {evil}", f'"{evil}"'):
        for tab in ("", "&tab=tags"):
            assert is_inert((await guest.get(f"/search?q={quote(query)}{tab}")).text)


@pytest.mark.parametrize("evil", EVIL)
def test_xss_11_only_marks_are_html(evil: str) -> None:
    shown = str(highlighted(f"{evil}{BEGIN}{evil}{END}"))

    assert is_inert(shown)
    assert shown.count("<") == 2
