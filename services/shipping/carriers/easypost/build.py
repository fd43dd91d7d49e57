"""What EasyPost is asked: ounces, inches, decimal amounts, its own words."""

from hashlib import sha256
from typing import Any

from crossdock_contracts.values import Address, Dimensions
from services.shipping.carriers.requests import BookPickup, BuyLabel, Customs, GetRates
from services.shipping.carriers.units import decimal, inches, ounces

_CONTENTS = {"returned-goods": "returned_goods"}


def reference(key: str) -> str:
    """What a purchase is found by: the same for the same key, short, and fit to stand in a path."""
    return f"xd-{sha256(key.encode()).hexdigest()[:40]}"


def address(one: Address, name: str = "") -> dict[str, str]:
    """An address; what is empty is left out."""
    written = {
        "name": one.name or name,
        "company": one.company,
        "street1": one.line1,
        "street2": ", ".join(line for line in (one.line2, one.line3) if line),
        "city": one.city,
        "state": one.region,
        "zip": one.postcode,
        "country": one.country or "",
        "phone": one.phone,
        "email": one.email,
    }
    return {field: value for field, value in written.items() if value}


def _parcel(weight_g: int, dimensions: Dimensions | None) -> dict[str, float]:
    size = (
        {
            "length": inches(dimensions.length_mm),
            "width": inches(dimensions.width_mm),
            "height": inches(dimensions.height_mm),
        }
        if dimensions
        else {}
    )
    return {"weight": ounces(weight_g), **size}


def _customs(customs: Customs) -> dict[str, Any]:
    """Weight and value of an item are those of all its pieces."""
    return {
        "contents_type": _CONTENTS.get(customs.contents, customs.contents),
        "customs_certify": True,
        "customs_signer": customs.signed_by,
        "non_delivery_option": customs.if_undeliverable,
        "restriction_type": "none",
        "eel_pfc": customs.export_declaration,
        "customs_items": [
            {
                "description": item.description,
                "quantity": item.quantity,
                "weight": ounces(item.weight_g * item.quantity),
                "value": decimal(item.value, item.quantity),
                "currency": item.value.currency,
                "hs_tariff_number": item.hs_code,
                "origin_country": item.origin or "",
                "code": item.sku,
            }
            for item in customs.items
        ],
    }


def shipment(asked: BuyLabel | GetRates, key: str = "") -> dict[str, Any]:
    """An enquiry, which costs nothing.

    EasyPost turns the addresses of a return around by itself, so it is given those of the way there.
    """
    sender = address(asked.ship_from, asked.from_name if isinstance(asked, BuyLabel) else "")
    recipient = address(asked.ship_to)
    body: dict[str, Any] = {
        "from_address": recipient if asked.is_return else sender,
        "to_address": sender if asked.is_return else recipient,
        "parcel": _parcel(asked.weight_g, asked.dimensions),
    }
    if asked.is_return:
        body["is_return"] = True
    if asked.customs:
        body["customs_info"] = _customs(asked.customs)
        body["tax_identifiers"] = [
            {
                "entity": "SENDER",
                "tax_id_type": kind,
                "tax_id": number,
                "issuing_country": asked.ship_from.country or "",
            }
            for kind, number in asked.customs.tax_ids.items()
        ]
    options = _options(asked)
    if options:
        body["options"] = options
    if key:
        body["reference"] = reference(key)
    return {"shipment": body}


def _options(asked: BuyLabel | GetRates) -> dict[str, str]:
    options: dict[str, str] = {}
    if asked.customs:
        options["incoterm"] = asked.customs.incoterm
        if asked.customs.invoice_number:
            options["invoice_number"] = asked.customs.invoice_number
    if isinstance(asked, BuyLabel):
        # other formats are made of a PNG afterwards; of no other
        options["label_format"] = asked.formats[0].upper() if len(asked.formats) == 1 else "PNG"
        options["print_custom_1"] = asked.reference
        if asked.cash_on_delivery:
            options["cod_amount"] = decimal(asked.cash_on_delivery)
            options["cod_method"] = "CASH"
            options["currency"] = asked.cash_on_delivery.currency
    return options


def pickup(asked: BookPickup, key: str, batch: str = "") -> dict[str, Any]:
    """A pickup of one shipment, or of a batch of them."""
    what = {"batch": {"id": batch}} if batch else {"shipment": {"id": asked.parcels[0].handle}}
    return {
        "pickup": {
            "reference": reference(key),
            "address": address(asked.address),
            "min_datetime": asked.ready_at.isoformat(),
            "max_datetime": asked.closes_at.isoformat(),
            "instructions": asked.instructions,
            "is_account_address": False,
            **what,
        }
    }
