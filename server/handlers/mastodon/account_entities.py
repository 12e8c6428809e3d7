"""Actors as clients show them: accounts, with what a community or a member is by badges."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from schemas.mastodon.accounts import (
    Account,
    AccountRole,
    CredentialAccount,
    Field,
    Role,
    Source,
)
from schemas.records import Actor, ActorKind, JoinRule
from schemas.records import Role as MemberRole
from server.context import Context
from server.services import faces
from server.storage import profiles
from server.storage.database import Transaction
from server.storage.profiles import Profile
from server.storage.sessions import SignedIn

_COMMUNITY = AccountRole(id="community", name="Community", color="#1d70b8")
_NOBODY = Profile()
#: Mastodon's bits for staff: manage reports, users and federation; and everything.
_PERMISSIONS = {MemberRole.MODERATOR: 0x10 | 0x400 | 0x20, MemberRole.OPERATOR: 0x1}


async def accounts(
    tx: Transaction, context: Context, actors: Sequence[Actor]
) -> dict[int, Account]:
    """Make an account of each, by id; two statements at most, however many they are."""
    known = await profiles.of_actors(tx, [each.id for each in actors])
    return {each.id: account(context, each, known.get(each.id, _NOBODY)) for each in actors}


def account(context: Context, of: Actor, profile: Profile) -> Account:
    return Account(**_common(context, of, profile))


def credentials(context: Context, of: SignedIn, profile: Profile) -> CredentialAccount:
    """Make the account of whoever asks, with what they may edit and do."""
    member, role = of.member, of.member.role
    common = _common(context, member.actor, profile)
    return CredentialAccount(
        **common,
        source=Source(language=member.language, note=member.actor.summary_source),
        role=role_of(role),
    )


def role_of(role: MemberRole) -> Role:
    """Show what a member may do at their agency."""
    return Role(
        id=str(list(MemberRole).index(role)),
        name=role.value.capitalize(),
        permissions=str(_PERMISSIONS.get(role, 0)),
        highlighted=role.reaches(MemberRole.MODERATOR),
    )


def _common(context: Context, of: Actor, profile: Profile) -> dict[str, object]:
    is_group = of.kind is ActorKind.COMMUNITY
    picture = picture_of(context, of)
    return {
        "id": str(of.id),
        "username": of.name,
        "acct": of.name if of.local else of.handle.removeprefix("@"),
        "display_name": of.display_name or of.name,
        "locked": profile.join is JoinRule.APPROVAL,
        "bot": of.kind is ActorKind.AGENCY,
        "group": is_group,
        "created_at": _day(of.published_at),
        "note": f"<p>{escape(of.summary, quote=False)}</p>" if _is_plain(of) else of.summary,
        "url": of.url or of.uri,
        "uri": of.uri,
        "avatar": picture,
        "avatar_static": picture,
        "header": header_of(context),
        "header_static": header_of(context),
        "followers_count": profile.followers,
        "following_count": profile.following,
        "statuses_count": profile.posts,
        "last_status_at": profile.last_post_on,
        "roles": (_COMMUNITY,) if is_group else (),
        "fields": (Field(name="Members", value=str(profile.followers)),) if is_group else (),
    }


def _is_plain(of: Actor) -> bool:
    # What a community of ours says of itself in one line is kept as plain text.
    return of.local and of.kind is ActorKind.COMMUNITY and bool(of.summary)


def _day(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


def picture_of(context: Context, of: Actor) -> str:
    """Give the address of a picture, which clients need for everybody (client-api.md 0.4)."""
    letters = quote(faces.initials(of.display_name or of.name))
    return f"{context.home.origin}/avatars/{faces.hue(of.handle)}/{letters}.png"


def header_of(context: Context) -> str:
    return f"{context.home.origin}/avatars/header.png"
