"""Hosts, origins, and our own ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import uris
from federation.errors import Malformed
from federation.uris import Home, Place

HOME = Home("https://health.example")
ANY_HOST = st.text(max_size=40) | st.from_regex(
    r"[a-zA-Z0-9äß。\uff0e.-]{1,30}", fullmatch=True
)


@given(ANY_HOST)
def test_any_text_has_one_spelling_as_a_host_or_none(text: str) -> None:
    try:
        host = uris.canonical_host(text)
    except Malformed:
        return

    assert uris.canonical_host(host) == host
    assert host.isascii()
    assert host == host.lower()


@given(st.text(max_size=60) | ANY_HOST.map(lambda host: f"https://{host}/x"))
def test_any_text_is_parsed_or_refused_as_a_uri(text: str) -> None:
    try:
        url = str(uris.parse(text))
    except Malformed:
        assert not uris.same_origin(text, text)
        return

    assert str(uris.parse(url)) == url
    assert url.startswith(uris.origin_of(text) + "/")


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("https://" + "a" * 2048, "uri-too-long"),
        ("https://" + "a" * 254 + ".example/", "uri-shape"),
        ("https://" + "é" * 254, "uri-unparsable"),
        ("https://" + "a." * 124 + "example", "host-too-long"),
        ("ftp://health.example/", "uri-shape"),
        ("//health.example/", "uri-shape"),
        ("/p/1", "uri-shape"),
        ("https:///p/1", "uri-shape"),
        ("https://", "uri-shape"),
        ("", "uri-shape"),
        (" https://health.example/", "uri-shape"),
        ("https://health.example/a b", "uri-shape"),
        ("https://health.example/\n", "uri-shape"),
        ("https://he\talth.example/", "uri-shape"),
        ("https://health.example\\@evil.example/", "uri-shape"),
        ("https://user@health.example/", "uri-shape"),
        ("https://@health.example/", "uri-shape"),
        ("https://health.example:0/", "uri-port"),
        ("https://health.example:99999/", "uri-unparsable"),
        ("https://health.example:x/", "uri-unparsable"),
        ("https://[::1/", "uri-unparsable"),
        ("https://h\u00adealth.example/", "uri-unparsable"),
        ("https://xn--a/", "host-characters"),
        ("https://health%2eexample/", "host-percent-encoded"),
        ("https://[fe80::1%25eth0]/", "host-zone"),
        ("https://a..example/", "host-label"),
    ],
)
def test_what_is_no_uri_of_ours_or_theirs_is_refused(uri: str, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        uris.parse(uri)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("uri", "spelt"),
    [
        ("https://health.example", "https://health.example/"),
        (
            "HTTPS://Health.Example.:443/A/../b%7e?Q=%41+b",
            "https://health.example/A/../b%7e?Q=%41+b",
        ),
        ("https://health.example:/x", "https://health.example/x"),
        ("https://health.example:8443/x#key", "https://health.example:8443/x#key"),
        ("http://health.example:443/", "http://health.example:443/"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://[0:0::1]:8443/", "https://[::1]:8443/"),
        ("https://health.example/?a=https://x@y", "https://health.example/?a=https://x@y"),
    ],
)
def test_a_uri_keeps_its_path_and_gets_one_spelling_of_its_origin(uri: str, spelt: str) -> None:
    assert str(uris.parse(uri)) == spelt


def test_authority_and_origin_carry_the_port_where_there_is_one() -> None:
    assert uris.authority_of("https://Health.example:443/x#y") == "health.example"
    assert uris.authority_of("https://[::1]:8443/x") == "[::1]:8443"
    assert uris.origin_of("http://health.example:8443/x") == "http://health.example:8443"
    assert uris.origin_of("https://health.example/x") == "https://health.example"
    assert uris.host_of("https://[::1]:8443/x") == "[::1]"


@pytest.mark.parametrize(
    "other",
    [
        "http://health.example/",
        "https://health.example:8443/",
        "https://sub.health.example/",
        "https://health.example.evil.example/",
        "https://user@health.example/",
        "nonsense",
    ],
)
def test_an_origin_is_scheme_host_and_port_and_nothing_less(other: str) -> None:
    assert uris.same_origin("https://HEALTH.example:443/a", "https://health.example/b")
    assert not uris.same_origin("https://health.example/", other)


def test_a_thread_has_one_uri_that_every_agency_computes_alike() -> None:
    named = uris.context_of("https://t.example/c/roads", "https://health.example/p/1042")

    assert named == uris.context_of(
        "https://t.example/c/roads", "https://health.example/p/1042"
    )
    assert named.startswith("https://t.example/c/roads/t/")
    assert len(named.rpartition("/")[2]) == 20
    assert named != uris.context_of(
        "https://t.example/c/roads", "https://health.example/p/1043"
    )
    assert uris.context_of("x", "") == "x/t/4oymiquy7qobjgx36tej"


@pytest.mark.parametrize("origin", ["https://health.example/", "https://HEALTH.example", "x"])
def test_a_home_has_a_canonical_origin(origin: str) -> None:
    with pytest.raises(Malformed):
        Home(origin)


def test_our_ids_are_minted_below_our_origin() -> None:
    home = Home("http://health.localhost:8001")

    assert home.authority == "health.localhost:8001"
    assert home.agency == "http://health.localhost:8001/actor"
    assert home.shared_inbox == "http://health.localhost:8001/inbox"
    assert home.person("asker") == "http://health.localhost:8001/@asker"
    assert home.community("roads") == "http://health.localhost:8001/c/roads"
    assert home.post(1042) == "http://health.localhost:8001/p/1042"
    assert home.activity("71") == "http://health.localhost:8001/activities/71"
    assert home.collection(home.person("asker"), "followers") == (
        "http://health.localhost:8001/@asker/followers"
    )


@pytest.mark.parametrize("name", ["", "a", "A1", "a b", "a/b", "a-b", "é1", "a" * 65, "ab\n"])
def test_a_name_that_cannot_stand_in_a_uri_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        HOME.person(name)
    with pytest.raises(Malformed):
        HOME.community(name)


@pytest.mark.parametrize("number", [0, -1, "01", "x", "", 2**63, "1" * 5000, "\u0661"])
def test_an_id_of_more_or_less_than_63_bits_is_refused(number: int | str) -> None:
    with pytest.raises(Malformed):
        HOME.post(number)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("https://evil.example/@asker", "followers"),
        ("https://health.example.evil.example/@asker", "followers"),
        ("https://health.example/@asker", "a/b"),
        ("https://health.example/@asker", ""),
    ],
)
def test_a_collection_lies_below_an_owner_of_ours(owner: str, name: str) -> None:
    with pytest.raises(Malformed):
        HOME.collection(owner, name)


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        (HOME.agency, Place("agency", "")),
        (HOME.moderation, Place("moderation", "moderation")),
        (HOME.person("asker"), Place("person", "asker")),
        (HOME.community("roads"), Place("community", "roads")),
        (HOME.post(2**63 - 1), Place("post", str(2**63 - 1))),
        (HOME.activity(7), Place("activity", "7")),
        ("HTTPS://Health.Example.:443/p/7", Place("post", "7")),
    ],
)
def test_our_own_ids_are_located_in_every_spelling_of_our_origin(
    uri: str, place: Place
) -> None:
    assert HOME.is_ours(uri)
    assert HOME.locate(uri) == place


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/p/7/",
        "/p/07",
        "/p/9223372036854775808",
        "/p/7?x=1",
        "/p/7#x",
        "/p/%37",
        "/x/../p/7",
        "/@Asker",
        "/@asker/followers",
        "/%40asker",
        "/actor/",
        "/actor/moderation/",
        "/actor/moderators",
        "/activities/x",
        "/c/roads/t/abc",
    ],
)
def test_a_uri_of_ours_that_is_no_id_is_nowhere(path: str) -> None:
    assert HOME.is_ours(HOME.origin + path)
    assert HOME.locate(HOME.origin + path) is None


@pytest.mark.parametrize(
    "uri",
    [
        "https://transport.example/p/7",
        "http://health.example/p/7",
        "https://health.example:8443/p/7",
        "https://health.example@evil.example/p/7",
        "https://health.example.evil.example/p/7",
        "acct:asker@health.example",
        "",
    ],
)
def test_what_is_not_on_our_origin_is_not_ours(uri: str) -> None:
    assert not HOME.is_ours(uri)
    assert HOME.locate(uri) is None
