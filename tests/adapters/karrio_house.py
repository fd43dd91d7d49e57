"""UPS, FedEx, DHL Express and USPS as far as their adapter uses them, over real HTTP: each keeps what was bought."""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.shipping.carriers.karrio import CONNECTORS, Karrio
from tests.adapters.karrio_answers import PDF, PNG, ZPL, parts, pdf, reference, ups_package, ups_rate, usps_label
from tests.adapters.outside import Outside, Request, Say, answer, outside

SECRETS = {
    "client_id": "an-id",
    "client_secret": "a-secret",
    "api_key": "an-id",
    "secret_key": "a-secret",
    "track_api_key": "an-id",
    "track_secret_key": "a-secret",
    "username": "an-id",
    "password": "a-secret",
}
SETTINGS: dict[str, dict[str, Any]] = {
    "ups": {"account_number": "A1B2C3", "account_country_code": "US"},
    "fedex": {"account_number": "740561073", "account_country_code": "US"},
    "dhl-express": {"account_number": "123456789", "account_country_code": "DE"},
    "usps": {"account_number": "1000", "CRID": "41512721", "MID": "904142190", "manifest_MID": "904142190"},
}


class House:
    """Labels by what they are found by. ``faults`` are said in place of answers, ``lost`` in place of answers to what
    is done all the same; both by ``METHOD /path`` as `name` has it."""

    def __init__(self, carrier: str) -> None:
        self.carrier = carrier
        self.labels: dict[str, str] = {}
        """Tracking numbers by reference or idempotency key, of what was bought, newest last."""
        self.bought: list[str] = []
        self.voided: list[str] = []
        self.tokens = 0
        self.token = ""
        self.faults: dict[str, list[Say]] = {}
        self.lost: dict[str, list[Say]] = {}
        self.asked: dict[str, Request] = {}

    def serve(self, request: Request) -> Say:
        path = urlsplit(request.path).path
        name = f"{request.method} {path}"
        self.asked[name] = request
        if self.faults.get(name):
            return self.faults[name].pop(0)
        if path.endswith("/token"):
            return self._token(request)
        if not self._is_proven(request):
            return answer(401, {"response": {"errors": [{"code": "250002", "message": "Invalid token"}]}})
        said = self._answers()(request, path)
        return self.lost[name].pop(0) if self.lost.get(name) else said

    def _answers(self) -> Callable[[Request, str], bytes]:
        return {"ups": self._ups, "fedex": self._fedex, "dhl-express": self._dhl, "usps": self._usps}[self.carrier]

    def _token(self, request: Request) -> bytes:
        self.tokens += 1
        self.token = f"token-{self.tokens}"
        proof = f"{request.headers.get('authorization')} {request.body.decode()}"
        basic = base64.b64encode(b"an-id:a-secret").decode()
        if basic not in proof and "client_secret=a-secret" not in proof:
            return answer(401, {"errors": [{"code": "NOT.AUTHORIZED.ERROR", "message": "wrong key"}]})
        return answer(200, {"access_token": self.token, "expires_in": "14399", "issued_at": "1700000000000"})

    def _is_proven(self, request: Request) -> bool:
        if self.carrier == "dhl-express":
            return request.headers["authorization"] == f"Basic {base64.b64encode(b'an-id:a-secret').decode()}"
        return request.headers["authorization"] == f"Bearer {self.token}"

    def _sold(self, found_by: str, prefix: str) -> str:
        number = f"{prefix}{len(self.bought) + 1:04}"
        self.bought.append(number)
        self.labels[found_by] = number
        return number

    def _void(self, number: str) -> None:
        self.voided.append(number)

    def _ups(self, request: Request, path: str) -> bytes:  # noqa: PLR0911  # one for each thing that it does
        if path.endswith("/ship"):
            shipment = request.json["ShipmentRequest"]["Shipment"]
            number = self._sold(reference(shipment), "1Z")
            zpl = request.json["ShipmentRequest"]["LabelSpecification"]["LabelImageFormat"]["Code"] == "ZPL"
            charges = {"TotalCharges": {"CurrencyCode": "USD", "MonetaryValue": "19.20"}}
            agreed = {"TotalCharge": {"CurrencyCode": "USD", "MonetaryValue": "12.34"}}
            image = {"ImageFormat": {"Code": "ZPL" if zpl else "PNG"}, "GraphicImage": ZPL if zpl else PNG}
            results = {
                "ShipmentCharges": charges,
                "NegotiatedRateCharges": agreed,
                "ShipmentIdentificationNumber": number,
                "PackageResults": [{"TrackingNumber": number, "ShippingLabel": image}],
            }
            return answer(200, {"ShipmentResponse": {"ShipmentResults": results}})
        if path.endswith("/recovery"):
            asked = request.json["LabelRecoveryRequest"]
            number = self.labels.get(asked["ReferenceValues"]["ReferenceNumber"]["Value"], "")
            if not number or number in self.voided:
                code = "9801040" if number else "9801031"
                return answer(400, {"response": {"errors": [{"code": code, "message": "could not be found"}]}})
            zpl = asked["LabelSpecification"]["LabelImageFormat"]["Code"] == "ZPL"
            label = {"TrackingNumber": number, "LabelImage": {"GraphicImage": ZPL if zpl else PNG}}
            return answer(
                200, {"LabelRecoveryResponse": {"ShipmentIdentificationNumber": number, "LabelResults": [label]}}
            )
        if "/void/" in path:
            number = path.rpartition("/")[2]
            if number in self.voided:
                return answer(
                    400, {"response": {"errors": [{"code": "190118", "message": "Shipment is already voided"}]}}
                )
            self._void(number)
            return answer(200, {"VoidShipmentResponse": {"Response": {"ResponseStatus": {"Code": "1"}}}})
        if path.startswith("/api/rating"):
            rates = [("03", "14.50", "3"), ("12", "30.00", "1")]
            return answer(200, {"RateResponse": {"RatedShipment": [ups_rate(*rate) for rate in rates]}})
        if path.startswith("/api/track"):
            return answer(200, {"trackResponse": {"shipment": [{"package": [ups_package(path.rpartition("/")[2])]}]}})
        if path.endswith("/pickup"):
            return answer(200, {"PickupCreationResponse": {"PRN": "2929602E9CP"}})
        if "/pickup/" in path:
            return answer(200, {"PickupCancelResponse": {"Response": {"ResponseStatus": {"Code": "1"}}}})
        return answer(404, {"response": {"errors": [{"code": "404", "message": path}]}})

    def _fedex(self, request: Request, path: str) -> bytes:  # noqa: PLR0911  # one for each thing that it does
        body = request.json
        if path == "/ship/v1/shipments":
            parcel = body["requestedShipment"]["requestedPackageLineItems"][0]
            number = self._sold(parcel["customerReferences"][0]["value"], "7949")
            zpl = body["requestedShipment"]["labelSpecification"]["imageType"] == "ZPLII"
            label = {
                "contentType": "LABEL",
                "docType": "ZPLII" if zpl else "PDF",
                "encodedLabel": ZPL if zpl else pdf(),
            }
            rates = [{"rateType": "PAYOR_ACCOUNT_PACKAGE", "totalNetCharge": 9.87, "currency": "USD"}]
            rating = {"actualRateType": "PAYOR_ACCOUNT_PACKAGE", "shipmentRateDetails": rates}
            shipment = {
                "serviceType": "FEDEX_GROUND",
                "masterTrackingNumber": number,
                "pieceResponses": [{"trackingNumber": number, "packageDocuments": [label]}],
                "completedShipmentDetail": {"shipmentRating": rating},
            }
            return answer(200, {"output": {"transactionShipments": [shipment]}})
        if path.endswith("/shipments/cancel"):
            self._void(body["trackingNumber"])
            return answer(200, {"output": {"cancelledShipment": True}})
        if path.endswith("/referencenumbers"):
            number = self.labels.get(body["referencesInformation"]["value"])
            code = "CA" if number in self.voided else "OC"
            result = {"trackingNumberInfo": {"trackingNumber": number}, "latestStatusDetail": {"code": code}}
            nothing = {"error": {"code": "TRACKING.REFERENCENUMBER.NOTFOUND", "message": "not found"}}
            found = {"trackResults": [result if number else nothing]}
            return answer(200, {"output": {"completeTrackResults": [found]}})
        if path == "/rate/v1/rates/quotes":
            rated = {"rateType": "ACCOUNT", "totalNetCharge": 11.5, "currency": "USD", "shipmentRateDetail": {}}
            rate = {"serviceType": "FEDEX_GROUND", "ratedShipmentDetails": [rated]}
            return answer(200, {"output": {"rateReplyDetails": [rate]}})
        if path.endswith("/trackingnumbers"):
            number = body["trackingInfo"][0]["trackingNumberInfo"]["trackingNumber"]
            scan = {"date": "2026-01-05T09:14:00-05:00", "eventType": "DL", "eventDescription": "Delivered"}
            result = {"latestStatusDetail": {"code": "DL"}, "scanEvents": [scan]}
            return answer(
                200, {"output": {"completeTrackResults": [{"trackingNumber": number, "trackResults": [result]}]}}
            )
        if path.endswith("/pickups"):
            return answer(200, {"output": {"pickupConfirmationCode": "3001", "location": "NQAA"}})
        if path.endswith("/pickups/cancel"):
            return answer(200, {"output": {"pickupConfirmationCode": "3001"}})
        return answer(404, {"errors": [{"code": "NOT.FOUND.ERROR", "message": path}]})

    def _dhl(self, request: Request, path: str) -> bytes:  # noqa: PLR0911  # one for each thing that it does
        if path == "/shipments":
            number = self._sold(request.json["customerReferences"][0]["value"], "9356")
            zpl = request.json["outputImageProperties"]["encodingFormat"] == "zpl"
            return answer(
                201,
                {
                    "shipmentTrackingNumber": number,
                    "documents": [{"imageFormat": "ZPL" if zpl else "PDF", "content": ZPL if zpl else PDF}],
                    "shipmentCharges": [
                        {"currencyType": "BASEC", "priceCurrency": "USD", "price": 40},
                        {"currencyType": "BILLC", "priceCurrency": "EUR", "price": 36.905},
                    ],
                },
            )
        if path == "/tracking":
            asked = parse_qs(urlsplit(request.path).query)
            number = asked.get("shipmentTrackingNumber", [""])[0] or self.labels.get(
                asked.get("shipmentReference", [""])[0], ""
            )
            if not number:
                return answer(404, {"status": 404, "title": "No data found", "detail": "No data found"})
            scan = {"date": "2026-01-05", "time": "17:00:00", "typeCode": "OK", "description": "Delivered"}
            return answer(
                200, {"shipments": [{"shipmentTrackingNumber": number, "status": "Success", "events": [scan]}]}
            )
        if path == "/rates":
            price = {"currencyType": "BILLC", "priceCurrency": "EUR", "price": 25.99}
            product = {"productName": "EXPRESS WORLDWIDE", "productCode": "P", "totalPrice": [price]}
            return answer(200, {"products": [product]})
        if path == "/address-validate":
            return answer(200, {"address": [{"countryCode": "DE", "postalCode": "10117", "cityName": "BERLIN"}]})
        if path == "/pickups":
            return answer(201, {"dispatchConfirmationNumbers": ["PRG1"]})
        if path.startswith("/pickups/"):
            return answer(200, {})
        return answer(404, {"status": 404, "title": "Not found", "detail": path})

    def _usps(self, request: Request, path: str) -> bytes:  # noqa: C901, PLR0911  # likewise
        if path.endswith("/payment-authorization"):
            return answer(200, {"paymentAuthorizationToken": "pays"})
        if path == "/labels/v3/label":
            assert request.headers["x-payment-authorization-token"] == "pays"
            key = request.headers["x-idempotency-key"]
            return usps_label(self._sold(key, "9200"), request.json)
        if path == "/labels/v3/label-reprint":
            number = self.labels.get(request.headers["x-idempotency-key"], "")
            if not number or number in self.voided:
                code = "160979" if number else "160412"
                return answer(400, {"error": {"code": "400", "message": "Bad Request", "errors": [{"code": code}]}})
            return usps_label(number, request.json)
        if path.startswith("/labels/v3/label/") and request.method == "DELETE":
            number = path.rpartition("/")[2]
            self._void(number)
            return answer(200, {"trackingNumber": number, "status": "CANCELED"})
        if path == "/shipments/v3/options/search":
            rate = {"mailClass": "USPS_GROUND_ADVANTAGE", "productName": "USPS Ground Advantage", "price": 8.4}
            option = {
                "commitment": {"name": "3 Days"},
                "totalPrice": 8.4,
                "totalBasePrice": 8.4,
                "rates": [rate],
                "extraServices": [],
            }
            options = [{"mailClass": "USPS_GROUND_ADVANTAGE", "rateOptions": [option]}]
            return answer(200, {"pricingOptions": [{"shippingOptions": options}]})
        if path.startswith("/tracking/v3"):
            number = path.rpartition("/")[2]
            scan = {"eventType": "Delivered", "eventTimestamp": "2026-01-05T13:58:00", "eventCode": "01"}
            return answer(
                200,
                {"trackingNumber": number, "status": "Delivered", "statusCategory": "D", "trackingEvents": [scan]},
            )
        if path == "/scan-forms/v3/scan-form":
            meta = {"manifestNumber": "M1", "trackingNumbers": request.json["shipment"]["trackingNumbers"]}
            return parts({"SCANFormMetadata": meta}, {"SCANFormImage": PDF})
        if path == "/pickup/v3/carrier-pickup":
            return answer(200, {"confirmationNumber": "WTC1", "pickupDate": "2026-01-05"})
        if path.startswith("/pickup/v3"):
            return answer(200, {})
        return answer(404, {"error": {"code": "404", "message": path}})


@asynccontextmanager
async def carrier(
    name: str,
    *says: Say,
    secrets: dict[str, str] | None = None,
    threads: int = 4,
    settles_s: float = 0,
    **settings: Any,
) -> AsyncIterator[tuple[Karrio, House, Outside]]:
    """The adapter, the carrier, and the server that it is reached at. ``says`` is said before the carrier answers."""
    house = House(name)
    known = SECRETS if secrets is None else secrets
    async with outside(*says, always=house.serve) as server:
        adapter = Karrio(
            CONNECTORS[name],
            lambda secret: known.get(secret, ""),
            {**SETTINGS[name], **settings},
            name=name,
            url=server.url,
            threads=threads,
            settles_s=settles_s,
        )
        try:
            yield adapter, house, server
        finally:
            await adapter.close()
