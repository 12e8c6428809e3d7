"""What strict clients demand of each entity, and how an answer falls short of it."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

_ID: Final = re.compile(r"[1-9]\d*")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_SCHEMES: Final = frozenset({"http", "https", "ws", "wss"})

#: Fields by entity, from what Ice Cubes and Tusky decode (client-api.md 0.4, 0.5, 3 and 4). A
#: field is `name:kind`; `?` after a kind allows null, `[kind]` is a list, `a|b` a closed list
#: of words. All fields must be there: null is said, and not left out.
_DEMANDS: Final = {
    "Account": """id:id username:word acct:word display_name:text locked:bool bot:bool
        group:bool discoverable:bool? indexable:bool created_at:moment note:text url:url uri:url
        avatar:url avatar_static:url header:url header_static:url followers_count:int
        following_count:int statuses_count:int last_status_at:date? hide_collections:bool?
        noindex:bool emojis:[Emoji] roles:[Badge] fields:[Field]""",
    "CredentialAccount": "*:Account source:Source role:Role",
    "MutedAccount": "*:Account mute_expires_at:moment?",
    "Source": """privacy:public|unlisted|private sensitive:bool language:text? note:text
        fields:[Field] follow_requests_count:int hide_collections:bool? discoverable:bool?
        indexable:bool quote_policy:public|followers|nobody attribution_domains:[word]""",
    "Role": "id:number name:text permissions:number color:text highlighted:bool",
    "Badge": "id:word name:word color:text",
    "Field": "name:word value:text verified_at:moment?",
    "Emoji": "shortcode:word url:url static_url:url visible_in_picker:bool category:text?",
    "Status": """id:id uri:url url:url created_at:moment edited_at:moment? account:Account
        content:text visibility:public|unlisted|private|direct sensitive:bool spoiler_text:text
        media_attachments:[Medium] application:Application? mentions:[Mention] tags:[StatusTag]
        emojis:[Emoji] reblogs_count:int favourites_count:int replies_count:int quotes_count:int
        in_reply_to_id:id? in_reply_to_account_id:id? reblog:Status? poll:Poll? card:Card?
        language:text? quote:Quote? quote_approval:Approval? favourited:bool reblogged:bool
        muted:bool bookmarked:bool pinned:bool filtered:[FilterResult]
        emoji_reactions:[Reaction]""",
    "Mention": "id:id username:word url:url acct:word",
    "StatusTag": "name:word url:url",
    "Medium": """id:id type:image|gifv|video|audio|unknown url:url preview_url:url?
        remote_url:url? text_url:url? meta:Meta? description:text? blurhash:text?""",
    "Meta": "original:Measures",
    "Measures": "width:int height:int size:word aspect:float",
    "Poll": """id:id expires_at:moment? expired:bool multiple:bool votes_count:int
        voters_count:int? voted:bool own_votes:[int] options:[Option] emojis:[Emoji]""",
    "Option": "title:word votes_count:int?",
    "Card": """url:url title:text description:text type:link|photo|video|rich author_name:text
        author_url:text provider_name:text provider_url:text html:text width:int height:int
        image:url? image_description:text embed_url:text blurhash:text? published_at:moment?
        language:text? authors:[object]""",
    "TrendingLink": "*:Card history:[History]",
    "Suggestion": "source:staff|past_interactions|global sources:[featured|most_followed|"
    "most_interactions|similar_to_recently_followed|friends_of_friends] account:Account",
    "Quote": """state:pending|accepted|rejected|revoked|deleted|unauthorized
        quoted_status:Status?""",
    "Approval": """automatic:[public|followers|following|unsupported_policy]
        manual:[public|followers|following|unsupported_policy]
        current_user:automatic|manual|denied|unknown""",
    "Reaction": "name:word count:int me:bool account_ids:[id]",
    "Application": "name:word website:url?",
    "App": """id:id name:word website:url? scopes:[word] redirect_uri:word redirect_uris:[word]
        vapid_key:text""",
    "Context": "ancestors:[Status] descendants:[Status]",
    "StatusSource": "id:id text:text spoiler_text:text",
    "StatusEdit": """content:text spoiler_text:text sensitive:bool created_at:moment
        account:Account poll:object? media_attachments:[Medium] emojis:[Emoji]""",
    "Relationship": """id:id following:bool showing_reblogs:bool notifying:bool
        languages:[word]? followed_by:bool blocking:bool blocked_by:bool muting:bool
        muting_notifications:bool muting_expires_at:moment? requested:bool requested_by:bool
        domain_blocking:bool endorsed:bool note:text""",
    "Report": """id:id action_taken:bool action_taken_at:moment? comment:text forwarded:bool
        category:spam|legal|violation|other created_at:moment status_ids:[id]? rule_ids:[id]?
        target_account:Account""",
    "Familiar": "id:id accounts:[Account]",
    "AdminAccount": """id:id username:word domain:word? created_at:moment email:text? ip:object?
        ips:[object] locale:text? invite_request:text? role:Role? confirmed:bool approved:bool
        disabled:bool silenced:bool suspended:bool sensitized:bool account:Account
        created_by_application_id:id? invited_by_account_id:id?""",
    "AdminReport": """id:id action_taken:bool action_taken_at:moment? comment:text
        category:spam|legal|violation|other forwarded:bool created_at:moment updated_at:moment
        account:AdminAccount target_account:AdminAccount assigned_account:AdminAccount?
        action_taken_by_account:AdminAccount? statuses:[Status] rules:[Rule]""",
    "AdminDomainAllow": "id:id domain:word created_at:moment",
    "AdminDomainBlock": """id:id domain:word digest:word created_at:moment
        severity:suspend|silence|noop reject_media:bool reject_reports:bool
        private_comment:text? public_comment:text? obfuscate:bool""",
    "Notification": """id:id created_at:moment group_key:word account:Account status:Status?
        type:mention|status|reblog|follow|follow_request|favourite|poll|update|quote""",
    "Groups": """accounts:[Account] partial_accounts:[object] statuses:[Status]
        notification_groups:[Group]""",
    "Group": """group_key:word notifications_count:int most_recent_notification_id:int
        type:mention|status|reblog|follow|follow_request|favourite|poll|update|quote
        page_min_id:id page_max_id:id latest_page_notification_at:moment sample_account_ids:[id]
        status_id:id?""",
    "Count": "count:int",
    "Policy": """for_not_following:accept|filter|drop for_not_followers:accept|filter|drop
        for_new_accounts:accept|filter|drop for_private_mentions:accept|filter|drop
        for_limited_accounts:accept|filter|drop summary:Summary""",
    "Summary": "pending_requests_count:int pending_notifications_count:int",
    "Search": "accounts:[Account] statuses:[Status] hashtags:[Tag]",
    "SearchV1": "accounts:[Account] statuses:[Status] hashtags:[word]",
    "Tag": "name:word url:url history:[History] following:bool",
    "History": "day:number uses:number accounts:number",
    "FeaturedTag": "id:id name:word url:url statuses_count:number last_status_at:date?",
    "List": "id:id title:word replies_policy:followed|list|none exclusive:bool",
    "FilterShort": """id:id title:word expires_at:moment? filter_action:warn|hide|blur
        context:[home|notifications|public|thread|account]""",
    "Filter": "*:FilterShort keywords:[Keyword] statuses:[FilterStatus]",
    "Keyword": "id:id keyword:word whole_word:bool",
    "FilterStatus": "id:id status_id:id",
    "FilterV1": """id:id phrase:word context:[home|notifications|public|thread|account]
        whole_word:bool expires_at:moment? irreversible:bool""",
    "FilterResult": "filter:FilterShort keyword_matches:[word]? status_matches:[id]?",
    "Markers": "home:Marker notifications:Marker",
    "Marker": "last_read_id:id version:int updated_at:moment",
    "ScheduledStatus": """id:id scheduled_at:moment params:ScheduledParams
        media_attachments:[Medium]""",
    "ScheduledParams": """text:text poll:ScheduledPoll? media_ids:[id] sensitive:bool?
        spoiler_text:text? visibility:public|unlisted|private|direct language:text?
        in_reply_to_id:id? quoted_status_id:id? quote_approval_policy:public|followers|nobody
        idempotency:text? application_id:int with_rate_limit:bool""",
    "ScheduledPoll": "options:[word] expires_in:int multiple:bool hide_totals:bool",
    "Announcement": """id:id content:word starts_at:moment? ends_at:moment? all_day:bool
        published_at:moment updated_at:moment read:bool mentions:[Mention] statuses:[object]
        tags:[StatusTag] emojis:[Emoji] reactions:[AnnouncementReaction]""",
    "AnnouncementReaction": "name:word count:int me:bool url:url? static_url:url?",
    "Preferences": """posting:default:visibility=public|unlisted|private
        posting:default:sensitive=bool posting:default:language=text?
        posting:default:quote_policy=public|followers|nobody
        reading:expand:media=default|show_all|hide_all reading:expand:spoilers=bool
        reading:autoplay:gifs=bool""",
    "Instance": """domain:word title:word version:word source_url:url description:text
        usage:Usage thumbnail:Thumbnail icon:[Icon] languages:[word] configuration:Configuration
        registrations:Registrations api_versions:Versions contact:Contact rules:[Rule]""",
    "Usage": "users:Users",
    "Users": "active_month:int",
    "Thumbnail": "url:url description:text blurhash:text? versions:object",
    "Icon": "src:url size:word",
    "Registrations": """enabled:bool approval_required:bool reason_required:bool message:text?
        min_age:int? url:url?""",
    "Versions": "mastodon:int commonlore:int",
    "Contact": "email:text account:Account",
    "Rule": "id:word text:word hint:text translations:object",
    "Configuration": """*:ConfigurationV1 urls:Urls vapid:Vapid translation:Translation
        timelines_access:Access limited_federation:bool""",
    "ConfigurationV1": """accounts:Limits statuses:StatusLimits media_attachments:MediaLimits
        polls:PollLimits""",
    "Urls": """streaming:url status:url? about:url? privacy_policy:url?
        terms_of_service:url?""",
    "Vapid": "public_key:text",
    "Translation": "enabled:bool",
    "Access": "live_feeds:Feeds hashtag_feeds:Feeds trending_link_feeds:Feeds",
    "Feeds": "local:public|authenticated|disabled remote:public|authenticated|disabled",
    "Limits": """max_featured_tags:int max_pinned_statuses:int max_profile_fields:int
        profile_field_name_limit:int profile_field_value_limit:int""",
    "StatusLimits": """max_characters:int max_media_attachments:int
        characters_reserved_per_url:int""",
    "MediaLimits": """description_limit:int image_matrix_limit:int image_size_limit:int
        supported_mime_types:[word] video_frame_rate_limit:int video_matrix_limit:int
        video_size_limit:int""",
    "PollLimits": """max_options:int max_characters_per_option:int min_expiration:int
        max_expiration:int""",
    "InstanceV1": """uri:word title:word short_description:text description:text email:text
        version:word urls:Streaming stats:Stats thumbnail:url languages:[word]
        registrations:bool approval_required:bool invites_enabled:bool
        configuration:ConfigurationV1 contact_account:Account rules:[Rule]
        max_toot_chars:int""",
    "Week": "week:number statuses:number logins:number registrations:number",
    "Language": "code:word name:word",
    "OwnText": "updated_at:moment content:text",
    "Terms": "effective_date:date effective:bool content:text succeeded_by:date?",
    "Conversation": "id:id unread:bool accounts:[Account] last_status:Status?",
    "Streaming": "streaming_api:url",
    "Stats": "user_count:int status_count:int domain_count:int",
    "UserInfo": "iss:url sub:url name:text preferred_username:word profile:url picture:url",
}


def _is_absolute(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in _SCHEMES and bool(parts.netloc)


def _text(check: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(check(value))


_KINDS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "id": _text(_ID.fullmatch),
    "number": _text(str.isdecimal),
    "text": _text(lambda _: True),
    "word": _text(str.strip),
    "moment": _text(_MOMENT.fullmatch),
    "date": _text(_DATE.fullmatch),
    "url": _text(_is_absolute),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "nothing": lambda value: value == [],
}


def _fields(entity: str) -> Iterator[tuple[str, str]]:
    for field in _DEMANDS[entity].split():
        name, _, kind = field.rpartition("=" if "=" in field else ":")
        if name == "*":
            yield from _fields(kind)
        else:
            yield name, kind


def complaints(kind: str, value: Any, where: str = "") -> Iterator[str]:
    """Say what a strict client would stumble over in a value that should be of a kind."""
    if kind.endswith("?"):
        if value is not None:
            yield from complaints(kind[:-1], value, where)
    elif kind.startswith("["):
        yield from _of_list(kind[1:-1], value, where)
    elif kind in _DEMANDS:
        yield from _of_entity(kind, value, where)
    elif not _is_a(kind, value):
        yield f"{where}: {value!r} is no {kind}"


def _is_a(kind: str, value: Any) -> bool:
    return value in kind.split("|") if "|" in kind else _KINDS[kind](value)


def _of_list(kind: str, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{where}: {value!r} is no list"
        return
    for place, each in enumerate(value):
        yield from complaints(kind, each, f"{where}[{place}]")


def _of_entity(entity: str, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r} is no {entity}"
        return
    for name, kind in _fields(entity):
        if name not in value:
            yield f"{where}.{name} is left out"
        else:
            yield from complaints(kind, value[name], f"{where}.{name}")
