"""Shipping's rules.

Rates (`rates`, `limits`), labels (`label`), whether they fit (`fit`), parcels (`parcels`); the warehouse's work: picked
and shipped (`work`), packed (`pack`); fulfilments without a label (`mend`), stops (`stop`), tracking (`track`).
"""
