"""The reading scope as SQL: the same sentence as `moderation.visibility.may_read`."""

from moderation.visibility import Scope


def readable(scope: Scope, *, post: str, first: int) -> tuple[str, list[object]]:
    """Give a condition on a posts alias, and its arguments, numbered from `$first`."""
    everything, public, joined, author = (f"${first + place}" for place in range(4))
    sql = (
        f"({everything}::boolean OR ({public}::boolean AND {post}.visibility = 'public') "
        f"OR {post}.community_id = ANY({joined}::bigint[]) OR {post}.author_id = "
        f"{author}::bigint)"
    )
    return sql, [scope.everything, scope.public, sorted(scope.joined), scope.author]
