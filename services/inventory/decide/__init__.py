"""Inventory's rules: promises (`promise`), binding to locations (`bind`), what comes and goes (`stock`)."""
