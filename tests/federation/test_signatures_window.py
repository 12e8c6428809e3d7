"""Dates of signatures, and how long one counts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import FederationError, Unauthentic
from federation.signatures.window import http_date, read_http_date, valid_until

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
MINUTE = 60
HOUR = 3600


def test_a_date_is_written_in_greenwich_time():
    paris = NOW.astimezone(timezone(timedelta(hours=1)))

    assert http_date(paris) == "Sun, 01 Mar 2026 12:00:00 GMT"


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_date_that_was_written_is_read_to_the_second(moment):
    assert read_http_date(http_date(moment)) == int(moment.replace(microsecond=0).timestamp())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "Sun, 01 Mar 2026 12:00:00",
        "Sun, 01 Mar 2026 12:00:00 +0000",
        "Sun, 01 Mrz 2026 12:00:00 GMT",
        "Sun, 30 Feb 2026 12:00:00 GMT",
        "Sun, 01 Mar 2026 25:00:00 GMT",
        "Sun, 01 Mar 0000 12:00:00 GMT",
        "Sun, 01 Mar 20260 12:00:00 GMT",
        "Sun, 01 Mar 2026 12:00:00 GMT\n",
        "Sun, \u0660\u0661 Mar 2026 12:00:00 GMT",
        "Sunday, 01-Mar-26 12:00:00 GMT",
        "2026-03-01T12:00:00Z",
    ],
)
def test_what_is_no_http_date_is_refused(text):
    with pytest.raises(Unauthentic, match="date malformed"):
        read_http_date(text)


@given(st.text())
def test_no_date_makes_the_reader_fail_in_another_way(text):
    with pytest.raises(FederationError):
        read_http_date(text)


@pytest.mark.parametrize(
    ("signed_at", "expires", "until"),
    [
        ([SECONDS], None, SECONDS + 65 * MINUTE),
        ([SECONDS - 65 * MINUTE], None, SECONDS),
        ([SECONDS + 60 * MINUTE], None, SECONDS + 125 * MINUTE),
        ([SECONDS, SECONDS - 10 * MINUTE], None, SECONDS + 55 * MINUTE),
        ([SECONDS], SECONDS + 30, SECONDS + HOUR + 30),
        ([SECONDS - 12 * HOUR], SECONDS + HOUR, SECONDS + HOUR),
        ([SECONDS], SECONDS + 100_000 * HOUR, SECONDS + 13 * HOUR),
        ([SECONDS - 12 * HOUR], 10**12 - 1, SECONDS + HOUR),
    ],
)
def test_a_signature_counts_until_its_end_and_an_hour_of_wrong_clocks(
    signed_at, expires, until
):
    end = valid_until(signed_at=signed_at, expires=expires, now=NOW)

    assert end == datetime.fromtimestamp(until, UTC)


@pytest.mark.parametrize(
    ("signed_at", "expires", "reason"),
    [
        ([SECONDS - 65 * MINUTE - 1], None, "signature-expired"),
        ([SECONDS, SECONDS - 66 * MINUTE], None, "signature-expired"),
        ([SECONDS - 30 * MINUTE], SECONDS - 61 * MINUTE, "signature-expired"),
        ([SECONDS - 13 * HOUR - 1], SECONDS + HOUR, "signature-expired"),
        ([SECONDS + 60 * MINUTE + 1], None, "signature-from-the-future"),
        ([SECONDS, SECONDS + 61 * MINUTE], None, "signature-from-the-future"),
        ([0], 0, "signature-expired"),
        ([-62_135_596_800], None, "signature-expired"),
        ([253_402_300_799], None, "signature-from-the-future"),
        ([10**12 - 1], 10**12 - 1, "signature-from-the-future"),
    ],
)
def test_outside_its_window_a_signature_is_refused(signed_at, expires, reason):
    with pytest.raises(Unauthentic) as refusal:
        valid_until(signed_at=signed_at, expires=expires, now=NOW)

    assert refusal.value.reason == reason
