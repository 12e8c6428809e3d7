"""What clients ask of the instance itself: its texts, rules, languages and figures."""

from typing import Final

from server.handlers.mastodon import texts
from server.middleware.declarations import Route
from server.routes.client_route import client

_INSTANCE: Final = "/api/v1/instance"
TEXTS: Final[tuple[Route, ...]] = tuple(
    route
    for name, handler in (
        ("extended_description", texts.extended_description),
        ("privacy_policy", texts.privacy_policy),
        ("terms_of_service", texts.terms_of_service),
        (r"terms_of_service/{day:\d{4}-\d\d-\d\d}", texts.terms_of_day),
        ("rules", texts.rules),
        ("languages", texts.languages),
        ("translation_languages", texts.translation_languages),
        ("peers", texts.peers),
        ("activity", texts.activity),
        ("domain_blocks", texts.domain_blocks),
    )
    for route in client("GET", f"{_INSTANCE}/{name}", handler)
)
