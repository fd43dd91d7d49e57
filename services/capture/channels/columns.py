"""The columns of a file of orders, and where in an order each of them stands."""

Path = tuple[str, ...]

_ADDRESS = (
    "name", "company", "line1", "line2", "line3", "city", "region", "postcode", "country", "phone", "email",
)  # fmt: skip

ORDER: dict[str, Path] = {
    "order_id": ("order_id",),
    "number": ("number",),
    "source_version": ("source_version",),
    "placed_at": ("placed_at",),
    "currency": ("currency",),
    "discount": ("discount_minor",),
    "shipping": ("shipping_minor",),
    "tax": ("tax_minor",),
    "tax_included": ("tax_included",),
    "total": ("total_minor",),
    "gift_cards": ("gift_cards_minor",),
    "payment_method": ("payment", "method"),
    "payment_gateway": ("payment", "gateway"),
    "payment_reference": ("payment", "reference"),
    "payment_token": ("payment", "token"),
    "channel_customer_id": ("customer", "channel_customer_id"),
    "customer_name": ("customer", "name"),
    "customer_company": ("customer", "company"),
    "customer_email": ("customer", "email"),
    "customer_phone": ("customer", "phone"),
    "customer_tax_id": ("customer", "tax_id"),
    **{f"ship_to_{name}": ("ship_to", name) for name in _ADDRESS},
    **{f"bill_to_{name}": ("bill_to", name) for name in _ADDRESS},
    "service_level": ("shipping", "service_level"),
    "carrier": ("shipping", "carrier"),
    "pickup_location_id": ("shipping", "pickup_location_id"),
    "ship_by": ("ship_by",),
    "deliver_by": ("deliver_by",),
    "requested_at": ("requested_at",),
    "release_at": ("release_at",),
    "reserve_until": ("reserve_until",),
    "ship_complete": ("ship_complete",),
    "priority": ("priority",),
    "customer_po": ("customer_po",),
    "gift_message": ("gift_message",),
    "note": ("note",),
    "tags": ("tags",),
}
"""What is said of the order as a whole, on each of its rows or on one."""

LINE: dict[str, Path] = {
    "line_id": ("line_id",),
    "kind": ("kind",),
    "sku": ("sku",),
    "listing_id": ("listing_id",),
    "title": ("title",),
    "quantity": ("quantity",),
    "unit_price": ("unit_price_minor",),
    "line_discount": ("discount_minor",),
    "line_tax": ("tax_minor",),
    "gift_wrap": ("gift_wrap",),
    "line_note": ("note",),
}
"""What is said of one line."""

NEEDED = (
    "channel", "order_id", "placed_at", "currency", "total", "payment_method", "line_id", "quantity", "unit_price",
)  # fmt: skip
COLUMNS = ("channel", *ORDER, *LINE)

AMOUNTS = frozenset({"discount", "shipping", "tax", "total", "gift_cards", "unit_price", "line_discount", "line_tax"})
MOMENTS = frozenset({"placed_at", "ship_by", "deliver_by", "requested_at", "release_at", "reserve_until"})
LISTS = frozenset({"tags"})
"""Several, with semicolons between them."""
SECRET = frozenset({"payment_token"})
"""Never printed."""

ORDER_AT = {path: column for column, path in ORDER.items()}
LINE_AT = {path: column for column, path in LINE.items()}
