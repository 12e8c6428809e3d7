"""What posts of other programs carry: kept as facts, shown as links, or folded."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from schemas.attached import Called, Emoji, Hashtag, Media, MediaKind, Permission
from schemas.records import Anonymous
from server.services import reading, sharing, stewardship
from server.services.errors import NotFound
from server.storage import carried, reactions
from server.storage.carried import Carried
from server.storage.embedded import Cluster
from tests.inbox_scene import Town, done, ignored, populated
from tests.instance import START, Browser

_PIXEL = "https://media.example/pixel.png"


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


@pytest.fixture(scope="module")
async def reader(town: Town) -> Browser:
    return await town.scene.here.member_browser("rita")


async def page_of(town: Town, reader: Browser, uri: str) -> str:
    facts = await town.scene.facts(uri)
    assert facts is not None
    return (await reader.get(f"/p/{facts.root_id}")).text


async def asks(town: Town, **more: object) -> dict[str, Any]:
    told = town.scene.post(town.ada, town.plaza.uri, **more)
    await done(town.scene, town.ada, "Create", told)
    return told


@pytest.mark.parametrize(
    "whole",
    [
        carried.NOTHING,
        Carried(warning="Injuries", sensitive=True, quotable=Permission.ON_REQUEST),
        Carried(
            media=(
                Media(
                    url=_PIXEL,
                    kind=MediaKind.IMAGE,
                    media_type="image/png",
                    alt="A crossing",
                    blurhash="LEHV6nWB2yk8pyo0adR*.7kCMdnj",
                    focus=(0.5, -0.5),
                    width=640,
                    height=480,
                ),
                Media(url="https://a.example/x.pdf", kind=MediaKind.FILE),
            ),
            hashtags=(Hashtag(slug="roads", name="Roads"),),
            mentions=(Called(uri="https://a.example/@b", handle="@b@a.example"),),
            emojis=(
                Emoji(
                    shortcode="party",
                    url=_PIXEL,
                    media_type="image/png",
                    uri="https://a.example/e",
                    updated_at=START,
                ),
                Emoji(shortcode="calm", url=_PIXEL),
            ),
        ),
    ],
)
def test_what_a_post_carries_is_read_as_it_was_written(whole: Carried) -> None:
    assert carried.from_json(carried.json_of(whole)) == whole


def test_an_emoji_is_read_as_it_was_written() -> None:
    emoji = Emoji(shortcode="party", url=_PIXEL)

    assert carried.emoji_from(carried.json_of_emoji(emoji)) == emoji
    assert carried.emoji_from(carried.json_of_emoji(None)) is None


async def test_a_picture_comes_through_us_and_the_rest_is_linked_with_its_description(
    town: Town, reader: Browser
) -> None:
    told = await asks(
        town,
        attachment=[
            {"type": "Image", "url": _PIXEL, "name": "A <b>crossing</b>", "width": 3},
            {"type": "Document", "mediaType": "video/mp4", "url": "https://v.example/a.mp4"},
            {"type": "Audio", "url": "https://v.example/a.ogg", "name": "A horn"},
            {"type": "Document", "url": "https://v.example/a.pdf", "name": "The method"},
            {"type": "Link", "href": "https://w.example/page"},
        ],
    )

    page = await page_of(town, reader, told["id"])

    (shown,) = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', page)
    assert shown[0].startswith("/media/proxy/")
    assert shown[1] == "A \u2039b\u203acrossing\u2039/b\u203a"
    assert _PIXEL not in page
    assert "Video at v.example: no description" in page
    assert "Sound at v.example: A horn" in page
    assert "File at v.example: The method" in page
    assert "Link to w.example: https://w.example/page" in page
    assert "<video" not in page
    assert await town.scene.words(told["id"]) == "<p>As it was written.</p>"


async def test_words_behind_a_warning_are_folded(town: Town, reader: Browser) -> None:
    told = await asks(town, sensitive=True, summary="Injuries <i>described</i>")
    unsaid = await asks(town, sensitive=True, summary="")

    page = await page_of(town, reader, told["id"])

    assert '<details class="fold"><summary class="act">Injuries described</summary>' in page
    before, _, folded = page.partition('<details class="fold">')
    assert "As it was written" in folded.partition("</details>")[0]
    assert "As it was written" not in before.partition("<main")[2]
    assert "Sensitive: open it to read" in await page_of(town, reader, unsaid["id"])


async def test_lists_show_a_warning_and_never_the_words_behind_it(
    town: Town, reader: Browser
) -> None:
    words = "<p>A hand was crushed.</p>"
    await asks(town, sensitive=True, summary="Injuries in a workshop", content=words)
    await asks(town, sensitive=True, summary="", content=words)

    listed = (await reader.get(f"/c/{town.plaza.actor.name}")).text

    assert "Injuries in a workshop" in listed
    assert "A hand was crushed" not in listed


async def test_an_edit_changes_what_a_post_carries(town: Town, reader: Browser) -> None:
    told = await asks(town, attachment=[{"type": "Image", "url": _PIXEL, "name": "A crosing"}])
    fixed = told | {
        "attachment": [{"type": "Image", "url": _PIXEL, "name": "A crossing, seen from above"}],
        "updated": "2026-03-02T08:30:00Z",
    }

    await done(town.scene, town.ada, "Update", fixed)

    assert "seen from above" in await page_of(town, reader, told["id"])


async def test_a_removed_post_has_its_media_back_when_it_is_restored(
    town: Town, reader: Browser
) -> None:
    told = await asks(town, attachment=[{"type": "Image", "url": _PIXEL, "name": "A bridge"}])
    facts = await town.scene.facts(told["id"])
    assert facts is not None
    amina = await town.scene.signed_in("amina")

    await stewardship.remove(town.scene.here.context, amina, facts.id, "Not here.")
    gone = await page_of(town, reader, told["id"])
    await stewardship.restore(town.scene.here.context, amina, facts.id, "It was fine.")

    assert "A bridge" not in gone
    assert "A bridge" in await page_of(town, reader, told["id"])


async def test_a_deleted_post_carries_nothing(town: Town) -> None:
    told = await asks(
        town,
        quote=town.question.uri,
        attachment=[{"type": "Image", "url": _PIXEL, "name": "A ditch"}],
    )
    town.scene.withdraws(told["id"])

    await done(town.scene, town.ada, "Delete", told["id"])

    [row] = await town.scene.fetch(
        "SELECT carried::text, quote_uri FROM posts WHERE uri = $1", told["id"]
    )
    assert row == ("{}", None)


async def test_where_it_was_asked_before_is_a_link_where_we_do_not_know_it(
    town: Town, reader: Browser
) -> None:
    told = await asks(town, duplicateOf="https://elsewhere.example/p/1")

    page = await page_of(town, reader, told["id"])

    assert 'href="https://elsewhere.example/p/1"' in page
    assert "The same was asked here:" in page


# Reactions


async def test_emoji_are_counted_once_for_each_person(town: Town, reader: Browser) -> None:
    asked = await town.scene.ask_in(town.plaza.id, "bob")
    custom = {"type": "Emoji", "name": ":party:", "icon": {"type": "Image", "url": _PIXEL}}

    await done(town.scene, town.ada, "Like", asked.uri, content="🎉")
    await done(town.scene, town.ada, "EmojiReact", asked.uri, content="🎉")
    await done(town.scene, town.nils, "EmojiReact", asked.uri, content="🎉")
    await done(
        town.scene, town.nils, "EmojiReaction", asked.uri, content=":party:", tag=[custom]
    )
    twice = await ignored(town.scene, town.nils, "EmojiReact", asked.uri, content="🎉")

    page = await page_of(town, reader, asked.uri)
    assert twice == "mark-says-nothing-new"
    assert '<li class="reactions__one">🎉 <span>2</span></li>' in page
    assert '<li class="reactions__one">:party: <span>1</span></li>' in page
    assert _PIXEL not in page
    assert "Helped 1 person" in page or "helped 1 person" in page or ">1<" in page


async def test_an_emoji_is_taken_back_by_its_giver_alone(town: Town) -> None:
    asked = await town.scene.ask_in(town.plaza.id, "bob")
    given = town.scene.published(town.ada, "EmojiReact", asked.uri, content="🎉")
    bare = town.scene.published(town.ada, "EmojiReact", asked.uri, content="🌧️")
    for each in (given, bare):
        assert (await town.scene.deliver(town.ada, each)).state == "done"

    stolen = await ignored(town.scene, town.nils, "Undo", given["id"])
    await done(town.scene, town.ada, "Undo", given["id"])
    await done(town.scene, town.ada, "Undo", {**bare, "id": None})

    assert stolen == "undo-of-another"
    left = await town.scene.fetch("SELECT content FROM reactions WHERE post_id = $1", asked.id)
    assert left == []


async def test_an_emoji_that_was_taken_back_before_it_came_does_not_come(town: Town) -> None:
    asked = await town.scene.ask_in(town.plaza.id, "bob")
    given = town.scene.activity(town.ada, "EmojiReact", asked.uri, content="🎉")

    await done(town.scene, town.ada, "Undo", given)
    late = await town.scene.deliver(town.ada, given)

    assert (late.state, late.reason) == ("ignored", "mark-says-nothing-new")


async def test_nobody_puts_emoji_under_their_own_post_or_without_end(town: Town) -> None:
    asked = await town.scene.ask_in(town.plaza.id, "bob")
    own = await ignored(town.scene, town.ada, "EmojiReact", town.answer, content="🎉")

    for number in range(reactions.MOST_EACH):
        content = chr(ord("🍇") + number)
        await done(town.scene, town.ada, "EmojiReact", asked.uri, content=content)
    more = await ignored(town.scene, town.ada, "EmojiReact", asked.uri, content="🎉")

    assert (own, more) == ("mark-says-nothing-new", "mark-says-nothing-new")


async def test_reactions_are_listed_for_those_who_may_read_the_post(town: Town) -> None:
    asked = await town.scene.ask_in(town.plaza.id, "bob")
    await done(town.scene, town.ada, "EmojiReact", asked.uri, content="🎉")

    context = town.scene.here.context
    async with town.scene.here.database.reading() as tx:
        health = await sharing.agency_principal(tx, town.scene.peer.authority("health"))
    document = await reading.emoji_reactions(context, health, asked.id)
    post = await reading.post(context, health, asked.id)

    assert post["emojiReactions"] == document["id"] == f"{asked.uri}/reactions"
    [given] = document["orderedItems"]
    assert (given["actor"], given["content"]) == (town.ada.uri, "🎉")
    with pytest.raises(NotFound):
        await reading.emoji_reactions(context, Anonymous(), asked.id)
    with pytest.raises(NotFound):
        await reading.emoji_reactions(context, health, asked.id + 1)
