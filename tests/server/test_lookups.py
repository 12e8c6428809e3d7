"""Lookups asked for at the same moment are made together, and each is as fresh as its own."""

import asyncio
from collections.abc import Collection

import pytest

from server.services.lookups import Lookups


class Shelf:
    """Answers with what is on it when it is asked; `open` lets it answer."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.values: dict[str, int] = {"a": 1, "b": 2}
        self.open = asyncio.Event()
        self.failure: Exception | None = None

    async def load(self, keys: Collection[str]) -> dict[str, int]:
        self.asked.append(sorted(keys))
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        return {key: self.values[key] for key in keys if key in self.values}


async def asking(lookups: Lookups[int], *keys: str) -> list[asyncio.Task[int | None]]:
    tasks = [asyncio.create_task(lookups.find(key)) for key in keys]
    for _turn in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_whoever_asks_while_a_lookup_is_on_its_way_is_in_the_next_one() -> None:
    shelf = Shelf()
    lookups = Lookups(shelf.load)

    first = await asking(lookups, "a")
    others = await asking(lookups, "a", "b", "b", "c")
    shelf.open.set()

    assert await asyncio.gather(*first, *others) == [1, 1, 2, 2, None]
    assert shelf.asked == [["a"], ["a", "b", "c"]]


async def test_nothing_is_kept() -> None:
    shelf = Shelf()
    shelf.open.set()
    lookups = Lookups(shelf.load)
    before = await lookups.find("a")

    shelf.values["a"] = 3

    assert (before, await lookups.find("a")) == (1, 3)


async def test_a_failure_is_raised_for_everybody_who_asked_and_the_next_is_served() -> None:
    shelf = Shelf()
    shelf.open.set()
    shelf.failure = ConnectionError("away")
    lookups = Lookups(shelf.load)

    told = await asyncio.gather(*await asking(lookups, "a", "b"), return_exceptions=True)
    shelf.failure = None

    assert [type(each) for each in told] == [ConnectionError] * 2
    assert await lookups.find("b") == 2


async def test_one_who_gives_up_takes_nobody_along() -> None:
    shelf = Shelf()
    lookups = Lookups(shelf.load)
    impatient, patient = await asking(lookups, "a", "a")

    impatient.cancel()
    shelf.open.set()

    assert await patient == 1
    with pytest.raises(asyncio.CancelledError):
        await impatient
