"""A shop for tests: orders are handed in to capture, whose rules a test may word itself."""

from datetime import datetime
from functools import partial
from typing import Any

from crossdock_contracts.capture import OrderCapturedV1
from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.values import Order
from services.capture.decide import ingest
from services.capture.formats import FORMATS
from services.capture.rules import Channel, ChannelConfig, Channels, Checks
from services.capture.rules.addresses import AddressRules
from services.capture.rules.customers import CustomerRules
from services.capture.rules.fraud import FraudFile, FraudRules
from services.capture.rules.workflow import Workflow
from services.capture.state import Customer, Item, OrderRecord
from services.hub.decision import Decision, Document
from tests.builders import NOW, order_input
from tests.builders import ingest as handed_in
from tests.decide.ledger import Ledger

CALM = Checks(
    addresses=AddressRules(),
    customers=CustomerRules(),
    fraud=FraudRules(config=FraudFile()),
    workflow=Workflow(),
)
"""Nothing is configured that could hold an order."""


def checks(**parts: Any) -> Checks:
    """These rules, and nothing else configured: each as its file has them."""
    fraud = parts.get("fraud", {})
    return Checks(
        addresses=AddressRules.model_validate(parts.get("addresses", {})),
        customers=CustomerRules.model_validate(parts.get("customers", {})),
        fraud=FraudRules(config=FraudFile.model_validate(fraud), disposable=frozenset(parts.get("disposable", ()))),
        workflow=Workflow.model_validate(parts.get("workflow", {})),
    )


class Shop(Ledger):
    """Capture's decisions about orders of a channel, ``web`` unless it is said otherwise."""

    def __init__(self, *documents: Document, rules: Checks = CALM, **config: Any) -> None:
        super().__init__(*(documents or (Item(sku="A", title="Mug", weight_g=300), Item(sku="B", title="Bowl"))))
        channel_config = ChannelConfig.model_validate({"format": "native", **config})
        names = ("web", "till", "marketplace")
        self.channels = Channels({n: Channel(n, channel_config, FORMATS["native"](), rules) for n in names})

    def takes(self, order_id: str = "1", *lines: Any, channel: str = "web", now: datetime = NOW, **fields: Any) -> Any:
        """Take an order in; what was captured of it, or nothing."""
        before = len(self.said(OrderCapturedV1))
        self.takes_in(order_input(order_id, *lines, **fields), channel, now)
        captured = self.said(OrderCapturedV1)[before:]
        return captured[0] if captured else None

    def takes_in(self, made: OrderInput, channel: str = "web", now: datetime = NOW) -> Decision:
        """Take in what a channel hands over."""
        message = handed_in(made, channel)
        decision = ingest.ingest(self.channels, self.states, message, now, message.body)
        self.apply(decision)
        return decision

    def reasons(self, order_id: str = "1", *lines: Any, **fields: Any) -> list[str]:
        """Why an order is held that is taken in."""
        return [hold.reason for hold in self.takes(order_id, *lines, **fields).holds]

    def order(self, order_id: str = "1", *lines: Any, **fields: Any) -> Order:
        """The order as captured."""
        found: Order = self.takes(order_id, *lines, **fields).order
        return found

    def record(self, order_id: str = "web:1") -> OrderRecord:
        """What capture keeps of an order."""
        found: OrderRecord = self.get(OrderRecord, "main", order_id)
        return found

    @property
    def customers(self) -> list[Customer]:
        """All customers, but not what leads to them."""
        return [one for one in self.documents.values() if isinstance(one, Customer) and not one.same_as]

    def settle(self, decide: Any, message: Any, now: datetime = NOW) -> Decision:
        """Have a command or timer decided."""
        return self.take(partial(decide), message, now)
