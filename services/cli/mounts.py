"""What a process takes in over HTTP for services that run in others: there is one address for all that comes in."""

from collections.abc import Iterable

from starlette.types import ASGIApp

from services.hub.app import HubApp
from services.hub.settings import Settings
from services.hub.toml import load_toml


def mounts(apps: Iterable[HubApp], config: Settings) -> dict[str, ASGIApp]:
    """Carriers' webhooks, where orders come in and shipping is not here to take them itself; by path."""
    here = {app.service.name: app for app in apps}
    if "capture" not in here or "shipping" in here:
        return {}
    from services.shipping.edge import BELOW, CarrierEdge  # noqa: PLC0415  # no other process needs shipping's half
    from services.shipping.rules.carriers import CarriersFile  # noqa: PLC0415

    accounts = load_toml(config.rules_dir / "carriers.toml", CarriersFile).account
    return {BELOW: CarrierEdge(accounts, here["capture"].runtime, config)}
