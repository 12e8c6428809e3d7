"""Lists of a member's own: made, changed, filled with whom they follow."""

from collections.abc import Sequence
from typing import Final

from server.context import Context
from server.services.errors import Invalid, NotFound
from server.storage import lists
from server.storage.database import Transaction
from server.storage.lists import MemberList, Replies
from server.storage.sessions import SignedIn

_MOST_LISTS: Final = 100
_MOST_AT_ONCE: Final = 500
_LONGEST_TITLE: Final = 200  # characters


def missing() -> NotFound:
    """Say the same of a list that is not there and of somebody else's."""
    return NotFound("list-not-found", "There is no such list.")


async def get(tx: Transaction, member: SignedIn, list_id: int) -> MemberList:
    """Get one of a member's own lists.

    Raises:
        NotFound: "list-not-found": there is none, or it is somebody else's.
    """
    found = await lists.find(tx, member.member.id, list_id)
    if found is None:
        raise missing()
    return found


async def add(
    context: Context, member: SignedIn, title: str, replies: Replies, *, exclusive: bool
) -> MemberList:
    """Make a list.

    Raises:
        Invalid: field title.
    """
    made = MemberList(
        id=context.ids.mint(context.now()),
        title=_title(title),
        replies=replies,
        exclusive=exclusive,
    )
    async with context.database.transaction("lists.add") as tx:
        if len(await lists.of_member(tx, member.member.id)) >= _MOST_LISTS:
            raise Invalid({"title": f"You may have {_MOST_LISTS} lists."})
        await lists.put(tx, member.member.id, made)
    return made


async def change(context: Context, member: SignedIn, wanted: MemberList) -> MemberList:
    """Change a list.

    Raises:
        NotFound: "list-not-found".
        Invalid: field title.
    """
    changed = MemberList(
        id=wanted.id,
        title=_title(wanted.title),
        replies=wanted.replies,
        exclusive=wanted.exclusive,
    )
    async with context.database.transaction("lists.change") as tx:
        await get(tx, member, wanted.id)
        await lists.put(tx, member.member.id, changed)
    return changed


async def remove(context: Context, member: SignedIn, list_id: int) -> None:
    async with context.database.transaction("lists.remove") as tx:
        await get(tx, member, list_id)
        await lists.remove(tx, list_id)


async def fill(
    context: Context, member: SignedIn, list_id: int, actor_ids: Sequence[int]
) -> None:
    """Put people and communities into a list; all of them must be followed.

    Raises:
        NotFound: "list-not-found", "account-not-found": the member does not follow one of them.
    """
    now = context.now()
    wanted = list(dict.fromkeys(actor_ids))[:_MOST_AT_ONCE]
    async with context.database.transaction("lists.fill") as tx:
        await get(tx, member, list_id)
        put = await lists.add_entries(
            tx, member.member.id, list_id, [(each, context.ids.mint(now)) for each in wanted]
        )
        if set(put) != set(wanted):
            raise NotFound("account-not-found", "You do not follow them.")


async def take_out(
    context: Context, member: SignedIn, list_id: int, actor_ids: Sequence[int]
) -> None:
    async with context.database.transaction("lists.take-out") as tx:
        await get(tx, member, list_id)
        await lists.remove_entries(tx, list_id, actor_ids)


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title:
        raise Invalid({"title": "Give the list a name."})
    if len(title) > _LONGEST_TITLE:
        raise Invalid({"title": f"The name may have {_LONGEST_TITLE} characters."})
    return title
