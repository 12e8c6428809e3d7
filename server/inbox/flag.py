"""Another agency reports something to us, or is done with a report."""

from federation.translate.incoming import flag_from, resolution_from
from server.context import Context
from server.services import reporting, standing
from server.services.arrived import Arrived, Dispatch, Ignored


async def on_flag(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Keep the report for our moderators (ACT-14)."""
    incoming = flag_from(arrived.activity)
    reporter = await standing.actor_of(context, arrived)

    async with arrived.effect() as tx:
        if not await reporting.receive_flag(tx, context, reporter, incoming):
            raise Ignored("report-not-kept")


async def on_resolve(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Show our moderators that a community's stewards are done with a report (ACT-21)."""
    incoming = resolution_from(arrived.activity)
    steward = await standing.actor_of(context, arrived)

    async with arrived.effect() as tx:
        if not await reporting.receive_resolution(tx, steward, incoming, arrived.via):
            raise Ignored("nothing-resolved")
