"""Returns owns what comes back: authorised, received, looked at, paid back.

It hears shipments, requests, receipts, inspections, refunds.
It says authorised, refused, received, inspected, refund requested, closed.
"""
