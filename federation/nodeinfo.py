"""Ask an agency which program it runs (NodeInfo 2.0 and 2.1)."""

import re
from dataclasses import dataclass
from typing import Final

from federation.errors import Malformed
from federation.fetch import read_json, refuse_failure
from federation.media_types import is_jrd
from federation.session import Fetched, Session
from federation.uris import origin_of, same_origin

_SCHEMA: Final = "http://nodeinfo.diaspora.software/ns/schema/"
# The newest that we know comes first; later ones have kept what we read.
_VERSIONS: Final = ("2.2", "2.1", "2.0")
_SOFTWARE: Final = re.compile(r"[a-z0-9-]{1,64}")
_LONGEST_VERSION: Final = 128
_PROTOCOL: Final = re.compile(r"[a-z0-9._-]{1,32}")
_MOST_LINKS: Final = 16
_MOST_PROTOCOLS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeInfo:
    """What a peer says about itself: a hint for wording and quirks, proof of nothing."""

    software: str
    version: str
    protocols: frozenset[str]
    open_registrations: bool
    name: str


async def nodeinfo(session: Session, origin: str) -> NodeInfo:
    """Ask an origin for its NodeInfo; document and link stay on that origin (FET-06).

    Raises:
        Malformed: no NodeInfo 2.x, a link or redirect to another origin, or odd values.
        FederationError: as `federation.fetch.fetch_document`.
    """
    asked = origin_of(origin)
    index = await _get(session, asked, f"{asked}/.well-known/nodeinfo")
    link = _newest_link(read_json(index).get("links"))
    if link is None or not same_origin(link, asked):
        raise Malformed("nodeinfo-link")
    return _read(read_json(await _get(session, asked, link)))


async def _get(session: Session, origin: str, url: str) -> Fetched:
    fetched = await session.get(url, accept="application/json", accept_types=is_jrd)
    refuse_failure(fetched)
    if not same_origin(fetched.url, origin):
        raise Malformed("nodeinfo-moved")
    return fetched


def _newest_link(links: object) -> str | None:
    found: dict[str, str] = {}
    for link in links[:_MOST_LINKS] if isinstance(links, list) else []:
        match link:
            case {"rel": str(rel), "href": str(href)}:
                found.setdefault(rel, href)
            case _:
                continue
    return next((found[_SCHEMA + v] for v in _VERSIONS if _SCHEMA + v in found), None)


def _read(document: dict[str, object]) -> NodeInfo:
    match document:
        case {"software": {"name": str(name), "version": str(version)}}:
            software = name.lower()
        case _:
            raise Malformed("nodeinfo-software")
    if not _SOFTWARE.fullmatch(software) or not version.isprintable():
        raise Malformed("nodeinfo-software")
    return NodeInfo(
        software=software,
        version=version[:_LONGEST_VERSION],
        protocols=frozenset(_protocols(document.get("protocols"))),
        open_registrations=document.get("openRegistrations") is True,
        name=_name(document.get("metadata")),
    )


def _name(metadata: object) -> str:
    match metadata:
        case {"nodeName": str(name)}:
            return name[:_LONGEST_VERSION]
        case _:
            return ""


def _protocols(value: object) -> list[str]:
    listed = value[:_MOST_PROTOCOLS] if isinstance(value, list) else []
    return [each for each in listed if isinstance(each, str) and _PROTOCOL.fullmatch(each)]
