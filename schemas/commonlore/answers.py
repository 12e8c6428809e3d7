"""What /api/commonlore/v1 gives: every key is there, ids are strings of digits."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.mastodon.entity import Entity, Moment
from schemas.records import Standing, Why


class Actor(Entity):
    """A person or a community, here or elsewhere; `id` is an account's of the Mastodon API."""

    id: str
    uri: str
    handle: str
    display_name: str
    agency: str
    local: bool


class Topic(Entity):
    """A topic of one community; threads are asked for by its slug."""

    slug: str
    name: str


class Community(Actor):
    """A community in the directory; `my_state` is the member's own, null of a stranger.

    Of a members-only community, topics are told to those only who may read in it.
    """

    summary: str
    join: Literal["open", "approval"]
    visibility: Literal["public", "members"]
    topics: tuple[Topic, ...]
    members: int
    questions: int
    unanswered: int
    my_state: Literal["steward", "joined", "asked"] | None


class Communities(Entity):
    """A page of the directory, most active first; `next` is the cursor of the one behind."""

    communities: tuple[Community, ...]
    next: str | None


class ThreadLine(Entity):
    """A thread in a list; `solved` where an answer is marked as what worked."""

    id: str
    uri: str
    url: str
    kind: Literal["question", "discussion", "poll"]
    title: str
    topic: Topic | None
    author: Actor
    published_at: Moment
    active_at: Moment
    answers: int
    solved: bool
    helpful: int
    locked: bool
    pinned: bool
    deleted: bool


class Threads(Entity):
    """A page of threads, latest activity first; `next` is the cursor of the one behind."""

    threads: tuple[ThreadLine, ...]
    next: str | None


class Kudos(Entity):
    """Thanks with a reason; the category of one from elsewhere may be none of ours."""

    category: str
    emoji: str
    note: str
    giver: Actor
    given_at: Moment


class Mine(Entity):
    """What the member said of a post; `kudos` is a category."""

    helpful: bool
    kudos: str | None


class Choice(Entity):
    """One thing that can be voted for, and how often it was."""

    name: str
    votes: int


class Poll(Entity):
    """What can be voted for, until when; `voters` is null where nobody counted them."""

    choices: tuple[Choice, ...]
    several: bool
    closes_at: Moment | None
    voters: int | None


class Post(Entity):
    """A post; files, quotes and emoji are in the Mastodon API, under the same id.

    `html` is clean. Of a deleted post there are no words; `reason` says why it was removed.
    """

    id: str
    uri: str
    url: str
    thread_id: str
    parent_id: str | None
    kind: Literal["question", "discussion", "poll", "answer", "comment"]
    author: Actor
    community: Actor
    visibility: Literal["public", "members"]
    title: str
    topic: Topic | None
    warning: str
    sensitive: bool
    html: str
    language: str
    published_at: Moment
    edited_at: Moment | None
    deleted_at: Moment | None
    deleted_by: Literal["author", "moderator"] | None
    reason: str
    locked: bool
    pinned: bool
    accepted: bool
    answers: int
    helpful: int
    kudos: tuple[Kudos, ...]
    mine: Mine | None
    poll: Poll | None


class Thread(Entity):
    """A thread in reading order: its root, then answers that worked, then what helped most.

    `accepted` are the ids of the answers that are marked as what worked.
    """

    id: str
    accepted: tuple[str, ...]
    posts: tuple[Post, ...]


class Stay(Entity):
    """An agency, and what it has of a post; `status` is its last HTTP answer."""

    host: str
    standing: Standing
    why: Why
    since: Moment | None
    again_at: Moment | None
    attempts: int
    status: int | None


class Whereabouts(Entity):
    """Where a post is, what needs a look first."""

    id: str
    agencies: tuple[Stay, ...]


class Wrong(Entity):
    """What is wrong with one field."""

    error: str
    description: str


class Error(BaseModel):
    """Why it was refused, as in the Mastodon API; `details` are there with 422 alone."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"error": "Record not found"}]},
    )

    error: str
    details: dict[str, list[Wrong]] | None = None
