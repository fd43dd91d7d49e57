"""Payments owns what is authorised, taken and given back for each order, and the accounts of customers on terms.

It hears orders, releases, amendments, shipments, cancels, refund requests, what channels paid back and customers paid.
It says authorised, declined, captured, voided, refunded, left to the channel, failed, account changed.
"""
