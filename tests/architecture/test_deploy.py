"""What operators are given is well-formed, agrees with the code, and says what was not run."""

import re
import shutil
import subprocess
from datetime import UTC, datetime
from urllib.parse import urlsplit

import asyncpg
import pytest
import yaml
from yamllint import linter
from yamllint.config import YamlLintConfig

from server.config import Settings
from server.storage import migrate, postgres_programs
from tests.architecture.source import ROOT

DEPLOY = ROOT / "deploy"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
UNIT = DEPLOY / "systemd/commonlore.service"
INSTRUCTIONS = {
    *("FROM", "RUN", "COPY", "ENV", "WORKDIR", "USER", "EXPOSE", "ENTRYPOINT", "CMD", "LABEL"),
    *("VOLUME", "HEALTHCHECK", "STOPSIGNAL", "ARG"),
}
#: What keeps a service in its place; a unit without one of them is refused.
HARDENING = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectControlGroups": "yes",
    "RestrictNamespaces": "yes",
    "LockPersonality": "yes",
    "RestrictSUIDSGID": "yes",
    "CapabilityBoundingSet": "",
}
#: The score of systemd-analyze, in tenths; 100 is no protection at all.
LARGEST_EXPOSURE = 20


def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def unit():
    """Read a unit file: section to a list of (name, value)."""
    sections: dict[str, list[tuple[str, str]]] = {}
    section = ""
    for line in UNIT.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            sections[section] = []
        elif line and not line.startswith("#"):
            name, equals, value = line.partition("=")
            assert equals, line
            sections[section].append((name, value))
    return sections


def instructions():
    text = re.sub(r"\\\n", " ", (DEPLOY / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [line.split(maxsplit=1) for line in lines]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def test_compose_is_tidy_yaml():
    config = YamlLintConfig("{extends: default, rules: {line-length: {max: 96}}}")

    problems = linter.run((DEPLOY / "compose.yaml").read_text(), config)

    assert [str(problem) for problem in problems] == []


def test_compose_sets_nothing_but_settings():
    environment = compose()["services"]["commonlore"]["environment"]

    assert {name.removeprefix("COMMONLORE_").lower() for name in environment} <= set(
        Settings.model_fields
    )


def test_compose_keeps_what_must_survive_in_volumes():
    described = compose()
    kept = {volume.partition(":")[0] for volume in described["services"]["database"]["volumes"]}

    assert kept & set(described["volumes"])


def test_no_secret_is_written_into_what_is_copied():
    for name in ("compose.yaml", "Containerfile", "Caddyfile", "systemd/commonlore.service"):
        text = (DEPLOY / name).read_text()
        urls = re.findall(r"postgres(?:ql)?://\S+", text)

        assert [url for url in urls if (urlsplit(url).password or "$").find("$") < 0] == [], (
            name
        )


def test_the_unit_starts_our_command_and_waits_as_long_as_we_need():
    service = dict(unit()["Service"])

    assert service["ExecStart"].endswith("/commonlore serve")
    assert int(service["TimeoutStopSec"]) >= 30
    assert service["Restart"] in {"always", "on-failure"}


@pytest.mark.parametrize(("name", "value"), HARDENING.items())
def test_the_unit_keeps_the_service_in_its_place(name, value):
    assert dict(unit()["Service"])[name] == value


@pytest.fixture
def runnable_unit(tmp_path):
    """The unit with a program that is there, as systemd-analyze looks for it."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    text = re.sub(r"^(ExecStart\w*=)\S+", r"\1/bin/true", UNIT.read_text(), flags=re.MULTILINE)
    path = tmp_path / UNIT.name
    path.write_text(text)
    return path


def test_systemd_understands_the_unit(runnable_unit):
    done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", runnable_unit)

    about_ours = [line for line in done.stderr.splitlines() if "commonlore" in line]
    assert about_ours == []


def test_systemd_finds_the_unit_well_protected(runnable_unit):
    done = run(
        *("systemd-analyze", "security", "--offline=yes", "--no-pager"),
        f"--threshold={LARGEST_EXPOSURE}",
        runnable_unit,
    )

    assert done.returncode == 0, done.stdout.splitlines()[-1:] or done.stderr


def test_the_containerfile_builds_each_stage_from_one_that_is_there():
    stages: set[str] = set()
    for word, rest in instructions():
        assert word in INSTRUCTIONS
        for earlier in re.findall(r"--from=(\S+)", rest):
            assert earlier in stages
        if word == "FROM" and (named := re.search(r" AS (\S+)$", rest)):
            stages.add(named[1])
    assert stages


def test_the_container_runs_as_nobody_in_particular():
    last = [rest for word, rest in instructions() if word == "USER"][-1]

    assert last not in {"root", "0"}


def test_the_proxy_speaks_for_the_same_port_as_the_server():
    text = (DEPLOY / "Caddyfile").read_text()
    service = dict(compose()["services"]["commonlore"]["environment"])

    assert text.count("{") == text.count("}")
    assert "reverse_proxy" in text
    port = service["COMMONLORE_LISTEN"].rpartition(":")[2]
    assert re.search(rf"reverse_proxy \S+:{port}\b", text)
    assert "X-Forwarded-For {remote_host}" in text


@pytest.fixture
async def made_by_hand(cluster):
    """A database that roles.sql has made, twice."""
    psql = postgres_programs.find_binaries().bin / "psql"
    if not psql.exists():
        pytest.skip("no psql here")
    name = "by_hand"
    for _ in range(2):
        done = run(
            *(
                psql,
                "--no-psqlrc",
                "--quiet",
                "-v",
                "ON_ERROR_STOP=1",
                "-v",
                f"database={name}",
            ),
            *("-v", "app_password=it's a secret", "--file", DEPLOY / "roles.sql"),
            cluster.url("postgres", postgres_programs.SUPERUSER),
        )
        assert done.returncode == 0, done.stderr
    yield name
    await cluster.drop(name)


async def test_the_roles_made_by_hand_are_those_the_server_makes(cluster, made_by_hand):
    await cluster.provision("by_itself")
    connection = await asyncpg.connect(cluster.url("postgres", postgres_programs.SUPERUSER))
    try:
        found = [await rights(connection, name) for name in (made_by_hand, "by_itself")]
    finally:
        await connection.close()
        await cluster.drop("by_itself")

    assert found[0] == found[1]
    assert [role for role, *_ in found[0]] == ["app", "audit", "owner"]


async def rights(connection, name):
    """What the three roles of a database may, in words without its name."""
    rows = await connection.fetch(
        "SELECT replace(r.rolname, $1 || '_', '') AS role, r.rolcanlogin, r.rolsuper, "
        "r.rolcreatedb, r.rolcreaterole, r.rolbypassrls, "
        "has_database_privilege(r.rolname, $1, 'CONNECT'), "
        "has_database_privilege(r.rolname, $1, 'CREATE'), "
        "pg_has_role(r.rolname, $1 || '_audit', 'MEMBER') FROM pg_roles r "
        "WHERE starts_with(r.rolname, $1 || '_') ORDER BY 1",
        name,
    )
    return [tuple(row) for row in rows]


async def test_a_database_made_by_hand_can_be_migrated(cluster, made_by_hand):
    owner = cluster.url(made_by_hand, f"{made_by_hand}_owner")

    done = await migrate.apply(
        owner, app=f"{made_by_hand}_app", audit=f"{made_by_hand}_audit", now=NOW
    )

    assert done == migrate.known()
    assert await migrate.pending(cluster.url(made_by_hand, f"{made_by_hand}_app")) == []


def test_the_manual_says_what_was_not_run():
    text = (DEPLOY / "README.md").read_text()

    for name in ("Containerfile", "compose.yaml", "Caddyfile"):
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
        assert "not run" in row


def test_the_manual_speaks_of_every_file_beside_it():
    text = (DEPLOY / "README.md").read_text()
    files = [path for path in DEPLOY.rglob("*") if path.is_file() and path.name != "README.md"]

    assert [path.name for path in files if path.name not in text] == []
