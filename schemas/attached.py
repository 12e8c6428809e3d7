"""What goes with the words of a post, frozen: media, poll, quote, custom emoji, hashtags."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MediaKind(StrEnum):
    """What an attachment is, whatever its sender called it."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file or a link beside the words; `alt` is its description, plain text.

    `width` and `height` are in pixels. `focus` is where to look first: x and y from -1 to 1,
    from left to right and from bottom to top. `size` is in bytes. None where nobody said.
    """

    url: str
    kind: MediaKind
    media_type: str = ""
    alt: str = ""
    blurhash: str = ""
    focus: tuple[float, float] | None = None
    width: int | None = None
    height: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the things that can be voted for, and how often it was."""

    name: str
    votes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What can be voted for, until when; `voters` is None where nobody counted them."""

    choices: tuple[Choice, ...]
    several: bool = False
    closes_at: datetime | None = None
    closed_at: datetime | None = None
    voters: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Emoji:
    """A picture that stands for `:shortcode:`; the shortcode has no colons."""

    shortcode: str
    url: str
    media_type: str = ""
    uri: str | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashtag:
    """A hashtag: `slug` to compare it by, `name` as it is written, both without the #."""

    slug: str
    name: str
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """Somebody whom a post mentions by handle, with the @ and the host."""

    uri: str
    handle: str


class QuoteState(StrEnum):
    """What came of asking the author of what is quoted."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Another post that this one shows; `stamp` is its author's permission (FEP-044f).

    `state` is None where nobody has asked, and nobody has proven that they may.
    """

    uri: str
    stamp: str | None = None
    state: QuoteState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """One emoji: characters, or `:shortcode:` with its picture."""

    content: str
    custom: Emoji | None = None


class Permission(StrEnum):
    """Who may do something with a post: `ON_REQUEST` is whoever asks its author and is let."""

    EVERYBODY = "everybody"
    FOLLOWERS = "followers"
    ON_REQUEST = "on-request"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionPolicy:
    """What strangers may do with a post; None where its author said nothing of it."""

    like: Permission | None = None
    reply: Permission | None = None
    announce: Permission | None = None
    quote: Permission | None = None
