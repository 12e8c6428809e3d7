"""Hosts and origins in one spelling; our own URIs, minted and recognised."""

import hashlib
import re
from base64 import b32encode
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final, Literal, NewType

from yarl import URL

from federation.errors import Malformed

Uri = NewType("Uri", str)

LONGEST_URI: Final = 2048
LONGEST_HOST: Final = 253
_PORTS: Final = {"https": 443, "http": 80}
_LARGEST_ID: Final = 2**63 - 1

# What must hold before the parser sees the text: yarl drops tabs, newlines and an empty
# userinfo without a word, and a check may not be about another URL than the one we use.
# The authority is capped before IDNA sees it, which is slow on long hosts (DEP-06).
_SHAPE: Final = re.compile(
    r"(https?://[^\s\x00-\x20\x7f/?#@\\]{1,260})(?:[/?][^\s\x00-\x20\x7f#\\]*)?(?:#[^\s\x00-\x20\x7f]*)?",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# A host whose last label looks like a number is an address to some resolvers (WHATWG URL 3.5).
_NUMBER: Final = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")
_NAME: Final = re.compile(r"[a-z0-9_]{2,64}")
_ID: Final = re.compile(r"[1-9][0-9]{0,18}")
_COLLECTION: Final = re.compile(r"[a-z][a-zA-Z0-9_-]{0,63}")
_PLACE: Final = re.compile(
    r"/(?:(?P<agency>actor)|actor/(?P<moderation>moderation)|@(?P<person>[a-z0-9_]{2,64})|c/(?P<community>[a-z0-9_]{2,64})"
    r"|f/(?P<feed>[a-z0-9_]{2,64})"
    r"|p/(?P<post>[1-9][0-9]{0,18})|activities/(?P<activity>[1-9][0-9]{0,18}))"
)

Kind = Literal["agency", "moderation", "person", "community", "feed", "post", "activity"]


def canonical_host(text: str) -> str:
    """Spell a host in the one way we compare, store and dial (security.md DOM-01, DEP-06).

    Lower-case A-labels without a trailing dot; IPv4 as four decimal numbers; IPv6 in brackets.

    Raises:
        Malformed: "host-…" for what is no host: userinfo, ports, escapes, invisible characters.
    """
    if len(text) > LONGEST_HOST:
        raise Malformed("host-too-long")
    if ":" in text:
        return _canonical_ipv6(text)
    if "%" in text:
        raise Malformed("host-percent-encoded")
    host = _ascii_host(text).removesuffix(".")
    labels = host.split(".")
    if len(host) > LONGEST_HOST:
        raise Malformed("host-too-long")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise Malformed("host-label")
    if _NUMBER.fullmatch(labels[-1]):
        return _canonical_ipv4(host)
    return host


def covers(domain: str, host: str) -> bool:
    """Say whether a rule about a domain is a rule about this host (security.md DOM-02).

    A domain covers itself and every name below it, at the boundary of a label; an address
    covers itself only. Both are hosts without a port.

    Raises:
        Malformed: "host-…" where one of the two is no host.
    """
    wide, narrow = canonical_host(domain), canonical_host(host)
    return narrow == wide or (narrow.endswith("." + wide) and not is_address(narrow))


def is_address(host: str) -> bool:
    """Say whether a canonical host is an IP address rather than a name."""
    return host.startswith("[") or _NUMBER.fullmatch(host.rpartition(".")[2]) is not None


def address_in(host: str) -> str:
    """Give the address that a canonical host spells, without brackets."""
    return host.removeprefix("[").removesuffix("]")


def parse(uri: str) -> URL:
    """Read an absolute http or https URI; path and query stay as they were written.

    Scheme and host come out canonical, a default port is dropped. What is not ASCII in the
    path is percent-encoded, so `str()` of the result is what goes over the wire.

    Raises:
        Malformed: "uri-…" or "host-…" for anything else; never ValueError.
    """
    if len(uri) > LONGEST_URI:
        raise Malformed("uri-too-long")
    if not _SHAPE.fullmatch(uri):
        raise Malformed("uri-shape")
    try:
        url = URL(uri, encoded=uri.isascii())
        port = url.port
    except ValueError:  # includes UnicodeError, from hosts that IDNA refuses
        raise Malformed("uri-unparsable") from None
    if not port:
        raise Malformed("uri-port")
    written = port if port != _PORTS[url.scheme] else None
    host = canonical_host(_written_host(url))
    authority = host if written is None else f"{host}:{written}"
    return URL.build(
        scheme=url.scheme,
        authority=authority,
        path=url.raw_path,
        query_string=url.raw_query_string,
        fragment=url.raw_fragment,
        encoded=True,
    )


def host_of(uri: str) -> str:
    """Give the canonical host of a URI, without the port.

    Raises:
        Malformed: as `parse`.
    """
    return _place_of(uri)[1]


def authority_of(uri: str) -> str:
    """Give host, and port where it is not the default of the scheme (product.md 5).

    Raises:
        Malformed: as `parse`.
    """
    return _place_of(uri)[2]


def origin_of(uri: str) -> str:
    """Give scheme, host and port in one spelling: "https://host[:port]" (security.md ORI-11).

    Raises:
        Malformed: as `parse`.
    """
    return _place_of(uri)[0]


def same_origin(one: str, other: str) -> bool:
    """Say whether two URIs have the same scheme, host and port (FEP-fe34, ORI-11).

    Never by suffix or registrable domain. What cannot be parsed has no origin.
    """
    try:
        return origin_of(one) == origin_of(other)
    except Malformed:
        return False


def context_of(community_uri: str, object_uri: str) -> Uri:
    """Name the thread that a top-level post opens in a community (wire.md 0.4).

    Every agency computes the same URI: twenty base32 characters of the SHA-256 of the post's
    id, below the community.
    """
    digest = hashlib.sha256(object_uri.encode()).digest()
    return Uri(f"{community_uri}/t/{b32encode(digest).decode().lower()[:20]}")


@dataclass(frozen=True, slots=True)
class Place:
    """Which of our things a URI of ours names; `key` is a name, an id, or "" for the agency."""

    kind: Kind
    key: str


@dataclass(frozen=True, slots=True)
class Home:
    """Our own origin, and every id below it (product.md 5)."""

    origin: str

    def __post_init__(self) -> None:
        if origin_of(self.origin) != self.origin:
            raise Malformed("origin-not-canonical")

    @property
    def authority(self) -> str:
        """Host with port, as it stands in our handles."""
        return authority_of(self.origin)

    @property
    def scheme(self) -> str:
        """How we are spoken to: "https", or "http" in development (product.md 9)."""
        return self.origin.partition(":")[0]

    @property
    def agency(self) -> Uri:
        """The actor of the agency itself."""
        return Uri(f"{self.origin}/actor")

    @property
    def moderation(self) -> Uri:
        """The actor from which the agency reports, beside its own."""
        return Uri(f"{self.origin}/actor/moderation")

    @property
    def shared_inbox(self) -> Uri:
        """One inbox for everybody here (ActivityPub 7.1.3)."""
        return Uri(f"{self.origin}/inbox")

    def person(self, name: str) -> Uri:
        """Mint the id of a member; names are lower case.

        Raises:
            Malformed: "name-shape".
        """
        return Uri(f"{self.origin}/@{_name(name)}")

    def community(self, name: str) -> Uri:
        """Mint the id of a community.

        Raises:
            Malformed: "name-shape".
        """
        return Uri(f"{self.origin}/c/{_name(name)}")

    def feed(self, name: str) -> Uri:
        """Mint the id of a Feed, a collection of communities (wire.md 4.4).

        Raises:
            Malformed: "name-shape".
        """
        return Uri(f"{self.origin}/f/{_name(name)}")

    def post(self, post_id: int | str) -> Uri:
        """Mint the id of a post of any kind from its 63-bit number (product.md 4).

        Raises:
            Malformed: "id-shape".
        """
        return Uri(f"{self.origin}/p/{_number(post_id)}")

    def activity(self, activity_id: int | str) -> Uri:
        """Mint the id of an activity from its 63-bit number.

        Raises:
            Malformed: "id-shape".
        """
        return Uri(f"{self.origin}/activities/{_number(activity_id)}")

    def recognition(self, number: int) -> Uri:
        """Mint the id of the Note by which a community recognises somebody (wire.md 0.7).

        Raises:
            Malformed: "id-shape".
        """
        return Uri(f"{self.origin}/recognition/{_number(number)}")

    def credential(self, number: int) -> Uri:
        """Mint the id of the credential of a recognition.

        Raises:
            Malformed: "id-shape".
        """
        return Uri(f"{self.origin}/credentials/{_number(number)}")

    def collection(self, owner_uri: str, name: str) -> Uri:
        """Mint the id of a collection below its owner.

        Raises:
            Malformed: "owner-not-ours" or "name-shape".
        """
        if not owner_uri.startswith(f"{self.origin}/"):
            raise Malformed("owner-not-ours")
        if not _COLLECTION.fullmatch(name):
            raise Malformed("name-shape")
        return Uri(f"{owner_uri}/{name}")

    def is_ours(self, uri: str) -> bool:
        """Say whether a URI is on our origin, however it is spelt (security.md ORI-10)."""
        return same_origin(uri, self.origin)

    def locate(self, uri: str) -> Place | None:
        """Say which of our own things this URI names; None for everybody else's.

        The origin may be spelt in any way, the path in one only: a query, a fragment, a
        trailing slash or an escape makes it the id of nothing.
        """
        if not self.is_ours(uri):
            return None
        url = parse(uri)
        found = _PLACE.fullmatch(url.raw_path)
        if found is None or url.raw_query_string or url.raw_fragment:
            return None
        kind, key = next((k, v) for k, v in found.groupdict().items() if v is not None)
        return _place(kind, key)


def _place(kind: str, key: str) -> Place | None:
    match kind:
        case "agency":
            return Place("agency", "")
        case "moderation" | "person" | "community" | "feed":
            return Place(kind, key)
        case "post" | "activity" if int(key) <= _LARGEST_ID:
            return Place(kind, key)
        case _:
            return None


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise Malformed("name-shape")
    return text


def _number(value: int | str) -> str:
    text = str(value)
    if not _ID.fullmatch(text) or int(text) > _LARGEST_ID:
        raise Malformed("id-shape")
    return text


def _place_of(uri: str) -> tuple[str, str, str]:
    """Give origin, host and authority, as `parse` reads them.

    Of an ASCII URI that has the shape, nothing behind the authority has a say in whether it
    can be parsed; so what comes from one server is parsed once.
    """
    if uri.isascii() and len(uri) <= LONGEST_URI and (found := _SHAPE.fullmatch(uri)):
        return _named(found[1])
    return _read_place(uri)


@lru_cache(maxsize=4096)
def _named(start: str) -> tuple[str, str, str]:
    return _read_place(start)


def _read_place(uri: str) -> tuple[str, str, str]:
    url = parse(uri)
    host = canonical_host(_written_host(url))
    port = url.explicit_port
    authority = host if port is None else f"{host}:{port}"
    return f"{url.scheme}://{authority}", host, authority


def _written_host(url: URL) -> str:
    """Give the host as it stands in the text, in brackets where it is IPv6."""
    host = url.raw_host or ""
    return f"[{host}]" if ":" in host else host


def _ascii_host(text: str) -> str:
    try:
        url = URL.build(scheme="https", host=text)
        host, shown = url.raw_host or "", url.host or ""
        labels = list(zip(host.split("."), shown.split("."), strict=True))
    except ValueError:
        raise Malformed("host-characters") from None
    # An A-label that stands for nothing but itself is a second spelling of no name at all.
    if any(label.startswith("xn--") and meant.isascii() for label, meant in labels):
        raise Malformed("host-label")
    return host


def _canonical_ipv4(host: str) -> str:
    try:
        return str(IPv4Address(host))
    except AddressValueError:
        raise Malformed("host-not-an-address") from None


def _canonical_ipv6(text: str) -> str:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        address = IPv6Address(bare)
    except AddressValueError:
        raise Malformed("host-not-an-address") from None
    if address.scope_id is not None:
        raise Malformed("host-zone")
    return f"[{address}]"
