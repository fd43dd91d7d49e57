"""What carriers are asked in these tests."""

from typing import Any

from crossdock_contracts.values import Address, Money
from services.shipping.carriers import BuyLabel
from tests.builders import BERLIN

WAREHOUSE = Address(name="Warehouse", line1="Dock 4", postcode="3011", city="Rotterdam", country="NL")


def purchase(**fields: Any) -> BuyLabel:
    """That a label is bought for a parcel of 1.2 kg to Berlin."""
    return BuyLabel(
        **{
            "carrier": "table-parcel",
            "service": "world",
            "reference": "web:1/1",
            "ship_from": WAREHOUSE,
            "ship_to": BERLIN,
            "weight_g": 1200,
            "rate": Money(amount_minor=690, currency="EUR"),
            **fields,
        }
    )


def to(**fields: str) -> BuyLabel:
    """That a label is bought for a parcel to an address that is in part another."""
    return purchase(ship_to=BERLIN.model_copy(update=fields))
