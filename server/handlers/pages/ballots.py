"""A poll as it is shown to one reader: what can be chosen, how it stands, what they chose."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from schemas.attached import Poll
from server.services.polls import is_open


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceView:
    """One choice; `place` names it in the form, `percent` is of those who voted."""

    place: int
    name: str
    votes: int
    percent: int
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotView:
    """A poll; figures are for whoever voted, asked, or comes when it is closed."""

    choices: tuple[ChoiceView, ...]
    several: bool
    closes: datetime | None
    open: bool
    voters: int
    voted: bool
    own: bool

    @property
    def shows_figures(self) -> bool:
        return self.voted or self.own or not self.open


def ballot(poll: Poll, mine: Collection[int], *, own: bool, now: datetime) -> BallotView:
    """Show a released poll; `mine` are the places of what the reader chose."""
    given = sum(choice.votes for choice in poll.choices)
    # Where nobody counted the voters of several choices, shares are of the votes.
    voters = given if poll.voters is None else poll.voters
    whole = max(voters, *(choice.votes for choice in poll.choices), 1)
    return BallotView(
        choices=tuple(
            ChoiceView(
                place=place,
                name=choice.name,
                votes=choice.votes,
                percent=round(100 * choice.votes / whole),
                mine=place in mine,
            )
            for place, choice in enumerate(poll.choices)
        ),
        several=poll.several,
        closes=poll.closed_at or poll.closes_at,
        open=is_open(poll, now),
        voters=voters,
        voted=bool(mine),
        own=own,
    )
