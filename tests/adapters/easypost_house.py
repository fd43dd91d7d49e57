"""EasyPost as far as the adapter uses it, over real HTTP: it keeps what was made, and misbehaves as it is told to."""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from crossdock_contracts.values import Address
from services.hub.http import Http, Timeouts
from services.shipping.carriers import (
    BuyLabel,
    Label,
)
from services.shipping.carriers.easypost import EasyPost
from tests.adapters.outside import Outside, Request, Say, answer, outside
from tests.adapters.parcels import purchase

KEY = "EZTK-a-throw-away-key"


class House:
    """Shipments and pickups by id; ``faults`` are said in place of answers, ``lost`` in place of answers to what is
    done all the same."""

    def __init__(self) -> None:
        self.shipments: dict[str, dict[str, Any]] = {}
        self.pickups: dict[str, dict[str, Any]] = {}
        self.bought: list[str] = []
        self.faults: dict[str, list[Say]] = {}
        self.lost: dict[str, list[Say]] = {}
        self.url = ""
        self.traces: list[str] = []
        self.chaos: Callable[[], tuple[str, Say] | None] = lambda: None
        """Says for each request whether something else is said ``before`` it is heard, or ``after`` it was done."""

    def serve(self, request: Request) -> Say:
        path = urlsplit(request.path).path.removeprefix("/v2")
        self.traces.append(request.headers.get("traceparent", ""))
        name = f"{request.method} {self._general(path)}"
        if self.faults.get(name):
            return self.faults[name].pop(0)
        trouble = self.chaos()
        if trouble and trouble[0] == "before":
            return trouble[1]
        if not path.startswith("/files"):
            assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode() == f"{KEY}:"
        else:
            assert "authorization" not in request.headers, "the key is not shown to the store of files"
        said = self._answer(request, path)
        if trouble:
            return trouble[1]
        return self.lost[name].pop(0) if self.lost.get(name) else said

    def _general(self, path: str) -> str:
        """``/shipments/shp_1/buy`` is ``/shipments/*/buy``."""
        parts = path.strip("/").split("/")
        return "/" + "/".join("*" if n == 1 else part for n, part in enumerate(parts))

    def _answer(self, request: Request, path: str) -> bytes:  # noqa: C901, PLR0911  # one for each thing it does
        match request.method, path.strip("/").split("/"):
            case "GET", ["files", name]:
                return answer(200, f"a label in {name}".encode())
            case "POST", ["shipments"]:
                return answer(201, self.made(request.json["shipment"]))
            case "GET", ["shipments", which]:
                found = self.found(self.shipments, which)
                return answer(200, found) if found else not_found()
            case "POST", ["shipments", which, "buy"]:
                return self._buy(which, request.json["rate"]["id"])
            case "GET", ["shipments", which, "label"]:
                wanted = parse_qs(urlsplit(request.path).query)["file_format"][0].lower()
                label = self.shipments[which]["postage_label"]
                label[f"label_{wanted}_url"] = f"{self.url}/files/{wanted}"
                return answer(200, self.shipments[which])
            case "POST", ["shipments", which, "refund"]:
                self.shipments[which]["refund_status"] = "submitted"
                return answer(200, self.shipments[which])
            case "POST", ["pickups"]:
                return answer(201, self._pickup(request.json["pickup"]))
            case "GET", ["pickups", which]:
                found = self.found(self.pickups, which)
                return answer(200, found) if found else not_found()
            case "POST", ["pickups", which, "buy"]:
                self.bought.append(which)
                self.pickups[which] |= {"status": "scheduled", "confirmation": "WTC1"}
                return answer(200, self.pickups[which])
            case "POST", ["pickups", which, "cancel"]:
                self.pickups[which]["status"] = "canceled"
                return answer(200, self.pickups[which])
            case "POST", ["batches"]:
                return answer(201, {"id": "batch_1", "state": "creating"})
        return not_found()

    def found(self, kind: dict[str, dict[str, Any]], which: str) -> dict[str, Any] | None:
        """By id, or by reference: the newest."""
        by_reference = [one for one in kind.values() if one["reference"] == which]
        return kind.get(which) or (by_reference[-1] if by_reference else None)

    def made(self, asked: dict[str, Any]) -> dict[str, Any]:
        number = len(self.shipments) + 1
        name = f"shp_{number}"
        offers = [
            ("USPS", "GroundAdvantage", "6.07"),
            ("USPS", "Express", "34.15"),
            ("DHLExpress", "Worldwide", "51.005"),
        ]
        rates = [
            {
                "id": f"rate_{number}_{n}",
                "carrier": c,
                "service": s,
                "rate": price,
                "currency": "USD",
                "delivery_days": n,
            }
            for n, (c, s, price) in enumerate(offers, start=1)
        ]
        made = {"id": name, "reference": asked.get("reference"), "options": asked.get("options"), "rates": rates}
        self.shipments[name] = {**made, "messages": [], "postage_label": None, "selected_rate": None, "scan_form": None}
        return self.shipments[name]

    def _buy(self, which: str, rate: str) -> bytes:
        shipment = self.shipments[which]
        if shipment["postage_label"]:
            return answer(422, {"error": {"code": "SHIPMENT.POSTAGE.EXISTS", "message": "Postage already exists."}})
        self.bought.append(which)
        file = (shipment["options"] or {}).get("label_format", "PNG").lower()
        mime = {"png": "image/png", "pdf": "application/pdf", "zpl": "application/zpl"}[file]
        shipment["postage_label"] = {"label_url": f"{self.url}/files/{file}", "label_file_type": mime}
        shipment["selected_rate"] = next(one for one in shipment["rates"] if one["id"] == rate)
        shipment["tracking_code"] = f"9400-{which}"
        return answer(200, shipment)

    def _pickup(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = f"pickup_{len(self.pickups) + 1}"
        rates = [
            {"id": "r1", "carrier": "USPS", "service": "NextDay", "rate": "4.00", "currency": "USD"},
            {"id": "r2", "carrier": "USPS", "service": "Later", "rate": "0.00", "currency": "USD"},
        ]
        made = {"id": name, "reference": asked["reference"], "status": "unknown", "pickup_rates": rates}
        self.pickups[name] = {**made, "confirmation": None, "messages": []}
        return self.pickups[name]


def not_found() -> bytes:
    return answer(404, {"error": {"code": "NOT_FOUND", "message": "The requested resource could not be found."}})


@asynccontextmanager
async def easypost(*says: Say, **names: str) -> AsyncIterator[tuple[EasyPost, House, Outside]]:
    """The adapter, the house, and the server that it is reached at. ``says`` is said before the house answers."""
    house = House()
    async with outside(*says, always=house.serve) as server:
        house.url = server.url
        quick = Timeouts(connect_s=1, read_s=0.15, pool_s=1, total_s=3)
        http = Http("easypost", f"{server.url}/v2", auth=httpx.BasicAuth(KEY, ""), timeouts=quick)
        adapter = EasyPost(http, names={code.replace("_", "-"): name for code, name in names.items()})
        try:
            yield adapter, house, server
        finally:
            await adapter.close()


US = Address(
    name="A Shop",
    line1="417 Montgomery St",
    line2="Floor 5",
    city="San Francisco",
    region="CA",
    postcode="94104",
    country="US",
)
BUYER = Address(
    name="Élise Müller",
    line1="179 N Harbor Dr",
    city="Redondo Beach",
    region="CA",
    postcode="90277",
    country="US",
    phone="555",
)
ERROR = answer(
    422,
    {
        "error": {
            "code": "ADDRESS.VERIFY.FAILURE",
            "message": "Unable to verify",
            "errors": [{"field": "zip", "message": "is wrong"}],
        }
    },
)


def label(**fields: Any) -> BuyLabel:
    asked = {
        "carrier": "usps",
        "service": "ground-advantage",
        "ship_from": US,
        "ship_to": BUYER,
        "formats": ("pdf",),
        **fields,
    }
    return purchase(**asked)


# -- voids


async def bought(carrier: Any) -> Label:
    made = await carrier.call("buy", "k", label())
    assert isinstance(made, Label)
    return made
