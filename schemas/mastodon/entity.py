"""What all entities of the client API share: every key is there, moments have milliseconds."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer


def _written(moment: datetime) -> str:
    """Write a moment as every client parses it: three digits and a Z (client-api.md 0.4)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{moment.microsecond // 1000:03d}Z"
    )


Moment = Annotated[datetime, PlainSerializer(_written, return_type=str)]


class Entity(BaseModel):
    """Sent whole: what has no value is null or empty, never absent."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Numbered(Entity):
    """What has an id; pages of them go on from it."""

    id: str
