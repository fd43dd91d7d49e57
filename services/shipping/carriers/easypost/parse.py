"""What EasyPost's answers come to, in the hub's words."""

from collections.abc import Mapping

from crossdock_contracts.values import Address
from services.shipping.carriers.answers import AddressChecked, Offer, Rates, Scan, Tracked
from services.shipping.carriers.codes import carrier_named, status_of
from services.shipping.carriers.easypost.payload import CheckedAddress, Detail, Notice, Shipment, Tracker
from services.shipping.carriers.units import money

_COUNTRY_LETTERS = 2


def plain(name: str) -> str:
    """A name by which two ways of writing it are compared: ``DHLExpress`` is ``dhl-express``."""
    return "".join(char for char in name.lower() if char.isalnum())


def carrier_code(name: str) -> str:
    """A carrier's name as a code."""
    return carrier_named(name) or plain(name)


def country_of(said: str) -> str | None:
    """A country code; none where something else is said."""
    return said.upper() if len(said) == _COUNTRY_LETTERS and said.isascii() and said.isalpha() else None


def notices(said: tuple[Notice, ...]) -> tuple[str, ...]:
    """Why carriers made no offer."""
    return tuple(f"{one.carrier}: {one.message}".strip(": ") for one in said)


def rates(shipment: Shipment, wanted: Mapping[str, str]) -> Rates:
    """The offers, cheapest first; of these carriers, if any are named: code here → name there.

    Raises:
        ValueError: a price is in no currency that there is.
    """
    names = {plain(name): code for code, name in wanted.items()}
    offers = [
        Offer(
            carrier=names.get(plain(rate.carrier)) or carrier_code(rate.carrier),
            service=rate.service,
            cost=money(rate.rate, rate.currency),
            transit_days=rate.delivery_days,
            deliver_by=rate.delivery_date,
        )
        for rate in shipment.rates
        if not names or plain(rate.carrier) in names
    ]
    offers.sort(key=lambda offer: (offer.cost.currency, offer.cost.amount_minor))
    return Rates(offers=tuple(offers), silent=notices(shipment.messages))


def tracked(tracker: Tracker) -> Tracked:
    """All that is known of a parcel. A tracker without details says at least where it stands."""
    scans = [_scan(one) for one in tracker.tracking_details]
    if not scans and tracker.updated_at is not None and tracker.status:
        only = Detail(status=tracker.status, status_detail=tracker.status_detail, datetime=tracker.updated_at)
        scans = [_scan(only)]
    return Tracked(
        tracking_number=tracker.tracking_code,
        carrier=carrier_code(tracker.carrier) or "easypost",
        scans=tuple(sorted(scans, key=lambda scan: scan.at)),
        expected_at=tracker.est_delivery_date,
    )


def _scan(one: Detail) -> Scan:
    code = f"{one.status}/{one.status_detail}".rstrip("/")
    place = one.tracking_location
    return Scan(
        status=status_of("easypost", code),
        at=one.datetime,
        code=code,
        detail=one.message,
        city=place.city if place else "",
        country=country_of(place.country) if place else None,
    )


def checked(found: CheckedAddress) -> AddressChecked:
    """Whether an address can be delivered to."""
    check = found.verifications.delivery
    if check is None or not check.success:
        problems = tuple(one.message or one.code for one in check.errors) if check else ("it could not be checked",)
        better = {
            one.field: one.suggestion
            for one in (check.errors if check else ())
            if one.field in CheckedAddress.model_fields and isinstance(one.suggestion, str) and one.suggestion
        }
        suggested = _address(found.model_copy(update=better)) if better else None
        return AddressChecked(deliverable=False, problems=problems, address=suggested)
    return AddressChecked(deliverable=True, address=_address(found), residential=found.residential)


def _address(found: CheckedAddress) -> Address:
    return Address(
        name=found.name,
        company=found.company,
        line1=found.street1,
        line2=found.street2,
        city=found.city,
        region=found.state,
        postcode=found.zip,
        country=country_of(found.country),
        phone=found.phone,
        email=found.email,
    )
