"""UPS, FedEx, DHL Express and USPS through karrio: what they are asked, where, what their answers come to."""

import pytest

pytest.importorskip("karrio", reason="crossdock[carriers] is not installed")

from crossdock_contracts.values import Address
from tests.adapters.karrio_house import carrier, plain
from tests.adapters.parcels import purchase

US = Address(
    name="A Shop",
    line1="417 Montgomery St",
    city="San Francisco",
    region="CA",
    postcode="94104",
    country="US",
    phone="4155550100",
)
BUYER = Address(
    name="Elise Muller",
    line1="179 N Harbor Dr",
    city="Redondo Beach",
    region="CA",
    postcode="90277",
    country="US",
    phone="3105550100",
)
SERVICE = {
    "ups": "ups_ground",
    "fedex": "fedex_ground",
    "dhl-express": "mydhl_express_worldwide",
    "usps": "usps_ground_advantage",
}


@pytest.mark.parametrize("fmt", ["pdf", "zpl"])
@pytest.mark.parametrize("name", ["ups", "fedex", "dhl-express", "usps"])
async def test_smoke(name, fmt):
    async with carrier(name) as (c, house, server):
        label = await c.call(
            "buy", "k1", purchase(carrier=name, service=SERVICE[name], ship_from=US, ship_to=BUYER, formats=(fmt,))
        )
        print(label, [plain(x) for x in server.called])
        print(
            await c.look_up(
                "buy", "k1", purchase(carrier=name, service=SERVICE[name], ship_from=US, ship_to=BUYER, formats=(fmt,))
            )
            if name in ("ups", "usps")
            else ""
        )
