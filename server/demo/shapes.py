"""How the demo's TOML files are written: what an entry may say, in what shape."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class AgencyEntry(Entry):
    key: str
    name: str
    about: str
    moderators: list[str]


class PersonEntry(Entry):
    name: str = Field(pattern=r"^[a-z0-9_]+$")
    display: str
    about: str
    agency: str


class WaveEntry(Entry):
    """Several who joined, or asked to, on the same day."""

    days: float
    who: list[str]


class CommunityEntry(Entry):
    key: str = Field(pattern=r"^[a-z0-9-]+$")
    name: str
    agency: str
    summary: str
    charter: str
    topics: list[str]
    stewards: list[str]
    audience: Literal["public", "members"] = "public"
    join: Literal["open", "approval"] = "open"
    joined: list[WaveEntry]
    waiting: list[WaveEntry] = []


class ActEntry(Entry):
    """What a person did to a post, `after` so many hours since the thread began."""

    by: str
    after: float
    text: str = ""


class KudosEntry(Entry):
    by: str
    after: float
    why: str
    note: str = ""


class EditEntry(Entry):
    after: float
    body: str


class PostEntry(Entry):
    by: str
    body: str
    helpful: dict[str, float] = {}
    kudos: list[KudosEntry] = []
    comments: list[ActEntry] = []
    edits: list[EditEntry] = []
    deleted: float | None = None
    removed: ActEntry | None = None


class AnswerEntry(PostEntry):
    after: float
    accepted: float | None = None
    accepted_by: str | None = None


class ThreadEntry(PostEntry):
    key: str = Field(pattern=r"^[a-z0-9-]+$")
    kind: Literal["question", "discussion"] = "question"
    title: str
    topic: str
    asked: float
    answer: list[AnswerEntry] = []
    pinned: ActEntry | None = None
    locked: ActEntry | None = None
    outdated: ActEntry | None = None


class PeopleFile(Entry):
    agency: list[AgencyEntry]
    person: list[PersonEntry]


class CommunitiesFile(Entry):
    community: list[CommunityEntry]


class ThreadsFile(Entry):
    thread: list[ThreadEntry]
