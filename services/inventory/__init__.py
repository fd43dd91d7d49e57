"""Inventory owns what is there, promised and bound.

It hears orders, amendments, routes, shipments, short picks, cancels, returns, products, what kits are made of, and
commands about stock and receipts. It says what is reserved, backordered, allocated, released, moved, short, expired,
recalled, expected.
"""
