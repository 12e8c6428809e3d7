"""What members note about people, for nobody but themselves."""

from server.storage.database import Transaction


async def put(tx: Transaction, member_id: int, actor_id: int, note: str) -> None:
    """Note something in place of what was noted; nothing where it is empty."""
    if not note:
        await tx.execute(
            "DELETE FROM private_notes WHERE member_id = $1 AND actor_id = $2",
            member_id,
            actor_id,
        )
        return
    await tx.execute(
        "INSERT INTO private_notes (member_id, actor_id, note) VALUES ($1, $2, $3) "
        "ON CONFLICT (member_id, actor_id) DO UPDATE SET note = $3",
        member_id,
        actor_id,
        note,
    )


async def find(tx: Transaction, member_id: int, actor_id: int) -> str:
    """Give what a member noted of somebody; empty where that is nothing."""
    return str(
        await tx.fetchval(
            "SELECT coalesce((SELECT note FROM private_notes WHERE member_id = $1 "
            "AND actor_id = $2), '')",
            member_id,
            actor_id,
        )
    )
