"""Accounts: sign up, sign in, change passwords and profiles, invite, suspend."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from federation.translate import sanitize
from schemas.records import Actor, Role
from server.context import Context
from server.services import communities, drafts, names, passwords, throttling
from server.services.drafts import Prepared, SignUp
from server.services.errors import Invalid, NotAllowed, NotFound
from server.storage import (
    actors,
    audit,
    authorizations,
    members,
    sessions,
    throttles,
    tokens,
)
from server.storage.database import Transaction
from server.storage.members import Member
from server.storage.sessions import SessionRow, SignedIn

# Callers of `sign_up` find its parameter here.
__all__ = ["SignUp"]

LONGEST_SUMMARY: Final = 2000
LONGEST_INVITATION: Final = 90  # days

_SIGN_IN_WINDOW = timedelta(minutes=15)
_SIGN_UP_WINDOW = timedelta(minutes=30)
_SIGN_UP_TRIES = 5
# An office shares one address: one colleague with a bad memory must not keep the rest out.
_OFFICE = 5
_MOST_SESSIONS = 50
_LONGEST_USER_AGENT = 200
_WRONG_INVITATION = "That invitation is not valid any more. Ask for a new one."


async def sign_up(context: Context, draft: SignUp, *, address: str) -> Member:
    """Make an account for whoever asks, as far as the settings let them.

    Raises:
        Invalid: a sentence for each field: name, display_name, password, time_zone, invitation.
        NotAllowed: "registration-closed".
        TooMany: over five tries in half an hour from one address; mistyped forms do not count.
    """
    if context.settings.registration == "closed":
        raise NotAllowed("registration-closed", "Nobody can sign up here at the moment.")
    wrong = drafts.what_is_wrong(draft)
    if context.settings.registration == "invitation" and not draft.invitation:
        wrong["invitation"] = "You need an invitation to sign up here."
    if wrong:
        raise Invalid(wrong)
    key = throttling.key("sign-up-address", throttling.network_of(address))
    await throttling.check(context, key, limit=_SIGN_UP_TRIES, window=_SIGN_UP_WINDOW)

    if not draft.invitation:
        return await _add(context, draft, Role.MEMBER)
    return await _add_invited(context, draft, hash_of(draft.invitation))


async def add_member(
    context: Context,
    *,
    name: str,
    display_name: str,
    password: str,
    role: Role = Role.MEMBER,
    time_zone: str = "UTC",
) -> Member:
    """Make an account on the operator's word, whoever may sign up.

    Raises:
        Invalid: as `sign_up`.
    """
    draft = SignUp(
        name=name,
        display_name=display_name,
        password=password,
        invitation=None,
        time_zone=time_zone,
    )
    if wrong := drafts.what_is_wrong(draft):
        raise Invalid(wrong)
    return await _add(context, draft, role)


async def sign_in(
    context: Context, name: str, password: str, *, address: str, user_agent: str
) -> tuple[str, str]:
    """Open a session; give its token, which is kept nowhere else, and its CSRF token.

    Raises:
        Invalid: "wrong-password", in the same words and after the same work for any name.
        NotAllowed: "suspended", to those only who know the password.
        TooMany: over the limit of this account, or of this address.
    """
    name = names.normal(name).removesuffix(f"@{context.home.authority}")
    account_key, address_key = await _count_sign_in(context, name, address)

    async with context.database.reading() as tx:
        found = await members.find_by_name(tx, name) if names.SHAPE.fullmatch(name) else None
    known = found[1] if found else None
    right = await passwords.is_right(known, password)
    if found is None or not right:
        raise _wrong_password()
    renewed = await passwords.make_hash(password) if passwords.is_outdated(found[1]) else None

    async with context.database.transaction("sign-in") as tx:
        await _check_still(tx, found[0], found[1])
        if renewed:
            await members.change_password_hash(tx, found[0].id, renewed)
        tokens = await _add_session(context, tx, found[0], user_agent)
        await throttles.clear(tx, account_key)
        # Not cleared, or an attacker with one account could go on guessing at the others'.
        await throttles.remove_hit(tx, address_key)
    return tokens


async def find_signed_in(context: Context, token: str) -> SignedIn | None:
    """Find who holds a session token; one statement."""
    idle = timedelta(minutes=context.settings.session_idle_minutes)
    async with context.database.reading() as tx:
        return await sessions.find(tx, hash_of(token), now=context.now(), idle=idle)


async def sign_out(context: Context, session_id: int, member_id: int) -> None:
    """End a session of this member, the one in use or another in their list.

    Raises:
        NotFound: they have no such session (any more).
    """
    async with context.database.transaction("sign-out") as tx:
        if not await sessions.remove(tx, session_id, member_id):
            raise NotFound("no-such-session", "That session has ended already.")


async def change_password(
    context: Context, member: Member, old: str, new: str, *, keep_session: int | None
) -> None:
    """Change a password for one who knows it; other sessions and all apps end (AUT-05).

    Raises:
        Invalid: fields old, new.
        TooMany: over as many tries as for signing in.
    """
    _check_password("new", new, member)
    known = await confirm_password(context, member, old, field="old")
    password_hash = await passwords.make_hash(new)

    async with context.database.transaction("change-password") as tx:
        await _check_still(tx, member, known)
        await _replace_password(tx, member, password_hash, keep_session=keep_session)
        await throttles.clear(tx, throttling.key("password-account", str(member.id)))


async def confirm_password(
    context: Context, member: Member, password: str, *, field: str = "password"
) -> str:
    """Insist, before something grave, that who asks for it knows the password; give its hash.

    Raises:
        Invalid: the field; "wrong-password".
        TooMany: over as many tries as for signing in.
    """
    key = throttling.key("password-account", str(member.id))
    limit = context.settings.sign_in_tries
    await throttling.check(context, key, limit=limit, window=_SIGN_IN_WINDOW)

    async with context.database.reading() as tx:
        known = await members.find_by_name(tx, member.actor.name)
    if known is None or not await passwords.is_right(known[1], password):
        raise Invalid({field: "That is not your password."}, reason="wrong-password")
    return known[1]


async def set_password(context: Context, member: Member, password: str) -> None:
    """Set a password on the operator's word; the member's sessions and apps end (AUT-05).

    Raises:
        Invalid: field password.
    """
    _check_password("password", password, member)
    password_hash = await passwords.make_hash(password)

    async with context.database.transaction("set-password") as tx:
        await _replace_password(tx, member, password_hash, keep_session=None)
        await throttles.clear(tx, throttling.key("sign-in-account", member.actor.name))


async def change_role(context: Context, member: Member, role: Role) -> None:
    """Change what a member may do, on the operator's word; from their next request on."""
    async with context.database.transaction("set-role") as tx:
        await members.change_role(tx, member.id, role)
        await audit.append(
            tx,
            actor="operator",
            act="change-role",
            about=member.actor.uri,
            reason=role,
            now=context.now(),
        )


async def get_member(context: Context, name: str) -> Member:
    """Get the member of this name, for the command line.

    Raises:
        NotFound: "no-such-member".
    """
    name = names.normal(name)
    async with context.database.reading() as tx:
        found = await members.find_by_name(tx, name) if names.SHAPE.fullmatch(name) else None
    if found is None:
        raise NotFound("no-such-member", "There is no member of that name.")
    return found[0]


async def change_profile(
    tx: Transaction, member: Member, *, display_name: str, summary: str
) -> Actor:
    """Change what others read about a member, and give the actor as it is now.

    `summary` is Markdown. Runs in the caller's transaction, which also tells the followers.

    Raises:
        Invalid: fields display_name, summary.
    """
    display_name = drafts.one_line(display_name)
    wrong = drafts.wrong_display_name(display_name)
    if len(summary) > LONGEST_SUMMARY or "\x00" in summary:
        wrong["summary"] = "The text about you must be at most 2000 characters."
    if wrong:
        raise Invalid(wrong)
    # Not in a thread: the sanitiser's bleach is one for all and keeps state while it works.
    clean = sanitize.from_markdown(summary)

    await actors.change_profile(
        tx,
        member.id,
        display_name=display_name or member.actor.name,
        summary=clean.html,
        summary_source=summary,
    )
    return await actors.get(tx, member.id)


async def invite(context: Context, by: Member | None, role: Role, days: int) -> str:
    """Make an invitation for one person, for so many days; without `by`, the operator's.

    Raises:
        NotAllowed: "not-a-moderator", or "role-too-high" for more than the inviter's own role.
        Invalid: field days.
    """
    if by and not by.role.reaches(Role.MODERATOR):
        raise NotAllowed("not-a-moderator", "Only moderators can invite people.")
    if by and not by.role.reaches(role):
        raise NotAllowed("role-too-high", "You cannot give a role that you do not have.")
    if not 1 <= days <= LONGEST_INVITATION:
        raise Invalid({"days": "An invitation is good for 1 to 90 days."})
    code = secrets.token_urlsafe(32)
    now = context.now()

    async with context.database.transaction("invite") as tx:
        await members.add_invitation(
            tx,
            hash_of(code),
            made_by=by.id if by else None,
            role=role,
            now=now,
            expires_at=now + timedelta(days=days),
        )
    return code


async def suspend_member(tx: Transaction, member_id: int, *, now: datetime) -> None:
    """Keep a member out from now on: no session of theirs goes on, and no app's token."""
    await actors.suspend(tx, member_id, now=now)
    await end_access(tx, member_id)


async def restore_member(tx: Transaction, member_id: int) -> None:
    """Let a member in again; they sign in anew."""
    await actors.restore(tx, member_id)
    await end_access(tx, member_id)


async def end_access(tx: Transaction, member_id: int, *, but: int | None = None) -> None:
    """End every session of a member but perhaps one, and all that apps hold (AUT-05).

    The codes go first: who uses one at this moment is waited for, and its token goes as well.
    """
    await sessions.remove_all(tx, member_id, but=but)
    await authorizations.remove_all(tx, member_id)
    await tokens.remove_all(tx, member_id)


def hash_of(token: str) -> bytes:
    """Hash a token for the database; 256 random bits need no slow hash (AUT-15)."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _check_password(field: str, password: str, member: Member) -> None:
    actor = member.actor
    if sentence := passwords.what_is_wrong(password, actor.name, actor.display_name):
        raise Invalid({field: sentence})


async def _add(context: Context, draft: SignUp, role: Role) -> Member:
    prepared = await drafts.prepare(context, draft)
    async with context.database.transaction("sign-up") as tx:
        return await _write(context, tx, prepared, role)


async def _add_invited(context: Context, draft: SignUp, code_hash: bytes) -> Member:
    async with context.database.reading() as tx:
        role = await members.find_invitation(tx, code_hash, now=context.now())
    if role is None:
        raise Invalid({"invitation": _WRONG_INVITATION})
    prepared = await drafts.prepare(context, draft)

    async with context.database.transaction("sign-up") as tx:
        member = await _write(context, tx, prepared, role)
        now = context.now()
        if not await members.claim_invitation(tx, code_hash, used_by=member.id, now=now):
            raise Invalid({"invitation": _WRONG_INVITATION})
        return member


async def _write(context: Context, tx: Transaction, prepared: Prepared, role: Role) -> Member:
    now = prepared.actor.published_at
    member = Member(
        actor=prepared.actor,
        role=role,
        language=context.settings.language,
        time_zone=prepared.time_zone,
        created_at=now,
    )
    if not await actors.add(tx, prepared.actor, now=now):
        raise drafts.name_taken()
    await members.add(tx, member, prepared.password_hash)
    for pair in prepared.keys:
        await actors.add_key_pair(tx, member.id, pair, now=now)
    await communities.join_usual(tx, context, member.actor)
    return member


async def _count_sign_in(context: Context, name: str, address: str) -> tuple[str, str]:
    by_account = throttling.key("sign-in-account", name)
    by_address = throttling.key("sign-in-address", throttling.network_of(address))
    tries = context.settings.sign_in_tries
    await throttling.check(context, by_address, limit=tries * _OFFICE, window=_SIGN_IN_WINDOW)
    await throttling.check(context, by_account, limit=tries, window=_SIGN_IN_WINDOW)
    return by_account, by_address


def _wrong_password() -> Invalid:
    return Invalid({"password": "The name or the password is wrong."}, reason="wrong-password")


async def _check_still(tx: Transaction, member: Member, password_hash: str) -> None:
    """Look again, now that nobody can change it: verifying took its time."""
    if member.actor.suspended_at:
        raise NotAllowed("suspended", "This account is suspended. Ask the people who run this.")
    if await members.lock_password(tx, member.id) != password_hash:
        raise _wrong_password()


async def _replace_password(
    tx: Transaction, member: Member, password_hash: str, *, keep_session: int | None
) -> None:
    await members.change_password_hash(tx, member.id, password_hash)
    await end_access(tx, member.id, but=keep_session)


async def _add_session(
    context: Context, tx: Transaction, member: Member, user_agent: str
) -> tuple[str, str]:
    now = context.now()
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    session = SessionRow(
        id=context.ids.mint(now),
        user_agent=drafts.one_line(user_agent.replace("\x00", " "))[:_LONGEST_USER_AGENT],
        created_at=now,
        seen_at=now,
        expires_at=now + timedelta(days=context.settings.session_days),
    )
    await sessions.add(tx, session, token_hash=hash_of(token), member_id=member.id, csrf=csrf)
    await sessions.remove_oldest(tx, member.id, keep=_MOST_SESSIONS)
    return token, csrf
