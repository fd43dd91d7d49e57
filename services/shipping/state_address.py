"""What shipping keeps of addresses that carriers were asked about."""

from services.hub.decision import Document, IntentRecord


class AddressCheck(Document, service="shipping", kind="address-check", key=("order_id",), traced=True):
    """A carrier was asked, for one order, whether it delivers to its address."""

    order_id: str
    attempt: int = 1
    """Which address of the order it was asked about last."""
    intent: IntentRecord | None = None

    @property
    def has_ended(self) -> bool:
        """There was an answer."""
        return self.intent is None
