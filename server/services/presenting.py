"""What the agency says of itself, of privacy and of terms: written by operators, logged."""

import asyncio
from typing import Final, Literal, get_args

from federation.translate import sanitize
from schemas.records import Role
from server.context import Context
from server.services.errors import Invalid, NotAllowed
from server.storage import audit, texts
from server.storage.sessions import SignedIn
from server.storage.texts import Text

Name = Literal["about", "privacy", "terms"]
NAMES: Final[tuple[Name, ...]] = get_args(Name)
LONGEST: Final = 50_000


async def write(context: Context, member: SignedIn, name: Name, source: str) -> None:
    """Say something in Markdown; nothing at all is what we say where nobody wrote it.

    Raises:
        NotAllowed: "not-an-operator".
        Invalid: the text's own name as the field.
    """
    if not member.member.role.reaches(Role.OPERATOR):
        raise NotAllowed("not-an-operator", "Only an operator can do that.")
    source = source.strip()
    if len(source) > LONGEST:
        raise Invalid({name: f"The text may have {LONGEST} characters."})
    clean = await asyncio.to_thread(sanitize.from_markdown, source)
    now = context.now()

    async with context.database.transaction("presenting.write") as tx:
        if source:
            text = Text(name=name, source=source, html=clean.html, changed_at=now)
            changed = await texts.write(tx, text)
        else:
            changed = await texts.remove(tx, name)
        if changed:
            await audit.append(
                tx,
                actor=member.member.actor.uri,
                act="write-text",
                about=context.home.agency,
                reason=name,
                now=now,
            )
