"""Where a request goes, as both schemes sign it: scheme, authority, path with query."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from federation.errors import Malformed

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL in the parts that are signed.

    Args:
        scheme: "http" or "https".
        authority: lower-case host, with the port unless it is the one of the scheme.
        path: with the query, raw; at least "/".
    """

    scheme: str
    authority: str
    path: str

    @property
    def uri(self) -> str:
        """The whole as RFC 9421, 2.2.2 wants it."""
        return f"{self.scheme}://{self.authority}{self.path}"


def target_of(url: str) -> Target:
    """Take apart the URL of a request that is about to be signed; a fragment is left out.

    Raises:
        Malformed: "url-not-signable", when it would not travel as it is signed.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Malformed("url-not-signable") from error
    default_port = _DEFAULT_PORTS.get(parts.scheme)
    # urlsplit drops line ends: what is signed would not be what is sent.
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or default_port is None or not parts.hostname or "@" in parts.netloc:
        raise Malformed("url-not-signable")
    query = f"?{parts.query}" if parts.query else ""
    return Target(
        scheme=parts.scheme,
        authority=parts.netloc.lower().removesuffix(default_port),
        path=(parts.path or "/") + query,
    )
