"""What the doctor makes of what it finds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server import doctor
from server.storage import migrate
from server.storage.health import Facts, Queued

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FACTS = Facts(
    now=NOW,
    version=18,
    role="lore_app",
    superuser=False,
    bypasses_row_security=False,
    may_change_audit=False,
)
NEWEST = migrate.known()[-1].number


@pytest.mark.parametrize(
    ("finding", "level", "about"),
    [
        (doctor.of_version(FACTS), "ok", "database"),
        (doctor.of_version(replace(FACTS, version=15)), "ok", "database"),
        (doctor.of_version(replace(FACTS, version=14)), "fail", "database"),
        (doctor.of_files([], 9), "ok", "files"),
        (doctor.of_files(["a"], 9), "fail", "files"),
        (doctor.of_decoder("13.0.0"), "ok", "pictures"),
        (doctor.of_decoder("11.0.0"), "fail", "pictures"),
        (doctor.of_role(FACTS), "ok", "role"),
        (doctor.of_role(replace(FACTS, superuser=True)), "fail", "role"),
        (doctor.of_role(replace(FACTS, bypasses_row_security=True)), "fail", "role"),
        (doctor.of_role(replace(FACTS, may_change_audit=True)), "fail", "role"),
        (doctor.of_clock(timedelta(seconds=-1)), "ok", "clock"),
        (doctor.of_clock(timedelta(seconds=-3)), "warn", "clock"),
        (doctor.of_clock(timedelta(seconds=31)), "fail", "clock"),
        (doctor.of_migrations(NEWEST), "ok", "migrations"),
        (doctor.of_migrations(NEWEST - 1), "fail", "migrations"),
        (doctor.of_migrations(NEWEST + 1), "fail", "migrations"),
        (doctor.of_disk(100_000_000_000, Path("/srv")), "ok", "disk"),
        (doctor.of_disk(1_000_000_000, Path("/srv")), "warn", "disk"),
        (doctor.of_disk(100_000_000, Path("/srv")), "fail", "disk"),
        (doctor.of_packages({"server": ["commonlore"]}), "ok", "packages"),
        (doctor.of_packages({"federation": ["commonlore", "federation"]}), "fail", "packages"),
    ],
)
def test_each_finding_has_its_level_and_what_to_do(
    finding: doctor.Finding, level: str, about: str
) -> None:
    assert (finding.level, finding.about) == (level, about)
    assert bool(finding.todo) == (level != "ok")


def test_a_clock_that_others_refuse_is_named_with_who_refused_it() -> None:
    [finding] = doctor.of_refusers(["health.example", "parks.example"])

    assert (finding.level, finding.about) == ("fail", "clock")
    assert finding.found.endswith("by health.example, parks.example")
    assert list(doctor.of_refusers([])) == []


def test_what_is_waiting_is_well_as_long_as_it_is_not_late() -> None:
    soon = Queued(queue="inbox", state="waiting", count=3, due_since=NOW - timedelta(minutes=9))
    never = Queued(queue="deliveries", state="waiting", count=3, due_since=None)

    (finding,) = doctor.of_queues([soon, never], now=NOW)

    assert (finding.level, finding.found) == ("ok", "nothing is late")


def test_what_is_late_or_was_given_up_needs_somebody() -> None:
    late = Queued(queue="inbox", state="waiting", count=3, due_since=NOW - timedelta(hours=1))
    expired = Queued(queue="deliveries", state="expired", count=2, due_since=None)

    findings = list(doctor.of_queues([late, expired], now=NOW))

    assert [(finding.level, finding.found) for finding in findings] == [
        ("warn", "inbox: 3 wait, the oldest is 1:00:00 late"),
        ("warn", "deliveries: 2 expired"),
    ]
    assert all("commonlore deliveries" in finding.todo for finding in findings)
