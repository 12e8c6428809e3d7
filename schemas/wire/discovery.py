"""WebFinger, NodeInfo and host-meta documents, as plain data."""

from typing import Any, Literal
from xml.sax.saxutils import quoteattr

from schemas.wire.vocabulary import ACTIVITY_MEDIA_TYPE, ACTIVITYSTREAMS

NodeInfoVersion = Literal["2.0", "2.1"]

#: Links to where a person's own server opens something of another; each has a template.
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
FOLLOW_INTENT = "https://w3id.org/fep/3b86/Follow"
OBJECT_INTENT = "https://w3id.org/fep/3b86/Object"
CREATE_INTENT = "https://w3id.org/fep/3b86/Create"

_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
_APPLICATION_ACTOR = "https://www.w3.org/ns/activitystreams#Application"
# What FEP-d556 calls the actor of a whole server, whatever type that has.
_SERVER_ACTOR = "https://www.w3.org/ns/activitystreams#Service"
_ACTOR_TYPE = ACTIVITYSTREAMS + "#type"


def webfinger_document(
    *,
    subject: str,
    actor_uri: str,
    actor_type: str,
    page: str | None = None,
    interaction: str | None = None,
) -> dict[str, Any]:
    """Build the answer to a WebFinger query (RFC 7033, and FEP-d556 for the agency itself).

    Args:
        subject: "acct:name@authority", exactly as the handle is.
        actor_uri: the id that the handle stands for.
        actor_type: "Person", "Group" or "Application"; tells groups from people of one name.
        page: the page for people, where there is one.
        interaction: where whoever has an account there opens something of another server, but
            for the address of the thing, which comes last (OStatus subscribe, FEP-3b86).
    """
    links: list[dict[str, Any]] = [
        {
            "rel": "self",
            "type": ACTIVITY_MEDIA_TYPE,
            "href": actor_uri,
            "properties": {_ACTOR_TYPE: actor_type},
        }
    ]
    if actor_type == "Application":
        links.append({"rel": _SERVER_ACTOR, "type": ACTIVITY_MEDIA_TYPE, "href": actor_uri})
    if page is not None:
        links.append(
            {
                "rel": "http://webfinger.net/rel/profile-page",
                "type": "text/html",
                "href": page,
            }
        )
    if interaction is not None:
        links += [
            {"rel": SUBSCRIBE, "template": interaction + "{uri}"},
            {"rel": FOLLOW_INTENT, "template": interaction + "{object}"},
            {"rel": OBJECT_INTENT, "template": interaction + "{object}"},
        ]
    aliases = [actor_uri] if page in (None, actor_uri) else [actor_uri, page]
    return {"subject": subject, "aliases": aliases, "links": links}


def nodeinfo_links(*, documents: dict[NodeInfoVersion, str], agency_uri: str) -> dict[str, Any]:
    """Build `/.well-known/nodeinfo`; it also names the agency's own actor (FEP-2677).

    Args:
        documents: the address of the document of each version that we serve.
        agency_uri: the id of the Application actor.
    """
    links = [{"rel": _SCHEMA + version, "href": href} for version, href in documents.items()]
    return {"links": [*links, {"rel": _APPLICATION_ACTOR, "href": agency_uri}]}


def nodeinfo(
    version: NodeInfoVersion,
    *,
    software_version: str,
    node_name: str,
    members: int,
    active_month: int,
    active_half_year: int,
    posts: int,
    repository: str | None = None,
) -> dict[str, Any]:
    """Build a NodeInfo document (FEP-f1d5).

    The counts are what the agency chose to show; version 2.0 has no place for a repository.
    """
    software = {"name": "commonlore", "version": software_version}
    if version == "2.1" and repository is not None:
        software["repository"] = repository
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": False,
        "usage": {
            "users": {
                "total": members,
                "activeMonth": active_month,
                "activeHalfyear": active_half_year,
            },
            "localPosts": posts,
        },
        "metadata": {
            "nodeName": node_name,
            # Client libraries decide by this which API they may speak.
            "upstream": {"name": "mastodon"},
            "capabilities": ["fep-1b12", "fep-7888", "fep-c0e0", "fep-521a", "fep-1a11"],
        },
    }


def host_meta(template: str) -> dict[str, Any]:
    """Build host-meta as JSON (RFC 6415).

    Args:
        template: the address of WebFinger with "{uri}" where the query goes.
    """
    return {"links": [{"rel": "lrdd", "type": "application/jrd+json", "template": template}]}


def host_meta_xml(template: str) -> str:
    """Build host-meta as XRD, which some clients read first (RFC 6415)."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" type="application/xrd+xml" template={quoteattr(template)}/>\n'
        "</XRD>\n"
    )
