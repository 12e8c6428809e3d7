"""DOM: domains and blocks (security.md 1.10); the rows that need no server."""

import pytest

from federation.errors import Malformed
from federation.uris import Home, canonical_host, covers

# example.com in full-width letters
WIDE = "\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45\uff0e\uff43\uff4f\uff4d"


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("example.com", "example.com"),
        ("EXAMPLE.com", "example.com"),
        ("example.com.", "example.com"),
        (WIDE, "example.com"),
        ("example。com", "example.com"),
        ("example.com。", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("[::1]", "[::1]"),
        ("::1", "[::1]"),
        ("[0:0:0:0:0:0:0:1]", "[::1]"),
        ("[2001:DB8::A]", "[2001:db8::a]"),
    ],
)
def test_dom_01_one_spelling_per_host(text: str, host: str) -> None:
    assert canonical_host(text) == host


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "/",
        "example.com/",
        "example.com/x",
        "example.com..",
        ".example.com",
        "a..b",
        "exam%2eple.com",
        "example%00.com",
        "user@example.com",
        "@example.com",
        "example.com:443",
        "[::1]:443",
        "[::1",
        "::1]",
        "[::1%eth0]",
        "[::1%25eth0]",
        "::g",
        "exam ple.com",
        " example.com",
        "example.com ",
        "example.com\n",
        "exam\tple.com",
        "exam\u00adple.com",
        "exam\u200dple.com",
        "exam\u200bple.com",
        "exam\u2060ple.com",
        "example.com\\x",
        "example.com?x",
        "example.com#x",
        "-example.com",
        "example-.com",
        "ex_ample.com",
        "℀.com",
        "xn--a.example",
        "xn--0.example",
        "xn--0",
        "xn--example-.com",
        "a" * 64 + ".com",
        "a." * 127 + "com",
        "ä" * 300,
        "ä." * 120 + "com",
        "2130706433",
        "0x7f.1",
        "0x",
        "017700000001",
        "127.1",
        "127.0.0.01",
        "1.2.3.4.5",
        "example.123",
    ],
)
def test_dom_01_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="host") as refused:
        canonical_host(text)

    assert refused.value.reason.startswith("host-")


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com/p/1",
        "https://EXAMPLE.com/p/1",
        "https://example.com./p/1",
        "https://example.com:443/p/1",
        "https://example.com:/p/1",
        f"https://{WIDE}/p/1",
        "https://example。com/p/1",
    ],
)
def test_dom_01_every_spelling_of_us_is_us_and_is_blocked(uri: str) -> None:
    home = Home("https://example.com")

    assert home.is_ours(uri)
    assert covers("example.com", uri.split("/")[2].partition(":")[0])


@pytest.mark.parametrize(
    ("domain", "host", "covered"),
    [
        ("example.com", "example.com", True),
        ("example.com", "sub.example.com", True),
        ("example.com", "a.b.example.com", True),
        ("EXAMPLE.com.", "Sub.example。com", True),
        ("bücher.example", "www.xn--bcher-kva.example", True),
        ("example.com", "badexample.com", False),
        ("example.com", "example.com.evil.example", False),
        ("example.com", "com", False),
        ("sub.example.com", "example.com", False),
        ("1.2.3.4", "1.2.3.4", True),
        ("2.3.4.5", "1.2.3.4", False),
        ("[::1]", "::1", True),
        ("[::1]", "[::2]", False),
    ],
)
def test_dom_02_a_domain_covers_its_subdomains(
    domain: str, host: str, *, covered: bool
) -> None:
    assert covers(domain, host) is covered


def test_dom_02_a_rule_about_no_host_covers_nothing() -> None:
    with pytest.raises(Malformed):
        covers("/", "example.com")
    with pytest.raises(Malformed):
        covers("example.com", "")
