"""Capture's rules.

Taking orders in (`ingest`), looking at them (`checks`, `address`, `fraud`), knowing buyers (`evidence`, `identity`),
holding (`holds`), cancelling (`cancel`), recording what others fulfil (`elsewhere`), products (`catalogue`).
"""
