"""What carriers are asked, in karrio's words: kilograms, centimetres, decimal amounts."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from crossdock_contracts.values import Address, Dimensions
from services.shipping.carriers.requests import BookPickup, BoughtParcel, BuyLabel, Customs, GetRates, MakeManifest
from services.shipping.carriers.units import decimal

Options = Mapping[str, Any]
_CONTENTS = {"returned-goods": "return_merchandise"}
_NUMBERS = {"IOSS": "ioss", "VAT": "vat_registration_number", "EORI": "eori_number", "NIP": "nip_number"}


def address(one: Address, name: str = "") -> dict[str, Any]:
    """An address; what is empty is left out."""
    written = {
        "person_name": one.name or name,
        "company_name": one.company or ("" if one.name else name),
        "address_line1": one.line1,
        "address_line2": ", ".join(line for line in (one.line2, one.line3) if line),
        "city": one.city,
        "state_code": one.region,
        "postal_code": one.postcode,
        "country_code": one.country or "",
        "phone_number": one.phone,
        "email": one.email,
    }
    return {"residential": not one.company, **{field: value for field, value in written.items() if value}}


def parcel(weight_g: int, dimensions: Dimensions | None) -> dict[str, Any]:
    """A parcel; its sides are rounded up to whole centimetres."""
    size = (
        {
            "length": -(-dimensions.length_mm // 10),
            "width": -(-dimensions.width_mm // 10),
            "height": -(-dimensions.height_mm // 10),
            "dimension_unit": "CM",
        }
        if dimensions
        else {}
    )
    return {"weight": max(weight_g, 10) / 1000, "weight_unit": "KG", "packaging_type": "your_packaging", **size}


def customs(told: Customs) -> dict[str, Any]:
    """What customs are told; values are those of a piece."""
    first = told.items[0].value.currency if told.items else "USD"
    total = sum(float(decimal(item.value, item.quantity)) for item in told.items)
    numbers = {_NUMBERS[kind]: number for kind, number in told.tax_ids.items() if kind in _NUMBERS}
    return {
        "commodities": [
            {
                "sku": item.sku,
                "title": item.description,
                "description": item.description,
                "quantity": item.quantity,
                "weight": max(item.weight_g, 1) / 1000,
                "weight_unit": "KG",
                "hs_code": item.hs_code,
                "origin_country": item.origin,
                "value_amount": float(decimal(item.value)),
                "value_currency": item.value.currency,
            }
            for item in told.items
        ],
        "certify": True,
        "signer": told.signed_by,
        "content_type": _CONTENTS.get(told.contents, told.contents),
        "incoterm": told.incoterm,
        "invoice": told.invoice_number,
        "commercial_invoice": told.contents != "documents",
        "duty": {
            "paid_by": "sender" if told.incoterm == "DDP" else "recipient",
            "currency": first,
            "declared_value": round(total, 2),
        },
        "options": {**numbers, **({"eel_pfc": told.export_declaration} if told.export_declaration else {})},
    }


def _shipment(asked: BuyLabel | GetRates, name: str, options: Options) -> dict[str, Any]:
    told: dict[str, Any] = {
        "shipper": address(asked.ship_from, name),
        "recipient": address(asked.ship_to),
        "parcels": [parcel(asked.weight_g, asked.dimensions)],
        "payment": {"paid_by": "sender"},
        "options": dict(options),
    }
    if asked.customs:
        told["customs"] = customs(asked.customs)
        told["options"].setdefault("currency", told["customs"]["duty"]["currency"])
    return told


def purchase(asked: BuyLabel, reference: str, label_type: str, options: Options) -> dict[str, Any]:
    """A label for one parcel."""
    told = _shipment(asked, asked.from_name, options)
    told["parcels"][0]["reference_number"] = reference
    if asked.cash_on_delivery:
        told["options"]["cash_on_delivery"] = float(decimal(asked.cash_on_delivery))
        told["options"]["currency"] = asked.cash_on_delivery.currency
    return {**told, "service": asked.service, "reference": reference, "label_type": label_type}


def enquiry(asked: GetRates, options: Options) -> dict[str, Any]:
    """What a parcel would cost by each service."""
    return _shipment(asked, "", options)


def manifest(asked: MakeManifest, options: Options) -> dict[str, Any]:
    """One document for what is handed over."""
    numbers = [one.tracking_number for one in asked.parcels]
    return {"shipment_identifiers": numbers, "address": address(asked.ship_from), "options": dict(options)}


def pickup(asked: BookPickup, options: Options) -> dict[str, Any]:
    """A pickup; its times are those of the place."""
    place = ZoneInfo(asked.timezone)
    ready, closes = asked.ready_at.astimezone(place), asked.closes_at.astimezone(place)
    return {
        "pickup_date": f"{ready:%Y-%m-%d}",
        "ready_time": f"{ready:%H:%M}",
        "closing_time": f"{closes:%H:%M}",
        "address": address(asked.address),
        "parcels": [_fetched(one) for one in asked.parcels],
        "parcels_count": len(asked.parcels),
        "shipment_identifiers": [one.handle or one.tracking_number for one in asked.parcels],
        "instruction": asked.instructions,
        "options": dict(options),
    }


def _fetched(one: BoughtParcel) -> dict[str, Any]:
    return {**parcel(one.weight_g, None), "reference_number": one.tracking_number}
