"""Collections and their pages: what we serve, and what others serve us."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from schemas.wire.reading import (
    Document,
    LinkOrNone,
    TypeNames,
    Uri,
    is_uri,
    read_as,
)
from schemas.wire.vocabulary import CONTEXT, LIMITS

#: Lemmy and PieFed read an outbox whole or not at all (conformance 19).
LONGEST_OUTBOX = 50


def ordered_collection(
    uri: str,
    items: list[Any],
    *,
    total: int | None = None,
    owner: str | None = None,
    likes: str | None = None,
) -> dict[str, Any]:
    """Build a whole collection in one document, in the order given (ActivityPub 5).

    Args:
        uri: the id of the collection.
        items: URIs, or documents without a context of their own.
        total: how many there are where that may be known and is not the length of `items`.
        owner: the actor whose collection it is (FEP-f228 asks for it on threads).
        likes: the collection of what was given to the posts in it.
    """
    document: dict[str, Any] = {"@context": CONTEXT, "id": uri, "type": "OrderedCollection"}
    if owner is not None:
        document["attributedTo"] = owner
    if likes is not None:
        document["likes"] = likes
    document["totalItems"] = len(items) if total is None else total
    document["orderedItems"] = [
        entry if isinstance(entry, str) else without_context(entry) for entry in items
    ]
    return document


def item_collection(uri: str, items: list[str]) -> dict[str, Any]:
    """Build a whole collection without an order: the only form of which Lemmy reads a Feed's.

    Args:
        uri: the id of the collection.
        items: the ids of the communities in it.
    """
    return count_only(uri, len(items)) | {"items": items}


def batch(activities: list[dict[str, Any]]) -> dict[str, Any]:
    """Build what one Announce may carry in place of many: votes, in their order (FEP-1a11)."""
    return {
        "type": "OrderedCollection",
        "totalItems": len(activities),
        "orderedItems": [without_context(each) for each in activities],
    }


def count_only(uri: str, total: int) -> dict[str, Any]:
    """Build a collection that says how many and never who (followers, likes, shares)."""
    return {"@context": CONTEXT} | count(uri, total)


def count(uri: str, total: int) -> dict[str, Any]:
    """Build what `count_only` does, to stand inside another document."""
    return {"id": uri, "type": "Collection", "totalItems": total}


def without_context(document: dict[str, Any]) -> dict[str, Any]:
    """Take the context off an embedded document; the outermost one has it (wire 0.2).

    What carries a proof is left whole: the proof covers the context too (FEP-8b32).
    """
    if "proof" in document:
        return document
    return {key: value for key, value in document.items() if key != "@context"}


def _total(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _items(value: object) -> list[object]:
    listed = value if isinstance(value, list) else [value]
    kept = [entry for entry in listed if isinstance(entry, dict) or is_uri(entry)]
    return kept[: LIMITS["items of a collection page"].at]


Items = Annotated[tuple[str | dict[str, Any], ...], BeforeValidator(_items)]


class CollectionDocument(Document):
    """A collection or one page of it, of somebody else. `first` may be embedded.

    `likes` of a thread lists what was given to any of its posts.
    """

    id: Uri
    type: TypeNames
    total_items: Annotated[int, BeforeValidator(_total)] = 0
    ordered_items: Items = ()
    items: Items = ()
    first: LinkOrNone = None
    next: LinkOrNone = None
    likes: LinkOrNone = None

    @property
    def entries(self) -> tuple[str | dict[str, Any], ...]:
        """What is in it, whichever of the two names it uses."""
        return self.ordered_items or self.items


def parse_collection(document: dict[str, Any]) -> CollectionDocument:
    """Read a collection or a page. Links to other origins are for the caller to refuse.

    Raises:
        BadDocument: with the property and what is wrong in `reason`.
    """
    return read_as(CollectionDocument, document)
