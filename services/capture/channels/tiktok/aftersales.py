"""Cancelling and paying back at TikTok Shop: what an order allows, and what became of it.

TikTok names the reasons that an order may be cancelled or paid back for; which of its items, too. It keeps no id of
ours: a cancellation is known by its pieces, a refund by its amount and by what was there before.

https://partner.tiktokshop.com/docv2/page/cancel-order, …/docv2/page/create-return,
…/docv2/page/get-aftersale-eligibility
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from services.capture.channels.api import TellRefund
from services.capture.channels.doubts import was_before
from services.hub.effects import PermanentError
from services.hub.money import plain

_WORDS = {
    "address": ("address", "deliver"),
    "customer": ("buyer", "customer"),
    "damaged": ("damage",),
    "late": ("late", "delay"),
    "lost": ("lost", "not_receive"),
    "missing": ("missing",),
    "pricing": ("price",),
    "undeliverable": ("address", "deliver"),
    "wrong": ("wrong_product", "wrong"),
}
"""What TikTok's reasons have in them, by a word of ours; any other word stands for itself."""
_WITHDRAWN = ("_CANCEL", "_REJECT")
_PENDING = "CANCELLATION_REQUEST_PENDING"


def allowed(found: Mapping[str, Any], kind: str, wanted: Iterable[str]) -> tuple[list[str], list[str]]:
    """Items of these that an order may be cancelled or paid back by, and the reasons that it may be for.

    Raises:
        PermanentError: none may; TikTok's reason.
    """
    names = list(dict.fromkeys(wanted))
    entries = [
        (_ids(one), one)
        for sku in found.get("sku_eligibility") or ()
        for one in sku.get("line_item_eligibility") or ()
        if one.get("request_type") == kind
    ]
    able = [(ids, one) for ids, one in entries if one.get("eligible") and ids & set(names)]
    items = [name for name in names if any(name in ids for ids, _ in able)]
    if not items:
        why: Mapping[str, Any] = next((one for ids, one in entries if ids & set(names) and not one.get("eligible")), {})
        code = f"not-eligible-{why['ineligible_code']}" if why.get("ineligible_code") else "not-eligible"
        raise PermanentError(code, str(why.get("ineligible_reason") or f"TikTok has no {kind} for these pieces"))
    several = [list(one.get("available_reason_names") or ()) for _, one in able]
    return items, [name for name in several[0] if all(name in others for others in several)]


def _ids(one: Mapping[str, Any]) -> set[str]:
    listed = [str(line["order_line_item_id"]) for line in one.get("order_line_list") or ()]
    return {*map(str, one.get("order_line_items_ids") or ()), *listed}


def reason_of(reason: str, names: list[str], default: str = "") -> str:
    """The one of TikTok's reasons that says best what ours says.

    Raises:
        PermanentError: there is none to choose from.
    """
    parts = [part for word in reason.split("-") for part in _WORDS.get(word, (word,))]
    for part in (*parts, default):
        found = next((name for name in names if part and part in name), "")
        if found:
            return found
    if not names:
        code = "no-reason"
        raise PermanentError(code, "TikTok names no reason that this may be done for")
    return names[0]


def cancellation_of(found: Iterable[Mapping[str, Any]], items: Iterable[str]) -> str:
    """The cancellation that has all of these items and is under way or done; empty: there is none."""
    for one in found:
        status = str(one.get("cancel_status") or "")
        asked = status == _PENDING and _is_of_buyer(one)
        if not asked and not status.endswith(_WITHDRAWN) and set(items) <= _cancelled(one):
            return str(one.get("cancel_id") or "")
    return ""


def asked_by_buyer(found: Iterable[Mapping[str, Any]], items: Iterable[str]) -> str:
    """The buyer's request to cancel just these items, which waits for an answer; empty: there is none."""
    for one in found:
        is_open = one.get("cancel_status") == _PENDING and _is_of_buyer(one)
        if is_open and _cancelled(one) == set(items):
            return str(one["cancel_id"])
    return ""


def _is_of_buyer(one: Mapping[str, Any]) -> bool:
    return one.get("role") == "BUYER" or one.get("cancel_type") == "BUYER_CANCEL"


def _cancelled(one: Mapping[str, Any]) -> set[str]:
    return {str(line.get("order_line_item_id")) for line in one.get("cancel_line_items") or ()}


def refunds_of(found: Iterable[Mapping[str, Any]], told: TellRefund) -> list[str]:
    """The refunds of this amount that the seller has made, but for those from before it was decided."""
    amount = Decimal(plain(told.amount))
    return [
        str(one["return_id"])
        for one in found
        if one.get("role") == "SELLER"
        and one.get("return_type") == "REFUND"
        and not str(one.get("return_status") or "").endswith(_WITHDRAWN)
        and Decimal((one.get("refund_amount") or {}).get("refund_total") or "0") == amount
        and not was_before(_moment(one.get("create_time")), told.asked_at)
    ]


def _moment(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None


def once(key: str) -> str:
    """Our key, as short as TikTok may want it."""
    return sha256(key.encode()).hexdigest()[:32]
