"""Inventory owns what is there, promised and bound.

It hears orders, routes, shipments, short picks, cancels, returns, what kits are made of, and commands about stock.
It says what is reserved, backordered, allocated, released, moved, short.
"""
