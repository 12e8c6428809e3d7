"""What this instance is: the first thing that every client reads (client-api.md 3)."""

from typing import Any, Final

from aiohttp import web

from schemas.mastodon.accounts import Account
from schemas.mastodon.instance import (
    Contact,
    Icon,
    Instance,
    InstanceV1,
    Registrations,
    Rule,
    Thumbnail,
    Usage,
)
from schemas.profiles import MOST_FIELDS
from server.context import Context
from server.handlers.mastodon.account_entities import accounts, header_of
from server.handlers.mastodon.answers import entity, plain
from server.middleware import CONTEXT
from server.middleware.assets import static_path
from server.services import accounts as members_of
from server.services import (
    developing,
    drafts,
    figures,
    media_forms,
    polls,
    posts,
    pushing,
    showing,
    tagging,
)
from server.services.figures import own_version
from server.storage import actors, desk, rules

#: What we serve of Mastodon's API, in the version whose surface it is (client-api.md 0.1).
_LIKE: Final = "4.5.0"
_API: Final = {"mastodon": 7, "commonlore": 1}
_SOURCE: Final = "https://w3id.org/commonlore"
_ICON: Final = "favicon.svg"
_CARRIED: Final = 23  # characters that clients count for an address, however long it is
_SHORTEST_POLL: Final = 3600  # seconds
_LONGEST_POLL: Final = 31 * 24 * 3600


async def instance(request: web.Request) -> web.Response:
    """GET /api/v2/instance."""
    context = request.app[CONTEXT]
    settings, usage = context.settings, await figures.usage(context)
    icon = f"{context.home.origin}{static_path(_ICON)}"
    return entity(
        Instance(
            domain=settings.authority,
            title=settings.name,
            version=f"{_LIKE} (compatible; Commonlore {own_version()})",
            source_url=_SOURCE,
            description=settings.description,
            usage=Usage(users={"active_month": usage.active_month}),
            thumbnail=Thumbnail(url=header_of(context), versions={"@1x": header_of(context)}),
            icon=(Icon(src=icon, size="32x32"),),
            languages=(settings.language,),
            configuration=_configuration(context) | _places(context),
            registrations=Registrations(
                enabled=settings.registration == "open",
                url=f"{context.home.origin}/sign-up",
            ),
            api_versions=_API,
            contact=Contact(email=_mail(context), account=await _contact(context)),
            rules=await rules_of(context),
        )
    )


async def instance_v1(request: web.Request) -> web.Response:
    """GET /api/v1/instance."""
    context = request.app[CONTEXT]
    settings, usage = context.settings, await figures.usage(context)
    return entity(
        InstanceV1(
            uri=settings.authority,
            title=settings.name,
            short_description=settings.description,
            description=settings.description,
            email=_mail(context),
            version=f"{_LIKE} (compatible; Commonlore {own_version()})",
            urls={"streaming_api": _streaming(context)},
            stats={
                "user_count": usage.members,
                "status_count": usage.posts,
                "domain_count": await _agencies(context),
            },
            thumbnail=header_of(context),
            languages=(settings.language,),
            registrations=settings.registration == "open",
            invites_enabled=settings.registration == "invitation",
            configuration=_configuration(context),
            contact_account=await _contact(context),
            max_toot_chars=posts.LONGEST_SOURCE,
            rules=await rules_of(context),
        )
    )


async def nothing(_request: web.Request) -> web.Response:
    """Answer for a list that is always empty here."""
    return plain([])


def _configuration(context: Context) -> dict[str, Any]:
    return {
        "accounts": {
            "max_featured_tags": tagging.MOST_FEATURED,
            "max_pinned_statuses": showing.MOST_PINNED,
            "max_profile_fields": MOST_FIELDS,
            "profile_field_name_limit": 255,
            "profile_field_value_limit": 255,
            "max_display_name_length": drafts.LONGEST_DISPLAY_NAME,
            "max_note_length": members_of.LONGEST_SUMMARY,
        },
        "statuses": {
            "max_characters": posts.LONGEST_SOURCE,
            "max_media_attachments": media_forms.MOST,
            "characters_reserved_per_url": _CARRIED,
        },
        "media_attachments": {
            "description_limit": media_forms.LONGEST_DESCRIPTION,
            "image_matrix_limit": developing.MOST_PIXELS,
            "image_size_limit": media_forms.LARGEST_PICTURE,
            "supported_mime_types": list(media_forms.CLIENTS_MAY_BRING),
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
            "video_size_limit": media_forms.LARGEST_FILM,
        },
        "polls": {
            "max_options": polls.MOST_CHOICES,
            "max_characters_per_option": polls.LONGEST_CHOICE,
            "min_expiration": _SHORTEST_POLL,
            "max_expiration": _LONGEST_POLL,
        },
        "translation": {"enabled": False},
        "limited_federation": not context.settings.open_federation,
    }


def _places(context: Context) -> dict[str, Any]:
    origin = context.home.origin
    feeds = {"local": "public", "remote": "public"}
    return {
        "urls": {
            "streaming": _streaming(context),
            "status": None,
            "about": f"{origin}/about",
            "privacy_policy": f"{origin}/privacy-policy",
            "terms_of_service": f"{origin}/terms-of-service",
        },
        "vapid": {"public_key": pushing.server_key(context)},
        "timelines_access": {
            "live_feeds": feeds,
            "hashtag_feeds": feeds,
            "trending_link_feeds": feeds,
        },
    }


def _streaming(context: Context) -> str:
    # Without a path: clients add it themselves.
    return f"{'wss' if context.settings.secure else 'ws'}://{context.settings.authority}"


def _mail(context: Context) -> str:
    contact = context.settings.contact
    return contact if "@" in contact else ""


async def _contact(context: Context) -> Account:
    """Show whom to ask: the first moderator, or the agency itself while it has none."""
    async with context.database.reading() as tx:
        asked = await desk.moderators(tx, limit=1)
        found = asked[0] if asked else await actors.get(tx, context.agency_id)
        return (await accounts(tx, context, [found]))[found.id]


async def rules_of(context: Context) -> tuple[Rule, ...]:
    """Give the agency's rules of conduct, in their order."""
    async with context.database.reading() as tx:
        found = await rules.in_force(tx)
    return tuple(Rule(id=str(each.id), text=each.text, hint=each.hint) for each in found)


async def _agencies(context: Context) -> int:
    async with context.database.reading() as tx:
        return len(await desk.known_hosts(tx))
