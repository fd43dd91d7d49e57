"""DHL Express' MyDHL API: rates, shipments, tracking. It has no void: a label that is not used is not charged.

Wire format: https://developer.dhl.com/api-reference/dhl-express-mydhl-api. Any user and password are taken.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.api import Refusal, basic, body_of, now, route, said
from services.sandbox.depot import Depot, Parcel, label, price, to_grams

_SERVICES = {"P": ("EXPRESS WORLDWIDE", 3120, 2), "U": ("EXPRESS WORLDWIDE EU", 2480, 1),
             "N": ("EXPRESS DOMESTIC", 1490, 1),
             "D": ("EXPRESS WORLDWIDE DOC", 2890, 2), "W": ("ECONOMY SELECT EU", 1990, 4)}  # fmt: skip
"""Name, cents for each kilogram, and days, by product code."""
_STEPS = {"created": ("SA", "Shipment information received"), "picked_up": ("PU", "Shipment picked up"),
          "in_transit": ("DF", "Departed Facility"), "out_for_delivery": ("WC", "With delivery courier"),
          "delivered": ("OK", "Delivered"), "exception": ("NH", "Delivery attempted; consignee not home"),
          "returned": ("RT", "Returned to shipper")}  # fmt: skip


class Dhl(Depot):
    """DHL Express."""

    name = "dhl"

    def __init__(self) -> None:
        super().__init__(lambda n: f"{1_000_000_000 + n}")

    def routes(self) -> list[Route]:
        """Its paths."""
        return [
            route("/rates", self._rate, "POST"),
            route("/shipments", self._ship, "POST"),
            route("/shipments/{number}/tracking", self._track_one),
            route("/tracking", self._track),
            route("/pickups", self._pickup, "POST"),
            route("/pickups/{number}", self._no_pickup, "DELETE"),
            route("/address-validate", self._address),
        ]

    def refusal(self, status: int) -> Any:
        """An error as the API writes it."""
        title = {401: "Unauthorized", 429: "Too Many Requests", 503: "Service Unavailable"}.get(status, "Server Error")
        return _error(status, title, title)

    async def _read(self, request: Request) -> dict[str, Any]:
        self._check(request)
        return await body_of(request, _error(400, "Bad request", "The request is no JSON."))

    def _check(self, request: Request) -> None:
        if not basic(request)[0]:
            raise Refusal(401, self.refusal(401))

    async def _rate(self, request: Request) -> Response:
        content = await self._read(request)
        if not content.get("packages") or not content.get("customerDetails"):
            raise Refusal(400, _error(400, "Bad request", "customerDetails and packages are required."))
        products = [
            {
                "productName": name, "productCode": code, "localProductCode": code, "networkTypeCode": "TD",
                "totalPrice": [{"currencyType": "BILLC", "priceCurrency": "EUR",
                                "price": price(cents, _grams(content["packages"])) / 100}],
                "totalPriceBreakdown": [],
                "deliveryCapabilities": {"deliveryTypeCode": "QDDC", "totalTransitDays": days},
            }
            for code, (name, cents, days) in _SERVICES.items()
        ]  # fmt: skip
        return said({"products": products, "exchangeRates": []})

    async def _ship(self, request: Request) -> Response:
        content = await self._read(request)
        code = str(content.get("productCode") or "")
        packages = (content.get("content") or {}).get("packages") or []
        if code not in _SERVICES or not packages:
            raise Refusal(400, _error(400, "Bad request", "productCode or content.packages is invalid."))
        references = [*(content.get("customerReferences") or []),
                      *(one for package in packages for one in package.get("customerReferences") or [])]  # fmt: skip
        reference = next((str(one.get("value") or "") for one in references), "")
        known = self.sell(reference, code, price(_SERVICES[code][1], _grams(packages)), len(packages))
        kind = str((content.get("outputImageProperties") or {}).get("encodingFormat") or "pdf").upper()
        return said({
            "shipmentTrackingNumber": known.number, "trackingUrl": f"https://express.dhl/{known.number}",
            "packages": [{"referenceNumber": place, "trackingNumber": f"JD01460{number}", "trackingUrl": ""}
                         for place, number in enumerate(known.pieces, start=1)],
            "documents": [{"imageFormat": kind, "content": label(known.number, kind), "typeCode": "label"}],
            "shipmentCharges": [{"currencyType": "BILLC", "priceCurrency": "EUR", "price": known.charged_minor / 100}],
        }, 201)  # fmt: skip

    async def _pickup(self, request: Request) -> Response:
        content = await self._read(request)
        if not content.get("plannedPickupDateAndTime"):
            raise Refusal(400, _error(400, "Bad request", "plannedPickupDateAndTime is required."))
        return said({"dispatchConfirmationNumbers": [self.book()], "readyByTime": "12:00", "warnings": []}, 201)

    async def _no_pickup(self, request: Request) -> Response:
        self._check(request)
        if not self.call_off(request.path_params["number"]):
            raise Refusal(404, _error(404, "Not Found", "No pickup has this dispatch confirmation number."))
        return Response(status_code=200)

    async def _address(self, request: Request) -> Response:
        self._check(request)
        asked = request.query_params
        if not asked.get("postalCode", "x").strip("0"):
            raise Refusal(404, _error(404, "Not Found", "No location serves this postal code."))
        return said({"warnings": [], "address": [
            {"countryCode": asked.get("countryCode"), "postalCode": asked.get("postalCode"),
             "cityName": asked.get("cityName", "").upper(), "serviceArea": {"code": "BER"}}]})  # fmt: skip

    async def _track_one(self, request: Request) -> Response:
        self._check(request)
        return _tracked([self.find(request.path_params["number"])])

    async def _track(self, request: Request) -> Response:
        self._check(request)
        asked = request.query_params
        if "shipmentReference" in asked:
            return _tracked([*self.by_reference(asked["shipmentReference"])])
        numbers = (number for listed in asked.getlist("shipmentTrackingNumber") for number in listed.split(","))
        return _tracked([self.find(number.strip()) for number in numbers])


def _error(status: int, title: str, detail: str) -> dict[str, Any]:
    return {"instance": "/mydhlapi", "title": title, "detail": detail, "status": str(status)}


def _grams(packages: list[dict[str, Any]]) -> float:
    return sum(to_grams(one.get("weight"), "KG") for one in packages)


def _tracked(found: list[Parcel | None]) -> Response:
    known = [one for one in found if one is not None]
    if not known:
        raise Refusal(404, _error(404, "Not Found", "No data found for the tracking number."))
    shipments = [
        {
            "shipmentTrackingNumber": one.number, "status": "Success",
            "shipmentTimestamp": f"{now():%Y-%m-%dT%H:%M:%S}",
            "productCode": one.service, "description": "", "shipperReferences": [{"value": one.reference}],
            "events": [
                {"date": f"{at:%Y-%m-%d}", "time": f"{at:%H:%M:%S}", "typeCode": _STEPS[step][0],
                 "description": _STEPS[step][1], "serviceArea": [{"code": "BER", "description": "Berlin-DE"}]}
                for step, at in reversed(one.events)
            ],
        }
        for one in known
    ]  # fmt: skip
    return said({"shipments": shipments})
