"""What an answer means, when to try again, how an origin fares."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.delivery import (
    HORIZON,
    WIDEST,
    Delivered,
    Gone,
    Health,
    Outcome,
    Refused,
    RetryLater,
    after,
    deliver,
    next_wait,
    read_answer,
)
from federation.errors import Malformed
from federation.session import Session
from federation.signatures.window import http_date
from tests.hostile_peer import HASTY, HostilePeer, Names, Reply, Signer, outgoing

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DOWN = RetryLater(reason="connection-failed")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_delivered(status: int) -> None:
    assert read_answer(status, now=NOW) == Delivered(status=status)


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308, 400, 405, 406, 413, 415, 422])
def test_a_redirect_or_a_plain_no_is_final(status: int) -> None:
    assert read_answer(status, now=NOW) == Refused(status=status, reason=f"status-{status}")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (410, Gone()),
        (404, RetryLater(reason="not-found", status=404)),
        (401, RetryLater(reason="status-401", status=401, wait=HOUR)),
        (403, RetryLater(reason="status-403", status=403, wait=HOUR)),
        (408, RetryLater(reason="status-408", status=408, slow_down=True)),
        (425, RetryLater(reason="status-425", status=425)),
        (429, RetryLater(reason="status-429", status=429, slow_down=True)),
        (500, RetryLater(reason="status-500", status=500)),
        (503, RetryLater(reason="status-503", status=503, slow_down=True)),
        (599, RetryLater(reason="status-599", status=599)),
    ],
)
def test_what_may_pass_is_tried_again(status: int, outcome: Outcome) -> None:
    assert read_answer(status, now=NOW) == outcome


@pytest.mark.parametrize(
    "said",
    [
        b'{"error":"signature-from-the-future"}',
        b'{"error":"signature-expired"}',
        b'{"error":"Signed request date outside acceptable time window"}',
    ],
)
def test_who_refuses_our_clock_is_told_from_who_refuses_us(said: bytes) -> None:
    wait = timedelta(hours=1)

    outcome = read_answer(401, now=NOW, said=said)

    assert outcome == RetryLater(reason="clock-refused", status=401, wait=wait)
    assert read_answer(401, now=NOW, said=b"signature-wrong") == RetryLater(
        reason="status-401", status=401, wait=wait
    )


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta(0)),
        ("999999999", 6 * HOUR),
        (http_date(NOW + HOUR), HOUR),
        (http_date(NOW - HOUR), timedelta(0)),
        (http_date(NOW + 9 * HOUR), 6 * HOUR),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_believed_up_to_six_hours(header: str, wait: timedelta | None) -> None:
    outcome = read_answer(429, header, now=NOW)

    assert isinstance(outcome, RetryLater)
    assert outcome.wait == wait


def test_the_waits_are_those_of_the_schedule() -> None:
    waits = [next_wait(tried, age=timedelta(0), jitter=0) for tried in range(10)]

    minutes = [0, 0.5, 2, 10, 30, 60, 180, 360, 720, 720]
    assert waits == [timedelta(minutes=each) for each in minutes]


@given(st.integers(0, 40), st.floats(-1, 1), st.floats(0, 200))
def test_a_wait_strays_by_a_quarter_and_never_beyond_the_horizon(
    tried: int, jitter: float, hours: float
) -> None:
    age = timedelta(hours=hours)
    plain = next_wait(tried, age=timedelta(0), jitter=0)

    wait = next_wait(tried, age=age, jitter=jitter)

    assert plain is not None
    if age >= HORIZON:
        assert wait is None
    else:
        assert wait is not None
        assert wait == HORIZON - age or plain * 0.74 <= wait <= plain * 1.26


def heard(health: Health, outcomes: Sequence[Outcome], *, every: timedelta) -> Health:
    for number, outcome in enumerate(outcomes):
        health = after(health, outcome, now=NOW + number * every)
    return health


def test_five_failures_within_ten_minutes_open_the_breaker_for_half_an_hour() -> None:
    four = heard(Health(), [DOWN] * 4, every=timedelta(minutes=2))
    five = heard(Health(), [DOWN] * 5, every=timedelta(minutes=2))

    assert four.open_until is None
    assert five.open_until == NOW + timedelta(minutes=8) + HOUR / 2
    assert (five.failing_since, five.last_failure_at) == (NOW, NOW + timedelta(minutes=8))
    assert five.last_reason == "connection-failed"


def test_failures_further_apart_do_not_open_it() -> None:
    health = heard(Health(), [DOWN] * 20, every=timedelta(minutes=3))

    assert health.open_until is None
    assert len(health.failed_at) == 5


def test_a_failed_probe_doubles_the_time_up_to_six_hours() -> None:
    health = heard(Health(), [DOWN] * 5, every=timedelta(0))
    opened = []
    for _ in range(6):
        assert health.open_until is not None
        probed_at = health.open_until
        health = after(health, DOWN, now=probed_at)
        assert health.open_until is not None
        opened.append(health.open_until - probed_at)

    assert opened == [HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 6 * HOUR, 6 * HOUR]


def test_what_was_on_the_way_when_it_opened_does_not_double_it() -> None:
    health = heard(Health(), [DOWN] * 5, every=timedelta(0))

    later = after(health, DOWN, now=NOW + timedelta(minutes=1))

    assert later.open_until == health.open_until
    assert later.open_for == HOUR / 2


def test_a_success_closes_it_and_forgets_the_failures() -> None:
    health = heard(Health(width=2), [DOWN] * 5, every=timedelta(0))

    assert after(health, Delivered(status=202), now=NOW + HOUR) == Health(
        width=3, last_success_at=NOW + HOUR, last_failure_at=NOW
    )


@pytest.mark.parametrize(
    "outcome",
    [
        Gone(),
        Refused(status=400, reason="status-400"),
        RetryLater(reason="not-found", status=404),
        RetryLater(reason="status-429", status=429),
    ],
)
def test_an_answer_resets_the_failures_but_closes_nothing(outcome: Outcome) -> None:
    four = heard(Health(), [DOWN] * 4, every=timedelta(0))
    open_ = heard(Health(), [DOWN] * 5, every=timedelta(0))

    assert after(four, outcome, now=NOW).failed_at == ()
    assert after(four, outcome, now=NOW).failing_since is None
    assert after(open_, outcome, now=NOW + HOUR).open_until == open_.open_until


@pytest.mark.parametrize(
    "outcome",
    [
        Refused(status=None, reason="uri-malformed"),
        RetryLater(reason="send-raised", ours=True),
    ],
)
def test_a_fault_of_ours_says_nothing_about_them(outcome: Outcome) -> None:
    health = heard(Health(), [DOWN] * 4, every=timedelta(0))

    assert after(health, outcome, now=NOW) == health


def test_the_width_is_halved_when_they_are_busy_and_grows_with_success() -> None:
    busy = RetryLater(reason="timeout", slow_down=True)

    health = Health()
    widths = []
    for outcome in [busy, busy, busy, *[Delivered(status=202)] * 4]:
        health = after(health, outcome, now=NOW)
        widths.append(health.width)

    assert widths == [2, 1, 1, 2, 3, 4, WIDEST]


def test_a_pause_they_ask_for_holds_for_all_of_them() -> None:
    asked = RetryLater(reason="status-429", status=429, slow_down=True, wait=HOUR)

    paused = after(Health(), asked, now=NOW)

    assert paused.pause_until == NOW + HOUR
    again = after(paused, replace(asked, wait=None), now=NOW)
    assert again.pause_until == NOW + HOUR


async def deliver_to(inbox: str, *, signer: Signer | None = None) -> Outcome:
    async with Session(outgoing(limits=HASTY)) as session:
        return await deliver(
            session, inbox=inbox, body=b"{}", sign=signer or Signer(), now=lambda: NOW
        )


async def test_the_body_is_posted_signed_and_typed() -> None:
    async with HostilePeer() as peer:
        inbox = peer.url("good", "/inbox?x=1")
        peer.tells(inbox, Reply(status=202))
        signer = Signer()

        outcome = await deliver_to(inbox, signer=signer)

        assert outcome == Delivered(status=202)
        [request] = peer.requests
        assert (request.method, request.target, request.body) == ("POST", "/inbox?x=1", b"{}")
        assert request.headers["content-type"] == "application/activity+json"
        assert request.headers["signature"] == f"for {inbox}"
        assert [asked[0] for asked in signer.asked] == ["POST"]


async def test_retry_after_is_read_from_the_answer() -> None:
    async with HostilePeer() as peer:
        inbox = peer.url("busy", "/inbox")
        peer.tells(inbox, Reply(status=503, headers=(("Retry-After", "90"),)))

        outcome = await deliver_to(inbox)

        assert outcome == RetryLater(
            reason="status-503", status=503, wait=timedelta(seconds=90), slow_down=True
        )


async def test_silence_slows_us_down_and_a_closed_port_does_not() -> None:
    async with HostilePeer() as peer:
        inbox = peer.url("mute", "/inbox")
        peer.tells(inbox, Reply(silent=True))

        assert await deliver_to(inbox) == RetryLater(reason="timeout", slow_down=True)

    assert await deliver_to(inbox) == RetryLater(reason="connection-failed")


async def test_a_name_that_leads_inside_is_tried_again_and_no_url_is_final() -> None:
    names = Names(inside__example=["10.0.0.1"])
    async with Session(outgoing(networks=()), resolver=names) as session:
        inside, nonsense = [
            await deliver(session, inbox=inbox, body=b"{}", sign=Signer(), now=lambda: NOW)
            for inbox in ("https://inside.example/inbox", "mailto:x")
        ]

    assert inside == RetryLater(reason="address-not-public")
    assert isinstance(nonsense, Refused)
    assert nonsense.status is None


async def test_what_cannot_be_signed_is_final() -> None:
    async def refuse(*asked: object) -> dict[str, str]:
        raise Malformed("url-not-signable")

    async with HostilePeer() as peer, Session(outgoing(limits=HASTY)) as session:
        outcome = await deliver(
            session, inbox=peer.url("x", "/i"), body=b"{}", sign=refuse, now=lambda: NOW
        )

        assert outcome == Refused(status=None, reason="url-not-signable")
        assert peer.requests == []
