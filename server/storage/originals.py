"""Posts of others as their authors proved them, for those who come late."""

from collections.abc import Collection, Mapping

from server.storage.database import Transaction


async def keep(tx: Transaction, documents: Mapping[int, bytes]) -> None:
    """Keep the documents of posts by their ids; the latest version replaces what was kept."""
    if not documents:
        return
    await tx.execute(
        "INSERT INTO originals (post_id, document) "
        "SELECT * FROM unnest($1::bigint[], $2::bytea[]) "
        "ON CONFLICT (post_id) DO UPDATE SET document = excluded.document",
        list(documents),
        list(documents.values()),
    )


async def forget(tx: Transaction, post_id: int) -> None:
    await tx.execute("DELETE FROM originals WHERE post_id = $1", post_id)


async def of_posts(tx: Transaction, ids: Collection[int]) -> dict[int, bytes]:
    """Find the documents of posts that are not deleted."""
    rows = await tx.fetch(
        "SELECT o.post_id, o.document FROM originals o JOIN posts p ON p.id = o.post_id "
        "WHERE o.post_id = ANY($1) AND p.deleted_at IS NULL",
        list(ids),
    )
    return {row["post_id"]: row["document"] for row in rows}
