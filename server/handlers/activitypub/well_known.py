"""Discovery: WebFinger, NodeInfo, host-meta, and our JSON-LD terms."""

from functools import cache
from importlib import metadata
from importlib.resources import files
from typing import Final

from aiohttp import web

from federation.errors import Malformed
from federation.handles import Handle, parse_handle
from federation.uris import authority_of
from schemas.records import Actor, ActorKind
from schemas.wire import discovery
from schemas.wire.discovery import NodeInfoVersion
from server.context import Context
from server.handlers.activitypub.answers import (
    ANY_ORIGIN,
    JRD,
    bytes_for_all,
    for_all,
)
from server.middleware import CONTEXT
from server.services import figures, reading
from server.storage import actors

_AGENCY: Final = "actor"
_TYPES: Final = {
    ActorKind.PERSON: "Person",
    ActorKind.COMMUNITY: "Group",
    ActorKind.AGENCY: "Application",
}
_SCHEMA: Final = "http://nodeinfo.diaspora.software/ns/schema/"
_UNVERSIONED: Final = "0"


async def webfinger(request: web.Request) -> web.Response:
    """Answer /.well-known/webfinger for the handles and ids of our actors (RFC 7033)."""
    context = request.app[CONTEXT]
    name = _name_in(context, request.query.getall("resource", []))
    async with context.database.reading() as tx:
        actor = await actors.find_local(tx, name) if name else None
    if actor is None or not reading.is_serving(actor):
        raise reading.nothing()
    return for_all(request, _jrd(actor), content_type=JRD, headers=ANY_ORIGIN)


def _jrd(actor: Actor) -> dict[str, object]:
    return discovery.webfinger_document(
        subject=f"acct:{actor.handle.removeprefix('@')}",
        actor_uri=actor.uri,
        actor_type=_TYPES[actor.kind],
        page=None if actor.kind is ActorKind.AGENCY else actor.url or actor.uri,
    )


def _name_in(context: Context, resources: list[str]) -> str | None:
    """Give the local name that is asked for; None where it is nobody's here."""
    if len(resources) != 1:
        raise Malformed("resource-missing" if not resources else "resource-duplicated")
    resource = resources[0]
    if _is_agency_itself(context, resource):
        return _AGENCY
    found = parse_handle(resource)
    if found is None:
        raise Malformed("resource-malformed", "Ask for acct:name@host, or for an address.")
    if isinstance(found, Handle):
        return found.name.lower() if found.host == context.home.authority else None
    place = context.home.locate(found)
    if place is None or place.kind not in {"agency", "person", "community"}:
        return None
    return place.key or _AGENCY


def _is_agency_itself(context: Context, resource: str) -> bool:
    """Know acct:HOST@HOST, a server's own actor (FEP-d556), and our bare origin."""
    scheme = context.home.origin.partition(":")[0]
    account, _, host = resource.removeprefix("acct:").rpartition("@")
    try:
        named = {authority_of(f"{scheme}://{part}") for part in (account, host)}
    except Malformed:
        return resource in {context.home.origin, f"{context.home.origin}/"}
    return named == {context.home.authority}


async def nodeinfo_links(request: web.Request) -> web.Response:
    """Answer /.well-known/nodeinfo."""
    home = request.app[CONTEXT].home
    documents: dict[NodeInfoVersion, str] = {
        "2.1": f"{home.origin}/nodeinfo/2.1",
        "2.0": f"{home.origin}/nodeinfo/2.0",
    }
    links = discovery.nodeinfo_links(documents=documents, agency_uri=home.agency)
    return for_all(request, links, content_type=JRD, headers=ANY_ORIGIN)


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
        software_version=_own_version(),
        node_name=context.settings.name,
        members=usage.members,
        active_month=usage.active_month,
        active_half_year=usage.active_half_year,
        posts=usage.posts,
    )
    content_type = f'application/json; profile="{_SCHEMA}{version}#"'
    return for_all(request, document, content_type=content_type, headers=ANY_ORIGIN)


@cache
def _own_version() -> str:
    try:
        return metadata.version("commonlore")
    except metadata.PackageNotFoundError:
        return _UNVERSIONED


async def host_meta(request: web.Request) -> web.Response:
    """Answer /.well-known/host-meta, as XML."""
    xml = discovery.host_meta_xml(_template(request)).encode()
    return bytes_for_all(
        request, xml, content_type="application/xrd+xml; charset=utf-8", headers=ANY_ORIGIN
    )


async def host_meta_json(request: web.Request) -> web.Response:
    """Answer /.well-known/host-meta.json."""
    document = discovery.host_meta(_template(request))
    return for_all(request, document, content_type=JRD, headers=ANY_ORIGIN)


def _template(request: web.Request) -> str:
    return f"{request.app[CONTEXT].home.origin}/.well-known/webfinger?resource={{uri}}"


async def terms(request: web.Request) -> web.Response:
    """Answer /ns: the terms that we add to ActivityStreams, as a JSON-LD context."""
    return bytes_for_all(
        request, _terms(), content_type="application/ld+json", headers=ANY_ORIGIN
    )


@cache
def _terms() -> bytes:
    return files("schemas.wire").joinpath("context.jsonld").read_bytes()
