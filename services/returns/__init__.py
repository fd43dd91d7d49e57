"""Returns owns what comes back, and what went wrong on its way: authorised, received, looked at, paid back; cases.

It hears shipments and tracking, requests, receipts, inspections, refunds, and what agents decide.
It says authorised, refused, received, inspected, refund requested, closed; case opened, decided, closed; claims.
"""
