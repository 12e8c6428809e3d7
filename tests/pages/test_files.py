"""Files on the pages: brought with what is written, shown with it, without any script."""

import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from schemas.records import JoinRule, Role, Visibility
from server.middleware.uploads import MOST_PARTS, MOST_TEXT
from server.services import communities
from server.services.communities import CommunityDraft
from server.storage.embedded import Cluster
from tests import files
from tests.instance import Answer, Browser, Instance, TurnedClock, running

ASK = {"kind": "question", "title": "What is this?", "body": "Look at it."}


@pytest.fixture(scope="module")
async def agency(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Instance]:
    folder = tmp_path_factory.mktemp("media")
    async with running(
        cluster, "health", clock=TurnedClock(), work=False, media=folder
    ) as instance:
        yield instance


@dataclass(frozen=True, kw_only=True)
class People:
    amina: Browser
    ben: Browser
    guest: Browser


@pytest.fixture(scope="module")
async def people(agency: Instance) -> People:
    steward = await agency.member("sam_steward", Role.STEWARD)
    for name, visibility in (("reviews", Visibility.PUBLIC), ("fraud", Visibility.MEMBERS)):
        draft = CommunityDraft(
            name=name,
            display_name=name,
            summary="",
            charter="",
            topics=(),
            join=JoinRule.OPEN,
            visibility=visibility,
        )
        await communities.open_community(agency.context, steward.actor, draft)
    found = People(
        amina=await agency.member_browser("amina"),
        ben=await agency.member_browser("ben"),
        guest=agency.browser(),
    )
    for browser in (found.amina, found.ben):
        await browser.submit("/c/reviews/join")
    await found.amina.submit("/c/fraud/join")
    return found


async def send(
    browser: Browser,
    path: str,
    fields: dict[str, str],
    *brought: tuple[str, bytes],
    origin: str,
) -> Answer:
    """Send a form with files, as a browser without JavaScript does."""
    form = aiohttp.FormData({"csrf": await browser.token()} | fields)
    for name, content in brought or [("", b"")]:
        form.add_field("files", content, filename=name, content_type="image/svg+xml")
    headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    return await browser.request("POST", path, headers=headers, data=form)


def described(answer: Answer) -> list[str]:
    return re.findall(r'name="(alt-\d+)"', answer.text)


async def test_a_picture_is_posted_with_what_it_shows(agency: Instance, people: People):
    first = await send(
        people.amina,
        "/c/reviews/ask",
        ASK | {"act": "attach"},
        ("a.jpg", files.picture(size=(900, 600))),
        ("plan.pdf", files.PDF + bytes(2000)),
        origin=agency.origin,
    )
    picture, paper = described(first)
    assert first.status == 200
    assert 'value="What is this?"' in first.text
    assert "Look at it." in first.text
    assert 'value="question" checked' in first.text

    said = {picture: "A road & a sign", paper: "The plan", "act": "post"}
    posted = await send(people.amina, "/c/reviews/ask", ASK | said, origin=agency.origin)

    assert re.fullmatch(r"/p/\d+", posted.path)
    page = (await people.guest.get(posted.path)).text
    shown = re.search(r'<img src="([^"]+)" alt="([^"]+)" width="(\d+)" height="(\d+)"', page)
    assert shown is not None
    assert shown.groups()[1:] == ("A road &amp; a sign", "900", "600")
    assert (await people.guest.request("HEAD", shown[1])).status == 200
    assert re.search(r'href="/media/[\w-]+/document\.pdf">.*The plan</a>.*2 kB', page)


async def test_a_file_chosen_with_the_last_button_is_posted_at_once(
    agency: Instance, people: People
):
    posted = await send(
        people.amina,
        "/c/reviews/ask",
        ASK | {"act": "post"},
        ("film.mp4", files.film()),
        ("song.mp3", files.sound()),
        origin=agency.origin,
    )

    page = (await people.amina.get(posted.path)).text
    assert '<video class="media__film" src="/media/' in page
    assert '<audio class="media__sound" src="/media/' in page


async def test_answers_and_comments_carry_files_as_well(agency: Instance, people: People):
    asked = await people.amina.submit("/c/reviews/ask", ASK | {"act": "post"})
    thread = asked.path
    attached = await send(
        people.ben,
        f"{thread}/answer",
        {"body": "Like **so**", "act": "attach"},
        ("a.png", files.picture("PNG")),
        origin=agency.origin,
    )
    (alt,) = described(attached)
    previewed = await send(
        people.ben,
        f"{thread}/answer",
        {"body": "Like **so**", "act": "preview", alt: "A sketch"},
        origin=agency.origin,
    )
    assert "<strong>so</strong>" in previewed.text
    assert described(previewed) == [alt]
    await send(
        people.ben,
        f"{thread}/answer",
        {"body": "Like **so**", "act": "post", alt: "A sketch"},
        origin=agency.origin,
    )

    empty = await send(
        people.amina,
        f"{thread}/comment",
        {"body": ""},
        ("b.png", files.picture("PNG")),
        origin=agency.origin,
    )
    (kept,) = described(empty)
    assert empty.status == 422
    await send(
        people.amina,
        f"{thread}/comment",
        {"body": "And this", kept: "Another sketch"},
        origin=agency.origin,
    )

    page = (await people.guest.get(thread)).text
    assert 'alt="A sketch"' in page
    assert 'alt="Another sketch"' in page


async def test_an_edit_leaves_out_what_is_crossed_and_takes_more(
    agency: Instance, people: People
):
    posted = await send(
        people.amina,
        "/c/reviews/ask",
        ASK | {"act": "post"},
        ("a.png", files.picture("PNG")),
        origin=agency.origin,
    )
    agency.context.clock.turn(timedelta(minutes=1))
    (old,) = described(await people.amina.get(f"{posted.path}/edit"))
    new = await send(
        people.amina,
        f"{posted.path}/edit",
        ASK | {"act": "attach", old: "", old.replace("alt", "drop"): "yes"},
        ("b.pdf", files.PDF),
        origin=agency.origin,
    )
    (kept,) = described(new)
    assert kept != old

    await send(
        people.amina,
        f"{posted.path}/edit",
        ASK | {"act": "save", kept: "The plan"},
        origin=agency.origin,
    )

    page = (await people.guest.get(posted.path)).text
    assert "<img src=" not in page
    assert "The plan" in page


@pytest.mark.parametrize(
    ("fields", "brought", "told"),
    [
        ({}, [("a.svg", files.SVG)], "This is none of them"),
        ({}, [("a.txt", b"x")] * 5, "A post can have four files"),
        ({"alt-1": ""}, [], "is not there any more"),
        ({"title": ""}, [("a.txt", b"x")], "Give it a title"),
        ({"long": "x" * 1501}, [("a.txt", b"x")], "may have 1500 characters"),
    ],
)
async def test_with_an_error_all_that_was_typed_and_brought_stays(
    agency: Instance,
    people: People,
    fields: dict[str, str],
    brought: list[tuple[str, bytes]],
    told: str,
):
    before = await send(
        people.amina,
        "/c/reviews/ask",
        ASK | {"act": "attach"},
        ("first.txt", b"kept"),
        origin=agency.origin,
    )
    (kept,) = described(before)
    form = ASK | {"act": "post", kept: "My notes"} | fields
    form[kept] = form.pop("long", form[kept])

    answer = await send(people.amina, "/c/reviews/ask", form, *brought, origin=agency.origin)

    assert answer.status == 422
    assert told in answer.text.replace("&#39;", "'")
    assert kept in described(answer)
    assert "Look at it." in answer.text
    assert len(described(answer)) <= 4


async def test_vis_12_the_file_of_another_is_not_attached(agency: Instance, people: People):
    theirs = await send(
        people.ben,
        "/c/reviews/ask",
        ASK | {"act": "attach"},
        ("a.txt", b"mine"),
        origin=agency.origin,
    )
    (alt,) = described(theirs)

    answer = await people.amina.submit("/c/reviews/ask", ASK | {"act": "post", alt: "x"})

    assert answer.status == 422
    assert described(answer) == []


async def test_vis_12_a_picture_in_a_members_thread_is_for_members(
    agency: Instance, people: People
):
    posted = await send(
        people.amina,
        "/c/fraud/ask",
        ASK | {"act": "post"},
        ("a.png", files.picture("PNG")),
        origin=agency.origin,
    )
    page = (await people.amina.get(posted.path)).text
    shown = re.search(r'<img src="([^"]+)"', page)
    assert shown is not None

    statuses = [
        (await browser.request("HEAD", shown[1])).status
        for browser in (people.amina, people.ben, people.guest)
    ]

    assert statuses == [200, 404, 404]


# DOS-14


async def raw(agency: Instance, browser: Browser, body: bytes, **more: Any) -> int:
    headers = {
        "Origin": agency.origin,
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "multipart/form-data; boundary=b",
    } | more
    try:
        answer = await browser.request(
            "POST", "/c/reviews/ask", headers=headers, data=io.BytesIO(body)
        )
    except aiohttp.ClientConnectionError:
        return 413  # the door was shut while we were still speaking
    return answer.status


def part(head: str, content: bytes) -> bytes:
    disposition = f"Content-Disposition: form-data; {head}"
    return b"--b\r\n" + disposition.encode() + b"\r\n\r\n" + content + b"\r\n"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (part('name="a"', b"x") * (MOST_PARTS + 1) + b"--b--", 413),
        (part('name="a"', b"x") * 100_000 + b"--b--", 413),
        (part('name="title"', b"x" * (MOST_TEXT + 1)) + b"--b--", 413),
        (part('name="a"', b"x" * 200_000) * 2 + b"--b--", 413),
        (part('name="a"; x=' + "y" * 100_000, b"x") + b"--b--", 400),
        (part("x=y", b"x") + b"--b--", 400),
        (part('name="a"', b"\xff\xfe") + b"--b--", 400),
        (b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n--b--", 400),
        (b"no parts", 400),
    ],
)
async def test_dos_14_a_form_of_too_many_or_too_large_parts_is_refused_early(
    agency: Instance, people: People, body: bytes, status: int
):
    assert await raw(agency, people.amina, body) == status


async def test_dos_14_a_form_that_says_it_is_too_large_is_not_read(
    agency: Instance, people: People
):
    assert await raw(agency, people.amina, b"x" * 120_000_000) == 413
    many = "&".join(f"{number}=x" for number in range(100_000))
    assert (
        await raw(
            agency,
            people.amina,
            many.encode(),
            **{"Content-Type": "application/x-www-form-urlencoded"},
        )
        == 413
    )
