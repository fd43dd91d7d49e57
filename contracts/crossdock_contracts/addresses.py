"""Delivery addresses, as a carrier knows them: capture asks, shipping has the accounts."""

from typing import Literal

from pydantic import PositiveInt

from crossdock_contracts.base import Event, Id, Utc
from crossdock_contracts.values import Address


class AddressCheckWantedV1(Event, service="capture", name="address-check-wanted", version=1, entity="order_id"):
    """An order waits until a carrier has said whether its address can be delivered to."""

    order_id: Id
    ship_to: Address
    attempt: PositiveInt = 1
    """Which address of the order this is: one that it is amended to is asked about anew."""


class AddressCheckedV1(Event, service="shipping", name="address-checked", version=1, entity="order_id"):
    """What a carrier says of an address. It is advice: an address that could not be checked holds nothing up."""

    order_id: Id
    ship_to: Address
    result: Literal["deliverable", "undeliverable", "unchecked"]
    account: str = ""
    """Who was asked; empty: nobody."""
    detail: str = ""
    """What is wrong with it, or why it could not be checked."""
    suggestion: Address | None = None
    """As the carrier writes it."""
    checked_at: Utc
    attempt: PositiveInt = 1
    """As it was asked."""
