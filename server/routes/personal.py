"""What members' clients ask for what is a member's own: bookmarks, mutes, lists, filters."""

from typing import Final

from server.handlers.mastodon import (
    bookmarks,
    conversations,
    filters,
    filters_v1,
    lists,
    markers,
    silences,
    tags,
)
from server.middleware.declarations import Handler, Route
from server.routes.client_route import client


def _own(method: str, path: str, handler: Handler, scope: str) -> tuple[Route, ...]:
    verb = "read" if method == "GET" else "write"
    return client(method, f"/api/{path}", handler, f"{verb}:{scope}", "member")


_ID: Final = r"{id:\d+}"
PERSONAL: Final = (
    *_own("GET", "v1/bookmarks", bookmarks.listed, "bookmarks"),
    *_own("POST", f"v1/statuses/{_ID}/bookmark", bookmarks.keep, "bookmarks"),
    *_own("POST", f"v1/statuses/{_ID}/unbookmark", bookmarks.drop, "bookmarks"),
    # Private threads.
    *_own("GET", "v1/conversations", conversations.listed, "statuses"),
    *_own("POST", f"v1/conversations/{_ID}/read", conversations.mark_read, "conversations"),
    *_own("DELETE", f"v1/conversations/{_ID}", conversations.forget, "conversations"),
    # Whom one does not want to hear.
    *_own("GET", "v1/mutes", silences.mutes, "mutes"),
    *_own("POST", f"v1/accounts/{_ID}/mute", silences.mute, "mutes"),
    *_own("POST", f"v1/accounts/{_ID}/unmute", silences.unmute, "mutes"),
    *_own("GET", "v1/blocks", silences.blocks, "blocks"),
    *_own("POST", f"v1/accounts/{_ID}/block", silences.block, "blocks"),
    *_own("POST", f"v1/accounts/{_ID}/unblock", silences.unblock, "blocks"),
    *_own("GET", "v1/domain_blocks", silences.domains, "blocks"),
    *_own("POST", "v1/domain_blocks", silences.block_domain, "blocks"),
    *_own("DELETE", "v1/domain_blocks", silences.unblock_domain, "blocks"),
    *_own("POST", f"v1/accounts/{_ID}/note", silences.note, "accounts"),
    # Lists.
    *_own("GET", "v1/lists", lists.listed, "lists"),
    *_own("POST", "v1/lists", lists.create, "lists"),
    *_own("GET", f"v1/lists/{_ID}", lists.show, "lists"),
    *_own("PUT", f"v1/lists/{_ID}", lists.change, "lists"),
    *_own("DELETE", f"v1/lists/{_ID}", lists.remove, "lists"),
    *_own("GET", f"v1/lists/{_ID}/accounts", lists.people, "lists"),
    *_own("POST", f"v1/lists/{_ID}/accounts", lists.fill, "lists"),
    *_own("DELETE", f"v1/lists/{_ID}/accounts", lists.take_out, "lists"),
    *_own("GET", f"v1/timelines/list/{_ID}", lists.timeline, "lists"),
    *_own("GET", f"v1/accounts/{_ID}/lists", lists.holding, "lists"),
    # Filters.
    *_own("GET", "v2/filters", filters.listed, "filters"),
    *_own("POST", "v2/filters", filters.create, "filters"),
    *_own("GET", f"v2/filters/keywords/{_ID}", filters.keyword, "filters"),
    *_own("PUT", f"v2/filters/keywords/{_ID}", filters.change_keyword, "filters"),
    *_own("DELETE", f"v2/filters/keywords/{_ID}", filters.remove_keyword, "filters"),
    *_own("GET", f"v2/filters/statuses/{_ID}", filters.post, "filters"),
    *_own("DELETE", f"v2/filters/statuses/{_ID}", filters.remove_post, "filters"),
    *_own("GET", f"v2/filters/{_ID}", filters.show, "filters"),
    *_own("PUT", f"v2/filters/{_ID}", filters.change, "filters"),
    *_own("DELETE", f"v2/filters/{_ID}", filters.remove, "filters"),
    *_own("GET", f"v2/filters/{_ID}/keywords", filters.keywords, "filters"),
    *_own("POST", f"v2/filters/{_ID}/keywords", filters.add_keyword, "filters"),
    *_own("GET", f"v2/filters/{_ID}/statuses", filters.posts, "filters"),
    *_own("POST", f"v2/filters/{_ID}/statuses", filters.add_post, "filters"),
    *_own("GET", "v1/filters", filters_v1.listed, "filters"),
    *_own("POST", "v1/filters", filters_v1.create, "filters"),
    *_own("GET", f"v1/filters/{_ID}", filters_v1.show, "filters"),
    *_own("PUT", f"v1/filters/{_ID}", filters_v1.change, "filters"),
    *_own("DELETE", f"v1/filters/{_ID}", filters_v1.remove, "filters"),
    # Hashtags.
    *_own("GET", "v1/followed_tags", tags.followed, "follows"),
    *client("GET", "/api/v1/tags/{name}", tags.show),
    *_own("POST", "v1/tags/{name}/follow", tags.follow, "follows"),
    *_own("POST", "v1/tags/{name}/unfollow", tags.unfollow, "follows"),
    *_own("GET", "v1/featured_tags", tags.featured, "accounts"),
    *_own("POST", "v1/featured_tags", tags.feature, "accounts"),
    *_own("DELETE", f"v1/featured_tags/{_ID}", tags.unfeature, "accounts"),
    *client("GET", f"/api/v1/accounts/{_ID}/featured_tags", tags.featured_of, "read:accounts"),
    # How far one has read, and how one reads.
    *_own("GET", "v1/markers", markers.show, "statuses"),
    *_own("POST", "v1/markers", markers.put, "statuses"),
    *_own("GET", "v1/preferences", markers.preferences, "accounts"),
)
