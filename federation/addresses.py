"""Say whether an IP address is one that a stranger may send us to."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

# Special-use blocks (IANA registry, RFC 6890), with those that are routed but serve nobody
# an agency talks to: AS112, AMT, deprecated 6to4 relays.
_SPECIAL_V4: Final = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")
# Teredo and its neighbours, documentation, 6to4, AS112, documentation again.
_SPECIAL_V6: Final = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_ISATAP: Final = (0x00005EFE, 0x02005EFE)  # RFC 5214 6.1, with and without the universal bit


def is_public(address: str) -> bool:
    """Say whether an address is on the public Internet (security.md 6.2, FET-01 to FET-03).

    Not `ipaddress.is_global`, which has gaps (DEP-03). IPv6 counts inside 2000::/3 only, so
    IPv4 wrapped as mapped, compatible, NAT64, 6to4 or Teredo is refused whatever is inside;
    ISATAP, which can wear any prefix, is judged by the IPv4 address it carries. A zone id, or
    what is no address, is not public.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return _is_public_v4(parsed)
    return _is_public_v6(parsed)


def _is_public_v4(address: IPv4Address) -> bool:
    return not any(address in block for block in _SPECIAL_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _GLOBAL_V6:
        return False
    if any(address in block for block in _SPECIAL_V6):
        return False
    interface = int(address) & (2**64 - 1)
    if interface >> 32 in _ISATAP:
        return _is_public_v4(IPv4Address(interface & (2**32 - 1)))
    return True
