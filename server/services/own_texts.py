"""What an agency says of privacy and of terms while nobody wrote its own: true of every one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final

from server.context import Context
from server.services.catalogue import noted, translations
from server.services.presenting import Name
from server.storage import texts
from server.storage.database import Transaction

#: Since when these defaults say what they say.
_WRITTEN: Final = datetime(2026, 11, 24, tzinfo=UTC)
_HEADING: Final = "## "
#: A line each; one that begins as a heading of Markdown is one.
_LINES: Final[dict[Name, tuple[str, ...]]] = {
    "about": (),
    "privacy": (
        noted(
            "This is what the server of %(agency)s keeps of you, who sees it, and how to end "
            "it."
        ),
        noted("## What is kept"),
        noted(
            "Of members: the name and the handle, what they wrote about themselves, their "
            "role, language and time zone, when they joined and by whose invitation. Of the "
            "password only a hash. No e-mail address, no telephone number, no date of birth."
        ),
        noted(
            "What you write, with what it said before each edit; whom you follow and thank; "
            "what you report. Bookmarks, lists, filters, notes, mutes and blocks are kept for"
            " you and shown to nobody."
        ),
        noted(
            "Of each browser and app that you sign in with: what it calls itself, since when,"
            " and when it was last used. You see and end them in your settings."
        ),
        noted(
            "Network addresses are not kept. While somebody tries to sign in too often, a "
            "digest of theirs is counted for some minutes. There is no tracking, no "
            "advertising, and no measuring of single people; figures are shown of five people"
            " or more."
        ),
        noted("## Who sees it"),
        noted(
            "What is public can be read by everybody, and is sent to the other agencies whose"
            " people follow. What is for the members of a community is sent to the agencies "
            "that its members work for, and can be read by those members."
        ),
        noted(
            "The moderators here can read all posts that are here, to decide about reports. "
            "They see who reported; nobody else does, and no other agency is told. What "
            "moderators do is written in a log that nobody can change."
        ),
        noted(
            "Whoever runs this server can reach its database, as on any server. They act "
            "under the rules of your agency."
        ),
        noted(
            "If an app on your device is told of news while it is closed, a notification "
            "travels, encrypted, through the maker of that app or device."
        ),
        noted("## How to end it"),
        noted(
            "You can edit and delete what you wrote. Every agency that has a copy is told to "
            "delete it; we cannot force another server, and those that do not obey can be "
            "blocked."
        ),
        noted(
            "In your settings you can take all that is yours along as an archive, and delete "
            "the account: your posts go, here and elsewhere, and your name is given to nobody"
            " else."
        ),
    ),
    "terms": (
        noted("These are the terms on which %(agency)s lets you use this server."),
        noted("## Who may take part"),
        noted(
            "Accounts are for people who work with this agency, each for one person. Keep "
            "your password to yourself; what is done with your account is taken as done by "
            "you."
        ),
        noted("## What you write"),
        noted(
            "What you write stays yours. You let this server show it to those whom you chose "
            "as its readers, and send it to the agencies that those readers work for. Write "
            "nothing that your agency keeps closed, and nothing that others have a right to."
        ),
        noted("## What moderators do"),
        noted(
            "The house rules hold for everybody. A moderator may remove a post or suspend an "
            "account, always with a reason that the person concerned can read. Whoever "
            "disagrees writes to the people named on the page about this agency."
        ),
        noted("## What nobody promises"),
        noted(
            "Answers here are given by colleagues in good faith. They are no official "
            "decision, and whoever acts on one is responsible for that. The server may be "
            "away for a time; nothing that was published is lost by it."
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A text as it is shown: the operators' own, or ours where they wrote none."""

    source: str
    html: str
    changed_at: datetime
    is_own: bool


async def shown(tx: Transaction, context: Context, name: Name, language: str) -> Shown:
    """Read a text; nobody's own is said in the reader's language."""
    own = await texts.find(tx, name)
    if own is not None:
        return Shown(source=own.source, html=own.html, changed_at=own.changed_at, is_own=True)
    return default(context, name, language)


def default(context: Context, name: Name, language: str) -> Shown:
    """Say what is true of every agency."""
    lines = [_said(context, line, language) for line in _LINES[name]]
    return Shown(
        source="\n\n".join(lines),
        html="\n".join(_html(line) for line in lines),
        changed_at=_WRITTEN,
        is_own=False,
    )


def _said(context: Context, line: str, language: str) -> str:
    told = translations(language).gettext(line)
    return told % {"agency": context.settings.name} if "%(agency)s" in told else told


def _html(line: str) -> str:
    if line.startswith(_HEADING):
        return f"<h2>{escape(line.removeprefix(_HEADING), quote=False)}</h2>"
    return f"<p>{escape(line, quote=False)}</p>"
