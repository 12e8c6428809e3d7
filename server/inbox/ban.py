"""Somebody is put out of a community, or of all communities of a server."""

from server.context import Context
from server.services import banning
from server.services.arrived import Arrived, Dispatch


async def on_block(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Put somebody out, on word of stewards; for a time, or with what they wrote (Lemmy)."""
    await banning.put_out(context, arrived)
