"""Settings: what may be set, how a wrong one is told, and the example that operators copy."""

import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from server.config import PREFIX, Settings, WrongSetting, explain, read_settings

EXAMPLE = Path(__file__).parents[2] / "deploy" / "env.example"
PRODUCTION = {
    "COMMONLORE_ORIGIN": "https://learn.agency.example",
    "COMMONLORE_DATABASE": "postgresql://lore_app:hidden@db/lore",
}


def test_without_an_environment_it_is_one_instance_on_this_machine() -> None:
    settings = read_settings({})

    assert settings.on_loopback
    assert settings.listen_on == ("127.0.0.1", 8100)
    assert not settings.secure
    assert settings.registration == "invitation"


def test_what_does_not_begin_with_our_prefix_or_is_empty_sets_nothing() -> None:
    assert read_settings({"ORIGIN": "https://x.example", "COMMONLORE_NAME": ""}) == Settings()


def test_lists_are_split_at_commas_and_spaces() -> None:
    settings = read_settings(
        PRODUCTION | {"COMMONLORE_TRUSTED_PROXIES": "127.0.0.1/32, 10.0.0.0/8 ::1/128"}
    )

    assert settings.trusted_proxies == tuple(
        ip_network(text) for text in ("127.0.0.1/32", "10.0.0.0/8", "::1/128")
    )


@pytest.mark.parametrize(
    ("given", "hosts"),
    [
        ("none", ()),
        (
            "Push.agency.example, fcm.googleapis.com",
            ("push.agency.example", "fcm.googleapis.com"),
        ),
    ],
)
def test_push_goes_to_these_hosts_or_to_none(given: str, hosts: tuple[str, ...]) -> None:
    settings = read_settings(PRODUCTION | {"COMMONLORE_PUSH_HOSTS": given})

    assert settings.push_hosts == hosts
    assert read_settings(PRODUCTION).push_hosts


@pytest.mark.parametrize("given", ["https://push.example", "push.example:443", "a/b", "[", "@"])
def test_what_is_no_host_stops_the_start(given: str) -> None:
    with pytest.raises(WrongSetting, match="COMMONLORE_PUSH_HOSTS is wrong"):
        read_settings(PRODUCTION | {"COMMONLORE_PUSH_HOSTS": given})


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("0.0.0.0:8000", ("0.0.0.0", 8000)),  # noqa: S104 read, not listened on
        ("[::]:8000", ("::", 8000)),
        (":8000", ("127.0.0.1", 8000)),
    ],
)
def test_the_listener_is_where_it_is_told(listen: str, expected: tuple[str, int]) -> None:
    assert read_settings({"COMMONLORE_LISTEN": listen}).listen_on == expected


@pytest.mark.parametrize(
    ("origin", "loopback"),
    [
        ("http://localhost:8100", True),
        ("http://Transport.Localhost:8101", True),
        ("http://127.0.0.9:8100", True),
        ("http://[::1]:8100", True),
        ("https://localhost.example", False),
        ("https://10.0.0.1", False),
    ],
)
def test_only_loopback_is_loopback(origin: str, loopback: bool) -> None:
    settings = read_settings(PRODUCTION | {"COMMONLORE_ORIGIN": origin})

    assert settings.on_loopback is loopback
    assert settings.origin == origin.lower()


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("ORIGIN", "learn.agency.example", "must be http(s)://host[:port]"),
        ("ORIGIN", "https://learn.agency.example/path", "must be http(s)://host[:port]"),
        ("ORIGIN", "https://me@learn.agency.example", "must be http(s)://host[:port]"),
        ("LISTEN", "8000x", "must be address:port"),
        ("METRICS", "127.0.0.1", "must be address:port"),
        ("DATABASE", "sqlite:///x", "must be postgresql://"),
        ("DATABASE_OWNER", "mysql://x", "must be postgresql://"),
        ("POOL", "1", "greater than or equal to 2"),
        ("LOG", "xml", "'json' or 'text'"),
        ("REGISTRATION", "all", "'open', 'invitation' or 'closed'"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", ""),
        ("SESION_DAYS", "3", "is no setting of Commonlore"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(setting: str, value: str, says: str) -> None:
    with pytest.raises(WrongSetting) as caught:
        read_settings(PRODUCTION | {PREFIX + setting: value})

    sentence = str(caught.value)
    assert sentence.startswith(PREFIX + setting)
    assert says in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"DEVELOPMENT_NETWORKS": "127.0.0.0/8"}, "DEVELOPMENT_NETWORKS"),
        ({"CLOCK_FILE": "/run/clock"}, "CLOCK_FILE"),
        ({"FAULT": "inbox.remember.before-commit"}, "FAULT"),
        ({"ORIGIN": "http://learn.agency.example"}, "ORIGIN"),
        ({"DATABASE": ""}, "DATABASE"),
    ],
)
def test_what_is_for_development_is_refused_outside_loopback(
    changes: dict[str, str], names: str
) -> None:
    environment = PRODUCTION | {PREFIX + name: value for name, value in changes.items()}

    with pytest.raises(WrongSetting, match=PREFIX + names):
        read_settings(environment)


def test_the_embedded_database_serves_others_only_when_asked_to() -> None:
    environment = {
        "COMMONLORE_ORIGIN": "https://learn.agency.example",
        "COMMONLORE_EMBEDDED_OUTSIDE_LOOPBACK": "1",
    }

    settings = read_settings(environment)

    assert (settings.database, settings.secure) == ("", True)


def test_no_secret_is_shown_nor_told_in_an_error() -> None:
    owner = {"COMMONLORE_DATABASE_OWNER": "postgresql://lore_owner:hidden@db:5433/lore"}
    environment = PRODUCTION | owner
    rows = explain(read_settings(environment), environment)
    with pytest.raises(WrongSetting) as caught:
        read_settings(environment | {"COMMONLORE_DATABASE": "postgre://lore:hidden@db/lore"})

    shown = {name: value for name, value, _source, _meaning in rows}
    assert shown["COMMONLORE_DATABASE"] == "postgresql://lore_app:***@db/lore"
    assert shown["COMMONLORE_DATABASE_OWNER"] == "postgresql://lore_owner:***@db:5433/lore"
    assert "hidden" not in repr(rows) + str(caught.value)


def test_each_setting_says_where_it_comes_from() -> None:
    sources = {
        name: source
        for name, _value, source, _meaning in explain(read_settings(PRODUCTION), PRODUCTION)
    }

    assert sources["COMMONLORE_ORIGIN"] == "environment"
    assert sources["COMMONLORE_NAME"] == "default"


def test_the_example_names_every_setting_with_its_meaning_and_its_default() -> None:
    rows = explain(Settings(), {})

    expected = [(name, value, meaning) for name, value, _source, meaning in rows]

    assert _example() == expected


def test_the_example_changes_nothing_when_copied_as_it_is() -> None:
    lines = EXAMPLE.read_text().splitlines()

    assert [line for line in lines if line and not line.startswith("#")] == []


def _example() -> list[tuple[str, str, str]]:
    found = re.findall(r"^# (.+)\n#(COMMONLORE_\w+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    return [(name, value, meaning) for meaning, name, value in found]
