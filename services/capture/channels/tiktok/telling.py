"""What TikTok Shop is told of an order's goods, and how far it shows that it knows. There is an item for each piece.

https://partner.tiktokshop.com/docv2/page/mark-package-as-shipped, …/docv2/page/ship-package
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crossdock_contracts.values import LineQuantity
from services.capture.channels.api import TellShipped
from services.capture.channels.speaking import by_hand, shares
from services.hub.effects import PermanentError

_GONE = "CANCELLED"
_SELLER = ("", "SELLER")

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Package:
    """Pieces that go with one tracking number."""

    package_id: str
    """TikTok's own; empty: it makes one of the pieces once they have shipped."""
    items: tuple[str, ...]
    number: str
    carrier: str


def items_of(order: Mapping[str, Any], lines: Iterable[LineQuantity]) -> list[Item]:
    """The pieces of these lines that are not cancelled; charges are no lines of TikTok's."""
    named = {line.line_id for line in lines}
    return [one for one in open_items(order) if str(one["id"]) in named]


def open_items(order: Mapping[str, Any]) -> list[Item]:
    """The pieces of an order that are not cancelled."""
    return [one for one in order.get("line_items") or () if one.get("display_status") != _GONE]


def have_shipped(items: Iterable[Item]) -> bool:
    """TikTok shows a tracking number for each."""
    return all(one.get("tracking_number") for one in items)


def packages(order: Mapping[str, Any], told: TellShipped) -> Iterator[Package]:
    """What is still to be told, package by package.

    Raises:
        PermanentError: somebody has to see to it in Seller Center.
    """
    items = items_of(order, told.lines)
    if have_shipped(items):
        return
    if str(order.get("shipping_type") or "") not in _SELLER:
        msg = "TikTok's own carrier takes it, with TikTok's label: arrange the shipment in Seller Center"
        raise by_hand(msg)
    if not told.parcels:
        msg = "TikTok wants a tracking number, and there is none; mark it as shipped in Seller Center"
        raise by_hand(msg)
    yield from _of_tiktok(order, told, [one for one in items if one.get("package_id")])
    loose = {str(one["id"]): one for one in items if not one.get("package_id") or one.get("tracking_number")}
    lines = [LineQuantity(line_id=name, quantity=1) for name in loose]
    for parcel, share in zip(told.parcels, shares(lines, len(told.parcels)), strict=False):
        left = tuple(name for name in share if not loose[name].get("tracking_number"))
        if left:
            yield Package("", left, parcel.number, parcel.carrier)


def _of_tiktok(order: Mapping[str, Any], told: TellShipped, items: Iterable[Item]) -> Iterator[Package]:
    """Packages that TikTok has made: each goes whole."""
    ours: dict[str, list[Item]] = defaultdict(list)
    for one in items:
        ours[str(one["package_id"])].append(one)
    for number, (package_id, some) in enumerate(ours.items()):
        if have_shipped(some):
            continue
        whole = [one for one in open_items(order) if str(one.get("package_id")) == package_id]
        if len(some) < len(whole):
            msg = f"package {package_id} has {len(whole)} pieces, of which {len(some)} have shipped: split it first"
            raise by_hand(msg)
        parcel = told.parcels[min(number, len(told.parcels) - 1)]
        yield Package(package_id, tuple(str(one["id"]) for one in some), parcel.number, parcel.carrier)


def provider_of(carrier: str, providers: Iterable[Mapping[str, Any]]) -> str:
    """TikTok's id of a carrier, among those of the order's delivery option.

    Raises:
        PermanentError: it is none of them.
    """
    known = {_plain(str(one["name"])): str(one["id"]) for one in providers}
    wanted, first = _plain(carrier), _plain(re.split(r"[\s_-]", carrier.strip())[0])
    longest = sorted(known, key=len, reverse=True)
    found = next((name for name in longest if name and wanted.startswith(name)), "")
    found = found or next((name for name in reversed(longest) if first and name.startswith(first)), "")
    if not found:
        code = "unknown-carrier"
        raise PermanentError(code, f"{carrier} is no carrier of this order's delivery option: {', '.join(known)}")
    return known[found]


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
