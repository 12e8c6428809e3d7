"""Finding actors elsewhere: what is fetched, what is stored, and what is left alone."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from federation.errors import FederationError, Forbidden, Gone
from schemas.records import ActorKind, AgencyState, JoinRule, Visibility
from server.services import discovery
from server.storage import actors, agencies, communities
from tests.door import AUTHORITY, KEYS, ORIGIN, House, actor_document, opened
from tests.hostile_peer import Reply, document


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with opened(database_url) as house:
        yield house


def community_at(house, host="health", name="wards", **members):
    """Publish a community at a host of the peer."""
    uri = house.peer.url(host, f"/c/{name}")
    pair = replace(KEYS[0], key_id=f"{uri}#main-key", owner=uri)
    house.peer.publishes(uri, **actor_document(uri, name, pair, "Group") | members)
    return uri


async def stewards_of(house, uri):
    async with house.database.reading() as tx:
        community = await communities.find_by_uri(tx, uri)
        return {each.uri for each in await communities.stewards(tx, community.id)}


# find_or_fetch_actor


async def test_an_actor_is_fetched_once_and_then_known(house):
    ada = house.sender("health", "ada")

    fetched = await discovery.find_or_fetch_actor(house.context, ada.uri)
    again = await discovery.find_or_fetch_actor(house.context, ada.uri)

    assert fetched == again
    assert (fetched.uri, fetched.name, fetched.host) == (ada.uri, "ada", house.host("health"))
    assert (fetched.kind, fetched.local) == (ActorKind.PERSON, False)
    assert fetched.inbox == f"{ada.uri}/inbox"
    assert len(house.peer.requests) == 1
    assert await house.fetch(
        "SELECT key_id, kind FROM actor_keys WHERE private_pem IS NULL"
    ) == [(ada.key.key_id, "rsa")]


async def test_a_fetch_is_signed_by_the_agency(house):
    ada = house.sender("health", "ada")

    await discovery.find_or_fetch_actor(house.context, ada.uri)

    signature = house.peer.requests[0].headers["signature"]
    assert f'keyId="{ORIGIN}/actor#main-key"' in signature


async def test_an_agency_that_we_meet_waits_for_a_decision(house):
    ada = house.sender("health", "ada")

    await discovery.find_or_fetch_actor(house.context, ada.uri)

    assert await house.fetch("SELECT host, state FROM agencies") == [
        (house.host("health"), "waiting")
    ]


@pytest.mark.parametrize("call", [discovery.find_or_fetch_actor, discovery.refresh_actor])
async def test_a_blocked_agency_is_never_fetched_from(house, call):
    ada = house.sender("health", "ada")
    await house.decide("health", AgencyState.BLOCKED)

    with pytest.raises(Forbidden) as refused:
        await call(house.context, ada.uri)

    assert refused.value.reason == "agency-blocked"
    assert house.peer.connections == 0


async def test_an_actor_that_turns_out_to_live_at_a_blocked_agency_is_not_stored(house):
    mallory = house.sender("evil", "mallory")
    await house.decide("evil", AgencyState.BLOCKED)
    alias = house.peer.url("health", "/@mallory")
    house.peer.tells(alias, document(mallory.document))

    with pytest.raises(Forbidden):
        await discovery.find_or_fetch_actor(house.context, alias)

    assert await house.fetch("SELECT uri FROM actors WHERE NOT local") == []


async def test_an_actor_that_is_deleted_is_gone_and_not_fetched_again(house):
    ada = house.sender("health", "ada")
    await discovery.find_or_fetch_actor(house.context, ada.uri)
    async with house.database.transaction("test") as tx:
        await actors.mark_deleted(tx, ada.uri, now=house.clock.now())

    with pytest.raises(Gone) as refused:
        await discovery.find_or_fetch_actor(house.context, ada.uri)

    assert refused.value.reason == "actor-deleted"
    assert len(house.peer.requests) == 1


async def test_a_tombstone_of_an_actor_is_not_stored(house):
    ada = house.sender("health", "ada", published=False)
    house.peer.publishes(ada.uri, **ada.document | {"type": ["Person", "Tombstone"]})

    with pytest.raises(FederationError):
        await discovery.find_or_fetch_actor(house.context, ada.uri)

    assert await house.fetch("SELECT uri FROM actors WHERE NOT local") == []


async def test_our_own_actors_come_from_storage(house):
    bob = await house.add_member("bob")

    found = await discovery.find_or_fetch_actor(house.context, bob.uri)
    refreshed = await discovery.refresh_actor(house.context, bob.uri)

    assert found == refreshed == bob
    assert house.peer.connections == 0


async def test_two_who_fetch_one_actor_at_once_end_up_with_the_same(house):
    ada = house.sender("health", "ada")

    found = await asyncio.gather(
        *(discovery.find_or_fetch_actor(house.context, ada.uri) for _ in range(5))
    )

    assert len({actor.id for actor in found}) == 1


# refresh_actor


async def test_a_refreshed_actor_keeps_its_id_and_loses_its_old_key(house):
    ada = house.sender("health", "ada")
    before = await discovery.find_or_fetch_actor(house.context, ada.uri)
    key = {"id": f"{ada.uri}#new", "owner": ada.uri, "publicKeyPem": KEYS[1].public_pem}
    house.peer.publishes(ada.uri, **ada.document | {"name": "Ada L.", "publicKey": key})

    after = await discovery.refresh_actor(house.context, ada.uri)

    assert after == replace(before, display_name="Ada L.")
    assert await house.fetch("SELECT key_id FROM actor_keys WHERE private_pem IS NULL") == [
        (f"{ada.uri}#new",)
    ]


# Communities


async def test_a_community_comes_with_its_topics_and_rules(house):
    uri = community_at(
        house,
        topics=[{"slug": "beds", "name": "Beds"}],
        manuallyApprovesFollowers=True,
        visibility="members",
        multipleAnswers=True,
        summary="<p>How we run wards.</p>",
    )

    await discovery.find_or_fetch_actor(house.context, uri)

    async with house.database.reading() as tx:
        found = await communities.find_by_uri(tx, uri)
    assert [topic.slug for topic in found.topics] == ["beds"]
    assert (found.join, found.visibility) == (JoinRule.APPROVAL, Visibility.MEMBERS)
    assert found.several_answers
    assert "How we run wards." in found.charter


async def test_a_refresh_changes_the_rules_of_a_community(house):
    uri = community_at(house, topics=[{"slug": "beds", "name": "Beds"}])
    await discovery.find_or_fetch_actor(house.context, uri)
    community_at(house, topics=[], manuallyApprovesFollowers=True)

    await discovery.refresh_actor(house.context, uri)

    async with house.database.reading() as tx:
        found = await communities.find_by_uri(tx, uri)
    assert (found.topics, found.join) == ((), JoinRule.APPROVAL)


async def test_a_community_comes_with_its_stewards_wherever_they_are(house):
    ada, eve = house.sender("health", "ada"), house.sender("treasury", "eve")
    bob = await house.add_member("bob")
    blocked = house.sender("evil", "mallory")
    await house.decide("evil", AgencyState.BLOCKED)
    moderators = house.peer.url("health", "/c/wards/moderators")
    other = community_at(house, name="other")
    listed = [ada.uri, eve.uri, bob.uri, blocked.uri, other, house.peer.url("health", "/@x")]
    house.peer.publishes(moderators, type="OrderedCollection", orderedItems=[*listed, {"a": 1}])
    uri = community_at(house, moderators=moderators)

    await discovery.find_or_fetch_actor(house.context, uri)

    assert await stewards_of(house, uri) == {ada.uri, eve.uri, bob.uri}
    assert house.asked("evil") == []


async def test_a_steward_who_is_listed_no_longer_is_none(house):
    ada, eve = house.sender("health", "ada"), house.sender("health", "eve")
    moderators = house.peer.url("health", "/c/wards/moderators")
    house.peer.publishes(moderators, type="Collection", items=[ada.uri, eve.uri])
    uri = community_at(house, moderators=moderators)
    await discovery.find_or_fetch_actor(house.context, uri)
    house.peer.publishes(moderators, type="Collection", items=[eve.uri])

    await discovery.refresh_actor(house.context, uri)

    assert await stewards_of(house, uri) == {eve.uri}


@pytest.mark.parametrize("answer", [Reply(status=500), document({"id": 1}), None])
async def test_stewards_that_cannot_be_had_leave_those_we_know(house, answer):
    ada = house.sender("health", "ada")
    moderators = house.peer.url("health", "/c/wards/moderators")
    house.peer.publishes(moderators, type="Collection", items=[ada.uri])
    uri = community_at(house, moderators=moderators)
    await discovery.find_or_fetch_actor(house.context, uri)
    elsewhere = house.peer.url("evil", "/moderators")
    house.peer.publishes(elsewhere, type="Collection", items=[])
    house.peer.tells(moderators, answer or document({"id": elsewhere}))

    await discovery.refresh_actor(house.context, uri)

    assert await stewards_of(house, uri) == {ada.uri}


async def test_only_so_many_stewards_are_fetched_and_nobody_behind_them(house):
    moderators = house.peer.url("health", "/c/wards/moderators")
    behind = house.peer.url("health", "/c/next/moderators")
    people = [house.sender("health", f"p{number}").uri for number in range(30)]
    following = community_at(house, name="next", moderators=behind)
    house.peer.publishes(moderators, type="Collection", items=[following, *people])
    uri = community_at(house, moderators=moderators)

    await discovery.find_or_fetch_actor(house.context, uri)

    assert await stewards_of(house, uri) == set(people[:19])
    assert "/c/next/moderators" not in {each.target for each in house.peer.requests}


# look_up


@pytest.mark.parametrize("dress", ["{name}@{host}", "@{name}@{host}", "acct:{name}@{host}"])
async def test_a_handle_leads_to_its_actor(house, dress):
    ada = house.sender("health", "ada")
    host = house.host("health")
    house.peer.webfingers(f"ada@{host}", ada.uri)

    found = await discovery.look_up(
        house.context, dress.format(name="ada", host=host), may_fetch=True
    )

    assert found.uri == ada.uri


async def test_a_url_leads_to_its_actor(house):
    ada = house.sender("health", "ada")

    found = await discovery.look_up(house.context, f" {ada.uri} ", may_fetch=True)

    assert found.uri == ada.uri


async def test_a_community_is_found_by_its_handle(house):
    uri = community_at(house)
    house.peer.webfingers(f"wards@{house.host('health')}", uri)

    found = await discovery.look_up(
        house.context, f"!wards@{house.host('health')}", may_fetch=True
    )

    assert (found.uri, found.kind) == (uri, ActorKind.COMMUNITY)


async def test_what_is_known_is_found_without_asking(house):
    ada = house.sender("health", "ada")
    known = await discovery.find_or_fetch_actor(house.context, ada.uri)
    asked = len(house.peer.requests)

    by_handle = await discovery.look_up(
        house.context, f"@Ada@{house.host('health')}", may_fetch=False
    )
    by_url = await discovery.look_up(house.context, ada.uri, may_fetch=True)

    assert by_handle == by_url == known
    assert len(house.peer.requests) == asked


@pytest.mark.parametrize("text", ["@bob@{us}", "@BOB@{us}", "{origin}/@bob"])
async def test_our_own_are_found_by_handle_and_url(house, text):
    bob = await house.add_member("bob")

    found = await discovery.look_up(
        house.context, text.format(us=AUTHORITY, origin=ORIGIN), may_fetch=False
    )

    assert found == bob


@pytest.mark.parametrize("text", ["@nobody@{us}", "{origin}/@nobody", "how to grit a bridge"])
async def test_what_would_be_ours_or_is_no_name_causes_no_fetch(house, text):
    found = await discovery.look_up(
        house.context, text.format(us=AUTHORITY, origin=ORIGIN), may_fetch=True
    )

    assert found is None
    assert house.peer.connections == 0


async def test_who_may_not_fetch_causes_no_fetch(house):
    ada = house.sender("health", "ada")
    house.peer.webfingers(f"ada@{house.host('health')}", ada.uri)

    for text in (ada.uri, f"@ada@{house.host('health')}"):
        assert await discovery.look_up(house.context, text, may_fetch=False) is None

    assert house.peer.connections == 0


async def test_a_blocked_agency_is_not_searched(house):
    ada = house.sender("health", "ada")
    house.peer.webfingers(f"ada@{house.host('health')}", ada.uri)
    await house.decide("health", AgencyState.BLOCKED)

    for text in (ada.uri, f"@ada@{house.host('health')}"):
        assert await discovery.look_up(house.context, text, may_fetch=True) is None

    assert house.peer.connections == 0


# remember_agency


def says_what_it_runs(house, host, software):
    link = house.peer.url(host, "/nodeinfo/2.1")
    schema = "http://nodeinfo.diaspora.software/ns/schema/2.1"
    house.peer.tells(
        house.peer.url(host, "/.well-known/nodeinfo"),
        document({"links": [{"rel": schema, "href": link}]}, content_type="application/json"),
    )
    said = {"version": "2.1", "software": {"name": software, "version": "4.5"}}
    house.peer.tells(link, document(said, content_type="application/json"))


async def software_of(house, host):
    async with house.database.reading() as tx:
        found = await agencies.find(tx, house.host(host))
        return None if found is None else (found.software, found.version)


async def test_what_an_agency_runs_is_asked_once_a_day(house):
    says_what_it_runs(house, "health", "mastodon")
    for _ in range(3):
        await discovery.remember_agency(house.context, house.host("health"))
    asked = len(house.peer.requests)
    says_what_it_runs(house, "health", "lemmy")
    house.clock.turn(hours=25)

    before = await software_of(house, "health")
    await discovery.remember_agency(house.context, house.host("health"))

    assert asked == 2
    assert before == ("mastodon", "4.5")
    assert await software_of(house, "health") == ("lemmy", "4.5")


async def test_an_agency_that_does_not_say_is_left_as_it_is(house):
    await discovery.remember_agency(house.context, house.host("health"))

    assert await software_of(house, "health") is None


async def test_neither_we_nor_a_blocked_agency_are_asked(house):
    await house.decide("health", AgencyState.BLOCKED)

    await discovery.remember_agency(house.context, house.host("health"))
    await discovery.remember_agency(house.context, AUTHORITY)

    assert house.peer.connections == 0
