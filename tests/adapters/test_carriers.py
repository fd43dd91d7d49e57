from hashlib import sha256
from typing import Any

import pytest

from crossdock_contracts.labels import Parcel
from crossdock_contracts.values import Money
from services.hub.decision import Done, Failed, Intent, Later, Refused
from services.hub.effects import Effects, Limits, PermanentError, TransientError, UnknownError
from services.shipping.carriers import BuyLabel, Label, Voided, VoidLabel
from services.shipping.carriers.desk import BUCKET, LabelDesk
from services.shipping.carriers.sandbox import SandboxCarrier
from services.shipping.carriers.table import TableCarrier, luhn, tracking_number
from tests.adapters.parcels import purchase, to
from tests.builders import unique

CARRIERS = pytest.mark.parametrize("carrier", [TableCarrier(), SandboxCarrier()], ids=lambda carrier: carrier.name)


class Shelf:
    """An object store; the first so many puts fail."""

    def __init__(self, failing: int = 0) -> None:
        self.objects: dict[str, bytes] = {}
        self.failing = failing

    async def put(self, name: str, content: bytes) -> str:
        if self.failing:
            self.failing -= 1
            msg = "the disk is full"
            raise TransientError(msg)
        self.objects[name] = content
        return sha256(content).hexdigest()


class Line(TableCarrier):
    """A carrier behind a bad line: the first so many answers are lost, on their way or before anything was done."""

    def __init__(self, *, lost: int = 0, unreached: int = 0, away: bool = False) -> None:
        super().__init__()
        self.lost, self.unreached, self.away = lost, unreached, away
        self.sold: dict[str, Label | Voided] = {}
        self.calls = 0

    async def call(self, operation: str, key: str, request: object) -> Label | Voided:
        self.calls += 1
        if self.unreached:
            self.unreached -= 1
            msg = "503"
            raise TransientError(msg)
        answer = self.sold[key] = await super().call(operation, key, request)
        if self.lost:
            self.lost -= 1
            msg = "the answer was lost"
            raise UnknownError(msg)
        return answer

    async def look_up(self, operation: str, key: str, request: object) -> Label | Voided | None:  # noqa: ARG002  # as adapters are
        if self.away:
            msg = "503"
            raise TransientError(msg)
        return self.sold.get(key)


async def run(
    carrier: TableCarrier, shelf: Shelf | None = None, request: BuyLabel | None = None, *, resumed: bool = False
) -> Any:
    """What becomes of a purchase by way of the hub."""
    effects = Effects(unique("shipping"))
    effects.add(LabelDesk(carrier, (shelf or Shelf()).put), Limits(attempts=3))
    return await effects.run(
        Intent(carrier.name, "buy", "label:main/web:1/1:1", request or purchase(), resumed=resumed)
    )


@CARRIERS
async def test_a_label_is_sold_at_the_rate_in_each_format(carrier: TableCarrier) -> None:
    label = await carrier.call("buy", "label:1", purchase())
    assert isinstance(label, Label)
    assert label.cost == Money(amount_minor=690, currency="EUR")
    assert set(label.documents) == {"pdf", "zpl"}
    assert all(label.tracking_number.encode() in document for document in label.documents.values())


@CARRIERS
async def test_the_same_key_is_the_same_label_and_another_key_another(carrier: TableCarrier) -> None:
    first = await carrier.call("buy", "label:1", purchase())
    assert await carrier.call("buy", "label:1", purchase()) == first
    other = await carrier.call("buy", "label:2", purchase())
    assert other.tracking_number != first.tracking_number


@CARRIERS
async def test_a_label_whose_answer_was_lost_is_found_by_its_key(carrier: TableCarrier) -> None:
    bought = await carrier.call("buy", "label:1", purchase())
    assert await carrier.look_up("buy", "label:1", purchase()) == bought


@CARRIERS
async def test_a_label_is_taken_back(carrier: TableCarrier) -> None:
    request = VoidLabel(carrier="table-parcel", tracking_number="XD1")
    assert await carrier.call("void", "void:1", request) == Voided(tracking_number="XD1")


@CARRIERS
async def test_what_a_carrier_does_not_do_is_refused(carrier: TableCarrier) -> None:
    with pytest.raises(PermanentError, match=r"not-supported: [a-z]+ does no pickup") as refused:
        await carrier.call("pickup", "1", object())
    assert refused.value.code == "not-supported"


async def test_the_sandbox_does_not_deliver_where_it_is_told_not_to() -> None:
    for postcode in ("REFUSE", "refuse-1"):
        with pytest.raises(PermanentError, match=f"not-served: no delivery to {postcode}"):
            await SandboxCarrier().call("buy", "1", to(postcode=postcode))
        assert isinstance(await TableCarrier().call("buy", "1", to(postcode=postcode)), Label)


def test_carriers_number_their_parcels_apart() -> None:
    assert tracking_number("XD", "label:1")[2:] == tracking_number("SB", "label:1")[2:]
    assert (TableCarrier().name, SandboxCarrier().name) == ("table", "sandbox")


@pytest.mark.parametrize(("digits", "check"), [("7992739871", "3"), ("453201511283036", "6"), ("0", "0"), ("5", "9")])
def test_the_check_digit_is_that_of_the_luhn_algorithm(digits: str, check: str) -> None:
    assert luhn(digits) == check


def test_a_mistyped_tracking_number_does_not_check() -> None:
    number = tracking_number("XD", "label:1")
    digits = number.removeprefix("XD")
    assert (len(digits), luhn(digits[:-1])) == (15, digits[-1])
    wrong = digits[:5] + str((int(digits[5]) + 1) % 10) + digits[6:]
    assert luhn(wrong[:-1]) != wrong[-1]


def test_the_number_of_a_purchase_never_changes() -> None:
    assert tracking_number("XD", "label:main/web:1/1:1") == "XD152032640452354"


async def test_a_bought_label_comes_back_as_a_parcel_whose_documents_are_stored() -> None:
    shelf = Shelf()
    parcel = await LabelDesk(TableCarrier(), shelf.put).call("buy", "label:1", purchase())
    assert isinstance(parcel, Parcel)
    assert (parcel.parcel_id, parcel.carrier, parcel.service, parcel.weight_g) == (
        "web:1/1/1",
        "table-parcel",
        "world",
        1200,
    )
    assert parcel.tracking_number == tracking_number("XD", "label:1")
    for stored in parcel.label:
        content = shelf.objects[stored.name]
        assert (stored.bucket, stored.name) == (BUCKET, f"label:1.{stored.format}")
        assert (stored.size_bytes, stored.sha256) == (len(content), sha256(content).hexdigest())
    assert [stored.format for stored in parcel.label] == ["pdf", "zpl"]


async def test_the_same_purchase_again_takes_the_same_place_in_the_store() -> None:
    shelf = Shelf()
    desk = LabelDesk(TableCarrier(), shelf.put)
    first = await desk.call("buy", "label:1", purchase())
    assert await desk.call("buy", "label:1", purchase()) == first
    assert await desk.look_up("buy", "label:1", purchase()) == first
    assert len(shelf.objects) == 2


async def test_a_void_stores_nothing() -> None:
    shelf = Shelf()
    desk = LabelDesk(TableCarrier(), shelf.put)
    voided = await desk.call("void", "void:1", VoidLabel(carrier="table-parcel", tracking_number="XD1"))
    assert voided == Voided(tracking_number="XD1")
    assert shelf.objects == {}


async def test_the_desk_finds_nothing_where_nothing_was_bought() -> None:
    assert await LabelDesk(Line(), Shelf().put).look_up("buy", "label:1", purchase()) is None


async def test_a_lost_answer_is_looked_up_and_not_asked_for_again() -> None:
    carrier, shelf = Line(lost=1), Shelf()
    outcome = await run(carrier, shelf)
    assert isinstance(outcome, Done)
    assert outcome.response.tracking_number == tracking_number("XD", "label:main/web:1/1:1")
    assert (carrier.calls, len(shelf.objects)) == (1, 2)


async def test_a_call_that_may_have_been_made_before_is_looked_up_first() -> None:
    carrier = Line()
    await carrier.call("buy", "label:main/web:1/1:1", purchase())
    assert isinstance(await run(carrier, resumed=True), Done)
    assert carrier.calls == 1


async def test_a_call_that_never_arrived_is_made_anew() -> None:
    carrier = Line(unreached=2)
    assert isinstance(await run(carrier, resumed=True), Done)
    assert carrier.calls == 3


async def test_a_carrier_out_of_reach_has_failed_and_sold_nothing() -> None:
    assert await run(Line(unreached=9)) == Failed("503")


async def test_a_lost_answer_that_cannot_be_looked_up_is_no_failure() -> None:
    outcome = await run(Line(lost=1, away=True))
    assert isinstance(outcome, Later)
    assert "label:main/web:1/1:1" in outcome.reason


async def test_a_refusal_is_an_answer_with_code_and_detail() -> None:
    outcome = await run(SandboxCarrier(), request=to(postcode="REFUSE"))
    assert outcome == Refused("not-served", "no delivery to REFUSE")


async def test_a_refusal_whose_answer_was_lost_is_refused_again_and_does_not_wait() -> None:
    outcome = await run(SandboxCarrier(), request=to(postcode="REFUSE"), resumed=True)
    assert outcome == Refused("not-served", "no delivery to REFUSE")


@CARRIERS
async def test_what_a_carrier_does_not_do_was_not_done_under_any_key(carrier: TableCarrier) -> None:
    assert await carrier.look_up("manifest", "manifest:1", object()) is None


async def test_a_bought_label_that_is_stored_at_the_second_try_is_bought_once() -> None:
    carrier, shelf = Line(), Shelf(failing=1)
    outcome = await run(carrier, shelf)
    assert isinstance(outcome, Done)
    assert (carrier.calls, len(shelf.objects)) == (1, 2)


async def test_a_bought_label_that_cannot_be_stored_is_never_taken_for_a_failed_purchase() -> None:
    carrier = Line()
    outcome = await run(carrier, Shelf(failing=99))
    assert isinstance(outcome, Later)
    assert carrier.calls == 1
