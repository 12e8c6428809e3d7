"""A real process is killed at each fault point there is; nothing is lost, nothing doubled."""

import ast
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import pytest

from server.storage.embedded import Cluster
from tests.architecture import source
from tests.instance import PASSWORD
from tests.stories import balloting, deeds, departures, life, waiting
from tests.stories.deeds import around, is_not, is_so, sends
from tests.stories.town import Step, Town, founded, signs_up

#: Commits that no story comes past, each with the reason.
NOT_REACHED: Final = {
    "notifications.clear": "a client's button: one commit, and they press it again",
    "notifications.dismiss": "a client's button: one commit, and they press it again",
    "follow-requests.authorize": "a member's button: one commit, and they press it again",
    "follow-requests.reject": "a member's button: one commit, and they press it again",
    "follow-requests.remove": "a member's button: one commit, and they press it again",
    "communities.pictures": "a steward's form: one commit, and they send it again; files that "
    "got no place are swept up",
    "backfill.again": "an operator's command: one commit, and they give it again",
    "inbox.forget": "agencies of ours withdraw posts one by one before an account goes; killed "
    "there, it is done anew from the start",
    "inbox.unmark": "agencies of ours take marks back before an account goes; killed there, it "
    "is done anew from the start",
    "ending.wait": "only within an hour of being asked, and the deaths before it take longer",
    "accounts.later": "only where a member's job failed; killed there, its lease runs out",
    "inbox.part": "batches come from PieFed, ours send none; a batch is processed anew as a "
    "whole, as after any other death",
    "recognizing.give": "a steward's button: one commit, and they press it again",
    "recognizing.withdraw": "a steward's button: one commit, and they press it again",
    "recognizing.choose": "a member's button: one commit, and they press it again",
    "ending.recognition": "only where a community recognised who goes; killed there, the rest "
    "of what it gave is withdrawn when the ending goes on",
    "relocating.relocate": "a steward's button: one commit, and they press it again",
    "posts.clear": "only programs other than ours remove many posts by one activity; what is "
    "left of them is removed when the activity is processed anew",
    "inbox.lease": "only where activities that have their effect together fail together; "
    "killed there, they are claimed anew",
    "invite": "one commit; who saw an error makes another one, and the first runs out",
    "clients.register": "an app registers itself: one commit, and it asks again",
    "oauth.allow": "a member's button: one commit, and they press it again; the code ends",
    "oauth.token": "one commit: where the answer is lost, the app starts anew, and what it "
    "did not get ends when it is not used",
    "oauth.revoke": "one commit, and the app asks again: what has ended stays so",
    "posts.withdraw-for-anew": "it differs from posts.withdraw in whose its files are",
    "clients.sign-up": "the account is there without it: its member signs in on the pages",
    "clients.disconnect": "a member's button: one commit, and they press it again",
    "clients.disconnect-all": "a member's button: one commit, and they press it again",
    "clients.give": "the operator's command line: one commit, and they type it again",
    "clients.end": "the operator's command line: one commit, and they type it again",
    "set-role": "the operator's command line: one commit, and they type it again",
    "agencies.undecide": "a moderator's client: one commit, and they press it again",
    "conduct.change": "a moderator's button: one commit, and they press it again",
    "presenting.write": "an operator's button: one commit a text, and they press it again",
    "triage.change": "a moderator's button: one commit, and they press it again",
    "agencies.resync": "the operator's command line: one commit, and they type it again",
    "set-password": "the operator's command line: one commit, and they type it again",
    "inbox.redrive": "the operator's command line: one commit, and they type it again",
    "keys.rotate": "the operator's command line: one commit an actor, and they type it again",
    "signing.learn": "agencies of ours take the first signature of each other; killed there, "
    "it is learned again from the next request",
    "backfill.pause": "only while an origin is silent; killed there, the lease runs out and "
    "the origin is asked again",
    "backfill.refuse": "only where an origin refuses a page or a thread; killed there, it is "
    "asked again and refuses again",
    "outgoing.drop-begun": "an operator's button: it is logged, and they press it again",
    "outgoing.drop": "an operator's button: what was dropped is, and they drop the rest",
    "synchronization.settle": "claims of agencies not admitted are set aside an hour later",
    "synchronization.repair": "all of a list at once; the claim stays until it is repaired",
    "synchronization.remind": "a Follow more does nothing; the rest is asked an hour later",
    "synchronization.catch-up": "the agency is still to be welcomed back, and asked again",
    "synchronization.back": "one commit, and the agency is still to be welcomed back",
    "trending.switch": "a moderator's button: one commit, and they press it again",
    "quotes.revoke": "an author's button: one commit, and they press it again",
    "media.keep": "one commit, and its files have their place before it; who saw an error "
    "chooses the file again, and what no row knows is swept away",
    "media.describe": "one commit; who saw an error says it once more",
    "media.discard": "one commit; who saw an error does it once more",
    "media.remove": "the file goes before its row: killed there, both go later",
    "media.sweep": "what is left over is left over ten minutes later as well",
    "elsewhere.keep": "killed there, the picture is fetched again by whoever looks next",
    "elsewhere.refuse": "killed there, the picture is asked for again, and refused again",
    "elsewhere.use": "only when a picture was last looked at; it is noted the next time",
    **dict.fromkeys(
        ("feeds.change", "feeds.close", "feeds.follow", "feeds.open", "feeds.unfollow"),
        "a curator's or a member's button: one commit, and they press it again",
    ),
    **dict.fromkeys(
        ("feeds.asked", "feeds.learn", "feeds.listed", "feeds.recognise", "feeds.silence"),
        "only where a feed elsewhere is known; killed there, its list and its communities are "
        "asked for again, a day later at worst",
    ),
    "feeds.tend": "memberships by a feed come some at a time; killed there, the feed is still "
    "due, and whoever was asked in is not asked twice",
    **dict.fromkeys(
        ("push.again", "push.claim", "push.gone", "push.settle"),
        "only where a program asked to be told while closed; killed there, the lease runs out, "
        "and at worst it is told twice",
    ),
    "scheduled.again": "only where publishing failed; killed there, the lease runs out",
    "scheduled.refuse": "only where what is due is refused; killed there, the lease runs out, "
    "and it is refused then",
    **dict.fromkeys(
        ("showing.pin", "showing.unpin"),
        "a member's button: one commit with what is sent of it, and they press it again",
    ),
    **dict.fromkeys(
        (
            "announcements.add",
            "announcements.change",
            "announcements.publish",
            "announcements.remove",
            "announcements.withdraw",
        ),
        "a moderator's button: one commit, and they press it again",
    ),
    **dict.fromkeys(
        (
            "announcements.dismiss",
            "announcements.react",
            "announcements.take-back",
            "bookmarks.drop",
            "bookmarks.keep",
            "boosting.boost",
            "boosting.unboost",
            "conversations.forget",
            "conversations.read",
            "filters.add",
            "filters.change",
            "filters.keyword",
            "filters.post",
            "filters.remove",
            "filters.unpost",
            "hashtags.feature",
            "hashtags.follow",
            "hashtags.unfeature",
            "hashtags.unfeature-named",
            "hashtags.unfollow",
            "lists.add",
            "lists.change",
            "lists.fill",
            "lists.remove",
            "lists.take-out",
            "markers.put",
            "push.change",
            "push.subscribe",
            "push.unsubscribe",
            "quieting.mute",
            "quieting.unmute",
            "showing.endorse",
            "showing.unendorse",
            "scheduled.cancel",
            "scheduled.move",
            "silencing.block",
            "silencing.block-domain",
            "silencing.mute",
            "silencing.note",
            "silencing.unblock",
            "silencing.unblock-domain",
            "silencing.unmute",
            "suggesting.dismiss",
        ),
        "a member's button for themselves: one commit, and they press it again",
    ),
    "delivery.release": "only while a stop is under way that had to cut a send off; killed "
    "there, the lease runs out as after any other death",
}


def fault_points() -> dict[str, str]:
    """Read from our source every point, with the name that it was given there."""
    points: dict[str, str] = {}
    for path in source.modules("server"):
        for called, call in source.calls(path):
            match called, call:
                case "transaction", ast.Call(args=[ast.Constant(value=str(name))]):
                    points |= {f"{name}.{side}": name for side in deeds.COMMITS}
                case "at", ast.Call(
                    func=ast.Attribute(value=ast.Attribute(attr="faults")),
                    args=[ast.Constant(value=str(name))],
                ):
                    points[name] = name
                case _:
                    pass
    return points


def each_of(
    points: tuple[str, ...],
    do: Callable[[Town, str], Awaitable[object]],
    done: Callable[[Town, str], Awaitable[bool]],
) -> list[Step]:
    """Make a step for each point: something new must happen before it is reached again."""
    return [Step(name=point, points=(point,), do=do, done=done) for point in points]


_MINE: Final = (
    "follows f JOIN actors a ON a.id = f.follower_id JOIN actors t ON t.id = f.target_id"
)
_ON_ANSWER: Final = "marks m JOIN posts p ON p.id = m.post_id WHERE p.uri = '{answer}' AND"
_THREAD: Final = "posts WHERE uri = $1 AND"
_NEW: Final = "four green bicycles"

FIRST_STARTS: Final = around("agency.add")
STEPS: Final = (
    Step(name="founding", points=FIRST_STARTS, do=deeds.nothing, done=deeds.has_one_agency),
    *each_of(
        around(
            "secret",
            "agency",
            "absence.look-back",
            "housekeeping",
            "housekeeping.inbox",
            "announcements.settle",
            "media.forget",
            "media.shrink",
            "delivery.expire",
            "synchronization.compare",
            "synchronization.turn",
            "trending.count",
        ),
        deeds.nothing,
        deeds.has_one_agency,
    ),
    *each_of(around("discovery.agency"), deeds.meets_peer_anew, deeds.has_met_peer),
    *each_of(around("discovery.silence"), deeds.meets_silence, deeds.has_met_silence),
    *each_of(around("directories.asked"), deeds.asks_for_list_anew, deeds.has_asked_for_list),
    Step(
        name="signing-up",
        points=around("sign-up"),
        do=lambda town, _: signs_up(town.noa, "noa"),
        done=is_so("members m JOIN actors a ON a.id = m.actor_id WHERE a.name = 'noa'"),
    ),
    Step(
        name="signing-in",
        points=around("throttle", "sign-in"),
        do=deeds.signs_in,
        done=deeds.is_signed_in,
    ),
    Step(
        name="signing-out",
        points=around("sign-out"),
        do=deeds.signs_out,
        done=deeds.is_signed_out,
    ),
    Step(
        name="changing-a-password",
        points=around("change-password"),
        do=sends("/settings/password", password=PASSWORD, new_password=_NEW),
        done=deeds.has_new_password,
    ),
    Step(
        name="changing-a-profile",
        points=around("people.profile"),
        do=sends(
            "/settings", display_name="Mia M", about="I review.", time_zone="UTC", language="en"
        ),
        done=is_so("actors WHERE display_name = 'Mia M'"),
    ),
    Step(
        name="following",
        points=around("people.follow"),
        do=sends("/@sam@{host}/follow"),
        done=is_so(f"{_MINE} WHERE a.name = 'mia' AND t.name = 'sam'"),
    ),
    Step(
        name="unfollowing",
        points=around("people.unfollow"),
        do=sends("/@sam@{host}/unfollow"),
        done=is_not(f"{_MINE} WHERE a.name = 'mia' AND t.name = 'sam'"),
    ),
    Step(name="asking", points=around("posts.publish"), do=deeds.asks, done=deeds.has_asked),
    Step(
        name="editing",
        points=around("posts.edit"),
        do=sends("{question}/edit", title="How do you review?", body="Too long.", act="save"),
        done=is_so(f"{_THREAD} text = 'Too long.'", "{question}"),
    ),
    Step(
        name="deleting",
        points=around("posts.withdraw"),
        prepare=deeds.keeps_gone,
        do=sends("{gone}/delete"),
        done=is_so(f"{_THREAD} deleted_by = 'author'", "{gone}"),
    ),
    Step(
        name="thanking",
        points=around("kudos.give"),
        do=sends("{answer}/kudos", on="yes", category="saved-time", note="Two days"),
        done=is_so("marks WHERE category = 'saved-time'"),
    ),
    Step(
        name="accepting",
        points=around("choices.accept"),
        do=sends("{answer}/accept", on="yes"),
        done=is_so("accepted_answers"),
    ),
    Step(
        name="naming-another-account",
        points=around("accounts.alias"),
        do=sends("/settings/moving/alias", alias="@sam@{host}"),
        done=is_so("actors WHERE name = 'mia' AND also_known_as <> ''"),
    ),
    Step(
        name="naming-it-no-longer",
        points=around("accounts.remove-alias"),
        do=sends("/settings/moving/alias/remove", uri="http://{host}/@sam"),
        done=is_not("actors WHERE name = 'mia' AND also_known_as <> ''"),
    ),
    Step(
        name="moving-away",
        points=around("accounts.move"),
        prepare=departures.lea_is_here,
        do=departures.lea_sends("/settings/moving/go", target="@pat@{host}", password=PASSWORD),
        done=is_so("actors WHERE name = 'lea' AND moved_to IS NOT NULL"),
    ),
    Step(
        name="coming-back",
        points=around("accounts.come-back"),
        do=departures.lea_sends("/settings/moving/back"),
        done=is_not("actors WHERE name = 'lea' AND moved_to IS NOT NULL"),
    ),
    Step(
        name="making-an-archive",
        points=around("exporting.ask", "accounts.claim", "exporting.step", "exporting.done"),
        do=sends("/settings/archive"),
        done=is_so("account_jobs WHERE kind = 'export' AND state = 'done'"),
    ),
    Step(
        name="fetching-an-archive",
        points=around("exporting.fetch"),
        do=departures.fetches_archive,
        done=is_so("audit_events WHERE act = 'fetch-archive'"),
    ),
    Step(
        name="bringing-an-archive",
        points=around("taking-in.ask", "taking-in.step"),
        do=departures.brings_archive,
        done=is_so("account_jobs WHERE kind = 'import' AND state = 'done'"),
    ),
    Step(
        name="going",
        points=around(
            "ending.begin",
            "ending.post",
            "ending.mark",
            "ending.lease",
            "ending.edge",
            "ending.goodbye",
            "ending.keys",
        ),
        prepare=departures.lea_has_lived,
        do=departures.lea_goes,
        done=departures.lea_is_gone,
    ),
    Step(
        name="reopening",
        points=around("choices.reopen"),
        do=sends("{answer}/accept", on="no"),
        done=is_not("accepted_answers"),
    ),
    Step(
        name="marking-helpful",
        points=around("kudos.helpful"),
        do=sends("{answer}/helpful", on="yes"),
        done=is_so("marks WHERE helpful"),
    ),
    Step(
        name="taking-thanks-back",
        points=around("kudos.take-back"),
        do=sends("{answer}/kudos", on="no"),
        done=is_not("marks WHERE category IS NOT NULL"),
    ),
    Step(
        name="voting",
        points=around("polls.vote"),
        prepare=balloting.keeps_poll,
        do=sends("{poll}/vote", choice="1"),
        done=is_so("poll_votes"),
    ),
    Step(
        name="reporting",
        points=around("reporting.report"),
        do=sends("{answer}/report", reason="It is rude.", forward="yes"),
        done=is_so("reports"),
    ),
    Step(
        name="closing-a-report",
        points=around("reporting.close"),
        prepare=deeds.keeps_report,
        do=sends("/moderation/reports/{report}/keep", reason="It is not."),
        done=is_so("reports WHERE outcome = 'kept'"),
    ),
    Step(
        name="suspending",
        points=around("reporting.suspend"),
        do=sends("/moderation/suspend", person="noa", reason="Spam", on="yes"),
        done=is_so("actors WHERE name = 'noa' AND suspended_at IS NOT NULL"),
    ),
    Step(
        name="reading-what-is-new",
        points=around("notifications.seen"),
        do=sends("/notifications"),
        done=is_so(
            "members m JOIN actors a ON a.id = m.actor_id WHERE a.name = 'mia' "
            "AND m.seen_notifications > 0"
        ),
    ),
    Step(
        name="opening-a-community",
        points=around("communities.open"),
        do=sends(
            "/communities/new",
            name="library",
            display_name="The library",
            summary="What is on it",
            charter="Be kind.",
            join="approval",
            visibility="public",
        ),
        done=is_so("communities c JOIN actors a ON a.id = c.actor_id WHERE a.name = 'library'"),
    ),
    Step(
        name="changing-a-community",
        points=around("communities.change"),
        do=sends(
            "/c/library/edit",
            display_name="The library",
            summary="What is on it",
            charter="Be brief.",
            join="approval",
        ),
        done=is_so("communities WHERE charter_source = 'Be brief.'"),
    ),
    Step(
        name="letting-in",
        points=around("communities.decide"),
        prepare=deeds.sam_asks_to_join,
        do=sends("/c/library/requests", act="approve", request="{follower}"),
        done=is_so(
            f"{_MINE} WHERE t.name = 'library' AND a.name = 'sam' AND f.state = 'accepted'"
        ),
    ),
    Step(
        name="naming-a-steward",
        points=around("communities.steward"),
        do=sends("/c/library/stewards", act="add", handle="@sam@{host}"),
        done=is_so(
            "stewards s JOIN actors c ON c.id = s.community_id "
            "JOIN actors a ON a.id = s.actor_id WHERE a.name = 'sam' AND c.name = 'library'"
        ),
    ),
    Step(
        name="locking",
        points=around("stewardship.lock"),
        prepare=deeds.asks_in_library,
        do=sends("{library-thread}/lock", on="yes"),
        done=is_so("posts WHERE locked_at IS NOT NULL"),
    ),
    Step(
        name="pinning",
        points=around("stewardship.pin"),
        do=sends("{library-thread}/pin", on="yes"),
        done=is_so("posts WHERE pinned_at IS NOT NULL"),
    ),
    Step(
        name="removing",
        points=around("stewardship.remove"),
        do=sends("{library-thread}/remove", reason="Off topic"),
        done=is_so("posts WHERE deleted_by = 'moderator'"),
    ),
    Step(
        name="restoring",
        points=around("stewardship.restore"),
        do=sends("{library-thread}/restore", reason="It was not"),
        done=is_not("posts WHERE deleted_by = 'moderator'"),
    ),
    Step(
        name="pointing-to-another-thread",
        points=around("stewardship.duplicate"),
        do=sends("{library-thread}/duplicate", original="{home}{question}"),
        done=is_so("posts WHERE duplicate_of IS NOT NULL"),
    ),
    Step(
        name="putting-out",
        points=around("communities.ban"),
        prepare=deeds.meets_pat,
        do=sends("/c/library/stewards", act="ban", handle="@pat@{host}", reason="Rude"),
        done=is_so(f"{_MINE} WHERE t.name = 'library' AND f.state = 'banned'"),
    ),
    Step(
        name="letting-ask-again",
        points=around("communities.lift-ban"),
        do=sends("/c/library/stewards", act="lift", handle="@pat@{host}"),
        done=is_not(f"{_MINE} WHERE t.name = 'library' AND f.state = 'banned'"),
    ),
    Step(
        name="admitting",
        points=around("agencies.admit"),
        do=sends("/agencies/admit", host="other.localhost:1"),
        done=is_so("agencies WHERE host = 'other.localhost:1' AND state = 'admitted'"),
    ),
    Step(
        name="blocking",
        points=around("agencies.block"),
        do=sends("/agencies/block", host="other.localhost:1", reason="Spam"),
        done=is_so("agencies WHERE host = 'other.localhost:1' AND state = 'blocked'"),
    ),
    *each_of(
        around("discovery.actor", "discovery.stewards", "discovery.steward"),
        deeds.meets_new_community,
        deeds.knows_new_community,
    ),
    Step(
        name="joining",
        points=around("communities.join"),
        prepare=deeds.finds_archive,
        do=sends("/c/archive@{host}/join"),
        done=is_so(f"{_MINE} WHERE a.name = 'mia' AND t.name = 'archive'"),
    ),
    *each_of(around("inbox.ancestor"), deeds.is_answered_below_unknown, deeds.has_both),
    Step(
        name="leaving",
        points=around("communities.leave"),
        do=sends("/c/archive@{host}/leave"),
        done=is_not(f"{_MINE} WHERE a.name = 'mia' AND t.name = 'archive'"),
    ),
    *each_of(
        around(
            "backfill.claim",
            "backfill.page",
            "backfill.turn",
            "backfill.seen",
            "backfill.thread",
            "backfill.lease",
            "backfill.end",
            "backfill.settle",
        ),
        deeds.joins_what_has_a_past,
        deeds.has_its_past,
    ),
    *each_of(
        around("backfill.want"),
        deeds.reads_what_has_a_past,
        deeds.has_its_past,
    ),
    *each_of(around("polls.tell"), balloting.has_poll_voted_in, balloting.has_told_results),
    *each_of(around("polls.close"), balloting.has_poll_that_ends, balloting.has_ended_poll),
    *each_of(
        around("scheduled.add", "scheduled.claim", "scheduled.settle"),
        waiting.has_something_due,
        waiting.is_published_once,
    ),
    *each_of(around("keys.owner"), deeds.is_followed_by_stranger, deeds.has_stranger),
    *each_of(around("keys.refuse"), deeds.is_written_to_by_nobody, deeds.has_refused_key),
    *each_of(around("inbox.settle"), deeds.is_unfollowed_in_vain, deeds.has_ignored),
    *each_of(
        around("inbox.remember", "inbox.claim", "inbox.effect"),
        deeds.is_answered,
        deeds.has_answer,
    ),
    *each_of(("inbox.together",), deeds.is_asked_in_library, deeds.has_been_asked_in_library),
    *each_of(
        (
            *around("delivery.claim"),
            "delivery.before-send",
            "delivery.after-send",
            *around("delivery.settle"),
        ),
        deeds.asks,
        deeds.has_asked,
    ),
    *each_of(around("discovery.stewards-due"), deeds.is_ruled_a_day_later, deeds.has_rule),
    Step(
        name="pausing-deliveries",
        points=around("outgoing.pause"),
        do=sends("/operations/deliveries/steer", origin="http://{host}", act="pause"),
        done=is_so("origins WHERE paused_at IS NOT NULL"),
    ),
    Step(
        name="resuming-deliveries",
        points=around("outgoing.resume"),
        do=sends("/operations/deliveries/steer", origin="http://{host}", act="resume"),
        done=is_not("origins WHERE paused_at IS NOT NULL"),
    ),
    Step(
        name="trying-deliveries-now",
        points=around("outgoing.try-now"),
        do=sends("/operations/deliveries/steer", origin="http://{host}", act="retry"),
        done=is_so("audit_events WHERE act = 'retry-deliveries'"),
    ),
)
ORDER: Final = tuple(point for step in STEPS for point in step.points)


@pytest.fixture(scope="module")
async def town(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    directory = tmp_path_factory.mktemp("town")
    async with founded(cluster, directory, first=FIRST_STARTS) as town:
        town.order = ORDER
        yield town


def test_each_fault_point_is_played_or_excused() -> None:
    points = fault_points()

    played = set(ORDER)

    assert len(ORDER) == len(played)
    assert {point for point, name in points.items() if name not in NOT_REACHED} == played
    assert set(NOT_REACHED) <= set(points.values())


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
async def test_del_01_killed_there_nothing_is_lost_and_nothing_doubled(
    town: Town, step: Step
) -> None:
    await town.play(step)

    await town.is_the_same_everywhere()


async def test_in_the_end_every_thread_is_the_same_bytes_at_both_agencies(town: Town) -> None:
    await town.calm()
    uris = await life.rows(
        town.home,
        "SELECT p.uri FROM posts p JOIN actors c ON c.id = p.community_id "
        "WHERE p.parent_id IS NULL AND c.name IN ('reviews', 'library')",
    )
    at_home, at_peer = town.browser(), town.peer.browser()

    pairs = [
        (await life.thread_at(at_home, uri), await life.thread_at(at_peer, uri))
        for (uri,) in uris
    ]

    assert len(pairs) > 1
    assert [here for here, _ in pairs] == [there for _, there in pairs]
