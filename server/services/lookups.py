"""Lookups that many ask for at the same moment, made in one statement; nothing is kept."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Lookups(Generic[Found]):
    """One lookup is on its way at a time; whoever asks meanwhile is in the next one.

    So each answer was read after it was asked for, as if it had been read for this one alone.
    """

    def __init__(
        self, load: Callable[[Collection[str]], Awaitable[Mapping[str, Found]]]
    ) -> None:
        self._load = load
        self._asked: dict[str, asyncio.Future[Found | None]] = {}
        self._loading: asyncio.Task[None] | None = None

    async def find(self, key: str) -> Found | None:
        """Find what belongs to a key; it raises what the lookup raises."""
        answer = self._asked.get(key)
        if answer is None:
            answer = self._asked[key] = asyncio.get_running_loop().create_future()
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(self._work())
        # Others may wait for the same when this one is given up.
        return await asyncio.shield(answer)

    async def _work(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            await self._answer(asked)

    async def _answer(self, asked: Mapping[str, asyncio.Future[Found | None]]) -> None:
        try:
            found = await self._load(asked.keys())
        except asyncio.CancelledError:
            for answer in asked.values():
                answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001 it is raised where it was asked for
            for answer in asked.values():
                answer.set_exception(error)
                answer.exception()  # nobody need be there any more to hear it
            return
        for key, answer in asked.items():
            answer.set_result(found.get(key))
