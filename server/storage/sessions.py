"""Sessions of signed-in members: only hashes of their tokens are kept (decision 0002)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.storage import announcements, filters, members, unwanted
from server.storage.announcements import Banner
from server.storage.database import Row, Transaction
from server.storage.filters import Filter, filters_from
from server.storage.members import Member

#: A visit is noted at most this often, so that reading pages does not write rows.
TOUCH = timedelta(minutes=1)
#: More unread notifications than this are not counted on every page.
_MOST_UNREAD = 1000
#: Select lists of whoever signed in, where `m` and `a` are as in `members`: for a CTE named
#: `found`, and for what is selected from it.
FOUND = f"{members.COLUMNS}, m.seen_notifications AS m_seen"
ABOUT = (
    "found.*, "
    "ARRAY(SELECT f.target_id FROM follows f "
    "JOIN communities c ON c.actor_id = f.target_id "
    "WHERE f.follower_id = found.a_id AND f.state = 'accepted') AS joined, "
    "ARRAY(SELECT t.community_id FROM stewards t "
    "WHERE t.actor_id = found.a_id) AS stewards, "
    "(SELECT count(*) FROM (SELECT n.id FROM notifications n "
    "WHERE n.member_id = found.a_id AND n.id > found.m_seen "
    f"AND {unwanted.heard('n.member_id', person='n.actor_id')} "
    f"LIMIT {_MOST_UNREAD}) AS newer) AS unread, "
    f"{filters.OF_MEMBER.format(member='found.a_id')} AS filters"
)
_BANNERS = announcements.BANNERS.format(member="found.a_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who makes a request, with all that every page asks about them.

    `joined` has the communities that let them in, `stewards` those that they look after. The
    session is 0 where there is none, as with a client's token. `announcements` are what their
    pages show them.
    """

    session_id: int
    csrf: str
    member: Member
    joined: frozenset[int]
    stewards: frozenset[int]
    unread: int
    filters: tuple[Filter, ...] = ()
    announcements: tuple[Banner, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session as its member sees it in the list of their sessions."""

    id: int
    user_agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


async def add(
    tx: Transaction, session: SessionRow, *, token_hash: bytes, member_id: int, csrf: str
) -> None:
    await tx.execute(
        "INSERT INTO sessions "
        "(id, token_hash, member_id, csrf, user_agent, created_at, seen_at, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        session.id,
        token_hash,
        member_id,
        csrf,
        session.user_agent,
        session.created_at,
        session.seen_at,
        session.expires_at,
    )


async def find(
    tx: Transaction, token_hash: bytes, *, now: datetime, idle: timedelta
) -> SignedIn | None:
    """Find who holds a token, unless the session is over or the member may not sign in."""
    row = await tx.fetchrow(
        f"WITH found AS (SELECT s.id AS s_id, s.csrf AS s_csrf, {FOUND} FROM sessions s "
        "JOIN members m ON m.actor_id = s.member_id JOIN actors a ON a.id = m.actor_id "
        "WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.seen_at > $3 "
        "AND a.suspended_at IS NULL AND a.deleted_at IS NULL), "
        "touched AS (UPDATE sessions SET seen_at = $2 FROM found "
        "WHERE sessions.id = found.s_id AND sessions.seen_at <= $4) "
        f"SELECT {ABOUT}, {_BANNERS} AS banners FROM found",
        token_hash,
        now,
        now - idle,
        now - TOUCH,
    )
    if row is None:
        return None
    found = signed_in_from(row, session_id=row["s_id"], csrf=row["s_csrf"])
    return replace(found, announcements=announcements.banners_from(row["banners"]))


async def acting(tx: Transaction, member_id: int) -> SignedIn | None:
    """Find a member who does nothing now, and for whom we do what they asked for before.

    None where they may not sign in.
    """
    row = await tx.fetchrow(
        f"WITH found AS (SELECT {FOUND} FROM members m JOIN actors a ON a.id = m.actor_id "
        "WHERE m.actor_id = $1 AND a.suspended_at IS NULL AND a.deleted_at IS NULL) "
        f"SELECT {ABOUT} FROM found",
        member_id,
    )
    return signed_in_from(row) if row else None


def signed_in_from(row: Row, *, session_id: int = 0, csrf: str = "") -> SignedIn:
    return SignedIn(
        session_id=session_id,
        csrf=csrf,
        member=members.member_from(row),
        joined=frozenset(row["joined"]),
        stewards=frozenset(row["stewards"]),
        unread=row["unread"],
        filters=filters_from(row["filters"]),
    )


async def of_member(tx: Transaction, member_id: int) -> list[SessionRow]:
    """List a member's sessions, last seen first; some that are over may be among them."""
    rows = await tx.fetch(
        "SELECT id, user_agent, created_at, seen_at, expires_at FROM sessions "
        "WHERE member_id = $1 ORDER BY seen_at DESC, id DESC LIMIT 100",
        member_id,
    )
    return [SessionRow(**dict(row)) for row in rows]


async def remove(tx: Transaction, session_id: int, member_id: int) -> bool:
    """End a session of this member; False when they have no such session."""
    status = await tx.execute(
        "DELETE FROM sessions WHERE id = $1 AND member_id = $2", session_id, member_id
    )
    return status == "DELETE 1"


async def remove_all(tx: Transaction, member_id: int, *, but: int | None) -> None:
    """End every session of a member, but perhaps the one they are using."""
    await tx.execute(
        "DELETE FROM sessions WHERE member_id = $1 AND id IS DISTINCT FROM $2", member_id, but
    )


async def remove_oldest(tx: Transaction, member_id: int, *, keep: int) -> None:
    """End the sessions beyond so many that were seen last."""
    await tx.execute(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE member_id = $1 "
        "ORDER BY seen_at DESC, id DESC OFFSET $2)",
        member_id,
        keep,
    )


async def remove_expired(tx: Transaction, now: datetime) -> None:
    await tx.execute("DELETE FROM sessions WHERE expires_at <= $1", now)
