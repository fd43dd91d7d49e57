"""What shipping keeps of a fulfilment that a supplier ships, or a buyer collects."""

from pydantic import Field

from crossdock_contracts.base import Utc
from crossdock_contracts.values import Money
from services.hub.decision import Part


class Purchase(Part):
    """The purchase order that a supplier got for a fulfilment."""

    supplier: str
    invoice: Money | None = None
    """What the supplier asks for it …"""
    invoice_reference: str = ""
    """… and the number of its invoice."""


class Pickup(Part):
    """What waits in a store for its buyer."""

    code: str = Field(repr=False)
    issue: int = 1
    """Which code this is, counted from 1."""
    tries: int = 0
    """Wrong codes that were shown."""
    ready_at: Utc
    remind_at: Utc
    hold_until: Utc
