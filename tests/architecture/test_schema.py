"""The schema that is there for reading is the one that the migrations make."""

import asyncio

import pytest

from server.storage.postgres_programs import find_binaries
from tests.architecture.write_schema import FILE, MAJOR, dumped
from tests.conftest import TEMPLATE


async def test_schema_sql_is_what_the_migrations_make(cluster):
    if find_binaries().major != MAJOR:
        pytest.skip(f"schema.sql is written by PostgreSQL {MAJOR}")

    made = await asyncio.to_thread(dumped, cluster, TEMPLATE)

    assert made == FILE.read_text(), "run `make schema`"


async def test_the_schema_is_told_in_the_same_words_twice(cluster):
    first = await asyncio.to_thread(dumped, cluster, TEMPLATE)

    again = await asyncio.to_thread(dumped, cluster, TEMPLATE)

    assert again == first
    assert TEMPLATE not in first
