"""What an instance tells of itself beside its description: figures by week, languages."""

from schemas.mastodon.entity import Entity


class Week(Entity):
    """A week of `GET /api/v1/instance/activity`: its first moment in seconds; all as text."""

    week: str
    statuses: str
    logins: str
    registrations: str


class Language(Entity):
    """A language of ours: `GET /api/v1/instance/languages`."""

    code: str
    name: str
