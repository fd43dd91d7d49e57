"""Inventory's rules.

Promises (`promise`), binding to locations (`bind`), what comes and goes (`stock`), what others hand over (`counter`).
"""
