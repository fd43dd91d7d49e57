"""USPS' APIs, version 3: OAuth, payment authorisation, shipping options, domestic labels, tracking.

Wire format: https://developers.usps.com/apis. Any client is taken. A label is answered as JSON, its image in base 64.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.api import Refusal, bearer, body_of, now, route, said, stamp
from services.sandbox.depot import Depot, label, price

_SERVICES = {"USPS_GROUND_ADVANTAGE": ("USPS Ground Advantage Machinable Single-piece", 512, 4),
             "PRIORITY_MAIL": ("Priority Mail Machinable Single-piece", 758, 2),
             "PRIORITY_MAIL_EXPRESS": ("Priority Mail Express Machinable Single-piece", 2890, 1)}  # fmt: skip
"""Product name, cents for each kilogram, and days, by mail class."""
_STEPS = {"created": ("MA", "Shipping Label Created, USPS Awaiting Item", "Pre-Shipment"),
          "picked_up": ("03", "Accepted at USPS Origin Facility", "Accepted"),
          "in_transit": ("10", "Arrived at USPS Regional Facility", "In Transit"),
          "out_for_delivery": ("OF", "Out for Delivery", "Out for Delivery"),
          "delivered": ("01", "Delivered, Front Door/Porch", "Delivered"),
          "exception": ("02", "Notice Left (No Authorized Recipient Available)", "Alert"),
          "returned": ("09", "Returned to Sender", "Return to Sender")}  # fmt: skip
_POUND_G = 453.592


class Usps(Depot):
    """USPS."""

    name = "usps"

    def __init__(self) -> None:
        super().__init__(lambda n: f"9205590{n:015d}")

    def routes(self) -> list[Route]:
        """Its paths."""
        return [
            route("/oauth2/v3/token", self._token, "POST"),
            route("/payments/v3/payment-authorization", self._authorise, "POST"),
            route("/shipments/v3/options/search", self._rate, "POST"),
            route("/labels/v3/label", self._ship, "POST"),
            route("/labels/v3/label/{number}", self._void, "DELETE"),
            route("/tracking/v3/tracking/{number}", self._track),
            route("/scan-forms/v3/scan-form", self._scan_form, "POST"),
            route("/pickup/v3/carrier-pickup", self._pickup, "POST"),
            route("/pickup/v3/carrier-pickup/{number}", self._no_pickup, "DELETE"),
        ]

    def refusal(self, status: int) -> Any:
        """An error as the APIs write it."""
        text = {401: "Unauthorized. The access token is missing, invalid, or expired.", 429: "Too many requests.",
                503: "Service unavailable."}.get(status, "Internal server error.")  # fmt: skip
        return _error(str(status), text)

    async def _token(self, request: Request) -> Response:
        if b"client_id" not in await request.body():
            raise Refusal(401, {"error": "invalid_client", "error_description": "client_id is missing"})
        return said({"access_token": self.token(), "token_type": "Bearer", "issued_at": int(now().timestamp() * 1000),
                     "expires_in": 28_799, "status": "approved", "scope": "labels"})  # fmt: skip

    async def _read(self, request: Request) -> dict[str, Any]:
        if not self.knows(bearer(request)):
            raise Refusal(401, self.refusal(401))
        return await body_of(request, _error("400", "The request is no JSON."))

    async def _authorise(self, request: Request) -> Response:
        content = await self._read(request)
        return said({"roles": content.get("roles", []), "paymentAuthorizationToken": self.token()})

    async def _rate(self, request: Request) -> Response:
        content = await self._read(request)
        grams = float((content.get("packageDescription") or {}).get("weight") or 1) * _POUND_G
        options = [
            {"mailClass": code, "rateOptions": [{
                "totalPrice": price(cents, grams) / 100, "totalBasePrice": price(cents, grams) / 100,
                "extraServices": [],
                "commitment": {"name": f"{days} Days", "scheduleDeliveryDate": f"{now():%Y-%m-%d}"},
                "rates": [{"description": name, "productName": name, "mailClass": code, "zone": "01",
                           "price": price(cents, grams) / 100, "priceType": "RETAIL", "SKU": "DPXX0XXXXC00010"}]}]}
            for code, (name, cents, days) in _SERVICES.items()
        ]  # fmt: skip
        return said({"pricingOptions": [{"priceType": "RETAIL", "shippingOptions": options}]})

    async def _ship(self, request: Request) -> Response:
        content = await self._read(request)
        if not self.knows(request.headers.get("x-payment-authorization-token", "")):
            raise Refusal(401, _error("401", "The payment authorization token is missing or expired."))
        package = content.get("packageDescription") or {}
        code = str(package.get("mailClass") or "")
        if code not in _SERVICES or not content.get("toAddress"):
            raise Refusal(400, _error("400", "toAddress or packageDescription.mailClass is invalid."))
        references = package.get("customerReference") or []
        reference = next((str(one.get("referenceNumber") or "") for one in references), "")
        known = self.sell(reference, code, price(_SERVICES[code][1], float(package.get("weight") or 1) * _POUND_G))
        kind = str((content.get("imageInfo") or {}).get("imageType") or "PDF")
        metadata = {"labelAddress": content["toAddress"], "routingInformation": "", "trackingNumber": known.number,
                    "postage": known.charged_minor / 100, "extraServices": [], "zone": "01", "fees": [],
                    "serviceTypeCode": "055", "SKU": "DPXX0XXXXC00010", "labelBrokerID": ""}  # fmt: skip
        return said({"labelMetadata": metadata, "labelImage": label(known.number, kind)})

    async def _void(self, request: Request) -> Response:
        await self._read(request)
        wrong = self.void(request.path_params["number"])
        if wrong in {"unknown", "used"}:
            raise Refusal(404 if wrong == "unknown" else 400, _error("160119", "The label cannot be canceled."))
        return said({"trackingNumber": request.path_params["number"], "status": "CANCELED"})

    async def _scan_form(self, request: Request) -> Response:
        numbers = [str(one) for one in ((await self._read(request)).get("shipment") or {}).get("trackingNumbers") or []]
        number = self.close(numbers)
        if not number:
            raise Refusal(400, _error("160302", "A label is not eligible for a SCAN form."))
        metadata = {"form": "5630", "imageType": "PDF", "labelType": "8.5x11LABEL", "manifestNumber": number,
                    "trackingNumbers": numbers}  # fmt: skip
        return said({"SCANFormMetadata": metadata, "SCANFormImage": label(number, "PDF")})

    async def _pickup(self, request: Request) -> Response:
        content = await self._read(request)
        if not content.get("pickupDate"):
            raise Refusal(400, _error("070101", "pickupDate is required."))
        return said(
            {"confirmationNumber": self.book(), "pickupDate": content["pickupDate"], "carrierPickupRequest": content}
        )

    async def _no_pickup(self, request: Request) -> Response:
        await self._read(request)
        if not self.call_off(request.path_params["number"]):
            raise Refusal(404, _error("070404", "There is no such pickup."))
        return said({})

    async def _track(self, request: Request) -> Response:
        await self._read(request)
        number = request.path_params["number"]
        known = self.find(number)
        if known is None:
            raise Refusal(404, _error("-2147219283", "A status update is not yet available on your package."))
        events = [
            {"eventType": _STEPS[step][1], "eventCode": _STEPS[step][0], "eventTimestamp": stamp(at),
             "eventCity": "NEW YORK",
             "eventState": "NY", "eventZIP": "10001", "eventCountry": None}
            for step, at in reversed(known.events)
        ]  # fmt: skip
        _, text, category = _STEPS[known.step]
        return said({"trackingNumber": number, "mailClass": known.service, "status": text, "statusCategory": category,
                     "statusSummary": text, "trackingEvents": events})  # fmt: skip


def _error(code: str, message: str) -> dict[str, Any]:
    errors = [{"status": code, "code": code, "title": message, "detail": message}]
    return {"apiVersion": "/v3", "error": {"code": code, "message": message, "errors": errors}}
