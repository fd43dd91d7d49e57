"""UPS' REST APIs: OAuth, Rating, Shipping, Void, Tracking.

Wire format: https://developer.ups.com/api/reference (Rating and Shipping v2409, Tracking v1). Any client is taken.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.api import Refusal, basic, bearer, body_of, route, said
from services.sandbox.depot import Depot, Parcel, label, price, to_grams
from services.sandbox.sales import decimal

_SERVICES = {"03": (921, 3), "11": (870, 3), "12": (1390, 3), "02": (1985, 2), "07": (3150, 2), "65": (2890, 2),
             "01": (3890, 1)}  # fmt: skip
"""Cents for each kilogram, and days, by service code."""
_STEPS = {
    "created": ("M", "MP", "Shipper created a label, UPS has not received the package yet."),
          "picked_up": ("P", "XD", "Drop-Off"), "in_transit": ("I", "AR", "Arrived at Facility"),
          "out_for_delivery": ("O", "OT", "Out For Delivery Today"), "delivered": ("D", "F4", "DELIVERED"),
          "exception": ("X", "X1", "The receiver was not available."), "returned": ("RS", "RS", "Returned to Shipper"),
}  # fmt: skip


class Ups(Depot):
    """UPS."""

    name = "ups"

    def __init__(self) -> None:
        super().__init__(lambda n: f"1Z999AA1{n:010d}")

    def routes(self) -> list[Route]:
        """Its paths."""
        return [
            route("/security/v1/oauth/token", self._token, "POST"),
            route("/api/rating/{version}/{option}", self._rate, "POST"),
            route("/api/shipments/{version}/ship", self._ship, "POST"),
            route("/api/shipments/{version}/void/cancel/{number}", self._void, "DELETE"),
            route("/api/pickupcreation/{version}/pickup", self._pickup, "POST"),
            route("/api/shipments/{version}/pickup/{by}", self._no_pickup, "DELETE"),
            route("/api/track/v1/details/{number}", self._track),
            route("/api/track/v1/reference/details/{number}", self._track_reference),
        ]

    def refusal(self, status: int) -> Any:
        """An error as the APIs write it."""
        code, text = {401: ("250003", "Invalid Access License number"), 429: ("10429", "Too Many Requests")}.get(
            status, ("250000", "The service is temporarily unavailable")
        )
        return _error(code, text)

    async def _token(self, request: Request) -> Response:
        if not basic(request)[0]:
            raise Refusal(401, _error("10401", "ClientId is Invalid"))
        return said({"token_type": "Bearer", "issued_at": "0", "client_id": basic(request)[0],
                     "access_token": self.token(), "expires_in": "14399", "status": "approved"})  # fmt: skip

    def _check(self, request: Request) -> None:
        if not self.knows(bearer(request)):
            raise Refusal(401, _error("250002", "Invalid Authentication Information."))

    async def _rate(self, request: Request) -> Response:
        self._check(request)
        shipment = _shipment(await body_of(request, _error("9110000", "Missing or invalid JSON")), "RateRequest")
        grams = _weight(shipment)
        rated = [
            {
                "Service": {"Code": code, "Description": ""}, "RatedShipmentAlert": [], "ItemizedCharges": [],
                "RatingMethod": "01", "BillableWeightCalculationMethod": "02",
                "TransportationCharges": _money(price(cents, grams)), "BaseServiceCharge": _money(price(cents, grams)),
                "ServiceOptionsCharges": _money(0), "TotalCharges": _money(price(cents, grams)), "RatedPackage": [],
                "TimeInTransit": {"ServiceSummary": {"EstimatedArrival": {"BusinessDaysInTransit": str(days)}}},
            }
            for code, (cents, days) in _SERVICES.items()
        ]  # fmt: skip
        return said({"RateResponse": {"Response": _OK, "RatedShipment": rated}})

    async def _ship(self, request: Request) -> Response:
        self._check(request)
        content = await body_of(request, _error("9120000", "Missing or invalid JSON"))
        shipment = _shipment(content, "ShipmentRequest")
        service = str((shipment.get("Service") or {}).get("Code") or "")
        if service not in _SERVICES:
            raise Refusal(400, _error("120100", "Missing or invalid service code."))
        packages = _listed(shipment.get("Package"))
        if not packages:
            raise Refusal(400, _error("120124", "At least one package is required."))
        known = self.sell(_reference(shipment), service, price(_SERVICES[service][0], _weight(shipment)), len(packages))
        specified = (content["ShipmentRequest"].get("LabelSpecification") or {}).get("LabelImageFormat") or {}
        kind = str(specified.get("Code") or "GIF")
        results = [
            {
                "TrackingNumber": number, "BaseServiceCharge": _money(0), "ServiceOptionsCharges": _money(0),
                "ShippingLabel": {"ImageFormat": {"Code": kind, "Description": kind},
                                  "GraphicImage": label(number, kind)},
            }
            for number in known.pieces
        ]  # fmt: skip
        charges = {"TransportationCharges": _money(known.charged_minor), "ServiceOptionsCharges": _money(0),
                   "TotalCharges": _money(known.charged_minor)}  # fmt: skip
        weight = {"UnitOfMeasurement": {"Code": "KGS"}, "Weight": "1.0"}
        return said({"ShipmentResponse": {"Response": _OK, "ShipmentResults": {
            "ShipmentCharges": charges, "BillingWeight": weight, "ShipmentIdentificationNumber": known.number,
            "PackageResults": results}}})  # fmt: skip

    async def _void(self, request: Request) -> Response:
        self._check(request)
        wrong = self.void(request.path_params["number"])
        if wrong:
            code, text = {
                "unknown": ("190117", "The shipment could not be found."),
                "voided": ("190118", "The shipment has already been voided."),
            }.get(wrong, ("190102", "No shipment found within the allowed void period"))
            raise Refusal(400, _error(code, text))
        status = {"Code": "1", "Description": "Success"}
        return said({"VoidShipmentResponse": {"Response": {"ResponseStatus": status}, "SummaryResult": {
            "Status": {"Code": "1", "Description": "Voided"}}}})  # fmt: skip

    async def _pickup(self, request: Request) -> Response:
        self._check(request)
        content = await body_of(request, _error("9500501", "The request is no JSON."))
        if not (content.get("PickupCreationRequest") or {}).get("PickupDateInfo"):
            raise Refusal(400, _error("9500506", "Missing pickup date."))
        return said({"PickupCreationResponse": {"Response": _OK, "PRN": self.book(),
                     "RateStatus": {"Code": "01", "Description": "Rate available"}}})  # fmt: skip

    async def _no_pickup(self, request: Request) -> Response:
        self._check(request)
        if not self.call_off(request.headers.get("prn", "")):
            raise Refusal(400, _error("9510113", "Order has already been completed or canceled"))
        return said({"PickupCancelResponse": {"Response": _OK, "PickupType": "01"}})

    async def _track(self, request: Request) -> Response:
        self._check(request)
        known = self.find(request.path_params["number"])
        return _tracked([] if known is None else [known])

    async def _track_reference(self, request: Request) -> Response:
        self._check(request)
        return _tracked(self.by_reference(request.path_params["number"]))


_OK = {"ResponseStatus": {"Code": "1", "Description": "Success"}, "Alert": []}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"response": {"errors": [{"code": code, "message": message}]}}


def _money(cents: int) -> dict[str, str]:
    return {"CurrencyCode": "EUR", "MonetaryValue": decimal(cents)}


def _listed(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else [value] if value else []


def _shipment(content: dict[str, Any], name: str) -> dict[str, Any]:
    found = (content.get(name) or {}).get("Shipment")
    if not isinstance(found, dict) or not found.get("ShipTo"):
        raise Refusal(400, _error("120206", "Missing or invalid ship to address."))
    return found


def _weight(shipment: dict[str, Any]) -> float:
    weights = [one.get("PackageWeight") or {} for one in _listed(shipment.get("Package"))]
    return sum(
        to_grams(one.get("Weight"), (one.get("UnitOfMeasurement") or {}).get("Code") or "KGS") for one in weights
    )


def _reference(shipment: dict[str, Any]) -> str:
    found = _listed(shipment.get("ReferenceNumber"))
    found += [one for package in _listed(shipment.get("Package")) for one in _listed(package.get("ReferenceNumber"))]
    return next((str(one.get("Value") or "") for one in found), "")


def _tracked(known: list[Parcel]) -> Response:
    if not known:
        raise Refusal(404, _error("TW0001", "Tracking Information Not Found"))
    packages = [
        {
            "trackingNumber": number, "deliveryDate": [], "packageAddress": [],
            "activity": [
                {"location": {"address": {}}, "date": at.strftime("%Y%m%d"), "time": at.strftime("%H%M%S"),
                 "status": {"type": _STEPS[step][0], "code": _STEPS[step][1], "description": _STEPS[step][2]}}
                for step, at in reversed(one.events)
            ],
        }
        for one in known
        for number in one.pieces
    ]  # fmt: skip
    return said({"trackResponse": {"shipment": [{"inquiryNumber": known[0].number, "package": packages}]}})
