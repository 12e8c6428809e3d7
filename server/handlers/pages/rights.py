"""What a reader may do with a post, as its page shows it; the services judge again."""

from schemas.records import Kind, Post, Role
from server.handlers.pages.views import MAY_NOTHING, May
from server.services import quoting
from server.storage.sessions import SignedIn


def may(session: SignedIn | None, of: Post, root: Post) -> May:
    """Say what a reader may do with a post of a thread; on the root itself `of` is the root."""
    facts, thread = of.facts, root.facts
    if session is None or facts.deleted_at is not None:
        return MAY_NOTHING
    own = facts.author_id == session.member.id
    steward = facts.community_id in session.stewards
    moderator = session.member.role.reaches(Role.MODERATOR)
    member = facts.community_id in session.joined
    chooses = thread.deleted_at is None and (steward or thread.author_id == session.member.id)
    is_root = facts.parent_id is None
    governs = steward or (moderator and facts.community_local and not facts.wall)
    takes_part = member or facts.wall
    return May(
        edit=own,
        delete=own,
        accept=chooses and facts.kind is Kind.ANSWER,
        reopen=chooses and is_root and bool(of.accepted),
        lock=is_root and governs,
        pin=is_root and governs,
        move=is_root and governs and facts.community_local,
        remove=(steward or moderator) and not own,
        report=not own,
        reply=takes_part and thread.locked_at is None,
        thank=takes_part and not own,
        quote=member and not facts.wall and quoting.may_quote(of, session.member.id),
    )
