"""What became of an activity that another agency sent us: told to that agency alone."""

from dataclasses import dataclass
from typing import Final, Literal

from schemas.records import AgencyPrincipal
from server.context import Context
from server.services.reading import Asker, is_admitted, nothing
from server.storage import received

State = Literal["received", "processed", "refused"]

_STATES: Final[dict[str, State]] = {
    "waiting": "received",
    "done": "processed",
    "ignored": "refused",
    "parked": "refused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Where an activity stands; `reason` is a stable code, "" where there is none."""

    activity: str
    state: State
    reason: str


async def result(context: Context, asker: Asker, *, actor: str, activity: str) -> Result:
    """Say what became of an activity, for as long as it is remembered (wire.md 5.4).

    Raises:
        NotFound: it never came, or another agency sent it: which of the two is not told.
    """
    async with context.database.reading() as tx:
        found = await received.outcome(tx, actor, activity)
    # Only of the admitted it is proven that they are who they say.
    proven = asker.host if isinstance(asker, AgencyPrincipal) and is_admitted(asker) else None
    if found is None or found.host != proven:
        raise nothing()
    return Result(activity=activity, state=_STATES[found.state], reason=found.reason)
