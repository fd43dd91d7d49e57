"""Those who act in a demo once orders are in: warehouses, stores, carriers, and buyers who send things back."""

import random
from collections.abc import Iterable, Iterator
from typing import Any

from crossdock_contracts.base import Command
from crossdock_contracts.cases import DecideCaseV1, OpenCaseV1
from crossdock_contracts.returns import InspectedLine, InspectReturnV1, ReceiveReturnV1, RequestReturnV1
from crossdock_contracts.shipping import ConfirmPackedV1, ConfirmPickedV1, ConfirmShippedV1
from crossdock_contracts.stores import ConfirmReadyV1, HandOverV1
from crossdock_contracts.tracking import TrackingUpdateV1
from crossdock_contracts.values import LineQuantity
from crossdock_contracts.warehouse import MOST_IN_WAVE, CloseWaveV1, ConfirmStepV1, PlanWaveV1, ReleaseWaveV1
from services.cli import quiet
from services.cli.client import Client
from services.cli.generator import OWNERS
from services.cli.products import store

Shipment = dict[str, Any]
_WORKED = 0.6
_SHORT = 0.02
_DELIVERED = 0.5
_SENT_BACK = 0.1
_LOST = 0.03
_BY_WAVE = "LON"
"""Where the hub keeps the queue, so that its picks go in waves."""


async def work(client: Client, seed: int) -> None:
    """Pick most of what is there (2 % short), pack, ship and deliver it; some of it comes back."""
    draw = random.Random(seed)  # noqa: S311  # repeatable, not secret
    open_ = [one async for one in _shipments(client) if one["status"] in {"labelled", "allocated"}]
    open_.sort(key=lambda one: str(one["fulfilment_id"]))
    worked = [one for one in open_ if draw.random() < _WORKED]
    await carry_out(client, [_step(one, step) for one in worked for step in one.get("steps", [])])
    waves = list(_waves([one for one in worked if one["fulfilment"]["location_id"] == _BY_WAVE]))
    for step in (PlanWaveV1, ReleaseWaveV1):
        await carry_out(client, [step(**wave) for wave in waves])
    await carry_out(client, [_picked(one, short=draw.random() < _SHORT) for one in worked])
    await carry_out(client, [CloseWaveV1(**wave) for wave in waves])
    await _collect(client, [one for one in worked if _is_collected(one)])
    worked = [one for one in worked if not _is_collected(one)]
    await carry_out(client, [ConfirmPackedV1(**_about(one), weight_g=100 + draw.randrange(5000)) for one in worked])
    await carry_out(client, [ConfirmShippedV1(**_about(one)) for one in worked])
    delivered = [one for one in worked if draw.random() < _DELIVERED]
    now = quiet.now()
    for status in ("in-transit", "delivered"):
        await carry_out(client, [TrackingUpdateV1(**_about(one), status=status, occurred_at=now) for one in delivered])
    await _send_back(client, [one for one in delivered if draw.random() < _SENT_BACK], draw)
    arrived = {one["fulfilment_id"] for one in delivered}
    lost = [one for one in worked if one["fulfilment_id"] not in arrived and draw.random() < _LOST]
    await _open_cases(client, lost, draw)


async def _shipments(client: Client) -> Any:
    for owner in OWNERS:
        async for one in client.pages("shipping", "documents", "documents", owner=owner, kind="shipment"):
            yield {"owner": owner} | one


def _is_collected(one: Shipment) -> bool:
    """The buyer comes for it, to where it lies."""
    return bool(one["fulfilment"].get("collect_at") == one["fulfilment"]["location_id"])


async def _collect(client: Client, shipments: list[Shipment]) -> None:
    """A store makes ready what was picked there, and hands it over to buyers who know its code."""
    await carry_out(client, [ConfirmReadyV1(**_about(one)) for one in shipments])
    codes = [
        (one, one["pickup"]["code"]) async for one in _shipments(client) if one["status"] == "ready" and one["pickup"]
    ]
    await carry_out(client, [HandOverV1(**_about(one), code=code) for one, code in codes])


def _step(one: Shipment, step: dict[str, Any]) -> Command:
    return ConfirmStepV1(**_about(one), step=step["name"])


def _picked(one: Shipment, *, short: bool) -> Command:
    """Everything was found, or all but the first line."""
    lines = [
        LineQuantity(line_id=x["line_id"], sku=x["sku"], quantity=x["quantity"]) for x in one["fulfilment"]["lines"]
    ]
    return ConfirmPickedV1(**_about(one), lines=tuple(lines[short:]))


async def _send_back(client: Client, shipments: list[Shipment], draw: random.Random) -> None:
    """One piece of each comes back, to where it came from."""
    back = [(_return_of(one), one["fulfilment"]["lines"][0]["line_id"], one) for one in shipments]
    pieces = [(LineQuantity(line_id=line_id, quantity=1),) for _, line_id, _ in back]
    both = list(zip(back, pieces, strict=True))
    await carry_out(client, [RequestReturnV1(**about, lines=p, reason="not-wanted") for (about, _, _), p in both])
    await carry_out(
        client,
        [
            ReceiveReturnV1(**about, location_id=one["fulfilment"]["location_id"], lines=p)
            for (about, _, one), p in both
        ],
    )
    inspected = [
        InspectedLine(line_id=line_id, quantity=1, disposition=draw.choice(("restock", "write-off")))
        for _, line_id, _ in back
    ]
    await carry_out(
        client,
        [InspectReturnV1(**about, lines=(one,)) for (about, _, _), one in zip(back, inspected, strict=True)],
    )


def _waves(shipments: list[Shipment]) -> Iterator[dict[str, Any]]:
    """Which fulfilments are picked in one go, by owner."""
    for owner in OWNERS:
        own = [one["fulfilment_id"] for one in shipments if one["owner"] == owner]
        for n, start in enumerate(range(0, len(own), MOST_IN_WAVE), start=1):
            members = tuple(own[start : start + MOST_IN_WAVE])
            yield {"owner": owner, "location_id": _BY_WAVE, "wave_id": f"wave-{n}", "fulfilments": members}


async def _open_cases(client: Client, shipments: list[Shipment], draw: random.Random) -> None:
    """Parcels are lost: somebody has each sent once more, or paid back."""
    await carry_out(client, [OpenCaseV1(**_about(one), kind="lost", opened_by="support") for one in shipments])
    await carry_out(
        client,
        [
            DecideCaseV1(
                owner=one["owner"],
                order_id=one["order_id"],
                case_id="1",
                action=draw.choice(("reship", "refund")),
                decided_by="support",
            )
            for one in {(x["owner"], x["order_id"]): x for x in shipments}.values()
        ],
    )


def _about(one: Shipment) -> dict[str, str]:
    return {"owner": one["owner"], "order_id": one["order_id"], "fulfilment_id": one["fulfilment_id"]}


def _return_of(one: Shipment) -> dict[str, str]:
    return {"owner": one["owner"], "order_id": one["order_id"], "return_id": f"R-{one['fulfilment_id']}"}


async def carry_out(client: Client, commands: Iterable[Command]) -> None:
    """Hand commands in, and wait until all of them have been dealt with."""
    await store(client, list(commands))
    await quiet.wait(client)
