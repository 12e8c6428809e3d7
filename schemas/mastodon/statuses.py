"""Status and all that hangs from it: media, poll, card, quote, context (client-api.md 4)."""

from typing import Any, Literal

from schemas.mastodon.accounts import Account, CustomEmoji
from schemas.mastodon.entity import Entity, Moment, Numbered

#: Closed: one word more, and some clients drop the whole page (client-api.md 0.5).
Visibility = Literal["public", "unlisted", "private", "direct"]


class MediaAttachment(Entity):
    id: str
    type: Literal["image", "gifv", "video", "audio", "unknown"]
    url: str | None
    preview_url: str | None
    remote_url: str | None = None
    text_url: None = None
    meta: dict[str, Any] | None = None
    description: str | None
    blurhash: str | None


class Mention(Entity):
    id: str
    username: str
    url: str
    acct: str


class StatusTag(Entity):
    name: str
    url: str


class PollOption(Entity):
    title: str
    votes_count: int | None


class Poll(Entity):
    id: str
    expires_at: Moment | None
    expired: bool
    multiple: bool
    votes_count: int
    voters_count: int | None
    voted: bool
    own_votes: tuple[int, ...]
    options: tuple[PollOption, ...]
    emojis: tuple[CustomEmoji, ...] = ()


class Card(Entity):
    """A link shown as a preview; of a question, its accepted answer (client-api.md 10.2)."""

    url: str
    title: str
    description: str
    language: str | None = None
    type: Literal["link", "photo", "video", "rich"] = "link"
    author_name: str = ""
    author_url: str = ""
    provider_name: str = ""
    provider_url: str = ""
    html: str = ""
    width: int = 0
    height: int = 0
    image: str | None = None
    image_description: str = ""
    embed_url: str = ""
    blurhash: str | None = None
    published_at: Moment | None = None
    authors: tuple[Any, ...] = ()


class EmojiReaction(Entity):
    name: str
    count: int
    me: bool
    account_ids: tuple[str, ...] = ()


class Quote(Entity):
    state: Literal["pending", "accepted", "rejected", "revoked", "deleted", "unauthorized"]
    quoted_status: "Status | None"


class QuoteApproval(Entity):
    automatic: tuple[str, ...]
    manual: tuple[str, ...] = ()
    current_user: Literal["automatic", "manual", "denied", "unknown"]


class Application(Entity):
    name: str
    website: str | None


class Status(Numbered):
    """A post; or, with `reblog`, a community's boost of one, with an id of its own."""

    uri: str
    url: str
    created_at: Moment
    edited_at: Moment | None
    account: Account
    content: str
    visibility: Visibility
    sensitive: bool
    spoiler_text: str
    media_attachments: tuple[MediaAttachment, ...] = ()
    application: Application | None = None
    mentions: tuple[Mention, ...] = ()
    tags: tuple[StatusTag, ...] = ()
    emojis: tuple[CustomEmoji, ...] = ()
    reblogs_count: int
    favourites_count: int
    replies_count: int
    quotes_count: int = 0
    in_reply_to_id: str | None
    in_reply_to_account_id: str | None
    reblog: "Status | None" = None
    poll: Poll | None = None
    card: Card | None = None
    language: str | None
    quote: Quote | None = None
    quote_approval: QuoteApproval | None = None
    emoji_reactions: tuple[EmojiReaction, ...] = ()
    favourited: bool = False
    reblogged: bool = False
    muted: bool = False
    bookmarked: bool = False
    pinned: bool = False
    filtered: tuple[Any, ...] = ()
    #: What its author wrote; given once, to whoever deletes it.
    text: str | None = None


class Context(Entity):
    ancestors: tuple[Status, ...]
    descendants: tuple[Status, ...]


class StatusSource(Entity):
    id: str
    text: str
    spoiler_text: str


class StatusEdit(Entity):
    """A version of a post, the first one included."""

    content: str
    spoiler_text: str
    sensitive: bool
    created_at: Moment
    account: Account
    poll: dict[str, Any] | None = None
    media_attachments: tuple[MediaAttachment, ...] = ()
    emojis: tuple[CustomEmoji, ...] = ()
