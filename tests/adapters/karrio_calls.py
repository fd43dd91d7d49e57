"""What is asked of carriers through karrio, for the tests of all of them."""

from typing import Any

import pytest

pytest.importorskip("karrio", reason="crossdock[carriers] is not installed")


from crossdock_contracts.values import Address, Dimensions
from services.shipping.carriers import (
    BookPickup,
    BoughtParcel,
    BuyLabel,
)
from tests.adapters.parcels import purchase
from tests.builders import NOW, later

ALL = ("ups", "fedex", "dhl-express", "usps")
US = Address(
    name="A Shop",
    line1="417 Montgomery St",
    city="San Francisco",
    region="CA",
    postcode="94104",
    country="US",
    phone="4155550100",
)
BUYER = Address(
    name="Elise Muller",
    line1="179 N Harbor Dr",
    line2="Flat 2",
    city="Redondo Beach",
    region="CA",
    postcode="90277",
    country="US",
)
BOX = Dimensions(length_mm=254, width_mm=201, height_mm=100)
SERVICE = {
    "ups": "ups_ground",
    "fedex": "fedex_ground",
    "dhl-express": "mydhl_express_worldwide",
    "usps": "usps_ground_advantage",
}
BUY = {
    "ups": "POST /api/shipments/v2409/ship",
    "fedex": "POST /ship/v1/shipments",
    "dhl-express": "POST /shipments",
    "usps": "POST /labels/v3/label",
}
TOKENS = {
    "ups": ["POST /security/v1/oauth/token"],
    "fedex": ["POST /oauth/token"],
    "dhl-express": [],
    "usps": ["POST /oauth2/v3/token"],
}
REFUSED = {
    "ups": {"response": {"errors": [{"code": "120100", "message": "Missing or invalid shipper number"}]}},
    "fedex": {"errors": [{"code": "ACCOUNT.NUMBER.MISMATCH", "message": "Account number mismatch"}]},
    "dhl-express": {"status": 422, "title": "Unprocessable", "detail": "8001: product not available"},
    "usps": {"error": {"code": "400", "errors": [{"code": "160031", "detail": "Address not found"}]}},
}
SAID = {
    "ups": ("120100", "Missing or invalid shipper number"),
    "fedex": ("ACCOUNT.NUMBER.MISMATCH", "Account number mismatch"),
    "dhl-express": ("422", "8001: product not available"),
    "usps": ("160031", "Address not found"),
}


def label(name: str, **fields: Any) -> BuyLabel:
    asked = {"carrier": name, "service": SERVICE[name], "ship_from": US, "ship_to": BUYER, "formats": ("pdf",)}
    return purchase(**{**asked, "dimensions": BOX, **fields})


def pickup(name: str) -> BookPickup:
    return BookPickup(
        carrier=name,
        address=US,
        ready_at=NOW,
        closes_at=later(hours=6),
        parcels=(BoughtParcel(tracking_number="1234"),),
        timezone="America/Los_Angeles",
    )
