"""Our own nouns, frozen: actors, communities, posts, kudos, follows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from schemas.attached import (
    Called,
    Emoji,
    Hashtag,
    Media,
    Permission,
    Poll,
    Quote,
    Reaction,
)


class ActorKind(StrEnum):
    """What an actor is. MODERATION is of ours only: elsewhere it reads as a person.

    FEED is a collection of communities, which whoever follows it follows (wire.md 4.4).
    """

    PERSON = "person"
    COMMUNITY = "community"
    AGENCY = "agency"
    MODERATION = "moderation"
    FEED = "feed"

    @property
    def speaks_for_agency(self) -> bool:
        """Say whether it is nobody's own: it has neither a page nor followers."""
        return self in {ActorKind.AGENCY, ActorKind.MODERATION}


class Role(StrEnum):
    """What a member may do at their own agency; each includes the ones before it."""

    MEMBER = "member"
    STEWARD = "steward"
    MODERATOR = "moderator"
    OPERATOR = "operator"

    def reaches(self, other: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


class Kind(StrEnum):
    """What a post is. Top-level kinds start a thread; an unknown one reads as a discussion."""

    QUESTION = "question"
    DISCUSSION = "discussion"
    POLL = "poll"
    ANSWER = "answer"
    COMMENT = "comment"

    @property
    def starts_thread(self) -> bool:
        return self in {Kind.QUESTION, Kind.DISCUSSION, Kind.POLL}


class Visibility(StrEnum):
    """Whom a post is for: everybody, who belongs to its place, or those it names and no others.

    Who belongs to a person's wall are those who follow them.
    """

    PUBLIC = "public"
    MEMBERS = "members"
    DIRECT = "direct"


#: What a community may be, and what is written in it.
OF_COMMUNITIES = (Visibility.PUBLIC, Visibility.MEMBERS)


class JoinRule(StrEnum):
    OPEN = "open"
    APPROVAL = "approval"


class FollowState(StrEnum):
    """BANNED: put out of a community by its stewards; asking again changes nothing."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    BANNED = "banned"


class AgencyState(StrEnum):
    """WAITING: it knocked, or we did; nothing crosses until a moderator decides."""

    WAITING = "waiting"
    ADMITTED = "admitted"
    BLOCKED = "blocked"


class DeletedBy(StrEnum):
    AUTHOR = "author"
    MODERATOR = "moderator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person, a community or an agency, here or elsewhere.

    `host` is the authority of the actor's id: host, with the port where there is one.
    `domain` is the authority of the handle when WebFinger confirmed one, else `host`.
    """

    id: int
    uri: str
    kind: ActorKind
    name: str
    host: str
    local: bool
    display_name: str = ""
    summary: str = ""
    summary_source: str = ""
    inbox: str | None = None
    shared_inbox: str | None = None
    outbox: str | None = None
    followers: str | None = None
    following: str | None = None
    featured: str | None = None
    moderators: str | None = None
    url: str | None = None
    avatar: str | None = None
    header: str | None = None
    published_at: datetime
    suspended_at: datetime | None = None
    deleted_at: datetime | None = None
    #: What else is theirs by their own word, and where they say they moved: claims, no proof.
    also_known_as: tuple[str, ...] = ()
    moved_to: str | None = None

    @property
    def handle(self) -> str:
        return f"@{self.name}@{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    slug: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """A Group actor with what only communities have; or a `wall`, where a person writes alone.

    `asks_questions` is of one elsewhere in which every thread is a question, unsaid.
    """

    actor: Actor
    charter: str = ""
    charter_source: str = ""
    join: JoinRule = JoinRule.OPEN
    visibility: Visibility = Visibility.PUBLIC
    topics: tuple[Topic, ...] = ()
    several_answers: bool = True
    boosts_answers: bool = False
    asks_questions: bool = False
    wall: bool = False

    @property
    def id(self) -> int:
        return self.actor.id

    @property
    def uri(self) -> str:
        return self.actor.uri

    @property
    def audience(self) -> str | None:
        """What documents name as their audience (wire.md 0.4): no person is one."""
        return None if self.wall else self.actor.uri


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFacts:
    """What may be known of a post without reading it; enough to decide who may.

    `wall`: it stands on its author's wall, in no community. `quiet`: it is for everybody, and
    in no public list. `addressed` are the ids, and `addressed_hosts` the servers, of those whom
    a post that is not public names: they may read it.
    """

    id: int
    uri: str
    kind: Kind
    author_id: int
    author_uri: str
    author_local: bool
    community_id: int
    community_uri: str
    community_local: bool
    root_id: int
    root_uri: str
    parent_id: int | None = None
    parent_uri: str | None = None
    context: str | None = None
    visibility: Visibility
    published_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: DeletedBy | None = None
    locked_at: datetime | None = None
    pinned_at: datetime | None = None
    announced_at: datetime | None = None
    wall: bool = False
    quiet: bool = False
    addressed: frozenset[int] = frozenset()
    addressed_hosts: frozenset[str] = frozenset()

    @property
    def is_gap(self) -> bool:
        """Whether this is the mere place of a post that nobody here ever had."""
        stands_for_itself = self.author_id == self.community_id and not self.wall
        return self.deleted_at is not None and stands_for_itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post with its words. Comes out of the gate only: see `schemas.gate`.

    `html` is clean already; `accepted` holds the uris of a question's accepted answers. A
    `warning` is a line to be read before the words are shown; `duplicate_of` is the uri of the
    question that was asked before, `quotable` whom its author lets quote it.
    """

    facts: PostFacts
    title: str = ""
    source: str = ""
    html: str = ""
    text: str = ""
    language: str = "en"
    topic: Topic | None = None
    reason: str = ""
    accepted: tuple[str, ...] = ()
    is_accepted: bool = False
    answers: int = 0
    helpful: int = 0
    warning: str = ""
    sensitive: bool = False
    media: tuple[Media, ...] = ()
    poll: Poll | None = None
    quote: Quote | None = None
    hashtags: tuple[Hashtag, ...] = ()
    mentions: tuple[Called, ...] = ()
    emojis: tuple[Emoji, ...] = ()
    duplicate_of: str | None = None
    quotable: Permission | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    number: int
    title: str
    source: str
    html: str
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Kudos:
    """Thanks with a reason: category code, its emoji, an optional note."""

    category: str
    emoji: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The one live Like of an actor on a post, carrying what applies (product.md)."""

    uri: str
    actor_uri: str
    post_uri: str
    helpful: bool = False
    kudos: Kudos | None = None
    accepts: bool = False
    reaction: Reaction | None = None
    given_at: datetime

    @property
    def emoji(self) -> str | None:
        if self.accepts:
            return "✅"
        if self.kudos:
            return self.kudos.emoji
        return self.reaction.content if self.reaction else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    uri: str
    follower_id: int
    target_id: int
    state: FollowState
    asked_at: datetime
    settled_at: datetime | None = None


#: `older`: it has the post, not yet the last change. `gone`: it was told of the deletion.
Standing = Literal["has", "older", "gone", "waiting", "refused", "given-up", "unsent"]
#: Why it is so, as the page says it in a sentence.
Why = Literal[
    "",
    "next",
    "paused",
    "silent",
    "failing",
    "unwelcome",
    "no-inbox",
    "refused",
    "dropped",
    "blocked",
    "not-admitted",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anonymous:
    """Nobody we know: a guest's browser, an unsigned request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPrincipal:
    """A signed-in member; `joined` holds the communities that let them in."""

    actor_id: int
    role: Role
    joined: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyPrincipal:
    """Another agency; `joined` holds the communities that a person of its has joined."""

    host: str
    state: AgencyState
    joined: frozenset[int] = frozenset()


Principal = Anonymous | MemberPrincipal | AgencyPrincipal


class Surface(StrEnum):
    """The place where content leaves the server; each has its line in `product.md` 13."""

    PAGE = "page"
    OBJECT = "object"
    COLLECTION = "collection"
    DELIVERY = "delivery"
    DECISION = "decision"
    API = "api"
    MEDIA = "media"


#: Category code to emoji; the code travels as `kudosFor.category`, the emoji as `content`.
KUDOS_EMOJI: dict[str, str] = {
    "saved-time": "⏱️",
    "clear-explanation": "💡",
    "went-out-of-their-way": "🤝",
    "solved-it": "🎯",
    "shared-experience": "🧭",
    "kept-us-safe": "🛟",
}
