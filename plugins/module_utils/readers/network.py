# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `network`: the networks that the host's interfaces are in."""

from __future__ import annotations

import ipaddress
import json

from ..door import Door, Unreadable
from ..reading import Area, Reading


def read(host: Reading, area: Area) -> None:
    """Learn `networks`: [CIDR], those of addresses that reach beyond the host and its link."""
    area.learn("networks", networks, host.door)


def networks(door: Door) -> list[str]:
    """Return the networks of all addresses but those of the host itself and of one link."""
    try:
        links = json.loads(door.output(["ip", "-j", "address"]))
        addresses = [
            "%s/%d" % (one["local"], one["prefixlen"]) for link in links for one in link.get("addr_info") or () if one
        ]
        found = {ipaddress.ip_interface(address).network for address in addresses}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unreadable("ip -j address printed something else than addresses (%s)" % type(error).__name__) from None
    return sorted(str(network) for network in found if not (network.is_loopback or network.is_link_local))
