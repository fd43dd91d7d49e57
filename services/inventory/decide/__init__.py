"""Inventory's rules.

Promises (`promise`), binding to locations (`bind`), what is sent in place of what is short (`substitute`), what comes
and goes (`stock`).
"""
