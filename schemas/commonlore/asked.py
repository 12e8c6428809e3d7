"""What a program sends to /api/commonlore/v1: a query where it reads, else a body."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_LONGEST_CURSOR: Final = 40


def _storable(text: str) -> str:
    """Refuse what no text of ours can hold: NUL, and halves of characters."""
    text.encode()
    if "\0" in text:
        raise ValueError("nul-character")
    return text


Text = Annotated[str, AfterValidator(_storable)]
#: Where a page goes on, as `next` of the one before said it.
Cursor = Annotated[str, Field(max_length=_LONGEST_CURSOR)]


class Asked(BaseModel):
    """What is read; whatever else is sent is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class Nothing(Asked):
    """Nothing is read but the path."""


class CommunitiesWanted(Asked):
    """Which communities: `mine` are those that the member has joined."""

    scope: Literal["all", "mine", "here", "elsewhere"] = "all"
    words: Annotated[Text, Field(max_length=100)] = ""
    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=80)] = 30


class ThreadsWanted(Asked):
    """Which threads; `answered` is about questions alone, `topic` is a topic's slug."""

    kind: Literal["question", "discussion", "poll"] | None = None
    answered: bool | None = None
    topic: Annotated[Text, Field(max_length=200)] | None = None
    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=80)] = 20


class CanonicalWanted(Asked):
    """Which thread, by its id: the URL that every agency knows it by."""

    id: Annotated[str, Field(min_length=1, max_length=2048)]


class NewThread(Asked):
    """A thread as its author writes it: `text` is Markdown, `topic` a slug of the community.

    `choices`, `several` and `hours` (how long it is open) are a poll's.
    """

    kind: Literal["question", "discussion", "poll"]
    title: Text
    text: Text = ""
    topic: Text | None = None
    choices: list[Text] = Field(default_factory=list)
    several: bool = False
    hours: Literal[1, 6, 24, 72, 168, 336, 720] = 168

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "question",
                    "title": "Which sensor stands frost?",
                    "text": "Ours stopped at *minus ten*.",
                    "topic": None,
                },
                {
                    "kind": "poll",
                    "title": "When do we meet?",
                    "choices": ["Monday", "Friday"],
                    "hours": 72,
                },
            ]
        }
    )


class NewReply(Asked):
    """An answer or a comment, in Markdown."""

    text: Text

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Take the *blue* one"}]})


class NewKudos(Asked):
    """Thanks: what the post did, and a note that every reader of the post may read."""

    category: Literal[
        "saved-time",
        "clear-explanation",
        "went-out-of-their-way",
        "solved-it",
        "shared-experience",
        "kept-us-safe",
    ]
    note: Text = ""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"category": "solved-it", "note": "It runs again."}]}
    )


class Reasoned(Asked):
    """Why a steward does it; the log and other agencies are told."""

    reason: Annotated[Text, Field(max_length=500)] = ""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "It is settled."}]})
