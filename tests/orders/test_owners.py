"""Nothing of one owner reaches another: every command and every query is tried across owners, and gets nothing."""

import random
from functools import cache
from typing import Any

import pytest

from crossdock_contracts import registry
from crossdock_contracts.base import Command
from crossdock_contracts.capture import PlaceHoldV1
from crossdock_contracts.cases import DecideCaseV1, FileClaimV1, OpenCaseV1
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.products import MapListingV1, Product, UpsertProductV1
from crossdock_contracts.returns import ReceiveReturnV1, RequestReturnV1
from crossdock_contracts.samples import sample_of
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmPickedV1, ConfirmShippedV1
from crossdock_contracts.values import Customer, LineQuantity, Money
from services.hub.decision import changed
from tests.builders import BERLIN, NOW, ingest, order_input
from tests.orders.world import World

SECRET = "nobody-else-may-read-this"
SKU = "SKU-0007"
ABOUT = {"owner": "main", "order_id": "web:1001", "fulfilment_id": "web:1001/1"}
PICKED = (LineQuantity(line_id="1", sku=SKU, quantity=2),)
PICK, PACK, SHIP = ConfirmPickedV1(**ABOUT, lines=PICKED), ConfirmPackedV1(**ABOUT), ConfirmShippedV1(**ABOUT)
BACK = {"owner": "main", "order_id": "web:1001", "return_id": "R-1", "lines": PICKED}
ANNOUNCED = RequestReturnV1(**BACK, reason="not-wanted")
LOST = OpenCaseV1(**ABOUT, kind="lost", note=SECRET)
CASE = {"owner": "main", "order_id": "web:1001", "case_id": "1"}
CLAIM = FileClaimV1(**CASE, amount=Money(amount_minor=2990, currency="EUR"), reference=SECRET)
STAGES: dict[str, tuple[Any, ...]] = {
    "labelled": (),
    "held": (PlaceHoldV1(owner="main", order_id="web:1001", reason="looks-odd", detail=SECRET),),
    "picked": (PICK,),
    "packed": (PICK, PACK),
    "shipped": (PICK, PACK, SHIP),
    "on its way back": (PICK, PACK, SHIP, ANNOUNCED),
    "back": (PICK, PACK, SHIP, ANNOUNCED, ReceiveReturnV1(**BACK, location_id="BER")),
    "lost": (PICK, PACK, SHIP, LOST),
    "claimed": (PICK, PACK, SHIP, LOST, CLAIM),
    "sent once more": (PICK, PACK, SHIP, LOST, DecideCaseV1(**CASE, action="reship")),
}
COMMANDS = [one for one in registry.everything() if issubclass(one, Command) and one.SERVICE != "hub"]
WITHOUT_EFFECT = {
    "capture.cmd.amend-order",
    "capture.cmd.fetch-order",
    "capture.cmd.ingest",
    "capture.cmd.note-remap",
    "capture.cmd.release-hold",
    "capture.cmd.report-fulfilled",
    "inventory.cmd.approve-count",
    "inventory.cmd.open-stock",
    "inventory.cmd.change-condition",
    "inventory.cmd.close-receipt",
    "inventory.cmd.correct-lot",
    "inventory.cmd.lift-recall",
    "inventory.cmd.recall-lot",
    "inventory.cmd.receive-transfer",
    "inventory.cmd.reject-count",
    "inventory.cmd.set-reorder-point",
    "inventory.cmd.slip-receipt",
    "inventory.cmd.snapshot-stock",
    "inventory.cmd.submit-count",
    "payments.cmd.import-refund",
    "returns.cmd.import-return",
    "shipping.cmd.accept-fulfilment",
    "shipping.cmd.acknowledge-purchase-order",
    "shipping.cmd.book-carrier-pickup",
    "shipping.cmd.cancel-carrier-pickup",
    "shipping.cmd.close-wave",
    "shipping.cmd.confirm-ready",
    "shipping.cmd.confirm-step",
    "shipping.cmd.decline-fulfilment",
    "shipping.cmd.hand-over",
    "shipping.cmd.hear-carrier",
    "shipping.cmd.invoice-purchase-order",
    "shipping.cmd.make-manifest",
    "shipping.cmd.plan-wave",
    "shipping.cmd.receive-at-store",
    "shipping.cmd.reject-purchase-order",
    "shipping.cmd.release-wave",
    "shipping.cmd.report-label",
    "shipping.cmd.reset-pickup-code",
    "shipping.cmd.settle-carrier-pickup",
    "shipping.cmd.settle-manifest",
    "shipping.cmd.settle-purchase",
    "shipping.cmd.settle-return-label",
    "shipping.cmd.tracking-polled",
}
"""Commands whose samples do not fit what the owner has here, or of which an event is all that follows."""
QUESTIONS: dict[str, dict[str, Any]] = {
    "availability": {"skus": [SKU]},
    "locations": {},
    "next-wave": {"location_id": "BER"},
    "pick-list": {"location_id": "BER", "wave_id": "w"},
    "products": {"skus": [SKU]},
    "queue": {"location_id": "BER"},
}
"""How each question that a service answers of its own is put to it."""
KNOWN = {"availability", "products"}
"""Those that are answered with something here."""


def world_of_main(stage: str) -> World:
    """The world of one owner, who has one of everything that the sample commands name."""
    return _made(stage).copy()


@cache
def _made(stage: str) -> World:
    world, draw = World(), random.Random(1)
    product = Product(sku=SKU, title=SECRET, weight_g=300, barcodes=("4006381333931",))
    made = order_input(
        "1001",
        LineInput(line_id="1", sku=SKU, quantity=2, unit_price_minor=1000),
        customer=Customer(name=SECRET, email=f"{SECRET}@example.com"),
        ship_to=changed(BERLIN, name=SECRET),
    )
    for command in (
        UpsertProductV1(owner="main", sku=SKU, product=product),
        MapListingV1(owner="main", channel="web", listing_id="gid-7", sku=SKU),
        ReceiveStockV1(owner="main", sku=SKU, location_id="BER", quantity=10, reference=SECRET),
        ingest(made),
        *STAGES[stage],
    ):
        world.send(command)
        world.run(draw, trouble=False)
    assert world.dead == []
    return world


def of_main(world: World) -> dict[str, Any]:
    """Documents that the owner has."""
    return {subject: one for subject, one in world.documents.items() if one is not None and one.owner == "main"}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("contract", COMMANDS, ids=lambda contract: contract.TYPE)
def test_a_command_of_another_owner_changes_nothing_and_learns_nothing(contract: type[Command], stage: str) -> None:
    world = world_of_main(stage)
    before, said = of_main(world), len(world.events)

    world.send(sample_of(contract).model_copy(update={"owner": "other"}))
    world.run(random.Random(1), trouble=False)

    assert of_main(world) == before
    assert {event.owner for event in world.events[said:]} <= {"other"}
    others = [one.model_dump_json() for one in world.documents.values() if one is not None and one.owner != "main"]
    assert not [text for text in (*others, *world.dead) if SECRET in text]
    assert not [event for event in world.events[said:] if SECRET in event.model_dump_json()]


def test_the_same_commands_do_change_something_where_they_are_the_owner_s() -> None:
    """Otherwise the test above would show nothing."""
    without = {contract.TYPE for contract in COMMANDS if not any(changes(contract, stage) for stage in STAGES)}
    assert without <= WITHOUT_EFFECT


def changes(contract: type[Command], stage: str) -> bool:
    world = world_of_main(stage)
    before = of_main(world)
    world.send(sample_of(contract))
    world.run(random.Random(1), trouble=False)
    return of_main(world) != before


def test_a_question_of_another_owner_is_answered_with_nothing() -> None:
    world = world_of_main("labelled")
    asked = {query.name for service in world.services for query in service.queries}
    assert asked == set(QUESTIONS), "each question needs an example here"
    for service in world.services:
        for query in service.queries:
            for owner, knows in (("main", True), ("other", False)):
                question = query.question(owner=owner, **QUESTIONS[query.name])
                told = str(query.answer(world.states, question, NOW))
                assert (query.name in KNOWN and SKU in told) is (knows and query.name in KNOWN)
