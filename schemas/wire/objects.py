"""Article, Note, Page, polls, what is taken for them, and Tombstone."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from schemas.wire.parts import (
    Attachments,
    Choices,
    Container,
    OptionalLanguage,
    OptionalPicture,
    OptionalSource,
    Policy,
    Tag,
    Tags,
    is_group,
)
from schemas.wire.reading import (
    Boolean,
    Count,
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
    moment,
    one_uri,
    page_url,
    read_as,
    text,
    uris,
)
from schemas.wire.vocabulary import LIMITS


def _author(value: object) -> str:
    """Read who wrote it; a person beside groups is the author (PeerTube), nothing else is."""
    if not isinstance(value, list) or len(value) < 2:  # noqa: PLR2004 - two is "several"
        return one_uri(value)
    people = [entry for entry in value if not is_group(entry)]
    return one_uri(people if all(isinstance(entry, dict) for entry in people) else value)


def _texts_by_language(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    kept = {key: text(found) for key, found in value.items() if isinstance(found, str)}
    return dict(list(kept.items())[: LIMITS["contentMap"].at])


def _group_among_authors(value: object) -> str | None:
    return link_or_none([entry for entry in entries(value) if is_group(entry)])


def _reason(value: object) -> str | None:
    return None if value is None else text(value)


def _closed(value: object) -> datetime | bool | None:
    return value if isinstance(value, bool) else moment(value)


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
    source: OptionalSource = None
    language: OptionalLanguage = None
    to: Recipients = ()
    cc: Recipients = ()
    audience: Recipients = ()
    target: Container = None
    tag: Tags = ()
    attachment: Attachments = ()
    image: OptionalPicture = None
    url: Annotated[str | None, BeforeValidator(page_url)] = None
    sensitive: Boolean = None
    interaction_policy: Policy = None
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
    duplicate_of: LinkOrNone = None
    one_of: Choices = ()
    any_of: Choices = ()
    end_time: Moment = None
    closed: Annotated[datetime | bool | None, BeforeValidator(_closed)] = None
    voters_count: Count = None
    quote: LinkOrNone = None
    quote_url: LinkOrNone = None
    quote_uri: LinkOrNone = None
    misskey_quote: LinkOrNone = Field(default=None, alias="_misskey_quote")
    quote_authorization: LinkOrNone = None
    #: Beside a person in `attributedTo`, as PeerTube writes its channels.
    group: Annotated[str | None, BeforeValidator(_group_among_authors)] = Field(
        default=None, alias="attributedTo"
    )

    @property
    def mentions(self) -> tuple[Tag, ...]:
        """The tags that call somebody, each with a URI."""
        return tuple(tag for tag in self.tag if tag.type == "Mention" and tag.href)


class TombstoneDocument(Document):
    """What is left of a deleted thing; in the list of a thread, with the place that it had.

    `summary` is a moderator's reason: only what a moderator removed has one (wire.md 1.2).
    """

    id: Uri
    type: TypeNames
    former_type: LenientType = ""
    in_reply_to: LinkOrNone = None
    post_kind: Text = ""
    summary: Annotated[str | None, BeforeValidator(_reason)] = None
    published: Moment = None
    deleted: Moment = None


def parse_post(document: dict[str, Any]) -> PostDocument:
    """Read an object that should be a post.

    Raises:
        BadDocument: with the property and what is wrong in `reason`.
    """
    return read_as(PostDocument, document)


def parse_tombstone(document: dict[str, Any]) -> TombstoneDocument:
    """Read an object that should be a tombstone.

    Raises:
        BadDocument: with the property and what is wrong in `reason`.
    """
    return read_as(TombstoneDocument, document)
