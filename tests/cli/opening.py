"""Files of a load."""

from tests.cli.conftest import Said

ORDERS = (
    "channel,order_id,placed_at,currency,shipping,total,payment_method,payment_reference,customer_email,"
    "ship_to_name,ship_to_line1,ship_to_postcode,ship_to_city,ship_to_country,line_id,sku,quantity,unit_price,ship_by"
)


def row(order_id: str, line_id: str, sku: str, quantity: int, price: str, total: str, channel: str = "web") -> str:
    return (
        f"{channel},{order_id},2026-11-20T10:00:00+01:00,EUR,4.90,{total},prepaid,P-1,{order_id}@example.com,"
        f"Anna Berg,Torstrasse 1,10119,Berlin,DE,{line_id},{sku},{quantity},{price},"
    )


def told(said: Said) -> list[str]:
    """What is wrong, without the folder."""
    return [line.rpartition("/")[2] for line in said.error.splitlines() if ".csv:" in line]
