"""Two agencies as operators install them: from the wheel, PostgreSQL apart, behind TLS."""

import asyncio
import json
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.storage.embedded import Cluster
from tests.browser import PASSWORD, Browser
from tests.hostile_peer import PrivateAuthority
from tests.stories import life
from tests.stories.installation import (
    ROOT,
    VISITOR,
    Agency,
    Installation,
    Postgres,
    behind_tls,
    build,
    install,
    run,
    until,
)

_PACKAGES = ("federation", "moderation", "schemas", "server")
_FINDING = re.compile(r"^(ok|warn|fail) +([^:]+): (.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installed")


@pytest.fixture(scope="module")
async def wheel(directory: Path) -> Path:
    return await build(directory / "dist")


@pytest.fixture(scope="module")
async def installed(directory: Path, wheel: Path) -> Installation:
    return await install(wheel, directory / "environment")


@pytest.fixture(scope="module")
async def postgres(directory: Path) -> AsyncIterator[Postgres]:
    cluster = Cluster(directory / "postgresql", durable=False)
    await asyncio.to_thread(cluster.start)
    yield Postgres(cluster=cluster, directory=directory)
    await asyncio.to_thread(cluster.stop)


async def _open(agency: Agency, postgres: Postgres, member: str, peer: str) -> None:
    """Go through the manual, up to the start."""
    await postgres.make_database(agency.name)
    owner = postgres.url(agency.name, "owner")
    await agency.commonlore("migrate", database_owner=owner)
    said = f"{PASSWORD}\n"
    await agency.commonlore("member", "add", member, "--role", "steward", said=said)
    await agency.commonlore("agency", "admit", peer, "--reason", "We signed an agreement.")


@pytest.fixture(scope="module")
async def agencies(
    installed: Installation, postgres: Postgres
) -> AsyncIterator[tuple[Agency, Agency]]:
    """Transport, where sam looks after "roads"; and health, where mia works."""
    authority = PrivateAuthority(postgres.directory)
    await postgres.ask_for_passwords()
    async with (
        behind_tls("transport", installed, postgres, authority) as transport,
        behind_tls("health", installed, postgres, authority) as health,
    ):
        await asyncio.gather(
            _open(transport, postgres, "sam", health.host),
            _open(health, postgres, "mia", transport.host),
        )
        community = ("roads", "--display-name", "Safe roads", "--steward", "sam")
        await asyncio.gather(
            transport.commonlore("community", "add", *community), health.serve()
        )
        await transport.serve()
        yield transport, health


@pytest.mark.parametrize(
    "pattern",
    [
        "**/*.py",
        "wire/*.jsonld",
        "storage/schema.sql",
        "storage/migrations/*.sql",
        "templates/**/*.html",
        "demo/content/*.toml",
        "static/built/*.*",
    ],
)
def test_the_wheel_brings_all_that_an_instance_reads(wheel: Path, pattern: str) -> None:
    wanted = {
        path.relative_to(ROOT)
        for package in _PACKAGES
        for path in (ROOT / package).glob(pattern)
        if path.is_file()
    }

    packed = {Path(name) for name in zipfile.ZipFile(wheel).namelist()}

    assert wanted
    assert wanted - packed == set()


def test_the_wheel_brings_our_packages_and_nothing_else(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == set(_PACKAGES)


async def test_the_environment_holds_its_own_copy_of_us(
    installed: Installation, directory: Path
) -> None:
    names = ", ".join(_PACKAGES)
    told = f"import {names}; print(*(each.__file__ for each in ({names})), sep='\\n')"

    files = (await run(installed.python, "-c", told, cwd=directory)).split()

    assert len(files) == len(_PACKAGES)
    assert all(Path(file).is_relative_to(installed.home) for file in files)


async def test_installed_agencies_behind_tls_share_a_question(
    agencies: tuple[Agency, Agency],
) -> None:
    transport, health = agencies
    sam, mia = await transport.member("sam"), await health.member("mia")
    roads = f"roads@{transport.host}"

    assert (await mia.get(f"/find?q=!{roads}")).path == f"/c/{roads}"
    await mia.submit(f"/c/{roads}/join")
    await until(lambda: says(mia, f"/c/{roads}", "Ask a question"), "mia has joined")
    asked = await life.asks_in(mia, roads, "How do you count?", "We count *twice*.")
    question = health.origin + asked.path
    await until(lambda: has_posts(sam, question, 1), "the question arrives")
    place = (await sam.get(f"/find?q={question}")).path
    await sam.submit(f"{place}/answer", {"body": "Count by **month**.", "act": "post"})
    await until(lambda: has_posts(mia, question, 2), "the answer arrives")
    form = re.search(r'action="(/p/\d+/accept)"', (await mia.get(asked.path)).text)
    assert form is not None
    await mia.submit(form[1], {"on": "yes"})
    accepted = await thread(mia, question)
    await until(lambda: shows(sam, question, accepted), "the acceptance arrives, to the byte")

    first, second = json.loads(accepted)
    assert first["accepted"] == [second["id"]]
    assert [mark["accepts"] for mark in second["marks"]] == [True]
    assert first["author"].startswith(health.origin)
    assert second["author"].startswith(transport.origin)


async def test_behind_tls_the_session_is_for_this_host_and_https_only(
    agencies: tuple[Agency, Agency],
) -> None:
    health = agencies[1]
    visitor = health.guest()
    fields = {"name": "mia", "password": PASSWORD, "csrf": await visitor.token("/sign-in")}
    headers = {"Origin": health.origin, "Sec-Fetch-Site": "same-origin"}

    answer = await visitor.request(
        "POST", "/sign-in", follow=False, headers=headers, data=fields
    )

    (cookie,) = (each for each in answer.cookies if "-session=" in each)
    name, *attributes = (each.strip() for each in cookie.split(";"))
    assert name.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(attributes)


async def test_pages_bring_the_styles_that_the_wheel_has(
    agencies: tuple[Agency, Agency],
) -> None:
    guest = agencies[0].guest()

    linked = set(re.findall(r"/static/[\w.-]+", (await guest.get("/about")).text))

    assert linked
    assert {(await guest.get(each)).status for each in linked} == {200}


async def test_visitors_are_told_apart_by_the_address_that_the_proxy_saw(
    agencies: tuple[Agency, Agency], postgres: Postgres
) -> None:
    transport = agencies[0]

    await transport.guest().get("/search?q=roads", x_forwarded_for="192.0.2.66")

    assert await postgres.sql(counted(VISITOR), transport.name) == "t"
    assert await postgres.sql(counted("192.0.2.66"), transport.name) == "f"
    assert await postgres.sql(counted("127.0.0.1"), transport.name) == "f"


def counted(address: str) -> str:
    digest = f"left(encode(sha256('{address}'), 'hex'), 32)"
    return f"SELECT EXISTS (SELECT FROM throttles WHERE key LIKE '%search:' || {digest})"  # noqa: S608 our own words


async def test_the_database_lets_nobody_in_without_a_password(
    agencies: tuple[Agency, Agency], postgres: Postgres
) -> None:
    name = agencies[0].name

    assert await postgres.refuses(name, f"{name}_app")


async def test_doctor_finds_both_well_but_on_loopback(
    agencies: tuple[Agency, Agency],
) -> None:
    told = await asyncio.gather(*(each.commonlore("doctor") for each in agencies))

    for agency, printed in zip(agencies, told, strict=True):
        levels = {about: level for level, about, _ in _FINDING.findall(printed)}
        assert levels.pop("disk") in {"ok", "warn"}  # is the machine's matter
        assert f"{agency.origin} is on loopback" in printed
        assert levels.pop("origin") == "warn"
        assert levels == dict.fromkeys(
            (
                "packages",
                "static files",
                "database",
                "role",
                "clock",
                "migrations",
                "queues",
                "files",
                "pictures",
            ),
            "ok",
        )


async def says(browser: Browser, path: str, words: str) -> bool:
    return words in (await browser.get(path)).text


async def thread(browser: Browser, question: str) -> str:
    return (await browser.get(f"/api/commonlore/v1/thread?id={question}")).text


async def has_posts(browser: Browser, question: str, number: int) -> bool:
    answer = await browser.get(f"/api/commonlore/v1/thread?id={question}")
    return answer.status == 200 and len(json.loads(answer.text)) == number


async def shows(browser: Browser, question: str, canonical: str) -> bool:
    return await thread(browser, question) == canonical
