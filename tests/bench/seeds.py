"""Much to begin with: threads by the thousand, and deliveries by the million."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from schemas.records import Actor, ActorKind, Community, Kind
from server.storage import actors, threads
from server.storage.database import Transaction
from server.storage.posts import NewPost
from tests.bench.houses import SOURCE, WORDS, House, now

REPLIES = 9  # of each thread that is made here
_AT_ONCE = 1_000
_DEAD_HOSTS = 200


async def add_threads(house: House, community: Community, author: int, many: int) -> None:
    """Add so many threads with their replies, a minute apart, the last one a day ago."""
    made = _posts(house, community, author, many)
    while few := list(islice(made, _AT_ONCE)):
        async with house.context.database.transaction("bench") as tx:
            added = await threads.add_many(tx, few)
            assert len(added) == len(few)
    async with house.context.database.transaction("bench") as tx:
        await tx.execute(
            "UPDATE posts SET answers = $2 WHERE community_id = $1 AND parent_id IS NULL",
            community.id,
            REPLIES,
        )
    async with house.context.database.transaction("bench") as tx:
        await tx.execute("ANALYZE posts")


def _posts(house: House, community: Community, author: int, many: int) -> Iterator[NewPost]:
    began = now() - timedelta(days=1, minutes=many)
    for number in range(many):
        moment = began + timedelta(minutes=number)
        root_id = house.context.ids.mint_past(moment)
        root = NewPost(
            id=root_id,
            uri=house.context.home.post(root_id),
            kind=Kind.QUESTION,
            author_id=author,
            community_id=community.id,
            root_id=root_id,
            parent_id=None,
            context=f"{community.uri}/t/{root_id}",
            visibility=community.visibility,
            title=f"How did you do it, part {number}?",
            source=SOURCE,
            html=WORDS.html,
            text=WORDS.text,
            clean_version=WORDS.version,
            language="en",
            topic=None,
            published_at=moment,
            received_at=moment,
            announced_at=moment,
        )
        yield root
        for place in range(1, REPLIES + 1):
            reply_id = root_id + (place << 16)
            yield replace(
                root,
                id=reply_id,
                uri=house.context.home.post(reply_id),
                kind=Kind.ANSWER,
                parent_id=root_id,
                title="",
                published_at=moment + timedelta(milliseconds=place),
            )


async def add_waiting(house: House, many: int) -> None:
    """Let so many deliveries wait for servers that have been dead for an hour."""
    activities, moment = max(many // _DEAD_HOSTS, 1), now()
    async with house.context.database.transaction("bench") as tx:
        await tx.execute(
            "INSERT INTO activities (id, uri, actor_id, type, object_uri, visibility, "
            "document, published_at) SELECT n, 'https://bench.invalid/a/' || n, $2, 'Like', "
            "'https://bench.invalid/p/' || n, 'public', '{}', $3 "
            "FROM generate_series(1, $1::bigint) n",
            activities,
            house.context.agency_id,
            moment,
        )
        await tx.execute(
            "INSERT INTO origins (origin, due_at, failing_since, open_until, open_for, "
            "failed_at, last_failure_at, last_reason) SELECT 'https://d' || n || '.invalid', "
            "$2::timestamptz + interval '6 hours', $3, $2::timestamptz + interval '6 hours', "
            "interval '6 hours', ARRAY[$3, $3, $3, $3, $3]::timestamptz[], $2, "
            "'connection-failed' FROM generate_series(1, $1::int) n",
            _DEAD_HOSTS,
            moment,
            moment - timedelta(hours=1),
        )
        await tx.execute(
            "INSERT INTO deliveries (activity_id, inbox, origin, host, lane, state, place, "
            "attempts, enqueued_at, next_at) SELECT a, 'https://d' || h || '.invalid/inbox', "
            "'https://d' || h || '.invalid', 'd' || h || '.invalid', 'p/' || a % 50, "
            "'waiting', CASE WHEN a <= 50 THEN 'first' ELSE 'behind' END, 3, $3, "
            "$3::timestamptz + interval '6 hours' FROM generate_series(1, $1::int) a, "
            "generate_series(1, $2::int) h",
            activities,
            _DEAD_HOSTS,
            moment,
            timeout=120,
        )
    async with house.context.database.transaction("bench") as tx:
        await tx.execute("ANALYZE deliveries")


async def add_member(house: House, name: str) -> int:
    """Add a member who signs in by a token alone; nobody has a password like this hash."""
    moment = now()
    actor_id = house.context.ids.mint(moment)
    uri = f"{house.origin}/@{name}"
    async with house.context.database.transaction("bench") as tx:
        await actors.add(
            tx,
            Actor(
                id=actor_id,
                uri=uri,
                kind=ActorKind.PERSON,
                name=name,
                host=house.host,
                local=True,
                display_name=name.title(),
                inbox=f"{uri}/inbox",
                published_at=moment,
            ),
            now=moment,
        )
        await tx.execute(
            "INSERT INTO members (actor_id, role, password_hash, created_at) "
            "VALUES ($1, 'member', '', $2)",
            actor_id,
            moment,
        )
    return actor_id


async def follow_all(
    tx: Transaction,
    origin: str,
    follower_ids: Sequence[int],
    target_ids: Sequence[int],
    *,
    now: datetime,
) -> None:
    """Let each of these follow each of those."""
    await tx.execute(
        "INSERT INTO follows (uri, follower_id, target_id, state, asked_at, settled_at) "
        "SELECT $1 || '/follows/' || f || '/' || t, f, t, 'accepted', $4, $4 "
        "FROM unnest($2::bigint[]) f, unnest($3::bigint[]) t ON CONFLICT DO NOTHING",
        origin,
        list(follower_ids),
        list(target_ids),
        now,
        timeout=120,
    )
    await tx.execute("ANALYZE follows")
