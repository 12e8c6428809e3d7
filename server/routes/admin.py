"""What moderators do from clients: Mastodon's admin methods, each with its own scope."""

from typing import Final

from server.handlers.mastodon import (
    admin_absent,
    admin_accounts,
    admin_domains,
    admin_reports,
)
from server.middleware.declarations import Handler, Route
from server.routes.client_route import client

_ID: Final = r"{id:\d+}"


def _of(method: str, path: str, handler: Handler, scope: str = "") -> tuple[Route, ...]:
    verb = "read" if method == "GET" else "write"
    full = f"admin:{verb}:{scope}" if scope else f"admin:{verb}"
    return client(method, f"/api/{path}", handler, full, "moderator")


def _absent(name: str) -> tuple[Route, ...]:
    """Declare a list that is always empty, and that nothing can be added to."""
    path = f"v1/admin/{name}"
    return (
        *_of("GET", path, admin_absent.nothing, name),
        *_of("POST", path, admin_absent.no_addresses, name),
        *_of("GET", f"{path}/{_ID}", admin_absent.none_of_these, name),
        *_of("PUT", f"{path}/{_ID}", admin_absent.none_of_these, name),
        *_of("DELETE", f"{path}/{_ID}", admin_absent.none_of_these, name),
    )


def _figures(name: str) -> tuple[Route, ...]:
    """Declare figures: they are asked for by POST, and reading is all that it is."""
    path = f"/api/v1/admin/{name}"
    return client("POST", path, admin_absent.nothing, "admin:read", "moderator")


_ACCOUNT: Final = f"v1/admin/accounts/{_ID}"
_REPORT: Final = f"v1/admin/reports/{_ID}"
_ALLOWS: Final = "v1/admin/domain_allows"
_BLOCKS: Final = "v1/admin/domain_blocks"
ADMIN: Final = (
    *_of("GET", "v1/admin/accounts", admin_accounts.listed_v1, "accounts"),
    *_of("GET", "v2/admin/accounts", admin_accounts.listed, "accounts"),
    *_of("GET", _ACCOUNT, admin_accounts.show, "accounts"),
    *_of("DELETE", _ACCOUNT, admin_accounts.delete, "accounts"),
    *_of("POST", f"{_ACCOUNT}/action", admin_accounts.act, "accounts"),
    *_of("POST", f"{_ACCOUNT}/unsuspend", admin_accounts.unsuspend, "accounts"),
    *(
        route
        for verb in ("enable", "unsilence", "unsensitive")
        for route in _of(
            "POST", f"{_ACCOUNT}/{verb}", admin_accounts.nothing_to_lift, "accounts"
        )
    ),
    *(
        route
        for verb in ("approve", "reject")
        for route in _of("POST", f"{_ACCOUNT}/{verb}", admin_accounts.nobody_waits, "accounts")
    ),
    *_of("GET", "v1/admin/reports", admin_reports.listed, "reports"),
    *_of("GET", _REPORT, admin_reports.show, "reports"),
    *_of("PUT", _REPORT, admin_reports.sort, "reports"),
    *_of("POST", f"{_REPORT}/assign_to_self", admin_reports.take, "reports"),
    *_of("POST", f"{_REPORT}/unassign", admin_reports.leave, "reports"),
    *_of("POST", f"{_REPORT}/resolve", admin_reports.resolve, "reports"),
    *_of("POST", f"{_REPORT}/reopen", admin_reports.reopen, "reports"),
    *_of("GET", _ALLOWS, admin_domains.admitted, "domain_allows"),
    *_of("POST", _ALLOWS, admin_domains.admit, "domain_allows"),
    *_of("GET", f"{_ALLOWS}/{_ID}", admin_domains.show_admitted, "domain_allows"),
    *_of("DELETE", f"{_ALLOWS}/{_ID}", admin_domains.dismiss, "domain_allows"),
    *_of("GET", _BLOCKS, admin_domains.blocked, "domain_blocks"),
    *_of("POST", _BLOCKS, admin_domains.block, "domain_blocks"),
    *_of("GET", f"{_BLOCKS}/{_ID}", admin_domains.show_blocked, "domain_blocks"),
    *_of("PUT", f"{_BLOCKS}/{_ID}", admin_domains.change_block, "domain_blocks"),
    *_of("DELETE", f"{_BLOCKS}/{_ID}", admin_domains.unblock, "domain_blocks"),
    *client(
        "POST",
        "/api/v1/admin/canonical_email_blocks/test",
        admin_absent.nothing,
        "admin:read:canonical_email_blocks",
        "moderator",
    ),
    *_absent("canonical_email_blocks"),
    *_absent("email_domain_blocks"),
    *_absent("ip_blocks"),
    *(
        route
        for name in ("links", "statuses", "tags")
        for route in (
            *_of("GET", f"v1/admin/trends/{name}", admin_absent.nothing),
            *_of(
                "POST", f"v1/admin/trends/{name}/{_ID}/approve", admin_absent.nothing_to_judge
            ),
            *_of("POST", f"v1/admin/trends/{name}/{_ID}/reject", admin_absent.nothing_to_judge),
        )
    ),
    *_figures("measures"),
    *_figures("dimensions"),
    *_figures("retention"),
)
