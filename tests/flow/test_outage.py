"""When the message server is away nothing is acknowledged, and everything goes on by itself when it is back."""

from services.cli.client import connected
from services.hub.settings import Settings
from tests.conftest import until
from tests.flow.house import House, house_at, order_of
from tests.nats import NatsServer


async def health(house: House) -> int:
    """What the readiness probe says."""
    return (await house.web.get("/health/ready")).status_code


async def test_without_the_server_orders_are_refused_for_now_and_taken_when_it_is_back(
    server: NatsServer, settings: Settings
) -> None:
    async with house_at(settings.model_copy(update={"ack_wait_s": 2.0})) as house:
        sku = await house.sells(BER=5)
        before = await house.sold((sku, 1))
        await server.kill()
        refused = order_of((sku, 1))
        large = order_of((sku, 1), note="x" * 400_000)

        answers = [await house.hands_in(refused), await house.hands_in(large)]

        for answer in answers:
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["detail"].startswith("nothing was acknowledged: ")
        assert await health(house) == 503
        assert (await house.web.get("/health/live")).status_code == 200

        await server.start()
        await until(lambda: _ready(house))
        async with connected(settings) as house.client:
            for made in (refused, large):
                assert (await house.hands_in(made)).status_code == 202
            for order_id in (before, f"web:{refused.order_id}", f"web:{large.order_id}"):
                await house.hears("label-bought", order_id)
            await house.rest()
            assert await house.stock(sku) == (5, 3, 0, 0)


async def _ready(house: House) -> bool:
    return await health(house) == 200
