"""Parts of lists whose rows have ids of their own: what a member kept, muted, follows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of a list by its rows' own ids, both ends left out; `rising`: from its old end."""

    below: int | None = None
    above: int | None = None
    rising: bool = False
    limit: int = 20

    def sql(self, row: str, *, first: int = 1) -> str:
        """A condition on the ids of a rows' alias, and their order; `arguments` from $first."""
        below, above, limit = (f"${first + place}" for place in range(3))
        return (
            f"({below}::bigint IS NULL OR {row}.id < {below}) "
            f"AND ({above}::bigint IS NULL OR {row}.id > {above}) "
            f"ORDER BY {row}.id {'ASC' if self.rising else 'DESC'} LIMIT {limit}"
        )

    @property
    def arguments(self) -> tuple[int | None, int | None, int]:
        return (self.below, self.above, self.limit)
