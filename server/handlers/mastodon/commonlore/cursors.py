"""Where a page of a list goes on: a moment and an id, as one word for clients to hand back."""

from datetime import UTC, datetime, timedelta
from typing import Final

from server.handlers.mastodon.answers import number
from server.services.errors import Invalid

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)


def cursor_to(moment: datetime, of: int) -> str:
    return f"{(moment - _BEGINNING) // _TICK}-{of}"


def cursor_in(text: str | None) -> tuple[datetime, int] | None:
    """Read what `cursor_to` wrote; None is the beginning.

    Raises:
        Invalid: field cursor.
    """
    if text is None:
        return None
    ticks, _, of = text.partition("-")
    when, found = number(ticks if ticks.isascii() else ""), number(of if of.isascii() else "")
    try:
        if when is not None and found is not None:
            return _BEGINNING + when * _TICK, found
    except OverflowError:
        pass
    raise Invalid({"cursor": "cursor cannot be read"})
