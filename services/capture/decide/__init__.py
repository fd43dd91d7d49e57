"""Capture's rules: taking orders in (`ingest`), holding them (`holds`), cancelling them (`cancel`)."""
