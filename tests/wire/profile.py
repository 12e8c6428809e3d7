"""The profile that every document of ours keeps (wire.md 8, emitter)."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

Document = dict[str, Any]

ACTORS: Final = frozenset({"Person", "Group", "Application", "Organization", "Service", "Feed"})
POSTS: Final = frozenset({"Article", "Note", "Question"})
#: Neither posts nor activities nor actors: parts, and what is left of things.
PARTS: Final = frozenset(
    {"Mention", "Hashtag", "Emoji", "CommunityPostTag", "Link", "Image", "Document"}
    | {"PropertyValue"}
    | {
        "Collection",
        "OrderedCollection",
        "Multikey",
        "Tombstone",
        "QuoteAuthorization",
        "cl:Kudos",
        "Choice",
    }
    | {"DataIntegrityProof"}
)
_TAG_LIKE = re.compile(r"<[a-zA-Z/!]")
_COLOURS: Final = {f"color{number:02}" for number in range(1, 11)}


def inside(document: Document) -> Iterator[Document]:
    """Give a document and every object in it that has a type, choices of polls left out."""
    if "type" in document:
        yield document
    for name, value in document.items():
        if name in {"oneOf", "anyOf", "@context"}:
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from inside(each)


def groups_in(document: Document) -> list[Document]:
    """Give the communities in a document; a Feed's Add names one by its type and id alone."""
    groups = [each for each in inside(document) if each["type"] == "Group"]
    return [each for each in groups if set(each) != {"type", "id"}]


def posts_in(document: Document) -> list[Document]:
    return [each for each in inside(document) if each["type"] in POSTS]


def activities_in(document: Document) -> list[Document]:
    return [
        each
        for each in inside(document)
        if "actor" in each and each["type"] not in ACTORS | POSTS | PARTS
    ]


def is_vote(post: Document) -> bool:
    return "inReplyTo" in post and "name" in post and "content" not in post


def strings_and_lists(document: Document) -> None:
    """Item 10."""
    for each in [*posts_in(document), *activities_in(document)]:
        for name in {"audience", "context", "attributedTo", "actor"} & set(each):
            assert isinstance(each[name], str), name
        for name in ("to", "cc"):
            assert isinstance(each[name], list), name
        for name in {"tag", "attachment"} & set(each):
            assert isinstance(each[name], list), name
        assert isinstance(each.get("language", {}), dict)
    for each in groups_in(document):
        assert isinstance(each["language"], list)
        assert isinstance(each["attributedTo"], str)


def replies_and_threads(document: Document) -> None:
    """Item 11; a vote is no reply, and a summary of a reply is there to warn (wire.md 0.5).

    A reply that asks for votes is a Question, as it is in Mastodon.
    """
    for post in posts_in(document):
        if post["type"] == "Article":
            assert "inReplyTo" not in post
        elif "inReplyTo" in post and not is_vote(post):
            assert "name" not in post
            assert "summary" not in post or post["sensitive"] is True


def types(document: Document) -> None:
    """Item 12."""
    assert not {"Answer", "Page", "EmojiReact"} & {each["type"] for each in inside(document)}
    for post in posts_in(document):
        if post["type"] == "Question":
            assert post.get("oneOf") or post.get("anyOf")
            assert not ("oneOf" in post and "anyOf" in post)
            assert post["endTime"]
            assert "name" not in post


def attachments(document: Document) -> None:
    """Item 13."""
    for post in posts_in(document):
        for each in post.get("attachment", []):
            assert each["type"] in {"Link", "Image", "Document"}
            assert each.get("name") == each.get("summary")
            assert ("href" in each) == (each["type"] == "Link") == ("url" not in each)
        assert isinstance(post.get("image", {}), dict)


def origins(document: Document) -> None:
    """Item 14: who says it and what is said have one origin, and all is https."""
    for each in [*posts_in(document), *activities_in(document)]:
        author = each.get("actor") or each["attributedTo"]
        assert urlsplit(each["id"]).netloc == urlsplit(author).netloc
    for uri in _links(document):
        assert uri.startswith("https://"), uri


def _links(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in {"id", "actor", "attributedTo", "url", "href", "to", "cc"}:
                yield from (
                    each
                    for each in (inner if isinstance(inner, list) else [inner])
                    if isinstance(each, str)
                )
            if name != "@context":
                yield from _links(inner)
    if isinstance(value, list):
        for each in value:
            yield from _links(each)


def times(document: Document) -> None:
    """Item 15; a vote has none, for by that PieFed knows it (wire.md 2.5)."""
    for each in [*posts_in(document), *activities_in(document)]:
        if is_vote(each):
            assert "published" not in each
            continue
        published = datetime.fromisoformat(each["published"])
        if "updated" in each:
            assert datetime.fromisoformat(each["updated"]) > published


def sizes(document: Document) -> None:
    """Item 16."""
    for post in posts_in(document):
        summary = post.get("summary", "")
        assert len(summary) <= 500
        assert not _TAG_LIKE.search(summary)
    assert len(json.dumps(document, ensure_ascii=False).encode()) <= 256_000


def tags_of_groups(document: Document) -> None:
    """Item 17."""
    for each in groups_in(document):
        assert {tag["type"] for tag in each["tag"]} <= {"CommunityPostTag"}
        assert {tag["color"] for tag in each["tag"]} <= _COLOURS


def known_types(document: Document) -> None:
    """Nothing is sent that the walk above did not look at."""
    for each in inside(document):
        if each["type"] not in ACTORS | POSTS | PARTS:
            assert each in activities_in(document), each["type"]
