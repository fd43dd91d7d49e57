"""Capture's rules.

Taking orders in (`ingest`), what their lines stand for (`mapping`, `kits`, `catalogue`), who waits to know that
(`waiting`), looking at orders (`checks`, `address`, `fraud`), knowing buyers (`evidence`, `identity`), holding
(`holds`), cancelling (`cancel`), recording what others fulfil (`elsewhere`).
"""
