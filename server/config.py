"""Every setting, typed, read once from the environment."""

import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

PREFIX = "COMMONLORE_"
_HOST = re.compile(r"[A-Za-z0-9.-]+")
Network = IPv4Network | IPv6Network


class WrongSetting(Exception):
    """The start stops with this one sentence; it names the setting."""


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part for part in value.replace(",", " ").split() if part)
    return value


def _none_is_empty(value: object) -> object:
    # An empty variable is one that is not set.
    return () if value == "none" else value


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(_split)]


class Settings(BaseModel):
    """Values of one instance; the variable is COMMONLORE_ and the name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    origin: str = Field(
        "http://commonlore.localhost:8100",
        description="The public address, scheme and host and port: https://learn.agency.example.",
    )
    name: str = Field(
        "Commonlore", max_length=80, description="The agency's name on its pages."
    )
    description: str = Field(
        "", max_length=500, description="One or two sentences about this instance."
    )
    contact: str = Field(
        "", max_length=200, description="Where to reach the people who run it."
    )
    listen: str = Field(
        "",
        description="Where the web listens, address:port; empty: loopback, the origin's port.",
    )
    metrics: str = Field(
        "", description="Address and port for Prometheus metrics; empty: none are served."
    )
    trusted_proxies: Networks = Field(
        (), description="Networks whose X-Forwarded-For is believed, such as 127.0.0.1/32."
    )
    database: str = Field(
        "", description="PostgreSQL 15 or newer, as the app role; empty: the embedded server."
    )
    database_owner: str = Field(
        "", description="The same database as the owner role; used by migrate only."
    )
    pool: int = Field(10, ge=2, le=100, description="Database connections per process.")
    state: Path = Field(
        Path(".state"), description="Where the embedded database and run files are kept."
    )
    media: Path | None = Field(
        None, description="Where members' files are kept; empty: media in the state directory."
    )
    media_quota: int = Field(
        1000, ge=1, description="Megabytes of files that each member may keep here."
    )
    media_cache: int = Field(
        2000, ge=0, description="Megabytes of pictures from elsewhere that are kept."
    )
    embedded_outside_loopback: bool = Field(
        default=False,
        description="Let the embedded database serve an origin that is not loopback.",
    )
    registration: Literal["open", "invitation", "closed"] = Field(
        "invitation", description="Who may sign up: open, invitation or closed."
    )
    default_communities: Words = Field(
        (), description="Communities that new members join: names here, or NAME@HOST."
    )
    language: str = Field("en", description="The language of pages and of new posts.")
    open_federation: bool = Field(
        default=False,
        description="Let public posts go to servers that no moderator has admitted.",
    )
    public_figures: bool = Field(
        default=False,
        description="Tell guests which agencies we know, and how much is written each week.",
    )
    push_hosts: Annotated[Words, BeforeValidator(_none_is_empty)] = Field(
        (
            "fcm.googleapis.com",
            "push.services.mozilla.com",
            "push.apple.com",
            "notify.windows.com",
            "app.joinmastodon.org",
            "icecubesrelay.fly.dev",
        ),
        description="Hosts, with all below them, that notifications of closed apps go through; "
        "none: push is off.",
    )
    ca_file: Path | None = Field(
        None, description="Extra certificate authorities for federation, as PEM."
    )
    session_idle_minutes: int = Field(
        7 * 24 * 60, ge=5, description="Minutes without a visit after which a session ends."
    )
    session_days: int = Field(
        30, ge=1, le=366, description="Days after which any session ends."
    )
    token_idle_days: int = Field(
        60, ge=1, le=3660, description="Days without use after which a client's token ends."
    )
    sign_in_tries: int = Field(
        10,
        ge=3,
        le=100,
        description="Wrong passwords per account in 15 minutes before a pause.",
    )
    workers: int = Field(
        8, ge=1, le=64, description="Activities processed at once per process."
    )
    senders: int = Field(
        32,
        ge=1,
        le=500,
        description="Deliveries under way at once per process; "
        "those that silent hosts keep waiting do not count.",
    )
    log: Literal["json", "text"] = Field("json", description="Log lines as json or text.")
    development_networks: Networks = Field(
        (),
        description="Loopback only: networks that may be reached over plain http, 127.0.0.0/8.",
    )
    clock_file: Path | None = Field(
        None,
        description="Loopback only: a file whose content is the time, for the demo and tests.",
    )
    fault: str = Field(
        "",
        description="Loopback only: the named fault point at which the process kills itself.",
    )

    @field_validator("origin")
    @classmethod
    def _origin_is_an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be http(s)://host[:port] with nothing behind it")
        if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
            raise ValueError("must be http(s)://host[:port] with nothing behind it")
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @field_validator("push_hosts")
    @classmethod
    def _push_hosts_are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not _HOST.fullmatch(host):
                raise ValueError("must be names of hosts, such as push.example.com, or none")
        return tuple(host.lower() for host in value)

    @field_validator("listen", "metrics")
    @classmethod
    def _listener_has_a_port(cls, value: str) -> str:
        if value and not value.rpartition(":")[2].isdigit():
            raise ValueError("must be address:port, such as 127.0.0.1:8100")
        return value

    @field_validator("database", "database_owner")
    @classmethod
    def _database_is_postgresql(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"postgresql", "postgres"}:
            raise ValueError("must be postgresql://user:password@host/database")
        return value

    @model_validator(mode="after")
    def _development_stays_on_loopback(self) -> Self:
        if self.on_loopback:
            return self
        for name in ("development_networks", "clock_file", "fault"):
            if getattr(self, name):
                raise ValueError(
                    f"{PREFIX}{name.upper()} is for development and is refused "
                    f"because {PREFIX}ORIGIN is not on loopback"
                )
        if urlsplit(self.origin).scheme != "https":
            raise ValueError(f"{PREFIX}ORIGIN must be https unless it is on loopback")
        if not self.database and not self.embedded_outside_loopback:
            raise ValueError(
                f"{PREFIX}DATABASE must name a PostgreSQL server, or set "
                f"{PREFIX}EMBEDDED_OUTSIDE_LOOPBACK=1 to serve from the embedded one"
            )
        return self

    @property
    def on_loopback(self) -> bool:
        host = urlsplit(self.origin).hostname or ""
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def authority(self) -> str:
        """Host of the origin, with the port where there is one: what handles end with."""
        return urlsplit(self.origin).netloc

    @property
    def media_folder(self) -> Path:
        return self.media or self.state / "media"

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https:")

    @property
    def listen_on(self) -> tuple[str, int]:
        """Address and port of the web listener."""
        if self.listen:
            address, _, port = self.listen.rpartition(":")
            return address.strip("[]") or "127.0.0.1", int(port)
        return "127.0.0.1", urlsplit(self.origin).port or 8100


_SECRETS = frozenset({"database", "database_owner"})


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raise WrongSetting with one sentence that names the wrong one."""
    found = os.environ if environment is None else environment
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in found.items()
        if name.startswith(PREFIX) and value != ""
    }
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise WrongSetting(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return message + "."
    name = PREFIX + str(first["loc"][0]).upper()
    if first["type"] == "extra_forbidden":
        return f"{name} is no setting of Commonlore; `commonlore settings` lists them all."
    return f"{name} is wrong: {message[0].lower()}{message[1:]}."


def explain(
    settings: Settings, environment: Mapping[str, str] | None = None
) -> list[tuple[str, str, str, str]]:
    """List (name, value with secrets masked, source, meaning) for every setting."""
    found = os.environ if environment is None else environment
    rows = []
    for name, field in Settings.model_fields.items():
        variable = PREFIX + name.upper()
        value = getattr(settings, name)
        shown = _mask(value) if name in _SECRETS else _show(value)
        source = "environment" if found.get(variable) else "default"
        rows.append((variable, shown, source, field.description or ""))
    return rows


def _show(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value)
    return "" if value is None else str(value)


def _mask(url: str) -> str:
    parts = urlsplit(url)
    if not parts.password:
        return url
    where = f"{parts.username}:***@{parts.hostname or ''}" + (
        f":{parts.port}" if parts.port else ""
    )
    return urlunsplit((parts.scheme, where, parts.path, parts.query, ""))


def outer_environment() -> dict[str, str]:
    """Give the environment for a process of ours, without any setting in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
