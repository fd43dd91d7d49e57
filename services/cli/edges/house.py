"""A hub whose channels and carriers are in a sandbox; all its other rules are those that it is delivered with."""

import re
import shutil
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp

from crossdock_contracts.inventory import ReceiveStockV1
from crossdock_contracts.products import MapListingV1, Product, UpsertProductV1
from services.cli.actors import carry_out
from services.cli.client import Client
from services.cli.edges.outside import SHOPS
from services.cli.output import errors
from services.cli.supervisor import Hub
from services.hub.settings import Settings, settings

LOCATIONS = ("BER", "ROT", "LYS")
SECRET = "sandbox"  # noqa: S105  # the sandbox takes any
_SERVICES = {
    "easypost": ("ups", "ground", "2nd-day-air"),
    "easypost2": ("usps", "ground-advantage", "priority"),
    "easypost3": ("fedex", "fedex-ground", "fedex-2-day"),
}
"""By account: a carrier, the service that is cheapest from one location, and the one that goes from all of them."""
_SECRETS = {
    "shopify": ("webhook", "token"),
    "woocommerce": ("webhook", "key", "secret"),
    "amazon": ("webhook", "refresh-token", "client-id", "client-secret"),
}
_ACCOUNTS_OF = {
    "shopify": 'location = "1"',
    "woocommerce": "",
    "amazon": 'seller = "A1SANDBOX", marketplace = "A1PA6795UKMFR9", orders = "v0", token_url = "{url}/auth/o2/token"',
}


def channels(url: str, shops: Iterable[str], timeout_s: float) -> str:
    """``channels.toml``: shops of the sandbox, asked and told every few seconds."""
    return "\n".join(
        f"""[{shop}]
format = "{shop}"
check_repeats = false
rounding_minor = 2
listing_is_sku = {"false" if shop == "shopify" else "true"}
policy = {{ payment_by = "channel", refund_by = "channel" }}

[{shop}.api]
url = "{url}/{shop}"
account = {{ {_ACCOUNTS_OF[shop].format(url=f"{url}/{shop}")} }}
poll_minutes = 0.05
overlap_minutes = 0.5
stock_seconds = 1.0
timeout_s = {timeout_s}
concurrency = 32
"""
        for shop in shops
    )


def carriers(url: str, timeout_s: float, *, table: bool = True) -> str:
    """``carriers.toml``: a carrier at each account, each the cheapest from one location; the table last, if at all."""
    parts = []
    for (account, (carrier, near, anywhere)), location in zip(_SERVICES.items(), LOCATIONS, strict=True):
        parts.append(f"""[account.{account}]
kind = "easypost"
url = "{url}/{account}/v2"
concurrency = 64
timeout_s = {timeout_s}

[carrier.{carrier}]
adapter = "{account}"
currency = "USD"

[carrier.{carrier}.service.{near}]
transit_days = 3
from_locations = ["{location}"]
bands = [{{ up_to_g = 1000, amount_minor = 500 }}, {{ up_to_g = 31500, amount_minor = 900 }}]

[carrier.{carrier}.service.{anywhere}]
transit_days = 2
bands = [{{ up_to_g = 1000, amount_minor = 1500 }}, {{ up_to_g = 31500, amount_minor = 1900 }}]
""")
    parts.append("""[carrier.table-parcel]
adapter = "table"
currency = "USD"

[carrier.table-parcel.service.world]
service_levels = ["standard", "economy", "express"]
transit_days = 9
bands = [{ up_to_g = 1000000, amount_minor = 9900 }]
""")
    return "\n".join(parts if table else parts[:-1])


def write(
    folder: Path, url: str, delivered: Path, shops: Iterable[str], timeout_s: float, *, table: bool
) -> tuple[Path, Path]:
    """Rules and secrets for a sandbox at this address."""
    rules, secrets = folder / "rules", folder / "secrets"
    shutil.copytree(delivered, rules)
    secrets.mkdir()
    (rules / "channels.toml").write_text(channels(url, shops, timeout_s))
    (rules / "carriers.toml").write_text(carriers(url, timeout_s, table=table))
    places = (rules / "locations.toml").read_text()
    places = re.sub(r"^(\[location\.\w+\])$", r'\1\nlabel_formats = ["pdf"]', places, flags=re.MULTILINE)
    (rules / "locations.toml").write_text(re.sub(r"^pickups = .*$", "", places, flags=re.MULTILINE))
    for shop, names in _SECRETS.items():
        for name in names:
            (secrets / f"channel.{shop}.{name}").write_text(SECRET)
    for account in _SERVICES:
        (secrets / f"carrier.{account}.key").write_text(SECRET)
    return rules, secrets


@asynccontextmanager
async def hub_of(
    url: str,
    processes: int,
    shops: Iterable[str] = SHOPS,
    *,
    keep: bool = False,
    table: bool = True,
    timeout_s: float = 8.0,
) -> AsyncIterator[tuple[Hub, Settings]]:
    """A hub of its own that speaks with these of the sandbox's shops; ``table``: the last resort is there.

    ``timeout_s`` is how long anybody out there is waited for.
    """
    folder = Path(mkdtemp(prefix="crossdock-edges-"))
    base = settings()
    rules, secrets = write(folder, url, base.rules_dir, shops, timeout_s, table=table)
    own = base.model_copy(
        update={
            "data_dir": folder,
            "rules_dir": rules,
            "secrets_dir": secrets,
            "http_port": 0,
            "nats_url": "",
            "log_level": "error",
        }
    )
    told = {
        "CROSSDOCK_RULES_DIR": str(rules),
        "CROSSDOCK_SECRETS_DIR": str(secrets),
        "CROSSDOCK_PARK_FIRST_S": "0.5",
        "CROSSDOCK_PARK_LONGEST_S": "5",
        "CROSSDOCK_PARK_ATTEMPTS": "200",
    }
    hub = Hub(own, processes, told)
    try:
        await hub.start()
        await hub.ready()
        yield hub, own
    finally:
        await hub.stop()
        if keep:
            errors.print(f"kept: {folder}; look at it with CROSSDOCK_DATA_DIR={folder} crossdock verify")
        else:
            shutil.rmtree(folder, ignore_errors=True)


async def stock_up(client: Client, variants: Mapping[str, int], pieces: Mapping[str, int]) -> None:
    """Products, what Shopify calls them, and so many pieces of each at every location."""
    await carry_out(
        client,
        [
            UpsertProductV1(owner="main", sku=sku, product=Product(sku=sku, title=f"Article {sku}", weight_g=350))
            for sku in pieces
        ],
    )
    await carry_out(
        client,
        [
            MapListingV1(owner="main", channel="shopify", listing_id=str(number), sku=sku)
            for sku, number in variants.items()
        ],
    )
    await carry_out(
        client,
        [
            ReceiveStockV1(owner="main", sku=sku, location_id=location, quantity=n, reference="opening stock")
            for sku, n in pieces.items()
            for location in LOCATIONS
            if n
        ],
    )
