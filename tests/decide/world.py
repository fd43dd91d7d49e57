"""All services' decisions over one ledger: messages come in whatever order a test likes, and some come twice.

The handlers are those of the services' own wiring. Each handler's messages keep their order, as on a stream; which
handler has its turn, when a parked message is tried again, and when a call is answered is left to the test.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from crossdock_contracts.base import Contract, Event
from crossdock_contracts.capture import IngestV1
from crossdock_contracts.handed_in import OrderInput
from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.products import Product, ProductChangedV1
from services.capture import app as capture
from services.hub.decision import Decision, Done, Intent, Outcome, Refused
from services.hub.inputs import Handler
from services.hub.service import Service
from services.hub.settings import ROOT, Settings
from services.inventory import app as inventory
from services.payments import app as payments
from services.payments.gateways import Authorise, Authorised, Capture, Moved, Refund, Void
from services.returns import app as returns
from services.routing import app as routing
from services.shipping import app as shipping
from services.shipping.carriers import BuyLabel, Voided, VoidLabel
from services.shipping.state import Shipment
from services.verify import facts as reading
from services.verify.checks import audit
from services.verify.reading import Entry
from tests.builders import NOW, ingest, parcel
from tests.decide.ledger import Ledger

_CONFIG = Settings(rules_dir=ROOT / "deploy" / "rules", _env_file=None)
SERVICES: tuple[Service, ...] = (
    capture.service(_CONFIG),
    payments.service(),
    inventory.service(_CONFIG),
    routing.service(_CONFIG),
    shipping.service(_CONFIG),
    returns.service(_CONFIG),
)
HANDLERS: dict[type[Any], list[Handler]] = {}
OF: dict[int, str] = {}
"""Whose a handler is."""
for _service in SERVICES:
    for _handler in _service.handlers.values():
        HANDLERS.setdefault(_handler.contract, []).append(_handler)
        OF[id(_handler)] = _service.name


@dataclass(frozen=True, eq=False)
class Turn:
    """A message on its way to one handler."""

    handler: Handler
    message: Any


def _is(turn: Turn, service: str, kinds: tuple[type[Any], ...]) -> bool:
    return isinstance(turn.message, kinds) and OF[id(turn.handler)] == service


class Outside:
    """Gateway and carriers: what is asked under a key is done once, and answered alike ever after."""

    def __init__(self) -> None:
        self.answers: dict[str, Outcome] = {}
        self.set_aside: dict[str, int] = {}
        """What is left of each authorisation that was not given back."""
        self.taken = 0
        self.paid_back = 0
        self.labels: set[str] = set()
        self.most_minor: int | None = None
        """More than this is never set aside at once."""

    def answer(self, intent: Intent) -> Outcome:
        """Do what is asked, unless it has been done."""
        if intent.key not in self.answers:
            self.answers[intent.key] = replace(self._do(intent), key=intent.key)
        return self.answers[intent.key]

    def _do(self, intent: Intent) -> Outcome:  # one for each call
        name = f"{intent.operation}-{len(self.answers)}"
        match intent.request:
            case Authorise(amount=amount):
                if self.most_minor is not None and amount.amount_minor > self.most_minor:
                    return Refused("card-declined", "too much")
                self.set_aside[name] = amount.amount_minor
                return Done(Authorised(authorisation_id=name))
            case BuyLabel(carrier=carrier):
                self.labels.add(name)
                return Done(parcel(name, carrier))
            case VoidLabel(tracking_number=number):
                self.labels.discard(number)
                return Done(Voided(tracking_number=number))
            case request:
                self._move(request)
                return Done(Moved(reference=name))

    def _move(self, request: Any) -> None:
        match request:
            case Capture(authorisation_id=name, amount=amount):
                left = self.set_aside.get(name, 0)
                assert amount.amount_minor <= left, f"{amount.amount_minor} was to be taken, {left} was set aside"
                self.set_aside[name] = left - amount.amount_minor
                self.taken += amount.amount_minor
            case Refund(amount=amount):
                self.paid_back += amount.amount_minor
            case Void(authorisation_id=name):
                del self.set_aside[name]
            case _:
                raise TypeError(request)


class World(Ledger):
    """Everything that the services know and have still to hear of."""

    def __init__(self) -> None:
        super().__init__()
        self.outside = Outside()
        self.queues: dict[str, deque[Turn]] = {}
        self.parked: list[Turn] = []
        self.abroad: list[tuple[Turn, Intent]] = []
        self.settled: list[Turn] = []

    # -- what comes in

    def hear(self, *messages: Contract) -> None:
        """Put messages on their way to all who listen."""
        for message in messages:
            for handler in HANDLERS.get(type(message), ()):
                name = f"{handler.name}@{handler.decide!r}"
                self.queues.setdefault(name, deque()).append(Turn(handler, message))

    def deliver(self, message: Contract) -> None:
        """Have a message heard before everything that is on its way."""
        for handler in HANDLERS[type(message)]:
            self.take_turn(Turn(handler, message))

    def has(self, sku: str, **pieces: int) -> None:
        """A SKU is known, and so many pieces of it lie at these locations."""
        self.hear(
            ProductChangedV1(owner="main", sku=sku, product=Product(sku=sku, title=sku, weight_g=100), changed_at=NOW)
        )
        for location, quantity in pieces.items():
            if quantity:
                self.hear(ReceiveStockV1(owner="main", sku=sku, location_id=location, quantity=quantity))

    def hands_in(self, order: OrderInput, channel: str = "web") -> IngestV1:
        """A shop hands in an order, or a copy of one."""
        message = ingest(order, channel)
        self.hear(message)
        return message

    # -- what happens

    @property
    def ready(self) -> list[Callable[[], None]]:
        """Everything that could happen next."""
        turns = [lambda queue=queue: self.take_turn(queue.popleft()) for queue in self.queues.values() if queue]
        calls = [lambda one=one: self.answer(one) for one in self.abroad]
        return [*turns, *calls, *(lambda one=one: self._again(one) for one in self.parked)]

    def _again(self, turn: Turn) -> None:
        self.parked.remove(turn)
        self.take_turn(turn)

    def take_turn(self, turn: Turn) -> None:
        """A handler decides about a message."""
        handler = turn.handler
        more = (turn.message.body,) if handler.prepare is not None else ()
        self._follow(turn, handler.decide(self.states, turn.message, NOW, *more))

    def answer(self, one: tuple[Turn, Intent]) -> None:
        """A call is answered: all who wait for it hear of it."""
        _, intent = one
        waiting = [turn for turn, asked in self.abroad if asked.key == intent.key]
        self.abroad = [pair for pair in self.abroad if pair[1].key != intent.key]
        outcome = self.outside.answer(intent)
        for turn in waiting:
            assert turn.handler.settle is not None
            self._follow(turn, turn.handler.settle(self.states, turn.message, outcome, NOW))

    def _follow(self, turn: Turn, decision: Decision) -> None:
        self.apply(decision)
        self.hear(*(event for event in decision.events if isinstance(event, Event)))
        if decision.intent is not None:
            self.abroad.append((turn, decision.intent))
        elif decision.later is not None:
            self.parked.append(turn)
        else:
            self.settled.append(turn)

    def comes_again(self, turn: Turn) -> None:
        """A message is handed out a second time; what the hub remembers does not reach its handler."""
        if not turn.handler.remember:
            self.take_turn(turn)

    def rest(self, behind: str = "", *kinds: type[Any]) -> None:
        """Let everything happen, until nothing is left to do, but what a service is behind with of these messages."""
        for _ in range(20_000):
            busy = [queue for queue in self.queues.values() if queue and not _is(queue[0], behind, kinds)]
            if busy:
                self.take_turn(busy[0].popleft())
            elif self.abroad:
                self.answer(self.abroad[0])
            elif self.parked:
                before = len(self.events), len(self.settled)
                for turn in list(self.parked):
                    self._again(turn)
                if (len(self.events), len(self.settled)) == before and not self.abroad:
                    return
            else:
                return
        msg = "it never comes to rest"
        raise AssertionError(msg)

    # -- what is so

    def all_of(self, kind: type[Any]) -> list[Any]:
        """All documents of a kind."""
        return [one for one in self.documents.values() if isinstance(one, kind)]

    @property
    def shipments(self) -> list[Shipment]:
        """All fulfilments that shipping knows of."""
        return self.all_of(Shipment)

    def pieces_said(self, kind: type[Any], lines: str = "lines") -> Counter[str]:
        """Pieces by line over all events of a kind."""
        found = Counter[str]()
        for event in self.said(kind):
            for line in getattr(event, lines):
                found[line.line_id] += line.quantity
        return found

    def audit(self) -> list[str]:
        """What `crossdock verify` would find wrong with what the services know and have said."""
        facts = reading.Facts()
        for event in self.events:
            entry = Entry(
                event.SERVICE, 0, f"{event.TYPE}.v{event.VERSION}.0.0", {"ce-id": uuid4().hex}, event.encode()
            )
            reading._take(facts, event.SERVICE, entry)
        for document in self.documents.values():
            if document is not None:
                entry = Entry(document.SERVICE, 0, document.subject, {}, document.encode())
                reading._take(facts, document.SERVICE, entry)
        return [violation for check in audit(facts) for violation in check.violations]
