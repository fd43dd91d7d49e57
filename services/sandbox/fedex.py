"""FedEx' REST APIs: OAuth, Rates, Ship, Track.

Wire format: https://developer.fedex.com/api/en-us/catalog.html (all v1). Any client is taken.
"""

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.api import Refusal, bearer, body_of, now, route, said
from services.sandbox.depot import Depot, Parcel, label, price, to_grams

_SERVICES = {"FEDEX_GROUND": (899, 3), "FEDEX_2_DAY": (1890, 2), "STANDARD_OVERNIGHT": (3690, 1),
             "INTERNATIONAL_PRIORITY": (3290, 2), "FEDEX_INTERNATIONAL_PRIORITY": (3290, 2),
             "INTERNATIONAL_ECONOMY": (2490, 4)}  # fmt: skip
"""Cents for each kilogram, and days, by service type."""
_STEPS = {"created": ("OC", "Shipment information sent to FedEx"), "picked_up": ("PU", "Picked up"),
          "in_transit": ("IT", "In transit"), "out_for_delivery": ("OD", "On FedEx vehicle for delivery"),
          "delivered": ("DL", "Delivered"), "exception": ("DE", "Delivery exception"),
          "returned": ("RS", "Returning package to shipper")}  # fmt: skip


class Fedex(Depot):
    """FedEx."""

    name = "fedex"

    def __init__(self) -> None:
        super().__init__(lambda n: f"7946{n:08d}")

    def routes(self) -> list[Route]:
        """Its paths."""
        return [
            route("/oauth/token", self._token, "POST"),
            route("/rate/v1/rates/quotes", self._rate, "POST"),
            route("/ship/v1/shipments", self._ship, "POST"),
            route("/ship/v1/shipments/cancel", self._cancel, "PUT"),
            route("/pickup/v1/pickups", self._pickup, "POST"),
            route("/pickup/v1/pickups/cancel", self._no_pickup, "PUT"),
            route("/track/v1/trackingnumbers", self._track, "POST"),
            route("/track/v1/referencenumbers", self._track_reference, "POST"),
        ]

    def refusal(self, status: int) -> Any:
        """An error as the APIs write it."""
        code, text = {
            401: ("NOT.AUTHORIZED.ERROR", "Access token expired. Please modify your request and try again."),
            429: ("RATE.LIMIT.EXCEEDED", "We have received too many requests."),
            503: ("SERVICE.UNAVAILABLE.ERROR", "The service is currently unavailable."),
        }.get(status, ("INTERNAL.SERVER.ERROR", "We encountered an unexpected error."))
        return _error(code, text)

    async def _token(self, request: Request) -> Response:
        if b"client_id" not in await request.body():
            raise Refusal(401, _error("NOT.AUTHORIZED.ERROR", "The given client credentials were not valid."))
        return said({"access_token": self.token(), "token_type": "bearer", "expires_in": 3599, "scope": "CXS"})

    async def _read(self, request: Request) -> dict[str, Any]:
        if not self.knows(bearer(request)):
            raise Refusal(401, self.refusal(401))
        return await body_of(request, _error("BAD.REQUEST.ERROR", "The request is no JSON."))

    async def _rate(self, request: Request) -> Response:
        content = await self._read(request)
        shipment = content.get("requestedShipment") or {}
        if not shipment.get("recipient"):
            raise Refusal(400, _error("RECIPIENT.ADDRESS.REQUIRED", "The recipient is missing."))
        details = [
            {
                "serviceType": service, "serviceName": service.replace("_", " ").title(),
                "packagingType": "YOUR_PACKAGING",
                "ratedShipmentDetails": [_rated(price(cents, _grams(shipment)))],
                "operationalDetail": {"commitDate": (now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S"),
                                      "transitTime": f"{days}_DAYS"},
            }
            for service, (cents, days) in _SERVICES.items()
        ]  # fmt: skip
        return said(
            {"transactionId": "sandbox", "output": {"rateReplyDetails": details, "quoteDate": f"{now():%Y-%m-%d}"}}
        )

    async def _ship(self, request: Request) -> Response:
        content = await self._read(request)
        shipment = content.get("requestedShipment") or {}
        service = str(shipment.get("serviceType") or "")
        packages = shipment.get("requestedPackageLineItems") or []
        if service not in _SERVICES:
            raise Refusal(400, _error("SERVICETYPE.NOT.SUPPORTED", "The service type is not supported."))
        if not packages or not shipment.get("recipients"):
            raise Refusal(400, _error("SHIPMENT.INVALID", "Recipients and packages are required."))
        known = self.sell(_reference(packages), service, price(_SERVICES[service][0], _grams(shipment)), len(packages))
        kind = str((shipment.get("labelSpecification") or {}).get("imageType") or "PDF")
        pieces = [
            {
                "masterTrackingNumber": known.number, "trackingNumber": number, "trackingIdType": "FEDEX",
                "serviceCategory": "EXPRESS", "packageSequenceNumber": place,
                "netChargeAmount": known.charged_minor / 100,
                "packageDocuments": [{"contentType": "LABEL", "copiesToPrint": 1, "docType": kind,
                                      "encodedLabel": label(number, kind)}],
            }
            for place, number in enumerate(known.pieces, start=1)
        ]  # fmt: skip
        made = {
            "serviceType": service, "serviceName": service, "shipDatestamp": f"{now():%Y-%m-%d}", "alerts": [],
            "masterTrackingNumber": known.number, "pieceResponses": pieces, "shipmentDocuments": [],
            "completedShipmentDetail": {"shipmentRating": {"actualRateType": "PAYOR_ACCOUNT_SHIPMENT",
                "shipmentRateDetails": [{"totalNetCharge": known.charged_minor / 100, "currency": "EUR"}]}},
        }  # fmt: skip
        return said({"transactionId": "sandbox", "output": {"transactionShipments": [made]}})

    async def _cancel(self, request: Request) -> Response:
        content = await self._read(request)
        wrong = self.void(str(content.get("trackingNumber") or ""))
        if wrong in {"unknown", "used"}:
            code = "TRACKING.NUMBER.NOTFOUND" if wrong == "unknown" else "SHIPMENT.CANCEL.NOTALLOWED"
            raise Refusal(400, _error(code, "The shipment cannot be cancelled."))
        return said({"transactionId": "sandbox", "output": {"cancelledShipment": True, "cancelledHistory": bool(wrong),
                     "successMessage": "Success"}})  # fmt: skip

    async def _pickup(self, request: Request) -> Response:
        content = await self._read(request)
        if not content.get("originDetail"):
            raise Refusal(400, _error("ORIGINDETAIL.REQUIRED", "originDetail is required."))
        return said({"transactionId": "sandbox", "output": {"pickupConfirmationCode": self.book(), "location": "SFOA",
                     "message": "Courier on the way"}})  # fmt: skip

    async def _no_pickup(self, request: Request) -> Response:
        code = str((await self._read(request)).get("pickupConfirmationCode") or "")
        if not self.call_off(code):
            raise Refusal(400, _error("PICKUP.CONFIRMATION.INVALID", "There is no such pickup."))
        return said({"transactionId": "sandbox", "output": {"pickupConfirmationCode": code,
                     "cancelConfirmationMessage": "Requested pickup has been cancelled Successfully."}})  # fmt: skip

    async def _track(self, request: Request) -> Response:
        content = await self._read(request)
        numbers = [one["trackingNumberInfo"]["trackingNumber"] for one in content.get("trackingInfo") or []]
        return said({"transactionId": "sandbox", "output": {
            "completeTrackResults": [_tracked(number, self.find(number)) for number in numbers]}})  # fmt: skip

    async def _track_reference(self, request: Request) -> Response:
        content = await self._read(request)
        found = self.by_reference(str((content.get("referencesInformation") or {}).get("value") or ""))
        return said({"transactionId": "sandbox", "output": {
            "completeTrackResults": [_tracked(one.number, one) for one in found]}})  # fmt: skip


def _error(code: str, message: str) -> dict[str, Any]:
    return {"transactionId": "sandbox", "errors": [{"code": code, "message": message}]}


def _grams(shipment: dict[str, Any]) -> float:
    weights = [one.get("weight") or {} for one in shipment.get("requestedPackageLineItems") or []]
    return sum(to_grams(one.get("value"), str(one.get("units") or "KG")) for one in weights)


def _reference(packages: list[dict[str, Any]]) -> str:
    found = (one for package in packages for one in package.get("customerReferences") or [])
    return next((str(one.get("value") or "") for one in found), "")


def _rated(cents: int) -> dict[str, Any]:
    amount = cents / 100
    return {"rateType": "ACCOUNT", "ratedWeightMethod": "ACTUAL", "totalDiscounts": 0.0, "totalBaseCharge": amount,
            "totalNetCharge": amount, "totalNetFedExCharge": amount, "currency": "EUR",
            "shipmentRateDetail": {"rateZone": "1", "surCharges": [], "taxes": [], "currency": "EUR"}}  # fmt: skip


def _tracked(number: str, known: Parcel | None) -> dict[str, Any]:
    info = {"trackingNumber": number, "carrierCode": "FDXE", "trackingNumberUniqueId": ""}
    if known is None:
        error = {"code": "TRACKING.TRACKINGNUMBER.NOTFOUND", "message": "Tracking number cannot be found."}
        return {"trackingNumber": number, "trackResults": [{"trackingNumberInfo": info, "error": error}]}
    code, text = _STEPS[known.step]
    events = [
        {"date": at.strftime("%Y-%m-%dT%H:%M:%S+00:00"), "eventType": _STEPS[step][0],
         "eventDescription": _STEPS[step][1],
         "exceptionCode": "", "exceptionDescription": "", "scanLocation": {"city": "BERLIN", "countryCode": "DE"},
         "derivedStatusCode": _STEPS[step][0]}
        for step, at in reversed(known.events)
    ]  # fmt: skip
    latest = {"code": code, "derivedCode": code, "statusByLocale": text, "description": text}
    return {"trackingNumber": number, "trackResults": [
        {"trackingNumberInfo": info, "latestStatusDetail": latest, "scanEvents": events}]}  # fmt: skip
