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
from schemas.records import Actor, ActorKind, JoinRule, Visibility
from schemas.records import Role as MemberRole
from server.context import Context
from server.services import faces, follow_requests, portraits
from server.storage import members, profiles
from server.storage.database import Transaction
from server.storage.members import Defaults
from server.storage.portraits import PortraitKind
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


async def credentials(tx: Transaction, context: Context, of: SignedIn) -> CredentialAccount:
    """Make the account of whoever asks, with what they may edit and do; four statements."""
    member = of.member
    profile = (await profiles.of_actors(tx, [member.id])).get(member.id, _NOBODY)
    defaults = await members.defaults(tx, member.id)
    asking = await follow_requests.count(tx, context, member.id)
    return _credentials(context, of, profile, _source(of, profile, defaults, asking))


def _source(of: SignedIn, profile: Profile, defaults: Defaults, asking: int) -> Source:
    said = profile.details
    return Source(
        privacy=defaults.privacy,
        sensitive=defaults.sensitive,
        language=defaults.language or of.member.language,
        note=of.member.actor.summary_source,
        fields=tuple(Field(name=each.name, value=each.source) for each in said.fields),
        follow_requests_count=asking,
        hide_collections=said.hides_collections,
        discoverable=said.discoverable,
        indexable=said.indexable,
        quote_policy=defaults.quote_policy,
    )


def _credentials(
    context: Context, of: SignedIn, profile: Profile, source: Source
) -> CredentialAccount:
    member, role = of.member, of.member.role
    return CredentialAccount(
        **_common(context, member.actor, profile),
        source=source,
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
    is_group, said = of.kind is ActorKind.COMMUNITY, profile.details
    picture, header = picture_of(context, of), header_of(context, of)
    return {
        "id": str(of.id),
        "username": of.name,
        "acct": of.name if of.local else of.handle.removeprefix("@"),
        "display_name": of.display_name or of.name,
        "locked": profile.join is JoinRule.APPROVAL if is_group else said.locked,
        "bot": said.bot or of.kind is ActorKind.AGENCY,
        "group": is_group,
        "discoverable": _wants(profile, wish=said.discoverable),
        "indexable": _wants(profile, wish=said.indexable),
        "noindex": not _wants(profile, wish=said.indexable),
        "hide_collections": said.hides_collections,
        "created_at": _day(of.published_at),
        "note": f"<p>{escape(of.summary, quote=False)}</p>" if _is_plain(of) else of.summary,
        "url": of.url or of.uri,
        "uri": of.uri,
        "avatar": picture,
        "avatar_static": picture,
        "avatar_description": said.avatar_alt,
        "header": header,
        "header_static": header,
        "header_description": said.header_alt,
        "followers_count": profile.followers,
        "following_count": profile.following,
        "statuses_count": profile.posts,
        "last_status_at": profile.last_post_on,
        "roles": (_COMMUNITY,) if is_group else (),
        "fields": _fields(profile, is_group=is_group),
    }


def _wants(profile: Profile, *, wish: bool) -> bool:
    """Say whether somebody wants to be found; a community is what its audience is."""
    return wish if profile.visibility is None else profile.visibility is Visibility.PUBLIC


def _fields(profile: Profile, *, is_group: bool) -> tuple[Field, ...]:
    if is_group:
        return (Field(name="Members", value=str(profile.followers)),)
    return tuple(Field(name=each.name, value=each.value) for each in profile.details.fields)


def _is_plain(of: Actor) -> bool:
    # What a community of ours says of itself in one line is kept as plain text.
    return of.local and of.kind is ActorKind.COMMUNITY and bool(of.summary)


def _day(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


def picture_of(context: Context, of: Actor) -> str:
    """Give the address of a picture, which clients need for everybody (client-api.md 0.4)."""
    if path := portraits.path_of(context, of, PortraitKind.AVATAR):
        return f"{context.home.origin}{path}"
    letters = quote(faces.initials(of.display_name or of.name))
    return f"{context.home.origin}/avatars/{faces.hue(of.handle)}/{letters}.png"


def header_of(context: Context, of: Actor | None = None) -> str:
    path = portraits.path_of(context, of, PortraitKind.HEADER) if of else None
    return f"{context.home.origin}{path or '/avatars/header.png'}"
