"""Stamps: documents by which an author lets somebody quote a post or reply to it."""

from typing import Any, Final

from schemas.wire.reading import Document, TypeNames, Uri, read_as

_TYPES: Final = frozenset(
    {"QuoteAuthorization", "ReplyAuthorization", "LikeAuthorization", "AnnounceAuthorization"}
    | {"ReplyApproval", "LikeApproval", "AnnounceApproval"}
)


class StampDocument(Document):
    """A permission as it travels (FEP-044f, GoToSocial)."""

    id: Uri
    type: TypeNames
    attributed_to: Uri
    interacting_object: Uri
    interaction_target: Uri

    @property
    def is_stamp(self) -> bool:
        """Say whether it calls itself one."""
        return not _TYPES.isdisjoint(self.type)


def parse_stamp(document: dict[str, Any]) -> StampDocument:
    """Read an object that should be a stamp.

    Raises:
        BadDocument: with the property and what is wrong in `reason`.
    """
    return read_as(StampDocument, document)
