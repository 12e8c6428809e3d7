"""Polls at one agency: started, voted in, counted, told of, and ended."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from federation.translate.incoming import post_from
from server.services import changing, discovery, importing, polls
from server.services.errors import Conflict, Invalid, NotAllowed, NotFound
from server.services.gathering import Gathered
from server.services.posts import Draft
from server.storage import agencies, follows
from server.storage import polls as stored
from server.storage.embedded import Cluster
from server.workers.polls import tell_due
from tests.inbox_scene import Town, done, ignored, populated
from tests.poll_scene import asked, ballot, counted, figures, start

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def told(town: Town, uri: str) -> list[dict[str, object]]:
    """What went out as Update of a post, the first one first."""
    rows = await town.scene.fetch(
        "SELECT s.document FROM activities s JOIN posts p ON p.id = s.post_id "
        "WHERE p.uri = $1 AND s.type = 'Update' ORDER BY s.id",
        uri,
    )
    return [json.loads(document)["object"] for (document,) in rows]


async def news(town: Town, post_id: int) -> list[str]:
    rows = await town.scene.fetch(
        "SELECT a.name || ' ' || n.kind FROM notifications n "
        "JOIN actors a ON a.id = n.member_id WHERE n.post_id = $1 ORDER BY 1",
        post_id,
    )
    return [str(row[0]) for row in rows]


# Starting


@pytest.mark.parametrize(
    ("choices", "hours", "field"),
    [
        (("A",), 168, "choices"),
        (("A", " "), 168, "choices"),
        (tuple("ABCDEFGHIJK"), 168, "choices"),
        (("A", "A "), 168, "choices"),
        (("A", "B" * 101), 168, "choices"),
        (("A", "B"), 0, "hours"),
        (("A", "B"), 721, "hours"),
    ],
)
async def test_what_is_no_poll_is_not_started(town, choices, hours, field):
    with pytest.raises(Invalid) as wrong:
        await start(town.scene, town.plaza.id, "bob", *choices, hours=hours)

    assert list(wrong.value.fields) == [field]


async def test_a_poll_goes_out_as_a_question_with_its_title_in_its_words(town):
    poll = await start(town.scene, town.plaza.id, "bob")

    rows = await town.scene.fetch(
        "SELECT document FROM activities WHERE post_id = $1 AND type = 'Create'", poll.id
    )
    document = json.loads(rows[0][0])["object"]

    assert (document["type"], document["postKind"]) == ("Question", "poll")
    assert document["content"].startswith("<p>Which format?</p><p>We publish")
    assert document["oneOf"] == [counted("CSV", 0), counted("JSON", 0)]
    assert document["votersCount"] == 0
    assert not {"name", "summary", "closed"} & set(document)


async def test_where_lemmy_hosts_the_community_there_are_no_polls(town):
    far = town.roads.uri.partition("//")[2].partition("/")[0]
    rows = await town.scene.fetch("SELECT id FROM actors WHERE uri = $1", town.roads.uri)
    poll = await start(town.scene, rows[0][0], "bob")
    async with town.scene.here.database.transaction("test") as tx:
        await agencies.remember_software(
            tx, far, software="lemmy", version="1", name="Far", now=town.scene.here.now()
        )

    with pytest.raises(NotAllowed, match="no-polls-there"):
        await start(town.scene, rows[0][0], "bob")

    assert poll.community_uri == town.roads.uri


# Voting, as one of ours


async def test_a_member_votes_once_and_for_what_is_there(town):
    scene = town.scene
    poll = await start(scene, town.plaza.id, "bob")
    amina, bob = await scene.signed_in("amina"), await scene.signed_in("bob")
    context = scene.here.context

    for places in ((), (2,), (-1,), (0, 1)):
        with pytest.raises(Invalid):
            await polls.vote(context, amina, poll.id, places)
    with pytest.raises(NotAllowed, match="own-poll"):
        await polls.vote(context, bob, poll.id, [0])
    with pytest.raises(NotFound, match="poll-not-found"):
        await polls.vote(context, amina, town.question.id, [0])
    with pytest.raises(NotFound, match="post-not-found"):
        await polls.vote(context, bob, town.secret.id, [0])
    await polls.vote(context, amina, poll.id, [1])
    with pytest.raises(Conflict, match="voted-already"):
        await polls.vote(context, amina, poll.id, [0])

    assert await figures(scene, poll.uri) == {"CSV": 0, "JSON": 1}


async def test_a_vote_elsewhere_goes_to_the_asker_alone_and_counts_here_at_once(town):
    scene = town.scene
    theirs = asked(
        scene, town.ada, town.plaza.uri, anyOf=[counted("A", 1), counted("B", 2)], oneOf=[]
    )
    await done(scene, town.ada, "Create", theirs)
    facts = await scene.facts(theirs["id"])
    bob = await scene.signed_in("bob")

    await polls.vote(scene.here.context, bob, facts.id, [1, 0])

    assert await figures(scene, theirs["id"]) == {"A": 2, "B": 3}
    rows = await scene.fetch(
        "SELECT s.document, s.post_id, s.visibility, d.inbox FROM activities s "
        "JOIN deliveries d ON d.activity_id = s.id "
        "WHERE s.actor_id = $1 AND s.type = 'Create' AND s.object_uri = $2 ORDER BY s.id",
        bob.member.id,
        town.bob,
    )
    votes = [json.loads(document)["object"] for document, *_ in rows]
    assert [(vote["name"], vote["to"], vote["cc"]) for vote in votes] == [
        ("A", [town.ada.uri], []),
        ("B", [town.ada.uri], []),
    ]
    assert not any("content" in vote for vote in votes)
    assert {(post_id, audience) for _, post_id, audience, _ in rows} == {(None, "members")}
    activity = json.loads(rows[0][0])["id"]
    guest = await scene.here.browser().get(
        activity.removeprefix(scene.here.origin), Accept="application/activity+json"
    )
    assert guest.status == 401


async def test_nobody_votes_where_we_do_not_send(town):
    scene = town.scene
    theirs = asked(scene, town.mallory, town.plaza.uri)
    await done(scene, town.mallory, "Create", theirs)
    facts = await scene.facts(theirs["id"])
    async with scene.here.database.transaction("test") as tx:
        await tx.execute("UPDATE agencies SET state = 'blocked' WHERE host LIKE 'evil.%'")

    bob = await scene.signed_in("bob")
    with pytest.raises(NotAllowed, match="agency-not-reached"):
        await polls.vote(scene.here.context, bob, facts.id, [0])

    async with scene.here.database.transaction("test") as tx:
        await tx.execute("UPDATE agencies SET state = 'admitted' WHERE host LIKE 'evil.%'")
    assert await figures(scene, theirs["id"]) == {"CSV": 1, "JSON": 2}


# Votes from elsewhere


async def test_piefed_has_its_own_form_of_a_vote(town):
    scene = town.scene
    poll = await start(scene, town.plaza.id, "bob")

    await done(scene, town.ada, "PollVote", poll.uri, choice_text="CSV")
    reason = await ignored(scene, town.ada, "PollVote", poll.uri, choice_text="CSV")

    assert reason == "voted-already"
    assert await figures(scene, poll.uri) == {"CSV": 1, "JSON": 0}


async def test_a_poll_that_is_gone_takes_no_votes_and_forgets_them(town):
    scene = town.scene
    poll = await start(scene, town.plaza.id, "bob")
    await done(scene, town.ada, "Create", ballot(scene, town.ada, poll.uri, "CSV"))

    await changing.withdraw(scene.here.context, await scene.signed_in("bob"), poll.id)

    late = ballot(scene, town.nils, poll.uri, "CSV")
    assert await ignored(scene, town.nils, "Create", late) == "post-deleted"
    assert await scene.fetch("SELECT 1 FROM poll_votes WHERE post_id = $1", poll.id) == []
    amina = await scene.signed_in("amina")
    with pytest.raises(NotFound, match="poll-not-found"):
        await polls.vote(scene.here.context, amina, poll.id, [0])


# Results


async def test_results_go_out_every_three_minutes_at_most_and_at_the_end(town):
    scene = town.scene
    context = scene.here.context
    poll = await start(scene, town.plaza.id, "bob", hours=1)
    await polls.vote(context, await scene.signed_in("amina"), poll.id, [0])

    await tell_due(context)
    early = await told(town, poll.uri)
    scene.clock.turn(3 * MINUTE)
    await tell_due(context)
    await done(scene, town.ada, "Create", ballot(scene, town.ada, poll.uri, "JSON"))
    await tell_due(context)
    first = await told(town, poll.uri)
    scene.clock.turn(57 * MINUTE)
    await tell_due(context)
    await tell_due(context)
    last = await told(town, poll.uri)

    assert early == []
    by_group = {json.dumps(each["oneOf"]) for each in first if each["type"] == "Question"}
    assert by_group == {json.dumps([counted("CSV", 1), counted("JSON", 0)])}
    assert last[-1]["oneOf"] == [counted("CSV", 1), counted("JSON", 1)]
    assert last[-1]["closed"] == last[-1]["endTime"]
    assert "updated" not in last[-1]
    assert len(last) == len(first) + 1
    assert await news(town, poll.id) == ["amina poll-closed", "bob poll-closed"]


async def test_who_voted_elsewhere_hears_of_the_end_when_it_comes(town):
    scene = town.scene
    context = scene.here.context
    soon = (scene.here.now() + timedelta(hours=2)).isoformat()
    theirs = asked(scene, town.ada, town.plaza.uri, endTime=soon)
    await done(scene, town.ada, "Create", theirs)
    facts = await scene.facts(theirs["id"])
    await polls.vote(context, await scene.signed_in("bob"), facts.id, [0])
    await tell_due(context)
    assert await news(town, facts.id) == []

    scene.clock.turn(timedelta(hours=2))
    await tell_due(context)

    assert await news(town, facts.id) == ["bob poll-closed"]
    assert await told(town, theirs["id"]) == []
    with pytest.raises(Conflict, match="poll-closed"):
        await polls.vote(context, await scene.signed_in("amina"), facts.id, [0])


async def test_a_poll_removed_before_its_end_ends_unheard(town):
    scene = town.scene
    poll = await start(scene, town.plaza.id, "bob", hours=1)
    await polls.vote(scene.here.context, await scene.signed_in("amina"), poll.id, [0])
    async with scene.here.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE posts SET deleted_at = $2, deleted_by = 'moderator' WHERE id = $1",
            poll.id,
            scene.here.now(),
        )

    scene.clock.turn(4 * MINUTE)
    await tell_due(scene.here.context)
    scene.clock.turn(timedelta(hours=1))
    await tell_due(scene.here.context)

    assert (await told(town, poll.uri), await news(town, poll.id)) == ([], [])


async def test_the_suspended_tell_no_results(town):
    scene = town.scene
    await scene.here.member("noa")
    async with scene.here.database.transaction("test") as tx:
        await tx.execute(
            "INSERT INTO follows (follower_id, target_id, uri, state, asked_at) "
            "SELECT id, $1, uri || '#f', 'accepted', now() FROM actors WHERE name = 'noa'",
            town.plaza.id,
        )
    poll = await start(scene, town.plaza.id, "noa", hours=1)
    await polls.vote(scene.here.context, await scene.signed_in("amina"), poll.id, [0])
    await scene.suspend(f"{scene.here.origin}/@noa")

    scene.clock.turn(timedelta(hours=1))
    await tell_due(scene.here.context)

    assert await told(town, poll.uri) == []


async def test_a_poll_that_offers_something_else_has_no_votes_of_ours(town):
    scene = town.scene
    theirs = asked(scene, town.ada, town.plaza.uri, endTime=None, votersCount=None)
    await done(scene, town.ada, "Create", theirs)
    facts = await scene.facts(theirs["id"])
    bob = await scene.signed_in("bob")
    await polls.vote(scene.here.context, bob, facts.id, [0])

    other = theirs | {"oneOf": [counted("CSV", 2), counted("XML", 0), counted("YAML", 1)]}
    await done(scene, town.ada, "Update", other)
    await done(scene, town.ada, "Update", other)
    await polls.vote(scene.here.context, bob, facts.id, [1])

    assert await figures(scene, theirs["id"]) == {"CSV": 2, "XML": 1, "YAML": 1}


@pytest.mark.parametrize("known", ["poll", "question"])
async def test_a_thread_fetched_anew_brings_how_its_poll_stands(town, known):
    scene = town.scene
    theirs = asked(scene, town.ada, town.plaza.uri)
    if known == "question":
        theirs = scene.post(town.ada, town.plaza.uri)
    await done(scene, town.ada, "Create", theirs)
    scene.clock.turn(MINUTE)
    newer = asked(
        scene, town.ada, town.plaza.uri, oneOf=[counted("CSV", 8), counted("JSON", 2)]
    )
    fetched = post_from(newer | {"id": theirs["id"]}, now=scene.here.now())
    author = await discovery.find_or_fetch_actor(scene.here.context, town.ada.uri)

    async with scene.here.database.transaction("test") as tx:
        await importing.import_thread(
            tx,
            scene.here.context,
            town.plaza,
            fetched.uri,
            Gathered(posts={fetched.uri: fetched}),
            {author.uri: author},
        )

    expected = {"CSV": 8, "JSON": 2} if known == "poll" else {}
    assert await figures(scene, theirs["id"]) == expected


async def test_whoever_was_put_out_or_moved_has_no_vote(town):
    scene = town.scene
    context = scene.here.context
    poll = await start(scene, town.plaza.id, "bob")
    amina = await scene.signed_in("amina")
    actor = amina.member.actor
    moved = replace(actor, moved_to="https://elsewhere.example/@amina")
    member = replace(amina, member=replace(amina.member, actor=moved))
    with pytest.raises(NotAllowed, match="moved"):
        await polls.vote(context, member, poll.id, [0])

    pia = (await scene.here.member("pia")).actor
    async with scene.here.database.transaction("test") as tx:
        uri = f"{scene.here.origin}/activities/2"
        await follows.ban(tx, pia.id, town.plaza.id, uri, now=scene.here.now())

    with pytest.raises(NotAllowed, match="banned-there"):
        await polls.vote(context, await scene.signed_in("pia"), poll.id, [0])


async def test_what_is_no_poll_has_no_results(town):
    scene = town.scene
    facts = await scene.facts(town.question.uri)
    async with scene.here.database.transaction("test") as tx:
        assert await stored.hold(tx, facts.id, actor_id=1) is None
        assert await stored.voted(tx, facts.id, actor_id=1) is None
        kept = await stored.lock_due(tx, told_before=scene.here.now() - timedelta(days=900))

    assert kept is None


# Pages


FORM = {
    "title": "Tea or coffee?",
    "choices": "Tea\nCoffee\n\n",
    "several": "yes",
    "hours": "24",
    "body": "",
}


async def test_a_poll_is_started_with_pages_alone(town):
    bob = town.scene.here.browser()
    await bob.sign_in("bob")

    assert 'href="/c/plaza/poll"' in (await bob.get("/c/plaza")).text
    seen = await bob.submit("/c/plaza/poll", FORM | {"body": "Hot *water*", "act": "preview"})
    wrong = await bob.submit("/c/plaza/poll", FORM | {"choices": "Tea", "hours": "x"})
    page = await bob.submit("/c/plaza/poll", FORM)
    town.scene.clock.turn(MINUTE)
    edited = await bob.submit(
        f"{page.path}/edit", {"title": "Coffee or tea?", "body": "", "act": "save"}
    )

    assert "Hot <em>water</em>" in seen.text
    assert (wrong.status, "between 2 and 10" in wrong.text) == (422, True)
    assert "0 people voted" in page.text
    assert "Coffee or tea?" in edited.text
    assert '<span class="badge">Poll</span>' in (await bob.get("/c/plaza")).text


async def test_who_voted_sees_how_it_stands_and_all_see_how_it_ended(town):
    scene = town.scene
    bob, amina, guest = (scene.here.browser() for _ in range(3))
    await bob.sign_in("bob")
    await amina.sign_in("amina")
    poll = (await bob.submit("/c/plaza/poll", FORM)).path

    nothing = await amina.submit(f"{poll}/vote", {})
    before = await amina.get(poll)
    after = await amina.submit(f"{poll}/vote", {"choice-1": "yes", "choice-0": "yes"})
    twice = await amina.submit(f"{poll}/vote", {"choice-1": "yes"})
    read = await guest.get(poll)
    scene.clock.turn(timedelta(days=1))
    ended = await guest.get(poll)

    assert (nothing.status, "Choose what you vote for." in nothing.text) == (422, True)
    assert "A vote cannot be changed. Nobody is shown who chose what." in before.text
    assert [page.text.count("100 %") for page in (before, after, read, ended)] == [0, 2, 0, 2]
    assert after.text.count("You chose this") == 2
    assert twice.status == 409
    assert "Members vote, and then see how it stands." in read.text


async def test_whoever_does_not_belong_starts_no_poll(town):
    scene = town.scene
    await scene.here.member("olga")
    olga = scene.here.browser()
    await olga.sign_in("olga")

    sent_on = await olga.get("/c/plaza/poll")

    assert sent_on.path == "/c/plaza"
    assert "Join the community first; then you can start a poll." in sent_on.text
    with pytest.raises(NotAllowed, match="not-a-member"):
        await start(scene, town.plaza.id, "olga")


async def test_a_community_on_lemmy_has_no_form_for_polls(town):
    far = town.roads.uri.partition("//")[2].partition("/")[0]
    async with town.scene.here.database.transaction("test") as tx:
        await agencies.remember_software(
            tx, far, software="Lemmy", version="1", name="Far", now=town.scene.here.now()
        )
    bob = town.scene.here.browser()
    await bob.sign_in("bob")

    community = await bob.get(f"/c/roads@{far}")
    refused = await bob.get(f"/c/roads@{far}/poll")

    assert "/poll" not in community.text
    assert refused.status == 403


def test_a_draft_has_no_poll_unless_one_is_asked_for():
    assert Draft(source="").poll is None
