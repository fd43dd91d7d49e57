"""Shipping's rules: rates (`rates`), labels (`label`), the warehouse's work (`work`), stops (`stop`)."""
