"""The gates are where they are said to be, and there is no way around them that type-checks."""

import os
import re

import pytest
from mypy import api

from tests.architecture.source import ROOT, calls, imported, modules, named, shown

SHARING = "server/services/sharing.py"


def users(used, *, where=modules):
    return [shown(path) for path in where() if used(path)]


def test_the_key_to_sealed_content_is_made_in_one_place():
    def makes(path):
        return any(name == "ReleaseKey" for name, _ in calls(path))

    assert users(makes) == [SHARING]


def test_nobody_but_the_gate_mentions_the_key():
    mentions = users(lambda path: "ReleaseKey" in named(path))

    assert mentions == ["schemas/gate.py", SHARING]


def test_only_the_gate_opens_sealed_content():
    opens = users(lambda path: "open_with" in named(path))

    assert opens == [SHARING]


def test_nothing_reaches_into_sealed_content_by_its_mangled_name():
    source = {shown(path): path.read_text() for path in modules()}

    assert [name for name, text in source.items() if "_SealedPost__" in text] == []
    assert [name for name, text in source.items() if "__new__(SealedPost" in text] == []


def test_a_verified_activity_is_made_by_the_inbox_alone():
    def makes(path):
        return any(name == "VerifiedActivity" for name, _ in calls(path))

    assert users(makes) == ["federation/inbox.py"]
    assert users(lambda path: "_WITNESS" in named(path)) == ["federation/inbox.py"]


@pytest.mark.parametrize(
    ("package", "home"),
    [
        ("nh3", ["federation/translate/sanitize.py"]),
        ("bleach", ["federation/translate/sanitize.py"]),
        ("markdown_it", ["federation/translate/markdown.py"]),
        ("argon2", ["server/services/passwords.py"]),
    ],
)
def test_dep_02_one_module_knows_a_dangerous_package(package, home):
    assert users(lambda path: package in imported(path)) == home


def test_only_storage_knows_the_database():
    found = users(lambda path: "asyncpg" in imported(path))

    assert found
    assert [name for name in found if not name.startswith("server/storage/")] == []


def test_fet_09_there_is_one_outgoing_client():
    assert users(lambda path: "ClientSession" in named(path)) == ["federation/session.py"]
    others = {"httpx", "requests", "urllib3", "urllib.request", "http.client", "smtplib"}
    assert users(lambda path: others & imported(path)) == []


def test_med_04_nothing_is_read_that_could_run_or_unfold():
    dangerous = {"pickle", "marshal", "shelve", "yaml", "lxml", "defusedxml"}
    dangerous |= {"xml.etree.ElementTree", "xml.dom.minidom", "xml.sax", "xml.parsers.expat"}

    assert users(lambda path: dangerous & imported(path)) == []
    assert users(lambda path: any(name in {"eval", "exec"} for name, _ in calls(path))) == []


PRELUDE = """
from typing import Any

from federation.inbox import VerifiedActivity
from federation.translate import outgoing
from schemas.gate import Released, ReleaseKey, SealedPost
from schemas.records import Actor, Post
from schemas.wire.activities import Activity


def take(verified: VerifiedActivity) -> None: ...


def show(released: Released[Post]) -> None: ...


def attempt(
    sealed: SealedPost, released: Released[Post], post: Post, community: Actor,
    activity: Activity, document: dict[str, Any], key: ReleaseKey,
) -> None:
"""
#: Lines of a function that mypy lets pass, and lines that it must not.
RIGHT = (
    "show(released)",
    "outgoing.post_document(released, community=community)",
    "show(sealed.open_with(key))",
)
WRONG = (
    "show(sealed)",
    "show(post)",
    "outgoing.post_document(sealed, community=community)",
    "outgoing.post_document(post, community=community)",
    "print(sealed.post)",
    "print(sealed.title)",
    "Released(post)",
    "sealed.open_with(None)",
    "take(activity)",
    "take(document)",
    "VerifiedActivity(activity=activity, raw=b'', actor_uri='', key_id='', agency=None)",
)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Which lines of code mypy takes offence at, by the line itself."""
    path = tmp_path_factory.mktemp("gates") / "attempts.py"
    lines = [*RIGHT, *WRONG]
    path.write_text(PRELUDE + "".join(f"    {line}\n" for line in lines))
    first = len(PRELUDE.splitlines()) + 1
    cache = f"--cache-dir={os.devnull}"

    said, complaint, _ = api.run(
        [f"--config-file={ROOT / 'pyproject.toml'}", cache, "--no-pretty", str(path)]
    )

    assert not complaint
    numbers = re.findall(r"attempts\.py:(\d+): error", said)
    outside = [
        line for line in said.splitlines() if ": error" in line and path.name not in line
    ]
    assert outside == [], "our own source does not type-check"
    return {lines[int(number) - first] for number in numbers}


@pytest.mark.parametrize("line", RIGHT)
def test_what_went_through_the_gate_type_checks(judged, line):
    assert line not in judged


@pytest.mark.parametrize("line", WRONG)
def test_a_way_around_a_gate_does_not_type_check(judged, line):
    assert line in judged
