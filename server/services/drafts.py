"""What somebody who signs up filled in: what is wrong with it, and the actor it becomes."""

import asyncio
import unicodedata
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from federation.signatures.keys import KeyPair, generate_ed25519, generate_rsa
from schemas.records import Actor, ActorKind
from server.context import Context
from server.services import names, passwords
from server.services.errors import Invalid
from server.storage import actors

LONGEST_DISPLAY_NAME: Final = 60

# Marks that turn the direction of what follows: a name with one reads as another name.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """What somebody filled in to get an account."""

    name: str
    display_name: str
    password: str = field(repr=False)
    invitation: str | None
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A draft in which nothing is wrong, and the keys that take long to make."""

    actor: Actor
    time_zone: str
    password_hash: str = field(repr=False)
    keys: tuple[KeyPair, ...]


def name_taken() -> Invalid:
    return Invalid({"name": "That name is taken. Choose another."}, reason="name-taken")


def what_is_wrong(draft: SignUp) -> dict[str, str]:
    wrong = wrong_display_name(one_line(draft.display_name))
    name = names.normal(draft.name)
    if sentence := names.what_is_wrong(name):
        wrong["name"] = sentence
    if sentence := passwords.what_is_wrong(draft.password, name, draft.display_name):
        wrong["password"] = sentence
    if not _is_time_zone(draft.time_zone):
        wrong["time_zone"] = "Choose a time zone from the list."
    return wrong


def wrong_display_name(display_name: str) -> dict[str, str]:
    if len(display_name) > LONGEST_DISPLAY_NAME:
        return {"display_name": "The name to show must be at most 60 characters."}
    if any(c in _TURNING or unicodedata.category(c) in _UNPRINTABLE for c in display_name):
        return {"display_name": "The name to show has characters that cannot be shown."}
    return {}


def one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


async def prepare(context: Context, draft: SignUp) -> Prepared:
    """Do what takes long before the transaction, and only for a name that seems to be free."""
    actor = _actor(context, names.normal(draft.name), one_line(draft.display_name))
    async with context.database.reading() as tx:
        if await actors.find_local(tx, actor.name):
            raise name_taken()
    return Prepared(
        actor=actor,
        time_zone=draft.time_zone,
        password_hash=await passwords.make_hash(draft.password),
        keys=await asyncio.to_thread(_generate_keys, actor.uri),
    )


def _actor(context: Context, name: str, display_name: str) -> Actor:
    home, now = context.home, context.now()
    uri = home.person(name)
    return Actor(
        id=context.ids.mint(now),
        uri=uri,
        kind=ActorKind.PERSON,
        name=name,
        host=home.authority,
        local=True,
        display_name=display_name or name,
        inbox=home.collection(uri, "inbox"),
        shared_inbox=home.shared_inbox,
        outbox=home.collection(uri, "outbox"),
        followers=home.collection(uri, "followers"),
        following=home.collection(uri, "following"),
        featured=home.collection(uri, "featured"),
        url=uri,
        published_at=now,
    )


def _generate_keys(uri: str) -> tuple[KeyPair, ...]:
    return (
        generate_rsa(f"{uri}#main-key", uri),
        generate_ed25519(f"{uri}#ed25519-key", uri),
    )


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
