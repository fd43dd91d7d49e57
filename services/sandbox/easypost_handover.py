"""EasyPost's scan forms, batches and pickups: what is handed over, and when somebody comes for it.

Wire format: https://docs.easypost.com/docs/scan-form, …/batches, …/pickups.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox import labels
from services.sandbox.api import Refusal, body_of, route, said, stamp
from services.sandbox.easypost_parts import BAD_JSON, NewId, check_key, error, found
from services.sandbox.sales import decimal

_INVALID = "Unable to create batch, one or more parameters were invalid."
_SERVICES = (("NextDay", 450), ("FutureDay", 0))
"""Services of a carrier's pickup, and cents for each."""


class Handover:
    """An account's scan forms and pickups."""

    def __init__(self, api: str, shipments: dict[str, dict[str, Any]], new_id: NewId) -> None:
        self.forms: dict[str, dict[str, Any]] = {}
        self.pickups: dict[str, dict[str, Any]] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self._api = api
        self._shipments = shipments
        self._id = new_id

    def routes(self) -> list[Route]:
        """Its paths."""
        return [
            route("/v2/scan_forms", self._scan_form, "POST"),
            route("/v2/scan_forms/{id}", self._get_form),
            route("/v2/batches", self._batch, "POST"),
            route("/v2/pickups", self._pickup, "POST"),
            route("/v2/pickups/{id}", self._get_pickup),
            route("/v2/pickups/{id}/buy", self._buy, "POST"),
            route("/v2/pickups/{id}/cancel", self._cancel, "POST"),
            route("/forms/{file}", self._form),
        ]

    def state(self) -> dict[str, Any]:
        """Manifests with what stands in them, and pickups with what they are for."""
        booked = [one for one in self.pickups.values() if one["status"] != "unknown"]
        return {
            "manifests": [{"id": one["id"], "tracking_codes": one["tracking_codes"]} for one in self.forms.values()],
            "pickups_booked": len(booked),
            "pickups_cancelled": sum(1 for one in booked if one["status"] == "canceled"),
            "pickups": [
                {name: one[name] for name in ("id", "reference", "status", "confirmation", "shipments")}
                for one in booked
            ],
        }

    def _named(self, wanted: Any) -> list[dict[str, Any]]:
        """The shipments that a request names.

        Raises:
            Refusal: with 422 one of them is not there, or has no label.
        """
        named = [one.get("id") if isinstance(one, dict) else one for one in wanted or ()]
        known = [self._shipments.get(str(name)) for name in named]
        if not known or any(one is None or not one["postage_label"] for one in known):
            raise Refusal(422, error("BATCH.CREATE.INVALID", _INVALID))
        return [one for one in known if one is not None]

    # -- scan forms

    async def _scan_form(self, request: Request) -> Response:
        check_key(request)
        shipments = self._named((await body_of(request, BAD_JSON)).get("shipments"))
        wrong = [one["id"] for one in shipments if one["scan_form"] or one["refund_status"]]
        carriers = {one["selected_rate"]["carrier"] for one in shipments}
        if wrong or len(carriers) > 1:
            why = f"{', '.join(wrong)} refunded or in a scan form" if wrong else "shipments of several carriers"
            raise Refusal(422, error("SCAN_FORM.CREATE.INVALID", f"Unable to create scan form: {why}."))
        made: dict[str, Any] = {
            "id": self._id("sf"), "object": "ScanForm", "created_at": stamp(), "updated_at": stamp(),
            "status": "created", "message": None, "batch_id": self._id("batch"), "confirmation": None,
            "tracking_codes": [one["tracking_code"] for one in shipments], "form_file_type": None,
            "address": shipments[0]["from_address"],
        }  # fmt: skip
        made["form_url"] = f"{request.url.scheme}://{request.url.netloc}/{self._api}/forms/{made['id']}.pdf"
        self.forms[made["id"]] = made
        for one in shipments:
            one["scan_form"] = made
        return said(made, 201)

    async def _get_form(self, request: Request) -> Response:
        check_key(request)
        return said(found(self.forms, request))

    async def _form(self, request: Request) -> Response:
        known = self.forms.get(request.path_params["file"].removesuffix(".pdf"))
        if known is None:
            raise Refusal(404, error("NOT_FOUND", "The requested resource could not be found."))
        return Response(labels.pdf(f"SCAN {len(known['tracking_codes'])}"), media_type="application/pdf")

    # -- pickups

    async def _batch(self, request: Request) -> Response:
        check_key(request)
        wanted = (await body_of(request, BAD_JSON)).get("batch") or {}
        shipments = self._named(wanted.get("shipments"))
        made: dict[str, Any] = {
            "id": self._id("batch"), "object": "Batch", "mode": "test", "state": "creating", "scan_form": None,
            "num_shipments": len(shipments), "shipments": [{"id": one["id"]} for one in shipments], "pickup": None,
            "label_url": None, "created_at": stamp(), "updated_at": stamp(), "reference": wanted.get("reference"),
        }  # fmt: skip
        self.batches[made["id"]] = made
        return said(made, 201)

    async def _pickup(self, request: Request) -> Response:
        check_key(request)
        wanted = (await body_of(request, BAD_JSON)).get("pickup") or {}
        batch = self.batches.get(str((wanted.get("batch") or {}).get("id")))
        shipments = self._named(batch["shipments"] if batch else [wanted.get("shipment") or {}])
        missing = [name for name in ("address", "min_datetime", "max_datetime") if not wanted.get(name)]
        if missing:
            raise Refusal(422, error("PICKUP.INVALID_PARAMS", f"Unable to create pickup: {missing[0]} is missing."))
        made: dict[str, Any] = {
            "id": self._id("pickup"), "object": "Pickup", "mode": "test", "status": "unknown", "confirmation": None,
            "reference": wanted.get("reference"), "instructions": wanted.get("instructions"), "messages": [],
            "min_datetime": wanted["min_datetime"], "max_datetime": wanted["max_datetime"], "carrier_accounts": [],
            "is_account_address": bool(wanted.get("is_account_address")), "address": wanted["address"],
            "shipments": [one["tracking_code"] for one in shipments], "created_at": stamp(), "updated_at": stamp(),
        }  # fmt: skip
        made["pickup_rates"] = [
            {"id": self._id("pickuprate"), "object": "PickupRate", "mode": "test", "carrier": carrier,
             "service": service, "rate": decimal(cents), "currency": "USD", "pickup_id": made["id"]}
            for carrier in sorted({one["selected_rate"]["carrier"] for one in shipments})
            for service, cents in _SERVICES
        ]  # fmt: skip
        self.pickups[made["id"]] = made
        return said(made, 201)

    async def _get_pickup(self, request: Request) -> Response:
        check_key(request)
        return said(found(self.pickups, request))

    async def _buy(self, request: Request) -> Response:
        check_key(request)
        pickup = found(self.pickups, request)
        wanted = await body_of(request, BAD_JSON)
        offered = {(one["carrier"], one["service"]) for one in pickup["pickup_rates"]}
        if (wanted.get("carrier"), wanted.get("service")) not in offered or pickup["status"] != "unknown":
            raise Refusal(422, error("PICKUP.FAILURE", "Unable to schedule the pickup: there is no such rate."))
        pickup |= {"status": "scheduled", "confirmation": f"WTC{len(self.pickups):07d}", "updated_at": stamp()}
        return said(pickup)

    async def _cancel(self, request: Request) -> Response:
        check_key(request)
        pickup = found(self.pickups, request)
        if pickup["status"] != "scheduled":
            raise Refusal(422, error("PICKUP.CANCEL.FAILURE", "Unable to cancel a pickup that is not scheduled."))
        pickup |= {"status": "canceled", "updated_at": stamp()}
        return said(pickup)
