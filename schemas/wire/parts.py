"""Parts of posts and actors: tags, attachments, pictures, choices, policies, languages."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from schemas.wire.reading import (
    Count,
    Document,
    LenientType,
    LinkOrNone,
    Moment,
    Recipients,
    Text,
    count,
    entries,
    lenient_type_name,
    link_or_none,
    page_url,
)
from schemas.wire.vocabulary import LIMITS, ActorType


def picture_url(value: object) -> str | None:
    """Read where a picture is: a string, an Image, or the first of a list of these."""
    first = next(iter(value), None) if isinstance(value, list) else value
    return page_url(first.get("url") or first.get("href") if isinstance(first, dict) else first)


def one_part(value: object) -> object:
    """Take the first object of what may be an object or a list; the rest has no meaning."""
    return next(iter(entries(value)), None)


def is_group(value: object) -> bool:
    """Say whether an embedded actor calls itself a community."""
    named = lenient_type_name(value.get("type")) if isinstance(value, dict) else ""
    return named == ActorType.GROUP


class Picture(Document):
    """A picture somewhere else: an icon, an image, a custom emoji."""

    url: Annotated[str | None, BeforeValidator(picture_url)] = None
    media_type: Text = ""
    name: Text = ""
    summary: Text = ""

    @property
    def description(self) -> str:
        """The alt text, which has two names: GoToSocial's `name`, Mastodon's `summary`."""
        return self.summary or self.name


def _picture(value: object) -> object:
    first = next(iter(value), None) if isinstance(value, list) else value
    if not isinstance(first, dict):
        return {"url": first}
    return first | {"url": first.get("url") or first.get("href")}


class Tag(Document):
    """A mention, a hashtag, an emoji or a community's own post tag. Reading one never fails."""

    type: LenientType = ""
    href: LinkOrNone = None
    id: LinkOrNone = None
    name: Text = ""
    preferred_username: Text = ""
    media_type: Text = ""
    rel: LenientType = ""
    icon: Annotated[Picture | None, BeforeValidator(one_part)] = None
    updated: Moment = None


def _focal_point(value: object) -> tuple[float, float] | None:
    match value:
        case [int() | float() as x, int() | float() as y]:
            return (float(x), float(y)) if abs(x) <= 1 and abs(y) <= 1 else None
        case _:
            return None


class Attachment(Document):
    """A link, a picture or a file beside the words. Reading one never fails."""

    type: LenientType = ""
    id: LinkOrNone = None
    href: LinkOrNone = None
    url: Annotated[str | None, BeforeValidator(picture_url)] = None
    media_type: Text = ""
    name: Text = ""
    summary: Text = ""
    blurhash: Text = ""
    focal_point: Annotated[tuple[float, float] | None, BeforeValidator(_focal_point)] = None
    width: Count = None
    height: Count = None

    @property
    def address(self) -> str | None:
        """Where it leads, whichever of the two names it uses."""
        return self.href or self.url

    @property
    def description(self) -> str:
        """The alt text, which has two names: Mastodon's `name`, GoToSocial's `summary`."""
        return self.summary or self.name


class Source(Document):
    """What the author wrote, before it became HTML."""

    content: Text = ""
    media_type: Text = ""


class Language(Document):
    """The language of a post, as Lemmy and PieFed write it."""

    identifier: Text = ""


def _total(value: object) -> int:
    inner = value.get("totalItems") if isinstance(value, dict) else value
    return count(inner) or 0


class ChoiceDocument(Document):
    """One of the things that can be voted for (FEP-9967)."""

    name: Text = ""
    votes: Annotated[int, BeforeValidator(_total), Field(alias="replies")] = 0


class RuleDocument(Document):
    """Who may do one thing with a post; GoToSocial had other names for both lists once."""

    automatic_approval: Recipients = ()
    manual_approval: Recipients = ()
    always: Recipients = ()
    approval_required: Recipients = ()


Rule = Annotated[RuleDocument | None, BeforeValidator(one_part)]


class PolicyDocument(Document):
    """What may be done with a post (GoToSocial, FEP-044f)."""

    can_like: Rule = None
    can_reply: Rule = None
    can_announce: Rule = None
    can_quote: Rule = None


class ContainerDocument(Document):
    """The collection that an object is put into, and whose that is (FEP-400e)."""

    id: LinkOrNone = None
    attributed_to: LinkOrNone = None


def _tags(value: object) -> list[Any]:
    return list(entries(value)[: LIMITS["tag"].at])


def _attachments(value: object) -> list[Any]:
    return list(entries(value)[: LIMITS["attachment"].at])


def _choices(value: object) -> list[Any]:
    return list(entries(value)[: LIMITS["oneOf, anyOf"].at])


def container(value: object) -> object:
    """Read where an object belongs; a bare URI is a container that names no owner."""
    return {"id": value} if link_or_none(value) == value else one_part(value)


Tags = Annotated[tuple[Tag, ...], BeforeValidator(_tags)]
Attachments = Annotated[tuple[Attachment, ...], BeforeValidator(_attachments)]
Choices = Annotated[tuple[ChoiceDocument, ...], BeforeValidator(_choices)]
OptionalSource = Annotated[Source | None, BeforeValidator(one_part)]
OptionalLanguage = Annotated[Language | None, BeforeValidator(one_part)]
OptionalPicture = Annotated[str | None, BeforeValidator(picture_url)]
OnePicture = Annotated[Picture, BeforeValidator(_picture)]
Policy = Annotated[PolicyDocument | None, BeforeValidator(one_part)]
Container = Annotated[ContainerDocument | None, BeforeValidator(container)]
