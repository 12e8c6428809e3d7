"""Addresses that clients open in a browser lead to our pages (client-api.md 1.7)."""

import pytest

from server.handlers.pages.ways import WAYS
from tests.clients.programs import Program


@pytest.mark.parametrize("path", WAYS)
async def test_what_clients_look_for_is_where_they_look(guest: Program, path: str) -> None:
    reply = await guest.ask("GET", path, allow_redirects=False)

    assert (reply.status, reply.headers["Location"]) == (302, WAYS[path])


async def test_a_post_is_found_below_its_author(guest: Program) -> None:
    reply = await guest.ask("GET", "/@amina/116158778572800257", allow_redirects=False)
    none = await guest.ask("GET", "/@amina/99999999999999999999", allow_redirects=False)

    assert (reply.status, reply.headers["Location"]) == (302, "/p/116158778572800257")
    assert none.status == 404
