"""A thread in the one form that every agency shows: what travels, and nothing else."""

from pydantic import BaseModel, ConfigDict, RootModel

from schemas.mastodon.entity import Entity


class CanonicalKudos(Entity):
    """Thanks with a reason."""

    category: str
    emoji: str
    note: str


class CanonicalMark(Entity):
    """What one actor says of a post."""

    actor: str
    given: str
    helpful: bool
    accepts: bool
    kudos: CanonicalKudos | None


class CanonicalPoll(Entity):
    """Each choice is its name and its votes."""

    choices: tuple[tuple[str, int], ...]
    several: bool
    closes: str | None
    voters: int | None


class CanonicalPost(BaseModel):
    """A post; what is null by default is left out where there is nothing of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: str
    author: str
    community: str
    inReplyTo: str | None  # noqa: N815 as it travels
    visibility: str
    title: str
    html: str
    topic: str | None
    published: str
    edited: str | None
    deletedBy: str | None  # noqa: N815 as it travels
    reason: str
    locked: bool
    pinned: bool
    accepted: tuple[str, ...]
    poll: CanonicalPoll | None
    marks: tuple[CanonicalMark, ...]
    warning: str | None = None
    sensitive: bool | None = None
    media: tuple[tuple[str, str, str], ...] | None = None
    hashtags: tuple[str, ...] | None = None
    emoji: tuple[str, ...] | None = None
    quote: str | None = None
    duplicateOf: str | None = None  # noqa: N815 as it travels
    reactions: tuple[tuple[str, str], ...] | None = None


class CanonicalThread(RootModel[tuple[CanonicalPost, ...]]):
    """Posts by moment and id."""


class CanonicalError(BaseModel):
    """Why it was refused: a stable code, and a sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    error: str
    message: str
    request: str | None = None
