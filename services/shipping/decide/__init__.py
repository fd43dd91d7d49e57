"""Shipping's rules.

Rates (`rates`, `limits`), labels (`label`, `mend`), the warehouse's work (`work`), stops (`stop`), dates that are
about to be missed (`risk`).
"""
