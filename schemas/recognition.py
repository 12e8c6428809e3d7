"""Formal recognition: what a community gives somebody, for what, and whether it still holds."""

from dataclasses import dataclass
from datetime import datetime

from schemas.records import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What an issuer recognises a person for, in plain words.

    `status_index` is its place in the list of withdrawn credentials, which only those of ours
    have. `post_uri` is what it was for, as far as everybody may read that. `hidden_at` is when
    the person chose that their profile does not show it.
    """

    id: int
    uri: str
    credential_uri: str
    issuer: Actor
    person: Actor
    name: str
    criteria: str
    given_at: datetime
    status_index: int | None = None
    post_uri: str | None = None
    withdrawn_at: datetime | None = None
    hidden_at: datetime | None = None

    @property
    def ended_at(self) -> datetime | None:
        """When it was withdrawn, or who gave or received it went; None while it holds."""
        return self.withdrawn_at or self.person.deleted_at or self.issuer.deleted_at

    @property
    def holds(self) -> bool:
        """Say whether it was not withdrawn, and both are still there."""
        return self.ended_at is None
