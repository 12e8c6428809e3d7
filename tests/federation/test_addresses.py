"""Which addresses are on the public Internet."""

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.addresses import is_public


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"],
)
def test_an_address_that_a_public_server_has_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "localhost",
        "1.2.3",
        "01.2.3.4",
        "0x7f000001",
        "2130706433",
        "2606:4700::1%eth0",
        "[::1]",
    ],
)
def test_what_is_no_plain_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_is_public(address: object) -> None:
    found = ip_address(str(address))

    if found.is_private or found.is_multicast or found.is_loopback or found.is_link_local:
        assert not is_public(str(found))


@given(st.ip_addresses(v=4))
def test_an_isatap_address_is_as_public_as_what_it_carries(inner: IPv4Address) -> None:
    low = int(inner)

    for marker in ("0:5efe", "200:5efe"):
        wrapped = f"2606:4700:1:1:{marker}:{low >> 16:x}:{low & 0xFFFF:x}"
        assert is_public(wrapped) is is_public(str(inner))
