"""Which names members and communities may take: they share one namespace, for ever."""

import re

SHAPE = re.compile(r"[a-z0-9_]{2,30}")

# Names that read as the agency speaking, or as a place of the protocol or of our own pages.
RESERVED = frozenset(
    """
    about abuse account accounts activities activity actor actors admin administrator agencies
    agency announcements api assets audit auth authorize avatar billing board blog bot c client
    commonlore communities community compliance contact context contexts daemon delete desk dpo
    everyone federation feed feedback followers following ftp government healthz help helpdesk
    here home host_meta hostmaster hr https image images inbox index info instance invite
    invitations invitation join kudos legal legal_team login logout mail mailer_daemon manager
    manifest me media member members metrics moderation moderator moderators mod mods news
    nobody nodeinfo noreply no_reply notifications null oauth official operator operators org
    outbox owner owners page password people person police post postmaster posts press privacy
    profile public readyz register registration relay report reports reset robots root rules
    safety search security service session sessions settings shared_inbox sign_in sign_out
    sign_up signin signout signup staff static status steward stewards support sysadmin system
    team terms thread threads token trust trust_and_safety undefined unknown user users username
    verification verified verify web webfinger webmaster well_known www
    """.split()  # noqa: SIM905 -- a list of words reads best
)

_LOOKALIKES = (str.maketrans("013457", "oieast"), str.maketrans("013457", "oleast"))


def normal(name: str) -> str:
    """Spell a name as it is stored: people write theirs with capitals, spaces around, an @."""
    return name.strip().lower().removeprefix("@")


def is_reserved(name: str) -> bool:
    """Say whether a name would pass for the agency's, as `adm1n` would too (AUT-14)."""
    plain = name.strip("_")
    spellings = {plain, plain.removesuffix("s")}
    spellings |= {each.translate(table) for each in spellings for table in _LOOKALIKES}
    spellings |= {each.replace("_", "") for each in spellings}
    return plain == "" or not spellings.isdisjoint(RESERVED)


def what_is_wrong(name: str) -> str | None:
    """Say in a sentence why nobody may take this name; None when somebody may."""
    if not name:
        return "Enter a name."
    if not SHAPE.fullmatch(name):
        return "The name must be 2 to 30 letters from a to z, digits and underscores."
    if is_reserved(name):
        return "That name is kept for the people who run this place. Choose another."
    return None
