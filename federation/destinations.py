"""Judge where an outgoing request may go: the URL, the name, and the address dialled."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override
from yarl import URL

from federation import uris
from federation.addresses import is_public
from federation.errors import Forbidden, Malformed

# Names that mean something on a local network only (RFC 6761, 6762, 7686, 8375, 9476).
_LOCAL_NAMES: Final = (
    "alt",
    "home",
    "home.arpa",
    "internal",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "onion",
)
AddressInfo = tuple[
    int | socket.AddressFamily,
    int | socket.SocketKind,
    int,
    str,
    tuple[str | int | bytes, ...],
]
OpenSocket = Callable[[AddressInfo], socket.socket]


class AddressRefusedError(OSError):
    """We do not dial this address; an OSError because a socket factory may raise no other."""


class Destinations:
    """What may be reached: public addresses, and the exact networks of a development setting.

    Args:
        development_networks: CIDR blocks that may be reached though not public, over plain http
            too; empty in production.
        ports: the ports that may be dialled; with development networks any port may.
        development_scheme: how a loopback name is spoken to that came without a scheme.
    """

    def __init__(
        self,
        development_networks: Sequence[str],
        ports: frozenset[int],
        *,
        development_scheme: str = "http",
    ) -> None:
        self._exceptions = tuple(ip_network(block) for block in development_networks)
        self._ports = ports
        self._development_scheme = development_scheme

    @property
    def in_development(self) -> bool:
        """Say whether there are exceptions at all."""
        return bool(self._exceptions)

    def judge(self, uri: str) -> URL:
        """Give the URL to dial, or refuse it by its looks alone (security.md FET-07).

        Raises:
            Malformed: no URL that a public server has.
            Forbidden: "address-not-public" for an address that we do not dial.
        """
        url = uris.parse(uri)
        host = uris.host_of(uri)
        if url.raw_fragment:
            raise Malformed("uri-fragment")
        if _trailing_dot(uri):
            raise Malformed("host-trailing-dot")
        if not self.in_development and url.port not in self._ports:
            raise Malformed("port-not-allowed")
        self._judge_host(host)
        if url.scheme != "https" and not self._is_development_host(host):
            raise Malformed("scheme-not-https")
        return url

    def scheme_for(self, authority: str) -> str:
        """Say how to speak to "host[:port]" that came without a scheme, as in a handle.

        https, but for the loopback names and addresses of development: as we are spoken to.
        """
        host = uris.host_of(f"https://{authority}")
        return self._development_scheme if self._is_development_host(host) else "https"

    def admits(self, address: str) -> bool:
        """Say whether this very address may be dialled over TLS."""
        return is_public(address) or self.excepts(address)

    def excepts(self, address: str) -> bool:
        """Say whether an address lies in the development networks."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in block for block in self._exceptions)

    def open_socket(self, info: AddressInfo) -> socket.socket:
        """Open a socket for one TLS dial, given the exact address (security.md FET-04).

        Raises:
            AddressRefusedError: the address is neither public nor excepted.
        """
        return _open_socket(info, allowed=self.admits(str(info[4][0])))

    def open_plain_socket(self, info: AddressInfo) -> socket.socket:
        """Open a socket for one dial without TLS: into the development networks only.

        Raises:
            AddressRefusedError: the address lies elsewhere, public or not.
        """
        return _open_socket(info, allowed=self.excepts(str(info[4][0])))

    def _judge_host(self, host: str) -> None:
        if uris.is_address(host):
            self._judge_address(uris.address_in(host))
        elif _is_loopback_name(host):
            if not self.in_development:
                raise Forbidden("address-not-public")
        elif "." not in host:
            raise Malformed("host-single-label")
        elif any(uris.covers(name, host) for name in _LOCAL_NAMES):
            raise Malformed("host-not-public")

    def _judge_address(self, address: str) -> None:
        if not self.admits(address):
            raise Forbidden("address-not-public")
        if not self.excepts(address):
            # Nobody we federate with lives at a number, and a certificate rarely says one.
            raise Malformed("host-is-an-address")

    def _is_development_host(self, host: str) -> bool:
        if _is_loopback_name(host):
            return self.in_development
        return uris.is_address(host) and self.excepts(uris.address_in(host))


class Resolver(AbstractResolver):
    """Look names up, and refuse a name whole if one of its records is not for us (FET-04).

    Names under `.localhost` are loopback by definition and never asked for (RFC 6761 6.3).
    """

    def __init__(self, destinations: Destinations, system: AbstractResolver) -> None:
        self._destinations = destinations
        self._system = system

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the addresses of a name, all of them admitted.

        Raises:
            AddressRefusedError: one of them is not.
        """
        if _is_loopback_name(host):
            records = [_loopback(host, port)]
        else:
            records = await self._system.resolve(host, port, family)
        if not all(self._destinations.admits(record["host"]) for record in records):
            raise AddressRefusedError
        return records

    @override
    async def close(self) -> None:
        """Close the resolver of the system."""
        await self._system.close()


def _open_socket(info: AddressInfo, *, allowed: bool) -> socket.socket:
    if not allowed:
        raise AddressRefusedError
    family, kind, protocol, *_ = info
    return socket.socket(family, kind, protocol)


def _loopback(host: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host="127.0.0.1",
        port=port,
        family=socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST,
    )


def _is_loopback_name(host: str) -> bool:
    return uris.covers("localhost", host)


def _trailing_dot(uri: str) -> bool:
    """Say whether the host was written with the dot of the DNS root, which `parse` drops."""
    return (URL(uri, encoded=uri.isascii()).raw_host or "").endswith(".")
