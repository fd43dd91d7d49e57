"""Payments owns what is authorised, taken and given back for each order.

It hears orders, releases, shipments, cancels, refund requests.
It says authorised, declined, captured, voided, refunded, failed.
"""
