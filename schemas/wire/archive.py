"""The archive of a community: every thread it has, oldest first, page by page (wire.md 4.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schemas.wire.reading import is_uri, lenient_type_name
from schemas.wire.vocabulary import CONTEXT

#: How many threads stand on a page.
PAGE = 100
_LONGEST_DIGEST = 128
_WRAPPERS = frozenset({"Announce", "Create"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedThread:
    """A thread in an archive: its first post, where it is listed, and what it was like then.

    `digest` changes whenever anything in the thread does; "" where nobody said.
    """

    root: str
    context: str | None
    digest: str
    updated: str


def archive_page(
    uri: str, *, archive: str, threads: Sequence[ArchivedThread], next_page: str | None
) -> dict[str, Any]:
    """Build a page of an archive; one without `next` is the last one (wire.md 4.2).

    Args:
        uri: the id of this page.
        archive: the id of the whole.
        threads: oldest first, `PAGE` at most.
        next_page: the id of the page behind this one.
    """
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "id": uri,
        "type": "OrderedCollectionPage",
        "partOf": archive,
        "orderedItems": [
            {
                "type": "Object",
                "id": thread.root,
                "context": thread.context,
                "digest": thread.digest,
                "updated": thread.updated,
            }
            for thread in threads
        ],
    }
    if next_page is not None:
        document["next"] = next_page
    return document


def archive(uri: str, *, total: int, first: str) -> dict[str, Any]:
    """Build the head of an archive: how many threads there are, and where they begin."""
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": total,
        "first": first,
    }


def listed_thread(entry: str | dict[str, Any]) -> ArchivedThread | None:
    """Read one entry of an outbox or an archive as the thread that it names.

    An `Announce` or a `Create` names what is inside it, at any depth of the two; an object with
    a `digest` is an archive's entry. None for what names no thread: a reply, a vote, a boost of
    an activity that is not embedded.
    """
    found: object = entry
    while isinstance(found, dict) and lenient_type_name(found.get("type")) in _WRAPPERS:
        found = found.get("object")
    if isinstance(found, str):
        return _thread(found, None, "", "")
    if not isinstance(found, dict) or found.get("inReplyTo"):
        return None
    return _thread(
        found.get("id"), found.get("context"), found.get("digest"), found.get("updated")
    )


def _thread(
    root: object, context: object, digest: object, updated: object
) -> ArchivedThread | None:
    if not isinstance(root, str) or not is_uri(root):
        return None
    return ArchivedThread(
        root=root,
        context=context if isinstance(context, str) and is_uri(context) else None,
        digest=digest[:_LONGEST_DIGEST] if isinstance(digest, str) else "",
        updated=updated if isinstance(updated, str) else "",
    )
