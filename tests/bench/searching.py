"""Figures of search at ten thousand posts: rare words, words in every post, and lists."""

from collections.abc import Awaitable, Callable
from time import perf_counter

from schemas.records import Surface
from server.services import posts, searching
from tests.bench import seeds
from tests.bench.figures import Figures, Stand
from tests.bench.report import Figure

POSTS = 10_000
_QUERIES = {
    "a word of one thread": "part {number}",
    "words of every post": "share counts",
    "no words, by operators": "from:me is:answered",
    "a word of none": "zebra{number}",
}
_TARGET = 50.0  # p50, in milliseconds


async def finding(stand: Stand) -> Figures:
    """Search as a member does, the whole service without the page; then what is alike."""
    house, member = stand.house, stand.member
    author = member.member.actor.id
    await seeds.add_threads(
        house, stand.communities["ageing"], author, POSTS // (1 + seeds.REPLIES)
    )
    async with house.context.database.transaction("bench") as tx:
        await tx.execute("ANALYZE post_words")
    reader = posts.principal_of(member)
    for name, query in _QUERIES.items():

        async def search(number: int, query: str = query) -> object:
            return await searching.find(
                house.context,
                reader,
                Surface.PAGE,
                query.format(number=number),
                section="posts",
            )

        yield await _timed(f"search, {name}", search, stand)

    async def like(number: int) -> object:
        title = f"How do you share counts with others, part {number}?"
        return await searching.questions_like(house.context, reader, Surface.PAGE, title)

    yield await _timed("questions like one", like, stand)


async def _timed(name: str, ask: Callable[[int], Awaitable[object]], stand: Stand) -> Figure:
    many = max(20, int(100 * stand.effort.seconds))
    for number in range(5):
        await ask(number)
    taken = []
    for number in range(many):
        began = perf_counter()
        await ask(number)
        taken.append((perf_counter() - began) * 1000)
    taken.sort()
    median = taken[many // 2]
    return Figure(
        name=f"{name}, at {POSTS} posts",
        unit="ms",
        ours=median,
        target=_TARGET,
        better="less",
        p50=median,
        p99=taken[many * 99 // 100],
    )
