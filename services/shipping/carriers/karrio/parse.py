"""What karrio makes of carriers' answers, in the hub's words."""

from base64 import b64decode
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crossdock_contracts.values import Address
from services.shipping.carriers.answers import AddressChecked, Label, Manifested, Offer, Rates, Scan, Tracked
from services.shipping.carriers.codes import status_of
from services.shipping.carriers.requests import BuyLabel, GetRates, MakeManifest
from services.shipping.carriers.units import money

_LONGEST = 300


def said(messages: Iterable[Any], *, errors_only: bool = False) -> str:
    """Codes and texts of what a carrier says."""
    told = [
        f"{one.code or ''} {one.message or ''}".strip()
        for one in messages
        if not errors_only or one.level in (None, "error")
    ]
    return "; ".join(dict.fromkeys(text for text in told if text))[:_LONGEST]


def code_of(messages: Iterable[Any]) -> str:
    """The code of the first of them."""
    return next((str(one.code) for one in messages if one.code), "refused")


def label(details: Any, request: BuyLabel, cost: Any, formats: tuple[str, ...]) -> Label:
    """A label that was bought.

    Raises:
        ValueError: there is none in the answer.
    """
    docs = details.docs
    wanted = formats[0]
    image = (docs.zpl_label if wanted == "zpl" else docs.pdf_label) or docs.label
    if not image or not details.tracking_number:
        msg = f"the answer has no label: tracking number {details.tracking_number or 'none'}"
        raise ValueError(msg)
    documents = {_format(details.label_type, wanted): b64decode(image)}
    if docs.invoice:
        documents["invoice.pdf"] = b64decode(docs.invoice)
    rate = details.selected_rate
    if cost is None and rate is not None and rate.total_charge:
        cost = money(Decimal(str(rate.total_charge)), rate.currency or request.rate.currency)
    return Label(
        tracking_number=details.tracking_number,
        handle=details.shipment_identifier or "",
        cost=cost or request.rate,
        documents=documents,
    )


def _format(named: str | None, wanted: str) -> str:
    named = (named or wanted).lower()
    return "zpl" if named.startswith("zpl") else "pdf" if named.startswith("pdf") else wanted


def rates(details: list[Any], messages: list[Any], carrier: str, request: GetRates) -> Rates:
    """The offers, cheapest first; prices in a currency that there is not are left out."""
    del request
    offers = []
    for rate in details:
        if rate.total_charge is None or not rate.currency:
            continue
        try:
            cost = money(Decimal(str(rate.total_charge)), rate.currency)
        except ValueError:
            continue
        offers.append(Offer(carrier=carrier, service=rate.service, cost=cost, transit_days=_days(rate.transit_days)))
    offers.sort(key=lambda offer: (offer.cost.currency, offer.cost.amount_minor))
    told = said(messages)
    return Rates(offers=tuple(offers), silent=(told,) if told else ())


def _days(days: Any) -> int | None:
    return int(days) if isinstance(days, int | float) and days >= 0 else None


def tracked(details: Any, codes: str, carrier: str) -> Tracked:
    """All that is known of a parcel, oldest first. Carriers give the place's own time; it is read as UTC.

    karrio has times to the minute: of scans of the same minute the order is the carrier's, which is newest first.
    """
    scans = [scan for event in details.events or [] if (scan := _scan(event, codes)) is not None]
    if scans and scans[0].at >= scans[-1].at:
        scans.reverse()
    expected = _moment(details.estimated_delivery, None, None)
    return Tracked(
        tracking_number=details.tracking_number,
        carrier=carrier,
        scans=tuple(sorted(scans, key=lambda scan: scan.at)),
        expected_at=expected,
    )


def _scan(event: Any, codes: str) -> Scan | None:
    at = _moment(event.date, event.time, event.timestamp)
    if at is None:
        return None
    code = str(event.code or "")
    return Scan(
        status=status_of(codes, code), at=at, code=code, detail=event.description or "", city=str(event.location or "")
    )


def _moment(date: str | None, time: str | None, timestamp: str | None) -> datetime | None:
    for text, form in (
        (timestamp, "%Y-%m-%dT%H:%M:%S.%fZ"),
        (f"{date} {time}", "%Y-%m-%d %I:%M %p"),
        (f"{date} {time}", "%Y-%m-%d %H:%M"),
        (date, "%Y-%m-%d"),
    ):
        try:
            return datetime.strptime(text or "", form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def checked(details: Any, asked: Address) -> AddressChecked:
    """Whether an address can be delivered to; the carrier knows places, not streets."""
    if details is None or not details.success:
        return AddressChecked(deliverable=False, problems=("the carrier does not know this place",))
    found = details.complete_address
    proper = asked
    if found is not None:
        known = {"city": found.city, "postcode": found.postal_code}
        proper = asked.model_copy(update={name: value for name, value in known.items() if value})
    return AddressChecked(deliverable=True, address=proper)


def manifested(details: Any, request: MakeManifest) -> Manifested:
    """What was handed over."""
    meta = details.meta or {}
    numbers = tuple(one.tracking_number for one in request.parcels)
    content = details.doc.manifest if details.doc else None
    return Manifested(
        manifest_id=str(meta.get("manifestNumber") or ""),
        tracking_numbers=tuple(map(str, meta.get("trackingNumbers") or numbers)),
        documents={"manifest.pdf": b64decode(content)} if content else {},
    )
