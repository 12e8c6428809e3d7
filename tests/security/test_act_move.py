"""ACT-09 at the inbox: followers go along only where both accounts say so, and not twice."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count

import pytest

from schemas.records import AgencyState, FollowState
from server.services import communities, discovery, people, stewards
from server.storage import actors, agencies, moves
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.inbox_scene import Town, done, ignored, let_in, populated

_NUMBERS = count(1)


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


def old_and_new(
    town: Town,
    *,
    at: str = "health",
    to: str = "far",
    kind: str = "Person",
    declared: bool = True,
    acknowledged: bool = True,
) -> tuple[Sender, Sender]:
    """Two accounts of one person, elsewhere, which say so of each other or do not."""
    number = next(_NUMBERS)
    old = town.scene.sender(at, f"old{number}")
    known_as = {"alsoKnownAs": [old.uri]} if acknowledged else {}
    new = town.scene.sender(to, f"new{number}", kind, **known_as)
    moved = {"movedTo": new.uri} if declared else {}
    return town.scene.sender(at, f"old{number}", **moved), new


async def followed_by_bob(town: Town, person: Sender) -> str:
    """Have bob follow somebody elsewhere; give the id of the Follow."""
    context = town.scene.here.context
    found = await discovery.find_or_fetch_actor(context, person.uri)
    bob = await town.scene.signed_in("bob")
    await people.follow(context, bob, found.id)
    rows = await town.scene.fetch(
        "SELECT f.uri FROM follows f JOIN actors a ON a.id = f.target_id WHERE a.uri = $1",
        person.uri,
    )
    await done(town.scene, person, "Accept", str(rows[0][0]))
    return str(rows[0][0])


async def moves_to(town: Town, old: Sender, new: Sender) -> None:
    await done(town.scene, old, "Move", old.uri, target=new.uri)


async def test_act_09_followers_go_along_and_are_told(town):
    old, new = old_and_new(town)
    await followed_by_bob(town, old)

    await moves_to(town, old, new)

    assert await town.scene.edge(town.bob, old.uri) is None
    assert await town.scene.edge(town.bob, new.uri) is FollowState.ASKED
    told = await town.scene.fetch(
        "SELECT n.subject FROM notifications n JOIN actors a ON a.id = n.actor_id "
        "WHERE n.kind = 'moved' AND a.uri = $1",
        old.uri,
    )
    assert told == [(new.uri,)]
    sent = await town.scene.fetch(
        "SELECT type FROM activities WHERE object_uri IN ($1, $2) ORDER BY id", old.uri, new.uri
    )
    assert [row[0] for row in sent] == ["Follow", "Follow", "Undo"]


async def test_act_09_without_a_back_link_nobody_moves(town):
    old, new = old_and_new(town, acknowledged=False)
    await followed_by_bob(town, old)

    reason = await ignored(town.scene, old, "Move", old.uri, target=new.uri)

    assert reason == "move-not-acknowledged"


async def test_act_09_a_back_link_in_our_copy_alone_is_none(town):
    old, new = old_and_new(town)
    await followed_by_bob(town, old)
    await discovery.find_or_fetch_actor(town.scene.here.context, new.uri)
    town.scene.peer.publishes(new.uri, **(new.document | {"alsoKnownAs": []}))

    reason = await ignored(town.scene, old, "Move", old.uri, target=new.uri)

    assert reason == "move-not-acknowledged"


async def test_act_09_the_old_account_must_say_so_at_its_own_server(town):
    old, new = old_and_new(town, declared=False)
    await followed_by_bob(town, old)

    reason = await ignored(town.scene, old, "Move", old.uri, target=new.uri)

    assert reason == "move-not-declared"


async def test_act_09_an_account_moves_once_in_thirty_days(town):
    old, new = old_and_new(town)
    await moves_to(town, old, new)
    asked = len(town.scene.peer.requests)

    reason = await ignored(town.scene, old, "Move", old.uri, target=new.uri)

    assert reason == "moved-lately"
    assert len(town.scene.peer.requests) == asked
    town.scene.clock.turn(timedelta(days=30))
    await moves_to(town, old, new)


async def test_act_09_nobody_goes_round_in_a_circle(town):
    first, second = old_and_new(town)
    await moves_to(town, first, second)
    back = {"movedTo": first.uri, "alsoKnownAs": [first.uri]}
    town.scene.peer.publishes(second.uri, **(second.document | back))
    known = first.document | {"movedTo": second.uri, "alsoKnownAs": [second.uri]}
    town.scene.peer.publishes(first.uri, **known)

    reason = await ignored(town.scene, second, "Move", second.uri, target=first.uri)

    assert reason == "target-moved-on"


async def test_act_09_a_person_moves_to_another_account_of_a_person(town):
    old, group = old_and_new(town, kind="Group")

    became = await town.scene.send(old, "Move", old.uri, target=group.uri)
    itself = await ignored(town.scene, old, "Move", old.uri, target=old.uri)

    assert (became.state, became.reason) == ("ignored", "move-not-of-a-person")
    assert itself == "move-to-itself"


async def test_act_09_nobody_moves_another(town):
    old, new = old_and_new(town)

    reason = await ignored(town.scene, town.mallory, "Move", old.uri, target=new.uri)

    assert reason == "move-of-another"


async def test_act_09_a_community_passes_on_no_move(town):
    old, new = old_and_new(town)
    move = town.scene.published(old, "Move", old.uri, target=new.uri)

    reason = await ignored(town.scene, town.roads, "Announce", move)

    assert reason == "move-through-a-community"


async def test_act_09_nobody_moves_to_a_blocked_agency(town):
    old, new = old_and_new(town, to="barred")
    async with town.scene.here.database.transaction("test") as tx:
        await agencies.decide(
            tx,
            town.scene.peer.authority("barred"),
            AgencyState.BLOCKED,
            by=None,
            reason="",
            now=town.scene.here.now(),
        )

    reason = await ignored(town.scene, old, "Move", old.uri, target=new.uri)

    assert reason == "agency-blocked"


async def test_act_09_the_suspended_do_not_move(town):
    old, new = old_and_new(town)
    other, aim = old_and_new(town)
    await town.scene.suspend(old.uri)
    await town.scene.suspend(aim.uri)

    suspended = await ignored(town.scene, old, "Move", old.uri, target=new.uri)
    to_suspended = await ignored(town.scene, other, "Move", other.uri, target=aim.uri)

    assert (suspended, to_suspended) == ("actor-suspended", "target-suspended")


async def test_act_09_a_membership_goes_along_past_approval(town):
    old, new = old_and_new(town)
    stranger = town.scene.sender("far", "stranger")
    await done(town.scene, old, "Follow", town.cabinet.uri)
    await let_in(town.scene, town.cabinet, old)
    await moves_to(town, old, new)

    await done(town.scene, new, "Follow", town.cabinet.uri)
    await done(town.scene, stranger, "Follow", town.cabinet.uri)

    assert await town.scene.edge(new.uri, town.cabinet.uri) is FollowState.ACCEPTED
    assert await town.scene.edge(old.uri, town.cabinet.uri) is None
    assert await town.scene.edge(stranger.uri, town.cabinet.uri) is FollowState.ASKED


async def test_act_09_a_follow_that_came_before_the_move_is_let_in_by_it(town):
    old, new = old_and_new(town)
    await done(town.scene, old, "Follow", town.cabinet.uri)
    await let_in(town.scene, town.cabinet, old)
    await done(town.scene, new, "Follow", town.cabinet.uri)
    before = await town.scene.edge(new.uri, town.cabinet.uri)

    await moves_to(town, old, new)

    assert before is FollowState.ASKED
    assert await town.scene.edge(new.uri, town.cabinet.uri) is FollowState.ACCEPTED


async def test_act_09_a_ban_goes_along_and_is_told_to_the_agencies(town):
    old, new = old_and_new(town)
    await done(town.scene, old, "Follow", town.plaza.uri)
    await done(town.scene, new, "Follow", town.plaza.uri)
    await done_ban(town, old)

    await moves_to(town, old, new)

    assert await town.scene.edge(new.uri, town.plaza.uri) is FollowState.BANNED
    told = await town.scene.fetch(
        "SELECT count(*) FROM activities WHERE type = 'Block' AND "
        "convert_from(document, 'UTF8') LIKE '%' || $1 || '%'",
        new.uri,
    )
    assert told == [(1,)]


async def done_ban(town: Town, person: Sender) -> None:
    context = town.scene.here.context
    amina = await town.scene.signed_in("amina")
    known = await discovery.find_or_fetch_actor(context, person.uri)
    await stewards.ban(context, amina, town.plaza.id, known.id, "Rude")


async def test_act_09_a_stewardship_goes_along_with_the_membership(town):
    old, new = old_and_new(town)
    await done(town.scene, old, "Follow", town.plaza.uri)
    known = await discovery.find_or_fetch_actor(town.scene.here.context, old.uri)
    amina = await town.scene.signed_in("amina")
    await stewards.add_steward(town.scene.here.context, amina, town.plaza.id, known.id)
    await moves_to(town, old, new)

    await done(town.scene, new, "Follow", town.plaza.uri)

    rows = await town.scene.fetch(
        "SELECT a.uri FROM stewards s JOIN actors a ON a.id = s.actor_id "
        "WHERE s.community_id = $1 AND NOT a.local",
        town.plaza.id,
    )
    assert rows == [(new.uri,)]


async def test_act_09_a_link_that_was_taken_back_carries_nothing(town):
    old, new = old_and_new(town)
    await done(town.scene, old, "Follow", town.cabinet.uri)
    await let_in(town.scene, town.cabinet, old)
    await moves_to(town, old, new)
    back = town.scene.sender("health", old.uri.rpartition("@")[2])
    await discovery.refresh_actor(town.scene.here.context, back.uri)

    await done(town.scene, new, "Follow", town.cabinet.uri)

    assert await town.scene.edge(new.uri, town.cabinet.uri) is FollowState.ASKED
    async with town.scene.here.database.reading() as tx:
        known = await actors.find(tx, old.uri)
        assert known is not None
        assert await moves.where_to(tx, known.id) is None


async def test_act_09_somebody_comes_here_and_is_followed_by_whom_we_have(town):
    context = town.scene.here.context
    old, _ = old_and_new(town)
    await followed_by_bob(town, old)
    dora = await town.scene.here.member(f"dora{next(_NUMBERS)}")
    async with town.scene.here.database.transaction("test") as tx:
        await moves.name_others(tx, dora.id, (old.uri,))
    town.scene.peer.publishes(old.uri, **(old.document | {"movedTo": dora.actor.uri}))
    await done(town.scene, old, "Follow", town.plaza.uri)

    await done(town.scene, old, "Move", old.uri, target=dora.actor.uri)

    assert await town.scene.edge(town.bob, dora.actor.uri) is FollowState.ACCEPTED
    assert await town.scene.edge(dora.actor.uri, town.plaza.uri) is FollowState.ACCEPTED
    assert await communities.join(
        context, await town.scene.signed_in(dora.actor.name), town.plaza.id
    ) is (FollowState.ACCEPTED)
