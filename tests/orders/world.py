"""All services in memory, as they are wired, and messages between them that come in any order, late, or twice.

What the server does for them is done here by the simplest means: documents stand in a dictionary, a decision happens
whole, and what it says is handed to whoever listens, in an order that a seed decides. The outside (gateway, carriers)
is the sandbox's own, and fails, or is cut off before its answer is heard, when the seed says so.
"""

import random
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

from crossdock_contracts.base import Contract, Event
from services.capture import app as capture
from services.hub.decision import Done, Failed, Intent, Later, Outcome, Refused, Timer
from services.hub.effects import PermanentError
from services.hub.inputs import Handler
from services.hub.service import Service
from services.hub.settings import Settings
from services.inventory import app as inventory
from services.payments import app as payments
from services.products import app as products
from services.returns import app as returns
from services.routing import app as routing
from services.shipping import app as shipping
from services.verify import facts as audit
from services.verify.reading import Entry
from tests.builders import NOW
from tests.decide.ledger import Ledger

_MOST_DELIVERIES = 20_000
_MOST_ATTEMPTS = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one handler."""

    service: Service
    handler: Handler
    message: Any
    message_id: str
    attempt: int = 0


class World(Ledger):
    """All services, their documents, and what is on its way between them."""

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__()
        config = settings or Settings()
        self.services: list[Service] = [
            capture.service(config),
            payments.service(),
            inventory.service(config),
            products.service(),
            routing.service(config),
            shipping.service(config),
            returns.service(config),
        ]
        for service in self.services:
            service.objects = dict.fromkeys(service.buckets, _Objects())  # type: ignore[arg-type]  # as good as one
        self.now = NOW
        self.queue: list[Delivery] = []
        self.dead: list[str] = []
        """What would have become dead letters."""
        self.said_ids: list[tuple[str, str, Any]] = []
        """Every event with its id and its cause."""
        self.done_outside: dict[str, Any] = {}
        """What the outside did, by key: once each."""
        self._handled: set[tuple[str, str]] = set()
        self._sent = 0

    def copy(self) -> Self:
        """The same once more; what happens in one does not in the other."""
        made = copy(self)
        vars(made).update(
            (name, copy(held)) for name, held in vars(self).items() if isinstance(held, list | dict | set)
        )
        return made

    # -- what comes in

    def send(self, message: Contract) -> None:
        """A command from outside is durable in its service's inbox."""
        self._sent += 1
        self._publish(message, f"cmd-{self._sent}")

    def _publish(self, message: Contract, message_id: str) -> None:
        for service in self.services:
            for handler in service.handlers.values():
                if type(message) is handler.contract:
                    self.queue.append(Delivery(service, handler, message, message_id))

    def wait(self, delta: timedelta) -> None:
        """Time passes: timers that are due fire, in the order of their time."""
        self.now += delta
        due = [one for one in self.documents.values() if isinstance(one, Timer) and one.due_at <= self.now]
        for timer in sorted(due, key=lambda one: one.due_at):
            del self.documents[timer.subject]
            for service in self.services:
                for handler in service.handlers.values():
                    if handler.contract is type(timer):
                        self._sent += 1
                        self.queue.append(Delivery(service, handler, timer, f"due-{self._sent}"))

    # -- what happens

    def run(self, draw: random.Random, most: int = _MOST_DELIVERIES, *, trouble: bool = True) -> None:
        """Deliver what is on its way, or some of it; with trouble, out of order, twice, and with calls that fail."""
        for _ in range(most):
            if not self.queue:
                return
            near = not trouble or draw.random() < 0.7
            delivery = self.queue.pop(0 if near else draw.randrange(len(self.queue)))
            if trouble and draw.random() < 0.05:
                self.queue.append(delivery)
            self._deliver(delivery, draw if trouble else None)
        assert most < _MOST_DELIVERIES, f"it does not come to rest: {self.queue[:5]}"

    def _deliver(self, delivery: Delivery, draw: random.Random | None) -> None:
        handler, mark = delivery.handler, (delivery.handler.name, delivery.message_id)
        if handler.remember and (*mark, delivery.service.name) in self._handled:
            return
        message = type(delivery.message).decode(delivery.message.encode())
        facts = () if handler.prepare is None else (_at_once(handler.prepare(message)),)
        decision = self._decided(delivery, lambda: handler.decide(self.states, message, self.now, *facts))
        while decision is not None:
            if decision.later is not None:
                self._park(delivery, decision.later)
                return
            self.apply(decision)
            if decision.intent is None and handler.remember:
                self._handled.add((*mark, delivery.service.name))
            for number, event in enumerate(decision.events):
                said = f"{delivery.message_id}/{handler.name}/{event.TYPE}/{number}"
                self.said_ids.append((said, delivery.message_id, event))
                self._publish(event, said)
            if decision.intent is None:
                return
            outcome = self._call(delivery.service, decision.intent, draw)
            if outcome is None:  # the process ended before it heard the answer: the message comes again
                self.queue.append(delivery)
                return
            settle = handler.settle
            assert settle is not None
            decision = self._decided(delivery, lambda: settle(self.states, message, outcome, self.now))  # noqa: B023  # called at once

    def _park(self, delivery: Delivery, later: Later) -> None:
        """It is tried again, some times."""
        if delivery.attempt >= _MOST_ATTEMPTS:
            self.dead.append(f"{delivery.service.name} {delivery.handler.name} {delivery.message!r}: {later.reason}")
        else:
            self.queue.append(replace(delivery, attempt=delivery.attempt + 1))

    def _decided(self, delivery: Delivery, decide: Any) -> Any:
        try:
            return decide()
        except Exception as error:  # noqa: BLE001  # as in the hub: it makes a dead letter of this message
            self.dead.append(f"{delivery.service.name} {delivery.handler.name} {delivery.message!r}: {error!r}")
            return None

    def _call(self, service: Service, intent: Intent, draw: random.Random | None) -> Outcome | None:
        """Carry out a call; none where its answer is not heard."""
        chance = draw.random() if draw is not None else 1.0
        if intent.key not in self.done_outside:
            if chance < 0.05:
                return Failed("out of order", key=intent.key)
            if intent.adapter not in service.effects._adapters:
                return Refused("unknown-adapter", intent.adapter, key=intent.key)
            adapter = service.effects._adapters[intent.adapter][0]
            try:
                answer = _at_once(adapter.call(intent.operation, intent.key, intent.request))
            except PermanentError as error:
                return Refused(error.code, error.detail, key=intent.key)
            self.done_outside[intent.key] = (intent, answer)
        if chance > 0.97 and draw is not None:
            return None
        return replace(Done(self.done_outside[intent.key][1]), key=intent.key)

    # -- what came of it

    def all(self, kind: type[Any]) -> Iterator[Any]:
        """Documents of a kind."""
        yield from [one for one in self.documents.values() if type(one) is kind]

    def facts(self) -> audit.Facts:
        """What the audit reads from streams, from here."""
        facts = audit.Facts()
        for subject, document in self.documents.items():
            if document is not None:
                audit._take(facts, subject.partition(".")[0], Entry("", 0, subject, {}, document.encode()))
        for said, cause, event in self.said_ids:
            headers = {"ce-id": said, "ce-causationid": cause, "ce-time": self.now.isoformat()}
            subject = f"{event.TYPE}.v{event.VERSION}.0.0"
            audit._take(facts, event.SERVICE, Entry("", 0, subject, headers, event.encode()))
        return facts

    def told(self, kind: type[Event], order_id: str) -> list[Any]:
        """Events of a kind about an order."""
        return [event for event in self.said(kind) if event.order_id == order_id]


class _Objects:
    """An object store of no account."""

    async def put(self, _name: str, _content: bytes) -> str:
        return "0" * 64


def _at_once(awaitable: Any) -> Any:
    """The result of a coroutine that waits for nothing."""
    steps = awaitable.__await__()
    try:
        next(steps)
    except StopIteration as end:
        return end.value
    msg = "it waits for something outside this world"
    raise RuntimeError(msg)
