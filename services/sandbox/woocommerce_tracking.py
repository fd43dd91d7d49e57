"""WooCommerce's extension Shipment Tracking.

Wire format: https://woocommerce.com/document/shipment-tracking/.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.api import Refusal, body_of, route, said
from services.sandbox.woocommerce_parts import BAD_JSON, check_key, error

_PATH = "/wp-json/wc-shipment-tracking/v3/orders/{id:int}/shipment-trackings"


class Tracking:
    """Keeps tracking numbers of orders, once it is installed."""

    def __init__(self, orders: dict[int, dict[str, Any]]) -> None:
        self._orders = orders
        self.made: dict[int, list[dict[str, Any]]] = {}
        """By order."""
        self.is_installed = False

    def routes(self) -> list[Route]:
        """Its paths."""
        return [route(_PATH, self._list), route(_PATH, self._track, "POST")]

    def _of(self, request: Request) -> list[dict[str, Any]]:
        check_key(request)
        if not self.is_installed:
            text = "No route was found matching the URL and request method."
            raise Refusal(404, error("rest_no_route", text, 404))
        id_ = request.path_params["id"]
        if id_ not in self._orders:
            raise Refusal(404, error("woocommerce_rest_order_invalid_id", "Invalid order ID.", 404))
        return self.made.setdefault(id_, [])

    async def _list(self, request: Request) -> Response:
        return said(self._of(request))

    async def _track(self, request: Request) -> Response:
        known = self._of(request)
        wanted = await body_of(request, BAD_JSON)
        made = {"tracking_id": f"{len(known) + 1:032x}", "tracking_provider": wanted.get("custom_tracking_provider"),
                "tracking_link": wanted.get("custom_tracking_link"), "tracking_number": wanted["tracking_number"],
                "date_shipped": wanted.get("date_shipped")}  # fmt: skip
        known.append(made)
        return said(made, 201)
