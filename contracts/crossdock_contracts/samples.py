"""An example of every contract, made from its fields and a small story, so that examples fit together."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crossdock_contracts.base import Contract

_MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

_STORY: Mapping[str, Any] = {
    "owner": "main",
    "order_id": "web:1001",
    "channel_order_id": "1001",
    "number": "#1001",
    "channel": "web",
    "sku": "SKU-0007",
    "listing_id": "gid-7",
    "wanted": "gid-7",
    "line_id": "1",
    "title": "Enamel mug, blue",
    "currency": "EUR",
    "fulfilment_id": "web:1001/1",
    "location_id": "BER",
    "from_location_id": "BER",
    "to_location_id": "ROT",
    "name": "Customer 1001",
    "line1": "Street 12",
    "city": "Berlin",
    "postcode": "10115",
    "country": "DE",
    "email": "customer-1001@example.com",
    "latitude": 52.532,
    "longitude": 13.385,
    "origin_country": "PT",
    "carrier": "table-parcel",
    "service": "world",
    "tracking_number": "XD123456789012345",
    "parcel_id": "web:1001/1/1",
    "format": "pdf",
    "bucket": "labels",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "gateway": "sandbox",
    "token": "tok_1001",
    "authorisation_id": "auth_52f1",
    "capture_id": "capt_77ab",
    "reference": "paid-1001",
    "refund_id": "return:R-1",
    "return_id": "R-1",
    "cancel_id": "cancel-1",
    "amendment_id": "copy-9f86d081884c",
    "change": "address",
    "changes": ("address",),
    "result": "re-routed",
    "stage": "labelled",
    "accepted": True,
    "case_id": "1",
    "replacement_id": "web:1001~1",
    "action": "reship",
    "opened_by": "carrier",
    "hold_id": "totals-mismatch",
    "on_expiry": "reject",
    "letter_id": "CAPTURE_IN-17",
    "handler": "ingest",
    "subject": "capture.cmd.ingest.v1.0.0",
    "error": "UnmappableError",
    "entity_id": "web:1001",
    "command": "inventory.cmd.adjust-stock",
    "body": '{"order_id": "1001"}',
    "content_type": "application/json",
    "source": "webhook",
    "method": "token",
    "disposition": "restock",
    "status": "in-transit",
    "purpose": "capture",
    "rule": "express ships from the mainland",
    "effect": "excluded",
    "on_hand": 42,
    "delta": 10,
    "quantity": 2,
    "ordered_quantity": 2,
    "unit_price_minor": 1250,
    "total_minor": 2990,
    "paid_minor": 2990,
    "lines_minor": 2500,
    "shipping_minor": 490,
    "amount_minor": 2990,
    "value_minor": 2990,
    "weight_g": 450,
    "size_bytes": 2048,
    "priority": 5,
    "service_level": "standard",
    "decided_by": "shipping",
    "lot": "L-2026-17",
    "expires_on": "2026-09-30",
    "from_lot": "unknown",
    "to_lot": "L-2026-17",
    "transfer_id": "T-1",
    "receipt_id": "PO-17",
    "barcodes": ("4006381333931",),
    "hs_code": "6911.10",
    "shares": {"BER": {"SKU-0007": 2}},
    "parts": {"distance": 0.4, "handling": 2.0},
    "points": 2.4,
    "detail": "as the channel sent it",
}

_CODES: Mapping[str, str] = {
    "reason": "requested",
    "code": "card-declined",
    "assigned_to": "operations",
    "payment_by": "hub",
    "refund_by": "hub",
    "invoice_by": "hub",
    "tax_by": "hub",
    "notify_by": "hub",
    "fulfil_by": "hub",
}


_TROUBLE = dict.fromkeys(("open-case", "case-opened", "case-changed", "case-parcel-delivered"), "lost")

_TOLD = {**_STORY, **_CODES}


def sample_of(contract: type[Contract]) -> Contract:
    """An example of a contract, valid and always the same."""
    return contract.model_validate(_model(contract, contract.NAME))


def _model(model: type[BaseModel], about: str) -> dict[str, Any]:
    """The fields that have to be there, and those that the story tells of."""
    fields = model.model_fields.items()
    return {name: _field(name, field, about) for name, field in fields if field.is_required() or name in _TOLD}


def _field(name: str, field: FieldInfo, about: str) -> Any:
    if name == "kind":
        return {"stock-moved": "received", **_TROUBLE}.get(about, "physical")
    told = name in _TOLD and get_origin(field.annotation) is not Literal  # a literal tells what it may be
    return _TOLD[name] if told else _value(field.annotation, name, about)


def _value(annotation: Any, name: str, about: str) -> Any:  # noqa: PLR0911  # one answer for each kind of type
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(arguments[0], name, about)
    if origin in (Union, UnionType):
        return _value(next(one for one in arguments if one is not NoneType), name, about)
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        return (_value(arguments[0], name.removesuffix("s"), about),)
    if origin is dict:
        return {}
    if isinstance(annotation, type):
        return _plain(annotation, name, about)
    return None


def _plain(annotation: type, name: str, about: str) -> Any:
    if issubclass(annotation, BaseModel):
        return _model(annotation, about)
    if issubclass(annotation, Enum):
        return next(iter(annotation)).value
    if issubclass(annotation, datetime):
        return _MOMENT
    return {bool: False, int: 1, float: 1.0, str: name.replace("_", "-")}.get(annotation)
