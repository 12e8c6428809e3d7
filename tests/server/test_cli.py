"""The command line and the processes behind it, as an operator meets them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import pytest

from schemas.records import Actor, ActorKind, Community
from server.config import Settings
from server.storage import actors, communities, members, opening
from server.storage.database import connect
from server.storage.embedded import Cluster
from server.storage.opening import NotOpened
from tests.instance import (
    PASSWORD,
    FileHand,
    ProcessInstance,
    cloned,
    environment_of,
    free_port,
    process_instance,
)

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    status: int
    said: str
    complained: str


async def run(*arguments: str, environment: Mapping[str, str], typed: str = "") -> Ran:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env=environment_of({}) | dict(environment),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(status=done.returncode, said=done.stdout, complained=done.stderr)


@pytest.fixture(scope="module")
async def environment(cluster: Cluster) -> AsyncIterator[dict[str, str]]:
    """One external database for the commands of this file."""
    async with cloned(cluster) as url:
        yield {
            "COMMONLORE_ORIGIN": "http://house.localhost:8123",
            "COMMONLORE_DATABASE": url,
            "COMMONLORE_DEVELOPMENT_NETWORKS": "127.0.0.0/8",
        }


@pytest.mark.parametrize("command", [("serve",), ("work",), ("settings",), ("doctor",)])
async def test_a_wrong_setting_is_one_sentence(command: tuple[str, ...]) -> None:
    ran = await run(*command, environment={"COMMONLORE_ORIGIN": "learn.agency.example"})

    assert (ran.status, ran.said) == (2, "")
    assert ran.complained.startswith("COMMONLORE_ORIGIN is wrong")
    assert ran.complained.count("\n") == 1


async def test_without_a_command_they_are_listed() -> None:
    ran = await run("--help", environment={})

    for command in ("serve", "work", "migrate", "member", "community", "agency", "doctor"):
        assert f" {command} " in ran.said


async def test_settings_are_listed_without_secrets(environment: dict[str, str]) -> None:
    secret = {"COMMONLORE_DATABASE_OWNER": "postgresql://owner:hidden@db/lore"}

    ran = await run("settings", environment=environment | secret)

    assert "COMMONLORE_DATABASE_OWNER=postgresql://owner:***@db/lore  (environment)" in ran.said
    assert "hidden" not in ran.said


async def test_a_member_is_made_and_opens_a_community(environment: dict[str, str]) -> None:
    made = await run(
        "member", "add", "ayla", "--role", "operator", "--display-name", "Ayla Demir",
        environment=environment, typed=f"{PASSWORD}\n",
    )  # fmt: skip
    opened = await run(
        "community", "add", "roads", "--display-name", "Roads", "--steward", "ayla",
        environment=environment,
    )  # fmt: skip

    assert (made.said, made.complained) == ("@ayla@house.localhost:8123 can sign in.\n", "")
    assert opened.said == "http://house.localhost:8123/c/roads is open.\n"
    async with (
        connect(environment["COMMONLORE_DATABASE"], size=1) as database,
        database.reading() as tx,
    ):
        found = await members.find_by_name(tx, "ayla")
        assert await actors.find_local(tx, "roads") is not None
    assert found is not None
    assert (found[0].role, found[0].actor.display_name) == ("operator", "Ayla Demir")


async def test_a_member_is_deleted_on_a_second_word_only(
    environment: dict[str, str],
) -> None:
    await run("member", "add", "wim", environment=environment, typed=f"{PASSWORD}\n")

    unsure = await run("member", "delete", "wim", environment=environment)
    sure = await run("member", "delete", "wim", "--yes", environment=environment)
    again = await run("member", "delete", "wim", "--yes", environment=environment)

    assert unsure.complained == "This cannot be undone. Say it again with --yes.\n"
    assert sure.said.startswith("@wim@house.localhost:8123 cannot sign in any more")
    assert again.complained == "This account is being deleted already.\n"


async def test_what_is_refused_is_told_in_a_sentence(environment: dict[str, str]) -> None:
    weak = await run("member", "add", "berta", environment=environment, typed="short\n")
    nobody = await run(
        "member", "password", "nobody_here", environment=environment, typed=f"{PASSWORD}\n"
    )

    assert (weak.status, nobody.status) == (1, 1)
    assert weak.complained.startswith("password: The password must be at least 12 characters.")
    assert nobody.complained == "There is no member of that name.\n"


async def test_a_password_is_set_anew(environment: dict[str, str]) -> None:
    await run("member", "add", "carla", environment=environment, typed=f"{PASSWORD}\n")
    async with connect(environment["COMMONLORE_DATABASE"], size=1) as database:
        async with database.reading() as tx:
            before = await members.find_by_name(tx, "carla")

        ran = await run(
            "member",
            "password",
            "carla",
            environment=environment,
            typed="eight blue tricycles\n",
        )

        async with database.reading() as tx:
            after = await members.find_by_name(tx, "carla")
    assert ran.said == "The password is set, and every session has ended.\n"
    assert before is not None
    assert after is not None
    assert before[1] != after[1]


async def test_keys_are_listed_and_changed(environment: dict[str, str]) -> None:
    before = await run("keys", "list", "--actor", "actor", environment=environment)
    changed = await run("keys", "rotate", "--actor", "actor", environment=environment)
    again = await run("keys", "rotate", "--actor", "actor", environment=environment)
    after = await run("keys", "list", environment=environment)
    stolen = await run("keys", "rotate", "--all", "--overlap", "0", environment=environment)

    assert [line.split()[0].partition("#")[2] for line in before.said.splitlines()] == [
        "main-key",
        "ed25519-key",
    ]
    assert before.said.count(", signs\n") == 2
    assert changed.said.startswith("actor has new keys. They sign from 2")
    assert (again.status, "being changed already" in again.complained) == (1, True)
    ours = [line for line in after.said.splitlines() if "/actor#" in line]
    assert len(ours) == 4
    assert sum("signs from" in line for line in ours) == 2
    assert sum("ends at" in line for line in ours) == 2
    assert "actors have new keys." in stolen.said


@pytest.mark.parametrize("arguments", [(), ("--actor", "mia", "--all")])
async def test_whose_keys_are_changed_must_be_said_once(
    arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    ran = await run("keys", "rotate", *arguments, environment=environment)

    assert (ran.status, "--all" in ran.complained) == (2, True)


async def test_agencies_are_admitted_blocked_and_listed(environment: dict[str, str]) -> None:
    admitted = await run("agency", "admit", "health.example", environment=environment)
    blocked = await run(
        "agency", "block", "spam.example", "--reason", "floods us", environment=environment
    )
    listed = await run("agency", "list", environment=environment)
    ours = await run("agency", "admit", "house.localhost:8123", environment=environment)

    assert admitted.said == "health.example is admitted.\n"
    assert blocked.said == "spam.example is blocked.\n"
    lines = [line.split() for line in listed.said.splitlines()]
    assert lines == [["admitted", "health.example"], ["blocked", "spam.example"]]
    assert (ours.status, ours.complained) == (1, "host: That is our own agency.\n")


async def test_the_past_of_a_community_elsewhere_is_asked_for_by_command(
    environment: dict[str, str],
) -> None:
    async with (
        connect(environment["COMMONLORE_DATABASE"], size=1) as database,
        database.transaction("test") as tx,
    ):
        uri = "http://far.localhost:9/c/roads"
        group = Actor(
            id=7,
            uri=uri,
            kind=ActorKind.COMMUNITY,
            name="roads",
            host="far.localhost:9",
            local=False,
            outbox=f"{uri}/outbox",
            published_at=NOW,
        )
        await actors.add(tx, group, now=NOW)
        await communities.add(tx, Community(actor=group), now=NOW)

    none = await run("community", "fetch", "!none@far.localhost:9", environment=environment)
    asked = await run("community", "fetch", "!roads@far.localhost:9", environment=environment)
    whole = await run("community", "fetch", uri, "--whole", environment=environment)
    listed = await run("community", "list", environment=environment)

    assert (none.status, none.said) == (1, "")
    assert "There is no community !none@far.localhost:9 to be had." in none.complained
    assert asked.said.startswith(
        "The threads that changed since we last asked will be fetched of !roads@far.localhost:9"
    )
    assert whole.said.startswith("All threads will be fetched of !roads@far.localhost:9")
    line = "!roads@far.localhost:9: listing, 0 threads, 0 waiting, 0 refused, 0 posts\n"
    assert listed.said == line


async def test_queues_are_shown_and_driven_again(environment: dict[str, str]) -> None:
    async with (
        connect(environment["COMMONLORE_DATABASE"], size=1) as database,
        database.transaction("test") as tx,
    ):
        await tx.execute(
            "INSERT INTO inbox_events (actor_uri, activity_uri, type, host, raw, "
            "signature_hash, received_at, state, next_at) VALUES "
            "('a', 'a', 'Like', 'a.example', '', '', $1, 'parked', $1)",
            NOW,
        )
        await tx.execute(
            "INSERT INTO origins (origin, failing_since, last_reason) "
            "VALUES ('https://away.example', $1, 'timeout')",
            NOW,
        )

    looked = await run("doctor", environment=environment)
    driven = await run("inbox", "redrive", environment=environment)
    shown = await run("deliveries", environment=environment)

    assert "warn  queue: inbox: 1 parked" in looked.said
    assert "then `commonlore inbox redrive`" in looked.said
    assert driven.said == "1 activities will be processed again.\n"
    assert shown.said == (
        "https://away.example: 0 waiting, 0 given up, breaker closed, "
        "failing since 2026-03-02 00:00 (timeout)\n"
    )


async def test_deliveries_are_paused_resumed_tried_and_dropped_by_command(
    environment: dict[str, str],
) -> None:
    async with (
        connect(environment["COMMONLORE_DATABASE"], size=1) as database,
        database.transaction("test") as tx,
    ):
        await tx.execute("INSERT INTO origins (origin) VALUES ('https://slow.example:8443')")

    def at_slow(*arguments: str) -> tuple[str, ...]:
        return ("deliveries", "--origin", "slow.example:8443", *arguments)

    paused = await run(*at_slow("pause", "--reason", "It moves."), environment=environment)
    refused = await run(*at_slow("retry"), environment=environment)
    shown = await run(*at_slow(), environment=environment)
    resumed = await run(*at_slow("resume"), environment=environment)
    tried = await run(*at_slow("retry"), environment=environment)
    asked = await run(*at_slow("drop"), environment=environment)
    dropped = await run(*at_slow("drop", "--yes"), environment=environment)
    nowhere = await run("deliveries", "pause", environment=environment)
    unknown = await run("deliveries", "--origin", "no.example", "drop", environment=environment)

    origin = "https://slow.example:8443"
    assert paused.said == f"{origin} is paused; what waits is kept until you resume.\n"
    assert (refused.status, refused.complained) == (
        1,
        "Deliveries are paused. Resume them first.\n",
    )
    assert shown.said == f"{origin}: 0 waiting, 0 given up, paused\n"
    assert resumed.said == f"{origin} is resumed; what waited goes now.\n"
    assert tried.said == f"{origin} is tried now.\n"
    assert asked.said == f"{origin}: 0 deliveries wait. Add --yes to drop them.\n"
    assert dropped.said == f"{origin}: 0 deliveries are dropped.\n"
    assert nowhere.status == 2
    assert (unknown.status, unknown.complained) == (
        1,
        "We have never delivered anything to no.example.\n",
    )


async def test_the_doctor_finds_a_healthy_instance_well(
    cluster: Cluster, tmp_path: Path
) -> None:
    clock = FileHand(tmp_path / "clock")
    async with process_instance(cluster, "house", directory=tmp_path, clock=clock) as house:
        ran = await run("doctor", environment=_ours(house))

    assert ran.status == 0, ran.said
    levels = {line.split()[0] for line in ran.said.splitlines() if not line.startswith(" ")}
    assert levels == {"ok", "warn"}
    assert "is on loopback" in ran.said


async def test_the_doctor_says_what_to_do_about_a_database_that_is_away() -> None:
    ran = await run(
        "doctor",
        environment={"COMMONLORE_DATABASE": f"postgresql://app@127.0.0.1:{free_port()}/lore"},
    )

    assert ran.status == 1
    assert "fail  database: PostgreSQL cannot be reached" in ran.said


async def test_an_external_database_is_migrated_by_its_owner_only(cluster: Cluster) -> None:
    name = "bare_commonlore"
    await cluster.provision(name)
    app, owner = (cluster.url(name, f"{name}_{role}") for role in ("app", "owner"))
    environment = {"COMMONLORE_DATABASE": app}

    pending = await run("serve", environment=environment)
    ownerless = await run("migrate", environment=environment)
    done = await run("migrate", environment=environment | {"COMMONLORE_DATABASE_OWNER": owner})
    again = await run("migrate", environment=environment | {"COMMONLORE_DATABASE_OWNER": owner})
    await cluster.drop(name)

    assert (pending.status, ownerless.status, done.status) == (1, 1, 0)
    assert "run `commonlore migrate`" in pending.complained.splitlines()[-1]
    assert ownerless.complained.startswith("Set COMMONLORE_DATABASE_OWNER")
    assert done.said.startswith("applied 0001 ")
    assert again.said == "The database is migrated.\n"


async def test_the_app_role_may_not_migrate(cluster: Cluster) -> None:
    name = "bare_commonlore_2"
    await cluster.provision(name)
    app = cluster.url(name, f"{name}_app")

    with pytest.raises(NotOpened, match="PostgreSQL refuses: permission denied"):
        await opening.apply_migrations(Settings(database=app, database_owner=app), now=NOW)
    await cluster.drop(name)


async def test_the_app_role_must_be_named() -> None:
    settings = Settings(
        database="postgresql:///lore", database_owner="postgresql://owner@127.0.0.1/lore"
    )

    with pytest.raises(NotOpened, match="must name the app role"):
        await opening.apply_migrations(settings, now=NOW)


async def test_an_embedded_database_is_there_without_any_setting(tmp_path: Path) -> None:
    environment = {"COMMONLORE_STATE": str(tmp_path / "state")}

    first = await run("migrate", environment=environment)
    second = await run("member", "add", "ayla", environment=environment, typed=f"{PASSWORD}\n")

    assert first.said == "The embedded database is migrated.\n"
    assert second.said == "@ayla@commonlore.localhost:8100 can sign in.\n"


async def test_an_embedded_database_of_another_version_is_told_in_a_sentence(
    tmp_path: Path,
) -> None:
    data = tmp_path / "postgresql" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("12\n")

    ran = await run("serve", environment={"COMMONLORE_STATE": str(tmp_path)})

    assert ran.status == 1
    assert "was made by PostgreSQL 12" in ran.complained.splitlines()[-1]


def test_each_origin_has_an_embedded_database_of_its_own() -> None:
    authorities = ("a-b.example", "a.b.example", "a.b.example:8100", "x" * 80, "[::1]:8100")

    names = [opening.embedded_name(authority) for authority in authorities]

    assert len(set(names)) == len(authorities)
    assert names[2].startswith("at_a_b_example_8100_")
    assert all(len(name) <= 41 for name in names)


async def test_a_process_told_to_stop_ends_well_and_soon(
    cluster: Cluster, tmp_path: Path
) -> None:
    clock = FileHand(tmp_path / "clock")
    async with process_instance(cluster, "house", directory=tmp_path, clock=clock) as house:
        began = monotonic()
        status = await house.stop()

    assert status == 0
    assert monotonic() - began < 10
    assert '"event":"stopping"' in house.output.read_text()


async def test_a_process_that_was_killed_midway_starts_again(
    cluster: Cluster, tmp_path: Path
) -> None:
    clock = FileHand(tmp_path / "clock")
    async with process_instance(cluster, "house", directory=tmp_path, clock=clock) as house:
        await house.stop()

        with pytest.raises(AssertionError, match="did not start"):
            await house.start(fault="agency.before-commit")
        killed = await house.ended()
        await house.start()

    assert killed == -signal.SIGKILL


async def test_an_address_that_is_taken_is_told_in_a_sentence(
    cluster: Cluster, tmp_path: Path
) -> None:
    clock = FileHand(tmp_path / "clock")
    async with process_instance(cluster, "house", directory=tmp_path, clock=clock) as house:
        second = await run("serve", environment=_ours(house))

    assert second.status == 1
    assert "address already in use" in second.complained.splitlines()[-1]


async def test_a_parent_starts_again_what_dies_and_takes_all_along_when_it_goes(
    cluster: Cluster, tmp_path: Path
) -> None:
    clock = FileHand(tmp_path / "clock")
    metrics = free_port()
    async with process_instance(
        cluster,
        "house",
        directory=tmp_path,
        clock=clock,
        arguments=("serve", "--web", "2"),
        metrics=f"127.0.0.1:{metrics}",
    ) as house:
        assert house.process is not None
        children = await _until(lambda: _children(house), count=3)
        os.kill(children[0], signal.SIGKILL)
        replaced = await _until(lambda: _children(house) - {children[0]}, count=3)
        status = await house.stop()
        left = [pid for pid in replaced if _lives(pid)]

    assert (status, left) == (0, [])
    assert '"event":"child-died"' in house.output.read_text()


async def test_children_end_when_their_parent_was_killed(
    cluster: Cluster, tmp_path: Path
) -> None:
    clock = FileHand(tmp_path / "clock")
    async with process_instance(
        cluster, "house", directory=tmp_path, clock=clock, arguments=("serve", "--web", "1")
    ) as house:
        children = await _until(lambda: _children(house), count=2)
        await house.stop(signal.SIGKILL)
        left = await _until(lambda: {pid for pid in children if _lives(pid)}, count=0)

    assert left == []


def _ours(house: ProcessInstance) -> dict[str, str]:
    return {name: value for name, value in house.environment.items() if "COMMONLORE" in name}


def _children(house: ProcessInstance) -> set[int]:
    assert house.process is not None
    pid = house.process.pid
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return {int(child) for child in text.split()}


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def _until(find: Callable[[], set[int]], *, count: int) -> list[int]:
    """Wait until there are so many processes; other programs tell us nothing."""
    deadline = monotonic() + 60
    while len(found := find()) != count:
        assert monotonic() < deadline, found
        await asyncio.sleep(0.05)
    return sorted(found)
