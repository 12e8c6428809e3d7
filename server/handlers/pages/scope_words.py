"""What scopes let an app do, in plain words: for consent, and in the list of apps."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from server.handlers.pages.words import noted, say
from server.services import scopes

_NONE_KEPT: Final = noted("There are none here: we keep no addresses of people.")
_WORDS: Final = {
    "profile": (
        noted("See who you are"),
        noted("Your name, your handle and your picture."),
    ),
    "read": (
        noted("Read everything that you can read"),
        noted("Posts, people, communities, your notifications, marks, lists and settings."),
    ),
    "read:accounts": (noted("Read accounts"), noted("Yours, with its settings, and others'.")),
    "read:blocks": (noted("See whom you block"), ""),
    "read:bookmarks": (noted("See your bookmarks"), ""),
    "read:favourites": (noted("See what you marked as helpful"), ""),
    "read:filters": (noted("See your filters"), ""),
    "read:follows": (noted("See whom you follow, and who follows you"), ""),
    "read:lists": (noted("See your lists"), ""),
    "read:mutes": (noted("See whom you mute"), ""),
    "read:notifications": (noted("Read your notifications"), ""),
    "read:search": (noted("Search in your name"), noted("It finds what you could find.")),
    "read:statuses": (
        noted("Read posts"),
        noted("Also those in communities that are closed to others."),
    ),
    "write": (
        noted("Write and act in your name"),
        noted(
            "Post, answer, vote, thank, report, delete your posts, change your profile, "
            "follow, join and block."
        ),
    ),
    "write:accounts": (noted("Change your profile"), ""),
    "write:blocks": (noted("Block people and release them"), ""),
    "write:bookmarks": (noted("Change your bookmarks"), ""),
    "write:conversations": (noted("Mark conversations as read, and remove them"), ""),
    "write:favourites": (noted("Mark posts as helpful"), noted("Others see it as yours.")),
    "write:filters": (noted("Change your filters"), ""),
    "write:follows": (
        noted("Follow people and join communities"),
        noted("And stop following, and leave."),
    ),
    "write:lists": (noted("Change your lists"), ""),
    "write:media": (noted("Upload pictures and files"), ""),
    "write:mutes": (noted("Mute people and stop muting"), ""),
    "write:notifications": (noted("Clear your notifications"), ""),
    "write:reports": (noted("Report posts and people in your name"), ""),
    "write:statuses": (
        noted("Post, answer and vote in your name"),
        noted("It can also change and delete your posts."),
    ),
    "follow": (
        noted("Change whom you follow, mute and block"),
        noted("It can also see them, and join and leave communities for you."),
    ),
    "admin:read": (
        noted("Read what moderators read"),
        noted(
            "Reports, accounts with their roles, and which agencies are admitted or blocked."
        ),
    ),
    "admin:read:accounts": (noted("See accounts as moderators do"), ""),
    "admin:read:canonical_email_blocks": (noted("Ask for blocked addresses"), _NONE_KEPT),
    "admin:read:domain_allows": (noted("See which agencies are admitted"), ""),
    "admin:read:domain_blocks": (noted("See which agencies are blocked"), ""),
    "admin:read:email_domain_blocks": (noted("Ask for blocked mail domains"), _NONE_KEPT),
    "admin:read:ip_blocks": (noted("Ask for blocked networks"), _NONE_KEPT),
    "admin:read:reports": (noted("Read reports"), noted("Also who reported.")),
    "admin:write": (
        noted("Do what moderators do, in your name"),
        noted("Close reports, suspend people, admit and block agencies. The log names you."),
    ),
    "admin:write:accounts": (noted("Suspend people, and let them in again"), ""),
    "admin:write:canonical_email_blocks": (noted("Block addresses"), _NONE_KEPT),
    "admin:write:domain_allows": (noted("Admit agencies"), noted("The log names you.")),
    "admin:write:domain_blocks": (noted("Block agencies"), noted("The log names you.")),
    "admin:write:email_domain_blocks": (noted("Block mail domains"), _NONE_KEPT),
    "admin:write:ip_blocks": (noted("Block networks"), _NONE_KEPT),
    "admin:write:reports": (noted("Take and close reports"), noted("The log names you.")),
    "push": (noted("Send you notifications"), noted("Also while the app is closed.")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """Something that an app may do."""

    text: str
    hint: str


def powers(request: web.Request, given: Collection[str]) -> list[Power]:
    """Say what scopes come to; what is within another is not said twice."""
    wide = [
        scope
        for scope in given
        if not any(scope != other and scopes.allows({other}, scope) for other in given)
    ]
    return [
        Power(text=say(request, text), hint=say(request, hint))
        for scope, (text, hint) in _WORDS.items()
        if scope in wide
    ]
