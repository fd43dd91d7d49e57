"""Capture's rules.

Taking orders in (`ingest`), what their lines stand for (`mapping`, `kits`, `catalogue`), who waits to know that
(`waiting`), holding them (`holds`), cancelling them (`cancel`).
"""
