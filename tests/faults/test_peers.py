"""Peers that hang, reset, drip, lie or refuse what we send: nothing is lost, nobody waits."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pytest

from tests.faults.kinds import FAULTS, nothing_left, under_way, until
from tests.faults.pairs import COMMUNITY, Pair
from tests.hostile_peer import HostilePeer, Reply, Request
from tests.stories import life

_TAKES: Final = Reply(status=202)
_FLAPS: Final = "flaps"
_QUESTIONS: Final = 4

#: What becomes of what we send to each: the reason, whether the breaker opens, whether it is
#: settled without another try.
_OUTCOMES: Final = {
    "hangs": ("timeout", True, "waiting"),
    "resets": ("connection-failed", True, "waiting"),
    "drips": ("timeout", True, "waiting"),
    "circles": ("status-302", False, "refused"),
    "endless": ("", False, "delivered"),
    "claims-more": ("connection-failed", True, "waiting"),
    "claims-less": ("connection-failed", True, "waiting"),
    "asks-for-time": ("status-429", False, "waiting"),
    "says-slower": ("status-429", False, "waiting"),
    "shut-for-now": ("status-503", False, "waiting"),
    "shut": ("status-503", True, "waiting"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What is owed to a faulty peer, and how we think of it."""

    states: Counter[str]
    reasons: set[str]
    open_until: datetime | None
    pause_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """One deed told to an honest agency and to peers of every fault, and what became of it.

    `meanwhile` is when the honest agency had all of it, `after` when every peer had been tried
    several times, `end` when all had recovered and their breakers had closed.
    """

    began: datetime
    meanwhile: dict[str, Owed]
    after: dict[str, Owed]
    end: dict[str, Owed]
    accepted: dict[str, list[Request]]


@pytest.fixture(scope="module")
async def aftermath(pair: Pair, peer: HostilePeer) -> Aftermath:
    before, began = under_way(), pair.clock.now()
    inboxes = {}
    for name in (*FAULTS, _FLAPS):
        inboxes[name] = await life.joined_from(
            pair.transport, peer.url(name), pair.community.id
        )
        peer.tells(inboxes[name], *_replies(name, inboxes[name]))

    await _says_much(pair)
    uri = await life.newest(pair.transport, "sam")
    await until(lambda: _has(pair, uri), "the honest agency waits for the others")
    meanwhile = {name: await _owed(pair, peer.authority(name)) for name in inboxes}

    for minutes in (0, 1, 3):
        await pair.settle(minutes=minutes)
    after = {name: await _owed(pair, peer.authority(name)) for name in inboxes}
    recovered_at = len(peer.requests)
    for inbox in inboxes.values():
        peer.tells(inbox, _TAKES)
    for hours in (1, 1, 2, 4):
        await pair.settle(hours=hours)
    end = {name: await _owed(pair, peer.authority(name)) for name in inboxes}
    await nothing_left(before, pair.transport, pair.health)
    return Aftermath(
        began=began,
        meanwhile=meanwhile,
        after=after,
        end=end,
        accepted=_accepted(peer, recovered_at),
    )


def _replies(name: str, inbox: str) -> tuple[Reply, ...]:
    if name == _FLAPS:
        return (Reply(status=503), _TAKES)
    return (FAULTS[name](inbox),)


async def _says_much(pair: Pair) -> None:
    """Ask five questions, change the first, and take the second away, which is told twice."""
    paths = []
    for number in range(_QUESTIONS):
        asked = await life.asks_in(pair.sam, COMMUNITY, f"Number {number}", "Why?")
        assert asked.status == 200
        paths.append(asked.path)
    pair.clock.turn(timedelta(seconds=1))
    form = {"title": "Number 0", "body": "Twice as long.", "act": "save"}
    assert (await pair.sam.submit(f"{paths[0]}/edit", form)).status == 200
    assert (await pair.sam.submit(f"{paths[1]}/delete")).status == 200
    # What comes last of all is told to all.
    await life.asks_in(pair.sam, COMMUNITY, "The last one", "Why?")


async def _has(pair: Pair, uri: str) -> object:
    return await life.rows(pair.health, "SELECT 1 FROM posts WHERE uri = $1", uri)


async def _owed(pair: Pair, host: str) -> Owed:
    rows = await life.rows(
        pair.transport, "SELECT state, last_reason FROM deliveries WHERE host = $1", host
    )
    [(open_until, pause_until)] = await life.rows(
        pair.transport,
        "SELECT open_until, pause_until FROM origins WHERE origin = $1",
        f"http://{host}",
    )
    return Owed(
        states=Counter(state for state, _ in rows),
        reasons={reason for _, reason in rows if reason},
        open_until=open_until,
        pause_until=pause_until,
    )


def _accepted(peer: HostilePeer, recovered_at: int) -> dict[str, list[Request]]:
    """List what each peer was sent that it took, as far as we could know."""
    accepted: dict[str, list[Request]] = defaultdict(list)
    turns: Counter[str] = Counter()
    for number, request in enumerate(peer.requests):
        if request.method != "POST":
            continue
        name = request.host.partition(".")[0]
        turns[name] += 1
        took = name == "endless" or (name == _FLAPS and not turns[name] % 2)
        if took or number >= recovered_at:
            accepted[name].append(request)
    return accepted


_ALL: Final = _QUESTIONS + 4


def test_all_the_honest_agency_waited_for_is_there_while_others_hang(
    aftermath: Aftermath,
) -> None:
    for name in ("hangs", "drips"):
        assert set(aftermath.meanwhile[name].states) == {"waiting"}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_owed_to_a_faulty_peer_waits_or_is_settled_as_the_schedule_says(
    aftermath: Aftermath, fault: str
) -> None:
    reason, opens, state = _OUTCOMES[fault]
    owed = aftermath.after[fault]

    assert owed.states == {state: _ALL}
    assert owed.reasons == ({reason} if reason else set())
    assert (owed.open_until is not None) == opens


@pytest.mark.parametrize("fault", ["asks-for-time", "shut-for-now"])
def test_who_asks_for_time_is_given_it(aftermath: Aftermath, fault: str) -> None:
    pause = aftermath.after[fault].pause_until

    assert pause is not None
    assert (pause - aftermath.began).total_seconds() >= 120


@pytest.mark.parametrize("fault", [*FAULTS, _FLAPS])
def test_in_the_end_a_peer_has_everything_once_and_in_order(
    aftermath: Aftermath, fault: str
) -> None:
    refused = fault == "circles"  # no inbox redirects; that is settled, and in the ledger
    state = "refused" if refused else "delivered"

    assert aftermath.end[fault].states == {state: _ALL}
    assert aftermath.end[fault].open_until is None
    said = [json.loads(each.body) for each in aftermath.accepted.get(fault, [])]
    assert len({each["id"] for each in said}) == len(said) == (0 if refused else _ALL)
    if not refused:
        assert life.by_post(said) == [
            *[["Create"]] * (_QUESTIONS - 1),
            ["Create", "Delete", "Delete"],
            ["Create", "Update"],
        ]
