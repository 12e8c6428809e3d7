"""What members say of themselves: changed all at once, and told to who follows elsewhere."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO, Final
from zoneinfo import available_timezones

from federation.translate import sanitize
from schemas.profiles import LONGEST_FIELD, MOST_FIELDS, Details, ProfileField
from schemas.records import Actor
from server.context import Context
from server.services import (
    accounts,
    communities,
    drafts,
    follow_requests,
    introducing,
    portraits,
)
from server.services.errors import Invalid
from server.services.media_forms import LONGEST_DESCRIPTION
from server.services.portraits import Taken
from server.storage import actors, audit, details, members
from server.storage import portraits as stored
from server.storage.database import Transaction
from server.storage.members import Defaults, Member
from server.storage.portraits import PortraitKind
from server.storage.sessions import SignedIn

_LANGUAGE: Final = "Choose a language from the list."
_TIME_ZONE: Final = "Choose a time zone from the list."
_TOO_MANY: Final = "A profile can have six lines; leave some out."
_TOO_LONG: Final = "A line of a profile may have 255 characters on each side."
_NAMELESS: Final = "Each line needs something on both sides."
_DESCRIPTION: Final = "A description may have 1500 characters; this one has more."


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a member changes about themselves, each as they typed it; None stays as it is.

    `about` is Markdown. `fields` are pairs of a name and a value, plain text.
    """

    display_name: str | None = None
    about: str | None = None
    time_zone: str | None = None
    language: str | None = None
    fields: Sequence[tuple[str, str]] | None = None
    locked: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    hides_collections: bool | None = None
    avatar_alt: str | None = None
    header_alt: str | None = None
    defaults: Defaults | None = None


async def change(
    context: Context,
    member: SignedIn,
    changes: Changes,
    *,
    languages: frozenset[str] = frozenset(),
    brought: Mapping[PortraitKind, IO[bytes]] | None = None,
    removed: Sequence[PortraitKind] = (),
) -> Actor:
    """Change what others read about a member and how they read; followers elsewhere are told.

    Args:
        context: of this instance.
        member: who changes it; of nobody but them.
        changes: what is new.
        languages: those that there are pages in, where the language changes.
        brought: files that become pictures of the profile.
        removed: pictures that go.

    Raises:
        Invalid: fields display_name, about, time_zone, language, fields, avatar_alt,
            header_alt, avatar, header.
    """
    wrong = _wrong_settings(changes, languages)
    async with portraits.taking(context, brought or {}) as taken:
        return await _write(context, member, changes, wrong, taken, removed)


def _wrong_settings(changes: Changes, languages: frozenset[str]) -> dict[str, str]:
    wrong = {}
    if changes.time_zone is not None and changes.time_zone not in available_timezones():
        wrong["time_zone"] = _TIME_ZONE
    if changes.language is not None and changes.language not in languages:
        wrong["language"] = _LANGUAGE
    return wrong


async def _write(
    context: Context,
    member: SignedIn,
    changes: Changes,
    wrong: dict[str, str],
    taken: list[Taken],
    removed: Sequence[PortraitKind],
) -> Actor:
    async with context.database.transaction("people.profile") as tx:
        said_before = await details.lock(tx, member.member.id)
        before = await actors.get(tx, member.member.id)
        said = _said(said_before, changes, wrong)
        try:
            await _write_words(tx, member.member, changes)
        except Invalid as refusal:
            names = {"summary": "about"}
            wrong |= {names.get(key, key): told for key, told in refusal.fields.items()}
        if wrong:
            raise Invalid(wrong)
        said = await _put_pictures(tx, context, before, said, taken, removed)
        if said != said_before:
            await details.put(tx, before.id, said)
        await _write_settings(tx, member.member, changes)
        actor = await actors.get(tx, before.id)
        if (before, said_before) != (actor, said):
            await introducing.tell(tx, context, actor)
        if said_before.locked and not said.locked:
            await follow_requests.let_all_in(tx, context, actor)
        return actor


async def change_pictures(
    context: Context,
    member: SignedIn,
    community_id: int,
    changes: Changes,
    *,
    brought: Mapping[PortraitKind, IO[bytes]],
    removed: Sequence[PortraitKind] = (),
) -> Actor:
    """Change the pictures of a community of ours, and what is said of them: its stewards do.

    Raises:
        NotFound: "community-not-found".
        NotAllowed: "not-a-steward".
        Invalid: fields avatar_alt, header_alt, avatar, header.
    """
    async with context.database.reading() as tx:
        await communities.governed(tx, member, community_id)
    wrong: dict[str, str] = {}
    async with (
        portraits.taking(context, brought) as taken,
        context.database.transaction("communities.pictures") as tx,
    ):
        before = (await communities.governed(tx, member, community_id)).actor
        said = _said(await details.lock(tx, before.id), changes, wrong)
        if wrong:
            raise Invalid(wrong)
        said = await _put_pictures(tx, context, before, said, taken, removed)
        await details.put(tx, before.id, said)
        actor = await actors.get(tx, before.id)
        await introducing.tell(tx, context, actor)
        await audit.append(
            tx,
            actor=member.member.actor.uri,
            act="change-community",
            about=actor.uri,
            now=context.now(),
        )
        return actor


async def _put_pictures(
    tx: Transaction,
    context: Context,
    of: Actor,
    said: Details,
    taken: list[Taken],
    removed: Sequence[PortraitKind],
) -> Details:
    """Take pictures off a profile and put others on it; give what is said of them then."""
    for kind in removed:
        await stored.remove(tx, of.id, kind)
        said = _without(said, kind)
    await portraits.put(tx, context, of.id, taken)
    return said


async def _write_words(tx: Transaction, member: Member, changes: Changes) -> None:
    if changes.display_name is None and changes.about is None:
        return
    actor, name, about = member.actor, changes.display_name, changes.about
    await accounts.change_profile(
        tx,
        member,
        display_name=actor.display_name if name is None else name,
        summary=actor.summary_source if about is None else about,
    )


async def _write_settings(tx: Transaction, member: Member, changes: Changes) -> None:
    if changes.time_zone is not None or changes.language is not None:
        await members.change_settings(
            tx,
            member.id,
            language=changes.language or member.language,
            time_zone=changes.time_zone or member.time_zone,
        )
    if changes.defaults is not None:
        await members.change_defaults(tx, member.id, changes.defaults)


def _said(before: Details, changes: Changes, wrong: dict[str, str]) -> Details:
    """Say what is new, and note what is wrong with it."""
    switches = {
        name: value
        for name in ("locked", "bot", "discoverable", "indexable", "hides_collections")
        if (value := getattr(changes, name)) is not None
    }
    fields = before.fields
    if changes.fields is not None:
        fields = _lines(changes.fields, wrong)
    return replace(
        before,
        **switches,
        fields=fields,
        avatar_alt=_described(before.avatar_alt, changes.avatar_alt, "avatar_alt", wrong),
        header_alt=_described(before.header_alt, changes.header_alt, "header_alt", wrong),
    )


def _described(before: str, given: str | None, field: str, wrong: dict[str, str]) -> str:
    """Give what is said of a picture from now on, and note where it is too long."""
    if given is None:
        return before
    said = sanitize.plain(given, limit=LONGEST_DESCRIPTION + 1)
    if len(said) > LONGEST_DESCRIPTION:
        wrong[field] = _DESCRIPTION
    return said


def _without(said: Details, kind: PortraitKind) -> Details:
    """Say nothing any more of a picture that went."""
    if kind is PortraitKind.AVATAR:
        return replace(said, avatar_alt="")
    return replace(said, header_alt="")


def _lines(given: Sequence[tuple[str, str]], wrong: dict[str, str]) -> tuple[ProfileField, ...]:
    """Make the lines of a profile; those that are empty on both sides are none."""
    pairs = [(drafts.one_line(name), drafts.one_line(value)) for name, value in given]
    pairs = [pair for pair in pairs if any(pair)]
    if len(pairs) > MOST_FIELDS:
        wrong["fields"] = _TOO_MANY
    elif not all(_is_fair(side) for pair in pairs for side in pair):
        wrong["fields"] = _TOO_LONG
    elif not all(name and value for name, value in pairs):
        wrong["fields"] = _NAMELESS
    if "fields" in wrong:
        return ()
    return tuple(
        ProfileField(
            name=sanitize.plain(name, limit=LONGEST_FIELD),
            value=sanitize.from_line(value).html,
            source=value,
        )
        for name, value in pairs
    )


def _is_fair(text: str) -> bool:
    shown = not any(unicodedata.category(each) in {"Cc", "Cs"} for each in text)
    return shown and len(text) <= LONGEST_FIELD
