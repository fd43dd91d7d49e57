"""EasyPost's API, version 2: addresses, shipments, buying and refunding labels, trackers, webhooks; and handing over.

Wire format: https://docs.easypost.com/docs/shipments, …/addresses, …/trackers, …/webhooks. Any API key is taken, as the
user name of Basic authentication.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox import labels
from services.sandbox.api import Emit, Refusal, body_of, route, said, stamp
from services.sandbox.easypost_handover import Handover
from services.sandbox.easypost_parts import (
    BAD_JSON,
    address,
    check_key,
    check_verified,
    error,
    found,
    ids,
    label,
    rates,
    summary,
)
from services.sandbox.easypost_trackers import Trackers
from services.sandbox.sales import minor

_MOVED = {"in_transit", "out_for_delivery", "delivered", "return_to_sender"}


class EasyPost:
    """An account: what it has rated, bought and got back."""

    name = "easypost"
    _codes = "EZ"

    def __init__(self) -> None:
        self.emit: Emit = lambda *_: None
        self.shipments: dict[str, dict[str, Any]] = {}
        self.addresses: dict[str, dict[str, Any]] = {}
        self.charged_minor = 0
        self.refunded_minor = 0
        self._id = ids()
        self.handover = Handover(self.name, self.shipments, self._id)
        self.trackers = Trackers(lambda *webhook: self.emit(*webhook), self._id)  # noqa: PLW0108  # it is put in later

    def routes(self) -> list[Route]:
        """Its paths."""
        return [
            route("/v2/addresses", self._address, "POST"),
            route("/v2/addresses/create_and_verify", self._verify, "POST"),
            route("/v2/addresses/{id}", self._get_address),
            route("/v2/shipments", self._create, "POST"),
            route("/v2/shipments", self._list),
            route("/v2/shipments/{id}", self._get),
            route("/v2/shipments/{id}/rerate", self._rerate, "POST"),
            route("/v2/shipments/{id}/buy", self._buy, "POST"),
            route("/v2/shipments/{id}/refund", self._refund, "POST"),
            route("/v2/shipments/{id}/label", self._get),
            *self.trackers.routes(),
            route("/labels/{file}", self._label),
            *self.handover.routes(),
        ]

    def refusal(self, status: int) -> Any:
        """An error as EasyPost writes it."""
        code, message = {
            401: ("APIKEY.INACTIVE", "This api key is no longer active."),
            429: ("RATE_LIMIT.EXCEEDED", "You have exceeded your rate limit."),
        }.get(status, ("INTERNAL_SERVER_ERROR", "An unexpected error occurred."))
        return error(code, message)

    def expire_tokens(self) -> None:
        """Nothing: an API key does not expire."""

    def state(self) -> dict[str, Any]:
        """Labels bought, refunded, and the money that they cost; double ones are open under one reference."""
        labels = [summary(one) for one in self.shipments.values() if one["postage_label"]]
        open_ = [one for one in labels if one["refund_status"] is None]
        return {
            "shipments": len(self.shipments),
            "labels_bought": len(labels),
            "labels_voided": len(labels) - len(open_),
            "labels_open": len(open_),
            "labels_double": len(open_) - len({one["reference"] or one["id"] for one in open_}),
            "charged_minor": self.charged_minor,
            "refunded_minor": self.refunded_minor,
            "labels": labels,
            **self.handover.state(),
            "trackers": {one["tracking_code"]: one["status"] for one in self.trackers.all.values()},
        }

    def set_up(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """News of parcels, and who is told of it."""
        return self.trackers.set_up(wanted)

    # -- addresses

    async def _address(self, request: Request) -> Response:
        check_key(request)
        content = await body_of(request, BAD_JSON)
        wanted = content.get("address", content)
        strict = bool(content.get("verify_strict") or wanted.get("verify_strict"))
        made = self._keep(wanted, verify=strict or bool(content.get("verify") or wanted.get("verify")))
        if strict:
            check_verified(made)
        return said(made, 201)

    async def _verify(self, request: Request) -> Response:
        check_key(request)
        content = await body_of(request, BAD_JSON)
        made = self._keep(content.get("address", content), verify=True)
        check_verified(made)
        return said({"address": made})

    async def _get_address(self, request: Request) -> Response:
        check_key(request)
        return said(found(self.addresses, request))

    def _keep(self, wanted: dict[str, Any], *, verify: bool = False) -> dict[str, Any]:
        if wanted.get("id") in self.addresses:
            return self.addresses[wanted["id"]]
        made = address(wanted, self._id, verify=verify)
        self.addresses[made["id"]] = made
        return made

    # -- shipments

    async def _create(self, request: Request) -> Response:
        check_key(request)
        wanted = (await body_of(request, BAD_JSON)).get("shipment")
        if not isinstance(wanted, dict):
            raise Refusal(422, error("PARAMETER.REQUIRED", "Missing required parameter: shipment."))
        for name in ("to_address", "from_address", "parcel"):
            if not isinstance(wanted.get(name), dict):
                raise Refusal(422, error("SHIPMENT.INVALID_PARAMS", f"Unable to create shipment: {name} is missing."))
        made: dict[str, Any] = {
            "id": self._id("shp"), "object": "Shipment", "mode": "test", "created_at": stamp(), "updated_at": stamp(),
            "reference": wanted.get("reference"), "is_return": bool(wanted.get("is_return")), "status": "unknown",
            "to_address": self._keep(wanted["to_address"]), "from_address": self._keep(wanted["from_address"]),
            "parcel": {"id": self._id("prcl"), "object": "Parcel", "mode": "test", **wanted["parcel"]},
            "customs_info": wanted.get("customs_info"), "options": wanted.get("options") or {}, "messages": [],
            "tracking_code": None, "tracker": None, "postage_label": None, "selected_rate": None, "fees": [],
            "refund_status": None, "insurance": wanted.get("insurance"), "scan_form": None, "usps_zone": None,
            "batch_id": None, "batch_status": None, "batch_message": None, "order_id": None, "forms": [],
        }  # fmt: skip
        made["rates"] = rates(made, self._id)
        self.shipments[made["id"]] = made
        if "service" in wanted:
            self._sell(made, next((one for one in made["rates"] if one["service"] == wanted["service"]), None), request)
        return said(made, 201)

    async def _list(self, request: Request) -> Response:
        check_key(request)
        size = min(100, int(request.query_params.get("page_size", "20")))
        newest = list(reversed(self.shipments.values()))
        before = request.query_params.get("before_id")
        if before:
            listed = [one["id"] for one in newest]
            newest = newest[listed.index(before) + 1 :] if before in listed else []
        return said({"shipments": newest[:size], "has_more": len(newest) > size})

    async def _get(self, request: Request) -> Response:
        check_key(request)
        return said(found(self.shipments, request))

    async def _rerate(self, request: Request) -> Response:
        check_key(request)
        shipment = found(self.shipments, request)
        shipment["rates"] = rates(shipment, self._id)
        return said(shipment)

    async def _buy(self, request: Request) -> Response:
        check_key(request)
        shipment = found(self.shipments, request)
        wanted = (await body_of(request, BAD_JSON)).get("rate") or {}
        self._sell(shipment, next((one for one in shipment["rates"] if one["id"] == wanted.get("id")), None), request)
        return said(shipment)

    def _sell(self, shipment: dict[str, Any], rate: dict[str, Any] | None, request: Request) -> None:
        """Sell a label, and charge for it.

        Raises:
            Refusal: with 422 there is one already, or no such rate.
        """
        if shipment["postage_label"]:
            raise Refusal(422, error("SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment."))
        if rate is None:
            raise Refusal(422, error("SHIPMENT.POSTAGE.FAILURE", "The requested rate is not one of this shipment."))
        code = f"{self._codes}{len(self.trackers.all) + 1:010d}"
        known = self.trackers.follow(code, rate["carrier"], shipment["id"])
        base = f"{request.url.scheme}://{request.url.netloc}/{self.name}"
        shipment |= {
            "tracking_code": code, "tracker": known, "selected_rate": rate, "updated_at": stamp(),
            "postage_label": label(base, shipment["id"], self._id),
            "fees": [
                {"object": "Fee", "type": "PostageFee", "amount": rate["rate"], "charged": True, "refunded": False}
            ],
        }  # fmt: skip
        self.charged_minor += minor(rate["rate"])

    async def _refund(self, request: Request) -> Response:
        check_key(request)
        shipment = found(self.shipments, request)
        if not shipment["postage_label"]:
            raise Refusal(422, error("SHIPMENT.REFUND.FAILURE", "There is no postage to refund."))
        if shipment["refund_status"] is None:
            if shipment["tracker"]["status"] in _MOVED:
                raise Refusal(422, error("SHIPMENT.REFUND.UNAVAILABLE", "The label has been used."))
            shipment["refund_status"] = "submitted"
            shipment["fees"][0]["refunded"] = True
            self.refunded_minor += minor(shipment["selected_rate"]["rate"])
        return said(shipment)

    async def _label(self, request: Request) -> Response:
        shipment_id, _, kind = request.path_params["file"].rpartition(".")
        shipment = self.shipments.get(shipment_id)
        if shipment is None or not shipment["postage_label"]:
            raise Refusal(404, error("NOT_FOUND", "The requested resource could not be found."))
        media = "application/zpl" if kind == "zpl" else "application/pdf"
        return Response(labels.label(shipment["tracking_code"], kind), media_type=media)


class SecondEasyPost(EasyPost):
    """Another account, which fails by itself."""

    name = "easypost2"
    _codes = "EY"


class ThirdEasyPost(EasyPost):
    """And another one."""

    name = "easypost3"
    _codes = "EX"
