"""The documents that are built from nothing but values: collections, discovery, contexts."""

import json
from importlib.resources import files
from xml.etree import ElementTree as ET

import pytest

from schemas.wire.collections import (
    count_only,
    ordered_collection,
    without_context,
)
from schemas.wire.discovery import (
    host_meta,
    host_meta_xml,
    nodeinfo,
    nodeinfo_links,
    webfinger_document,
)
from schemas.wire.vocabulary import CONTEXT, TERMS

GROUP = "https://transport.example/c/roadsafety"
TEMPLATE = "https://transport.example/.well-known/webfinger?resource={uri}"


def test_the_context_we_serve_defines_the_terms_we_use():
    served = json.loads(files("schemas.wire").joinpath("context.jsonld").read_text())

    assert served == {"@context": TERMS}


def test_conformance_19_an_outbox_is_one_unpaginated_collection():
    announce = {"@context": CONTEXT, "id": f"{GROUP}/1", "type": "Announce"}

    document = ordered_collection(f"{GROUP}/outbox", [announce, GROUP], total=812)

    assert document == {
        "@context": CONTEXT,
        "id": f"{GROUP}/outbox",
        "type": "OrderedCollection",
        "totalItems": 812,
        "orderedItems": [{"id": f"{GROUP}/1", "type": "Announce"}, GROUP],
    }


def test_a_thread_says_whose_it_is_and_counts_itself():
    document = ordered_collection(f"{GROUP}/t/1", [GROUP], owner=GROUP)

    assert (document["attributedTo"], document["totalItems"]) == (GROUP, 1)


def test_a_count_names_nobody():
    document = count_only(f"{GROUP}/followers", 7)

    assert document["totalItems"] == 7
    assert set(document) == {"@context", "id", "type", "totalItems"}


def test_a_proven_document_keeps_its_context():
    assert without_context({"@context": "x", "id": "y"}) == {"id": "y"}

    assert without_context({"@context": "x", "proof": {}}) == {"@context": "x", "proof": {}}


@pytest.mark.parametrize(
    ("page", "aliases", "links"),
    [(None, [GROUP], 1), (GROUP, [GROUP], 2), ("https://t.example/x", None, 2)],
)
def test_webfinger_leads_to_the_actor_and_to_its_page(page, aliases, links):
    document = webfinger_document(
        subject="acct:roadsafety@transport.example",
        actor_uri=GROUP,
        actor_type="Group",
        page=page,
    )

    assert document["links"][0]["href"] == GROUP
    assert document["links"][0]["type"] == "application/activity+json"
    assert document["aliases"] == (aliases or [GROUP, page])
    assert len(document["links"]) == links


def test_webfinger_tells_the_actor_of_the_server_from_a_user_of_it():
    document = webfinger_document(
        subject="acct:actor@transport.example",
        actor_uri="https://transport.example/actor",
        actor_type="Application",
    )

    assert [link["rel"] for link in document["links"]] == [
        "self",
        "https://www.w3.org/ns/activitystreams#Service",
    ]
    assert {link["href"] for link in document["links"]} == {"https://transport.example/actor"}


def test_webfinger_says_where_an_account_opens_what_it_found_elsewhere():
    opens = "https://transport.example/authorize_interaction?uri="

    document = webfinger_document(
        subject="acct:mona@transport.example",
        actor_uri="https://transport.example/@mona",
        actor_type="Person",
        interaction=opens,
    )

    assert document["links"][1:] == [
        {"rel": "http://ostatus.org/schema/1.0/subscribe", "template": opens + "{uri}"},
        {"rel": "https://w3id.org/fep/3b86/Follow", "template": opens + "{object}"},
        {"rel": "https://w3id.org/fep/3b86/Object", "template": opens + "{object}"},
    ]


def test_nodeinfo_says_what_we_are_and_who_we_resemble():
    counts = {"members": 3, "active_month": 2, "active_half_year": 3, "posts": 9}
    named = {"software_version": "0.1.0", "node_name": "Transport", **counts}

    older = nodeinfo("2.0", **named, repository="https://code.example/commonlore")
    newer = nodeinfo("2.1", **named, repository="https://code.example/commonlore")
    without = nodeinfo("2.1", **named)

    assert older["software"] == {"name": "commonlore", "version": "0.1.0"}
    assert newer["software"]["repository"] == "https://code.example/commonlore"
    assert "repository" not in without["software"]
    assert older["metadata"]["upstream"] == {"name": "mastodon"}
    assert older["usage"]["localPosts"] == 9


def test_nodeinfo_links_name_each_version_and_the_agency():
    document = nodeinfo_links(
        documents={"2.1": "https://t.example/nodeinfo/2.1"},
        agency_uri="https://t.example/actor",
    )

    assert [link["href"] for link in document["links"]] == [
        "https://t.example/nodeinfo/2.1",
        "https://t.example/actor",
    ]
    assert document["links"][0]["rel"].endswith("/ns/schema/2.1")


def test_host_meta_says_the_same_in_json_and_in_xml():
    as_json = host_meta(TEMPLATE)["links"][0]
    as_xml = ET.fromstring(host_meta_xml(TEMPLATE + "&a=1"))[0]  # noqa: S314 - our own text

    assert as_json["template"] == TEMPLATE
    assert as_xml.attrib["template"] == TEMPLATE + "&a=1"
