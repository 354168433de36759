"""What of a network address tells one client from another."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network


def counted_as(host: str) -> str:
    """The address that a client counts as: of IPv6 the network (/64), as all of it is one client's."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ip_network((address, 64), strict=False).network_address)
    return str(address)
