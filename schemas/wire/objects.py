"""Article, Note, Page and Tombstone; their tags and the languages they are in."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from schemas.wire.reading import (
    Boolean,
    Document,
    LenientType,
    LinkOrNone,
    Moment,
    OptionalUri,
    Recipients,
    Text,
    TypeNames,
    Uri,
    entries,
    link_or_none,
    one_uri,
    page_url,
    read_as,
    text,
    uris,
)
from schemas.wire.vocabulary import LIMITS, ActorType


class Tag(Document):
    """A mention, a hashtag or one of a community's own post tags. Reading one never fails."""

    type: LenientType = ""
    href: LinkOrNone = None
    id: LinkOrNone = None
    name: Text = ""
    preferred_username: Text = ""


class Attachment(Document):
    """A link, a picture or a file beside the words. Reading one never fails."""

    type: LenientType = ""
    href: LinkOrNone = None
    url: Annotated[str | None, BeforeValidator(page_url)] = None
    name: Text = ""

    @property
    def address(self) -> str | None:
        """Where it leads, whichever of the two names it uses."""
        return self.href or self.url


class Source(Document):
    """What the author wrote, before it became HTML."""

    content: Text = ""
    media_type: Text = ""


class Language(Document):
    """The language of a post, as Lemmy and PieFed write it."""

    identifier: Text = ""


def _author(value: object) -> str:
    """Read who wrote it; a person beside groups is the author (PeerTube), nothing else is."""
    if not isinstance(value, list) or len(value) < 2:  # noqa: PLR2004 - two is "several"
        return one_uri(value)
    people = [entry for entry in value if not is_group(entry)]
    return one_uri(people if all(isinstance(entry, dict) for entry in people) else value)


def is_group(value: object) -> bool:
    """Say whether an embedded actor calls itself a community."""
    return isinstance(value, dict) and value.get("type") == ActorType.GROUP


def _tags(value: object) -> list[object]:
    return list(entries(value)[: LIMITS["tag"].at])


def _attachments(value: object) -> list[object]:
    return list(entries(value)[: LIMITS["attachment"].at])


def _one_part(value: object) -> object:
    return next(iter(entries(value)), None)


def _texts_by_language(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    kept = {key: text(found) for key, found in value.items() if isinstance(found, str)}
    return dict(list(kept.items())[: LIMITS["contentMap"].at])


def _group_among_authors(value: object) -> str | None:
    return link_or_none([entry for entry in entries(value) if is_group(entry)])


class PostDocument(Document):
    """A thread starter, an answer or a comment, as it travels."""

    id: Uri
    type: TypeNames
    attributed_to: Annotated[str, BeforeValidator(_author)]
    in_reply_to: OptionalUri = None
    context: LinkOrNone = None
    name: Text = ""
    summary: Text = ""
    content: Text = ""
    content_map: Annotated[dict[str, str], BeforeValidator(_texts_by_language)] = Field(
        default_factory=dict
    )
    media_type: Text = ""
    source: Annotated[Source | None, BeforeValidator(_one_part)] = None
    language: Annotated[Language | None, BeforeValidator(_one_part)] = None
    to: Recipients = ()
    cc: Recipients = ()
    audience: Recipients = ()
    target: LinkOrNone = None
    tag: Annotated[tuple[Tag, ...], BeforeValidator(_tags)] = ()
    attachment: Annotated[tuple[Attachment, ...], BeforeValidator(_attachments)] = ()
    published: Moment = None
    updated: Moment = None
    post_kind: Text = ""
    answer: Boolean = None
    locked: Boolean = None
    comments_enabled: Boolean = None
    accepted_answer: Annotated[
        tuple[str, ...],
        BeforeValidator(lambda value: uris(value)[: LIMITS["acceptedAnswer"].at]),
    ] = ()
    #: Beside a person in `attributedTo`, as PeerTube writes its channels.
    group: str | None = None

    @property
    def mentions(self) -> tuple[Tag, ...]:
        """The tags that call somebody, each with a URI."""
        return tuple(tag for tag in self.tag if tag.type == "Mention" and tag.href)


class TombstoneDocument(Document):
    """What is left of a deleted thing."""

    id: Uri
    type: TypeNames
    former_type: LenientType = ""
    deleted: Moment = None


def parse_post(document: dict[str, Any]) -> PostDocument:
    """Read an object that should be a post.

    Raises:
        BadDocument: with the property and what is wrong in `reason`.
    """
    found = read_as(PostDocument, document)
    return found.model_copy(
        update={"group": _group_among_authors(document.get("attributedTo"))}
    )


def parse_tombstone(document: dict[str, Any]) -> TombstoneDocument:
    """Read an object that should be a tombstone.

    Raises:
        BadDocument: with the property and what is wrong in `reason`.
    """
    return read_as(TombstoneDocument, document)
