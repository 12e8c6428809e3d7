"""The reading scope as SQL: the same sentence as `moderation.visibility.may_read`."""

from moderation.visibility import Scope
from server.storage import unwanted


def readable(scope: Scope, *, post: str, first: int) -> tuple[str, list[object]]:
    """Give a condition on a posts alias, and its arguments, numbered from `$first`."""
    everything, public, joined, author, host = (f"${first + place}" for place in range(5))
    sql = (
        f"({post}.author_id = {author}::bigint OR ({post}.visibility <> 'direct' "
        f"AND ({everything}::boolean OR ({public}::boolean AND {post}.visibility = 'public') "
        f"OR {post}.community_id = ANY({joined}::bigint[]))) OR ({post}.visibility <> 'public' "
        "AND EXISTS (SELECT FROM addressees ax JOIN actors aa ON aa.id = ax.actor_id "
        f"WHERE ax.post_id = {post}.id AND (aa.id = {author}::bigint "
        f"OR aa.host = {host}::text))))"
    )
    arguments = [scope.everything, scope.public, sorted(scope.joined), scope.author, scope.host]
    return sql, arguments


#: The blocked domains as one pattern for hosts: each with what is below it, and with any port
#: where the block names none. NULL, which nothing matches, where nobody is blocked.
_BLOCKED = (
    "(SELECT string_agg(CASE WHEN g.host ~ ':[0-9]+$' THEN '^' ELSE '(^|\\.)' END "
    "|| regexp_replace(g.host, '([^a-z0-9])', '\\\\\\1', 'g') || '(:[0-9]+)?$', '|') "
    "FROM agencies g WHERE g.state = 'blocked')"
)


def heard(actor: str) -> str:
    """Give a condition on an actors alias: it is not suspended, nor of a blocked agency."""
    return (
        f"({actor}.suspended_at IS NULL AND ({actor}.local "
        f"OR NOT coalesce({actor}.host ~ {_BLOCKED}, false)))"
    )


def listed(scope: Scope, *, post: str, first: int) -> tuple[str, list[object]]:
    """Give the condition of a list: `readable`, without whom the reader muted or blocked.

    The arguments are the same.
    """
    sql, arguments = readable(scope, post=post, first=first)
    people = f"{post}.author_id, {post}.community_id"
    return f"({sql} AND {unwanted.wanted(f'${first + 3}', people=people)})", arguments


def of_their_own(scope: Scope, *, post: str, first: int) -> tuple[str, list[object]]:
    """Give the condition of a person's own page: `readable`, unless the reader blocked them."""
    sql, arguments = readable(scope, post=post, first=first)
    member = f"${first + 3}"
    return f"({sql} AND {unwanted.unblocked(member, people=f'{post}.author_id')})", arguments
