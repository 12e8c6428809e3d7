"""ACT-13 and ACT-15: a stamp to quote a post is its author's, and is looked at."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from schemas.records import AgencyState, Kind
from schemas.wire.vocabulary import PUBLIC
from server.services import posts, quotes
from server.services.posts import Draft
from server.storage import agencies
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.hostile_peer import document
from tests.inbox_scene import Town, done, ignored, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


def stamp(town: Town, uri: str, author: str, quoting: str, quoted: str, **more: object) -> str:
    """Publish a permission at an address."""
    town.scene.peer.publishes(
        uri,
        type="QuoteAuthorization",
        attributedTo=author,
        interactingObject=quoting,
        interactionTarget=quoted,
        **more,
    )
    return uri


async def state(town: Town, uri: str) -> tuple[Any, ...]:
    [row] = await town.scene.fetch(
        "SELECT quote_uri, quote_stamp, quote_state FROM posts WHERE uri = $1", uri
    )
    return row


async def asked(town: Town, author: Sender, **more: object) -> dict[str, Any]:
    told = town.scene.post(author, town.plaza.uri, **more)
    await done(town.scene, author, "Create", told)
    return told


def quoting(town: Town, author: Sender, quoted: str, stamp_uri: str) -> dict[str, Any]:
    return town.scene.post(author, town.plaza.uri, quote=quoted, quoteAuthorization=stamp_uri)


async def test_act_13_a_stamp_of_the_quoted_author_shows_the_quote(town):
    original = await asked(town, town.ada)
    told = quoting(town, town.mallory, original["id"], f"{town.ada.uri}/stamps/1")
    stamp(town, f"{town.ada.uri}/stamps/1", town.ada.uri, told["id"], original["id"])

    await done(town.scene, town.mallory, "Create", told)

    assert await state(town, told["id"]) == (
        original["id"],
        f"{town.ada.uri}/stamps/1",
        "approved",
    )


@pytest.mark.parametrize(
    "flaw", ["other-origin", "neighbour", "other-post", "other-quote", "no"]
)
async def test_act_13_any_other_stamp_is_worth_nothing_and_is_not_kept(town, flaw):
    original = await asked(town, town.ada)
    where = town.mallory.uri if flaw == "other-origin" else town.ada.uri
    told = quoting(town, town.mallory, original["id"], f"{where}/stamps/{flaw}")
    author = {"other-origin": town.mallory.uri, "neighbour": town.nils.uri}
    if flaw != "no":
        stamp(
            town,
            f"{where}/stamps/{flaw}",
            author.get(flaw, town.ada.uri),
            town.answer if flaw == "other-quote" else told["id"],
            town.answer if flaw == "other-post" else original["id"],
        )

    await done(town.scene, town.mallory, "Create", told)

    assert await state(town, told["id"]) == (original["id"], None, None)


async def test_act_13_whoever_claimed_a_stamp_in_vain_keeps_nobody_from_it(town):
    original = await asked(town, town.ada)
    uri = f"{town.ada.uri}/stamps/claimed"
    vain = quoting(town, town.mallory, original["id"], uri)
    await done(town.scene, town.mallory, "Create", vain)
    honest = quoting(town, town.nils, original["id"], uri)
    stamp(town, uri, town.ada.uri, honest["id"], original["id"])

    await done(town.scene, town.nils, "Create", honest)

    assert await state(town, vain["id"]) == (original["id"], None, None)
    assert await state(town, honest["id"]) == (original["id"], uri, "approved")


async def test_act_13_a_stamp_of_ours_holds_for_one_post_and_until_it_is_taken_back(town):
    told = town.scene.post(town.ada, town.plaza.uri, quote=town.question.uri)
    await done(town.scene, town.ada, "QuoteRequest", town.question.uri, instrument=told["id"])
    [[number]] = await town.scene.fetch(
        "SELECT id FROM quote_stamps WHERE quoting_uri = $1", told["id"]
    )
    uri = f"{town.question.uri}/quotes/{number}"
    other = quoting(town, town.mallory, town.question.uri, uri)
    strange = quoting(town, town.mallory, town.question.uri, f"{town.question.uri}/quotes/x")

    await done(town.scene, town.ada, "Create", told | {"quoteAuthorization": uri})
    await done(town.scene, town.mallory, "Create", other)
    await done(town.scene, town.mallory, "Create", strange)

    assert (await state(town, told["id"]))[1:] == (uri, "approved")
    assert (await state(town, other["id"]))[1:] == (None, None)
    assert (await state(town, strange["id"]))[1:] == (None, None)


async def test_act_13_a_stamp_that_comes_with_an_update_is_looked_at_too(town):
    original = await asked(town, town.ada)
    told = town.scene.post(town.mallory, town.plaza.uri, quote=original["id"])
    await done(town.scene, town.mallory, "Create", told)
    uri = f"{town.ada.uri}/stamps/later"
    vain = told | {"quoteAuthorization": uri, "updated": "2026-03-02T08:10:00Z"}

    await done(town.scene, town.mallory, "Update", vain)
    before = await state(town, told["id"])
    stamp(town, uri, town.ada.uri, told["id"], original["id"])
    await done(town.scene, town.mallory, "Update", vain | {"updated": "2026-03-02T08:20:00Z"})

    assert before == (original["id"], None, None)
    assert await state(town, told["id"]) == (original["id"], uri, "approved")


async def test_act_13_nobody_but_its_origin_takes_a_stamp_back(town):
    original = await asked(town, town.ada)
    uri = f"{town.ada.uri}/stamps/kept"
    told = quoting(town, town.mallory, original["id"], uri)
    stamp(town, uri, town.ada.uri, told["id"], original["id"])
    await done(town.scene, town.mallory, "Create", told)

    elsewhere = await ignored(town.scene, town.sten, "Delete", uri)
    still_there = await ignored(town.scene, town.nils, "Delete", uri)
    town.scene.peer.tells(uri, document({"id": uri, "type": "Tombstone"}, status=410))
    await done(town.scene, town.ada, "Delete", uri)

    assert (elsewhere, still_there) == ("not-theirs-to-delete", "not-theirs-to-delete")
    assert await state(town, told["id"]) == (original["id"], None, "refused")


async def test_act_13_nobody_else_answers_what_we_asked_an_author(town):
    original = await asked(
        town,
        town.ada,
        interactionPolicy={"canQuote": {"manualApproval": [town.plaza.uri + "/followers"]}},
    )
    there = await town.scene.facts(original["id"])
    assert there is not None
    ours = await posts.publish_thread(
        town.scene.here.context,
        await town.scene.signed_in("bob"),
        town.plaza.id,
        Kind.QUESTION,
        Draft(title="Seen this?", source="Look.", quotes=there.id),
    )
    [[request]] = await town.scene.fetch(
        "SELECT quote_request FROM posts WHERE id = $1", ours.id
    )
    uri = f"{town.ada.uri}/stamps/asked"
    foreign = stamp(town, f"{town.mallory.uri}/s", town.mallory.uri, ours.uri, original["id"])

    waits = await state(town, ours.uri)
    by_another = await ignored(town.scene, town.nils, "Accept", request, result=uri)
    without = await ignored(town.scene, town.ada, "Accept", request)
    not_there = await ignored(town.scene, town.ada, "Accept", request, result=uri)
    stamp(town, uri, town.ada.uri, ours.uri, original["id"])
    at_another = await town.scene.send(town.ada, "Accept", request, result=foreign)
    await done(town.scene, town.ada, "Accept", request, result=uri)
    twice = await ignored(town.scene, town.ada, "Accept", request, result=uri)

    assert waits == (original["id"], None, "asked")
    assert (by_another, without) == ("verdict-of-another", "quote-without-stamp")
    assert (not_there, twice) == ("quote-not-proven", "verdict-known")
    assert at_another.state != "done"
    assert await state(town, ours.uri) == (original["id"], uri, "approved")


async def test_act_13_a_refusal_leaves_a_link(town):
    original = await asked(
        town,
        town.ada,
        interactionPolicy={"canQuote": {"automaticApproval": ["as:Public"]}},
    )
    there = await town.scene.facts(original["id"])
    assert there is not None
    ours = await posts.publish_thread(
        town.scene.here.context,
        await town.scene.signed_in("bob"),
        town.plaza.id,
        Kind.QUESTION,
        Draft(title="Seen this?", source="Look.", quotes=there.id),
    )
    [[request]] = await town.scene.fetch(
        "SELECT quote_request FROM posts WHERE id = $1", ours.id
    )
    reader = await town.scene.here.member_browser("rhea")
    waiting = (await reader.get(f"/p/{ours.id}")).text

    await done(town.scene, town.ada, "Reject", request)

    page = (await reader.get(f"/p/{ours.id}")).text
    assert "waiting for approval by its author" in waiting
    assert "waiting for approval" not in page
    assert f'href="/p/{there.id}"' in page
    assert "<blockquote" not in page


async def test_act_13_what_is_for_members_is_refused_and_strangers_get_no_answer(town):
    told = town.scene.post(town.ada, town.cabinet.uri)

    await done(town.scene, town.ada, "QuoteRequest", town.secret.uri, instrument=told["id"])
    stranger = await ignored(
        town.scene,
        town.mallory,
        "QuoteRequest",
        town.secret.uri,
        instrument=f"{town.mallory.uri}/posts/x",
    )
    of_another = await ignored(
        town.scene,
        town.mallory,
        "QuoteRequest",
        town.trip,
        instrument=f"{town.mallory.uri}/posts/x",
    )

    [[sent]] = await town.scene.fetch(
        "SELECT convert_from(document, 'UTF8') FROM activities WHERE object_uri = $1",
        told["id"],
    )
    assert '"type":"Reject"' in sent
    assert (
        await town.scene.fetch(
            "SELECT id FROM quote_stamps WHERE quoted_id = $1", town.secret.id
        )
        == []
    )
    assert (stranger, of_another) == ("not-for-them", "quote-of-another")


def among_members(town: Town, author: Sender, **more: object) -> dict[str, Any]:
    """Publish a post for the members of the cabinet that quotes what was said there."""
    group = town.cabinet.uri
    told = {"to": [group, f"{group}/followers"], "cc": [], "quote": town.secret.uri}
    return town.scene.post(author, group, **(told | more))


async def stamps_for(town: Town, quoting: str) -> list[tuple[Any, ...]]:
    return await town.scene.fetch(
        "SELECT quoted_id, revoked_at FROM quote_stamps WHERE quoting_uri = $1", quoting
    )


async def test_act_13_a_fellow_member_may_quote_what_is_for_members_among_them(town):
    told = among_members(town, town.ada)

    await done(town.scene, town.ada, "QuoteRequest", town.secret.uri, instrument=told["id"])

    assert await stamps_for(town, told["id"]) == [(town.secret.id, None)]
    [[sent]] = await town.scene.fetch(
        "SELECT convert_from(document, 'UTF8') FROM activities WHERE object_uri = $1",
        told["id"],
    )
    assert '"type":"Accept"' in sent
    assert "#Public" not in sent.partition('"to":')[2]


@pytest.mark.parametrize(
    "flaw", ["public", "leaks", "elsewhere", "quotes-nothing", "another", "gone", "no-post"]
)
async def test_act_13_what_takes_members_words_out_of_their_community_is_refused(town, flaw):
    flaws: dict[str, dict[str, object]] = {
        "public": {"to": [town.cabinet.uri, PUBLIC]},
        "leaks": {"cc": [f"{town.ada.uri}/followers"]},
        "elsewhere": {"audience": town.plaza.uri},
        "quotes-nothing": {"quote": None},
        "another": {"quote": town.question.uri},
    }
    told = among_members(town, town.ada, **flaws.get(flaw, {}))
    if flaw == "gone":
        town.scene.withdraws(told["id"])
    if flaw == "no-post":
        town.scene.peer.publishes(told["id"], type="Person")

    await done(town.scene, town.ada, "QuoteRequest", town.secret.uri, instrument=told["id"])

    assert await stamps_for(town, told["id"]) == []


async def test_act_13_the_neighbour_of_a_member_is_not_let_quote_what_is_for_members(town):
    told = among_members(town, town.nils)
    before = len(town.scene.asked("health"))

    await done(town.scene, town.nils, "QuoteRequest", town.secret.uri, instrument=told["id"])

    assert await stamps_for(town, told["id"]) == []
    assert len(town.scene.asked("health")) == before


async def test_act_13_a_quote_by_one_and_asked_for_by_another_is_refused(town):
    told = among_members(town, town.nils)

    await done(town.scene, town.ada, "QuoteRequest", town.secret.uri, instrument=told["id"])

    assert await stamps_for(town, told["id"]) == []


async def test_act_13_where_what_quotes_cannot_be_had_now_the_request_waits(town):
    told = among_members(town, town.ada)
    town.scene.peer.tells(told["id"], document({}, status=503))

    outcome = await town.scene.send(
        town.ada, "QuoteRequest", town.secret.uri, instrument=told["id"]
    )

    assert (outcome.status, outcome.state) == (202, "waiting")
    assert await stamps_for(town, told["id"]) == []


async def test_act_13_whoever_asks_for_what_is_for_members_from_outside_makes_us_look_nowhere(
    town,
):
    told = among_members(town, town.mallory)
    before = len(town.scene.asked("evil"))

    reason = await ignored(
        town.scene, town.mallory, "QuoteRequest", town.secret.uri, instrument=told["id"]
    )

    assert reason == "not-for-them"
    assert len(town.scene.asked("evil")) == before


async def test_act_13_taking_back_what_is_for_members_is_told_to_nobody_else(town):
    told = among_members(town, town.ada)
    await done(town.scene, town.ada, "QuoteRequest", town.secret.uri, instrument=told["id"])
    [[number]] = await town.scene.fetch(
        "SELECT id FROM quote_stamps WHERE quoting_uri = $1", told["id"]
    )

    await quotes.revoke(
        town.scene.here.context, await town.scene.signed_in("amina"), town.secret.id, number
    )

    [[sent]] = await town.scene.fetch(
        "SELECT convert_from(document, 'UTF8')::json ->> 'to' FROM activities "
        "WHERE type = 'Delete' AND object_uri = $1",
        f"{town.secret.uri}/quotes/{number}",
    )
    assert json.loads(sent) == [town.ada.uri]


async def test_act_13_what_was_taken_back_is_not_given_again(town):
    told = town.scene.post(town.ada, town.plaza.uri, quote=town.question.uri)
    await done(town.scene, town.ada, "QuoteRequest", town.question.uri, instrument=told["id"])
    async with town.scene.here.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE quote_stamps SET revoked_at = $2 WHERE quoting_uri = $1",
            told["id"],
            town.scene.here.now(),
        )

    await done(town.scene, town.ada, "QuoteRequest", town.question.uri, instrument=told["id"])

    sent = await town.scene.fetch(
        "SELECT convert_from(document, 'UTF8') FROM activities WHERE object_uri = $1 "
        "ORDER BY id",
        told["id"],
    )
    assert ['"type":"Accept"' in each[0] for each in sent] == [True, False]


async def test_act_15_a_blocked_agency_is_not_told_that_one_of_its_people_is_called(town):
    host = town.scene.peer.authority("far")
    before = await town.scene.fetch("SELECT count(*) FROM deliveries WHERE host = $1", host)
    async with town.scene.here.database.transaction("test") as tx:
        await agencies.decide(
            tx, host, AgencyState.BLOCKED, by=None, reason="", now=town.scene.here.now()
        )

    await posts.publish_thread(
        town.scene.here.context,
        await town.scene.signed_in("bob"),
        town.plaza.id,
        Kind.QUESTION,
        Draft(title="Who?", source=f"@sten@{host} perhaps."),
    )

    after = await town.scene.fetch("SELECT count(*) FROM deliveries WHERE host = $1", host)
    assert before == after
