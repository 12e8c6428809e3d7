"""What our dependencies are known to get wrong, and that we do not lean on it."""

import ast
import ipaddress
from importlib.metadata import version
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from federation import uris
from federation.addresses import is_public
from federation.errors import Malformed
from schemas.wire import strict
from schemas.wire.vocabulary import BadDocument
from tests.architecture.source import ROOT, imported, modules, named, parsed, shown

FLOORS = {"aiohttp": (3, 14, 4), "jinja2": (3, 1, 6), "cryptography": (50,)}


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_dep_01_no_release_with_known_holes_is_installed_or_locked(package, floor):
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    (locked,) = [line.split()[0] for line in lines if line.startswith(f"{package}==")]

    for found in (version(package), locked.partition("==")[2]):
        assert tuple(int(part) for part in found.split(".")[: len(floor)]) >= floor


def test_dep_03_the_predicates_of_the_standard_library_are_not_used():
    assert [shown(path) for path in modules() if "is_global" in named(path)] == []
    others = {"is_private", "is_reserved", "is_link_local", "is_multicast"}
    assert [shown(path) for path in modules("federation") if others & named(path)] == []


@pytest.mark.parametrize(
    "address", ["::127.0.0.1", "64:ff9b::7f00:1", "fec0::1", "224.0.0.1", "ff02::1"]
)
def test_dep_03_what_the_standard_library_takes_for_public_is_not(address):
    assert not is_public(address)


def test_dep_03_the_standard_library_still_needs_not_to_be_trusted():
    assert ipaddress.ip_address("224.0.0.1").is_global


def test_dep_04_what_others_send_is_read_by_the_strict_loader_only():
    ours = ("server/services/", "server/storage/", "server/middleware/")
    readers = {
        shown(path)
        for path in modules("federation", "server", "schemas")
        if {"json", "orjson"} & imported(path) and "loads" in named(path)
    }

    # Services and storage read back what we wrote ourselves.
    assert {name for name in readers if not name.startswith(ours)} == {"schemas/wire/strict.py"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"a": Infinity}',
        b'{"a": "\\ud800"}',
        b"[" * 200_000,
    ],
)
def test_dep_04_what_the_json_module_lets_pass_is_refused(body):
    with pytest.raises(BadDocument):
        strict.loads(body)


SHAPES = st.from_regex(r"https?://[a-z0-9@:\[\].%\\/?#_\-é。]{1,40}", fullmatch=True)


@given(SHAPES)
@example("https://good.example\\@evil.example/")
@example("https://good.example#@evil.example/")
@example("https://evil.example:443@good.example/")
@example("https://[::1]/")
@example("https://good.example:8443/a?b")
def test_dep_05_two_parsers_agree_on_the_host_of_any_url_that_we_take(text):
    try:
        host = uris.host_of(text)
    except Malformed:
        return

    assert uris.canonical_host(bracketed(urlsplit(text).hostname or "")) == host


def bracketed(host):
    return f"[{host}]" if ":" in host else host


def test_dep_05_nothing_but_the_named_modules_takes_urls_apart():
    # Settings are our own; wire/reading.py asks for a usable shape before anything else; the
    # others look at links in texts, at the path that is signed, and at where an app may be sent
    # back to, which is compared byte for byte and never fetched.
    known = {"server/config.py", "server/storage/opening.py", "schemas/wire/reading.py"}
    known.add("server/services/redirect_uris.py")
    known |= {f"federation/translate/{name}.py" for name in ("sanitize", "shape")}
    known |= {f"federation/signatures/{name}.py" for name in ("targets", "parameters")}

    apart = {shown(path) for path in modules() if {"urlsplit", "urlparse"} & named(path)}

    assert apart - known == set()


@pytest.mark.parametrize(
    "host", ["a" * 300 + ".example", "é" * 300 + ".example", "\u0324" * 9_000]
)
def test_dep_06_a_long_host_never_reaches_idna(host):
    with pytest.raises(Malformed):
        uris.parse(f"https://{host}/")
    with pytest.raises(Malformed) as refused:
        uris.canonical_host(host)

    assert refused.value.reason == "host-too-long"  # what IDNA says is another reason


def test_no_module_switches_verification_off():
    off = {"CERT_NONE", "_create_unverified_context"}

    assert [shown(path) for path in modules() if off & named(path)] == []
    for path in modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.keyword) and node.arg in {"verify", "verify_ssl", "ssl"}:
                assert not (isinstance(node.value, ast.Constant) and node.value.value is False)
