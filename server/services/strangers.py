"""How many actors whom we never met are asked for at one domain in an hour (DOS-01)."""

from datetime import timedelta
from typing import Final

import structlog

from federation.errors import Unreachable
from federation.uris import authority_of
from schemas.records import AgencyState
from server.context import Context
from server.services import throttling
from server.services.errors import TooMany
from server.services.sharing import may_knock
from server.storage import actors

log = structlog.get_logger()

HOUR: Final = timedelta(hours=1)
#: New actors in an hour: of a domain with all its subdomains, and of an agency let in here.
OF_DOMAIN: Final = 300
OF_AGENCY: Final = 3000
#: What stands before the country where names are given out one label further down.
_SECOND_LEVEL: Final = frozenset(
    {
        "ac",
        "co",
        "com",
        "edu",
        "gc",
        "go",
        "gob",
        "gouv",
        "gov",
        "govt",
        "gub",
        "gv",
        "k12",
        "mil",
        "ne",
        "net",
        "nhs",
        "nic",
        "or",
        "org",
        "police",
    }
)
_COUNTRY: Final = 2  # letters


async def meet(context: Context, uri: str) -> None:
    """Count an actor whom we have not met, before anything is asked of its server.

    A domain costs nothing to subdivide, so all below it counts as one; an agency that a
    moderator let in counts by itself. Whoever was met before is not counted.

    Raises:
        Unreachable: "too-many-new-actors"; `retry_after` is when the hour is over.
        Malformed: the URI has no host.
    """
    host = authority_of(uri)
    async with context.database.reading() as tx:
        if await actors.find(tx, uri) is not None:
            return
        is_let_in = await may_knock(tx, host) is AgencyState.ADMITTED
    domain = host if is_let_in else domain_of(host)
    limit = OF_AGENCY if is_let_in else OF_DOMAIN
    try:
        await throttling.check(context, counter(domain), limit=limit, window=HOUR)
    except TooMany as enough:
        error = Unreachable("too-many-new-actors", retry_after=enough.retry_after)
        log.warning("new-actors-refused", domain=domain, reason=error.reason)
        context.metrics.refusals.labels(error.reason).inc()
        raise error from None


def counter(domain: str) -> str:
    """Name the counter of a domain, or of an agency."""
    return throttling.key("new-actors", domain)


def domain_of(host: str) -> str:
    """Guess which name below a registry a host stands under: the last two labels, or three.

    There is no list of public suffixes here, which would be old in a year. Three labels are
    taken below what governments and countries give names out under ("gov.uk"). Where that is
    wrong, many share a limit who need not, and wait an hour; nobody escapes it by subdomains.
    """
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    name = host.partition(":")[0]
    labels = name.split(".")
    if labels[-1].isdigit():
        return name
    is_below = len(labels[-1]) == _COUNTRY and not _SECOND_LEVEL.isdisjoint(labels[-2:-1])
    return ".".join(labels[-3 if is_below else -2 :])
