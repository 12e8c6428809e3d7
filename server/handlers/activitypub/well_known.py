"""Discovery: WebFinger, NodeInfo, host-meta, and our JSON-LD terms."""

from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from aiohttp import web

from federation.errors import Malformed
from federation.handles import Handle, parse_handle
from federation.uris import Home, authority_of
from schemas.records import ActorKind
from schemas.wire import discovery
from schemas.wire.discovery import NodeInfoVersion
from server.handlers.activitypub.answers import (
    ANY_ORIGIN,
    JRD,
    Written,
    for_all,
    written,
    written_bytes,
)
from server.middleware import CONTEXT
from server.services import figures, reading
from server.storage.served import Known

_AGENCY: Final = "actor"
_TYPES: Final = {
    ActorKind.PERSON: "Person",
    ActorKind.COMMUNITY: "Group",
    ActorKind.AGENCY: "Application",
    ActorKind.MODERATION: "Service",
    ActorKind.FEED: "Feed",
}
_ACTORS: Final = frozenset({"agency", "moderation", "person", "community", "feed"})
_SCHEMA: Final = "http://nodeinfo.diaspora.software/ns/schema/"


async def webfinger(request: web.Request) -> web.Response:
    """Answer /.well-known/webfinger for the handles and ids of our actors (RFC 7033)."""
    context = request.app[CONTEXT]
    name = _name_in(context.home, _resource(request))
    known = await reading.find_known(context, name) if name else None
    if known is None or not reading.is_serving(known.actor):
        raise reading.nothing()
    return for_all(request, _jrd(known, context.home))


# What is known is another object as soon as anything about it changes; see `served.Known`.
@lru_cache(maxsize=512)
def _jrd(known: Known, home: Home) -> Written:
    actor = known.actor
    # The agency answers as well, for whoever gives the name of their server and no more.
    takes_people = actor.kind in {ActorKind.PERSON, ActorKind.AGENCY}
    document = discovery.webfinger_document(
        subject=f"acct:{actor.handle.removeprefix('@')}",
        actor_uri=actor.uri,
        actor_type=_TYPES[actor.kind],
        page=None if actor.kind.speaks_for_agency else actor.url or actor.uri,
        interaction=f"{home.origin}/authorize_interaction?uri=" if takes_people else None,
    )
    return written(document, content_type=JRD, headers=ANY_ORIGIN)


def _resource(request: web.Request) -> str:
    resources = request.query.getall("resource", [])
    if len(resources) != 1:
        raise Malformed("resource-missing" if not resources else "resource-duplicated")
    return resources[0]


@lru_cache(maxsize=512)
def _name_in(home: Home, resource: str) -> str | None:
    """Give the local name that is asked for; None where it is nobody's here."""
    if _is_agency_itself(home, resource):
        return _AGENCY
    found = parse_handle(resource)
    if found is None:
        raise Malformed("resource-malformed", "Ask for acct:name@host, or for an address.")
    if isinstance(found, Handle):
        return found.name.lower() if found.host == home.authority else None
    place = home.locate(found)
    if place is None or place.kind not in _ACTORS:
        return None
    return place.key or _AGENCY


def _is_agency_itself(home: Home, resource: str) -> bool:
    """Know acct:HOST@HOST, a server's own actor (FEP-d556), and our bare origin."""
    scheme = home.scheme
    account, _, host = resource.removeprefix("acct:").rpartition("@")
    try:
        named = {authority_of(f"{scheme}://{part}") for part in (account, host)}
    except Malformed:
        return resource in {home.origin, f"{home.origin}/"}
    return named == {home.authority}


async def nodeinfo_links(request: web.Request) -> web.Response:
    """Answer /.well-known/nodeinfo."""
    home = request.app[CONTEXT].home
    documents: dict[NodeInfoVersion, str] = {
        "2.1": f"{home.origin}/nodeinfo/2.1",
        "2.0": f"{home.origin}/nodeinfo/2.0",
    }
    links = discovery.nodeinfo_links(documents=documents, agency_uri=home.agency)
    return for_all(request, written(links, content_type=JRD, headers=ANY_ORIGIN))


async def nodeinfo_2_0(request: web.Request) -> web.Response:
    """Answer /nodeinfo/2.0."""
    return await _nodeinfo(request, "2.0")


async def nodeinfo_2_1(request: web.Request) -> web.Response:
    """Answer /nodeinfo/2.1."""
    return await _nodeinfo(request, "2.1")


async def _nodeinfo(request: web.Request, version: NodeInfoVersion) -> web.Response:
    context = request.app[CONTEXT]
    usage = await figures.usage(context)
    document = discovery.nodeinfo(
        version,
        software_version=figures.own_version(),
        node_name=context.settings.name,
        members=usage.members,
        active_month=usage.active_month,
        active_half_year=usage.active_half_year,
        posts=usage.posts,
    )
    content_type = f'application/json; profile="{_SCHEMA}{version}#"'
    told = written(document, content_type=content_type, headers=ANY_ORIGIN)
    return for_all(request, told)


async def host_meta(request: web.Request) -> web.Response:
    """Answer /.well-known/host-meta, as XML."""
    xml = discovery.host_meta_xml(_template(request)).encode()
    content_type = "application/xrd+xml; charset=utf-8"
    return for_all(request, written_bytes(xml, content_type=content_type, headers=ANY_ORIGIN))


async def host_meta_json(request: web.Request) -> web.Response:
    """Answer /.well-known/host-meta.json."""
    document = discovery.host_meta(_template(request))
    return for_all(request, written(document, content_type=JRD, headers=ANY_ORIGIN))


def _template(request: web.Request) -> str:
    return f"{request.app[CONTEXT].home.origin}/.well-known/webfinger?resource={{uri}}"


async def terms(request: web.Request) -> web.Response:
    """Answer /ns: the terms that we add to ActivityStreams, as a JSON-LD context."""
    return for_all(request, _terms())


@cache
def _terms() -> Written:
    terms = files("schemas.wire").joinpath("context.jsonld").read_bytes()
    return written_bytes(terms, content_type="application/ld+json", headers=ANY_ORIGIN)
